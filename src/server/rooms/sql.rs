//! Statements about rooms.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use super::Heads;
use crate::{
    server::{messages, store::body},
    wire::{
        Body, Cursor, DirectorySeq, Envelope, Millis, Ordinal, RoomId, RoomKind, Seq, Tail, UserId, UserSeq,
        membership::RoomRole,
        person::{Me, is_invisible},
        room::RoomHead,
        user_log::Marker,
    },
};
use sqlx::{FromRow, Result, Row, SqliteConnection, sqlite::SqliteRow};
use unicode_normalization::UnicodeNormalization;

/// How SQLite names the index over the names of open rooms when it refuses.
pub const NAME_CONSTRAINT: &str = "rooms.name_key";

/// The spelling by which names are equal: that of names which look alike. Upper case
/// first, because some small letters have two capitals.
fn name_key(name: &str) -> String {
    let seen = name.nfkc().filter(|c| c.is_whitespace() || !is_invisible(*c));
    seen.collect::<String>().to_uppercase().to_lowercase()
}

pub async fn insert_room(
    conn: &mut SqliteConnection,
    room: RoomId,
    kind: RoomKind,
    name: &str,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO rooms (id, kind, name, name_key, seq, tail, ordinal, created_at)
         VALUES (?1, ?2, ?3, ?4, 0, 0, 0, ?5)",
    )
    .bind(room)
    .bind(kind)
    .bind(name)
    .bind(name_key(name))
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn insert_direct(
    conn: &mut SqliteConnection,
    room: RoomId,
    (a, b): (UserId, UserId),
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO rooms (id, kind, name, name_key, seq, tail, ordinal, created_at, direct_a, direct_b)
         VALUES (?1, ?2, '', '', 0, 0, 0, ?3, ?4, ?5)",
    )
    .bind(room)
    .bind(RoomKind::Direct)
    .bind(now)
    .bind(a)
    .bind(b)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn find_direct(conn: &mut SqliteConnection, (a, b): (UserId, UserId)) -> Result<Option<RoomId>> {
    sqlx::query_scalar("SELECT id FROM rooms WHERE kind = 2 AND direct_a = ?1 AND direct_b = ?2")
        .bind(a)
        .bind(b)
        .fetch_optional(conn)
        .await
}

pub async fn name_and_seq(conn: &mut SqliteConnection, room: RoomId) -> Result<(String, Seq)> {
    sqlx::query_as("SELECT name, seq FROM rooms WHERE id = ?1")
        .bind(room)
        .fetch_one(conn)
        .await
}

pub async fn rename_room(conn: &mut SqliteConnection, room: RoomId, name: &str) -> Result<()> {
    sqlx::query("UPDATE rooms SET name = ?2, name_key = ?3 WHERE id = ?1")
        .bind(room)
        .bind(name)
        .bind(name_key(name))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a room's name, and every way into it: a closed room that nobody is in. Its name
/// may be given to another.
pub async fn bury(conn: &mut SqliteConnection, room: RoomId) -> Result<()> {
    sqlx::query("UPDATE rooms SET kind = ?2, name = '', name_key = '' WHERE id = ?1")
        .bind(room)
        .bind(RoomKind::Closed)
        .execute(&mut *conn)
        .await?;
    sqlx::query("UPDATE invites SET room = NULL WHERE room = ?1")
        .bind(room)
        .execute(conn)
        .await?;
    Ok(())
}

/// A room as one of its members sees it.
#[derive(Debug, FromRow)]
pub struct RoomRow {
    pub room: RoomId,
    pub kind: RoomKind,
    pub name: String,
    pub with: Option<UserId>,
    pub role: RoomRole,
    pub seq: Seq,
    pub tail: Tail,
    pub ordinal: Ordinal,
    /// The tail that the log has at the asked seq.
    pub tail_at_asked: Option<Tail>,
    #[sqlx(flatten)]
    pub marker: MarkerRow,
}

/// The user's read marker of a room, as their log has it.
#[derive(Debug, FromRow)]
pub struct MarkerRow {
    version: Option<u8>,
    value: Option<Vec<u8>>,
}

impl MarkerRow {
    pub fn marker(&self) -> Marker {
        let found = self.version.zip(self.value.clone());
        let found = found.and_then(|(version, body)| {
            let kind = messages::READ_MARKER;
            messages::marker(&Envelope { kind, version, body })
        });
        found.map(|(_, marker)| marker).unwrap_or_default()
    }
}

/// Those of the rooms of a list that the user `$1` is in, each with the tail at the seq beside
/// it, in the order of the list; and the newest message of each that is not deleted. To be
/// read by [`RoomRows`], which its marks `what` are of.
macro_rules! room_rows {
    ($asked:literal, $read_marker:literal) => {
        concat!(
            "SELECT 4 AS what, r.id AS room, r.kind, r.name, m.role, r.seq, r.tail, r.ordinal,
                    CASE r.kind WHEN 2 THEN CASE r.direct_a WHEN $1 THEN r.direct_b ELSE r.direct_a END END AS \"with\",
                    (SELECT tail FROM entries WHERE room = r.id AND seq = asked.value ->> 1) AS tail_at_asked,
                    log.version, log.value
               FROM json_each(", $asked, ") AS asked
         CROSS JOIN memberships AS m ON m.room = unhex(asked.value ->> 0) AND m.user = $1 AND m.state = 0
         CROSS JOIN rooms AS r ON r.id = m.room
          LEFT JOIN user_log AS log ON log.user = $1 AND log.kind = ", $read_marker, " AND log.name = r.id
           ORDER BY asked.key;

             SELECT 5 AS what, m.room, m.ordinal, m.seq, m.author, m.client_key, m.at, m.deleted, m.hash,
                    (SELECT body FROM texts WHERE id = m.text) AS body
               FROM json_each(", $asked, ") AS asked
         CROSS JOIN memberships AS mine ON mine.room = unhex(asked.value ->> 0) AND mine.user = $1 AND mine.state = 0
         CROSS JOIN messages AS m
                 ON m.room = mine.room
                AND m.ordinal = (SELECT ordinal FROM messages
                                  WHERE room = mine.room AND deleted = 0
                               ORDER BY ordinal DESC LIMIT 1)"
        )
    };
}
pub(in crate::server) use room_rows;

/// What [`room_rows`] gives.
#[derive(Debug, Default)]
pub struct RoomRows {
    pub rooms: Vec<RoomRow>,
    pub newest: Vec<Shown>,
}

impl RoomRows {
    /// Takes in a row with its mark.
    pub fn take(&mut self, what: i64, row: &SqliteRow) -> Result<()> {
        match what {
            4 => self.rooms.push(RoomRow::from_row(row)?),
            _ => self.newest.push(Shown::from_row(row)?),
        }
        Ok(())
    }
}

pub async fn rooms_of_list(conn: &mut SqliteConnection, user: UserId, asked: &[(RoomId, Seq)]) -> Result<RoomRows> {
    let rows = sqlx::query(room_rows!("$2", "$3"))
        .bind(user)
        .bind(pairs(asked))
        .bind(messages::READ_MARKER)
        .fetch_all(conn)
        .await?;
    let mut found = RoomRows::default();
    for row in &rows {
        found.take(row.try_get("what")?, row)?;
    }
    Ok(found)
}

/// A list of rooms, each with a seq, as a statement takes it.
pub fn pairs(asked: &[(RoomId, Seq)]) -> String {
    let asked: Vec<_> = asked
        .iter()
        .map(|(room, seq)| (room.to_string(), i64::try_from(seq.0).unwrap_or(i64::MAX)))
        .collect();
    // Strings and integers always become JSON.
    serde_json::to_string(&asked).unwrap_or_default()
}

/// A message of which the first words are to be shown.
#[derive(Debug)]
pub struct Shown {
    pub room: RoomId,
    pub seq: Seq,
    pub author: UserId,
    pub at: Millis,
    pub body: Option<Body>,
}

impl FromRow<'_, SqliteRow> for Shown {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            room: row.try_get("room")?,
            seq: row.try_get("seq")?,
            author: row.try_get("author")?,
            at: row.try_get("at")?,
            body: body(row)?,
        })
    }
}

/// The messages that were created by these entries. A text is read whole, because only
/// then can be told whether it is what was stored.
pub async fn shown(conn: &mut SqliteConnection, asked: &[(RoomId, Seq)]) -> Result<Vec<Shown>> {
    sqlx::query_as(
        "SELECT m.room, m.ordinal, m.seq, m.author, m.client_key, m.at, m.deleted, m.hash,
                (SELECT body FROM texts WHERE id = m.text) AS body
           FROM json_each(?1) AS asked
     CROSS JOIN entries AS e ON e.room = unhex(asked.value ->> 0) AND e.seq = asked.value ->> 1
     CROSS JOIN messages AS m ON m.room = e.room AND m.ordinal = e.target",
    )
    .bind(pairs(asked))
    .fetch_all(conn)
    .await
}

/// Open rooms that the user is not in, with the number of their people, by name.
pub async fn list_open(conn: &mut SqliteConnection, user: UserId, limit: u32) -> Result<Vec<(RoomId, String, u32)>> {
    sqlx::query_as(
        "SELECT r.id, r.name,
                (SELECT count(*) FROM memberships WHERE room = r.id AND state = 0)
           FROM rooms AS r
          WHERE r.kind = 0
            AND NOT EXISTS (SELECT 1 FROM memberships WHERE room = r.id AND user = ?1 AND state = 0)
       ORDER BY r.name_key
          LIMIT ?2",
    )
    .bind(user)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// One string of statements, because each way to SQLite's thread and back costs more than
/// they do.
/// Who the user `$n` is, where the logs end that they may read, and those of their rooms. To be
/// read by [`HeadRows`], which its marks `what` are of.
macro_rules! head_rows {
    ($user:literal) => {
        concat!(
            "SELECT 1 AS what, id, name, username, hue, role,
                    (SELECT coalesce(max(useq), 0) FROM user_log WHERE user = ",
            $user,
            ") AS useq,
                    (SELECT coalesce(max(dseq), 0) FROM users) AS dseq
               FROM users
              WHERE id = ",
            $user,
            ";

             SELECT 2 AS what, r.id, r.seq, r.tail, r.ordinal
               FROM memberships AS m
               JOIN rooms AS r ON r.id = m.room
              WHERE m.user = ",
            $user,
            " AND m.state = 0
           ORDER BY r.id"
        )
    };
}
pub(in crate::server) use head_rows;

/// What [`head_rows`] gives.
#[derive(Debug, Default)]
pub struct HeadRows {
    logs: Option<(Me, UserSeq, DirectorySeq)>,
    rooms: Vec<RoomHead>,
}

impl HeadRows {
    /// Takes in a row with its mark.
    pub fn take(&mut self, what: i64, row: &SqliteRow) -> Result<()> {
        match what {
            1 => self.logs = Some((Me::from_row(row)?, row.try_get("useq")?, row.try_get("dseq")?)),
            _ => self.rooms.push(room_head(row)?),
        }
        Ok(())
    }

    /// # Errors
    /// `RowNotFound`, if there is no such user.
    pub fn heads(self) -> Result<Heads> {
        let (me, user, directory) = self.logs.ok_or(sqlx::Error::RowNotFound)?;
        Ok(Heads {
            me,
            user,
            directory,
            rooms: self.rooms,
        })
    }
}

pub async fn heads(conn: &mut SqliteConnection, user: UserId) -> Result<Heads> {
    let rows = sqlx::query(head_rows!("$1")).bind(user).fetch_all(conn).await?;
    let mut found = HeadRows::default();
    for row in &rows {
        found.take(row.try_get("what")?, row)?;
    }
    found.heads()
}

fn room_head(row: &SqliteRow) -> Result<RoomHead> {
    Ok(RoomHead {
        room: row.try_get("id")?,
        cursor: Cursor {
            seq: row.try_get("seq")?,
            tail: row.try_get("tail")?,
        },
        ordinal: row.try_get("ordinal")?,
    })
}
