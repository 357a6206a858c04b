//! The subscription of one connection: where it is behind, and what is meant for it alone.
//!
//! The hub marks the rooms in which something was published; the connection pulls their
//! entries from the rings at its own pace. A connection that is behind nowhere keeps nothing.
//! A removal takes the same lock as a pull, so nothing of a room is pulled after it.

use super::{
    encode_at,
    lane::{Lane, LogSeq},
    ring::{Pulled, Ring},
};
use crate::wire::{
    ClientKey, RoomId, Seq, ServerItem,
    event::{Accepted, Advance, close},
    level::Level,
};
use axum::body::Bytes;
use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// Replies that wait for one connection and commands without one; no further command is read
/// from it meanwhile.
pub const UNANSWERED_MAX: usize = 64;
/// Bytes of rooms that are written before the lane has its turn.
pub const WRITE_MAX_BYTES: usize = 64 * 1024;
/// Places that a connection keeps for rooms and commands once it has needed them.
const KEPT_PLACES: usize = 4;

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

/// Shared by the hub, which marks what is new, and one socket, which takes it.
pub struct Subscription {
    level: Level,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    behind: VecDeque<Cursor>,
    lane: Option<Box<Lane>>,
    commands: Vec<UnderWay>,
    /// Bytes of rooms taken while the lane has waited.
    taken_bytes: usize,
    ending: Option<Ending>,
    is_cut: bool,
    /// In the hub's queue of connections to wake.
    is_listed: bool,
    writer: Option<Waker>,
    reader: Option<Waker>,
    /// Draws which source is next; without it their order is fixed.
    #[cfg(test)]
    shuffle: Option<u64>,
}

/// A room in which the connection is behind.
struct Cursor {
    ring: Arc<Ring>,
    next: Seq,
    /// The first seq that the hub has not marked yet.
    end: Seq,
}

/// A command with a key that was read from this connection, until its author has been told
/// what became of it: by a reply, or by its entry.
struct UnderWay {
    room: Option<RoomId>,
    key: ClientKey,
    /// Where it was stored, once that is known and its entry is still to come.
    stored: Option<Seq>,
    /// The last seq of its room that was sent meanwhile.
    sent: Seq,
    /// Entries of its room were skipped meanwhile: its own may have been among them.
    skipped: bool,
}

impl UnderWay {
    /// This command, while it is not known to be stored. A client may use one key in two rooms;
    /// the store refuses one of them.
    fn is(&self, room: Option<RoomId>, key: ClientKey) -> bool {
        self.room == room && self.key == key && self.stored.is_none()
    }
}

/// Where frames come from.
#[derive(Clone, Copy)]
enum Source {
    Rooms,
    Replies,
    Gone,
    Values,
}

const SOURCES: [Source; 4] = [Source::Rooms, Source::Replies, Source::Gone, Source::Values];
const LANE_FIRST: [Source; 4] = [Source::Replies, Source::Gone, Source::Values, Source::Rooms];

impl Subscription {
    /// For a client of this level; what a newer client says is beyond us.
    pub fn of(level: Level) -> Self {
        Self {
            level: level.clamp(Level::FIRST, Level::CURRENT),
            state: Mutex::default(),
        }
    }

    /// One that draws its order from a seed.
    #[cfg(test)]
    pub fn shuffled(level: Level, seed: u64) -> Self {
        let subscription = Self::of(level);
        subscription.lock().shuffle = Some(seed);
        subscription
    }

    pub fn level(&self) -> Level {
        self.level
    }

    /// Entries of a room were published, from `next` up to before `end`. True if the caller must
    /// [wake](Subscription::wake) the connection: it had nothing to send and is in no wake queue.
    #[must_use]
    pub fn mark(&self, ring: &Arc<Ring>, next: Seq, end: Seq) -> bool {
        let mut state = self.lock();
        if state.ending.is_some() {
            return false;
        }
        let was_idle = state.is_idle();
        if let Some(cursor) = state.behind.iter_mut().find(|cursor| Arc::ptr_eq(&cursor.ring, ring)) {
            cursor.end = end;
        } else {
            let ring = ring.clone();
            state.behind.push_back(Cursor { ring, next, end });
        }
        state.list(was_idle)
    }

    /// A value of a log of the user. True as [`Subscription::mark`].
    #[must_use]
    pub fn push_value(&self, at: LogSeq, frame: &Bytes) -> bool {
        let mut state = self.lock();
        if state.ending.is_some() {
            return false;
        }
        let was_idle = state.is_idle();
        if state.lane().push_value(at, frame, self.level).is_err() {
            state.cut(Ending::Resync);
            return false;
        }
        state.list(was_idle)
    }

    /// A command was read, and will be answered.
    pub fn begin(&self, room: Option<RoomId>, key: ClientKey) {
        self.lock().commands.push(UnderWay {
            room,
            key,
            stored: None,
            sent: Seq::ZERO,
            skipped: false,
        });
    }

    /// The reply to a command. True as [`Subscription::mark`].
    #[must_use]
    pub fn answer(&self, room: Option<RoomId>, key: ClientKey, frame: Bytes) -> bool {
        let mut state = self.lock();
        let was_idle = state.is_idle();
        state.end_command_of(room, key);
        state.reply(was_idle, frame)
    }

    /// A command that has no reply is over.
    pub fn end(&self, room: Option<RoomId>, key: ClientKey) {
        let mut state = self.lock();
        let was_idle = state.is_idle();
        state.end_command_of(room, key);
        state.wake_writer_if_new(was_idle);
    }

    /// A reply to something that is not counted as under way. True as [`Subscription::mark`].
    #[must_use]
    pub fn reply(&self, frame: Bytes) -> bool {
        let mut state = self.lock();
        let was_idle = state.is_idle();
        state.reply(was_idle, frame)
    }

    /// [`Subscription::reply`] by the connection itself.
    pub fn say(&self, frame: Bytes) {
        if self.reply(frame) {
            self.wake();
        }
    }

    /// A message was stored. Its entry tells that to its author, unless this connection does
    /// not get it: then it is said here.
    pub fn stored(&self, accepted: Accepted) {
        let mut state = self.lock();
        let was_idle = state.is_idle();
        let is_it = |command: &UnderWay| command.is(Some(accepted.room), accepted.client_key);
        let Some(at) = state.commands.iter().position(is_it) else {
            return;
        };
        let command = &mut state.commands[at];
        let (is_skipped, is_sent) = (command.skipped, command.sent >= accepted.seq);
        command.stored = Some(accepted.seq);
        if is_skipped || is_sent {
            state.end_command(at);
        }
        if is_skipped {
            state.lane().push_reply(super::encode(&ServerItem::Accepted(accepted)));
        }
        state.wake_writer_if_new(was_idle);
    }

    /// Whether another command may be read.
    pub fn may_read(&self) -> bool {
        self.lock().may_read()
    }

    /// Waits until another command may be read.
    pub async fn readable(&self) {
        poll_fn(|context| {
            let mut state = self.lock();
            if state.may_read() {
                return Poll::Ready(());
            }
            register(&mut state.reader, context);
            Poll::Pending
        })
        .await;
    }

    /// The user is no longer in the room: nothing of it is sent any more, and the client is
    /// told so before anything later of the same room. True as [`Subscription::mark`].
    #[must_use]
    pub fn leave(&self, room: RoomId) -> bool {
        let mut state = self.lock();
        if state.is_cut {
            return false;
        }
        let was_idle = state.is_idle();
        state.behind.retain(|cursor| cursor.ring.room() != room);
        state.skip(room, None);
        state.lane().flag_gone(room);
        state.list(was_idle)
    }

    /// Has the connection look at what waits for it.
    pub fn wake(&self) {
        let mut state = self.lock();
        state.is_listed = false;
        let writer = state.writer.take();
        drop(state);
        if let Some(writer) = writer {
            writer.wake();
        }
    }

    /// Ends the connection at once: nothing that waits is sent any more.
    pub fn cut(&self, ending: Ending) {
        self.lock().cut(ending);
    }

    /// Ends the connection after what waits. Entries and values that come later are not taken in;
    /// replies are.
    pub fn finish(&self, ending: Ending) {
        let mut state = self.lock();
        state.ending.get_or_insert(ending);
        state.wake_writer();
    }

    pub fn next(&self) -> Next {
        let mut state = self.lock();
        if let Some(frame) = state.next_frame(self.level) {
            return Next::Frame(frame);
        }
        state.ending.map_or(Next::Wait, Next::End)
    }

    /// Waits until [`Subscription::next`] may have something. For one task.
    pub async fn ready(&self) {
        poll_fn(|context| {
            let mut state = self.lock();
            if state.ending.is_some() || !state.is_idle() {
                return Poll::Ready(());
            }
            register(&mut state.writer, context);
            Poll::Pending
        })
        .await;
    }

    /// Waits until the connection is to end at once, whatever its socket is doing. For the
    /// task that waits for [`Subscription::ready`].
    pub async fn cut_off(&self) {
        poll_fn(|context| {
            let mut state = self.lock();
            if state.is_cut {
                return Poll::Ready(());
            }
            register(&mut state.writer, context);
            Poll::Pending
        })
        .await;
    }

    pub fn is_cut(&self) -> bool {
        self.lock().is_cut
    }

    /// How the connection is to end, if at once.
    pub fn cut_by(&self) -> Option<Ending> {
        let state = self.lock();
        state.ending.filter(|_| state.is_cut)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change of a state is whole before anything in it can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lane(&mut self) -> &mut Lane {
        self.lane.get_or_insert_default()
    }

    /// There is nothing to send now. The notice that a room is gone waits for the commands under
    /// way in it, and what is later of that room waits for the notice.
    fn is_idle(&self) -> bool {
        let has_frames = |lane: &Lane| lane.has_frames() || lane.gone().iter().any(|room| !self.is_awaited(*room));
        !self.lane.as_deref().is_some_and(has_frames)
            && self.behind.iter().all(|cursor| self.is_gone(cursor.ring.room()))
    }

    fn list(&mut self, was_idle: bool) -> bool {
        let is_first = was_idle && !self.is_idle() && !self.is_listed;
        self.is_listed |= is_first;
        is_first
    }

    fn reply(&mut self, was_idle: bool, frame: Bytes) -> bool {
        if self.is_cut {
            return false;
        }
        self.lane().push_reply(frame);
        self.list(was_idle)
    }

    fn may_read(&self) -> bool {
        let replies = self.lane.as_ref().map_or(0, |lane| lane.replies());
        replies + self.commands.len() < UNANSWERED_MAX
    }

    fn is_gone(&self, room: RoomId) -> bool {
        self.lane.as_ref().is_some_and(|lane| lane.is_gone(room))
    }

    fn is_awaited(&self, room: RoomId) -> bool {
        is_awaited(&self.commands, room)
    }

    fn end_command_of(&mut self, room: Option<RoomId>, key: ClientKey) {
        if let Some(at) = self.commands.iter().position(|command| command.is(room, key)) {
            self.end_command(at);
        }
    }

    fn end_command(&mut self, at: usize) {
        self.commands.swap_remove(at);
        self.trim();
        self.wake_reader();
    }

    fn cut(&mut self, ending: Ending) {
        if self.ending.is_none_or(|earlier| earlier == Ending::Restart) {
            self.ending = Some(ending);
        }
        self.behind = VecDeque::new();
        self.lane = None;
        self.commands = Vec::new();
        self.is_cut = true;
        self.wake_writer();
        self.wake_reader();
    }

    // Wakers take no lock of ours; what they wake is polled later.

    fn wake_writer(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }

    /// Wakes the connection if it was idle and is not any more: an answer came, or the notice that
    /// a room is gone had waited for the command that is over.
    fn wake_writer_if_new(&mut self, was_idle: bool) {
        if was_idle && !self.is_idle() && !self.is_listed {
            self.wake_writer();
        }
    }

    fn wake_reader(&mut self) {
        if self.reader.is_some()
            && self.may_read()
            && let Some(reader) = self.reader.take()
        {
            reader.wake();
        }
    }

    fn next_frame(&mut self, level: Level) -> Option<Bytes> {
        if self.is_cut {
            return None;
        }
        let order = self.order();
        order.into_iter().find_map(|source| self.take(source, level))
    }

    /// Rooms first, so that an answer usually follows the entry it is about; the lane has a turn
    /// after each write's worth of them.
    fn order(&mut self) -> [Source; 4] {
        #[cfg(test)]
        if let Some(seed) = &mut self.shuffle {
            return shuffled(seed);
        }
        if self.taken_bytes < WRITE_MAX_BYTES {
            SOURCES
        } else {
            LANE_FIRST
        }
    }

    fn take(&mut self, source: Source, level: Level) -> Option<Bytes> {
        if let Source::Rooms = source {
            return self.take_of_rooms(level);
        }
        let Self { lane, commands, .. } = self;
        let lane = lane.as_deref_mut()?;
        let frame = match source {
            Source::Rooms => None,
            Source::Replies => lane.next_reply(),
            Source::Gone => lane.next_gone(|room| !is_awaited(commands, room)),
            Source::Values => lane.next_value(level),
        };
        if lane.is_empty() {
            self.lane = None;
            self.taken_bytes = 0;
        }
        self.wake_reader();
        frame
    }

    /// One frame of the room whose turn it is.
    fn take_of_rooms(&mut self, level: Level) -> Option<Bytes> {
        for _ in 0..self.behind.len() {
            let mut cursor = self.behind.pop_front()?;
            if self.is_gone(cursor.ring.room()) {
                self.behind.push_back(cursor);
                continue;
            }
            if let Some(frame) = self.pull(&mut cursor, level) {
                if cursor.next < cursor.end {
                    self.behind.push_back(cursor);
                }
                if self.lane.is_some() {
                    self.taken_bytes += frame.len();
                }
                self.trim();
                return Some(frame);
            }
            if self.is_cut {
                return None;
            }
        }
        self.trim();
        None
    }

    /// How far one pull may go.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "the simulator draws it")]
    fn reach(&self, cursor: &Cursor) -> Seq {
        cursor.end
    }

    #[cfg(test)]
    fn reach(&mut self, cursor: &Cursor) -> Seq {
        const REACH_MAX: usize = 4;
        match &mut self.shuffle {
            Some(seed) => cursor.end.min(Seq(cursor.next.0 + 1 + drawn(seed, REACH_MAX) as u64)),
            None => cursor.end,
        }
    }

    /// The next frame of a room; none if there is nothing to say of it.
    fn pull(&mut self, cursor: &mut Cursor, level: Level) -> Option<Bytes> {
        while cursor.next < cursor.end {
            match cursor.ring.pull(cursor.next, self.reach(cursor)) {
                Pulled::Frame { bytes, end } => {
                    self.was_sent(cursor.ring.room(), end.before());
                    cursor.next = end;
                    return Some(bytes);
                }
                Pulled::FellOut { held } => {
                    let frame = self.skip_ahead(cursor, held, level);
                    if frame.is_some() || self.is_cut {
                        return frame;
                    }
                }
            }
        }
        None
    }

    /// The reader has fallen out of the ring. It is told where the room's log is by now, and
    /// fetches what it lacks. A client of the first level is not told: it notices the gap by
    /// the next frame, and starts over if there is none.
    fn skip_ahead(&mut self, cursor: &mut Cursor, held: Option<Seq>, level: Level) -> Option<Bytes> {
        let (room, to) = (cursor.ring.room(), cursor.end.before());
        let advance = encode_at(&ServerItem::Advance(Advance { room, to }), level);
        if advance.is_none() {
            let Some(held) = held else {
                self.cut(Ending::Resync);
                return None;
            };
            // What is held may begin behind the cursor's end: then the hub is about to mark it.
            let next = held.min(cursor.end);
            self.skip(room, Some(next.before()));
            cursor.next = next;
            return None;
        }
        self.skip(room, Some(to));
        cursor.next = cursor.end;
        advance
    }

    /// Entries of the room up to a seq, or all of them, are not sent: commands among them are
    /// answered here.
    fn skip(&mut self, room: RoomId, to: Option<Seq>) {
        let mut at = 0;
        while let Some(command) = self.commands.get_mut(at) {
            if command.room != Some(room) {
                at += 1;
                continue;
            }
            command.skipped = true;
            match command.stored {
                Some(seq) if to.is_none_or(|to| seq <= to) => {
                    let client_key = command.key;
                    self.commands.swap_remove(at);
                    let accepted = Accepted { client_key, room, seq };
                    self.lane().push_reply(super::encode(&ServerItem::Accepted(accepted)));
                }
                _ => at += 1,
            }
        }
    }

    /// The author of a message that is sent has its answer.
    fn was_sent(&mut self, room: RoomId, seq: Seq) {
        if self.commands.is_empty() {
            return;
        }
        for command in &mut self.commands {
            if command.room == Some(room) {
                command.sent = seq;
            }
        }
        let before = self.commands.len();
        self.commands
            .retain(|command| command.room != Some(room) || command.stored.is_none_or(|stored| stored > seq));
        if self.commands.len() < before {
            self.wake_reader();
        }
    }

    fn trim(&mut self) {
        if self.behind.is_empty() && self.behind.capacity() > KEPT_PLACES {
            self.behind.shrink_to(KEPT_PLACES);
        }
        if self.commands.is_empty() && self.commands.capacity() > KEPT_PLACES {
            self.commands.shrink_to(KEPT_PLACES);
        }
    }
}

/// A command for the room has no answer yet.
fn is_awaited(commands: &[UnderWay], room: RoomId) -> bool {
    commands
        .iter()
        .any(|command| command.room == Some(room) && command.stored.is_none())
}

fn register(slot: &mut Option<Waker>, context: &Context<'_>) {
    match slot {
        Some(waker) if waker.will_wake(context.waker()) => {}
        _ => *slot = Some(context.waker().clone()),
    }
}

/// The sources in an order that is drawn.
#[cfg(test)]
fn shuffled(seed: &mut u64) -> [Source; 4] {
    let mut order = SOURCES;
    for at in 1..order.len() {
        order.swap(at, drawn(seed, at + 1));
    }
    order
}

/// A number below this one, by `SplitMix64`.
#[cfg(test)]
fn drawn(seed: &mut u64, below: usize) -> usize {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let [drawn, ..] = (z ^ (z >> 31)).to_le_bytes();
    usize::from(drawn) % below
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        server::hub::ring::{RingBounds, Rings},
        wire::{Change, Entry, Enveloped, Millis, RoomEvent, Tail, UserId, UserSeq, event::RoomRenamed},
    };
    use futures_util::FutureExt;

    const HALL: RoomId = RoomId::from_bytes([1; 16]);
    const ATTIC: RoomId = RoomId::from_bytes([2; 16]);
    const KEY: ClientKey = ClientKey::from_bytes([3; 16]);

    fn subscription() -> Subscription {
        Subscription::of(Level::CURRENT)
    }

    fn frame() -> Bytes {
        Bytes::from_static(b"frame")
    }

    #[test]
    fn connection_is_woken_once_for_all_that_comes_before_the_wake() {
        let subscription = subscription();
        assert!(subscription.reply(frame()));
        assert!(!subscription.reply(frame()));
        let take_both = || {
            for _ in 0..2 {
                assert_eq!(subscription.next(), Next::Frame(frame()));
            }
        };
        take_both();
        assert!(!subscription.reply(frame()), "the wake is still to come");
        subscription.wake();
        assert!(!subscription.reply(frame()), "it was woken and has not looked");
        take_both();
        assert!(subscription.reply(frame()));
    }

    #[test]
    fn connection_that_is_cut_gets_nothing_that_waited_and_keeps_its_first_ending() {
        let subscription = subscription();
        subscription.say(frame());
        subscription.cut(Ending::SignedOut);
        subscription.say(frame());
        subscription.cut(Ending::Resync);
        assert_eq!(subscription.next(), Next::End(Ending::SignedOut));
        assert!(subscription.cut_off().now_or_never().is_some());
    }

    #[test]
    fn restart_waits_for_what_waits_but_a_ban_does_not_wait_for_the_restart() {
        let subscription = subscription();
        subscription.say(frame());
        subscription.say(frame());
        subscription.finish(Ending::Restart);
        assert!(!subscription.push_value(LogSeq::User(UserSeq(1)), &frame()));
        assert_eq!(subscription.next(), Next::Frame(frame()));
        subscription.cut(Ending::Banned);
        assert_eq!(subscription.next(), Next::End(Ending::Banned));
    }

    #[test]
    fn connection_that_is_behind_nowhere_keeps_nothing() {
        let subscription = subscription();
        let ring = Arc::new(Ring::new(HALL));
        assert!(subscription.mark(&ring, Seq(1), Seq(2)));
        assert!(!subscription.push_value(LogSeq::User(UserSeq(1)), &frame()));
        while subscription.next() != Next::Wait {}
        let state = subscription.lock();
        assert!(state.behind.is_empty() && state.lane.is_none() && state.commands.is_empty());
        assert!(state.behind.capacity() <= KEPT_PLACES);
        assert_eq!(Arc::strong_count(&ring), 1);
    }

    #[test]
    fn command_is_known_by_its_room_and_its_key() {
        let subscription = subscription();
        for room in [HALL, ATTIC] {
            subscription.begin(Some(room), KEY);
        }
        let (client_key, room, seq) = (KEY, ATTIC, Seq(2));
        subscription.stored(Accepted { client_key, room, seq });
        let _is_first = subscription.answer(Some(HALL), KEY, frame());
        let state = subscription.lock();
        let left: Vec<_> = state.commands.iter().map(|command| command.room).collect();
        assert_eq!((left, state.is_awaited(ATTIC)), (vec![Some(ATTIC)], false));
    }

    #[test]
    fn reader_of_the_first_level_that_pulls_between_publishing_and_the_mark_is_not_closed() {
        let subscription = Subscription::of(Level::FIRST);
        let (mut rings, ring) = (Rings::new(FEW), Arc::new(Ring::new(HALL)));
        rings.push(&ring, event(1), Millis(0));
        assert!(subscription.mark(&ring, Seq(1), Seq(2)));
        (2..=20).for_each(|seq| rings.push(&ring, event(seq), Millis(0)));
        assert_eq!(subscription.next(), Next::Wait);
        assert!(
            !subscription.mark(&ring, Seq(2), Seq(21)),
            "it is still in the wake queue"
        );
        assert!(matches!(subscription.next(), Next::Frame(_)));
        assert_eq!(subscription.next(), Next::Wait);
    }

    const FEW: RingBounds = RingBounds {
        frames: 8,
        bytes: 0,
        all_bytes: 1_000_000,
    };

    fn event(seq: u64) -> RoomEvent {
        let entry = Entry {
            seq: Seq(seq),
            tail: Tail(0),
            at: Millis(0),
            actor: UserId::from_bytes([1; 16]),
            change: Change::from(RoomRenamed {
                name: "hall".to_owned(),
            })
            .pack(),
        };
        let (room, row) = (HALL, None);
        RoomEvent { room, entry, row }
    }

    #[test]
    fn notice_that_a_room_is_gone_is_woken_for_by_the_answer_it_waited_for() {
        for end in [
            |subscription: &Subscription| subscription.end(Some(HALL), KEY),
            |subscription: &Subscription| assert!(subscription.answer(Some(HALL), KEY, frame())),
        ] {
            let subscription = subscription();
            subscription.begin(Some(HALL), KEY);
            subscription.begin(Some(ATTIC), KEY);
            assert!(!subscription.leave(HALL), "there is nothing to send yet");
            let mut ready = Box::pin(subscription.ready());
            assert!((&mut ready).now_or_never().is_none());
            end(&subscription);
            assert!(ready.now_or_never().is_some());
            assert!(matches!(subscription.next(), Next::Frame(_)));
        }
    }
}
