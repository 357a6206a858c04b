//! What every release wrote, read by this one: its frames, and a store of its making.
//!
//! A folder a release. `frames.txt` has a line for each kind: the type and the bytes of a
//! frame with one such item. `store.sql` is a whole store as statements, `reading.txt`
//! what its people read in it. A folder is recorded when its release is made, and
//! never changed afterwards.

mod record;
mod store;

use crate::wire::{
    ClientItem, Command, Envelope, Enveloped, Level, ServerItem, Unpack,
    command::Greeting,
    event::Change,
    fetch::{Answer, Ask, Question},
    frame, golden,
    user_log::UserValue,
};
use sha2::Digest as _;
use std::collections::{BTreeMap, BTreeSet};

struct Release {
    name: &'static str,
    frames: &'static str,
    store: &'static str,
    reading: &'static str,
}

/// Oldest first.
const RELEASES: &[Release] = &[Release {
    name: "0.1.0",
    frames: include_str!("0.1.0/frames.txt"),
    store: include_str!("0.1.0/store.sql"),
    reading: include_str!("0.1.0/reading.txt"),
}];

impl Release {
    /// The types and frames, line by line.
    fn frames(&self) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
        self.frames.lines().map(|line| {
            let (kind, hex) = line.split_once(' ').expect("a type and its bytes");
            (kind, bytes(hex))
        })
    }
}

/// What 0.1.0 has recorded, each with its type.
pub fn recorded_by_0_1_0() -> impl Iterator<Item = (&'static str, Envelope)> {
    RELEASES[0].frames().map(|(kind, framed)| {
        let mut items = frame::items(&framed).unwrap();
        (kind, items.remove(0))
    })
}

/// The kinds and versions that 0.1.0 has recorded, by type.
pub fn forms_of_0_1_0() -> BTreeMap<&'static str, BTreeSet<(u16, u8)>> {
    let mut forms: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (kind, item) in recorded_by_0_1_0() {
        forms.entry(kind).or_default().insert((item.kind, item.version));
    }
    forms
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap())
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn every_frame_of_every_release_is_still_understood() {
    for release in RELEASES {
        let mut seen = 0;
        for (kind, framed) in release.frames() {
            let items = frame::items(&framed).unwrap();
            let [item] = items.as_slice() else {
                panic!("{}: {kind}: one item a frame", release.name)
            };
            let read = match kind {
                "Greeting" => Greeting::unpack(item).map(drop),
                "Command" => Command::unpack(item).map(drop),
                "Change" => Change::unpack(item).map(drop),
                "ServerItem" => ServerItem::unpack(item).map(drop),
                "UserValue" => UserValue::unpack(item).map(drop),
                "Ask" => Ask::unpack(item).map(drop),
                "Answer" => Answer::unpack(item).map(drop),
                other => panic!("{}: what is a {other}?", release.name),
            };
            assert_eq!(read, Ok(()), "{}: {kind} {item:?}", release.name);
            seen += 1;
        }
        assert!(seen > 40, "{}: {seen} frames are not all of them", release.name);
    }
}

/// SHA-256 over the three files of 0.1.0, which is out: they never change.
const FROZEN_0_1_0: &str = "51dfb4bcc9380a30a8415c30aad2f9832430896436666717bc1dd5e877896264";

#[test]
fn the_corpus_of_a_release_that_is_out_is_frozen() {
    let release = &RELEASES[0];
    let mut hash = sha2::Sha256::new();
    for file in [release.frames, release.store, release.reading] {
        hash.update(file);
    }
    assert_eq!(release.name, "0.1.0");
    assert_eq!(*hash.finalize(), *bytes(FROZEN_0_1_0), "recorded bytes never change");
}

/// A kind and version that a release has recorded is still written with the same bytes. What
/// this build adds may change until its own corpus is recorded.
#[test]
fn a_form_that_a_release_recorded_keeps_its_bytes() {
    let newest = RELEASES.last().unwrap();
    let form = |line: &str| line.split_once(' ').map(|(kind, hex)| format!("{kind} {}", &hex[2..8]));
    let recorded: BTreeSet<&str> = newest.frames.lines().collect();
    let forms: BTreeSet<_> = newest.frames.lines().filter_map(form).collect();
    let changed: Vec<String> = golden::samples()
        .into_iter()
        .map(|(kind, hex)| format!("{kind} {hex}"))
        .filter(|line| form(line).is_some_and(|form| forms.contains(&form)) && !recorded.contains(line.as_str()))
        .collect();
    assert!(
        changed.is_empty(),
        "not as {} wrote them:\n{}",
        newest.name,
        changed.join("\n")
    );
}

#[test]
fn a_level_1_client_gets_every_item_and_answer_in_the_bytes_of_0_1_0() {
    for (kind, framed) in RELEASES[0].frames() {
        let item = frame::items(&framed).unwrap().remove(0);
        let packed = match kind {
            "ServerItem" => ServerItem::unpack(&item).unwrap().pack_at(Level::FIRST),
            "Answer" => Some(Answer::unpack(&item).unwrap().pack_at(Level::FIRST)),
            _ => continue,
        };
        assert_eq!(packed, Some(item), "{kind}");
    }
}

#[test]
fn a_level_1_client_is_sent_no_item_that_0_1_0_does_not_know() {
    let known = &forms_of_0_1_0()["ServerItem"];
    let mut withheld = 0;
    for (kind, hex) in golden::samples() {
        let item = frame::items(&bytes(&hex)).unwrap().remove(0);
        if kind == "ServerItem" {
            match ServerItem::unpack(&item).unwrap().pack_at(Level::FIRST) {
                Some(sent) => assert!(known.contains(&(sent.kind, sent.version)), "{sent:?}"),
                None => withheld += 1,
            }
        }
    }
    assert!(withheld > 0, "level 2 has items of its own");
}

#[test]
fn hello_and_questions_of_0_1_0_name_no_level_and_mean_the_first() {
    for (kind, framed) in RELEASES[0].frames() {
        let item = frame::items(&framed).unwrap().remove(0);
        match kind {
            "Greeting" => {
                if let Greeting::Hello(hello) = Greeting::unpack(&item).unwrap() {
                    assert_eq!(hello.level, Level::FIRST);
                }
            }
            "Ask" => assert_eq!(Question::unpack(&item).unwrap().level, Level::FIRST),
            _ => {}
        }
    }
}

/// What an older program does with what a newer one says.
#[test]
fn a_kind_or_version_of_a_newer_release_is_kept_as_bytes_and_is_nothing_malformed() {
    for (kind, framed) in RELEASES.last().unwrap().frames() {
        let mut item = frame::items(&framed).unwrap().remove(0);
        let (known_kind, known_version) = (item.kind, item.version);
        for (newer_kind, newer_version) in [(known_kind, known_version + 9), (0xfff0, known_version)] {
            (item.kind, item.version) = (newer_kind, newer_version);
            let read = match kind {
                "Greeting" | "Command" => ClientItem::unpack(&item).map(drop),
                "Change" => Change::unpack(&item).map(drop),
                "ServerItem" => ServerItem::unpack(&item).map(drop),
                "UserValue" => UserValue::unpack(&item).map(drop),
                "Ask" => Ask::unpack(&item).map(drop),
                _ => Answer::unpack(&item).map(drop),
            };
            assert_eq!(read, Err(Unpack::Unknown), "{kind} {newer_kind} v {newer_version}");
        }
    }
}
