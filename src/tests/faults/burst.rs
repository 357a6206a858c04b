//! Bursts: everybody sends into one room at once, while the store is held. No connection is
//! closed, however little the rings hold; tabs that were online all the time have no gap and
//! nothing unsent.

use super::{
    PATIENCE,
    binary::{Binary, free_addr},
    checker::Said,
    senders::{Notes, connect, hear, key_of, say},
    sql::Hold,
    tab::{Browser, messages_of},
    times,
    town::{Citizen, Town},
    verdict::demand_kept,
};
use crate::{
    client::Row,
    wire::{
        Change, ClientItem, ClientKey, Command, DeviceId, Entry, Message, Millis, RoomId, Seq, ServerItem,
        command::{Edit, Send},
    },
};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::sync::Barrier;

const PEOPLE: usize = 40;
const SENDERS: u64 = 1_000;
const LONG_BODY_BYTES: usize = 16 * 1024;
const HELD: Duration = Duration::from_secs(3);
/// By then the sends wait for the store, which is held for longer. The test checks afterwards that
/// the edit shares their commit.
const A_MOMENT: Duration = Duration::from_secs(1);
/// True tabs with the room on screen, which send too.
const TABS: usize = 6;
const START: Millis = Millis(1_800_000_000_000);
/// One sender in so many writes down all that it receives.
const LISTENERS: u32 = 32;
/// Devices and keys of the one that edits.
const EDITOR: u32 = 3_000_000;
const FIRST: &str = "first";
const EDITED: &str = "edited";
const PARTS: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn burst_of_a_thousand_into_one_room_closes_nobody() {
    let burst = Burst::of("1,000 senders", times("WHILST_FAULTS_BURST", SENDERS));
    burst.comes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn burst_beyond_rings_of_eight_frames_closes_nobody() {
    let senders = times("WHILST_FAULTS_BURST", SENDERS);
    let mut burst = Burst::of("1,000 senders and rings of 8 frames", senders);
    burst.settings = vec![("WHILST_RINGS_FRAMES", "8"), ("WHILST_RINGS_BYTES", "0")];
    let seen = burst.comes().await;
    assert!(seen.advances > 0, "nobody fell out of a ring");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn burst_of_long_messages_closes_nobody() {
    let mut burst = Burst::of("40 senders of 16 KiB", 40);
    burst.body = "x".repeat(LONG_BODY_BYTES);
    burst.comes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn burst_with_an_edit_in_its_commit_makes_nobody_fetch_anything() {
    let mut burst = Burst::of("300 senders and an edit", 300);
    burst.has_edit = true;
    let seen = burst.comes().await;
    assert_eq!(seen.advances, 0);
}

struct Burst {
    what: &'static str,
    senders: u64,
    body: String,
    settings: Vec<(&'static str, &'static str)>,
    /// Somebody edits the room's first message in the same commit.
    has_edit: bool,
}

/// What connections received.
#[derive(Default)]
struct Seen {
    closed: Vec<String>,
    advances: u64,
}

impl Burst {
    fn of(what: &'static str, senders: u64) -> Self {
        Self {
            what,
            senders,
            body: "a burst".to_owned(),
            settings: Vec::new(),
            has_edit: false,
        }
    }

    async fn comes(self) -> Seen {
        let mut town = Town::founded(PEOPLE, 1).await;
        town.settings.clone_from(&self.settings);
        let addr = free_addr();
        let server = Binary::starts(&town, &addr).await;
        let notes = Notes::default();
        let place = Place {
            addr: &addr,
            town: &town,
            room: town.rooms[0],
            notes: &notes,
            all_are_here: Barrier::new(usize::try_from(self.senders).unwrap() + TABS + 1),
            all_go: Barrier::new(usize::try_from(self.senders).unwrap() + TABS + 1),
        };
        let first = place.sends_first().await;
        let changes = self.senders + TABS as u64 + u64::from(self.has_edit);
        let last = Seq(first.seq.0 + changes);
        let senders = (0..self.senders).map(|nth| place.sends(u32::try_from(nth).unwrap(), &self.body, last));
        let messages = self.senders + TABS as u64;
        let first_text = if self.has_edit { EDITED } else { FIRST };
        let tabs = (0..TABS).map(|nth| place.watches(nth, first.seq, messages, first_text));
        let burst = async {
            tokio::join!(
                join_all(senders),
                join_all(tabs),
                place.holds(self.has_edit.then_some(&first))
            )
        };
        let (senders, _, ()) = tokio::time::timeout(PATIENCE, burst)
            .await
            .expect("everybody receives the burst");
        server.stops().await;
        let mut seen = Seen::default();
        for sender in senders {
            seen.closed.extend(sender.closed);
            seen.advances += sender.advances;
        }
        assert!(
            seen.closed.is_empty(),
            "{} were closed: {}",
            seen.closed.len(),
            seen.closed[0]
        );
        assert_eq!(notes.open(), 0, "every author has an answer");
        let store = town.store().await;
        demand_kept(&notes.history(), &store);
        if self.has_edit {
            let entries = &store.rooms[&town.rooms[0]].entries;
            let is_edit = |entry: &&Entry| matches!(entry.change(), Ok(Change::MessageEdited(_)));
            let edit = entries.iter().find(is_edit).expect("the edit is stored");
            // Entries of one commit have one time.
            let of_commit = entries.iter().filter(|entry| entry.at == edit.at).count();
            assert!(of_commit > 1, "the edit has a commit of its own");
        }
        println!(
            "fault burst: {}: {} acknowledged, {} advances, 0 connections closed, 0 gaps in {TABS} tabs, 0 violations",
            self.what,
            notes.acknowledged(),
            seen.advances
        );
        seen
    }
}

struct Place<'a> {
    addr: &'a str,
    town: &'a Town,
    room: RoomId,
    notes: &'a Notes,
    all_are_here: Barrier,
    all_go: Barrier,
}

impl Place<'_> {
    fn who(&self, nth: usize) -> &Citizen {
        &self.town.people[nth % PEOPLE]
    }

    /// A message from which the room's log is counted.
    async fn sends_first(&self) -> Message {
        let (mut socket, _) = connect(self.addr, self.who(0), EDITOR).await.unwrap();
        let send = Send {
            client_key: key_of(EDITOR, 0),
            room: self.room,
            body: FIRST.to_owned(),
        };
        self.notes.invoke(self.who(0), &send);
        say(&mut socket, ClientItem::Command(Command::Send(send.clone())))
            .await
            .unwrap();
        loop {
            for item in hear(&mut socket).await.unwrap() {
                if let ServerItem::Room(event) = item
                    && let Some(row) = event.row
                {
                    self.is_told(send.client_key, row.seq);
                    return row;
                }
            }
        }
    }

    /// Holds the store until everybody has sent, and edits a message meanwhile.
    async fn holds(&self, edits: Option<&Message>) {
        self.all_are_here.wait().await;
        let data = self.town.data();
        let held = Hold::of(&data).await.ends_after(HELD);
        let editing = async {
            let (mut socket, _) = connect(self.addr, self.who(0), EDITOR).await.unwrap();
            self.all_go.wait().await;
            tokio::time::sleep(A_MOMENT).await;
            let Some(message) = edits else { return };
            let edit = Edit {
                client_key: key_of(EDITOR, 1),
                room: self.room,
                target: message.target(),
                revision: message.revision,
                body: EDITED.to_owned(),
            };
            let (key, edit) = (edit.client_key, Command::Edit(edit));
            self.notes.invoke_command(self.who(0), key, edit.clone());
            say(&mut socket, ClientItem::Command(edit)).await.unwrap();
            loop {
                for item in hear(&mut socket).await.unwrap() {
                    if let ServerItem::Accepted(accepted) = item {
                        return self.is_told(key, accepted.seq);
                    }
                }
            }
        };
        tokio::join!(held, editing);
    }

    /// Sends one message with all others, and receives until the log has come to its end.
    async fn sends(&self, number: u32, body: &str, last: Seq) -> Seen {
        let who = self.who(number as usize);
        let (mut socket, epoch) = connect(self.addr, who, number).await.unwrap();
        let send = Send {
            client_key: key_of(number, 0),
            room: self.room,
            body: body.to_owned(),
        };
        self.all_are_here.wait().await;
        self.all_go.wait().await;
        self.notes.invoke(who, &send);
        let mut seen = Seen::default();
        if let Err(error) = say(&mut socket, ClientItem::Command(Command::Send(send.clone()))).await {
            seen.closed.push(error.to_string());
        }
        let (mut to, mut is_answered) = (Seq::ZERO, false);
        while seen.closed.is_empty() && !(is_answered && to >= last) {
            let items = match hear(&mut socket).await {
                Ok(items) => items,
                Err(error) => {
                    seen.closed.push(error.to_string());
                    break;
                }
            };
            for item in items {
                match item {
                    ServerItem::Room(event) => {
                        assert!(event.entry.seq > to, "{} after {to}", event.entry.seq);
                        to = event.entry.seq;
                        if number.is_multiple_of(LISTENERS) {
                            self.notes.hear(who, number, epoch, &event);
                        }
                        if event.row.is_some_and(|row| row.client_key == send.client_key) {
                            self.is_told(send.client_key, event.entry.seq);
                            is_answered = true;
                        }
                    }
                    ServerItem::Advance(advance) => {
                        assert!(advance.to > to, "{} after {to}", advance.to);
                        to = advance.to;
                        seen.advances += 1;
                    }
                    ServerItem::Accepted(accepted) => {
                        assert_eq!(accepted.client_key, send.client_key);
                        self.is_told(send.client_key, accepted.seq);
                        is_answered = true;
                    }
                    item @ (ServerItem::Rejected(_) | ServerItem::TooFast(_)) => panic!("{item:?}"),
                    _ => {}
                }
            }
        }
        seen
    }

    fn is_told(&self, key: ClientKey, seq: Seq) {
        let room = self.room;
        self.notes.answer(key, Said::Accepted { room, seq });
    }

    /// A true tab that shows the room all the time, and sends with all others: in the end it
    /// shows every message since the first.
    async fn watches(&self, nth: usize, first: Seq, messages: u64, first_text: &str) {
        let device = DeviceId::from_bytes([u8::try_from(nth).unwrap() + 100; 16]);
        let cookie = self.who(nth).cookie.clone();
        let mut tab = Browser::at(self.addr.to_owned(), cookie, device, START);
        tab.opens(self.room).await;
        // It is to judge a busy server's patience by the wall's time.
        tab.haste = 1;
        let generation = tab.tab.generation();
        self.all_are_here.wait().await;
        self.all_go.wait().await;
        let (room, body) = (self.room, format!("of tab {nth}"));
        tab.says(room, &body);
        let client_key = tab.tab.rows(room, &|_| 0).iter().find_map(pending_key).unwrap();
        let send = Send { client_key, room, body };
        self.notes.invoke(self.who(nth), &send);
        let is_new = |row: &Row| matches!(row, Row::Message { message, .. } if message.seq > first);
        // In parts, because a wait that takes too long is one in vain.
        for part in 1..=PARTS {
            tab.waits(|tab| {
                let shown = tab.rows(room, &|_| 0).iter().filter(|row| is_new(row)).count() as u64;
                shown >= messages * part / PARTS
            })
            .await;
        }
        let has_text = |(seq, text): &(u64, String)| *seq == first.0 && text == first_text;
        tab.waits(|tab| messages_of(tab, room).iter().any(has_text)).await;
        tab.settles().await;
        let rows = tab.tab.rows(room, &|_| 0);
        let own = rows.iter().find_map(|row| match row {
            Row::Message { message, .. } if message.client_key == client_key => Some(message.seq),
            _ => None,
        });
        self.is_told(client_key, own.expect("the tab shows what it sent"));
        assert!(!rows.iter().any(|row| matches!(row, Row::Gap { .. })), "a gap");
        assert_eq!(tab.tab.generation(), generation, "the tab was connected anew");
    }
}

fn pending_key(row: &Row) -> Option<ClientKey> {
    match row {
        Row::Pending { pending, .. } => Some(pending.client_key),
        _ => None,
    }
}
