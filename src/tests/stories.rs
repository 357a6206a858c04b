//! What people live through with Whilst, each with a tab of their own.

use super::{
    server::{Account, Server},
    tab::Browser,
};
use crate::{
    client::{Act, Input, PendingState, Row},
    rules::away::Form,
    server::rooms,
    wire::{Problem, RoomId, RoomKind},
};

/// Ada, who owns the server, and Bo, with the room that both are in.
async fn two_people(settings: &str) -> (Server, Account, Account, RoomId) {
    let server = Server::starts_with(settings).await;
    let ada = server.sets_up("ada").await;
    let bo = server.welcomes(&ada, "bo").await;
    let mut read = server.app.store.read().await.unwrap();
    let room = rooms::list_for(&mut read, &ada.signed).await.unwrap()[0].room;
    drop(read);
    (server, ada, bo, room)
}

impl Browser {
    /// Makes a room and lets somebody in.
    async fn makes_room_with(&mut self, name: &str, guest: &Account) -> RoomId {
        let is_it = |line: &crate::client::RoomLine| line.name == name;
        self.step(Input::Do(Act::CreateRoom {
            kind: RoomKind::Closed,
            name: name.to_owned(),
        }));
        self.waits(|tab| tab.rooms().iter().any(is_it)).await;
        let room = self.tab.rooms().into_iter().find(is_it).unwrap().room;
        self.step(Input::Do(Act::AddPerson { room, user: guest.user }));
        self.settles().await;
        room
    }

    fn unread(&self, room: RoomId) -> (u32, u32) {
        let line = self.tab.room(room).unwrap();
        (line.unread, line.mentions)
    }
}

#[tokio::test]
async fn two_people_talk_both_ways() {
    let (server, ada, bo, room) = two_people("").await;
    let (mut ada, mut bo) = (server.opens_tab(&ada, 1).await, server.opens_tab(&bo, 2).await);
    ada.opens(room).await;
    bo.opens(room).await;
    ada.says(room, "hello bo");
    ada.sees(room, &["hello bo"]).await;
    bo.sees(room, &["hello bo"]).await;
    bo.says(room, "hello ada");
    bo.settles().await;
    ada.sees(room, &["hello bo", "hello ada"]).await;
    assert_eq!(ada.log(room), bo.log(room));
}

#[tokio::test]
async fn cut_off_both_write_and_mended_both_have_one_log() {
    let (server, ada, bo, room) = two_people("").await;
    let (mut ada, mut bo) = (server.opens_tab(&ada, 1).await, server.opens_tab(&bo, 2).await);
    ada.opens(room).await;
    bo.opens(room).await;
    bo.is_cut_off();
    for body in ["bo one", "bo two"] {
        bo.says(room, body);
    }
    for body in ["ada one", "ada two", "ada three"] {
        ada.says(room, body);
    }
    ada.settles().await;
    assert!(bo.log(room).is_empty(), "what is unsent does not look sent");
    bo.is_mended().await;
    // What had been said while they were away stands before what left afterwards.
    let all = ["ada one", "ada two", "ada three", "bo one", "bo two"];
    bo.sees(room, &all).await;
    ada.sees(room, &all).await;
    assert_eq!(ada.log(room), bo.log(room));
}

#[tokio::test]
async fn a_wire_that_dies_with_a_message_in_flight_brings_it_once() {
    let (server, ada, bo, room) = two_people("").await;
    let (mut ada, mut bo) = (server.opens_tab(&ada, 1).await, server.opens_tab(&bo, 2).await);
    ada.opens(room).await;
    bo.opens(room).await;
    for n in 0..5 {
        bo.says(room, &format!("{n}"));
        // The frame leaves; whether it is stored is not known on this side.
        bo.waits(|_| true).await;
        bo.is_cut_off();
        bo.is_mended().await;
    }
    let all = ["0", "1", "2", "3", "4"];
    bo.sees(room, &all).await;
    ada.sees(room, &all).await;
}

#[tokio::test]
async fn who_connects_while_others_talk_misses_nothing_and_sees_nothing_twice() {
    // Fewer than a page: who comes last sees all of them without asking for older ones.
    const MESSAGES: usize = 40;
    let (server, ada, bo, room) = two_people("[limits]\ncommands_burst = 1000").await;
    let mut ada = server.opens_tab(&ada, 1).await;
    ada.opens(room).await;
    let expected: Vec<String> = (0..MESSAGES).map(|n| n.to_string()).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let talking = async {
        for body in &expected {
            ada.says(room, body);
            ada.settles().await;
        }
    };
    let coming = async {
        let mut last = server.opens_tab(&bo, 2).await;
        for device in 3..10 {
            last = server.opens_tab(&bo, device).await;
            last.opens(room).await;
        }
        last
    };
    let ((), mut last) = tokio::join!(talking, coming);
    last.sees(room, &expected).await;
    assert_eq!(last.log(room), ada.log(room));
}

#[tokio::test]
async fn a_server_that_starts_anew_is_found_again_and_nothing_written_meanwhile_is_lost() {
    let (server, ada, bo, room) = two_people("").await;
    let (mut ada, mut bo) = (server.opens_tab(&ada, 1).await, server.opens_tab(&bo, 2).await);
    ada.opens(room).await;
    bo.opens(room).await;
    ada.says(room, "before");
    ada.settles().await;
    bo.sees(room, &["before"]).await;
    let (stopped, ()) = tokio::join!(server.stops(), async {
        tokio::join!(ada.waits(|tab| !tab.is_settled()), bo.waits(|tab| !tab.is_settled()));
    });
    ada.says(room, "while it was down");
    let server = stopped.starts_again(2).await;
    ada.finds(&server).await;
    bo.finds(&server).await;
    bo.sees(room, &["before", "while it was down"]).await;
    assert_eq!(ada.log(room), bo.log(room));
}

#[tokio::test]
async fn who_comes_back_finds_one_exact_card_on_every_device_until_it_is_put_away() {
    let (server, ada, bo, hall) = two_people("[away]\nmin_absence_seconds = 1\nfull_card_seconds = 1").await;
    let mut bo_tab = server.opens_tab(&bo, 9).await;
    let mut ada_tab = server.opens_tab(&ada, 1).await;
    let attic = bo_tab.makes_room_with("attic", &ada).await;
    let cellar = bo_tab.makes_room_with("cellar", &ada).await;
    ada_tab.waits(|tab| tab.rooms().len() == 3).await;
    bo_tab.says(hall, "seen before they left");
    bo_tab.settles().await;
    server.has_lease_by_sql(&ada).await;
    ada_tab.closes().await;
    server.clock.advance(1_000);

    for (room, messages) in [(hall, 5), (attic, 4), (cellar, 3)] {
        for n in 0..messages {
            let mention = if room == attic && n == 2 { "@ada look" } else { "talk" };
            bo_tab.says(room, mention);
        }
        bo_tab.settles().await;
        server.clock.advance(1_000);
    }
    server.clock.advance(7_200_000);

    let (mut desk, mut phone) = (server.opens_tab(&ada, 1).await, server.opens_tab(&ada, 2).await);
    for tab in [&mut desk, &mut phone] {
        tab.waits(|tab| tab.card().is_some()).await;
        let card = tab.tab.card().unwrap();
        assert_eq!(card.form, Form::Full);
        let lines: Vec<_> = card.lines.iter().map(|line| (line.room, line.missed)).collect();
        // The mention first; then the others, the one talked in last before.
        assert_eq!(lines, [(attic, 4), (cellar, 3), (hall, 6)]);
        assert_eq!((card.rooms.len(), card.mentions, card.more_rooms), (3, 1, 0));
        assert_eq!(tab.unread(attic), (4, 1));
    }
    assert_eq!(
        desk.tab.card().map(|card| card.absence),
        phone.tab.card().map(|card| card.absence)
    );
    let (room, seq) = desk.tab.card_mention().unwrap();
    desk.step(Input::OpenRoom { room, at: Some(seq) });
    desk.settles().await;
    assert!(desk.log(room).contains(&(seq.0, "@ada look".to_owned())));

    let card = phone.tab.card().cloned();
    bo_tab.says(hall, "@ada you are back");
    bo_tab.settles().await;
    phone
        .waits(|tab| tab.rooms().iter().any(|line| line.room == hall && line.unread == 7))
        .await;
    assert_eq!(phone.tab.card().cloned(), card, "frozen at the return");
    let mut third = server.opens_tab(&ada, 4).await;
    third.waits(|tab| tab.card().is_some()).await;
    assert_eq!(third.tab.card().cloned(), card, "on a device that comes later as well");

    phone.step(Input::DismissCard);
    phone.waits(|tab| tab.card().is_none()).await;
    desk.waits(|tab| tab.card().is_none()).await;
    let mut again = server.opens_tab(&ada, 3).await;
    again.settles().await;
    assert!(again.tab.card().is_none());
}

#[tokio::test]
async fn who_is_removed_loses_the_room_and_keeps_what_they_had_not_sent() {
    let (server, ada, bo, _) = two_people("").await;
    let (mut ada_tab, mut bo_tab) = (server.opens_tab(&ada, 1).await, server.opens_tab(&bo, 2).await);
    let attic = ada_tab.makes_room_with("attic", &bo).await;
    bo_tab.waits(|tab| tab.room(attic).is_some()).await;
    bo_tab.opens(attic).await;
    ada_tab.says(attic, "for members");
    ada_tab.settles().await;
    bo_tab.sees(attic, &["for members"]).await;
    bo_tab.is_cut_off();
    bo_tab.says(attic, "never sent");
    ada_tab.step(Input::Do(Act::RemovePerson {
        room: attic,
        user: bo.user,
    }));
    ada_tab.settles().await;
    ada_tab.says(attic, "after they left");
    ada_tab.settles().await;
    bo_tab.is_back_online();
    bo_tab.waits(|tab| tab.room(attic).is_none()).await;
    // It left before the wire died, so only the server knows; it is asked by the key.
    let is_unsent = |row: &Row| match row {
        Row::Pending { pending, .. } => {
            pending.body.as_str() == "never sent" && pending.state == PendingState::NotSent(Problem::Gone)
        }
        _ => false,
    };
    bo_tab.waits(|tab| tab.rows(attic, &|_| 0).iter().any(is_unsent)).await;
    assert!(bo_tab.log(attic).is_empty());
}

#[tokio::test]
async fn sending_from_a_full_outbox_hides_nothing_that_was_missed() {
    let (server, ada, bo, room) = two_people("").await;
    let (mut ada_tab, mut bo_tab) = (server.opens_tab(&ada, 1).await, server.opens_tab(&bo, 2).await);
    bo_tab.opens(room).await;
    bo_tab.is_cut_off();
    for n in 0..30 {
        bo_tab.says(room, &format!("mine {n}"));
    }
    for n in 0..7 {
        ada_tab.says(room, &format!("theirs {n}"));
    }
    ada_tab.settles().await;
    bo_tab.is_mended().await;
    assert_eq!(bo_tab.tab.counts(room).unwrap().unread, 7);
    assert_eq!(server.opens_tab(&bo, 3).await.tab.counts(room).unwrap().unread, 7);
}

#[tokio::test]
async fn an_outbox_that_is_told_to_wait_leaves_in_its_order() {
    let (server, ada, _, room) = two_people("[limits]\ncommands_burst = 3\ncommands_per_second = 5").await;
    let mut ada_tab = server.opens_tab(&ada, 1).await;
    ada_tab.opens(room).await;
    let expected: Vec<String> = (0..12).map(|n| n.to_string()).collect();
    for body in &expected {
        ada_tab.says(room, body);
    }
    while ada_tab.tab.unsent() > 0 {
        let before = ada_tab.tab.unsent();
        server.clock.advance(200);
        ada_tab.waits(|tab| tab.unsent() < before).await;
    }
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    ada_tab.sees(room, &expected).await;
}
