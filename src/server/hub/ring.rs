//! Rings: the newest entries of each room that has readers, encoded once and shared by all
//! of them.
//!
//! A connection that falls behind in a room catches up from the room's ring at its own pace,
//! so publishing never waits for it and nothing is queued per connection. Rings know no
//! connection and no user. They are bounded per room, in all, and by age, and they never
//! keep a text that was edited or deleted.

use super::encode;
use crate::{
    server::config,
    wire::{
        Enveloped, Message, Millis, Ordinal, RoomEvent, RoomId, Seq, ServerItem, frame, limits::FRAME_OUT_MAX_ENTRIES,
    },
};
use axum::body::Bytes;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Bytes in all rings.
pub const RINGS_MAX_BYTES: usize = 64 * 1024 * 1024;
/// What a frame costs besides its bytes: its place in the ring, its place in the order of all
/// frames, and the header of its allocation.
const FRAME_OVERHEAD_BYTES: usize = 128;
/// No frame stays longer.
pub const FRAME_MAX_AGE_MS: u64 = 30_000;
/// Between two looks for frames that are too old.
pub const EXPIRE_EVERY_MS: u64 = 1_000;
/// Notes of dropped frames are removed when they outnumber the held frames by this.
const STALE_NOTES_MAX: usize = 1_024;
/// Bytes of frames that one reader takes as one. Each reader has its own copy until its socket
/// has taken it, so this is what a reader that is stuck may cost.
const JOINED_MAX_BYTES: usize = 16 * 1024;
/// Places for frames that are kept although they are empty.
const KEPT_PLACES: usize = 64;

/// How much rings keep. A ring keeps a frame while it is within either of its two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RingBounds {
    pub frames: usize,
    pub bytes: usize,
    /// All rings together, whatever each may keep.
    pub all_bytes: usize,
}

impl From<&config::Rings> for RingBounds {
    fn from(rings: &config::Rings) -> Self {
        Self {
            frames: rings.frames as usize,
            bytes: rings.bytes as usize,
            all_bytes: RINGS_MAX_BYTES,
        }
    }
}

/// What a reader finds in a ring at the seq it wants next.
#[derive(Debug, PartialEq, Eq)]
pub enum Pulled {
    /// Its entries up to before `end`.
    Frame { bytes: Bytes, end: Seq },
    /// It is no longer there; this is the first seq that still is, if any.
    FellOut { held: Option<Seq> },
}

/// The ring of one room. The hub writes it, connections read it.
pub struct Ring {
    room: RoomId,
    held: Mutex<Held>,
}

/// Frames of consecutive seqs.
struct Held {
    first: Seq,
    frames: VecDeque<Frame>,
    bytes: usize,
}

struct Frame {
    bytes: Bytes,
    /// The message whose text it carries.
    target: Option<Ordinal>,
}

impl Frame {
    fn of(event: RoomEvent) -> Self {
        let target = event.row.as_ref().map(|row| row.ordinal);
        Self {
            bytes: encode(&ServerItem::Room(event)),
            target,
        }
    }

    fn weight(&self) -> usize {
        self.bytes.len() + FRAME_OVERHEAD_BYTES
    }
}

impl Ring {
    pub fn new(room: RoomId) -> Self {
        Self {
            room,
            held: Mutex::new(Held {
                first: Seq::ZERO,
                frames: VecDeque::new(),
                bytes: 0,
            }),
        }
    }

    pub fn room(&self) -> RoomId {
        self.room
    }

    /// One frame with the entries from `next` up to before `end`, as far as they fit. As many
    /// frames would cost a fifth more CPU in a busy room of 1,000 (`./test load`, fan-out).
    pub fn pull(&self, next: Seq, end: Seq) -> Pulled {
        let held = self.lock();
        let at = next.0.checked_sub(held.first.0).and_then(|at| usize::try_from(at).ok());
        let Some((at, first)) = at.and_then(|at| Some((at, held.frames.get(at)?))) else {
            return Pulled::FellOut {
                held: (!held.frames.is_empty() && next < held.first).then_some(held.first),
            };
        };
        let fits = held.fitting(at, end.0.saturating_sub(next.0));
        let bytes = if fits <= 1 {
            first.bytes.clone()
        } else {
            let frames = held.frames.range(at..at + fits);
            frame::join(frames.map(|frame| &frame.bytes[..])).into()
        };
        Pulled::Frame {
            bytes,
            end: Seq(next.0 + fits.max(1) as u64),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Each change of a ring is whole before anything in it can panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn end(&self) -> Seq {
        Seq(self.first.0 + self.frames.len() as u64)
    }

    /// The number of frames from index `at` on, at most `wanted`, that fit into one frame.
    fn fitting(&self, at: usize, wanted: u64) -> usize {
        let wanted = wanted.min(u64::from(FRAME_OUT_MAX_ENTRIES));
        let mut bytes = 0;
        let fits = |(_, frame): &(u64, &Frame)| {
            bytes += frame.bytes.len();
            bytes <= JOINED_MAX_BYTES
        };
        (0..wanted).zip(self.frames.range(at..)).take_while(fits).count()
    }

    fn pop(&mut self) -> Option<usize> {
        let weight = self.frames.pop_front()?.weight();
        self.first = self.first.next();
        self.bytes -= weight;
        Some(weight)
    }
}

/// All rings, as the hub keeps them within their bounds.
pub struct Rings {
    bounds: RingBounds,
    frames: usize,
    bytes: usize,
    /// Every frame in the order of publication; also of frames that are gone.
    published: VecDeque<Published>,
}

struct Published {
    ring: Arc<Ring>,
    seq: Seq,
    at: Millis,
}

impl Rings {
    pub fn new(bounds: RingBounds) -> Self {
        Self {
            bounds,
            frames: 0,
            bytes: 0,
            published: VecDeque::new(),
        }
    }

    /// Adds the room's next entry. Where the ring ends at another seq, it begins anew with this
    /// one: a reader that is behind falls out.
    pub fn push(&mut self, ring: &Arc<Ring>, event: RoomEvent, now: Millis) {
        let seq = event.entry.seq;
        let frame = Frame::of(event);
        let mut held = ring.lock();
        if held.frames.is_empty() || held.end() != seq {
            self.empty(&mut held);
            held.first = seq;
        }
        let weight = frame.weight();
        held.bytes += weight;
        held.frames.push_back(frame);
        self.bytes += weight;
        self.frames += 1;
        while held.frames.len() > self.bounds.frames.max(1) && held.bytes > self.bounds.bytes {
            self.pop(&mut held);
        }
        drop(held);
        let ring = ring.clone();
        self.published.push_back(Published { ring, seq, at: now });
        while self.bytes > self.bounds.all_bytes {
            self.drop_oldest();
        }
        if self.published.len() > 2 * self.frames + STALE_NOTES_MAX {
            self.published
                .retain(|published| published.seq >= published.ring.lock().first);
        }
    }

    /// Puts the present row of an edited or deleted message into each frame that carries it.
    pub fn replace(&mut self, ring: &Ring, row: &Message) {
        let mut held = ring.lock();
        let (mut before, mut after) = (0, 0);
        for frame in &mut held.frames {
            if frame.target == Some(row.ordinal)
                && let Some(event) = decode(&frame.bytes)
            {
                let row = Some(row.clone());
                before += frame.weight();
                *frame = Frame::of(RoomEvent { row, ..event });
                after += frame.weight();
            }
        }
        held.bytes = held.bytes - before + after;
        self.bytes = self.bytes - before + after;
    }

    /// Drops all frames of a ring.
    pub fn clear(&mut self, ring: &Ring) {
        self.empty(&mut ring.lock());
    }

    /// Drops what is as old as a frame may become before the next call.
    pub fn expire(&mut self, now: Millis) {
        let age_max = FRAME_MAX_AGE_MS - EXPIRE_EVERY_MS;
        // A clock that was put back by more than that keeps no frame for longer.
        while let Some(oldest) = self.published.front()
            && now.0.abs_diff(oldest.at.0) >= age_max
        {
            self.drop_oldest();
        }
        trim(&mut self.published);
    }

    /// When [`Rings::expire`] is to be called next, if there is anything to expire.
    pub fn expire_at(&self, now: Millis) -> Option<Millis> {
        let oldest = self.published.front()?;
        let due = oldest.at.0.min(now.0) + FRAME_MAX_AGE_MS - EXPIRE_EVERY_MS;
        Some(Millis(due.max(now.0 + EXPIRE_EVERY_MS)))
    }

    fn drop_oldest(&mut self) {
        let Some(Published { ring, seq, .. }) = self.published.pop_front() else {
            return;
        };
        let mut held = ring.lock();
        while held.first <= seq && self.pop(&mut held) {}
        trim(&mut held.frames);
    }

    fn empty(&mut self, held: &mut Held) {
        while self.pop(held) {}
        held.frames = VecDeque::new();
    }

    fn pop(&mut self, held: &mut Held) -> bool {
        let Some(weight) = held.pop() else { return false };
        self.bytes -= weight;
        self.frames -= 1;
        true
    }
}

/// Gives back what a burst needed and nothing needs any more.
fn trim<T>(deque: &mut VecDeque<T>) {
    if deque.capacity() > KEPT_PLACES.max(4 * deque.len()) {
        deque.shrink_to(2 * deque.len());
    }
}

fn decode(bytes: &[u8]) -> Option<RoomEvent> {
    let items = frame::items(bytes).ok()?;
    match ServerItem::unpack(items.first()?) {
        Ok(ServerItem::Room(event)) => Some(event),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, Change, ClientKey, Entry, Envelope, Tail, UserId, event::MessageCreated};

    const HALL: RoomId = RoomId::from_bytes([1; 16]);
    const ATTIC: RoomId = RoomId::from_bytes([2; 16]);
    const START: Millis = Millis(1_800_000_000_000);

    fn message(ordinal: u64, body: Option<&str>) -> Message {
        Message {
            ordinal: Ordinal(ordinal),
            seq: Seq(ordinal),
            revision: Seq(ordinal),
            author: UserId::from_bytes([1; 16]),
            client_key: ClientKey::from_bytes([5; 16]),
            at: START,
            body: body.map(|body| Body::stored(body.to_owned())),
            mentions: Vec::new(),
            edited_at: None,
            reactions: Vec::new(),
        }
    }

    fn event(room: RoomId, seq: u64, body: &str) -> RoomEvent {
        let ordinal = Ordinal(seq);
        RoomEvent {
            room,
            entry: Entry {
                seq: Seq(seq),
                tail: Tail(0),
                at: START,
                actor: UserId::from_bytes([1; 16]),
                change: Change::from(MessageCreated { ordinal }).pack(),
            },
            row: Some(message(seq, Some(body))),
        }
    }

    struct Story {
        rings: Rings,
        hall: Arc<Ring>,
        now: Millis,
    }

    impl Story {
        fn begins(frames: usize, bytes: usize, all_bytes: usize) -> Self {
            let bounds = RingBounds {
                frames,
                bytes,
                all_bytes,
            };
            Self {
                rings: Rings::new(bounds),
                hall: Arc::new(Ring::new(HALL)),
                now: START,
            }
        }

        fn publishes(&mut self, seqs: impl IntoIterator<Item = u64>) {
            for seq in seqs {
                self.rings.push(&self.hall, event(HALL, seq, "text"), self.now);
            }
        }

        fn pulls(&self, next: u64, end: u64) -> Pulled {
            self.hall.pull(Seq(next), Seq(end))
        }

        /// The first seq that is held, and how many are.
        fn held(&self) -> (u64, usize) {
            let held = self.hall.lock();
            assert!(held.bytes <= self.rings.bytes);
            (held.first.0, held.frames.len())
        }
    }

    fn body_at(ring: &Ring, seq: u64) -> Option<String> {
        let Pulled::Frame { bytes, .. } = ring.pull(Seq(seq), Seq(seq + 1)) else {
            return None;
        };
        let row = decode(&bytes)?.row?;
        assert_eq!(decode(&bytes)?.entry.seq, Seq(seq), "the entry stays the same");
        Some(row.text().to_owned())
    }

    #[test]
    fn a_ring_keeps_frames_while_it_is_within_either_bound() {
        let mut small = Story::begins(8, 0, RINGS_MAX_BYTES);
        small.publishes(1..=20);
        assert_eq!(small.held(), (13, 8));
        assert_eq!(small.pulls(12, 21), Pulled::FellOut { held: Some(Seq(13)) });
        assert!(matches!(small.pulls(13, 21), Pulled::Frame { end: Seq(21), .. }));
        let mut roomy = Story::begins(8, 1024 * 1024, RINGS_MAX_BYTES);
        roomy.publishes(1..=200);
        assert_eq!(roomy.held(), (1, 200));
    }

    #[test]
    fn reader_that_is_behind_takes_what_fits_into_one_frame() {
        let mut story = Story::begins(1_000, 0, RINGS_MAX_BYTES);
        story.publishes(1..=300);
        let Pulled::Frame { bytes, end } = story.pulls(5, 300) else {
            panic!("nothing there");
        };
        assert!(bytes.len() <= JOINED_MAX_BYTES && end > Seq(50), "{end}");
        let seqs: Vec<_> = frame::items(&bytes).unwrap().iter().map(seq_of).collect();
        assert_eq!(seqs, (5..end.0).collect::<Vec<_>>());
        let long = "x".repeat(JOINED_MAX_BYTES);
        for seq in 301..=302 {
            story.rings.push(&story.hall, event(HALL, seq, &long), story.now);
        }
        let ends = [(299, 302), (300, 302), (301, 302)].map(|(next, end)| match story.pulls(next, end) {
            Pulled::Frame { end, .. } => end.0,
            Pulled::FellOut { .. } => 0,
        });
        assert_eq!(ends, [301, 301, 302], "a long one goes alone");
    }

    fn seq_of(item: &Envelope) -> u64 {
        let Ok(ServerItem::Room(event)) = ServerItem::unpack(item) else {
            panic!("no event of a room");
        };
        event.entry.seq.0
    }

    #[test]
    fn a_ring_by_its_defaults_holds_a_burst_of_short_messages_and_one_of_long_ones() {
        let mut story = Story::begins(0, 0, 0);
        story.rings = Rings::new(RingBounds::from(&config::Rings::default()));
        story.publishes(1..=5_000);
        assert_eq!(story.held(), (1, 5_000));
        let long = "x".repeat(16 * 1024);
        for seq in 5_001..=7_048 {
            story.rings.push(&story.hall, event(HALL, seq, &long), story.now);
        }
        assert_eq!(story.held(), (5_001, 2_048));
    }

    #[test]
    fn all_rings_together_are_bounded_and_the_oldest_frames_go_first() {
        let weight = Frame::of(event(HALL, 1, "text")).weight();
        let mut story = Story::begins(100, 0, 10 * weight);
        story.publishes(1..=8);
        let attic = Arc::new(Ring::new(ATTIC));
        for seq in 1..=7 {
            story.rings.push(&attic, event(ATTIC, seq, "text"), story.now);
        }
        assert_eq!(story.held(), (6, 3));
        assert!(matches!(attic.pull(Seq(1), Seq(2)), Pulled::Frame { .. }));
        assert_eq!((story.rings.frames, story.rings.bytes), (10, 10 * weight));
    }

    #[test]
    fn a_frame_is_gone_after_thirty_seconds_though_nobody_publishes() {
        let mut story = Story::begins(100, 0, RINGS_MAX_BYTES);
        story.publishes([1]);
        story.now.0 += 10_000;
        story.publishes([2]);
        let due = story.rings.expire_at(story.now).unwrap();
        assert_eq!(due, Millis(START.0 + FRAME_MAX_AGE_MS - EXPIRE_EVERY_MS));
        story.rings.expire(Millis(due.0 - 1));
        assert_eq!(story.held(), (1, 2));
        story.rings.expire(due);
        assert_eq!(story.held(), (2, 1));
        story.rings.expire(Millis(due.0 + 10_000));
        assert_eq!(story.pulls(2, 3), Pulled::FellOut { held: None });
        assert_eq!((story.rings.bytes, story.rings.expire_at(story.now)), (0, None));
    }

    #[test]
    fn a_clock_that_is_put_back_keeps_no_frame_for_longer() {
        let mut story = Story::begins(100, 0, RINGS_MAX_BYTES);
        story.publishes([1]);
        let day_before = Millis(START.0 - 24 * 60 * 60 * 1_000);
        assert!(story.rings.expire_at(day_before).unwrap().0 <= day_before.0 + FRAME_MAX_AGE_MS);
        story.rings.expire(day_before);
        assert_eq!(story.rings.frames, 0);
    }

    #[test]
    fn an_edited_message_is_replaced_in_every_frame_that_carries_it() {
        let mut story = Story::begins(100, 0, RINGS_MAX_BYTES);
        story.publishes(1..=3);
        // A reaction to the second message carries it too.
        let mut reaction = event(HALL, 4, "text");
        reaction.row = Some(message(2, Some("text")));
        story.rings.push(&story.hall, reaction, story.now);
        story.rings.replace(&story.hall, &message(2, Some("another")));
        let bodies: Vec<_> = (1..=4).map(|seq| body_at(&story.hall, seq).unwrap()).collect();
        assert_eq!(bodies, ["text", "another", "text", "another"]);
        story.rings.replace(&story.hall, &message(2, None));
        assert_eq!(body_at(&story.hall, 2).unwrap(), "");
        let canary = b"another";
        let held = story.hall.lock();
        let has_text = |frame: &Frame| frame.bytes.windows(canary.len()).any(|bytes| bytes == canary);
        assert!(!held.frames.iter().any(has_text), "no frame keeps a deleted text");
        let weight: usize = held.frames.iter().map(Frame::weight).sum();
        assert_eq!((held.bytes, story.rings.bytes), (weight, weight));
    }

    #[test]
    fn a_seq_that_does_not_follow_begins_the_ring_anew() {
        let mut story = Story::begins(100, 0, RINGS_MAX_BYTES);
        story.publishes([1, 2, 5]);
        assert_eq!(story.held(), (5, 1));
        assert_eq!(story.pulls(3, 6), Pulled::FellOut { held: Some(Seq(5)) });
        story.rings.clear(&story.hall);
        assert_eq!((story.rings.frames, story.rings.bytes), (0, 0));
    }

    #[test]
    fn notes_of_frames_that_are_gone_do_not_pile_up() {
        let mut story = Story::begins(8, 0, RINGS_MAX_BYTES);
        story.publishes(1..=10_000);
        assert!(story.rings.published.len() <= 2 * 8 + STALE_NOTES_MAX + 1);
    }
}
