//! What another process may do to the store's files while the server runs.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};

/// Holds the lock under which the store is written, for this long.
pub async fn hold_store(data: &Path, time: Duration) {
    let options = SqliteConnectOptions::new().filename(data.join("whilst.db"));
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut conn).await.unwrap();
    tokio::time::sleep(time).await;
    sqlx::query("ROLLBACK").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}
