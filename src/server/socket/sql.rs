//! The one thing a socket asks of the store by itself.

use crate::wire::{ClientKey, UserId};
use sqlx::SqliteConnection;

/// True if the author has used the key before.
pub async fn is_known(conn: &mut SqliteConnection, author: UserId, key: ClientKey) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1
                          FROM client_keys
                         WHERE author = ?1 AND client_key = ?2)",
    )
    .bind(author)
    .bind(key)
    .fetch_one(conn)
    .await
}
