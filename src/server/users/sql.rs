//! Statements about people and the links that set a new password.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use super::State;
use crate::{
    server::sessions::{CodeHash, StoredHash},
    wire::{DirectorySeq, Millis, Person, RoomId, UserId, membership::ServerRole},
};
use sqlx::{FromRow, Result, Row, SqliteConnection, sqlite::SqliteRow};

pub async fn is_anybody_there(conn: &mut SqliteConnection) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users)")
        .fetch_one(conn)
        .await
}

pub async fn is_username_taken(conn: &mut SqliteConnection, username: &str) -> Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM users WHERE username = ?1)")
        .bind(username)
        .fetch_one(conn)
        .await
}

pub struct NewUser<'a> {
    pub id: UserId,
    pub dseq: DirectorySeq,
    pub username: &'a str,
    pub name: &'a str,
    pub hue: u8,
    pub role: ServerRole,
    pub password: &'a StoredHash,
    pub now: Millis,
}

pub async fn insert(conn: &mut SqliteConnection, user: &NewUser<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO users (id, dseq, username, name, hue, role, state, password_hash, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8)",
    )
    .bind(user.id)
    .bind(user.dseq)
    .bind(user.username)
    .bind(user.name)
    .bind(user.hue)
    .bind(user.role)
    .bind(user.password.as_str())
    .bind(user.now)
    .execute(conn)
    .await?;
    Ok(())
}

pub struct UserRow {
    pub person: Person,
    pub role: ServerRole,
    pub state: State,
    pub created_at: Millis,
    pub last_seen_at: Option<Millis>,
}

impl FromRow<'_, SqliteRow> for UserRow {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            person: Person::from_row(row)?,
            role: row.try_get("role")?,
            state: State::from_column(row.try_get("state")?),
            created_at: row.try_get("created_at")?,
            last_seen_at: row.try_get("last_seen_at")?,
        })
    }
}

pub async fn find(conn: &mut SqliteConnection, user: UserId) -> Result<Option<UserRow>> {
    sqlx::query_as(
        "SELECT u.id, u.dseq, u.username, u.name, u.hue, u.role, u.state, u.created_at,
                (SELECT max(last_seen_at) FROM sessions WHERE user = u.id) AS last_seen_at
           FROM users AS u
          WHERE u.id = ?1",
    )
    .bind(user)
    .fetch_optional(conn)
    .await
}

/// By username, from the one after `after` on.
pub async fn list(conn: &mut SqliteConnection, after: &str, most: u32) -> Result<Vec<UserRow>> {
    sqlx::query_as(
        "SELECT u.id, u.dseq, u.username, u.name, u.hue, u.role, u.state, u.created_at,
                (SELECT max(last_seen_at) FROM sessions WHERE user = u.id) AS last_seen_at
           FROM users AS u
          WHERE u.username > ?1
       ORDER BY u.username
          LIMIT ?2",
    )
    .bind(after)
    .bind(most)
    .fetch_all(conn)
    .await
}

pub async fn set_name(conn: &mut SqliteConnection, user: UserId, name: &str) -> Result<()> {
    sqlx::query("UPDATE users SET name = ?2 WHERE id = ?1")
        .bind(user)
        .bind(name)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn set_role(conn: &mut SqliteConnection, user: UserId, role: ServerRole) -> Result<()> {
    sqlx::query("UPDATE users SET role = ?2 WHERE id = ?1")
        .bind(user)
        .bind(role)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn set_state(conn: &mut SqliteConnection, user: UserId, state: State) -> Result<()> {
    sqlx::query("UPDATE users SET state = ?2 WHERE id = ?1")
        .bind(user)
        .bind(state.column())
        .execute(conn)
        .await?;
    Ok(())
}

/// The open room that was made first.
pub async fn find_first_open_room(conn: &mut SqliteConnection) -> Result<Option<RoomId>> {
    sqlx::query_scalar("SELECT id FROM rooms WHERE kind = 0 ORDER BY id LIMIT 1")
        .fetch_optional(conn)
        .await
}

/// The newest link replaces the one before.
pub async fn put_reset(
    conn: &mut SqliteConnection,
    user: UserId,
    code: CodeHash,
    made_by: UserId,
    expires_at: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO password_resets (user, code_hash, made_by, expires_at)
         VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (user) DO UPDATE
            SET code_hash = excluded.code_hash, made_by = excluded.made_by, expires_at = excluded.expires_at",
    )
    .bind(user)
    .bind(code.as_slice())
    .bind(made_by)
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose password the link sets, if it still does.
pub async fn find_reset(conn: &mut SqliteConnection, code: CodeHash, now: Millis) -> Result<Option<UserId>> {
    sqlx::query_scalar(
        "SELECT r.user
           FROM password_resets AS r
           JOIN users AS u ON u.id = r.user
          WHERE r.code_hash = ?1 AND r.expires_at > ?2 AND u.state = 0",
    )
    .bind(code.as_slice())
    .bind(now)
    .fetch_optional(conn)
    .await
}

/// Voids the link for this person and the links that this person made.
pub async fn drop_resets_about(conn: &mut SqliteConnection, user: UserId) -> Result<()> {
    sqlx::query("DELETE FROM password_resets WHERE user = ?1 OR made_by = ?1")
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn drop_reset_for(conn: &mut SqliteConnection, user: UserId) -> Result<()> {
    sqlx::query("DELETE FROM password_resets WHERE user = ?1")
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}
