//! Pages that a reader asks for: older rows, rows of a gap, the rows around an entry.
//!
//! A want stays until it is fulfilled or given up, over any number of sockets. One
//! is asked for at a time.

use super::{
    io::{Effect, Env, FetchId, Moment},
    room::Room,
    tab::{FETCH_DEADLINE_MS, Out, Tab, back_off},
    window::STEP_ROWS,
};
use crate::wire::{
    Ordinal, Problem, RoomEvent, RoomId, Seq,
    fetch::{Around, Ask, History, Page},
    limits::{GAP_PAGE_SIZE, HELD_BACK_MAX_EVENTS, PAGE_SIZE, UNREAD_BELOW},
};

const WANTS_MAX: usize = 16;

const TRIES_MAX: u32 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Older,
    Gap {
        before: Ordinal,
    },
    Newer {
        before: Ordinal,
    },
    Around {
        seq: Seq,
    },
    /// Around the first unread message, after the last read one.
    Unread {
        read: Ordinal,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    room: RoomId,
    place: Place,
}

struct Call {
    fetch: FetchId,
    wanted: Wanted,
    deadline: Moment,
    /// What was heard of the room since: it may be newer than the page.
    since: Vec<RoomEvent>,
    /// More was heard than could be kept, or passed over.
    outdated: bool,
}

#[derive(Default)]
pub(super) struct Pages {
    wants: Vec<Wanted>,
    call: Option<Call>,
    tries: u32,
    retry_at: Moment,
}

impl Pages {
    pub fn want(&mut self, room: RoomId, place: Place) {
        let wanted = Wanted { room, place };
        let asked = self.call.as_ref().is_some_and(|call| call.wanted == wanted);
        if !asked && !self.wants.contains(&wanted) && self.wants.len() < WANTS_MAX {
            self.wants.push(wanted);
        }
    }

    /// Asked for, or to be asked for.
    pub fn is_wanted(&self, room: RoomId, place: Place) -> bool {
        let wanted = Wanted { room, place };
        self.wants
            .iter()
            .chain(self.call.as_ref().map(|call| &call.wanted))
            .any(|other| *other == wanted)
    }

    pub fn is_loading(&self, room: RoomId) -> bool {
        self.wants
            .iter()
            .chain(self.call.as_ref().map(|call| &call.wanted))
            .any(|wanted| wanted.room == room)
    }

    pub fn heard(&mut self, event: &RoomEvent) {
        if let Some(call) = self.call.as_mut().filter(|call| call.wanted.room == event.room) {
            if call.since.len() < HELD_BACK_MAX_EVENTS as usize {
                call.since.push(event.clone());
            } else {
                call.outdated = true;
            }
        }
    }

    /// Rows of the room were fetched by another way, past what we heard.
    pub fn passed_over(&mut self, room: RoomId) {
        if let Some(call) = self.call.as_mut().filter(|call| call.wanted.room == room) {
            call.outdated = true;
        }
    }

    /// The question under way will not be answered; it is asked again.
    pub fn lose_call(&mut self) {
        if let Some(call) = self.call.take() {
            self.wants.insert(0, call.wanted);
        }
    }

    pub fn room_gone(&mut self, room: RoomId) {
        self.wants.retain(|wanted| wanted.room != room);
        if self.call.as_ref().is_some_and(|call| call.wanted.room == room) {
            self.call = None;
        }
    }

    /// Nobody looks at the room any more.
    pub fn forget(&mut self, room: RoomId) {
        self.wants.retain(|wanted| wanted.room != room);
    }

    pub fn deadline(&self) -> Option<Moment> {
        self.call.as_ref().map(|call| call.deadline)
    }

    pub fn wake_at(&self) -> Option<Moment> {
        self.deadline().or((!self.wants.is_empty()).then_some(self.retry_at))
    }

    pub fn is_idle(&self) -> bool {
        self.call.is_none() && self.wants.is_empty()
    }

    pub fn is_call(&self, fetch: FetchId) -> bool {
        self.call.as_ref().is_some_and(|call| call.fetch == fetch)
    }

    pub fn call_id(&self) -> Option<FetchId> {
        self.call.as_ref().map(|call| call.fetch)
    }
}

/// What is to be asked, or that there is nothing left to ask, or not yet.
enum Next {
    Ask(Ask),
    Done,
    NotYet,
}

fn next(wanted: &Wanted, room: &Room) -> Next {
    let fresh = room.timeline.fresh();
    let history = |before: Ordinal, limit| {
        Next::Ask(Ask::History(History {
            room: wanted.room,
            before,
            limit,
        }))
    };
    if room.timeline.cursor().is_none() {
        return if room.wanted { Next::NotYet } else { Next::Done };
    }
    match wanted.place {
        Place::Older => match fresh.as_slice().first() {
            Some(first) if first.from > Ordinal(1) => history(first.from, STEP_ROWS),
            _ => Next::Done,
        },
        Place::Gap { before } => {
            let above = fresh.last_below(before).unwrap_or_default();
            match missing_between(above, before) {
                0 => Next::Done,
                missing => history(before, missing.min(GAP_PAGE_SIZE)),
            }
        }
        Place::Newer { before } => {
            // Below rows from before something was missed, what came after them begins the gap.
            let stale = || room.timeline.stale().last_below(before);
            let above = fresh.last_below(before).or_else(stale).unwrap_or_default();
            match missing_between(above, before).min(STEP_ROWS) {
                0 => Next::Done,
                limit => history(Ordinal(above.0 + u64::from(limit) + 1), limit),
            }
        }
        Place::Unread { read } if fresh.contains(read.next()) => Next::Done,
        Place::Unread { read } => {
            let below = Ordinal(read.0 + u64::from(UNREAD_BELOW) + 1);
            // A page of long messages may end before it gets there: the rest comes with the next.
            let held = fresh.first_above(read).filter(|held| *held <= below);
            history(held.unwrap_or(below), PAGE_SIZE)
        }
        Place::Around { seq } if room.timeline.shows(seq) => Next::Done,
        Place::Around { seq } => Next::Ask(Ask::Around(Around { room: wanted.room, seq })),
    }
}

fn missing_between(above: Ordinal, before: Ordinal) -> u32 {
    u32::try_from(before.0.saturating_sub(above.0 + 1)).unwrap_or(u32::MAX)
}

impl Tab {
    pub(super) fn ask_page(&mut self, out: &mut Out) {
        if !self.connection.is_live() || self.pages.call.is_some() || self.now < self.pages.retry_at {
            return;
        }
        let mut at = 0;
        while let Some(&wanted) = self.pages.wants.get(at) {
            let ask = match self.rooms.get(wanted.room).map(|room| next(&wanted, room)) {
                Some(Next::NotYet) => {
                    at += 1;
                    continue;
                }
                Some(Next::Ask(ask)) => Some(ask),
                Some(Next::Done) | None => None,
            };
            self.pages.wants.remove(at);
            if let Some(ask) = ask {
                let fetch = self.fetch_id();
                let deadline = self.now + FETCH_DEADLINE_MS;
                self.pages.call = Some(Call {
                    fetch,
                    wanted,
                    deadline,
                    since: Vec::new(),
                    outdated: false,
                });
                out.effects.push(Effect::Fetch { fetch, ask });
                return;
            }
        }
    }

    pub(super) fn take_page(&mut self, answer: Result<Page, Problem>, env: &mut Env<'_>, out: &mut Out) {
        let Some(call) = self.pages.call.take() else { return };
        let wanted = call.wanted;
        out.changed.timeline(wanted.room);
        let page = match answer {
            Ok(page) if page.room == wanted.room => page,
            Err(Problem::SignedOut) => return self.sign_out(out),
            Err(Problem::Gone) => {
                if let Some(room) = self.rooms.get_mut(wanted.room) {
                    room.lack_summary();
                }
                return;
            }
            Ok(_) | Err(_) => return self.page_failed(wanted, env),
        };
        self.meet(&page.people, out);
        let me = self.my_id();
        let Some(room) = self.rooms.get_mut(wanted.room) else {
            return;
        };
        let older = room.timeline.cursor().is_some_and(|cursor| page.as_of.seq < cursor.seq);
        if older && call.outdated {
            return self.page_failed(wanted, env);
        }
        room.fill(&page, &call.since, me);
        if matches!(wanted.place, Place::Unread { .. }) && !page.messages.is_empty() {
            self.pages.want(wanted.room, wanted.place);
        }
        self.pages.tries = 0;
        self.acknowledge_all(&page.messages);
    }

    fn page_failed(&mut self, wanted: Wanted, env: &mut Env<'_>) {
        self.pages.tries += 1;
        if self.pages.tries >= TRIES_MAX {
            // The row with its button is still there.
            self.pages.tries = 0;
            return;
        }
        self.pages.retry_at = self.now + back_off(self.pages.tries, env);
        self.pages.wants.insert(0, wanted);
    }
}
