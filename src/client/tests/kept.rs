//! The outbox in a browser's storage: what outlives a page, whose it is, and what two tabs with the
//! same one do.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::{Input, KeptOutbox, MemoryStore, OutboxStore, PendingState, Row, Stored, Texts},
    wire::{command, *},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// A tab's storage, with room for so many texts.
#[derive(Clone)]
struct Storage(Arc<Mutex<BTreeMap<String, String>>>, usize);

impl Storage {
    fn new() -> Self {
        Self::for_texts(usize::MAX)
    }

    fn for_texts(max: usize) -> Self {
        Self(Arc::default(), max)
    }

    /// What a browser gives to a duplicated tab.
    fn copied(&self) -> Self {
        Self(Arc::new(Mutex::new(self.0.lock().unwrap().clone())), self.1)
    }

    fn outbox(&self, n: u8) -> KeptOutbox<Self> {
        KeptOutbox::of(user(n), self.clone())
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Texts for Storage {
    fn names(&self) -> Vec<String> {
        // In no useful order, as a browser has them.
        self.0.lock().unwrap().keys().rev().cloned().collect()
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn set(&self, name: &str, text: &str) -> bool {
        let mut texts = self.0.lock().unwrap();
        let fits = texts.len() < self.1 || texts.contains_key(name);
        if fits {
            texts.insert(name.to_owned(), text.to_owned());
        }
        fits
    }

    fn remove(&self, name: &str) {
        self.0.lock().unwrap().remove(name);
    }
}

fn key(n: u8) -> ClientKey {
    ClientKey::from_bytes([n; 16])
}

fn stored(n: u8, failed: Option<Problem>) -> Stored {
    let send = command::Send {
        client_key: key(n),
        room: room(1),
        body: format!("m{n}"),
    };
    Stored {
        client_key: key(n),
        command: send.into(),
        made_at: Millis(u64::from(n)),
        failed,
    }
}

fn log(world: &World, place: RoomId) -> Vec<&str> {
    world.server.rooms[&place].messages.iter().map(Message::text).collect()
}

fn pending(world: &World, seat: usize) -> Vec<(ClientKey, PendingState)> {
    let rows = world.tab(seat).rows(room(1), &|_| 0);
    rows.into_iter()
        .filter_map(|row| match row {
            Row::Pending { pending, .. } => Some((pending.client_key, pending.state)),
            _ => None,
        })
        .collect()
}

#[test]
fn what_was_put_is_loaded_by_the_next_page_in_its_order() {
    let storage = Storage::new();
    let mut first = storage.outbox(1);
    for n in (1..=20).rev() {
        first.put(&stored(n, None));
    }
    first.remove(key(7));
    first.put(&stored(9, Some(Problem::NotAllowed)));
    let mut expected: Vec<Stored> = (1..=20).rev().map(|n| stored(n, None)).collect();
    expected.retain(|stored| stored.client_key != key(7));
    expected[11] = stored(9, Some(Problem::NotAllowed));
    assert_eq!(first.load(), expected);
    let mut next = storage.outbox(1);
    assert_eq!(next.load(), expected);
    assert!(next.outlives_page());
    next.put(&stored(30, None));
    assert_eq!(storage.outbox(1).load().pop(), Some(stored(30, None)), "at the end");
}

#[test]
fn an_outbox_names_its_account_and_another_one_loads_nothing_of_it() {
    let storage = Storage::new();
    storage.outbox(1).put(&stored(1, None));
    assert_eq!(storage.outbox(2).load(), []);
    assert_eq!(storage.outbox(1).load().len(), 1);
}

#[test]
fn an_entry_of_a_newer_version_is_skipped_and_left_as_it_is() {
    let storage = Storage::new();
    let mut outbox = storage.outbox(1);
    outbox.put(&stored(1, None));
    let name = storage.names().remove(0);
    let newer = base64::encode(&envelope::encode(&Envelope {
        kind: 1,
        version: 200,
        body: vec![1, 2, 3],
    }));
    storage.set(&name, &newer);
    let mut outbox = storage.outbox(1);
    assert_eq!(outbox.load(), []);
    outbox.put(&stored(2, None));
    assert_eq!(storage.get(&name), Some(newer));
    assert_eq!(storage.outbox(1).load(), [stored(2, None)]);
}

#[test]
fn what_does_not_fit_lives_as_long_as_the_page_and_says_so() {
    let storage = Storage::for_texts(2);
    let mut outbox = storage.outbox(1);
    for n in 1..=3 {
        outbox.put(&stored(n, None));
    }
    assert!(!outbox.outlives_page());
    assert_eq!(outbox.load().len(), 3);
    assert_eq!(storage.outbox(1).load().len(), 2);
    outbox.remove(key(3));
    assert!(outbox.outlives_page());
    assert_eq!(outbox.load(), [stored(1, None), stored(2, None)]);
}

#[test]
fn a_page_goes_on_with_what_the_page_before_it_had_not_sent() {
    let mut world = World::new(Server::with(2, 1));
    let storage = Storage::new();
    let chat = world.seat_holding(1, Box::new(storage.outbox(1)));
    world.starts(chat);
    world.opens(chat, room(1));
    world.calm();
    world.is_cut_off(chat);
    for text in ["one", "two", "three"] {
        world.says(chat, room(1), text);
    }
    assert_eq!(storage.len(), 3);
    // The next page has the picture first and the outbox after it.
    let form = world.seat_from_page(1, None);
    world.seats[form].tab.keep_outbox_in(Box::new(storage.outbox(1)));
    assert!(world.tab(form).has_unsent());
    world.starts(form);
    world.calm();
    assert_eq!(log(&world, room(1)), ["one", "two", "three"]);
    assert_eq!(storage.len(), 0);
    assert!(!world.tab(form).has_unsent());
}

#[test]
fn a_message_whose_row_came_with_the_page_is_not_pending_again() {
    let mut world = World::new(Server::with(2, 1));
    let storage = Storage::new();
    let chat = world.seat_holding(1, Box::new(storage.outbox(1)));
    world.starts(chat);
    world.opens(chat, room(1));
    world.calm();
    world.says(chat, room(1), "stored, and nobody heard of it");
    world.serves(chat);
    world.is_cut_off(chat);
    assert_eq!(storage.len(), 1);
    let next = world.seat_from_page(1, Some(room(1)));
    world.seats[next].tab.keep_outbox_in(Box::new(storage.outbox(1)));
    assert_eq!(world.sees(next, room(1)), ["stored, and nobody heard of it"]);
    assert_eq!(storage.len(), 0);
}

#[test]
fn a_page_that_was_asleep_sends_what_later_pages_queued_and_nothing_they_discarded() {
    let mut world = World::new(Server::with(2, 1));
    let storage = Storage::new();
    storage.outbox(1).put(&stored(1, Some(Problem::NotAllowed)));
    let asleep = world.seat_holding(1, Box::new(storage.outbox(1)));
    world.starts(asleep);
    world.opens(asleep, room(1));
    world.calm();
    assert_eq!(pending(&world, asleep).len(), 1);
    world.tells(asleep, Input::Suspended);
    let mut later = storage.outbox(1);
    later.load();
    later.remove(key(1));
    later.put(&stored(2, None));
    world.tells(asleep, Input::Resumed);
    world.calm();
    assert_eq!(log(&world, room(1)), ["m2"]);
    assert_eq!(world.sees(asleep, room(1)), ["m2"]);
    assert_eq!(storage.len(), 0);
}

#[test]
fn a_duplicated_tab_sends_nothing_twice_and_both_outboxes_empty() {
    let mut world = World::new(Server::with(2, 1));
    let storage = Storage::new();
    let first = world.seat_holding(1, Box::new(storage.outbox(1)));
    world.starts(first);
    world.opens(first, room(1));
    world.calm();
    world.is_cut_off(first);
    for text in ["one", "two", "three"] {
        world.says(first, room(1), text);
    }
    let copy = storage.copied();
    let second = world.seat_holding(1, Box::new(copy.outbox(1)));
    world.starts(second);
    world.opens(second, room(1));
    world.calm();
    assert_eq!(log(&world, room(1)), ["one", "two", "three"]);
    for seat in [first, second] {
        assert_eq!(world.sees(seat, room(1)), ["one", "two", "three"]);
    }
    assert_eq!((storage.len(), copy.len()), (0, 0));
}

#[test]
fn trying_again_in_both_copies_of_a_tab_sends_the_message_once() {
    let mut world = World::new(Server::with(2, 1));
    let storage = Storage::new();
    storage.outbox(1).put(&stored(1, Some(Problem::NotAllowed)));
    let copy = storage.copied();
    let seats = [&storage, &copy].map(|storage| {
        let seat = world.seat_holding(1, Box::new(storage.outbox(1)));
        world.starts(seat);
        world.opens(seat, room(1));
        seat
    });
    world.calm();
    for seat in seats {
        assert_eq!(pending(&world, seat).len(), 1);
        world.tells(seat, Input::Retry(key(1)));
    }
    world.calm();
    assert_eq!(log(&world, room(1)), ["m1"]);
    for seat in seats {
        assert_eq!(world.sees(seat, room(1)), ["m1"]);
    }
    assert_eq!((storage.len(), copy.len()), (0, 0));
}

#[test]
fn a_message_that_is_tried_again_keeps_its_key_and_goes_to_the_end() {
    let mut world = World::new(Server::with(2, 1));
    let store = MemoryStore::holding(vec![stored(1, Some(Problem::NotAllowed)), stored(2, None)]);
    let ada = world.seat_holding(1, Box::new(store));
    world.tells(ada, Input::Retry(key(1)));
    world.starts(ada);
    world.opens(ada, room(1));
    world.calm();
    assert_eq!(log(&world, room(1)), ["m2", "m1"]);
    assert!(world.server.keys.contains_key(&(user(1), key(1))));
}

#[test]
fn a_text_whose_key_has_another_text_stays_when_that_text_is_seen() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.says(ada, room(1), "the first text");
    world.calm();
    let used = world.server.rooms[&room(1)].messages[0].client_key;
    let send = command::Send {
        client_key: used,
        room: room(1),
        body: "another text".into(),
    };
    let store = MemoryStore::holding(vec![Stored {
        client_key: used,
        command: send.into(),
        made_at: Millis(1),
        failed: Some(Problem::KeyReused),
    }]);
    let phone = world.seat_from_page(1, Some(room(1)));
    world.seats[phone].tab.keep_outbox_in(Box::new(store));
    world.starts(phone);
    world.calm();
    assert_eq!(world.sees(phone, room(1)), ["the first text", "another text…"]);
    world.tells(phone, Input::Retry(used));
    world.calm();
    assert_eq!(
        log(&world, room(1)),
        ["the first text", "another text"],
        "under a key of its own"
    );
}
