//! What was deleted leaves the file as well.
//!
//! `secure_delete` blanks it in the database, but the write-ahead log keeps the pages as
//! they were until it is cut off.

use super::{Store, sql};
use crate::server::{
    clock::Ambience,
    error::{Error, Result},
};
use crate::wire::Millis;
use sqlx::{ConnectOptions, Connection};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between a deletion and the cut, so that many deletions share one.
const CLEAN_AFTER_MS: u64 = 5_000;
/// Between two tries, while a reader holds the log. What is promised is a minute.
const CLEAN_AGAIN_MS: u64 = 2_000;

impl Store {
    /// To be called after a commit that took a text away, or that may have.
    pub fn soil(&self) {
        self.soiled.notify_one();
    }

    /// Cuts off the write-ahead log whenever a text was taken away, and once at the
    /// beginning, because a crash may have come between a deletion and its cut.
    pub async fn keep_clean(&self, ambience: &Ambience, stopping: CancellationToken) {
        let work = async {
            loop {
                while !self.try_clean().await {
                    wait(ambience, CLEAN_AGAIN_MS).await;
                }
                self.soiled.notified().await;
                wait(ambience, CLEAN_AFTER_MS).await;
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = work => {}
        }
    }

    async fn try_clean(&self) -> bool {
        match self.clean().await {
            Ok(is_clean) => is_clean,
            Err(error) => {
                tracing::error!(fault = error.chain(), "the write-ahead log could not be cut off");
                false
            }
        }
    }

    /// Brings everything into the database and empties the log. False if somebody reads
    /// from the log or writes to it just now: it waits for nobody, because the writer
    /// would have to wait with it.
    async fn clean(&self) -> Result<bool> {
        let fault = |source: sqlx::Error| Error::fault("cutting off the write-ahead log", source);
        // A connection of its own: the writer's is in a transaction most of the time.
        let options = (*self.writes).clone().busy_timeout(Duration::ZERO);
        let mut conn = options.connect().await.map_err(fault)?;
        let is_clean = sql::cut_off_log(&mut conn).await.map_err(fault);
        conn.close().await.map_err(fault)?;
        is_clean
    }
}

async fn wait(ambience: &Ambience, ms: u64) {
    let until = Millis(ambience.now().0 + ms);
    ambience.clock.sleep_until(until).await;
}
