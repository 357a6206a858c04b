//! R11: a server that is asked to stop while everybody sends, and comes back.

use super::{
    PATIENCE,
    binary::{Binary, free_addr},
    senders::Senders,
    times,
    town::Town,
    verdict::demand_kept,
};
use std::time::Duration;
use tokio::time::Instant;

const PEOPLE: usize = 16;
const ROOMS: usize = 8;
const SENDERS: usize = 256;
const ACKNOWLEDGED: u64 = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_a_planned_restart_under_load_shows_nobody_an_error_and_loses_nothing() {
    let restarts = times("WHILST_FAULTS_RESTARTS", 5);
    let town = Town::founded(PEOPLE, ROOMS).await;
    let addr = free_addr();
    let mut server = Binary::starts(&town, &addr).await;
    let senders = Senders::begin(&town, &addr, SENDERS);
    let notes = senders.notes.clone();
    let mut longest = Duration::ZERO;
    for _ in 0..restarts {
        notes.wait_for(notes.acknowledged() + ACKNOWLEDGED).await;
        let asked = Instant::now();
        let ended = tokio::time::timeout(PATIENCE, server.stops()).await.unwrap();
        assert!(ended.success(), "{ended}");
        server = Binary::starts(&town, &addr).await;
        longest = longest.max(asked.elapsed());
    }
    notes.wait_for(notes.acknowledged() + ACKNOWLEDGED).await;
    let notes = senders.end().await;
    server.stops().await;
    let errors = notes.errors.lock().unwrap().clone();
    assert!(errors.is_empty(), "{errors:?}");
    let cut = notes.cut.lock().unwrap().clone();
    assert!(
        cut.is_empty(),
        "{} conversations were cut without a word: {:?}",
        cut.len(),
        cut[0]
    );
    demand_kept(&notes.history(), &town.store().await);
    println!(
        "fault R11: {restarts} restarts under {SENDERS} senders, {} acknowledged, 0 errors, longest gap {} ms, 0 violations",
        notes.acknowledged(),
        longest.as_millis()
    );
}
