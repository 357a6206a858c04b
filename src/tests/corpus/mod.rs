//! What every release wrote, read by this one: its frames, and a store of its making.
//!
//! A folder a release. `frames.txt` has a line for each kind: the type and the bytes of a
//! frame with one such item. `store.sql` is a whole store as statements, `reading.txt`
//! what its people read in it. A folder of a release that is out is never changed; the
//! newest folder is that of the release being made, and grows with it.

mod record;
mod store;

use crate::wire::{
    ClientItem, Command, Enveloped, ServerItem, Unpack,
    command::Greeting,
    event::Change,
    fetch::{Answer, Ask},
    frame, golden,
    user_log::UserValue,
};
use std::collections::BTreeSet;

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

#[test]
fn the_newest_corpus_has_every_frame_that_this_build_makes() {
    let newest = RELEASES.last().unwrap();
    let recorded: BTreeSet<&str> = newest.frames.lines().collect();
    let missing: Vec<String> = golden::samples()
        .into_iter()
        .map(|(kind, hex)| format!("{kind} {hex}"))
        .filter(|line| !recorded.contains(line.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "if {} is not out yet, its frames.txt wants these lines, otherwise the next release a folder:\n{}",
        newest.name,
        missing.join("\n")
    );
}

/// What an older program does with what a newer one says.
#[test]
fn a_kind_or_version_of_a_newer_release_is_kept_as_bytes_and_is_nothing_malformed() {
    for (kind, framed) in RELEASES.last().unwrap().frames() {
        let mut item = frame::items(&framed).unwrap().remove(0);
        let (known_kind, known_version) = (item.kind, item.version);
        for (newer_kind, newer_version) in [(known_kind, known_version + 1), (0xfff0, known_version)] {
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
