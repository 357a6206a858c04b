//! The statements of a run of messages. Each takes the whole run as one JSON list, so
//! their number does not grow with it.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use super::{
    super::sql::KeyRow,
    ReadySend,
    number::{Fresh, Ground, Tip},
};
use crate::rules::planted::{Fault, is_planted};
use crate::{
    server::store::{Place, hex, seal},
    wire::{ClientKey, Message, Millis, RoomEvent, RoomId, SessionId, UserId},
};
use serde_json::{Value, json};
use sqlx::{Result, Row, SqliteConnection, sqlite::SqliteRow};
use std::collections::{HashMap, HashSet};

/// Reads everything that decides about the run.
pub async fn look(conn: &mut SqliteConnection, now: Millis, sends: &[&ReadySend]) -> Result<Ground> {
    let keys = distinct(sends, |send| (send.wish.user, send.wish.key));
    let sessions = distinct(sends, |send| (send.wish.session, send.wish.user));
    let authors = distinct(sends, |send| (send.room, send.wish.user));
    let rooms = distinct(sends, |send| send.room);
    let named: HashSet<_> = sends
        .iter()
        .flat_map(|send| send.names.iter().map(|name| (send.room, name.as_str())))
        .collect();
    let (named, mentions) = named_members(conn, &named).await?;
    Ok(Ground {
        keys: find_keys(conn, &keys).await?,
        live: live_sessions(conn, &sessions, now).await?,
        authors: members(conn, &authors).await?,
        tips: tips(conn, &rooms).await?,
        named,
        mentions,
    })
}

/// Writes what is new.
pub async fn store(conn: &mut SqliteConnection, fresh: &Fresh) -> Result<()> {
    if fresh.events.is_empty() {
        return Ok(());
    }
    let messages = || {
        fresh
            .events
            .iter()
            .filter_map(|event| Some((event, event.row.as_ref()?)))
    };
    let texts_from = insert_texts(conn, messages().map(|(_, message)| message)).await?;
    insert_messages(conn, messages().zip(&fresh.author_nths), texts_from).await?;
    insert_entries(conn, messages()).await?;
    insert_keys(conn, messages(), fresh).await?;
    insert_mentions(conn, fresh).await?;
    raise_rooms(conn, fresh).await
}

fn distinct<T: std::hash::Hash + Eq>(sends: &[&ReadySend], of: impl Fn(&ReadySend) -> T) -> HashSet<T> {
    sends.iter().map(|send| of(send)).collect()
}

fn list(rows: impl Iterator<Item = Value>) -> String {
    Value::Array(rows.collect()).to_string()
}

fn pairs<A: ToString, B: ToString>(pairs: &HashSet<(A, B)>) -> String {
    list(pairs.iter().map(|(a, b)| json!([a.to_string(), b.to_string()])))
}

async fn fetch<K, V>(
    conn: &mut SqliteConnection,
    sql: &'static str,
    asked: String,
    read: impl Fn(&SqliteRow) -> Result<(K, V)>,
) -> Result<HashMap<K, V>>
where
    K: std::hash::Hash + Eq,
{
    let rows = sqlx::query(sql).bind(asked).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

async fn find_keys(
    conn: &mut SqliteConnection,
    keys: &HashSet<(UserId, ClientKey)>,
) -> Result<HashMap<(UserId, ClientKey), KeyRow>> {
    fetch(
        conn,
        "SELECT k.author, k.client_key, k.room, k.seq, k.digest
           FROM json_each(?1) AS asked
     CROSS JOIN client_keys AS k
             ON k.author = unhex(asked.value ->> 0) AND k.client_key = unhex(asked.value ->> 1)",
        pairs(keys),
        |row| {
            let found = KeyRow {
                room: row.try_get("room")?,
                seq: row.try_get("seq")?,
                digest: row.try_get("digest")?,
            };
            Ok(((row.try_get("author")?, row.try_get("client_key")?), found))
        },
    )
    .await
}

async fn live_sessions(
    conn: &mut SqliteConnection,
    sessions: &HashSet<(SessionId, UserId)>,
    now: Millis,
) -> Result<HashMap<SessionId, UserId>> {
    let rows = sqlx::query(
        "SELECT s.id, s.user
           FROM json_each(?1) AS asked
     CROSS JOIN sessions AS s ON s.id = unhex(asked.value ->> 0)
     CROSS JOIN users AS u ON u.id = s.user
          WHERE s.expires_at > ?2 AND u.state = 0",
    )
    .bind(pairs(sessions))
    .bind(now)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("id")?, row.try_get("user")?)))
        .collect()
}

async fn members(
    conn: &mut SqliteConnection,
    authors: &HashSet<(RoomId, UserId)>,
) -> Result<HashMap<(RoomId, UserId), u64>> {
    fetch(
        conn,
        "SELECT m.room, m.user,
                coalesce((SELECT author_nth FROM messages
                           WHERE room = m.room AND author = m.user
                        ORDER BY ordinal DESC LIMIT 1), 0) AS nth
           FROM json_each(?1) AS asked
     CROSS JOIN memberships AS m
             ON m.room = unhex(asked.value ->> 0) AND m.user = unhex(asked.value ->> 1) AND m.state = 0",
        pairs(authors),
        |row| Ok(((row.try_get("room")?, row.try_get("user")?), count(row, "nth")?)),
    )
    .await
}

async fn tips(conn: &mut SqliteConnection, rooms: &HashSet<RoomId>) -> Result<HashMap<RoomId, Tip>> {
    fetch(
        conn,
        "SELECT r.id, r.seq, r.tail, r.ordinal,
                coalesce((SELECT at FROM entries WHERE room = r.id AND seq = r.seq), 0) AS at
           FROM json_each(?1) AS asked
     CROSS JOIN rooms AS r ON r.id = unhex(asked.value)",
        list(rooms.iter().map(|room| json!(room.to_string()))),
        |row| {
            let tip = Tip {
                seq: row.try_get("seq")?,
                tail: row.try_get("tail")?,
                ordinal: row.try_get("ordinal")?,
                at: row.try_get("at")?,
            };
            Ok((row.try_get("id")?, tip))
        },
    )
    .await
}

type ByName = HashMap<(RoomId, String), UserId>;
type ByMember = HashMap<(RoomId, UserId), u64>;

async fn named_members(conn: &mut SqliteConnection, named: &HashSet<(RoomId, &str)>) -> Result<(ByName, ByMember)> {
    let (mut users, mut mentions) = (ByName::new(), ByMember::new());
    if named.is_empty() {
        return Ok((users, mentions));
    }
    let rows = sqlx::query(
        "SELECT m.room, u.username, u.id,
                coalesce((SELECT nth FROM mentions
                           WHERE user = u.id AND room = m.room
                        ORDER BY ordinal DESC LIMIT 1), 0) AS nth
           FROM json_each(?1) AS asked
     CROSS JOIN users AS u ON u.username = asked.value ->> 1 AND u.state = 0
     CROSS JOIN memberships AS m ON m.room = unhex(asked.value ->> 0) AND m.user = u.id AND m.state = 0",
    )
    .bind(pairs(named))
    .fetch_all(conn)
    .await?;
    for row in &rows {
        let (room, user) = (row.try_get("room")?, row.try_get("id")?);
        users.insert((room, row.try_get("username")?), user);
        mentions.insert((room, user), count(row, "nth")?);
    }
    Ok((users, mentions))
}

fn count(row: &SqliteRow, column: &str) -> Result<u64> {
    Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
}

/// Returns the id of the first; the others follow it one by one, since the table only
/// grows at its end.
async fn insert_texts<'a>(conn: &mut SqliteConnection, messages: impl Iterator<Item = &'a Message>) -> Result<i64> {
    let inserted = sqlx::query(
        "INSERT INTO texts (body)
         SELECT CAST(value AS BLOB)
           FROM json_each(?1)
       ORDER BY key",
    )
    .bind(list(messages.map(|message| json!(message.text()))))
    .execute(conn)
    .await?;
    let count = i64::try_from(inserted.rows_affected()).unwrap_or_default();
    Ok(inserted.last_insert_rowid() - count + 1)
}

async fn insert_messages<'a>(
    conn: &mut SqliteConnection,
    messages: impl Iterator<Item = ((&'a RoomEvent, &'a Message), &'a u64)>,
    texts_from: i64,
) -> Result<()> {
    let rows = list(messages.map(|((event, message), nth)| {
        let mentions: String = message.mentions.iter().map(ToString::to_string).collect();
        let place = Place {
            room: event.room,
            ordinal: message.ordinal,
            author: message.author,
            client_key: message.client_key,
        };
        json!([
            event.room.to_string(),
            message.ordinal.0,
            message.seq.0,
            message.author.to_string(),
            nth,
            message.client_key.to_string(),
            message.at.0,
            mentions,
            hex(&seal(&place, message.body.as_ref())),
        ])
    }));
    sqlx::query(
        "INSERT INTO messages (room, ordinal, seq, revision, author, author_nth, client_key, at, text, mentions, hash)
         SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 2, unhex(value ->> 3), value ->> 4,
                unhex(value ->> 5), value ->> 6, ?2 + key, unhex(value ->> 7), unhex(value ->> 8)
           FROM json_each(?1)
       ORDER BY key",
    )
    .bind(rows)
    .bind(texts_from)
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_entries<'a>(
    conn: &mut SqliteConnection,
    messages: impl Iterator<Item = (&'a RoomEvent, &'a Message)>,
) -> Result<()> {
    let rows = list(messages.map(|(event, message)| {
        let entry = &event.entry;
        json!([
            event.room.to_string(),
            entry.seq.0,
            entry.tail.0,
            entry.change.kind,
            entry.change.version,
            entry.actor.to_string(),
            message.ordinal.0,
            hex(&entry.change.body),
            entry.at.0,
        ])
    }));
    sqlx::query(
        "INSERT INTO entries (room, seq, tail, kind, version, actor, target, payload, at)
         SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4,
                unhex(value ->> 5), value ->> 6, unhex(value ->> 7), value ->> 8
           FROM json_each(?1)",
    )
    .bind(rows)
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_keys<'a>(
    conn: &mut SqliteConnection,
    messages: impl Iterator<Item = (&'a RoomEvent, &'a Message)>,
    fresh: &Fresh,
) -> Result<()> {
    let rows = list(messages.zip(&fresh.digests).map(|((event, message), digest)| {
        json!([
            message.author.to_string(),
            message.client_key.to_string(),
            event.room.to_string(),
            message.seq.0,
            hex(digest.as_bytes()),
        ])
    }));
    let insert = "INSERT INTO client_keys (author, client_key, room, seq, digest)
         SELECT unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, unhex(value ->> 4)
           FROM json_each(?1)";
    let replace = "INSERT OR REPLACE INTO client_keys (author, client_key, room, seq, digest)
         SELECT unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, unhex(value ->> 4)
           FROM json_each(?1)";
    sqlx::query(if is_planted(Fault::ResendTakesNewSeq) {
        replace
    } else {
        insert
    })
    .bind(rows)
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_mentions(conn: &mut SqliteConnection, fresh: &Fresh) -> Result<()> {
    if fresh.mentions.is_empty() {
        return Ok(());
    }
    let rows = list(fresh.mentions.iter().map(|mention| {
        json!([
            mention.user.to_string(),
            mention.room.to_string(),
            mention.ordinal.0,
            mention.seq.0,
            mention.nth,
        ])
    }));
    sqlx::query(
        "INSERT INTO mentions (user, room, ordinal, seq, nth)
         SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4
           FROM json_each(?1)",
    )
    .bind(rows)
    .execute(conn)
    .await?;
    Ok(())
}

async fn raise_rooms(conn: &mut SqliteConnection, fresh: &Fresh) -> Result<()> {
    let rows = list(
        fresh
            .tips
            .iter()
            .map(|(room, tip)| json!([room.to_string(), tip.seq.0, tip.tail.0, tip.ordinal.0])),
    );
    sqlx::query(
        "UPDATE rooms
            SET seq = tip.value ->> 1, tail = tip.value ->> 2, ordinal = tip.value ->> 3
           FROM json_each(?1) AS tip
          WHERE rooms.id = unhex(tip.value ->> 0)",
    )
    .bind(rows)
    .execute(conn)
    .await?;
    Ok(())
}
