//! What was committed is brought from the write-ahead log into the database beside the
//! writer: its own commits would wait for the disk meanwhile.

use super::{Store, sql};
use crate::server::error::{Error, Result};
use sqlx::{ConnectOptions, SqliteConnection};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Entries between two checkpoints. Each changes a handful of pages, so this is some 20 MiB
/// of log; the writer itself takes over if it grows beyond.
const CHECKPOINT_EVERY_ENTRIES: usize = 1_024;

/// What was committed since the last checkpoint began.
#[derive(Default)]
pub(super) struct Grown {
    entries: AtomicUsize,
    enough: Notify,
}

impl Store {
    /// To be called after a commit of so many entries.
    pub fn has_grown(&self, entries: usize) {
        let before = self.grown.entries.fetch_add(entries, Ordering::Relaxed);
        if before + entries >= CHECKPOINT_EVERY_ENTRIES {
            self.grown.entries.store(0, Ordering::Relaxed);
            self.grown.enough.notify_one();
        }
    }

    /// Makes checkpoints whenever enough has been committed.
    pub async fn keep_checkpointed(&self, stopping: CancellationToken) {
        let work = async {
            let mut held = None;
            loop {
                self.grown.enough.notified().await;
                held = match self.checkpoint(held.take()).await {
                    Ok(conn) => Some(conn),
                    Err(error) => {
                        tracing::error!(fault = error.chain(), "a checkpoint failed");
                        None
                    }
                };
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = work => {}
        }
    }

    /// With a connection of its own, kept from one to the next. It waits for nobody: what
    /// cannot be brought over now is by the next.
    async fn checkpoint(&self, held: Option<SqliteConnection>) -> Result<SqliteConnection> {
        let fault = |source: sqlx::Error| Error::fault("bringing the log into the database", source);
        let mut conn = match held {
            Some(conn) => conn,
            None => self.writes.connect().await.map_err(fault)?,
        };
        sql::checkpoint(&mut conn).await.map_err(fault)?;
        Ok(conn)
    }
}
