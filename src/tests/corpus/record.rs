//! A store with something of everything, made by this build.

use super::super::{server::Server, tab::Browser};
use super::store::{dump, make, reading};
use crate::{
    client::{Act, Input, Row},
    server::{rooms, testing::MovedClock},
    wire::{Emoji, Message, RoomId, RoomKind},
};
use std::{path::Path, sync::Arc};

/// Where to write `store.sql` and `reading.txt` of the release being made, if anywhere.
const RECORD_INTO: &str = "WHILST_RECORD_CORPUS";

impl Browser {
    fn message(&self, room: RoomId, body: &str) -> Arc<Message> {
        let rows = self.tab.rows(room, &|_| 0);
        let found = rows.into_iter().find_map(|row| match row {
            Row::Message { message, .. } if message.text() == body => Some(message),
            _ => None,
        });
        found.expect("it was said")
    }

    async fn does_it(&mut self, input: Input) {
        self.step(input);
        self.settles().await;
    }

    async fn finds_room(&mut self, name: &str) -> RoomId {
        self.waits(|tab| tab.rooms().iter().any(|line| line.name == name)).await;
        self.tab
            .rooms()
            .into_iter()
            .find(|line| line.name == name)
            .unwrap()
            .room
    }
}

#[tokio::test]
async fn a_store_of_this_build_reads_the_same_after_it_was_written_out_and_made_again() {
    let server = Server::starts().await;
    let ada_account = server.sets_up("ada").await;
    let bo_account = server.welcomes(&ada_account, "bo").await;
    let cy_account = server.welcomes(&ada_account, "cy").await;
    let mut ada = server.opens_tab(&ada_account, 1).await;
    let mut bo = server.opens_tab(&bo_account, 2).await;

    // An open room with every kind of entry about messages.
    let mut read = server.app.store.read().await.unwrap();
    let hall = rooms::list_for(&mut read, &ada_account.signed).await.unwrap()[0].room;
    drop(read);
    ada.opens(hall).await;
    bo.opens(hall).await;
    for body in ["first", "with a typo", "to be taken back", "hello @bo, 你好, مرحبا 👋"] {
        ada.says(hall, body);
    }
    ada.settles().await;
    let typo = ada.message(hall, "with a typo");
    let edit = Input::Edit {
        room: hall,
        target: typo.target(),
        revision: typo.revision,
        body: "without a typo".to_owned(),
    };
    ada.does_it(edit).await;
    let target = ada.message(hall, "to be taken back").target();
    ada.does_it(Input::Do(Act::Delete { room: hall, target })).await;
    bo.waits(|tab| tab.room(hall).is_some_and(|line| line.unread == 3))
        .await;
    let target = bo.message(hall, "first").target();
    let emoji = || Emoji::parse("👍").unwrap();
    for (on, emoji) in [(true, emoji()), (false, emoji()), (true, Emoji::parse("❤️").unwrap())] {
        let room = hall;
        bo.does_it(Input::Do(Act::React {
            room,
            target,
            emoji,
            on,
        }))
        .await;
    }

    // A closed room that people come to and go from, under two names.
    let make_den = Act::CreateRoom {
        kind: RoomKind::Closed,
        name: "den".to_owned(),
    };
    ada.step(Input::Do(make_den));
    let den = ada.finds_room("den").await;
    for user in [bo_account.user, cy_account.user] {
        ada.does_it(Input::Do(Act::AddPerson { room: den, user })).await;
    }
    let name = "cellar".to_owned();
    ada.does_it(Input::Do(Act::RenameRoom { room: den, name })).await;
    let user = cy_account.user;
    ada.does_it(Input::Do(Act::RemovePerson { room: den, user })).await;
    bo.finds_room("cellar").await;
    bo.does_it(Input::Do(Act::Leave { room: den })).await;

    // A direct room, read to its end.
    bo.does_it(Input::Do(Act::OpenDirect { with: ada_account.user })).await;
    let pair = bo.finds_room("ada").await;
    bo.says(pair, "just you and me");
    bo.settles().await;
    ada.finds_room("bo").await;
    ada.opens(pair).await;
    ada.does_it(Input::MarkAllRead { room: pair }).await;
    for tab in [ada, bo] {
        tab.closes().await;
    }

    let people = [("ada", &ada_account), ("bo", &bo_account), ("cy", &cy_account)];
    let written = dump(&server, &people).await;
    let as_written = reading(&server, &written).await;
    let folder = tempfile::tempdir().unwrap();
    make(&folder, &written).await;
    let again = Server::starts_in(folder, MovedClock::new(), String::new(), 2).await;
    assert_eq!(reading(&again, &written).await, as_written);
    if let Some(folder) = std::env::var_os(RECORD_INTO) {
        std::fs::write(Path::new(&folder).join("store.sql"), written).unwrap();
        std::fs::write(Path::new(&folder).join("reading.txt"), as_written).unwrap();
    }
}
