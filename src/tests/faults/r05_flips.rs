//! R5: a disk that changes one bit by itself. No text is ever told otherwise than it was
//! written: it is told right, withheld, or the reading fails.

use super::{
    binary::{Binary, free_addr},
    checker::History as Notes,
    dice::Dice,
    senders::Senders,
    times,
    town::{Opened, Town},
};
use crate::{
    server::{error::Result, messages},
    wire::{
        ClientKey, Command, Message, Ordinal, RoomId, UserId,
        fetch::{History, Page},
        limits::PAGE_SIZE,
    },
};
use std::{collections::HashMap, fs, path::Path};

const PEOPLE: usize = 4;
const ROOMS: usize = 2;
const SENDERS: usize = 32;
const ACKNOWLEDGED: u64 = 600;
const FILES: [&str; 2] = ["whilst.db", "whilst.db-wal"];

/// What a flip came to.
#[derive(Default)]
struct Tally {
    altered: Vec<String>,
    unharmed: u64,
    withheld: u64,
    failed: u64,
    shortened: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r05_no_text_is_told_otherwise_than_it_was_written_when_a_bit_flips() {
    let flips = times("WHILST_FAULTS_FLIPS", 200);
    let mut dice = Dice::of_this_run();
    let town = Town::founded(PEOPLE, ROOMS).await;
    let addr = free_addr();
    let server = Binary::starts(&town, &addr).await;
    let senders = Senders::begin(&town, &addr, SENDERS);
    senders.notes.wait_for(ACKNOWLEDGED).await;
    let notes = senders.end().await.history();
    // Killed, so that part of it is in the log of the database still.
    server.dies();
    town.is_free().await;
    let sent = texts(&notes);
    let mut tally = Tally::default();
    for flip in 0..flips {
        let folder = tempfile::tempdir().unwrap();
        let file = FILES[dice.index(FILES.len())];
        for name in FILES {
            fs::copy(town.data().join(name), folder.path().join(name)).unwrap();
        }
        flip_a_bit(&folder.path().join(file), &mut dice);
        tally.read(flip, folder.path(), &town, &sent).await;
    }
    let Tally {
        altered,
        unharmed,
        withheld,
        failed,
        shortened,
    } = tally;
    assert!(altered.is_empty(), "{} texts are altered: {:?}", altered.len(), altered);
    assert!(withheld + failed > 0, "no flip hit anything");
    println!(
        "fault R5: {flips} bit flips: {unharmed} did no harm, {failed} were refused, {withheld} withheld texts, \
         {shortened} cost rows; 0 texts altered"
    );
}

type Texts = HashMap<(UserId, ClientKey), String>;

fn texts(notes: &Notes) -> Texts {
    let sends = notes.commands.iter().filter_map(|invoked| match &invoked.command {
        Command::Send(send) => Some(((invoked.author, send.client_key), send.body.clone())),
        _ => None,
    });
    sends.collect()
}

fn flip_a_bit(file: &Path, dice: &mut Dice) {
    let mut bytes = fs::read(file).unwrap();
    let at = dice.index(bytes.len());
    bytes[at] ^= 1 << dice.below(8);
    fs::write(file, bytes).unwrap();
}

impl Tally {
    async fn read(&mut self, flip: u64, data: &Path, town: &Town, sent: &Texts) {
        let Ok(opened) = Opened::at(data).await else {
            self.failed += 1;
            return;
        };
        let read = read_all(&opened, town).await;
        opened.close().await;
        let Ok(messages) = read else {
            self.failed += 1;
            return;
        };
        let withheld = messages.iter().filter(|message| message.text().is_empty()).count();
        for message in messages.iter().filter(|message| !message.text().is_empty()) {
            if sent.get(&(message.author, message.client_key)).map(String::as_str) != Some(message.text()) {
                self.altered.push(format!("flip {flip}: {:?}", message.text()));
            }
        }
        match (withheld, messages.len() == sent.len()) {
            (0, true) => self.unharmed += 1,
            (0, false) => self.shortened += 1,
            _ => self.withheld += 1,
        }
    }
}

/// Every message of every room, page by page, by the verb that people read by.
async fn read_all(opened: &Opened, town: &Town) -> Result<Vec<Message>> {
    let who = opened.signed(&town.people[0]).await?;
    let mut all = Vec::new();
    for room in &town.rooms {
        let mut before = Ordinal(u64::MAX);
        loop {
            let page: Page = messages::history(&opened.app, &who, &ask(*room, before)).await?;
            let Some(first) = page.messages.first() else { break };
            // A page that does not lead on would be read for ever.
            if first.ordinal >= before {
                break;
            }
            before = first.ordinal;
            all.extend(page.messages);
        }
    }
    Ok(all)
}

fn ask(room: RoomId, before: Ordinal) -> History {
    History {
        room,
        before,
        limit: PAGE_SIZE,
    }
}
