//! What waits for the next batch.

use super::{sends::PendingSend, write::Waiting};
use crate::server::error::Fault;

/// Sends are apart, because a run of them is stored by a constant number of statements.
pub enum Queued {
    Send(PendingSend),
    Other(Box<dyn Waiting>),
}

impl Queued {
    pub(super) fn is_send(&self) -> bool {
        matches!(self, Self::Send(_))
    }

    /// A message ends nobody's session; of all else each says it for itself.
    pub(super) fn leaves_sessions(&self) -> bool {
        match self {
            Self::Send(_) => true,
            Self::Other(write) => write.leaves_sessions(),
        }
    }

    pub(super) fn as_send(&mut self) -> Option<&mut PendingSend> {
        match self {
            Self::Send(send) => Some(send),
            Self::Other(_) => None,
        }
    }

    pub(super) fn fail(&mut self, fault: Fault) {
        match self {
            Self::Send(send) => send.fail(fault),
            Self::Other(write) => write.fail(fault),
        }
    }

    /// Drops the outcome of an attempt that did not hold.
    pub(super) fn forget(&mut self) {
        match self {
            Self::Send(send) => send.forget(),
            Self::Other(write) => write.forget(),
        }
    }

    /// Tells who waits; without an outcome they learn that it is unknown.
    pub(super) fn answer(self) {
        match self {
            Self::Send(send) => send.answer(),
            Self::Other(write) => write.answer(),
        }
    }
}
