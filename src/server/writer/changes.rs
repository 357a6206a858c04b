//! How often the store was changed, for who asks whether what they read is still so.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counted after a commit, and before it is told to anybody or answered for. So who finds the
/// count they found before they read has read what is there now, but for a commit that
/// nobody has heard of yet.
#[derive(Clone, Default)]
pub(super) struct Changes(Arc<Counts>);

#[derive(Default)]
struct Counts {
    logs: AtomicU64,
    sessions: AtomicU64,
}

impl Changes {
    pub fn of_logs(&self) -> u64 {
        self.0.logs.load(Ordering::Acquire)
    }

    pub fn of_sessions(&self) -> u64 {
        self.0.sessions.load(Ordering::Acquire)
    }

    pub fn count_logs(&self) {
        self.0.logs.fetch_add(1, Ordering::AcqRel);
    }

    pub fn count_sessions(&self) {
        self.0.sessions.fetch_add(1, Ordering::AcqRel);
    }
}
