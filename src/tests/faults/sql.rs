//! What another process may do to the store's files while the server runs.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};

/// The lock under which the store is written, held by another process.
pub struct Hold(SqliteConnection);

impl Hold {
    pub async fn of(data: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(data.join("whilst.db"));
        let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut conn).await.unwrap();
        Self(conn)
    }

    pub async fn ends_after(mut self, time: Duration) {
        // The server waits for the lock by the wall clock, so the lock is held by it too.
        tokio::time::sleep(time).await;
        sqlx::query("ROLLBACK").execute(&mut self.0).await.unwrap();
        self.0.close().await.unwrap();
    }
}
