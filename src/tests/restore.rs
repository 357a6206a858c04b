//! A backup of a server that runs, and what its people see when it is restored.

use super::server::Server;
use crate::{
    client::{Row, Tab},
    server::{
        backup::{self, Existing},
        clock::Ambience,
        rooms,
        testing::SeededChance,
    },
    wire::RoomId,
};
use std::sync::Arc;

#[tokio::test]
async fn after_a_restore_open_tabs_say_so_once_bring_back_what_was_theirs_and_agree() {
    let server = Server::starts().await;
    let ada = server.sets_up("ada").await;
    let bo = server.welcomes(&ada, "bo").await;
    let mut read = server.app.store.read().await.unwrap();
    let room = rooms::list_for(&mut read, &ada.signed).await.unwrap()[0].room;
    drop(read);
    let (mut ada_tab, mut bo_tab) = (server.opens_tab(&ada, 1).await, server.opens_tab(&bo, 2).await);
    ada_tab.opens(room).await;
    bo_tab.opens(room).await;
    ada_tab.says(room, "kept by the backup");
    ada_tab.settles().await;

    // The server goes on while its backup is made, and after it.
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("backup");
    backup::make(server.data(), &copy, &server.app.ambience).await.unwrap();
    bo_tab.says(room, "bo, after the backup");
    bo_tab.settles().await;
    ada_tab.says(room, "ada, after the backup");
    ada_tab.settles().await;
    bo_tab
        .sees(
            room,
            &["kept by the backup", "bo, after the backup", "ada, after the backup"],
        )
        .await;

    let (stopped, ()) = tokio::join!(server.stops(), async {
        tokio::join!(
            ada_tab.waits(|tab| !tab.is_settled()),
            bo_tab.waits(|tab| !tab.is_settled())
        );
    });
    let ambience = Ambience {
        clock: Arc::new(stopped.clock.clone()),
        chance: Arc::new(SeededChance::new(3)),
    };
    backup::restore(&copy, stopped.data(), Existing::Keep, &ambience)
        .await
        .unwrap();
    // Ada writes on before she knows, under the session that the backup has kept.
    ada_tab.says(room, "while it was down");
    let server = stopped.starts_again(2).await;
    ada_tab.finds(&server).await;
    bo_tab.finds(&server).await;

    let mut late = server.opens_tab(&bo, 3).await;
    late.opens(room).await;
    for tab in [&mut ada_tab, &mut bo_tab, &mut late] {
        tab.waits(|tab| tab.unsent() == 0 && stored(tab, room) >= 4).await;
    }
    let log = late.log(room);
    for tab in [&ada_tab, &bo_tab] {
        assert_eq!(tab.log(room), log);
        assert_eq!(tab.heard_of_restores, 1);
    }
    assert_eq!(late.heard_of_restores, 0, "who comes later has nothing to be told");
    let mut said: Vec<&str> = log.iter().map(|(_, body)| body.as_str()).collect();
    assert_eq!(said[0], "kept by the backup");
    said.sort_unstable();
    let all = [
        "ada, after the backup",
        "bo, after the backup",
        "kept by the backup",
        "while it was down",
    ];
    assert_eq!(said, all, "nothing that a tab held is lost, and nothing is there twice");
}

fn stored(tab: &Tab, room: RoomId) -> usize {
    let rows = tab.rows(room, &|_| 0);
    rows.iter().filter(|row| matches!(row, Row::Message { .. })).count()
}
