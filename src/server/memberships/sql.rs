//! Statements about memberships.
//!
//! `LIMIT ?1 + 0`: of a limit that is a bare parameter SQLite wants to know the value when it
//! plans, and plans anew whenever it is bound.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::wire::{
    Ordinal, RoomId, RoomKind, Seq, UserId,
    membership::{RoomMember, RoomRole},
};
use sqlx::{FromRow, Result, Row, SqliteConnection};

/// How a membership ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Left,
    Removed,
}

impl Ending {
    fn state(self) -> i64 {
        match self {
            Self::Left => 1,
            Self::Removed => 2,
        }
    }
}

#[derive(Debug, FromRow)]
pub struct Standing {
    pub kind: RoomKind,
    pub role: RoomRole,
    pub joined_ordinal: Ordinal,
}

pub async fn find_standing(conn: &mut SqliteConnection, room: RoomId, user: UserId) -> Result<Option<Standing>> {
    sqlx::query_as(
        "SELECT r.kind, m.role, m.joined_ordinal
           FROM memberships AS m
           JOIN rooms AS r ON r.id = m.room
          WHERE m.room = ?1 AND m.user = ?2 AND m.state = 0",
    )
    .bind(room)
    .bind(user)
    .fetch_optional(conn)
    .await
}

/// A membership, whether it stands or has ended.
#[derive(Debug, FromRow)]
pub struct Tie {
    pub is_in: bool,
    /// The entry that made it so.
    pub changed_seq: Seq,
}

pub async fn find_tie(conn: &mut SqliteConnection, room: RoomId, user: UserId) -> Result<Option<Tie>> {
    sqlx::query_as(
        "SELECT state = 0 AS is_in, changed_seq
           FROM memberships
          WHERE room = ?1 AND user = ?2",
    )
    .bind(room)
    .bind(user)
    .fetch_optional(conn)
    .await
}

pub async fn list_members(conn: &mut SqliteConnection, room: RoomId, limit: u32) -> Result<Vec<RoomMember>> {
    sqlx::query(
        "SELECT user, role
           FROM memberships
          WHERE room = ?1 AND state = 0
       ORDER BY changed_seq
          LIMIT ?2 + 0",
    )
    .bind(room)
    .bind(limit)
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| {
        Ok(RoomMember {
            user: row.try_get("user")?,
            role: row.try_get("role")?,
        })
    })
    .collect()
}

pub async fn count_rooms(conn: &mut SqliteConnection, user: UserId) -> Result<u32> {
    sqlx::query_scalar("SELECT count(*) FROM memberships WHERE user = ?1 AND state = 0")
        .bind(user)
        .fetch_one(conn)
        .await
}

/// The rooms a user is in, in the order of their ids.
pub async fn rooms_of(conn: &mut SqliteConnection, user: UserId) -> Result<Vec<RoomId>> {
    sqlx::query_scalar("SELECT room FROM memberships WHERE user = ?1 AND state = 0 ORDER BY room")
        .bind(user)
        .fetch_all(conn)
        .await
}

pub async fn find_kind(conn: &mut SqliteConnection, room: RoomId) -> Result<Option<RoomKind>> {
    sqlx::query_scalar("SELECT kind FROM rooms WHERE id = ?1")
        .bind(room)
        .fetch_optional(conn)
        .await
}

pub async fn head_ordinal(conn: &mut SqliteConnection, room: RoomId) -> Result<Ordinal> {
    sqlx::query_scalar("SELECT ordinal FROM rooms WHERE id = ?1")
        .bind(room)
        .fetch_one(conn)
        .await
}

/// False for accounts that were removed, banned or never made.
pub async fn is_active(conn: &mut SqliteConnection, user: UserId) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1 AND state = 0)")
        .bind(user)
        .fetch_one(conn)
        .await
}

pub async fn begin(
    conn: &mut SqliteConnection,
    room: RoomId,
    user: UserId,
    role: RoomRole,
    changed: Seq,
    joined: Ordinal,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO memberships (room, user, role, state, changed_seq, joined_ordinal)
         VALUES (?1, ?2, ?3, 0, ?4, ?5)
    ON CONFLICT (room, user) DO UPDATE
            SET role = excluded.role, state = 0,
                changed_seq = excluded.changed_seq, joined_ordinal = excluded.joined_ordinal",
    )
    .bind(room)
    .bind(user)
    .bind(role)
    .bind(changed)
    .bind(joined)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn end(conn: &mut SqliteConnection, room: RoomId, user: UserId, ending: Ending, changed: Seq) -> Result<()> {
    sqlx::query(
        "UPDATE memberships
            SET state = ?3, changed_seq = ?4
          WHERE room = ?1 AND user = ?2",
    )
    .bind(room)
    .bind(user)
    .bind(ending.state())
    .bind(changed)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends all that stand.
pub async fn end_all_of(conn: &mut SqliteConnection, room: RoomId, changed: Seq) -> Result<()> {
    sqlx::query(
        "UPDATE memberships
            SET state = ?2, changed_seq = ?3
          WHERE room = ?1 AND state = 0",
    )
    .bind(room)
    .bind(Ending::Removed.state())
    .bind(changed)
    .execute(conn)
    .await?;
    Ok(())
}

/// The person of this username, if they are here.
pub async fn find_active(conn: &mut SqliteConnection, username: &str) -> Result<Option<UserId>> {
    sqlx::query_scalar("SELECT id FROM users WHERE username = ?1 AND state = 0")
        .bind(username)
        .fetch_optional(conn)
        .await
}
