//! R4: a disk that fails under the server: syncs and writes that end in an error, and
//! no room left. Nobody is told of what is not stored; who sends is told so and sends
//! again; reading goes on; when the disk is well, everything is there.

use super::{
    AGAIN, PATIENCE,
    binary::{Binary, Wrapping, free_addr, without_size_signal},
    http,
    senders::Senders,
    town::Town,
    verdict::demand_kept,
};
use std::fs;

const PEOPLE: usize = 8;
const ROOMS: usize = 4;
const SENDERS: usize = 64;
const ACKNOWLEDGED: u64 = 1_500;
/// Beyond this no file may grow: less than the store has by then.
const FULL_BYTES: &str = "65536";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r04_a_sync_that_fails_acknowledges_nothing() {
    // Counted anew in each thread, so that it comes again after each recovery.
    survives("syncs that fail", "fdatasync,fsync", "EIO:when=30").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r04_a_folder_that_turns_read_only_for_a_while_costs_nothing() {
    survives(
        "a folder that is read-only for a while",
        "pwrite64,ftruncate",
        "EROFS:when=400..420",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r04_on_a_full_disk_people_read_on_and_what_they_wrote_leaves_when_there_is_room() {
    let town = Town::founded(PEOPLE, ROOMS).await;
    let addr = free_addr();
    let server = Binary::starts_within(&town, &addr, &without_size_signal()).await;
    let senders = Senders::begin(&town, &addr, SENDERS);
    let notes = senders.notes.clone();
    notes.wait_for(ACKNOWLEDGED).await;
    server.limit_files(FULL_BYTES);
    let told = async {
        while notes.errors.lock().unwrap().len() < SENDERS {
            tokio::time::sleep(AGAIN).await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("senders are told");
    let stood_at = notes.acknowledged();
    for room in &town.rooms {
        let cookie = [("cookie", town.people[0].cookie.as_str())];
        let page = http::request(&addr, "GET", &format!("/r/{room}"), &cookie, b"")
            .await
            .unwrap();
        assert_eq!(page.status, 200);
        assert!(page.text().contains("&lt;"), "the page shows what was said");
    }
    assert_eq!(
        notes.acknowledged(),
        stood_at,
        "nothing is acknowledged without room for it"
    );
    server.limit_files("unlimited");
    notes.wait_for(stood_at + ACKNOWLEDGED).await;
    let notes = senders.end().await;
    server.stops().await;
    demand_kept(&notes.history(), &town.store().await);
    println!(
        "fault R4: no room on the disk: {} told to wait, {} acknowledged, 0 violations",
        notes.errors.lock().unwrap().len(),
        notes.acknowledged()
    );
}

/// Runs a server whose calls fail now and then, and demands that everything is kept.
async fn survives(what: &str, calls: &str, failure: &str) {
    let town = Town::founded(PEOPLE, ROOMS).await;
    let addr = free_addr();
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error={failure}"));
    let tracer = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-o",
        "/dev/null",
        "-e",
        &trace,
        "-e",
        &inject,
    ];
    let server = Binary::starts_within(&town, &addr, &words(&tracer)).await;
    let senders = Senders::begin(&town, &addr, SENDERS);
    senders.notes.wait_for(ACKNOWLEDGED).await;
    let notes = senders.end().await;
    server.stops().await;
    let log = fs::read_to_string(town.folder().join("log")).unwrap();
    let failed = log.matches("the writer's connection failed").count();
    assert!(failed > 0, "no failure reached the writer");
    demand_kept(&notes.history(), &town.store().await);
    println!(
        "fault R4: {what}: {failed} failed commits, {} acknowledged, 0 violations",
        notes.acknowledged()
    );
}

fn words(words: &[&str]) -> Wrapping {
    words.iter().map(|word| (*word).to_owned()).collect()
}
