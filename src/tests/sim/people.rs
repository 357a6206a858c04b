//! What people do at their tabs.

use super::{screen::Screen, tally::Seen, world::World};
use crate::{
    client::{Act, Input, Row},
    wire::{ClientKey, Emoji, Message, Ordinal, Problem, RoomId, RoomKind, UserId},
};
use std::sync::Arc;

const ROWS_DRAWN: usize = 30;
const ROWS_ON_SCREEN_MAX: usize = 12;
/// More would make the rooms emptier, not the world richer.
const ROOMS_MAX: usize = 6;
/// A user who comes back often looks first at what lies beside the card.
const LOOKS_BESIDE_CARD_PER_MILLE: u64 = 400;
const EMOJI: [&str; 3] = ["👍", "🎉", "❤️"];

impl World {
    /// Somebody does something at a tab that runs.
    pub fn somebody_acts(&mut self) {
        let awake: Vec<usize> = (0..self.seats.len()).filter(|at| !self.seats[*at].is_asleep).collect();
        let Some(&at) = self.dice.pick(&awake) else { return };
        self.steps();
        let input = self.an_input(at);
        if let Some(input) = input {
            if matches!(input, Input::Edit { .. } | Input::Retry(_) | Input::Discard(_)) {
                self.forsakes_failed(at);
            }
            if let Input::Retry(key) = input {
                self.pursues_again(at, key);
            }
            self.tells(at, input);
        }
    }

    fn an_input(&mut self, at: usize) -> Option<Input> {
        let open = self.seats[at].tab.open_room();
        if self.seats[at].card_over_log().is_some() && self.dice.happens(LOOKS_BESIDE_CARD_PER_MILLE) {
            return self.a_screenful(at, open?);
        }
        Some(match self.dice.below(100) {
            0..14 => Input::OpenRoom {
                room: self.a_room(at)?,
                at: None,
            },
            14..16 => Input::CloseRoom,
            16..46 => self.a_message(at)?,
            46..54 => self.an_edit(at, open?)?,
            54..58 => self.a_deletion(at, open?)?,
            58..64 => self.a_reaction(at, open?)?,
            64..75 => self.a_screenful(at, open?)?,
            75..76 => Input::GoToUnread { room: open? },
            76..77 => self.a_scroll(at, open?)?,
            77..78 => self.all_read(at, open?),
            78..81 => Input::LoadOlder { room: open? },
            81..84 => self.a_gap(at, open?)?,
            84..93 => Input::Do(self.an_act(at)?),
            93..95 => self.a_second_try(at, open?)?,
            95 => Input::Hidden,
            96 => Input::Shown,
            97 => Input::Touched,
            98 => Input::Offline,
            _ => Input::Online,
        })
    }

    /// Mostly a room of one's own; sometimes one that may not be there.
    fn a_room(&mut self, at: usize) -> Option<RoomId> {
        let own: Vec<RoomId> = self.seats[at].tab.rooms().iter().map(|line| line.room).collect();
        if self.dice.happens(950) {
            return self.dice.pick(&own).copied();
        }
        self.dice.pick(&self.rooms).copied()
    }

    pub fn a_text(&mut self) -> String {
        self.texts += 1;
        let named = self.dice.index(self.people.len());
        let name = if self.dice.happens(250) {
            format!(" @{}", self.people[named].username)
        } else {
            String::new()
        };
        format!("word {}{name}", self.texts)
    }

    fn a_message(&mut self, at: usize) -> Option<Input> {
        let room = match self.seats[at].tab.open_room() {
            Some(room) if self.dice.happens(800) => room,
            _ => self.a_room(at)?,
        };
        let body = self.a_text();
        Some(Input::Send { room, body })
    }

    /// One of the newest messages the tab holds.
    fn a_row(&mut self, at: usize, room: RoomId) -> Option<Arc<Message>> {
        let back = self.dice.index(12);
        let rows = self.seats[at].tab.timeline(room)?;
        let held = rows.messages().count();
        rows.messages().rev().nth(back.min(held.checked_sub(1)?)).cloned()
    }

    /// Shows one window of the drawn rows for long enough to read them. Rows behind the away card
    /// do not count. The tab receives every run of read rows but the last, which is returned.
    fn a_screenful(&mut self, at: usize, room: RoomId) -> Option<Input> {
        let rows = self.seats[at].tab.drawn(room, ROWS_DRAWN, &|_| 0).rows;
        let last = 1 + self.dice.index(rows.len().max(1));
        let window = 1 + self.dice.index(ROWS_ON_SCREEN_MAX);
        let last = last.min(rows.len());
        let shown = &rows[last.saturating_sub(window)..last];
        let screen = Screen::of(shown, self.seats[at].card_over_log());
        if screen.covers_something() {
            self.tally.saw(Seen::Covered);
        }
        self.record.displays(self.seats[at].user(), room, &screen.visible());
        let runs = screen.displayed().into_iter();
        let mut inputs = runs.map(|(from, to)| Input::Displayed { room, from, to });
        let final_input = inputs.next_back();
        for input in inputs {
            self.tells(at, input);
        }
        final_input
    }

    fn a_scroll(&mut self, at: usize, room: RoomId) -> Option<Input> {
        if self.dice.happens(300) {
            return Some(Input::AtEnd { room });
        }
        let at = self.a_row(at, room)?.seq;
        Some(Input::Near { room, at })
    }

    fn all_read(&mut self, at: usize, room: RoomId) -> Input {
        if let Some(ordinal) = self.seats[at].tab.head_of(room) {
            self.record.marks_all_read(self.seats[at].user(), room, ordinal);
        }
        Input::MarkAllRead { room }
    }

    fn an_own_row(&mut self, at: usize, room: RoomId) -> Option<Arc<Message>> {
        let me = self.seats[at].user();
        let back = self.dice.index(4);
        let rows = self.seats[at].tab.timeline(room)?;
        let own = rows
            .messages()
            .rev()
            .filter(|row| row.author == me && !row.is_deleted());
        own.take(back + 1).last().cloned()
    }

    fn an_edit(&mut self, at: usize, room: RoomId) -> Option<Input> {
        let row = self.an_own_row(at, room)?;
        Some(Input::Edit {
            room,
            target: row.target(),
            revision: row.revision,
            body: self.a_text(),
        })
    }

    fn a_deletion(&mut self, at: usize, room: RoomId) -> Option<Input> {
        let row = if self.dice.happens(800) {
            self.an_own_row(at, room)?
        } else {
            self.a_row(at, room)?
        };
        let target = row.target();
        Some(Input::Do(Act::Delete { room, target }))
    }

    fn a_reaction(&mut self, at: usize, room: RoomId) -> Option<Input> {
        let target = self.a_row(at, room)?.target();
        let emoji = Emoji::stored((*self.dice.pick(&EMOJI)?).to_owned());
        let on = self.dice.happens(700);
        Some(Input::Do(Act::React {
            room,
            target,
            emoji,
            on,
        }))
    }

    fn a_gap(&mut self, at: usize, room: RoomId) -> Option<Input> {
        let rows = self.seats[at].tab.rows(room, &|_| 0);
        let gaps: Vec<Ordinal> = rows
            .iter()
            .filter_map(|row| match row {
                Row::Gap { before, .. } => Some(*before),
                _ => None,
            })
            .collect();
        let before = *self.dice.pick(&gaps)?;
        Some(Input::LoadGap { room, before })
    }

    fn a_second_try(&mut self, at: usize, room: RoomId) -> Option<Input> {
        let rows = self.seats[at].tab.rows(room, &|_| 0);
        let failed: Vec<ClientKey> = rows
            .iter()
            .filter_map(|row| match row {
                Row::Pending { pending, .. } if is_failed(&pending.state) => Some(pending.client_key),
                _ => None,
            })
            .collect();
        let key = *self.dice.pick(&failed)?;
        Some(if self.dice.happens(500) {
            Input::Retry(key)
        } else {
            Input::Discard(key)
        })
    }

    fn somebody(&mut self) -> UserId {
        let at = self.dice.index(self.people.len());
        self.people[at].user
    }

    fn an_act(&mut self, at: usize) -> Option<Act> {
        let room = self.a_room(at);
        self.texts += 1;
        let name = format!("Room {}", self.texts);
        Some(match self.dice.below(100) {
            0..8 if self.rooms.len() < ROOMS_MAX => Act::CreateRoom {
                kind: if self.dice.happens(700) {
                    RoomKind::Open
                } else {
                    RoomKind::Closed
                },
                name,
            },
            8..12 if self.rooms.len() < ROOMS_MAX => Act::OpenDirect { with: self.somebody() },
            12..45 => Act::Join {
                room: *self.dice.pick(&self.rooms)?,
            },
            45..60 => Act::Leave { room: room? },
            60..78 => Act::AddPerson {
                room: room?,
                user: self.somebody(),
            },
            78..92 => Act::RemovePerson {
                room: room?,
                user: self.somebody(),
            },
            _ => Act::RenameRoom { room: room?, name },
        })
    }

    /// A key that was used for another text is given up for a new one; any other is sent again.
    fn pursues_again(&mut self, at: usize, key: ClientKey) {
        let user = self.seats[at].user();
        let stored = self.seats[at].drawer.stored();
        let failed = stored.iter().find(|stored| stored.client_key == key);
        if failed.is_some_and(|failed| failed.failed != Some(Problem::KeyReused)) {
            self.record.tries_again(user, key);
        }
    }

    /// What failed is its author's to try again: nobody waits for it by itself.
    pub fn forsakes_failed(&mut self, at: usize) {
        let user = self.seats[at].user();
        for stored in self.seats[at].drawer.stored() {
            if stored.failed.is_some() {
                self.record.leaves_alone(user, stored.client_key);
            }
        }
    }
}

fn is_failed(state: &crate::client::PendingState) -> bool {
    matches!(state, crate::client::PendingState::NotSent(_))
}
