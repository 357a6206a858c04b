//! R1: kill -9 at random moments while 256 people send.

use super::{
    PATIENCE,
    binary::{Binary, free_addr},
    dice::Dice,
    senders::Senders,
    times,
    town::Town,
    verdict::demand_kept,
};

const PEOPLE: usize = 16;
const ROOMS: usize = 8;
const SENDERS: usize = 256;
/// Between two kills, so that none comes twice into the same turn.
const ACKNOWLEDGED_MIN: u64 = 300;
const ACKNOWLEDGED_SPREAD: u64 = 120;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r01_what_was_acknowledged_is_there_once_after_kill_9() {
    let kills = times("WHILST_FAULTS_KILLS", 30);
    let mut dice = Dice::of_this_run();
    let town = Town::founded(PEOPLE, ROOMS).await;
    let addr = free_addr();
    let mut server = Binary::starts(&town, &addr).await;
    let senders = Senders::begin(&town, &addr, SENDERS);
    let notes = senders.notes.clone();
    let mut unknown = 0;
    for _ in 0..kills {
        let more = ACKNOWLEDGED_MIN + dice.below(ACKNOWLEDGED_SPREAD);
        notes.wait_for(notes.acknowledged() + more).await;
        for _ in 0..dice.below(200) {
            tokio::task::yield_now().await;
        }
        server.dies();
        unknown += u64::from(notes.open() > 0);
        server = Binary::starts(&town, &addr).await;
    }
    notes.wait_for(notes.acknowledged() + ACKNOWLEDGED_MIN).await;
    let notes = senders.end().await;
    let ended = tokio::time::timeout(PATIENCE, server.stops()).await.unwrap();
    assert!(ended.success(), "{ended}");

    let acknowledged = notes.acknowledged();
    assert!(unknown >= kills / 3, "only {unknown} kills left anything open");
    assert!(
        acknowledged >= kills * ACKNOWLEDGED_MIN,
        "only {acknowledged} acknowledged"
    );
    demand_kept(&notes.history(), &town.store().await);
    println!("fault R1: {kills} kills ({unknown} with unknown outcomes), {acknowledged} acknowledged, 0 violations");
}
