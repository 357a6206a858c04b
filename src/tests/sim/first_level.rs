//! A tab of 0.1.0: today's tab behind a wire on which both sides say only what 0.1.0 said.
//!
//! What 0.1.0 did is recorded in its corpus and in its source. The wire does these things as
//! it did them:
//! - `Hello` names no level and questions are bare, so the server serves the first level.
//! - A command without a client key has no number. It is sent once on each socket and is not
//!   answered: the user log shows that it took effect. A refused one is sent again only on the
//!   next socket.
//! - Every item and answer that arrives has a kind and version of the corpus, in the bytes of
//!   0.1.0. Entries and user-log values of unknown kinds may come, because logs are dense; a
//!   known kind comes in its recorded version.
//!
//! Everything else is today's tab: the outbox, the timeline, the questions it asks. Two things
//! differ from 0.1.0, and the checker knows them:
//! - A read marker follows displayed rows. 0.1.0 also passed rows that were never displayed.
//! - There is no away card. The first level does not say where the log stood at the return, by
//!   which today's card is frozen. The card of 0.1.0, which grew after the return, does not
//!   run here.

use crate::{
    tests::corpus::forms_of_0_1_0,
    wire::{
        ClientItem, Entry, Envelope, Enveloped, Level, RoomId, Seq, ServerItem,
        command::Greeting,
        envelope::encode,
        fetch::{Answer, Ask, News},
        frame,
        room::RoomHead,
        user_log::UserItem,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::LazyLock,
};

const HELLO_VERSION: u8 = 1;

/// Kinds and versions in the corpus of 0.1.0, by type.
static RECORDED: LazyLock<BTreeMap<&'static str, BTreeSet<(u16, u8)>>> = LazyLock::new(forms_of_0_1_0);

fn is_recorded(of: &str, item: &Envelope) -> bool {
    RECORDED[of].contains(&(item.kind, item.version))
}

/// A recorded form, or a kind that 0.1.0 keeps as bytes and counts.
fn is_counted(of: &str, item: &Envelope) -> bool {
    is_recorded(of, item) || RECORDED[of].iter().all(|(kind, _)| *kind != item.kind)
}

/// A socket of a tab of 0.1.0.
#[derive(Default)]
pub struct FirstLevel {
    /// Commands without a client key that were sent on it.
    keyless: Vec<Envelope>,
    /// The last entry of each room that arrived, or the head that the welcome named.
    arrived: HashMap<RoomId, Seq>,
    /// Rooms of which entries were skipped that the tab has not asked for.
    skipped: HashSet<RoomId>,
}

impl FirstLevel {
    /// The frames that 0.1.0 sends where today's tab sends this one.
    pub fn sends(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let items = frame::items(bytes).expect("tabs send whole frames");
        items
            .iter()
            .filter_map(|item| Some(frame::frame_of(&self.first_form(item)?)))
            .collect()
    }

    /// None for a repetition on the same socket.
    fn first_form(&mut self, item: &Envelope) -> Option<Envelope> {
        let first = match ClientItem::unpack(item) {
            Ok(ClientItem::Greeting(Greeting::Hello(hello))) => Envelope {
                kind: item.kind,
                version: HELLO_VERSION,
                body: encode(&(hello.protocol, hello.device, hello.presence)),
            },
            Ok(ClientItem::Greeting(Greeting::Numbered(numbered))) => {
                if self.keyless.contains(&numbered.command) {
                    return None;
                }
                self.keyless.push(numbered.command.clone());
                numbered.command
            }
            _ => item.clone(),
        };
        let is_said = is_recorded("Greeting", &first) || is_recorded("Command", &first);
        assert!(is_said, "0.1.0 never sent {first:?}");
        Some(first)
    }

    /// A command without a client key was sent on this socket, and will not be sent on it again.
    pub fn has_sent_keyless(&self) -> bool {
        !self.keyless.is_empty()
    }

    /// An item reaches the tab.
    pub fn receives(&mut self, item: &ServerItem) {
        match item {
            ServerItem::Welcome(welcome) => self.starts_at(&welcome.rooms),
            ServerItem::WelcomeRooms(more) => self.starts_at(&more.rooms),
            ServerItem::Room(event) => {
                let (room, seq) = (event.room, event.entry.seq);
                let before = self.arrived.insert(room, seq);
                if before.is_some_and(|before| seq > before.next()) {
                    self.skipped.insert(room);
                }
            }
            ServerItem::RoomGone(gone) => {
                self.arrived.remove(&gone.room);
                self.skipped.remove(&gone.room);
            }
            _ => {}
        }
    }

    fn starts_at(&mut self, heads: &[RoomHead]) {
        let heads = heads.iter().map(|head| (head.room, head.cursor.seq));
        self.arrived.extend(heads);
    }

    /// The tab asks a question. True if it is for what the server skipped: the range, or news of
    /// a room that is not on screen.
    pub fn asks(&mut self, ask: &Ask) -> bool {
        match ask {
            Ask::Range(range) => self.skipped.remove(&range.room),
            Ask::CatchUp(catch_up) => {
                let before = self.skipped.len();
                for have in &catch_up.rooms {
                    self.skipped.remove(&have.room);
                }
                self.skipped.len() < before
            }
            _ => false,
        }
    }
}

/// A question as 0.1.0 asked it.
pub fn question(ask: &Ask) -> Envelope {
    let bare = ask.pack();
    assert!(is_recorded("Ask", &bare), "0.1.0 never asked {ask:?}");
    bare
}

/// The items of a frame that 0.1.0 does not know.
pub fn unknown_items(bytes: &[u8]) -> Vec<Envelope> {
    let items = frame::items(bytes).unwrap_or_default();
    items.into_iter().filter(|item| !knows_item(item)).collect()
}

fn knows_item(item: &Envelope) -> bool {
    let Ok(read) = ServerItem::unpack(item) else {
        return false;
    };
    let is_inside_known = match &read {
        ServerItem::Room(event) => knows_entry(&event.entry),
        ServerItem::User(event) => knows_value(&event.item),
        _ => true,
    };
    is_recorded("ServerItem", item) && is_inside_known && read.pack_at(Level::FIRST).as_ref() == Some(item)
}

pub fn knows_answer(answer: &Envelope) -> bool {
    let Ok(read) = Answer::unpack(answer) else { return false };
    let is_inside_known = match &read {
        Answer::CaughtUp(caught_up) => {
            let rooms = &caught_up.rooms;
            caught_up.user.iter().all(knows_value) && rooms.iter().all(|told| knows_news(&told.news))
        }
        Answer::Page(page) => page.notes.iter().all(knows_entry),
        Answer::Delta(delta) => delta.entries.iter().all(knows_entry),
        Answer::Me(_) | Answer::Marked(_) => true,
    };
    is_recorded("Answer", answer) && is_inside_known && read.clone().pack_at(Level::FIRST) == *answer
}

fn knows_news(news: &News) -> bool {
    match news {
        News::Delta(_, delta) => delta.entries.iter().all(knows_entry),
        News::Jump(_, page) | News::Reset(_, page) => page.notes.iter().all(knows_entry),
        News::Same(_) | News::Summary(_) | News::Gone => true,
    }
}

fn knows_entry(entry: &Entry) -> bool {
    is_counted("Change", &entry.change)
}

fn knows_value(item: &UserItem) -> bool {
    is_counted("UserValue", &item.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        tests::corpus::recorded_by_0_1_0,
        wire::{
            Command,
            command::Numbered,
            event::Advance,
            user_log::{Episode, UserValue},
        },
    };

    /// As today's tab sends what was recorded.
    fn today(item: &ClientItem, number: u32) -> Vec<u8> {
        match item {
            ClientItem::Command(command) if command.client_key().is_none() => {
                let command = command.pack();
                let numbered = Greeting::Numbered(Numbered { number, command });
                frame::frame([&numbered])
            }
            item => frame::frame([item]),
        }
    }

    #[test]
    fn what_todays_tab_sends_leaves_in_the_recorded_bytes() {
        let mut socket = FirstLevel::default();
        let mut sent = 0;
        for (kind, item) in recorded_by_0_1_0() {
            match kind {
                "Greeting" | "Command" => {
                    let read = ClientItem::unpack(&item).unwrap();
                    assert_eq!(socket.sends(&today(&read, sent)), [frame::frame_of(&item)]);
                }
                "Ask" => assert_eq!(question(&Ask::unpack(&item).unwrap()), item),
                _ => continue,
            }
            sent += 1;
        }
        assert!(sent > 20);
    }

    #[test]
    fn command_without_a_key_is_sent_once_on_each_socket() {
        let is_keyless = |(kind, item): &(&str, Envelope)| {
            *kind == "Command" && Command::unpack(item).is_ok_and(|command| command.client_key().is_none())
        };
        let (_, command) = recorded_by_0_1_0().find(is_keyless).unwrap();
        let command = ClientItem::unpack(&command).unwrap();
        for _ in 0..2 {
            let mut socket = FirstLevel::default();
            assert!(!socket.has_sent_keyless());
            assert_eq!(socket.sends(&today(&command, 1)).len(), 1);
            assert_eq!(socket.sends(&today(&command, 2)).len(), 0);
            assert!(socket.has_sent_keyless());
        }
    }

    #[test]
    fn recorded_items_and_answers_are_known_and_newer_ones_are_not() {
        for (kind, item) in recorded_by_0_1_0() {
            match kind {
                "ServerItem" => assert_eq!(unknown_items(&frame::frame_of(&item)), [], "{item:?}"),
                "Answer" => assert!(knows_answer(&item), "{item:?}"),
                _ => {}
            }
        }
        let (room, to) = (RoomId::from_bytes([1; 16]), Seq(3));
        let advance = frame::frame([&ServerItem::Advance(Advance { room, to })]);
        assert_eq!(unknown_items(&advance).len(), 1);
        let users = recorded_by_0_1_0().filter(|(kind, _)| *kind == "ServerItem");
        let mut users = users.filter_map(|(_, item)| ServerItem::unpack(&item).ok());
        let user = users.find(|item| matches!(item, ServerItem::User(_))).unwrap();
        assert_eq!(unknown_items(&frame::frame([&user])).len(), 1, "in its newest form");
    }

    #[test]
    fn value_of_an_unknown_kind_is_known_and_a_newer_version_of_a_known_one_is_not() {
        let mut value = UserValue::from(Episode {
            episode: crate::wire::EpisodeId::from_bytes([5; 16]),
            last_active: crate::wire::Millis(1),
            back: None,
            returned: None,
        })
        .pack();
        assert!(!is_counted("UserValue", &value));
        value.kind = 0xfff0;
        assert!(is_counted("UserValue", &value));
    }
}
