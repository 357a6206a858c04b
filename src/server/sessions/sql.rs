//! Statements about sessions.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use super::{hasher::StoredHash, secret::CodeHash};
use crate::wire::{Millis, SessionId, UserId, membership::ServerRole};
use sqlx::{FromRow, Result, SqliteConnection};

/// Of a session that has not ended at the moment `$2`, of somebody who is let in, with more
/// columns, from more tables.
macro_rules! live_session {
    ($columns:literal, $tables:literal, $which:literal) => {
        concat!(
            "SELECT s.id, s.user, u.role, s.last_seen_at, s.expires_at",
            $columns,
            " FROM sessions AS s
              JOIN users AS u ON u.id = s.user ",
            $tables,
            " WHERE ",
            $which,
            " AND s.expires_at > $2 AND u.state = 0"
        )
    };
}
pub(in crate::server) use live_session;

#[derive(Debug, Clone, Copy, FromRow)]
pub struct LiveRow {
    pub id: SessionId,
    pub user: UserId,
    pub role: ServerRole,
    pub last_seen_at: Millis,
    pub expires_at: Millis,
}

/// The session of a token, if it is live.
pub async fn find_by_token(conn: &mut SqliteConnection, token: CodeHash, now: Millis) -> Result<Option<LiveRow>> {
    sqlx::query_as(live_session!("", "", "s.token_hash = $1"))
        .bind(token.as_slice())
        .bind(now)
        .fetch_optional(conn)
        .await
}

pub async fn find_by_id(conn: &mut SqliteConnection, session: SessionId, now: Millis) -> Result<Option<LiveRow>> {
    sqlx::query_as(live_session!("", "", "s.id = $1"))
        .bind(session)
        .bind(now)
        .fetch_optional(conn)
        .await
}

#[derive(FromRow)]
pub struct SessionRow {
    pub id: SessionId,
    pub created_at: Millis,
    pub last_seen_at: Millis,
    pub agent: String,
}

/// The newest first. Their number is bounded where they are made.
pub async fn list(conn: &mut SqliteConnection, user: UserId, now: Millis) -> Result<Vec<SessionRow>> {
    sqlx::query_as(
        "SELECT id, created_at, last_seen_at, agent
           FROM sessions
          WHERE user = ?1 AND expires_at > ?2
       ORDER BY last_seen_at DESC, id DESC",
    )
    .bind(user)
    .bind(now)
    .fetch_all(conn)
    .await
}

pub struct NewSession<'a> {
    pub id: SessionId,
    pub user: UserId,
    pub token: CodeHash,
    pub agent: &'a str,
    pub now: Millis,
    pub expires_at: Millis,
}

pub async fn insert(conn: &mut SqliteConnection, session: &NewSession<'_>) -> Result<()> {
    sqlx::query(
        "INSERT INTO sessions (id, token_hash, user, created_at, last_seen_at, expires_at, agent)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
    )
    .bind(session.id)
    .bind(session.token.as_slice())
    .bind(session.user)
    .bind(session.now)
    .bind(session.expires_at)
    .bind(session.agent)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn touch(conn: &mut SqliteConnection, session: SessionId, now: Millis, expires_at: Millis) -> Result<()> {
    sqlx::query(
        "UPDATE sessions
            SET last_seen_at = ?2, expires_at = ?3
          WHERE id = ?1 AND expires_at > ?2 AND last_seen_at < ?2",
    )
    .bind(session)
    .bind(now)
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A session that ended, and whose it was.
#[derive(FromRow)]
pub struct Ended {
    pub id: SessionId,
    pub user: UserId,
}

pub async fn end(conn: &mut SqliteConnection, user: UserId, session: SessionId) -> Result<Option<Ended>> {
    sqlx::query_as("DELETE FROM sessions WHERE id = ?2 AND user = ?1 RETURNING id, user")
        .bind(user)
        .bind(session)
        .fetch_optional(conn)
        .await
}

pub async fn end_by_token(conn: &mut SqliteConnection, token: CodeHash) -> Result<Option<Ended>> {
    sqlx::query_as("DELETE FROM sessions WHERE token_hash = ?1 RETURNING id, user")
        .bind(token.as_slice())
        .fetch_optional(conn)
        .await
}

/// Ends all of a user, but for one that may stay.
pub async fn end_all(conn: &mut SqliteConnection, user: UserId, but: Option<SessionId>) -> Result<Vec<Ended>> {
    sqlx::query_as("DELETE FROM sessions WHERE user = ?1 AND (?2 IS NULL OR id <> ?2) RETURNING id, user")
        .bind(user)
        .bind(but)
        .fetch_all(conn)
        .await
}

/// Ends those used longest ago, so that no more than `keep` are left.
pub async fn end_oldest(conn: &mut SqliteConnection, user: UserId, keep: u32) -> Result<Vec<Ended>> {
    sqlx::query_as(
        "DELETE FROM sessions
          WHERE id IN (SELECT id
                         FROM sessions
                        WHERE user = ?1
                     ORDER BY last_seen_at DESC, id DESC
                        LIMIT -1 OFFSET ?2)
      RETURNING id, user",
    )
    .bind(user)
    .bind(keep)
    .fetch_all(conn)
    .await
}

/// Removes sessions that have expired, so many at a time.
pub async fn sweep(conn: &mut SqliteConnection, now: Millis, most: u32) -> Result<Vec<Ended>> {
    sqlx::query_as(
        "DELETE FROM sessions
          WHERE id IN (SELECT id FROM sessions WHERE expires_at <= ?1 LIMIT ?2)
      RETURNING id, user",
    )
    .bind(now)
    .bind(most)
    .fetch_all(conn)
    .await
}

#[derive(FromRow)]
struct AccountColumns {
    id: UserId,
    password_hash: String,
    state: i64,
}

/// What a sign-in is checked against.
pub struct AccountRow {
    pub user: UserId,
    pub password: StoredHash,
    pub active: bool,
}

pub async fn find_account(conn: &mut SqliteConnection, username: &str) -> Result<Option<AccountRow>> {
    let columns: Option<AccountColumns> =
        sqlx::query_as("SELECT id, password_hash, state FROM users WHERE username = ?1")
            .bind(username)
            .fetch_optional(conn)
            .await?;
    Ok(columns.map(AccountRow::from))
}

pub async fn find_account_of(conn: &mut SqliteConnection, user: UserId) -> Result<Option<AccountRow>> {
    let columns: Option<AccountColumns> = sqlx::query_as("SELECT id, password_hash, state FROM users WHERE id = ?1")
        .bind(user)
        .fetch_optional(conn)
        .await?;
    Ok(columns.map(AccountRow::from))
}

impl From<AccountColumns> for AccountRow {
    fn from(columns: AccountColumns) -> Self {
        Self {
            user: columns.id,
            password: StoredHash::from_column(columns.password_hash),
            active: columns.state == 0,
        }
    }
}

pub async fn set_password(conn: &mut SqliteConnection, user: UserId, password: &StoredHash) -> Result<()> {
    sqlx::query("UPDATE users SET password_hash = ?2 WHERE id = ?1")
        .bind(user)
        .bind(password.as_str())
        .execute(conn)
        .await?;
    Ok(())
}
