//! A folder is filled and looked at: its numbers by SQL, its talk line by line.

mod folder;
mod history;
mod invariants;
mod talk;

use super::{Options, Report, fill};
use crate::{
    server::{
        clock::Ambience,
        testing::{MovedClock, SeededChance},
    },
    wire::Millis,
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::sync::Arc;
use tempfile::TempDir;

/// 2026-06-17, a Wednesday, at four in the afternoon.
const NOW: Millis = Millis(1_781_712_000_000);

fn ambience() -> Ambience {
    let clock = MovedClock::new();
    clock.set(NOW);
    Ambience {
        clock: Arc::new(clock),
        chance: Arc::new(SeededChance::new(1)),
    }
}

/// A folder that was filled.
struct Filled {
    folder: TempDir,
    report: Report,
    conn: SqliteConnection,
}

impl Filled {
    async fn with(messages: u64, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let report = fill(folder.path(), Options { messages, seed }, &ambience())
            .await
            .unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("whilst.db"));
        let conn = SqliteConnection::connect_with(&options).await.unwrap();
        Self { folder, report, conn }
    }

    /// One number.
    async fn number(&mut self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.conn).await.unwrap()
    }
}
