//! Statements that read what was said.
//!
//! `LIMIT ?1 + 0`: of a limit that is a bare parameter SQLite wants to know the value when it
//! plans, and plans anew whenever it is bound.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use super::counts::READ_MARKER;
use crate::{
    server::{
        rooms::sql::{RoomRows, pairs, room_rows},
        store::{Hole, entries, hex_list},
    },
    wire::{
        Cursor, DirectorySeq, Entry, Message, Ordinal, Person, RoomId, Seq, Tail, UserId, UserSeq, person::Me,
        user_log::UserItem,
    },
};
use futures_util::{StreamExt, stream::BoxStream};
use sqlx::{
    FromRow, Result, Row, Sqlite, SqliteConnection, ValueRef,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};
use std::collections::BTreeSet;

pub async fn head(conn: &mut SqliteConnection, room: RoomId) -> Result<(Cursor, Ordinal)> {
    let row = sqlx::query("SELECT seq, tail, ordinal FROM rooms WHERE id = ?1")
        .bind(room)
        .fetch_one(conn)
        .await?;
    let head = Cursor {
        seq: row.try_get("seq")?,
        tail: row.try_get("tail")?,
    };
    Ok((head, row.try_get("ordinal")?))
}

pub async fn head_ordinal(conn: &mut SqliteConnection, room: RoomId) -> Result<Ordinal> {
    sqlx::query_scalar("SELECT ordinal FROM rooms WHERE id = ?1")
        .bind(room)
        .fetch_one(conn)
        .await
}

pub async fn tail_at(conn: &mut SqliteConnection, room: RoomId, seq: Seq) -> Result<Option<Tail>> {
    sqlx::query_scalar("SELECT tail FROM entries WHERE room = ?1 AND seq = ?2")
        .bind(room)
        .bind(seq)
        .fetch_optional(conn)
        .await
}

pub async fn seq_of(conn: &mut SqliteConnection, room: RoomId, ordinal: Ordinal) -> Result<Seq> {
    sqlx::query_scalar("SELECT seq FROM messages WHERE room = ?1 AND ordinal = ?2")
        .bind(room)
        .bind(ordinal)
        .fetch_one(conn)
        .await
}

/// The message at or before an entry; zero if there is none. Ordinals are dense and rise with
/// the seq, so it is found by halving: in as many steps as the head's ordinal has bits.
pub async fn ordinal_at(conn: &mut SqliteConnection, room: RoomId, seq: Seq) -> Result<Ordinal> {
    sqlx::query_scalar(
        "WITH RECURSIVE spans (low, high) AS (
             SELECT 0, ordinal FROM rooms WHERE id = ?1
              UNION ALL
             SELECT iif(middle.seq <= ?2, middle.ordinal, low), iif(middle.seq <= ?2, high, middle.ordinal - 1)
               FROM spans
         CROSS JOIN messages AS middle ON middle.room = ?1 AND middle.ordinal = (low + high + 1) / 2
              WHERE low < high
         )
         SELECT low FROM spans WHERE low = high",
    )
    .bind(room)
    .bind(seq)
    .fetch_one(conn)
    .await
}

/// Newest first.
pub fn messages_before(
    conn: &mut SqliteConnection,
    room: RoomId,
    before: Ordinal,
    limit: u32,
) -> BoxStream<'_, Result<Message>> {
    sqlx::query_as(
        "SELECT whole
           FROM message_rows
          WHERE room = ?1 AND ordinal < ?2
       ORDER BY ordinal DESC
          LIMIT ?3 + 0",
    )
    .bind(room)
    .bind(before)
    .bind(limit)
    .fetch(conn)
}

/// A row of a piece of a log.
pub enum LogRow {
    Entries {
        entries: Vec<Entry>,
        /// Where the log ends.
        head: Seq,
    },
    /// The present state of a message, with the first of the entries that touched it.
    Message { touched: Seq, message: Box<Message> },
    /// Somebody who made one of the entries.
    Face(Person),
}

/// The entries `after + 1 ..= to`, in order; then the messages that they touched, in the
/// order of the first that did; then who made the entries. Three statements in one string,
/// because the way to SQLite's thread and back costs more than any; all entries in one row,
/// because each of their columns comes over by itself.
pub fn piece_of_log(conn: &mut SqliteConnection, room: RoomId, after: Seq, to: Seq) -> BoxStream<'_, Result<LogRow>> {
    sqlx::query(
        "SELECT 0 AS what,
                json_group_array(json_array(seq, tail, at, hex(actor), kind, version, hex(payload)) ORDER BY seq)
                    AS entries,
                (SELECT seq FROM rooms WHERE id = $1) AS head
           FROM entries
          WHERE room = $1 AND seq > $2 AND seq <= $3;

         SELECT 1 AS what, touched.first AS touched, touched.target, m.whole
           FROM (SELECT target, min(seq) AS first
                   FROM entries
                  WHERE room = $1 AND seq > $2 AND seq <= $3 AND target IS NOT NULL
               GROUP BY target) AS touched
      LEFT JOIN message_rows AS m ON m.room = $1 AND m.ordinal = touched.target
       ORDER BY touched.first;

         SELECT 2 AS what, u.id, u.dseq, u.name, u.username, u.hue, u.state
           FROM (SELECT DISTINCT actor FROM entries WHERE room = $1 AND seq > $2 AND seq <= $3) AS acted
     CROSS JOIN users AS u ON u.id = acted.actor",
    )
    .bind(room)
    .bind(after)
    .bind(to)
    .fetch(conn)
    .map(move |row| {
        let row = row?;
        Ok(match row.try_get::<i64, _>("what")? {
            0 => LogRow::Entries {
                entries: entries(row.try_get("entries")?)?,
                head: row.try_get("head")?,
            },
            1 => LogRow::Message {
                touched: row.try_get("touched")?,
                message: Box::new(touched_message(&row, room)?),
            },
            _ => LogRow::Face(Person::from_row(&row)?),
        })
    })
    .boxed()
}

/// The message that an entry is about. Entries outlive no message: a deleted one keeps its row.
fn touched_message(row: &SqliteRow, room: RoomId) -> Result<Message> {
    let target: Ordinal = row.try_get("target")?;
    if row.try_get_raw("whole")?.is_null() {
        return Err(Hole::at("message", room, target.0).into());
    }
    Message::from_row(row)
}

/// The last entries between two seqs that are about no message, in order; and how many entries
/// there are between the two.
pub async fn notes(
    conn: &mut SqliteConnection,
    room: RoomId,
    after: Seq,
    before: Seq,
    limit: u32,
) -> Result<(Vec<Entry>, u64)> {
    let rows = sqlx::query(
        "SELECT 0 AS what, count(*) AS entries FROM entries WHERE room = $1 AND seq > $2 AND seq < $3;

         SELECT 1 AS what, seq, tail, at, actor, kind, version, payload
           FROM entries
          WHERE room = $1 AND seq > $2 AND seq < $3 AND target IS NULL
       ORDER BY seq DESC
          LIMIT $4 + 0",
    )
    .bind(room)
    .bind(after)
    .bind(before)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let (mut notes, mut entries) = (Vec::new(), 0);
    for row in rows.iter().rev() {
        match row.try_get::<i64, _>("what")? {
            0 => entries = row.try_get::<i64, _>("entries")?.unsigned_abs(),
            _ => notes.push(Entry::from_row(row)?),
        }
    }
    Ok((notes, entries))
}

pub async fn people(conn: &mut SqliteConnection, users: &BTreeSet<UserId>) -> Result<Vec<Person>> {
    sqlx::query_as(
        "SELECT u.id, u.dseq, u.name, u.username, u.hue, u.state
           FROM json_each(?1) AS asked
     CROSS JOIN users AS u ON u.id = unhex(asked.value)",
    )
    .bind(hex_list(users))
    .fetch_all(conn)
    .await
}

pub async fn me(conn: &mut SqliteConnection, user: UserId) -> Result<Me> {
    sqlx::query_as("SELECT id, name, username, hue, role FROM users WHERE id = ?1")
        .bind(user)
        .fetch_one(conn)
        .await
}

/// What a reader may lack of the two logs that are not about rooms, and where those end.
/// Of the directory only people who share a room with the reader, who is one of them.
#[derive(Debug, Default)]
pub struct Logs {
    pub user_head: UserSeq,
    pub items: Vec<UserItem>,
    pub directory_head: DirectorySeq,
    pub people: Vec<Person>,
}

/// The next of both logs for `$1` after the cursors `$2` and `$3`, so many of each. To be read by
/// [`Logs`], which its marks `what` are of.
macro_rules! logs {
    () => {
        "SELECT 0 AS what, coalesce(max(useq), 0) AS head FROM user_log WHERE user = $1;

         SELECT 1 AS what, useq, kind, version, value
           FROM user_log
          WHERE user = $1
            AND useq > iif($2 > (SELECT coalesce(max(useq), 0) FROM user_log WHERE user = $1), 0, $2)
       ORDER BY useq
          LIMIT $4 + 0;

         SELECT 2 AS what, coalesce(max(dseq), 0) AS head FROM users;

         SELECT 3 AS what, u.id, u.dseq, u.name, u.username, u.hue, u.state
           FROM users AS u
          WHERE u.dseq > iif($3 > (SELECT coalesce(max(dseq), 0) FROM users), 0, $3)
            AND (u.id = $1
              OR EXISTS (SELECT 1
                           FROM memberships AS theirs
                     CROSS JOIN memberships AS mine
                             ON mine.room = theirs.room AND mine.user = $1 AND mine.state = 0
                          WHERE theirs.user = u.id AND theirs.state = 0))
       ORDER BY u.dseq
          LIMIT $5 + 0"
    };
}

impl Logs {
    fn take(&mut self, what: i64, row: &SqliteRow) -> Result<()> {
        match what {
            0 => self.user_head = row.try_get("head")?,
            1 => self.items.push(UserItem::from_row(row)?),
            2 => self.directory_head = row.try_get("head")?,
            _ => self.people.push(Person::from_row(row)?),
        }
        Ok(())
    }
}

/// Where somebody's copies of the two logs end, and how much of each they are given.
#[derive(Debug, Clone, Copy)]
pub struct After {
    pub user: UserSeq,
    pub directory: DirectorySeq,
    pub items_max: u32,
    pub people_max: u32,
}

/// The next of both logs. A cursor from the future is of another log: all is lacking then.
/// One string of statements, because each way to SQLite's thread and back costs more than
/// they do.
pub async fn logs(conn: &mut SqliteConnection, reader: UserId, after: After) -> Result<Logs> {
    let rows = bind(sqlx::query(logs!()), reader, after).fetch_all(conn).await?;
    let mut logs = Logs::default();
    for row in &rows {
        logs.take(row.try_get("what")?, row)?;
    }
    Ok(logs)
}

/// [`logs`], and the rooms of a list that the reader is in: what every answer to a catch-up
/// begins with, in one way to SQLite's thread and back.
pub async fn logs_and_rooms(
    conn: &mut SqliteConnection,
    reader: UserId,
    after: After,
    asked: &[(RoomId, Seq)],
) -> Result<(Logs, RoomRows)> {
    let rows = bind(
        sqlx::query(concat!(logs!(), ";", room_rows!("$6", "$7"))),
        reader,
        after,
    )
    .bind(pairs(asked))
    .bind(READ_MARKER)
    .fetch_all(conn)
    .await?;
    let (mut logs, mut rooms) = (Logs::default(), RoomRows::default());
    for row in &rows {
        match row.try_get("what")? {
            what @ 0..=3 => logs.take(what, row)?,
            what => rooms.take(what, row)?,
        }
    }
    Ok((logs, rooms))
}

fn bind(query: Query<'_, Sqlite, SqliteArguments>, reader: UserId, after: After) -> Query<'_, Sqlite, SqliteArguments> {
    query
        .bind(reader)
        .bind(after.user)
        .bind(after.directory)
        .bind(after.items_max)
        .bind(after.people_max)
}

/// Members of a room, in the order of their ids.
pub async fn members(conn: &mut SqliteConnection, room: RoomId, limit: u32) -> Result<Vec<UserId>> {
    sqlx::query_scalar(
        "SELECT user FROM memberships
          WHERE room = ?1 AND state = 0
          LIMIT ?2 + 0",
    )
    .bind(room)
    .bind(limit)
    .fetch_all(conn)
    .await
}
