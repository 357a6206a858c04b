//! A damaged write-ahead log whose loss the operator accepts, and what open tabs make of it.

use super::server::Server;
use crate::{
    client::{Row, Tab},
    server::{
        clock::Ambience,
        rooms,
        store::{OnDamage, OpenError, Store},
        testing::{MovedClock, SeededChance},
    },
    wire::RoomId,
};
use std::{fs, path::Path, sync::Arc};

const HEADER_BYTES: usize = 32;
const FRAME_BYTES: usize = 24 + 4_096;
const SAID: usize = 12;
const FILES: [&str; 2] = ["whilst.db", "whilst.db-wal"];

fn ambience(seed: u64) -> Ambience {
    Ambience {
        clock: Arc::new(MovedClock::new()),
        chance: Arc::new(SeededChance::new(seed)),
    }
}

fn copy(from: &Path, to: &Path) {
    for name in FILES {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// Changes much of the content of a frame.
fn damage(data: &Path, frame: usize) {
    let log = data.join("whilst.db-wal");
    let mut bytes = fs::read(&log).unwrap();
    let at = HEADER_BYTES + frame * FRAME_BYTES;
    bytes[at + 2_000..at + 3_000].iter_mut().for_each(|byte| *byte ^= 0xa5);
    fs::write(&log, bytes).unwrap();
}

/// How many messages are left where a frame is damaged and the loss accepted; none if it cannot be.
async fn left_by_damage_of(files: &Path, frame: usize) -> Option<usize> {
    let folder = tempfile::tempdir().unwrap();
    copy(files, folder.path());
    damage(folder.path(), frame);
    let store = Store::open_despite(folder.path(), &ambience(7), OnDamage::AcceptLoss)
        .await
        .ok()?;
    Some(messages_in(&store).await)
}

async fn messages_in(store: &Store) -> usize {
    let mut read = store.read().await.unwrap();
    let messages: i64 = sqlx::query_scalar("SELECT count(*) FROM messages")
        .fetch_one(&mut *read)
        .await
        .unwrap();
    usize::try_from(messages).unwrap()
}

#[tokio::test]
async fn after_an_accepted_loss_open_tabs_resync_send_again_what_was_lost_and_agree() {
    let server = Server::starts().await;
    let ada = server.sets_up("ada").await;
    let bo = server.welcomes(&ada, "bo").await;
    let mut read = server.app.store.read().await.unwrap();
    let room = rooms::list_for(&mut read, &ada.signed).await.unwrap()[0].room;
    drop(read);
    let (mut ada_tab, mut bo_tab) = (server.opens_tab(&ada, 1).await, server.opens_tab(&bo, 2).await);
    ada_tab.opens(room).await;
    bo_tab.opens(room).await;
    for nth in 0..SAID {
        let tab = if nth % 2 == 0 { &mut ada_tab } else { &mut bo_tab };
        tab.says(room, &format!("message {nth}"));
        tab.settles().await;
    }
    bo_tab.waits(|tab| stored(tab, room) == SAID).await;
    ada_tab.waits(|tab| stored(tab, room) == SAID).await;
    let killed = tempfile::tempdir().unwrap();
    copy(server.data(), killed.path());

    let (stopped, ()) = tokio::join!(server.stops(), async {
        tokio::join!(
            ada_tab.waits(|tab| !tab.is_settled()),
            bo_tab.waits(|tab| !tab.is_settled())
        );
    });
    let frames = (fs::read(killed.path().join("whilst.db-wal")).unwrap().len() - HEADER_BYTES) / FRAME_BYTES;
    let mut lossy = None;
    for frame in (frames / 2..frames).step_by(3) {
        let left = left_by_damage_of(killed.path(), frame).await;
        if left.is_some_and(|left| (2..SAID - 1).contains(&left)) {
            lossy = Some((frame, left.unwrap()));
            break;
        }
    }
    let (frame, left) = lossy.expect("a frame whose damage costs some messages and not all");
    // Not before: the writer's connection is dropped when its task ends, and its thread closes it,
    // and removes the log, some time later.
    copy(killed.path(), stopped.data());
    damage(stopped.data(), frame);
    let refused = Store::open(stopped.data(), &ambience(8)).await;
    assert!(matches!(refused.err(), Some(OpenError::LogDamaged(..))));
    let store = Store::open_despite(stopped.data(), &ambience(9), OnDamage::AcceptLoss)
        .await
        .unwrap();
    assert_eq!(messages_in(&store).await, left);
    store.close().await;
    drop(store);

    let server = stopped.starts_again(2).await;
    ada_tab.finds(&server).await;
    bo_tab.finds(&server).await;
    let mut late = server.opens_tab(&bo, 3).await;
    late.opens(room).await;
    for tab in [&mut ada_tab, &mut bo_tab, &mut late] {
        tab.waits(|tab| tab.unsent() == 0 && stored(tab, room) >= SAID).await;
    }
    let log = late.log(room);
    for tab in [&ada_tab, &bo_tab] {
        assert_eq!(tab.log(room), log);
        assert_eq!(tab.heard_of_restores, 1, "a new epoch is said once");
    }
    let said: Vec<&str> = log.iter().map(|(_, body)| body.as_str()).collect();
    let before: Vec<String> = (0..SAID).map(|nth| format!("message {nth}")).collect();
    assert_eq!(
        said[..left],
        before[..left],
        "what was before the damage stayed in its place"
    );
    let mut all = said.clone();
    all.sort_unstable();
    let mut expected = before.clone();
    expected.sort_unstable();
    assert_eq!(all, expected, "what was lost was sent again, and nothing twice");
}

fn stored(tab: &Tab, room: RoomId) -> usize {
    let rows = tab.rows(room, &|_| 0);
    rows.iter().filter(|row| matches!(row, Row::Message { .. })).count()
}
