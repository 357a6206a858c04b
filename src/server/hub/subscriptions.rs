//! Subscriptions: which connections receive what. Pure bookkeeping: it knows no store and no
//! socket, and time only as it is passed in.
//!
//! A user's rooms are known from one reading of the store and, after that, from
//! published entries alone. The reading and the entries cross each other:
//!
//! 1. A connection is registered; from here on, entries that change the user's
//!    memberships are recorded.
//! 2. The memberships are read and handed in. Per room the later of reading and
//!    record counts, by the entry that made it so.
//! 3. The connection's heads are read after that. What was published before is
//!    below the heads, what is published later is delivered: nothing falls between.

use super::{
    encode_at,
    lane::LogSeq,
    ring::{Ring, RingBounds, Rings},
    seats::Seat,
    slots::{Slot, Slots},
    subscription::{Ending, Subscription},
    wake_queue::WakeQueue,
};
use crate::wire::{
    Change, Level, Millis, Person, RoomEvent, RoomId, Seq, ServerItem, SessionId, UserId,
    event::{DirectoryEvent, UserEvent},
};
use axum::body::Bytes;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Changes of memberships recorded for a user until the store has been read. The
/// reading takes milliseconds; who exceeds this in them starts over.
const RECORD_MAX_ROOMS: usize = 4_096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionId(u64);

impl ConnectionId {
    /// The n-th connection of this server.
    pub fn nth(n: u64) -> Self {
        Self(n)
    }
}

/// A connection as the hub sees it.
#[derive(Clone)]
pub struct Line {
    pub id: ConnectionId,
    pub user: UserId,
    pub session: SessionId,
    pub subscription: Arc<Subscription>,
}

/// One membership, as of the entry that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tie {
    pub room: RoomId,
    pub since: Seq,
}

pub struct Subscriptions {
    online: Slots<UserId, Online>,
    /// The rooms of users who are online and whose rooms are known.
    rooms: Slots<RoomId, Room>,
    pub rings: Rings,
    pub wake_queue: WakeQueue,
}

struct Room {
    members: HashSet<Slot>,
    /// Made by the first entry that is published while somebody reads the room.
    ring: Option<Arc<Ring>>,
}

struct Online {
    lines: Vec<Seated>,
    rooms: Rooms,
}

/// The seat is free again when the hub has forgotten the connection, not before.
struct Seated {
    line: Line,
    _seat: Seat,
}

enum Rooms {
    /// The store is being read; the last published change of each room.
    Recording(HashMap<RoomId, Recorded>),
    /// The rooms the user is in, with the entries that let them in. A list, because
    /// everybody online has one, and it is searched only when a membership changes.
    Known(Vec<(Slot, Seq)>),
}

#[derive(Clone, Copy)]
struct Recorded {
    seq: Seq,
    inside: bool,
}

impl Subscriptions {
    pub fn new(bounds: RingBounds) -> Self {
        Self {
            online: Slots::default(),
            rooms: Slots::default(),
            rings: Rings::new(bounds),
            wake_queue: WakeQueue::default(),
        }
    }

    pub fn register(&mut self, line: Line, seat: Seat) {
        if line.subscription.is_cut() {
            return;
        }
        let slot = self.online.find_or_insert(line.user, || Online {
            lines: Vec::with_capacity(1),
            rooms: Rooms::Recording(HashMap::new()),
        });
        if let Some(online) = self.online.get_mut(slot) {
            online.lines.push(Seated { line, _seat: seat });
        }
    }

    pub fn unregister(&mut self, user: UserId, id: ConnectionId) {
        let Some(slot) = self.online.find(user) else { return };
        let Some(online) = self.online.get_mut(slot) else {
            return;
        };
        online.lines.retain(|seated| seated.line.id != id);
        if online.lines.is_empty() {
            self.go_offline(slot);
        }
    }

    /// Takes the memberships as one connection of the user read them. A later
    /// reading says nothing new: entries have kept the first one current. One by a
    /// connection that is gone may be older than the record, and is not taken.
    pub fn memberships(&mut self, user: UserId, by: ConnectionId, read: impl IntoIterator<Item = Tie>) {
        let Some(slot) = self.online.find(user) else { return };
        let Some(online) = self.online.get_mut(slot) else {
            return;
        };
        if online.lines.iter().all(|seated| seated.line.id != by) {
            return;
        }
        let Rooms::Recording(recorded) = &mut online.rooms else {
            return;
        };
        let recorded = std::mem::take(recorded);
        let mut known: HashMap<_, _> = read.into_iter().map(|tie| (tie.room, tie.since)).collect();
        for (room, change) in recorded {
            if known.get(&room).is_some_and(|since| *since >= change.seq) {
                continue;
            }
            if change.inside {
                known.insert(room, change.seq);
            } else {
                known.remove(&room);
            }
        }
        let known: Vec<_> = known
            .into_iter()
            .map(|(room, since)| (self.enter(room, slot), since))
            .collect();
        if let Some(online) = self.online.get_mut(slot) {
            online.rooms = Rooms::Known(known);
        }
    }

    /// Publishes an entry to the members of its room, after following what it says of
    /// memberships.
    pub fn room(&mut self, event: RoomEvent, now: Millis) {
        let (room, seq) = (event.room, event.entry.seq);
        match event.entry.change() {
            Ok(Change::MemberJoined(joined)) => self.let_in(joined.user, room, seq),
            Ok(Change::MemberLeft(left)) => self.let_out(left.user, room, seq),
            Ok(Change::MemberRemoved(removed)) => self.let_out(removed.user, room, seq),
            Ok(Change::RoomDeleted(_)) => self.let_all_out(room, seq),
            Ok(_) | Err(_) => {}
        }
        self.messages(room, vec![event], now);
    }

    /// Publishes consecutive entries that change no membership: they go into the room's ring,
    /// and each connection of its members is marked once for all of them.
    pub fn messages(&mut self, id: RoomId, events: Vec<RoomEvent>, now: Millis) {
        let Self {
            online,
            rooms,
            rings,
            wake_queue,
        } = self;
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return;
        };
        let (next, end) = (first.entry.seq, last.entry.seq.next());
        let Some(room) = rooms.find(id).and_then(|slot| rooms.get_mut(slot)) else {
            return;
        };
        let ring = room.ring.get_or_insert_with(|| Arc::new(Ring::new(id)));
        for event in events {
            if let Some(row) = &event.row
                && event.takes_text_away()
            {
                rings.replace(ring, row);
            }
            rings.push(ring, event, now);
        }
        for user in &room.members {
            for Line { subscription, .. } in lines(online, *user) {
                if subscription.mark(ring, next, end) {
                    wake_queue.push(subscription);
                }
            }
        }
    }

    /// Publishes a value of the user log to its user.
    pub fn user(&mut self, user: UserId, event: UserEvent) {
        if let Some(slot) = self.online.find(user) {
            let at = LogSeq::User(event.item.useq);
            self.deliver(slot, at, &mut LevelFrames::of(ServerItem::User(event)));
        }
    }

    /// Publishes a person's new value to the person and to the members of `rooms`, theirs.
    pub fn person(&mut self, person: Person, rooms: &[RoomId]) {
        let mut audience: HashSet<Slot> = self.online.find(person.user).into_iter().collect();
        for room in rooms {
            let room = self.rooms.find(*room).and_then(|slot| self.rooms.get(slot));
            audience.extend(room.into_iter().flat_map(|room| &room.members));
        }
        let at = LogSeq::Directory(person.dseq);
        let mut frames = LevelFrames::of(ServerItem::Directory(DirectoryEvent { person }));
        for user in audience {
            self.deliver(user, at, &mut frames);
        }
    }

    /// Empties all rings: whoever is behind fetches what it lacks.
    pub fn clear_rings(&mut self) {
        for slot in self.rooms.slots() {
            if let Some(ring) = self.rooms.get(slot).and_then(|room| room.ring.as_ref()) {
                self.rings.clear(ring);
            }
        }
    }

    pub fn end_sessions(&self, user: UserId, sessions: &[SessionId]) {
        if let Some(slot) = self.online.find(user) {
            self.end(slot, Ending::SignedOut, |line| sessions.contains(&line.session));
        }
    }

    pub fn ban(&self, user: UserId) {
        if let Some(slot) = self.online.find(user) {
            self.end(slot, Ending::Banned, |_| true);
        }
    }

    fn let_in(&mut self, user: UserId, room: RoomId, seq: Seq) {
        let Some(user) = self.online.find(user) else { return };
        let known = match self.online.get(user).map(|online| &online.rooms) {
            None => return,
            Some(Rooms::Recording(_)) => return self.record(user, room, Recorded { seq, inside: true }),
            Some(Rooms::Known(_)) => self.enter(room, user),
        };
        let Some(Rooms::Known(rooms)) = self.online.get_mut(user).map(|online| &mut online.rooms) else {
            return;
        };
        match rooms.iter_mut().find(|(room, _)| *room == known) {
            Some((_, since)) => *since = seq.max(*since),
            None => rooms.push((known, seq)),
        }
    }

    fn let_out(&mut self, user: UserId, room: RoomId, seq: Seq) {
        if let Some(user) = self.online.find(user) {
            self.let_slot_out(user, room, seq);
        }
    }

    fn let_slot_out(&mut self, user: Slot, room: RoomId, seq: Seq) {
        let slot = self.rooms.find(room);
        match self.online.get_mut(user).map(|online| &mut online.rooms) {
            None => {}
            Some(Rooms::Recording(_)) => self.record(user, room, Recorded { seq, inside: false }),
            Some(Rooms::Known(known)) => {
                let Some(slot) = slot else { return };
                // They were let in again later: the reading knew that before its entry came here.
                let Some(at) = known.iter().position(|(room, since)| *room == slot && *since <= seq) else {
                    return;
                };
                known.swap_remove(at);
                for Line { subscription, .. } in lines(&self.online, user) {
                    if subscription.leave(room) {
                        self.wake_queue.push(subscription);
                    }
                }
                self.leave_room(slot, user);
            }
        }
    }

    /// Also those whose rooms are being read: the reading may be of before.
    fn let_all_out(&mut self, room: RoomId, seq: Seq) {
        let online: Vec<Slot> = self.online.slots().collect();
        for user in online {
            self.let_slot_out(user, room, seq);
        }
    }

    fn record(&mut self, user: Slot, room: RoomId, change: Recorded) {
        let Some(Online {
            rooms: Rooms::Recording(recorded),
            ..
        }) = self.online.get_mut(user)
        else {
            return;
        };
        recorded.insert(room, change);
        if recorded.len() > RECORD_MAX_ROOMS {
            self.end(user, Ending::Resync, |_| true);
            self.online.remove(user);
        }
    }

    fn go_offline(&mut self, user: Slot) {
        if let Some(Online {
            rooms: Rooms::Known(known),
            ..
        }) = self.online.remove(user)
        {
            for (room, _) in known {
                self.leave_room(room, user);
            }
        }
    }

    fn enter(&mut self, room: RoomId, user: Slot) -> Slot {
        let slot = self.rooms.find_or_insert(room, || Room {
            members: HashSet::new(),
            ring: None,
        });
        if let Some(room) = self.rooms.get_mut(slot) {
            room.members.insert(user);
        }
        slot
    }

    /// A room that nobody reads needs no ring.
    fn leave_room(&mut self, slot: Slot, user: Slot) {
        let Some(room) = self.rooms.get_mut(slot) else { return };
        room.members.remove(&user);
        if room.members.is_empty()
            && let Some(Room { ring: Some(ring), .. }) = self.rooms.remove(slot)
        {
            self.rings.clear(&ring);
        }
    }

    fn deliver(&mut self, user: Slot, at: LogSeq, frames: &mut LevelFrames) {
        for Line { subscription, .. } in lines(&self.online, user) {
            if let Some(frame) = frames.at(subscription.level())
                && subscription.push_value(at, &frame)
            {
                self.wake_queue.push(subscription);
            }
        }
    }

    fn end(&self, user: Slot, ending: Ending, which: impl Fn(&Line) -> bool) {
        for line in lines(&self.online, user) {
            if which(line) {
                line.subscription.cut(ending);
            }
        }
    }
}

fn lines(online: &Slots<UserId, Online>, user: Slot) -> impl Iterator<Item = &Line> {
    let online = online.get(user).into_iter();
    online.flat_map(|online| &online.lines).map(|seated| &seated.line)
}

/// One item in the form of each level that somebody needs.
struct LevelFrames {
    item: ServerItem,
    made: Vec<(Level, Option<Bytes>)>,
}

impl LevelFrames {
    fn of(item: ServerItem) -> Self {
        Self { item, made: Vec::new() }
    }

    fn at(&mut self, level: Level) -> Option<Bytes> {
        if let Some((_, frame)) = self.made.iter().find(|(made, _)| *made == level) {
            return frame.clone();
        }
        let frame = encode_at(&self.item, level);
        self.made.push((level, frame.clone()));
        frame
    }
}
