//! Wishes without a key: read markers and dismissed cards. Only the latest of each
//! counts, so they need no queue: each is kept until the user log shows it, and told
//! once on every socket until then.

use super::io::{Generation, Moment};
use crate::wire::{
    Command, EpisodeId, RoomId,
    command::{DismissCard, MarkRead},
    limits::DISMISSED_MAX,
    user_log::Marker,
};

/// A reader who scrolls tells where they are at most this often per room.
const MARK_INTERVAL_MS: u64 = 1_000;

/// One per room that was read here; it stays after it is done, for the interval.
struct Mark {
    room: RoomId,
    marker: Marker,
    done: bool,
    told: Option<Generation>,
    not_before: Moment,
}

#[derive(Default)]
pub(super) struct Marking {
    marks: Vec<Mark>,
    dismissals: Vec<(EpisodeId, Option<Generation>)>,
}

impl Marking {
    /// A marker greater than any wished before.
    pub fn mark(&mut self, room: RoomId, marker: Marker) {
        match self.marks.iter_mut().find(|mark| mark.room == room) {
            Some(mark) => {
                mark.marker = marker;
                mark.done = false;
                mark.told = None;
            }
            None => self.marks.push(Mark {
                room,
                marker,
                done: false,
                told: None,
                not_before: 0,
            }),
        }
    }

    pub fn dismiss(&mut self, episode: EpisodeId) {
        if self.dismissals.iter().all(|(wished, _)| *wished != episode) {
            self.dismissals.push((episode, None));
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
        self.dismissals.retain(|(wished, _)| !episodes.contains(wished));
    }

    pub fn room_gone(&mut self, room: RoomId) {
        self.marks.retain(|mark| mark.room != room);
    }

    pub fn due(&mut self, generation: Generation, now: Moment) -> Vec<Command> {
        let mut due: Vec<Command> = Vec::new();
        for mark in &mut self.marks {
            if !mark.done && mark.told != Some(generation) && now >= mark.not_before {
                mark.told = Some(generation);
                mark.not_before = now + MARK_INTERVAL_MS;
                due.push(
                    MarkRead {
                        room: mark.room,
                        marker: mark.marker,
                    }
                    .into(),
                );
            }
        }
        for (episode, told) in &mut self.dismissals {
            if *told != Some(generation) {
                *told = Some(generation);
                due.push(DismissCard { episode: *episode }.into());
            }
        }
        due
    }

    /// The user log shows all that was wished.
    pub fn is_idle(&self) -> bool {
        self.dismissals.is_empty() && self.marks.iter().all(|mark| mark.done)
    }

    pub fn wake_at(&self, generation: Generation, now: Moment) -> Option<Moment> {
        let waiting = self
            .marks
            .iter()
            .filter(|mark| !mark.done && mark.told != Some(generation));
        waiting.map(|mark| mark.not_before).filter(|&at| at > now).min()
    }

    /// Nothing wished is about the log that is told of now.
    pub fn start_over(&mut self) {
        *self = Self::default();
    }
}
