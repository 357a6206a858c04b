//! R14: a backup made while everybody sends is a beginning of every room, with all that
//! was acknowledged before it.

use super::{
    binary::{Binary, free_addr},
    checker::FinalStore,
    senders::Senders,
    town::Town,
    verdict::{demand_kept, store_in},
};
use std::{
    path::Path,
    process::{Command, Output},
};

const PEOPLE: usize = 16;
const ROOMS: usize = 8;
const SENDERS: usize = 128;
const ACKNOWLEDGED: u64 = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r14_a_backup_under_load_holds_all_that_was_acknowledged_before_it() {
    let town = Town::founded(PEOPLE, ROOMS).await;
    let addr = free_addr();
    let server = Binary::starts(&town, &addr).await;
    let senders = Senders::begin(&town, &addr, SENDERS);
    let notes = senders.notes.clone();
    notes.wait_for(ACKNOWLEDGED).await;
    let (data, backup) = (town.data(), town.folder().join("backup"));
    let begun = notes.now();
    succeeds(&whilst(&["backup"], &backup, &data).await);
    notes.wait_for(notes.acknowledged() + ACKNOWLEDGED).await;

    let refused = whilst(&["restore", "--replace"], &backup, &data).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("Stop that one first"));
    succeeds(&whilst(&["restore", "--verify"], &backup, &data).await);
    let elsewhere = town.folder().join("elsewhere");
    succeeds(&whilst(&["restore"], &backup, &elsewhere).await);

    let notes = senders.end().await;
    server.stops().await;
    let (all, held) = (town.store().await, store_in(&elsewhere).await);
    let mut history = notes.history();
    demand_kept(&history, &all);
    let mut before = 0;
    history.heard.clear();
    for invoked in &mut history.commands {
        invoked.answers.retain(|answer| answer.at < begun);
        invoked.pursued = false;
        before += invoked.answers.len();
    }
    demand_kept(&history, &held);
    is_the_beginning_of(&held, &all);
    let messages: usize = held.rooms.values().map(|room| room.messages.len()).sum();
    assert!(messages >= before);
    println!(
        "fault R14: a backup under {SENDERS} senders: {before} acknowledged before it, {messages} in it, 0 violations"
    );
}

/// Each room as far as it goes, entry by entry.
fn is_the_beginning_of(held: &FinalStore, all: &FinalStore) {
    for (id, room) in &held.rooms {
        let whole = &all.rooms[id];
        assert!(room.entries.iter().zip(&whole.entries).all(|(one, other)| one == other));
        assert!(room.entries.len() <= whole.entries.len());
    }
}

async fn whilst(words: &[&str], backup: &Path, data: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whilst"));
    command.args(words).arg(backup).arg("--data").arg(data);
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn succeeds(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}
