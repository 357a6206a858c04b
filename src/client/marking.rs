//! Commands without a client key: read markers and dismissed cards.
//!
//! Only the latest of each counts, so they need no queue and nothing is stored for them.
//! Each is sent with a number and repeated until the server acknowledges or refuses it, or
//! until the user log shows it.

use super::{
    io::{Env, Generation, Moment},
    tab::{ANSWER_DEADLINE_MS, RETRY_AFTER_MAX_MS, back_off},
};
use crate::wire::{
    Command, EpisodeId, Problem, RoomId,
    command::{DismissCard, MarkRead},
    limits::{DISMISSED_MAX, MARKS_PER_QUESTION_MAX},
    user_log::Marker,
};

/// A reader who scrolls sends where they are at most this often per room.
const MARK_INTERVAL_MS: u64 = 1_000;

/// One command on its way: when and under which number it was sent last.
#[derive(Default)]
struct Attempt {
    sent: Option<Sent>,
    not_before: Moment,
    failures: u32,
}

struct Sent {
    generation: Generation,
    number: u32,
    at: Moment,
}

impl Attempt {
    fn is_due(&self, generation: Generation, now: Moment) -> bool {
        now >= self.not_before && !self.is_under_way(generation, now)
    }

    fn is_under_way(&self, generation: Generation, now: Moment) -> bool {
        self.sent
            .as_ref()
            .is_some_and(|sent| sent.generation == generation && now < sent.at + ANSWER_DEADLINE_MS)
    }

    fn wake_at(&self, generation: Generation) -> Moment {
        match &self.sent {
            Some(sent) if sent.generation == generation => self.not_before.max(sent.at + ANSWER_DEADLINE_MS),
            _ => self.not_before,
        }
    }

    fn has_number(&self, generation: Generation, number: u32) -> bool {
        self.sent
            .as_ref()
            .is_some_and(|sent| sent.generation == generation && sent.number == number)
    }

    /// Has it sent again later, after a problem that passes. False for any other problem.
    fn put_off(&mut self, problem: &Problem, now: Moment, env: &mut Env<'_>) -> bool {
        let after = match problem {
            Problem::Unavailable => back_off(self.failures, env),
            Problem::TooFast { retry_after } => retry_after.0.min(RETRY_AFTER_MAX_MS),
            _ => return false,
        };
        self.failures = self.failures.saturating_add(1);
        self.sent = None;
        self.not_before = now + after;
        true
    }
}

/// One per room that was read here; it stays after it is done, for the interval.
struct Mark {
    room: RoomId,
    marker: Marker,
    done: bool,
    attempt: Attempt,
}

struct Dismissal {
    episode: EpisodeId,
    attempt: Attempt,
}

#[derive(Default)]
pub(super) struct Marking {
    marks: Vec<Mark>,
    dismissals: Vec<Dismissal>,
    numbers: u32,
}

impl Marking {
    /// A marker greater than any before it.
    pub fn mark(&mut self, room: RoomId, marker: Marker) {
        match self.marks.iter_mut().find(|mark| mark.room == room) {
            Some(mark) => {
                mark.marker = marker;
                mark.done = false;
                mark.attempt.sent = None;
            }
            None => self.marks.push(Mark {
                room,
                marker,
                done: false,
                attempt: Attempt::default(),
            }),
        }
    }

    pub fn dismiss(&mut self, episode: EpisodeId) {
        if self.dismissals.iter().all(|dismissal| dismissal.episode != episode) {
            let attempt = Attempt::default();
            self.dismissals.push(Dismissal { episode, attempt });
        }
        // Older cards are not shown any more.
        let surplus = self.dismissals.len().saturating_sub(DISMISSED_MAX as usize);
        self.dismissals.drain(..surplus);
    }

    /// The user log shows this marker.
    pub fn marked(&mut self, room: RoomId, marker: Marker) {
        for mark in self.marks.iter_mut().filter(|mark| mark.room == room) {
            mark.done |= mark.marker <= marker;
        }
    }

    pub fn dismissed(&mut self, episodes: &[EpisodeId]) {
        self.dismissals
            .retain(|dismissal| !episodes.contains(&dismissal.episode));
    }

    /// The server's answer to the command of this number. Gives the room whose marker was
    /// refused for good.
    pub fn acknowledged(
        &mut self,
        (generation, number): (Generation, u32),
        problem: Option<&Problem>,
        now: Moment,
        env: &mut Env<'_>,
    ) -> Option<RoomId> {
        let mut refused = None;
        for mark in &mut self.marks {
            if !mark.done && mark.attempt.has_number(generation, number) {
                mark.done = !problem.is_some_and(|problem| mark.attempt.put_off(problem, now, env));
                if mark.done {
                    mark.attempt.failures = 0;
                    refused = problem.map(|_| mark.room);
                }
            }
        }
        self.dismissals.retain_mut(|dismissal| {
            !dismissal.attempt.has_number(generation, number)
                || problem.is_some_and(|problem| dismissal.attempt.put_off(problem, now, env))
        });
        refused
    }

    pub fn room_gone(&mut self, room: RoomId) {
        self.marks.retain(|mark| mark.room != room);
    }

    /// What is to be sent now, each with its number.
    pub fn due(&mut self, generation: Generation, now: Moment) -> Vec<(u32, Command)> {
        let Self {
            marks,
            dismissals,
            numbers,
        } = self;
        let mut due: Vec<(u32, Command)> = Vec::new();
        let mut send = |attempt: &mut Attempt, command: Command| {
            *numbers = numbers.wrapping_add(1);
            attempt.sent = Some(Sent {
                generation,
                number: *numbers,
                at: now,
            });
            due.push((*numbers, command));
        };
        for mark in marks {
            if !mark.done && mark.attempt.is_due(generation, now) {
                mark.attempt.not_before = now + MARK_INTERVAL_MS;
                let (room, marker) = (mark.room, mark.marker);
                send(&mut mark.attempt, MarkRead { room, marker }.into());
            }
        }
        for dismissal in dismissals {
            if dismissal.attempt.is_due(generation, now) {
                let episode = dismissal.episode;
                send(&mut dismissal.attempt, DismissCard { episode }.into());
            }
        }
        due
    }

    /// The next marker of each room need not wait for its interval.
    pub fn hurry(&mut self) {
        for mark in self
            .marks
            .iter_mut()
            .filter(|mark| !mark.done && mark.attempt.sent.is_none())
        {
            mark.attempt.not_before = 0;
        }
    }

    /// Markers that no server has acknowledged, the newest of each room.
    pub fn unacknowledged(&self) -> Vec<MarkRead> {
        let mut marks = Vec::new();
        for mark in self.marks.iter().filter(|mark| !mark.done) {
            let (room, marker) = (mark.room, mark.marker);
            marks.push(MarkRead { room, marker });
        }
        marks.truncate(MARKS_PER_QUESTION_MAX as usize);
        marks
    }

    /// Nothing waits for its acknowledgement.
    pub fn is_idle(&self) -> bool {
        self.dismissals.is_empty() && self.marks.iter().all(|mark| mark.done)
    }

    pub fn wake_at(&self, generation: Generation, now: Moment) -> Option<Moment> {
        let marks = self.marks.iter().filter(|mark| !mark.done).map(|mark| &mark.attempt);
        let dismissals = self.dismissals.iter().map(|dismissal| &dismissal.attempt);
        let wakes = marks.chain(dismissals).map(|attempt| attempt.wake_at(generation));
        wakes.filter(|&at| at > now).min()
    }

    /// Nothing that waits is about the log that is known now.
    pub fn start_over(&mut self) {
        let numbers = self.numbers;
        *self = Self::default();
        self.numbers = numbers;
    }
}
