//! Statements that read what was said.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::{
    server::store::hex_list,
    wire::{
        Cursor, DirectorySeq, Entry, Message, Ordinal, Person, RoomId, Seq, Tail, UserId, UserSeq, person::Me,
        user_log::UserItem,
    },
};
use futures_util::stream::BoxStream;
use sqlx::{Result, Row, SqliteConnection};
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

/// The message at or before an entry; zero if there is none.
pub async fn ordinal_at(conn: &mut SqliteConnection, room: RoomId, seq: Seq) -> Result<Ordinal> {
    let found: Option<_> = sqlx::query_scalar(
        "SELECT ordinal FROM messages
          WHERE room = ?1 AND seq <= ?2
       ORDER BY seq DESC LIMIT 1",
    )
    .bind(room)
    .bind(seq)
    .fetch_optional(conn)
    .await?;
    Ok(found.unwrap_or_default())
}

/// Newest first.
pub fn messages_before(
    conn: &mut SqliteConnection,
    room: RoomId,
    before: Ordinal,
    limit: u32,
) -> BoxStream<'_, Result<Message>> {
    sqlx::query_as(
        "SELECT ordinal, seq, revision, author, client_key, at, body, mentions
           FROM messages
          WHERE room = ?1 AND ordinal < ?2
       ORDER BY ordinal DESC
          LIMIT ?3",
    )
    .bind(room)
    .bind(before)
    .bind(limit)
    .fetch(conn)
}

/// The present state of the messages that the entries `after + 1 ..= to` touched.
pub fn messages_touched(
    conn: &mut SqliteConnection,
    room: RoomId,
    after: Seq,
    to: Seq,
) -> BoxStream<'_, Result<Message>> {
    sqlx::query_as(
        "SELECT ordinal, seq, revision, author, client_key, at, body, mentions
           FROM messages
          WHERE room = ?1
            AND ordinal IN (SELECT target FROM entries
                             WHERE room = ?1 AND seq > ?2 AND seq <= ?3 AND target IS NOT NULL)
       ORDER BY ordinal",
    )
    .bind(room)
    .bind(after)
    .bind(to)
    .fetch(conn)
}

pub async fn entries(conn: &mut SqliteConnection, room: RoomId, after: Seq, to: Seq, limit: u32) -> Result<Vec<Entry>> {
    sqlx::query_as(
        "SELECT seq, tail, at, actor, kind, version, payload
           FROM entries
          WHERE room = ?1 AND seq > ?2 AND seq <= ?3
       ORDER BY seq
          LIMIT ?4",
    )
    .bind(room)
    .bind(after)
    .bind(to)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// The last entries between two seqs that are about no message, in order.
pub async fn notes(
    conn: &mut SqliteConnection,
    room: RoomId,
    after: Seq,
    before: Seq,
    limit: u32,
) -> Result<Vec<Entry>> {
    let mut notes: Vec<Entry> = sqlx::query_as(
        "SELECT seq, tail, at, actor, kind, version, payload
           FROM entries
          WHERE room = ?1 AND seq > ?2 AND seq < ?3 AND target IS NULL
       ORDER BY seq DESC
          LIMIT ?4",
    )
    .bind(room)
    .bind(after)
    .bind(before)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    notes.reverse();
    Ok(notes)
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
    let row = sqlx::query("SELECT id, name, username, hue, role FROM users WHERE id = ?1")
        .bind(user)
        .fetch_one(conn)
        .await?;
    Ok(Me {
        user: row.try_get("id")?,
        name: row.try_get("name")?,
        username: row.try_get("username")?,
        hue: row.try_get("hue")?,
        role: row.try_get("role")?,
    })
}

pub async fn user_values(
    conn: &mut SqliteConnection,
    user: UserId,
    after: UserSeq,
    limit: u32,
) -> Result<Vec<UserItem>> {
    sqlx::query_as(
        "SELECT useq, kind, version, value
           FROM user_log
          WHERE user = ?1 AND useq > ?2
       ORDER BY useq
          LIMIT ?3",
    )
    .bind(user)
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await
}

pub async fn user_head(conn: &mut SqliteConnection, user: UserId) -> Result<UserSeq> {
    sqlx::query_scalar("SELECT coalesce(max(useq), 0) FROM user_log WHERE user = ?1")
        .bind(user)
        .fetch_one(conn)
        .await
}

pub async fn directory_head(conn: &mut SqliteConnection) -> Result<DirectorySeq> {
    sqlx::query_scalar("SELECT coalesce(max(dseq), 0) FROM users")
        .fetch_one(conn)
        .await
}

/// People who changed and share a room with the reader, who is one of them.
pub async fn changed_people(
    conn: &mut SqliteConnection,
    reader: UserId,
    after: DirectorySeq,
    limit: u32,
) -> Result<Vec<Person>> {
    sqlx::query_as(
        "SELECT u.id, u.dseq, u.name, u.username, u.hue, u.state
           FROM users AS u
          WHERE u.dseq > ?2
            AND (u.id = ?1
              OR EXISTS (SELECT 1
                           FROM memberships AS theirs
                     CROSS JOIN memberships AS mine
                             ON mine.room = theirs.room AND mine.user = ?1 AND mine.state = 0
                          WHERE theirs.user = u.id AND theirs.state = 0))
       ORDER BY u.dseq
          LIMIT ?3",
    )
    .bind(reader)
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await
}

/// Members of a room, in the order of their ids.
pub async fn members(conn: &mut SqliteConnection, room: RoomId, limit: u32) -> Result<Vec<UserId>> {
    sqlx::query_scalar(
        "SELECT user FROM memberships
          WHERE room = ?1 AND state = 0
          LIMIT ?2",
    )
    .bind(room)
    .bind(limit)
    .fetch_all(conn)
    .await
}
