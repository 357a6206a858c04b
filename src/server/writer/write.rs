//! A write, as verbs hand it over, and as it waits in the queue.

use super::batch::Batch;
use crate::server::error::{Error, Fault, Result};
use futures_util::{FutureExt, future::BoxFuture};
use std::panic::AssertUnwindSafe;
use tokio::sync::oneshot;

/// One change, run inside the batch's transaction. It may be run again after a
/// rollback, so it holds what it needs and changes nothing but the batch.
///
/// It checks again what can have changed since its verb looked: session,
/// membership, role, target. A [`Problem`](crate::wire::Problem) undoes what it
/// wrote so far, and the other writes of the batch go on; a fault undoes the batch,
/// which is then run again write by write.
pub trait Write: Send + Sync + 'static {
    type Output: Send + 'static;

    /// Said only of what ends no session, and changes nobody's role or right to come in.
    const LEAVES_SESSIONS: bool = false;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<Self::Output>>;
}

/// A waiting write whose output type is forgotten.
pub trait Waiting: Send {
    /// Runs it and keeps the outcome for [`Waiting::answer`]. True if it holds.
    fn apply<'a>(&'a mut self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<bool, Fault>>;
    /// See [`Write::LEAVES_SESSIONS`].
    fn leaves_sessions(&self) -> bool;
    /// It cannot be done.
    fn fail(&mut self, fault: Fault);
    /// What was tried did not hold.
    fn forget(&mut self);
    /// Tells who waits. Without an outcome the channel closes, which says "unknown".
    fn answer(self: Box<Self>);
}

pub(super) struct Pending<W: Write> {
    write: W,
    outcome: Option<Result<W::Output>>,
    reply: oneshot::Sender<Result<W::Output>>,
}

impl<W: Write> Pending<W> {
    pub fn new(write: W) -> (Self, oneshot::Receiver<Result<W::Output>>) {
        let (reply, answer) = oneshot::channel();
        let pending = Self {
            write,
            outcome: None,
            reply,
        };
        (pending, answer)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the write panicked")]
struct Panicked;

impl<W: Write> Waiting for Pending<W> {
    fn apply<'a>(&'a mut self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<bool, Fault>> {
        async {
            self.outcome = None;
            // One bad write must not end the task that everybody waits for.
            let outcome = AssertUnwindSafe(self.write.apply(batch)).catch_unwind().await;
            match outcome {
                Ok(Err(Error::Fault(fault))) => Err(fault),
                Ok(outcome) => {
                    let holds = outcome.is_ok();
                    self.outcome = Some(outcome);
                    Ok(holds)
                }
                Err(_) => Err(Fault {
                    doing: "running a write",
                    source: Panicked.into(),
                }),
            }
        }
        .boxed()
    }

    fn leaves_sessions(&self) -> bool {
        W::LEAVES_SESSIONS
    }

    fn fail(&mut self, fault: Fault) {
        self.outcome = Some(Err(Error::Fault(fault)));
    }

    fn forget(&mut self) {
        self.outcome = None;
    }

    fn answer(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            // Who asked may have gone; the write stands all the same.
            drop(self.reply.send(outcome));
        }
    }
}
