//! Which questions are asked next, and what their answers do.
//!
//! One question is under way at a time. What to ask is read off the state: first the
//! room on screen, then what rooms off screen need to be listed, then their rows. An
//! answer that leaves something out, or that is older than what is known by now,
//! leaves the state lacking, and so the next question follows by itself.

use super::{
    io::{Effect, Env, FetchId, Moment},
    room::{Lack, Room},
    tab::{FETCH_DEADLINE_MS, Out, Tab, back_off},
};
use crate::wire::{
    Cursor, Problem, RoomId,
    fetch::{Answer, Ask, CatchUp, CaughtUp, Delta, Have, News, Page, Range, RoomAnswer, Want},
    limits::{ADVANCE_MAX_ENTRIES, CATCH_UP_MAX_ROOMS, DELTA_MAX_ENTRIES},
};

enum Question {
    CatchUp(Vec<Have>),
    Range(RoomId),
}

struct Call {
    fetch: FetchId,
    question: Question,
    deadline: Moment,
    /// Rooms that were lost meanwhile: what the answer says of them is no more.
    struck: Vec<RoomId>,
}

#[derive(Default)]
pub(super) struct Sync {
    call: Option<Call>,
    failures: u32,
    retry_at: Moment,
}

impl Sync {
    pub fn is_asking(&self) -> bool {
        self.call.is_some()
    }

    pub fn is_call(&self, fetch: FetchId) -> bool {
        self.call.as_ref().is_some_and(|call| call.fetch == fetch)
    }

    pub fn call_id(&self) -> Option<FetchId> {
        self.call.as_ref().map(|call| call.fetch)
    }

    pub fn deadline(&self) -> Option<Moment> {
        self.call.as_ref().map(|call| call.deadline)
    }

    pub fn wake_at(&self) -> Option<Moment> {
        self.deadline().or(Some(self.retry_at))
    }

    pub fn strike(&mut self, room: RoomId) {
        if let Some(call) = &mut self.call {
            call.struck.push(room);
        }
    }

    /// A new socket: nothing is under way, and failures of the old one say nothing.
    pub fn start_over(&mut self) {
        *self = Self::default();
    }
}

impl Tab {
    pub(super) fn ask_next(&mut self, out: &mut Out) {
        if !self.connection.is_live() || self.sync.is_asking() || self.now < self.sync.retry_at {
            return;
        }
        let Some((question, ask)) = self.next_range().or_else(|| self.next_catch_up()) else {
            return;
        };
        let fetch = self.fetch_id();
        let deadline = self.now + FETCH_DEADLINE_MS;
        self.sync.call = Some(Call {
            fetch,
            question,
            deadline,
            struck: Vec::new(),
        });
        out.effects.push(Effect::Fetch { fetch, ask });
    }

    /// A hole in a timeline that was live before: a small one, or a longer one of the room on
    /// screen whose reader was never away.
    fn next_range(&mut self) -> Option<(Question, Ask)> {
        let open = self.open_room();
        let holes = self.rooms.iter().filter_map(|(id, room)| Some((id, room.hole()?)));
        let small = holes.filter(|(id, (after, to))| {
            let was_here = open == Some(*id) && self.rooms.get(*id).is_some_and(Room::rows_were_level);
            let longest = if was_here {
                ADVANCE_MAX_ENTRIES
            } else {
                DELTA_MAX_ENTRIES
            };
            to.0 - after.seq.0 <= u64::from(longest)
        });
        let (room, (after, to)) = small.min_by_key(|(id, _)| open != Some(*id))?;
        Some((Question::Range(room), Ask::Range(Range { room, after, to })))
    }

    fn next_catch_up(&mut self) -> Option<(Question, Ask)> {
        let haves = self.haves();
        if haves.is_empty() && !self.user.is_behind() && !self.directory.is_behind() {
            return None;
        }
        for have in &haves {
            if let Some(room) = self.rooms.get_mut(have.room) {
                room.summary.ask();
                if have.want == Want::Rows {
                    room.rows.ask();
                }
            }
        }
        let ask = CatchUp {
            epoch: self.epoch,
            user: self.user.cursor,
            directory: self.directory.cursor,
            rooms: haves.clone(),
        };
        Some((Question::CatchUp(haves), Ask::CatchUp(ask)))
    }

    fn haves(&self) -> Vec<Have> {
        let open = self.open_room();
        let mut haves = Vec::new();
        let first = open.and_then(|id| Some((id, self.rooms.get(id)?)));
        if let Some((id, room)) = first
            && (room.lacks_rows() || room.lacks_summary())
        {
            haves.push(Have {
                room: id,
                cursor: room.timeline.cursor(),
                want: Want::Rows,
            });
        }
        let others = || self.rooms.iter().filter(|(id, _)| open != Some(*id));
        for (id, room) in others().filter(|(_, room)| room.lacks_summary()) {
            let cursor = (room.head != Cursor::default()).then_some(room.head);
            haves.push(Have {
                room: id,
                cursor,
                want: Want::Summary,
            });
        }
        if haves.is_empty() {
            for (id, room) in others().filter(|(_, room)| room.lacks_rows()) {
                haves.push(Have {
                    room: id,
                    cursor: room.timeline.cursor(),
                    want: Want::Rows,
                });
            }
        }
        haves.truncate(CATCH_UP_MAX_ROOMS as usize);
        haves
    }

    pub(super) fn take_answer(&mut self, answer: Result<Answer, Problem>, env: &mut Env<'_>, out: &mut Out) {
        let Some(call) = self.sync.call.take() else { return };
        let before = self.progress();
        match (call.question, answer) {
            (Question::CatchUp(asked), Ok(Answer::CaughtUp(answer))) if Some(answer.epoch) == self.epoch => {
                self.take_caught_up(&asked, &call.struck, answer, out);
            }
            // The store was restored meanwhile: the next `Welcome` tells.
            (Question::CatchUp(_), Ok(Answer::CaughtUp(_))) => return self.resync(env, out),
            (Question::Range(room), Ok(Answer::Delta(delta))) if delta.room == room => {
                if !call.struck.contains(&room) {
                    self.take_range(&delta, out);
                }
            }
            (_, Err(Problem::SignedOut)) => return self.sign_out(out),
            (Question::CatchUp(asked), _) => self.not_answered(&asked),
            (Question::Range(room), refused) => {
                let may_pass = matches!(refused, Err(Problem::Unavailable | Problem::TooFast { .. }));
                if let Some(room) = self.rooms.get_mut(room).filter(|_| !may_pass) {
                    room.lack_rows();
                }
            }
        }
        // An answer that brings nothing forward is not asked for again at once.
        if self.progress() == before {
            self.sync.failures += 1;
            self.sync.retry_at = self.now + back_off(self.sync.failures, env);
        } else {
            self.sync.failures = 0;
        }
    }

    fn not_answered(&mut self, asked: &[Have]) {
        for have in asked {
            if let Some(room) = self.rooms.get_mut(have.room) {
                room.summary.lost();
                room.rows.lost();
            }
        }
    }

    /// What any answer that is of use changes.
    fn progress(&self) -> (u64, u64, usize, u64, u32) {
        let lacking = self.rooms.values().map(Room::lacks);
        let known = self
            .rooms
            .values()
            .map(|room| room.head.seq.0 + room.timeline.cursor().map_or(0, |c| c.seq.0));
        (
            self.user.cursor.0,
            self.directory.cursor.0,
            self.rooms.len(),
            known.sum(),
            lacking.sum(),
        )
    }

    fn take_range(&mut self, delta: &Delta, out: &mut Out) {
        self.meet(&delta.people, out);
        self.pages.passed_over(delta.room);
        let me = self.my_id();
        let Some(room) = self.rooms.get_mut(delta.room) else {
            return;
        };
        if room.timeline.cursor().is_some_and(|cursor| delta.to.seq <= cursor.seq) {
            room.lack_rows();
            return;
        }
        room.hear_delta(delta, me);
        self.acknowledge_all(&delta.messages);
        out.changed.rooms = true;
        out.changed.timeline(delta.room);
    }

    pub(super) fn take_caught_up(&mut self, asked: &[Have], struck: &[RoomId], answer: CaughtUp, out: &mut Out) {
        self.meet(&answer.people, out);
        self.directory.caught_up(answer.directory_to);
        let fresh: Vec<RoomId> = answer.rooms.iter().map(|told| told.room).collect();
        for item in &answer.user {
            self.take_user_item(item, &fresh, out);
        }
        self.user.caught_up(answer.user_to);
        // Rooms that the answer leaves out are lacking still.
        let left_out = |have: &&Have| answer.rooms.iter().all(|told| told.room != have.room);
        let left_out: Vec<Have> = asked.iter().filter(left_out).cloned().collect();
        self.not_answered(&left_out);
        for told in answer.rooms {
            let have = asked.iter().find(|have| have.room == told.room);
            if let Some(have) = have.filter(|_| !struck.contains(&told.room)) {
                self.take_news(have, told, out);
            }
        }
        out.changed.rooms = true;
        self.away.stale = true;
    }

    fn take_news(&mut self, have: &Have, told: RoomAnswer, out: &mut Out) {
        let id = told.room;
        let me = self.my_id();
        match &told.news {
            News::Delta(_, Delta { people, .. })
            | News::Jump(_, Page { people, .. })
            | News::Reset(_, Page { people, .. }) => {
                self.meet(people, out);
                self.pages.passed_over(id);
            }
            News::Gone => return self.room_gone(id, out),
            News::Same(_) | News::Summary(_) => {}
        }
        let marker = self.user.marker(id);
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.summary.answered();
        if have.want == Want::Rows {
            room.rows.answered();
        }
        let said = match told.news {
            News::Same(summary) | News::Summary(summary) => {
                room.adopt(&summary, me);
                Vec::new()
            }
            News::Delta(summary, delta) => {
                room.adopt(&summary, me);
                room.hear_delta(&delta, me);
                delta.messages
            }
            News::Jump(summary, page) => {
                room.adopt(&summary, me);
                room.jump(&page, me);
                page.messages
            }
            News::Reset(summary, page) => {
                if have.cursor.is_some() {
                    room.start_over();
                    room.summary = Lack::Nothing;
                    room.rows = Lack::Nothing;
                }
                room.adopt(&summary, me);
                let lost = room.reset(&page, me);
                self.outbox.push_lost(id, &lost, self.limits.outbox_max);
                page.messages
            }
            News::Gone => return,
        };
        room.move_marker(marker, me);
        room.drain(me);
        self.acknowledge_all(&said);
        out.changed.timeline(id);
    }
}
