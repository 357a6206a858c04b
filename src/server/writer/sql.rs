//! Statements of single writes: the next entry, the next value, the first answer of a key.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::wire::{
    ClientKey, DirectorySeq, Entry, Envelope, Message, Millis, Ordinal, Person, RoomId, Seq, SessionId, Tail, UserId,
    UserSeq,
};
use sqlx::{FromRow, Result, SqliteConnection};

pub async fn is_live(conn: &mut SqliteConnection, user: UserId, session: SessionId, now: Millis) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1
                          FROM sessions AS s
                          JOIN users AS u ON u.id = s.user
                         WHERE s.id = ?2 AND s.user = ?1 AND s.expires_at > ?3 AND u.state = 0)",
    )
    .bind(user)
    .bind(session)
    .bind(now)
    .fetch_one(conn)
    .await
}

pub async fn raise_room(conn: &mut SqliteConnection, room: RoomId, tail: Tail) -> Result<Seq> {
    sqlx::query_scalar(
        "UPDATE rooms
            SET seq = seq + 1, tail = ?2
          WHERE id = ?1
      RETURNING seq",
    )
    .bind(room)
    .bind(tail)
    .fetch_one(conn)
    .await
}

/// The seq that the room's next entry takes.
pub async fn next_seq(conn: &mut SqliteConnection, room: RoomId) -> Result<Seq> {
    sqlx::query_scalar("SELECT seq + 1 FROM rooms WHERE id = ?1")
        .bind(room)
        .fetch_one(conn)
        .await
}

/// Whether the room's log has this very entry.
pub async fn has_entry(conn: &mut SqliteConnection, room: RoomId, entry: &Entry) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM entries WHERE room = ?1 AND seq = ?2 AND tail = ?3)")
        .bind(room)
        .bind(entry.seq)
        .bind(entry.tail)
        .fetch_one(conn)
        .await
}

pub async fn user_head(conn: &mut SqliteConnection, user: UserId) -> Result<UserSeq> {
    sqlx::query_scalar("SELECT coalesce(max(useq), 0) FROM user_log WHERE user = ?1")
        .bind(user)
        .fetch_one(conn)
        .await
}

/// Gives the message its new revision and returns it as it is now.
pub async fn touch_message(conn: &mut SqliteConnection, room: RoomId, ordinal: Ordinal, seq: Seq) -> Result<Message> {
    sqlx::query("UPDATE messages SET revision = ?3 WHERE room = ?1 AND ordinal = ?2")
        .bind(room)
        .bind(ordinal)
        .bind(seq)
        .execute(&mut *conn)
        .await?;
    sqlx::query_as(
        "SELECT whole
           FROM message_rows
          WHERE room = ?1 AND ordinal = ?2",
    )
    .bind(room)
    .bind(ordinal)
    .fetch_one(conn)
    .await
}

/// Stores the entry; its time is that of the entry before it, if the clock fell.
pub async fn insert_entry(
    conn: &mut SqliteConnection,
    room: RoomId,
    entry: &Entry,
    target: Option<Ordinal>,
) -> Result<Millis> {
    sqlx::query_scalar(
        "INSERT INTO entries (room, seq, tail, kind, version, actor, payload, target, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?9,
                 max(?8, coalesce((SELECT at FROM entries WHERE room = ?1 AND seq = ?2 - 1), 0)))
      RETURNING at",
    )
    .bind(room)
    .bind(entry.seq)
    .bind(entry.tail)
    .bind(entry.change.kind)
    .bind(entry.change.version)
    .bind(entry.actor)
    .bind(entry.change.body.as_slice())
    .bind(entry.at)
    .bind(target)
    .fetch_one(conn)
    .await
}

/// The greatest useq of a user is that of their newest value: nothing is deleted.
pub async fn put_user_value(
    conn: &mut SqliteConnection,
    user: UserId,
    about: &[u8],
    value: &Envelope,
) -> Result<UserSeq> {
    sqlx::query_scalar(
        "INSERT INTO user_log (user, kind, name, useq, version, value)
         VALUES (?1, ?2, ?3, (SELECT coalesce(max(useq), 0) + 1 FROM user_log WHERE user = ?1), ?4, ?5)
    ON CONFLICT (user, kind, name) DO UPDATE
            SET useq = excluded.useq, version = excluded.version, value = excluded.value
      RETURNING useq",
    )
    .bind(user)
    .bind(value.kind)
    .bind(about)
    .bind(value.version)
    .bind(value.body.as_slice())
    .fetch_one(conn)
    .await
}

pub async fn next_directory_seq(conn: &mut SqliteConnection) -> Result<DirectorySeq> {
    sqlx::query_scalar("SELECT coalesce(max(dseq), 0) + 1 FROM users")
        .fetch_one(conn)
        .await
}

pub async fn renumber_person(conn: &mut SqliteConnection, user: UserId) -> Result<Person> {
    sqlx::query_as(
        "UPDATE users
            SET dseq = (SELECT max(dseq) + 1 FROM users)
          WHERE id = ?1
      RETURNING id, dseq, name, username, hue, state",
    )
    .bind(user)
    .fetch_one(conn)
    .await
}

pub async fn person(conn: &mut SqliteConnection, user: UserId) -> Result<Person> {
    sqlx::query_as("SELECT id, dseq, name, username, hue, state FROM users WHERE id = ?1")
        .bind(user)
        .fetch_one(conn)
        .await
}

/// The rooms a person is in.
pub async fn rooms_of(conn: &mut SqliteConnection, user: UserId) -> Result<Vec<RoomId>> {
    sqlx::query_scalar("SELECT room FROM memberships WHERE user = ?1 AND state = 0")
        .bind(user)
        .fetch_all(conn)
        .await
}

/// What a client key was used for.
#[derive(Debug, FromRow)]
pub struct KeyRow {
    pub room: RoomId,
    pub seq: Seq,
    pub digest: Vec<u8>,
}

pub async fn find_key(conn: &mut SqliteConnection, author: UserId, key: ClientKey) -> Result<Option<KeyRow>> {
    sqlx::query_as(
        "SELECT room, seq, digest
           FROM client_keys
          WHERE author = ?1 AND client_key = ?2",
    )
    .bind(author)
    .bind(key)
    .fetch_optional(conn)
    .await
}

pub async fn insert_key(conn: &mut SqliteConnection, author: UserId, key: ClientKey, row: &KeyRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO client_keys (author, client_key, room, seq, digest)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(author)
    .bind(key)
    .bind(row.room)
    .bind(row.seq)
    .bind(row.digest.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

#[cfg(test)]
pub use for_test::*;

#[cfg(test)]
mod for_test {
    use super::{Entry, Message, Result, RoomId, Seq, SqliteConnection};

    /// Breaks a reference in a way that is only found by the commit.
    pub async fn spoil_commit_for_test(conn: &mut SqliteConnection) -> Result<()> {
        sqlx::query("PRAGMA defer_foreign_keys = ON")
            .execute(&mut *conn)
            .await?;
        sqlx::query("INSERT INTO leases (user, device, renewed_at, position) VALUES (x'00', x'00', 0, 0)")
            .execute(conn)
            .await?;
        Ok(())
    }

    pub async fn entries_for_test(conn: &mut SqliteConnection, room: RoomId, from: Seq) -> Result<Vec<Entry>> {
        sqlx::query_as("SELECT * FROM entries WHERE room = ?1 AND seq >= ?2 ORDER BY seq")
            .bind(room)
            .bind(from)
            .fetch_all(conn)
            .await
    }

    pub async fn message_for_test(conn: &mut SqliteConnection, room: RoomId, seq: Seq) -> Result<Option<Message>> {
        sqlx::query_as("SELECT * FROM message_rows WHERE room = ?1 AND seq = ?2")
            .bind(room)
            .bind(seq)
            .fetch_optional(conn)
            .await
    }
}
