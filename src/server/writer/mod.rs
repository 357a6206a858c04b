//! The one task that changes the store: it takes every write that waits, puts them
//! into one transaction, commits once, and hands what became true to the hub.
//!
//! It knows no connection and no page. It holds nothing between two batches but the
//! connection to the store, so there is nothing that a rollback could leave behind.

mod batch;
mod changes;
mod commit;
mod doubt;
mod queue;
mod sends;
mod sql;
#[cfg(test)]
mod tests;
mod told;
mod wish;
mod write;

use super::{
    clock::Ambience,
    error::{Error, Fault, Result},
    store::Store,
};
use crate::wire::{Millis, event::Accepted};
use changes::Changes;
use queue::Queued;
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use write::Pending;

pub use batch::Batch;
pub use sends::{ReadySend, Sent};
pub use told::{Committed, Publication, Told};
pub use wish::{Deed, Digest, Wish, find_first_answer, is_known};
pub use write::Write;

/// Writes that may wait. Who comes later waits at the door.
pub const QUEUE_MAX_WRITES: usize = 2_048;
/// Writes of one commit.
pub const BATCH_MAX_WRITES: usize = 1_024;
/// Commits that the hub may be behind.
pub const PUBLICATIONS_MAX: usize = 64;
/// Between two tries to open the store again.
const REOPEN_WAIT_MS: u64 = 1_000;

/// Handle of the writer's task.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Queued>,
    changes: Changes,
}

#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("the server is stopping")]
    Stopping,
    #[error("the commit failed; whether the write is stored is not known")]
    Unknown,
    #[error("the store is being opened again")]
    Reopening,
}

impl Writer {
    /// A writer of this store and the task that does its work, to be spawned.
    ///
    /// The task waits when the hub's channel is full, so the hub must never wait for a write.
    pub async fn new(store: Store, ambience: Ambience, hub: mpsc::Sender<Publication>) -> Result<(Self, WriterTask)> {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX_WRITES);
        let conn = store.write_connection().await?;
        let changes = Changes::default();
        let task = WriterTask {
            changes: changes.clone(),
            store,
            ambience,
            waiting,
            hub,
            conn,
        };
        Ok((Self { queue, changes }, task))
    }

    /// Queues the write and waits for the commit that holds it.
    ///
    /// # Errors
    /// The write's own refusal; a fault, if it or the commit failed. After a failed
    /// commit nobody knows whether the write is stored: a command is resent by its key.
    pub async fn run<W: Write>(&self, write: W) -> Result<W::Output> {
        let (pending, answer) = Pending::new(write);
        self.queue(Queued::Other(Box::new(pending)), answer).await
    }

    /// Does the deed once per client key: a wish that was fulfilled before gets its first answer.
    ///
    /// # Errors
    /// As `run`; `KeyReused` if the key was used for another wish, `SignedOut`.
    pub async fn once<D: Deed>(&self, wish: Wish, deed: D) -> Result<Accepted> {
        self.run(wish::Once::new(wish, deed)).await
    }

    /// Stores a message once per client key.
    ///
    /// # Errors
    /// As `once`; `Gone` if its author is no longer in the room.
    pub async fn send(&self, send: ReadySend) -> Result<Sent> {
        let (pending, answer) = sends::PendingSend::new(send);
        self.queue(Queued::Send(pending), answer).await
    }

    /// A number that is another one after each commit by which a log went on, before anybody
    /// is told of it.
    pub fn changes_of_logs(&self) -> u64 {
        self.changes.of_logs()
    }

    /// A number that is another one after each commit that may have ended or changed a session,
    /// before anybody is answered for it.
    pub fn changes_of_sessions(&self) -> u64 {
        self.changes.of_sessions()
    }

    async fn queue<T>(&self, write: Queued, answer: oneshot::Receiver<Result<T>>) -> Result<T> {
        self.queue
            .send(write)
            .await
            .map_err(|_| Error::fault("handing over a write", Unanswered::Stopping))?;
        answer
            .await
            .map_err(|_| Error::fault("waiting for a commit", Unanswered::Unknown))?
    }
}

/// The work itself: [`WriterTask::run`].
pub struct WriterTask {
    changes: Changes,
    store: Store,
    ambience: Ambience,
    waiting: mpsc::Receiver<Queued>,
    hub: mpsc::Sender<Publication>,
    conn: SqliteConnection,
}

impl WriterTask {
    /// Commits batch after batch. When told to stop it takes no more writes, finishes
    /// those that wait, and ends.
    pub async fn run(mut self, stopping: CancellationToken) {
        let mut writes = Vec::with_capacity(BATCH_MAX_WRITES);
        loop {
            tokio::select! {
                () = stopping.cancelled(), if !self.waiting.is_closed() => self.waiting.close(),
                taken = self.waiting.recv_many(&mut writes, BATCH_MAX_WRITES) => match taken {
                    0 => return,
                    _ => self.commit(&mut writes).await,
                },
            }
        }
    }

    /// Commits what waits by now, for who takes the turns of the loop by hand. Gives
    /// the number of writes.
    #[cfg(test)]
    pub async fn commit_waiting(&mut self) -> usize {
        let mut writes = Vec::new();
        while let Ok(write) = self.waiting.try_recv() {
            writes.push(write);
        }
        let count = writes.len();
        if count > 0 {
            self.commit(&mut writes).await;
        }
        count
    }

    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    async fn commit(&mut self, writes: &mut Vec<Queued>) {
        let outcome = commit::commit_batch(&mut self.conn, &self.ambience, writes).await;
        // Each step of a log is told. What is broken may be stored, and is not told.
        if outcome.broken.is_some() || !outcome.told.is_empty() {
            self.changes.count_logs();
        }
        if !writes.iter().all(Queued::leaves_sessions) {
            self.changes.count_sessions();
        }
        // A commit that failed may be stored all the same. If it is not, its frames stay in the
        // log until that is cut: behind a later torn commit they can look like damage.
        if outcome.broken.is_some() || outcome.told.iter().any(|told| told.takes_text_away()) {
            self.store.soil();
        }
        self.store.has_grown(outcome.told.len());
        if !outcome.told.is_empty() {
            self.publish(Publication::Batch(outcome.told)).await;
        }
        writes.drain(..).for_each(Queued::answer);
        if let Some(fault) = outcome.broken {
            tracing::error!(fault = fault.chain(), "the writer's connection failed");
            let found = self.reopen(outcome.doubtful).await;
            // What was not to be seen before may be now.
            self.changes.count_logs();
            self.changes.count_sessions();
            self.store.has_grown(found.len());
            self.publish(Publication::Reopened(found)).await;
        }
    }

    async fn publish(&self, publication: Publication) {
        // A hub that is gone has no connections: there is nobody to tell.
        drop(self.hub.send(publication).await);
    }

    /// Opens the store again, for as long as it takes, and gives what of the failed commit it
    /// holds. Nobody waits meanwhile: what stands in the queue is refused and comes again with
    /// its key.
    async fn reopen(&mut self, doubtful: Vec<Told>) -> Vec<Committed<Told>> {
        loop {
            match self.try_to_reopen(&doubtful).await {
                Ok(found) => return found,
                Err(error) => {
                    tracing::error!(fault = error.chain(), "the store cannot be opened again");
                    self.refuse_waiting();
                    let again = Millis(self.ambience.now().0 + REOPEN_WAIT_MS);
                    self.ambience.clock.sleep_until(again).await;
                }
            }
        }
    }

    async fn try_to_reopen(&mut self, doubtful: &[Told]) -> Result<Vec<Committed<Told>>> {
        self.conn = self.store.write_connection().await?;
        let found = doubt::find_stored(&mut self.conn, doubtful, self.ambience.now()).await;
        found.map_err(|error| Error::fault("reading what a failed commit stored", error))
    }

    fn refuse_waiting(&mut self) {
        while let Ok(mut write) = self.waiting.try_recv() {
            write.fail(Fault {
                doing: "waiting for the store",
                source: Unanswered::Reopening.into(),
            });
            write.answer();
        }
    }
}
