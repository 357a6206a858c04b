//! Statements about invites.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::{
    server::sessions::CodeHash,
    wire::{InviteId, Millis, RoomId, UserId},
};
use sqlx::{FromRow, Result, SqliteConnection};

pub struct NewInvite {
    pub id: InviteId,
    pub code: CodeHash,
    pub made_by: UserId,
    pub room: Option<RoomId>,
    pub now: Millis,
    pub expires_at: Millis,
    pub uses_max: u32,
}

pub async fn insert(conn: &mut SqliteConnection, invite: &NewInvite) -> Result<()> {
    sqlx::query(
        "INSERT INTO invites (id, code_hash, made_by, room, created_at, expires_at, uses_max, uses, revoked)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0)",
    )
    .bind(invite.id)
    .bind(invite.code.as_slice())
    .bind(invite.made_by)
    .bind(invite.room)
    .bind(invite.now)
    .bind(invite.expires_at)
    .bind(invite.uses_max)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn count_open(conn: &mut SqliteConnection, now: Millis) -> Result<u32> {
    sqlx::query_scalar("SELECT count(*) FROM invites WHERE revoked = 0 AND expires_at > ?1 AND uses < uses_max")
        .bind(now)
        .fetch_one(conn)
        .await
}

#[derive(FromRow)]
pub struct Used {
    pub made_by: UserId,
    pub room: Option<RoomId>,
}

/// Takes one use, if one is left.
pub async fn use_up(conn: &mut SqliteConnection, code: CodeHash, now: Millis) -> Result<Option<Used>> {
    sqlx::query_as(
        "UPDATE invites
            SET uses = uses + 1
          WHERE code_hash = ?1 AND revoked = 0 AND expires_at > ?2 AND uses < uses_max
      RETURNING made_by, room",
    )
    .bind(code.as_slice())
    .bind(now)
    .fetch_optional(conn)
    .await
}

#[derive(FromRow)]
pub struct UsableRow {
    pub made_by_name: String,
    pub room_name: Option<String>,
}

pub async fn find_usable(conn: &mut SqliteConnection, code: CodeHash, now: Millis) -> Result<Option<UsableRow>> {
    sqlx::query_as(
        "SELECT u.name AS made_by_name, r.name AS room_name
           FROM invites AS i
           JOIN users AS u ON u.id = i.made_by
      LEFT JOIN rooms AS r ON r.id = i.room
          WHERE i.code_hash = ?1 AND i.revoked = 0 AND i.expires_at > ?2 AND i.uses < i.uses_max",
    )
    .bind(code.as_slice())
    .bind(now)
    .fetch_optional(conn)
    .await
}

#[derive(FromRow)]
pub struct InviteRow {
    pub id: InviteId,
    pub made_by_name: String,
    /// Only where the reader is in the room: its name is the members'.
    pub room_name: Option<String>,
    pub has_room: bool,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub uses_max: u32,
    pub uses: u32,
}

/// Those that can still be used, the newest first. Their number is bounded where they are made.
pub async fn list_open(conn: &mut SqliteConnection, reader: UserId, now: Millis) -> Result<Vec<InviteRow>> {
    sqlx::query_as(
        "SELECT i.id, u.name AS made_by_name, r.name AS room_name, i.room IS NOT NULL AS has_room,
                i.created_at, i.expires_at, i.uses_max, i.uses
           FROM invites AS i
           JOIN users AS u ON u.id = i.made_by
      LEFT JOIN memberships AS m ON m.room = i.room AND m.user = ?1 AND m.state = 0
      LEFT JOIN rooms AS r ON r.id = m.room
          WHERE i.revoked = 0 AND i.expires_at > ?2 AND i.uses < i.uses_max
       ORDER BY i.id DESC",
    )
    .bind(reader)
    .bind(now)
    .fetch_all(conn)
    .await
}

/// True if there is such an invite, open or not.
pub async fn revoke(conn: &mut SqliteConnection, invite: InviteId) -> Result<bool> {
    let done = sqlx::query("UPDATE invites SET revoked = 1 WHERE id = ?1")
        .bind(invite)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn revoke_all_by(conn: &mut SqliteConnection, user: UserId) -> Result<()> {
    sqlx::query("UPDATE invites SET revoked = 1 WHERE made_by = ?1 AND revoked = 0")
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}
