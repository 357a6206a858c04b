//! What a server did to its files, in order, as `strace` saw it; and what of it was
//! told before what was safe.

use std::{collections::HashMap, path::Path};

/// One thing done, in the order of the machine.
#[derive(Debug, Clone)]
pub enum Act {
    Write {
        file: File,
        at: usize,
        bytes: Vec<u8>,
    },
    Cut {
        file: File,
        length: usize,
    },
    /// From here on a sync is under way: it is to hold what was written before.
    SyncBegins {
        file: File,
        number: usize,
    },
    SyncEnds {
        file: File,
        number: usize,
    },
    /// These bytes left for people.
    Told {
        bytes: Vec<u8>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum File {
    Database,
    Log,
}

/// The words with which `strace` starts what comes after them.
pub fn wrapping(record: &Path) -> Vec<String> {
    let trace = "trace=pwrite64,ftruncate,fsync,fdatasync,unlink,write,writev,sendto,sendmsg";
    let words = [
        "strace",
        "-f",
        "-y",
        "--seccomp-bpf",
        "-xx",
        "-s",
        "65536",
        "-e",
        trace,
        "-o",
    ];
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    words.push(record.to_str().unwrap().to_owned());
    words
}

/// Reads a record whole. What it does not understand of our files ends the test: a
/// write that is overlooked would make a wrong state look right.
pub fn read(record: &str) -> Vec<Act> {
    let mut acts = Vec::new();
    let mut unfinished: HashMap<&str, String> = HashMap::new();
    let mut syncs: HashMap<&str, (File, usize)> = HashMap::new();
    let mut numbers = 0;
    for line in record.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
            // A write counts from when it begins, a sync from when it has ended.
            if let Some(file) = synced(begun) {
                numbers += 1;
                acts.push(Act::SyncBegins { file, number: numbers });
                syncs.insert(thread, (file, numbers));
            } else {
                acts.extend(act(begun));
                unfinished.insert(thread, begun.to_owned());
            }
        } else if call.starts_with("<... ") {
            let result = call.rsplit_once("= ").map_or("", |(_, result)| result);
            assert!(
                !result.starts_with('-') || !call.contains("sync"),
                "a sync failed: {call}"
            );
            if let Some((file, number)) = syncs.remove(thread) {
                acts.push(Act::SyncEnds { file, number });
            }
            unfinished.remove(thread);
        } else if let Some(file) = synced(call) {
            numbers += 1;
            acts.push(Act::SyncBegins { file, number: numbers });
            acts.push(Act::SyncEnds { file, number: numbers });
        } else {
            acts.extend(act(call));
        }
    }
    acts
}

fn synced(call: &str) -> Option<File> {
    let rest = call
        .strip_prefix("fdatasync(")
        .or_else(|| call.strip_prefix("fsync("))?;
    file_of(rest)
}

fn act(call: &str) -> Option<Act> {
    let (name, rest) = call.split_once('(')?;
    match name {
        "pwrite64" => {
            let file = file_of(rest)?;
            let bytes = strings(rest).next().expect("a write has bytes");
            let at = rest.rsplit(", ").next().and_then(number).expect("a write has a place");
            Some(Act::Write { file, at, bytes })
        }
        "ftruncate" => {
            let file = file_of(rest)?;
            let length = rest.rsplit(", ").next().and_then(number).expect("a cut has a length");
            Some(Act::Cut { file, length })
        }
        "write" | "writev" | "sendto" | "sendmsg" => {
            assert!(file_of(rest).is_none(), "a write without a place: {call}");
            // A socket's: what is written to a pipe or an event nobody hears.
            path_of(rest)?.starts_with("socket:").then(|| Act::Told {
                bytes: strings(rest).flatten().collect(),
            })
        }
        "unlink" => {
            let path = strings(rest).next()?;
            let file = named(std::str::from_utf8(&path).ok()?)?;
            Some(Act::Cut { file, length: 0 })
        }
        _ => None,
    }
}

/// The name behind a descriptor, which `strace` puts in angles.
fn path_of(rest: &str) -> Option<String> {
    let spelled = rest.split_once('<')?.1.split_once('>')?.0;
    String::from_utf8(bytes(spelled)).ok()
}

fn file_of(rest: &str) -> Option<File> {
    named(&path_of(rest)?)
}

fn named(path: &str) -> Option<File> {
    match path.rsplit('/').next()? {
        "whilst.db" => Some(File::Database),
        "whilst.db-wal" => Some(File::Log),
        _ => None,
    }
}

fn number(text: &str) -> Option<usize> {
    text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The bytes of each quoted string, all of them written as `\xNN`.
fn strings(rest: &str) -> impl Iterator<Item = Vec<u8>> {
    rest.split('"').skip(1).step_by(2).map(bytes)
}

fn bytes(spelled: &str) -> Vec<u8> {
    let digits = spelled.as_bytes();
    assert!(digits.len().is_multiple_of(4), "not all bytes are spelled out");
    let pairs = digits.chunks_exact(4);
    pairs
        .map(|spelled| nibble(spelled[2]) << 4 | nibble(spelled[3]))
        .collect()
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit - b'a' + 10,
    }
}
