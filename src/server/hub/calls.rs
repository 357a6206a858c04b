//! Who has something to write and was not told yet.
//!
//! A message to a thousand gives a thousand connections something to write. If all of them
//! were told at once, whatever comes next would stand behind their writes: the next
//! message's reading, its commit's way to the hub, its own place in the queues, each for
//! the time of a whole round. They are told some at a time, in order, and between two times
//! the runtime looks at its sockets and everybody else has a turn. What is published
//! meanwhile joins what those who still wait will write.

use super::{outlet::Outlet, switchboard::Line};
use crate::wire::RoomId;
use axum::body::Bytes;
use std::{collections::VecDeque, sync::Arc};

/// So many are told at a time. Their writes take a fifth of a millisecond.
const CALLED_AT_ONCE: usize = 32;

/// Each connection stands here once at most.
#[derive(Default)]
pub struct Calls {
    waiting: VecDeque<Arc<Outlet>>,
}

impl Calls {
    /// Queues frames for each of these, who are to be called.
    pub fn deliver<'a>(&mut self, lines: impl Iterator<Item = &'a Line>, room: Option<RoomId>, frames: &[Bytes]) {
        for Line { outlet, .. } in lines {
            if outlet.queue(room, frames) {
                self.waiting.push_back(outlet.clone());
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Calls those who have waited longest.
    pub fn call_some(&mut self) {
        let some = self.waiting.len().min(CALLED_AT_ONCE);
        self.waiting.drain(..some).for_each(|outlet| outlet.call());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        server::hub::ConnectionId,
        wire::{SessionId, UserId},
    };
    use futures_util::FutureExt;

    fn line(nth: usize) -> Line {
        Line {
            id: ConnectionId::nth(nth as u64),
            user: UserId::from_bytes([1; 16]),
            session: SessionId::from_bytes([2; 16]),
            outlet: Arc::default(),
        }
    }

    #[test]
    fn who_waits_longest_is_called_first_and_each_once_for_all_that_came() {
        let lines: Vec<_> = (0..=CALLED_AT_ONCE).map(line).collect();
        let mut calls = Calls::default();
        for frame in [&b"one"[..], b"two"] {
            calls.deliver(lines.iter(), None, &[Bytes::from_static(frame)]);
        }
        assert_eq!(calls.waiting.len(), lines.len());
        calls.call_some();
        let (called, last) = lines.split_at(CALLED_AT_ONCE);
        assert!(Arc::ptr_eq(&calls.waiting[0], &last[0].outlet));
        assert!(called.iter().all(|line| line.outlet.ready().now_or_never().is_some()));
        calls.call_some();
        assert!(calls.is_empty());
    }
}
