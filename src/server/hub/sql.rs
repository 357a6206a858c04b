//! What a connection reads of the store when it begins.

use super::Tie;
use crate::wire::UserId;
use sqlx::SqliteConnection;

/// The rooms the user is in.
pub async fn ties(conn: &mut SqliteConnection, user: UserId) -> sqlx::Result<Vec<Tie>> {
    let rows = sqlx::query_as(
        "SELECT room, changed_seq
           FROM memberships
          WHERE user = ?1 AND state = 0",
    )
    .bind(user)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(room, since)| Tie { room, since }).collect())
}
