//! The SQLite file: opening it, reading from it, and how its columns read as our types.
//!
//! Only the writer writes; it alone asks for the connection that may. This house
//! knows nothing of what the tables mean.

mod checkpoint;
mod clean;
mod columns;
mod damage;
mod dense;
mod files;
mod open;
mod readers;
mod restored;
mod rows;
mod seal;
mod sql;
#[cfg(test)]
mod tests;
mod wal;

use super::error::Result;
use crate::wire::Epoch;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{fs::File, sync::Arc};
use tokio::sync::Notify;

pub use columns::{Hex, NotAColumn, Unhexed, hex, hex_list, json_list};
pub use damage::{LogDamage, OnDamage, damage_beside};
pub use dense::{Dense, Hole, demand_all_between};
pub(in crate::server) use files::{FILE_MODE, Unfinished, private_folder};
pub use open::OpenError;
pub(in crate::server) use open::{DATABASE_FILE, LOG_FILE, lock_folder};
pub use readers::{Reader, Readers};
pub(in crate::server) use restored::{READY_FOLDER, settle_restored};
pub use rows::{body, entries, user_list};
pub use seal::{Place, seal};
pub(in crate::server) use sql::{integrity, newest_schema, set_epoch};

/// Readers of the store. Each read is one transaction: proof and rows are of one moment.
#[derive(Clone)]
pub struct Store {
    reads: Arc<Readers>,
    /// How the writer's connection is opened, and opened again after a commit that failed.
    writes: Arc<SqliteConnectOptions>,
    epoch: Epoch,
    /// A text was taken away, and the log still holds it.
    soiled: Arc<Notify>,
    grown: Arc<checkpoint::Grown>,
    /// Held for as long as any handle lives: one server for one folder.
    _lock: Arc<File>,
}

impl Store {
    /// A read transaction; dropped, it ends.
    pub async fn read(&self) -> Result<Reader> {
        Ok(self.reads.begin().await?)
    }

    /// A connection for a single statement, which is a transaction by itself.
    pub async fn connection(&self) -> Result<Reader> {
        Ok(self.reads.acquire().await?)
    }

    /// Drawn when the store was made or restored, and when a loss was accepted: cursors of another
    /// epoch are void.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The connection that may write. There is to be one at a time, the writer's.
    pub(in crate::server) async fn write_connection(&self) -> Result<SqliteConnection> {
        Ok(SqliteConnection::connect_with(&self.writes).await?)
    }

    /// The readers, for who has to know whether one of them is at work.
    #[cfg(test)]
    pub fn readers(&self) -> &Arc<Readers> {
        &self.reads
    }

    /// Waits until all reads are over and closes the file.
    pub async fn close(&self) {
        self.reads.close().await;
    }
}
