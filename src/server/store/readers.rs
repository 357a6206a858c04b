//! The connections that read, and whose turn it is.
//!
//! The library's own pool asks each connection for a sign of life when it is given back: a
//! way to its thread and back for every read, which most reads take no longer than. A
//! connection to a file does not go stale, and what was begun on it and given up is over
//! before the next statement, because each connection has one thread that takes one thing
//! after another.

use futures_util::FutureExt;
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who has not had a turn by then is told that the store is not to be had.
const READ_WAIT: Duration = Duration::from_secs(10);

pub struct Readers {
    options: SqliteConnectOptions,
    connections_max: u32,
    idle: Mutex<Vec<SqliteConnection>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// # Errors
    /// Where the file cannot be opened.
    pub async fn open(options: SqliteConnectOptions, connections_max: u32) -> sqlx::Result<Arc<Self>> {
        let first = options.connect().await?;
        Ok(Arc::new(Self {
            options,
            connections_max,
            idle: Mutex::new(vec![first]),
            turns: Arc::new(Semaphore::new(connections_max as usize)),
        }))
    }

    /// A connection for a single statement, when it is one's turn.
    ///
    /// # Errors
    /// `PoolTimedOut`, `PoolClosed`, or that the file cannot be opened.
    pub async fn acquire(self: &Arc<Self>) -> sqlx::Result<Reader> {
        let turn = tokio::time::timeout(READ_WAIT, self.turns.clone().acquire_owned())
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.lock().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => self.options.connect().await?,
        };
        Ok(Reader {
            conn: Some(conn),
            is_within: false,
            home: self.clone(),
            _turn: turn,
        })
    }

    /// A connection on which everything is of one moment, until it is dropped.
    ///
    /// # Errors
    /// As `acquire`.
    pub async fn begin(self: &Arc<Self>) -> sqlx::Result<Reader> {
        let mut reader = self.acquire().await?;
        reader.is_within = true;
        send(&mut reader, "BEGIN");
        Ok(reader)
    }

    /// True while nobody reads.
    #[cfg(test)]
    pub fn is_at_rest(&self) -> bool {
        self.turns.available_permits() == self.connections_max as usize
    }

    /// Waits until all reads are over and closes the file. No read begins after that.
    pub async fn close(&self) {
        // An error says that it is closed already.
        let all = self.turns.acquire_many(self.connections_max).await;
        self.turns.close();
        drop(all);
        let idle = std::mem::take(&mut *self.lock());
        for conn in idle {
            if let Err(error) = conn.close().await {
                tracing::warn!(%error, "a reader could not be closed");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        // A list of connections is whole whatever panicked beside it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands over a statement to the connection's thread and waits for no answer: what is handed
/// over after it is done after it. A transaction begins and ends by these alone, which cannot
/// fail where none is open, or one is; to wait for either would cost as much as what is read.
fn send(conn: &mut SqliteConnection, statement: &'static str) {
    // The first look at the future is what hands it over: the thread's queue has room for many, and
    // of a connection that one has to oneself there are never more than three in it.
    let _unanswered = conn.execute(statement).now_or_never();
}

/// A connection on loan. Dropped, it goes back, and what was begun on it is undone.
pub struct Reader {
    /// Taken by the drop alone.
    conn: Option<SqliteConnection>,
    is_within: bool,
    home: Arc<Readers>,
    _turn: OwnedSemaphorePermit,
}

const ON_LOAN: &str = "a reader has its connection until it is dropped";

impl Deref for Reader {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.conn.as_ref().expect(ON_LOAN)
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.conn.as_mut().expect(ON_LOAN)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(mut conn) = self.conn.take() {
            if self.is_within {
                send(&mut conn, "ROLLBACK");
            }
            self.home.lock().push(conn);
        }
    }
}
