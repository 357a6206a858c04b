//! The statements that fill a folder, and those that look afterwards at what is stored.

use crate::{
    ledger::{FILLER, key},
    seed::{Room, user},
};
use serde_json::json;
use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use std::{collections::HashMap, path::Path};
use whilst::{
    server::store::{Place, seal},
    wire::{Body, ClientKey, Ordinal, RoomId, Seq, SessionId, UserId},
};
use whilst_load::Result;

pub struct Rows<'a> {
    pub now: u64,
    pub users: Vec<UserId>,
    pub sessions: Vec<(SessionId, [u8; 32])>,
    pub rooms: Vec<(RoomId, &'a Room)>,
}

/// Room, place and text of each message, by its key.
pub type Stored = HashMap<ClientKey, (RoomId, Seq, String)>;

const SESSION_MS: u64 = 60 * 24 * 60 * 60 * 1_000;
const ROWS_PER_INSERT: usize = 10_000;

async fn open(folder: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(folder.join("whilst.db"));
    Ok(options.disable_statement_logging().connect().await?)
}

/// Writes everything in one transaction, so that the order of the tables does not matter.
pub async fn fill(folder: &Path, rows: &Rows<'_>) -> Result<()> {
    let mut conn = open(folder).await?;
    let mut whole = conn.begin().await?;
    let now = rows.now as i64;
    let users: Vec<_> = rows.users.iter().map(ToString::to_string).collect();
    sqlx::query(
        "INSERT INTO users (id, dseq, username, name, hue, role, state, password_hash, created_at)
         SELECT unhex(value), key + 1, 'visitor' || key, 'Visitor ' || key, key % 24,
                CASE key WHEN 0 THEN 2 ELSE 0 END, 0, '', ?2
           FROM json_each(?1)",
    )
    .bind(json!(users).to_string())
    .bind(now)
    .execute(&mut *whole)
    .await?;
    let sessions = rows.sessions.iter().zip(&users);
    let sessions: Vec<_> = sessions
        .map(|((id, hash), user)| json!([id.to_string(), hex(hash), user]))
        .collect();
    sqlx::query(
        "INSERT INTO sessions (id, token_hash, user, created_at, last_seen_at, expires_at, agent)
         SELECT unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), ?2, ?2, ?2 + ?3, 'load'
           FROM json_each(?1)",
    )
    .bind(json!(sessions).to_string())
    .bind(now)
    .bind(SESSION_MS as i64)
    .execute(&mut *whole)
    .await?;
    for (nth, (id, room)) in rows.rooms.iter().enumerate() {
        fill_room(&mut whole, now, nth, *id, room, &users).await?;
    }
    whole.commit().await?;
    conn.close().await?;
    Ok(())
}

async fn fill_room(
    conn: &mut SqliteConnection,
    now: i64,
    nth: usize,
    id: RoomId,
    room: &Room,
    users: &[String],
) -> Result<()> {
    let members: Vec<&str> = room.members.iter().map(|member| users[*member].as_str()).collect();
    let joined = members.len() as i64 + 1;
    let (kind, a, b) = match &members[..] {
        [a, b] if room.is_direct => (2, Some(*a.min(b)), Some(*a.max(b))),
        _ => (0, None, None),
    };
    let name = if room.is_direct {
        String::new()
    } else {
        format!("room {nth}")
    };
    let end = joined + room.messages as i64;
    sqlx::query(
        "INSERT INTO rooms (id, kind, name, name_key, seq, tail, ordinal, created_at, direct_a, direct_b)
         VALUES (?1, ?2, ?3, ?3, ?4, ?4, ?5, ?6, unhex(?7), unhex(?8))",
    )
    .bind(&id.as_bytes()[..])
    .bind(kind)
    .bind(&name)
    .bind(end)
    .bind(room.messages as i64)
    .bind(now)
    .bind(a)
    .bind(b)
    .execute(&mut *conn)
    .await?;
    // The tail of a seeded entry is its seq: any number serves, and both sides know it.
    sqlx::query(
        "INSERT INTO entries (room, seq, tail, kind, version, actor, target, payload, at)
         VALUES (?1, 1, 1, 20, 1, unhex(?2), NULL, x'046c6f6164', ?3)",
    )
    .bind(&id.as_bytes()[..])
    .bind(members.first())
    .bind(now)
    .execute(&mut *conn)
    .await?;
    let members_json = json!(members).to_string();
    sqlx::query(
        "INSERT INTO entries (room, seq, tail, kind, version, actor, target, payload, at)
         SELECT ?1, key + 2, key + 2, 30, 1, unhex(value), NULL, unhex(value || '00'), ?3
           FROM json_each(?2)",
    )
    .bind(&id.as_bytes()[..])
    .bind(&members_json)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "INSERT INTO memberships (room, user, role, state, changed_seq, joined_ordinal)
         SELECT ?1, unhex(value), 0, 0, key + 2, 0
           FROM json_each(?2)",
    )
    .bind(&id.as_bytes()[..])
    .bind(&members_json)
    .execute(&mut *conn)
    .await?;
    if room.messages > 0 {
        fill_messages(conn, now, id, user(room.members[0]), joined, room.messages).await?;
    }
    Ok(())
}

async fn fill_messages(
    conn: &mut SqliteConnection,
    now: i64,
    id: RoomId,
    author: UserId,
    joined: i64,
    messages: u64,
) -> Result<()> {
    for first in (1..=messages).step_by(ROWS_PER_INSERT) {
        let rows: Vec<_> = (first..=messages)
            .take(ROWS_PER_INSERT)
            .map(|n| {
                let client_key = seeded_key(id, n);
                let body = Body::stored(format!("seeded message {n}{FILLER}"));
                let place = Place {
                    room: id,
                    ordinal: Ordinal(n),
                    author,
                    client_key,
                };
                let seal = hex(&seal(&place, Some(&body)));
                json!([n, client_key.to_string(), body.as_str(), seal])
            })
            .collect();
        let rows = json!(rows).to_string();
        let texts = sqlx::query(
            "INSERT INTO texts (body)
             SELECT CAST(value ->> 2 AS BLOB)
               FROM json_each(?1)
           ORDER BY key",
        )
        .bind(&rows)
        .execute(&mut *conn)
        .await?;
        let texts_from = texts.last_insert_rowid() - texts.rows_affected() as i64 + 1;
        sqlx::query(
            "INSERT INTO messages
                    (room, ordinal, seq, revision, author, author_nth, client_key, at, text, mentions, hash)
             SELECT ?2, value ->> 0, ?3 + (value ->> 0), ?3 + (value ->> 0), ?4, value ->> 0,
                    unhex(value ->> 1), ?5, ?6 + key, x'', unhex(value ->> 3)
               FROM json_each(?1)",
        )
        .bind(&rows)
        .bind(&id.as_bytes()[..])
        .bind(joined)
        .bind(&author.as_bytes()[..])
        .bind(now)
        .bind(texts_from)
        .execute(&mut *conn)
        .await?;
        // The payload is the ordinal as postcard writes it.
        sqlx::query(
            "INSERT INTO entries (room, seq, tail, kind, version, actor, target, payload, at)
             SELECT ?2, ?3 + n, ?3 + n, 1, 1, ?4, n,
                    unhex(CASE WHEN n < 128 THEN printf('%02x', n)
                               WHEN n < 16384 THEN printf('%02x%02x', n & 127 | 128, n >> 7)
                               ELSE printf('%02x%02x%02x', n & 127 | 128, n >> 7 & 127 | 128, n >> 14) END), ?5
               FROM (SELECT value ->> 0 AS n FROM json_each(?1))",
        )
        .bind(&rows)
        .bind(&id.as_bytes()[..])
        .bind(joined)
        .bind(&author.as_bytes()[..])
        .bind(now)
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query(
        "INSERT INTO client_keys (author, client_key, room, seq, digest)
         SELECT author, client_key, room, seq, randomblob(32)
           FROM messages
          WHERE room = ?1",
    )
    .bind(&id.as_bytes()[..])
    .execute(conn)
    .await?;
    Ok(())
}

/// What is stored under each key, for a look at everything that was acknowledged.
///
/// # Errors
/// Where a message is stored twice.
pub async fn stored(folder: &Path) -> Result<Stored> {
    let mut conn = open(folder).await?;
    let rows = sqlx::query(
        "SELECT client_key, room, seq, CAST(body AS TEXT) AS body
           FROM message_rows",
    )
    .fetch_all(&mut conn)
    .await?;
    conn.close().await?;
    by_key(&rows)
}

/// The same of one room from a place on, where what lies before is too much to read.
///
/// # Errors
/// As [`stored`].
pub async fn stored_after(folder: &Path, room: RoomId, after: Seq) -> Result<Stored> {
    let mut conn = open(folder).await?;
    let rows = sqlx::query(
        "SELECT client_key, room, seq, CAST(body AS TEXT) AS body
           FROM message_rows
          WHERE room = ?1 AND seq > ?2",
    )
    .bind(&room.as_bytes()[..])
    .bind(after.0 as i64)
    .fetch_all(&mut conn)
    .await?;
    conn.close().await?;
    by_key(&rows)
}

fn by_key(rows: &[SqliteRow]) -> Result<Stored> {
    let mut stored = HashMap::with_capacity(rows.len());
    for row in rows {
        let key = ClientKey::from_slice(row.try_get("client_key")?).ok_or("no key")?;
        let room = RoomId::from_slice(row.try_get("room")?).ok_or("no room")?;
        let seq = Seq(row.try_get::<i64, _>("seq")? as u64);
        if stored.insert(key, (room, seq, row.try_get("body")?)).is_some() {
            return Err("a message is stored twice".into());
        }
    }
    Ok(stored)
}

/// The room of a demo in which most was said, with one of its members.
pub async fn greatest_room(folder: &Path) -> Result<(RoomId, UserId)> {
    let mut conn = open(folder).await?;
    let row = sqlx::query(
        "SELECT r.id, m.user
           FROM rooms AS r
           JOIN memberships AS m ON m.room = r.id AND m.state = 0
       ORDER BY r.ordinal DESC
          LIMIT 1",
    )
    .fetch_one(&mut conn)
    .await?;
    let room = RoomId::from_slice(row.try_get(0)?).ok_or("no room")?;
    let user = UserId::from_slice(row.try_get(1)?).ok_or("no user")?;
    conn.close().await?;
    Ok((room, user))
}

pub async fn sign_in(folder: &Path, user: UserId, session: SessionId, hash: [u8; 32], now: u64) -> Result<()> {
    let mut conn = open(folder).await?;
    sqlx::query(
        "INSERT INTO sessions (id, token_hash, user, created_at, last_seen_at, expires_at, agent)
         VALUES (?1, ?2, ?3, ?4, ?4, ?4 + ?5, 'load')",
    )
    .bind(&session.as_bytes()[..])
    .bind(&hash[..])
    .bind(&user.as_bytes()[..])
    .bind(now as i64)
    .bind(SESSION_MS as i64)
    .execute(&mut conn)
    .await?;
    conn.close().await?;
    Ok(())
}

/// None that anybody who speaks later comes to.
fn seeded_key(room: RoomId, number: u64) -> ClientKey {
    key(room, u64::MAX - number)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
