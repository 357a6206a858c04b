//! Who has something to write and was not told yet.
//!
//! A message to a thousand gives a thousand connections something to write. If all of them
//! were told at once, whatever comes next would stand behind their writes: the next
//! message's reading, its commit's way to the hub, its own place in the queues, each for
//! the time of a whole round. They are told some at a time, in order, and between two times
//! the runtime looks at its sockets and everybody else has a turn. What is published
//! meanwhile joins what those who still wait will write, and who was told stands last again:
//! a busy hub goes round and round, and a message waits for one round at most.

use super::{outlet::Outlet, switchboard::Line};
use crate::wire::RoomId;
use axum::body::Bytes;
use std::{collections::VecDeque, sync::Arc};

/// So many are told at a time. Their writes take a fifth of a millisecond.
const CALLED_AT_ONCE: usize = 32;

/// Each connection stands here once at most.
#[derive(Default)]
pub struct Calls {
    waiting: VecDeque<Waiting>,
    /// How much was told in all.
    told: u64,
}

struct Waiting {
    outlet: Arc<Outlet>,
    /// What had been told in all before this one had something.
    after: u64,
}

impl Calls {
    /// Queues frames for each of these, who are to be called.
    pub fn deliver<'a>(&mut self, lines: impl Iterator<Item = &'a Line>, room: Option<RoomId>, frames: &[Bytes]) {
        for Line { outlet, .. } in lines {
            if outlet.queue(room, frames) {
                self.waiting.push_back(Waiting {
                    outlet: outlet.clone(),
                    after: self.told,
                });
            }
        }
    }

    /// So much was told to those who may hear it.
    pub fn count(&mut self, told: usize) {
        self.told += told as u64;
    }

    /// How much was told since who waits longest had something to write: no queue of those
    /// who wait holds more of it.
    pub fn behind(&self) -> u64 {
        self.waiting.front().map_or(0, |longest| self.told - longest.after)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Calls those who have waited longest.
    pub fn call_some(&mut self) {
        let some = self.waiting.len().min(CALLED_AT_ONCE);
        self.waiting.drain(..some).for_each(|waiting| waiting.outlet.call());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        server::hub::{ConnectionId, Next},
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
        assert!(Arc::ptr_eq(&calls.waiting[0].outlet, &last[0].outlet));
        assert!(called.iter().all(|line| line.outlet.ready().now_or_never().is_some()));
        calls.call_some();
        assert!(calls.is_empty());
    }

    fn read(lines: &[Line]) {
        for Line { outlet, .. } in lines {
            while outlet.next() != Next::Wait {}
        }
    }

    #[test]
    fn what_is_told_is_counted_from_who_waits_longest() {
        let lines: Vec<_> = (0..2 * CALLED_AT_ONCE).map(line).collect();
        let (first, last) = lines.split_at(CALLED_AT_ONCE);
        let mut calls = Calls::default();
        let tell = |calls: &mut Calls, times| {
            for _ in 0..times {
                calls.deliver(lines.iter(), None, &[Bytes::from_static(b"said")]);
            }
            calls.count(times);
        };
        assert_eq!(calls.behind(), 0);
        tell(&mut calls, 40);
        assert_eq!(calls.behind(), 40);
        calls.call_some();
        read(first);
        tell(&mut calls, 30);
        assert_eq!(calls.behind(), 70, "the others wait for their first call");
        calls.call_some();
        read(last);
        assert_eq!(calls.behind(), 30, "the first wait for their second");
    }
}
