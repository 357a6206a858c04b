//! Faults on the true binary: what is done to a server by crashes, disks and networks,
//! and the judge over what came of it. One file per fault; each prints one line.
//!
//! Nothing here knows how the server works inside. People and rooms are made by the
//! server's own verbs before it starts; from then on it is a process with a port and a
//! folder.
#![expect(clippy::unwrap_used, reason = "what does not hold ends the test")]

mod binary;
mod burst;
#[path = "../checker/mod.rs"]
mod checker;
mod dice;
#[expect(dead_code, reason = "the rest is for those who read pages")]
#[path = "../http.rs"]
mod http;
mod marker;
mod proxy;
mod r01_kill;
mod r02_crash_states;
mod r04_disk;
mod r05_flips;
mod r06_wire;
mod r07_again;
mod r10_readers;
mod r11_restart;
mod r14_backup;
mod senders;
mod sql;
#[expect(dead_code, reason = "the rest is for stories")]
#[path = "../tab.rs"]
mod tab;
mod town;
mod trace;
mod verdict;
mod wal;

// The judge speaks of these houses as its own crate's.
use whilst::{client, rules, server, wire};

use std::time::Duration;

/// A fault that takes longer has hung.
const PATIENCE: Duration = Duration::from_mins(2);
/// Before a server that is not there is asked for again.
const AGAIN: Duration = Duration::from_millis(20);

/// How often, how many: what a run before a release does more of.
fn times(variable: &str, usual: u64) -> u64 {
    let asked = std::env::var(variable).ok();
    asked.map_or(usual, |text| {
        text.parse().unwrap_or_else(|_| panic!("{variable} is to be a number"))
    })
}
