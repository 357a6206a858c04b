//! The queue of one connection: what is meant for it and its socket has not taken yet.
//!
//! It is bounded in frames and in bytes. A reader that does not keep up is told
//! to start over instead of costing memory.

use crate::rules::planted::{Fault, is_planted};
use crate::wire::{
    RoomId,
    event::close,
    limits::{CONNECTION_QUEUE_MAX_BYTES, CONNECTION_QUEUE_MAX_FRAMES},
};
use axum::body::Bytes;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Why a server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    SignedOut,
    ProtocolTooOld,
    Restart,
    Banned,
    Malformed,
    Resync,
    /// The wire is dead, or is dropped without a word so that the client backs off.
    Lost,
}

impl Ending {
    /// The close code and its reason; none where nothing is said.
    pub fn code(self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::SignedOut => (close::SIGNED_OUT, "signed out"),
            Self::ProtocolTooOld => (close::PROTOCOL_TOO_OLD, "protocol too old"),
            Self::Restart => (close::RESTART, "restart"),
            Self::Banned => (close::BANNED, "banned"),
            Self::Malformed => (close::MALFORMED, "malformed"),
            Self::Resync => (close::RESYNC, "resync"),
            Self::Lost => return None,
        })
    }
}

/// What a socket does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Frame(Bytes),
    End(Ending),
    /// Nothing waits: now is the time to flush.
    Wait,
}

/// Shared by the hub, which fills it, and one socket, which empties it.
pub struct Outlet {
    frames_max: usize,
    queue: Mutex<Queue>,
    filled: Notify,
    cut: Notify,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Queued>,
    bytes: usize,
    ending: Option<Ending>,
    is_cut: bool,
    /// Somebody has it on their list of those to be called.
    is_listed: bool,
}

struct Queued {
    room: Option<RoomId>,
    frame: Bytes,
}

impl Default for Outlet {
    fn default() -> Self {
        Self::of(CONNECTION_QUEUE_MAX_FRAMES as usize)
    }
}

impl Outlet {
    /// One that holds so many frames at most.
    pub fn of(frames_max: usize) -> Self {
        Self {
            frames_max,
            queue: Mutex::default(),
            filled: Notify::default(),
            cut: Notify::default(),
        }
    }

    /// Queues a frame and calls the reader; the room is that whose membership allows it to
    /// be heard.
    pub fn push(&self, room: Option<RoomId>, frame: Bytes) {
        if self.queue(room, &[frame]) {
            self.call();
        }
    }

    /// Queues frames, in order. True if the reader is to be [called](Outlet::call) by whom this
    /// was said to: there was nothing before, and nobody else is about to.
    #[must_use]
    pub fn queue(&self, room: Option<RoomId>, frames: &[Bytes]) -> bool {
        let mut queue = self.lock();
        if queue.ending.is_some() {
            return false;
        }
        let is_first = queue.frames.is_empty() && !queue.is_listed;
        for frame in frames {
            if queue.is_full_for(frame, self.frames_max) {
                drop(queue);
                if !is_planted(Fault::DropWithoutResync) {
                    self.cut(Ending::Resync);
                }
                return false;
            }
            queue.bytes += frame.len();
            let frame = frame.clone();
            queue.frames.push_back(Queued { room, frame });
        }
        queue.is_listed |= is_first;
        is_first
    }

    /// Has the reader look at what is queued.
    pub fn call(&self) {
        self.lock().is_listed = false;
        self.filled.notify_one();
    }

    /// Drops what waits of a room that the reader may no longer hear.
    pub fn forget(&self, room: RoomId) {
        let mut queue = self.lock();
        queue.frames.retain(|queued| queued.room != Some(room));
        queue.bytes = queue.frames.iter().map(|queued| queued.frame.len()).sum();
    }

    /// Ends the connection at once: nothing that waits is sent any more.
    pub fn cut(&self, ending: Ending) {
        let mut queue = self.lock();
        if queue.ending.is_none_or(|earlier| earlier == Ending::Restart) {
            queue.ending = Some(ending);
        }
        queue.frames = VecDeque::new();
        queue.bytes = 0;
        queue.is_cut = true;
        drop(queue);
        self.cut.notify_one();
        self.filled.notify_one();
    }

    /// Ends the connection after what waits; nothing more is taken in.
    pub fn finish(&self, ending: Ending) {
        self.lock().ending.get_or_insert(ending);
        self.filled.notify_one();
    }

    pub fn next(&self) -> Next {
        let mut queue = self.lock();
        if let Some(Queued { frame, .. }) = queue.frames.pop_front() {
            queue.bytes -= frame.len();
            return Next::Frame(frame);
        }
        queue.ending.map_or(Next::Wait, Next::End)
    }

    /// Waits until [`Outlet::next`] may have something. For one reader.
    pub async fn ready(&self) {
        loop {
            {
                let queue = self.lock();
                if !queue.frames.is_empty() || queue.ending.is_some() {
                    return;
                }
            }
            self.filled.notified().await;
        }
    }

    /// Waits until the connection is to end at once, whatever its socket is doing. For one
    /// reader.
    pub async fn cut_off(&self) {
        while !self.is_cut() {
            self.cut.notified().await;
        }
    }

    pub fn is_cut(&self) -> bool {
        self.lock().is_cut
    }

    /// How the connection is to end, if at once.
    pub fn cut_by(&self) -> Option<Ending> {
        let queue = self.lock();
        queue.ending.filter(|_| queue.is_cut)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Each change of a queue is whole before anything in it can panic.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn is_full_for(&self, frame: &Bytes, frames_max: usize) -> bool {
        let bytes = (self.bytes + frame.len()) as u64;
        self.frames.len() >= frames_max || bytes > u64::from(CONNECTION_QUEUE_MAX_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALL: RoomId = RoomId::from_bytes([1; 16]);
    const ATTIC: RoomId = RoomId::from_bytes([2; 16]);

    fn bytes(length: u32) -> Bytes {
        Bytes::from(vec![0; length as usize])
    }

    #[test]
    fn a_queue_takes_so_many_frames_and_then_says_resync() {
        let outlet = Outlet::default();
        for _ in 0..CONNECTION_QUEUE_MAX_FRAMES {
            outlet.push(None, bytes(1));
        }
        assert!(!outlet.is_cut());
        outlet.push(None, bytes(1));
        assert_eq!(outlet.next(), Next::End(Ending::Resync));
    }

    #[test]
    fn a_queue_takes_so_many_bytes_and_then_holds_none_of_them() {
        let outlet = Outlet::default();
        outlet.push(None, bytes(CONNECTION_QUEUE_MAX_BYTES));
        outlet.push(None, bytes(1));
        assert_eq!(outlet.next(), Next::End(Ending::Resync));
        assert_eq!(outlet.lock().frames.capacity(), 0);
    }

    #[test]
    fn frames_taken_make_room_for_others() {
        let outlet = Outlet::default();
        for _ in 0..3 {
            outlet.push(None, bytes(CONNECTION_QUEUE_MAX_BYTES));
            assert!(matches!(outlet.next(), Next::Frame(_)));
        }
        assert_eq!(outlet.next(), Next::Wait);
    }

    #[test]
    fn forgetting_a_room_leaves_the_others_in_order_and_their_bytes_counted() {
        let outlet = Outlet::default();
        outlet.push(Some(HALL), bytes(CONNECTION_QUEUE_MAX_BYTES - 2));
        outlet.push(Some(ATTIC), bytes(1));
        outlet.push(None, bytes(1));
        outlet.forget(HALL);
        outlet.push(Some(ATTIC), bytes(CONNECTION_QUEUE_MAX_BYTES - 2));
        assert!(!outlet.is_cut());
        assert_eq!(outlet.next(), Next::Frame(bytes(1)));
        assert_eq!(outlet.next(), Next::Frame(bytes(1)));
        assert_eq!(outlet.next(), Next::Frame(bytes(CONNECTION_QUEUE_MAX_BYTES - 2)));
    }

    #[test]
    fn a_reader_is_to_be_called_once_for_all_that_comes_before_the_call() {
        let outlet = Outlet::default();
        assert!(outlet.queue(None, &[bytes(1)]));
        assert!(!outlet.queue(None, &[bytes(1)]));
        assert!(matches!(
            (outlet.next(), outlet.next()),
            (Next::Frame(_), Next::Frame(_))
        ));
        assert!(!outlet.queue(None, &[bytes(1)]), "the call is still to come");
        outlet.call();
        assert!(!outlet.queue(None, &[bytes(1)]), "they were called and have not looked");
        assert!(matches!(
            (outlet.next(), outlet.next()),
            (Next::Frame(_), Next::Frame(_))
        ));
        assert!(outlet.queue(None, &[bytes(1)]));
    }

    #[test]
    fn who_is_cut_off_gets_nothing_that_waited() {
        let outlet = Outlet::default();
        outlet.push(None, bytes(1));
        outlet.cut(Ending::SignedOut);
        outlet.push(None, bytes(1));
        outlet.cut(Ending::Resync);
        assert_eq!(outlet.next(), Next::End(Ending::SignedOut));
    }

    #[test]
    fn a_restart_waits_for_what_is_queued_but_a_ban_does_not_wait_for_the_restart() {
        let outlet = Outlet::default();
        outlet.push(None, bytes(1));
        outlet.push(None, bytes(1));
        outlet.finish(Ending::Restart);
        outlet.push(None, bytes(1));
        assert_eq!(outlet.next(), Next::Frame(bytes(1)));
        outlet.cut(Ending::Banned);
        assert_eq!(outlet.next(), Next::End(Ending::Banned));
    }
}
