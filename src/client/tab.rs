//! The tab itself: takes an input apart, then turns the wheel.

use super::{
    FirstPicture,
    away::Away,
    connection::{Connection, Status},
    directory::Directory,
    io::{Changed, Effect, Env, FetchId, Input, Moment},
    marking::Marking,
    outbox::Outbox,
    pages::{Pages, Place},
    presence::Device,
    room::Room,
    sorted::Sorted,
    store::OutboxStore,
    sync::Sync,
    user_log::UserLog,
};
use crate::wire::{
    DeviceId, Envelope, Enveloped, Epoch, Limits, Millis, Ordinal, Problem, RoomId, Seq, Unpack, UserId,
    fetch::{Answer, Have, News, RoomAnswer, Want},
    person::Me,
};

/// The tab wants to be told of time at least this often: by lateness it knows sleep.
const TICK_MS: u64 = 5_000;
/// A server that is alive answers each command long before.
pub(super) const ANSWER_DEADLINE_MS: u64 = 20_000;
/// For a server that asks to slow down: longer than any server means.
pub(super) const RETRY_AFTER_MAX_MS: u64 = 5 * 60 * 1_000;
pub(super) const FETCH_DEADLINE_MS: u64 = 30_000;
const FETCH_RETRY_BASE_MS: u64 = 1_000;
const FETCH_RETRY_MAX_MS: u64 = 30_000;

/// A pause before something is asked again, jittered by half.
pub(super) fn back_off(failures: u32, env: &mut Env<'_>) -> u64 {
    let longest = (FETCH_RETRY_BASE_MS << failures.min(5)).min(FETCH_RETRY_MAX_MS);
    longest / 2 + env.below(longest / 2 + 1)
}

/// What a step gives, while it is made.
#[derive(Default)]
pub(super) struct Out {
    pub effects: Vec<Effect>,
    pub changed: Changed,
}

/// The room on screen.
pub(super) struct Open {
    pub room: RoomId,
    pub at: Option<Seq>,
    pub divider: Divider,
    pub gone: bool,
}

/// Where the reader stood when they came. It stays until they leave.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Divider {
    NotKnownYet,
    /// The first unread message is not held: rows around this one, the last read, are fetched.
    Fetching(Ordinal),
    NothingUnread,
    After(Ordinal),
}

pub struct Tab {
    pub(super) now: Moment,
    wall: Millis,
    pub(super) me: Option<Me>,
    pub(super) limits: Limits,
    pub(super) epoch: Option<Epoch>,
    pub(super) device_id: Option<DeviceId>,
    pub(super) rooms: Sorted<RoomId, Room>,
    pub(super) user: UserLog,
    pub(super) directory: Directory,
    pub(super) outbox: Outbox,
    pub(super) marking: Marking,
    pub(super) connection: Connection,
    pub(super) device: Device,
    pub(super) sync: Sync,
    pub(super) pages: Pages,
    pub(super) away: Away,
    pub(super) open: Option<Open>,
    /// Rooms with rows, the one left last at the end.
    pub(super) left: Vec<RoomId>,
    pub(super) fetches: FetchId,
    /// The question who is signed in, and until when to wait for it.
    pub(super) whoami: Option<(FetchId, Moment)>,
    /// How often something came that needs a newer version.
    pub(super) newer: u32,
    status: Status,
}

impl Tab {
    /// A tab that knows nothing yet: it learns who is signed in when it is connected.
    pub fn new(now: Millis, store: Box<dyn OutboxStore>) -> Self {
        Self {
            now: 0,
            wall: now,
            me: None,
            limits: Limits::default(),
            epoch: None,
            device_id: None,
            rooms: Sorted::default(),
            user: UserLog::default(),
            directory: Directory::default(),
            outbox: Outbox::of(store),
            marking: Marking::default(),
            connection: Connection::new(0),
            device: Device::new(true, 0),
            sync: Sync::default(),
            pages: Pages::default(),
            away: Away::default(),
            open: None,
            left: Vec::new(),
            fetches: 0,
            whoami: None,
            newer: 0,
            status: Status::Quiet,
        }
    }

    /// The tab as the server drew it. It knows what the picture knows, and catches up
    /// from there once it is started.
    pub fn from_first_picture(picture: FirstPicture, store: Box<dyn OutboxStore>) -> Self {
        let mut tab = Self::new(picture.now, store);
        let mut out = Out::default();
        tab.limits = picture.limits;
        tab.me = Some(picture.me);
        tab.epoch = Some(picture.caught_up.epoch);
        let asked: Vec<Have> = picture
            .caught_up
            .rooms
            .iter()
            .filter(|told| told.news != News::Gone)
            .map(|told| tab.had(told))
            .collect();
        tab.take_caught_up(&asked, &[], picture.caught_up, &mut out);
        if let Some(room) = picture.open {
            // Before the room is opened, which lands among these rows.
            if let (Some(page), Some(state)) = (&picture.around, tab.rooms.get_mut(room)) {
                let me = tab.me.as_ref().map_or(NOBODY, |me| me.user);
                state.fill(page, &[], me);
            }
            tab.open_room_at(room, picture.at, &mut out);
            if tab.room(room).is_none() {
                tab.room_gone(room, &mut out);
            }
        }
        tab.land();
        tab.place_divider(false);
        tab.turn_away(&mut out);
        tab
    }

    /// The question that a room of the first picture is the answer to.
    fn had(&mut self, told: &RoomAnswer) -> Have {
        let has_rows = matches!(told.news, News::Reset(..));
        let room = self.rooms.get_or_default(told.room);
        room.wanted = has_rows;
        let want = if has_rows { Want::Rows } else { Want::Summary };
        Have {
            room: told.room,
            cursor: None,
            want,
        }
    }

    /// Says what happened; gives what is to be done.
    pub fn step(&mut self, env: &mut Env<'_>, input: Input) -> Vec<Effect> {
        // A clock that is set back stands still here.
        self.now += env.now.0.saturating_sub(self.wall.0);
        self.wall = env.now;
        let mut out = Out::default();
        self.take(input, env, &mut out);
        self.turn(&mut out);
        let Out { mut effects, changed } = out;
        if !changed.is_empty() {
            effects.push(Effect::Changed(changed));
        }
        effects
    }

    /// How long it may be until the next [`Input::Tick`].
    pub fn wake_after(&self) -> Millis {
        let now = self.now;
        let mut soonest = now + TICK_MS;
        let live = self.connection.is_live();
        let wakes = [
            self.connection.wake_at(now),
            self.device.wake_at(now),
            self.sync.wake_at(),
            self.pages.wake_at(),
            self.outbox.wake_at(now).filter(|_| live),
            self.marking.wake_at(self.connection.generation, now).filter(|_| live),
        ];
        for at in wakes.into_iter().flatten().filter(|&at| at > now) {
            soonest = soonest.min(at);
        }
        Millis(soonest - now)
    }

    fn take(&mut self, input: Input, env: &mut Env<'_>, out: &mut Out) {
        let now = self.now;
        let mut orders = Vec::new();
        match input {
            Input::Start { device, visible } => {
                self.device_id = Some(device);
                self.device = Device::new(visible, now);
                self.connection.start(now, visible, &mut orders);
            }
            Input::Tick => {
                self.connection.tick(now, env, &mut orders);
                self.expire_calls(env, out);
            }
            Input::SocketOpened { generation } => self.opened(generation, out),
            Input::SocketFrame { generation, bytes } => {
                if self.connection.received(generation, now) {
                    self.take_frame(&bytes, env, out);
                }
            }
            Input::SocketClosed { generation, code } => {
                self.connection.closed(generation, code, now, env, &mut orders);
            }
            Input::Fetched { fetch, answer } => self.fetched(fetch, answer, env, out),
            Input::Online => self.connection.went_online(now, env, &mut orders),
            Input::Offline => self.connection.went_offline(now, &mut orders),
            Input::Shown => {
                let was_away = self.device.is_hidden(now);
                self.device.show(now);
                self.connection.shown(now, env, &mut orders);
                self.place_divider(was_away);
                if let Some(open) = self.open.as_ref().filter(|_| was_away) {
                    out.changed.timeline(open.room);
                }
            }
            Input::Hidden => {
                self.device.hide(now);
                self.connection.hid();
                self.send_read(out);
            }
            Input::Touched => self.device.touch(now),
            Input::SigningOut => self.send_read(out),
            Input::Suspended => {
                // Before the socket closes.
                self.send_last_read(out);
                self.connection.suspended(now, &mut orders);
            }
            Input::Resumed => {
                self.reload_outbox(out);
                self.connection.resumed(now, &mut orders);
            }
            Input::OpenRoom { room, at } => self.open_room_at(room, at, out),
            Input::CloseRoom => self.close_room(out),
            Input::Displayed { room, from, to } => self.displayed(room, from, to, out),
            Input::MarkAllRead { room } => self.read_to(room, Ordinal(u64::MAX), out),
            Input::MarkRead { room, to } => self.mark_read(room, to, out),
            Input::GoToUnread { room } => self.go_to_unread(room, out),
            Input::LoadOlder { room } => self.load(room, Place::Older, out),
            Input::LoadGap { room, before } => self.load(room, Place::Gap { before }, out),
            Input::LoadNewer { room, before } => self.load(room, Place::Newer { before }, out),
            Input::AtEnd { room } => self.go_to_end(room, out),
            Input::Near { room, at } => self.come_near(room, at, out),
            Input::Send { room, body } => self.say(room, body, env, out),
            Input::Edit {
                room,
                target,
                revision,
                body,
            } => self.edit(room, target, revision, body, env, out),
            Input::Do(act) => self.act(act, env, out),
            Input::Retry(key) => self.retry(key, env, out),
            Input::Discard(key) => {
                if let Some(room) = self.outbox.take_failed(key).and_then(|command| command.room()) {
                    out.changed.timeline(room);
                }
            }
            Input::DismissCard => self.dismiss_card(),
        }
        self.carry_out(orders, out);
    }

    /// Does whatever the state, as it is now, calls for.
    fn turn(&mut self, out: &mut Out) {
        self.clear_accepted(out);
        self.ask_next(out);
        self.ask_page(out);
        self.tell(out);
        let divider = self.open.as_ref().map(|open| open.divider);
        self.place_divider(false);
        if let Some(open) = self.open.as_ref().filter(|open| Some(open.divider) != divider) {
            out.changed.timeline(open.room);
        }
        self.away.stale |= out.changed.rooms || out.changed.people;
        self.turn_away(out);
        let status = self.connection.status(self.now);
        if status != self.status {
            self.status = status;
            out.changed.connection = true;
            for room in self.outbox.rooms() {
                out.changed.timeline(room);
            }
            // Stale rows are shown without a server, and not with one.
            if let Some(open) = &self.open {
                out.changed.timeline(open.room);
            }
        }
    }

    fn fetched(&mut self, fetch: FetchId, answer: Result<Envelope, Problem>, env: &mut Env<'_>, out: &mut Out) {
        let answer = answer.and_then(|envelope| {
            Answer::unpack(&envelope).map_err(|unpack| match unpack {
                Unpack::Unknown => Problem::Unknown,
                Unpack::Malformed => Problem::Malformed,
            })
        });
        if answer == Err(Problem::Unknown) {
            self.miss_newer(out);
        }
        if self.whoami.is_some_and(|(asked, _)| asked == fetch) {
            self.whoami = None;
            if answer == Err(Problem::SignedOut) {
                self.sign_out(out);
            }
        } else if self.sync.is_call(fetch) {
            self.take_answer(answer, env, out);
        } else if self.pages.is_call(fetch) {
            let page = match answer {
                Ok(Answer::Page(page)) => Ok(page),
                Ok(_) => Err(Problem::Malformed),
                Err(problem) => Err(problem),
            };
            self.take_page(page, env, out);
        }
    }

    fn expire_calls(&mut self, env: &mut Env<'_>, out: &mut Out) {
        let whoami = self.whoami.unzip();
        let calls = [
            (self.sync.deadline(), self.sync.call_id()),
            (self.pages.deadline(), self.pages.call_id()),
            (whoami.1, whoami.0),
        ];
        for (deadline, fetch) in calls {
            if let (Some(deadline), Some(fetch)) = (deadline, fetch)
                && self.now >= deadline
            {
                self.fetched(fetch, Err(Problem::Unavailable), env, out);
            }
        }
    }

    pub(super) fn fetch_id(&mut self) -> FetchId {
        self.fetches = self.fetches.wrapping_add(1);
        self.fetches
    }

    /// The room, made if it is heard of for the first time.
    pub(super) fn room_entry(&mut self, id: RoomId) -> &mut Room {
        if let Some(open) = self.open.as_mut().filter(|open| open.room == id) {
            open.gone = false;
        }
        let is_open = self.open.as_ref().is_some_and(|open| open.room == id);
        let marker = self.user.marker(id);
        let room = self.rooms.get_or_default(id);
        room.marker = room.marker.max(marker);
        room.wanted |= is_open;
        room
    }

    pub(super) fn my_id(&self) -> UserId {
        self.me.as_ref().map_or(NOBODY, |me| me.user)
    }

    pub(super) fn status_now(&self) -> Status {
        self.status
    }
}

/// Nobody has this id; it stands for the reader until they are known.
const NOBODY: UserId = UserId::from_bytes([0; 16]);
