//! What is said, and who hears it.

use super::*;

#[tokio::test]
async fn a_message_is_its_own_answer_on_every_tab_of_every_member() {
    let (server, ada, bo, room) = two_people("").await;
    let (mut desk, mut phone) = (server.connects(&ada).await, server.connects(&ada).await);
    let mut bo = server.connects(&bo).await;
    let key = desk.writes(room, "hello").await;
    let ServerItem::Room(event) = desk.hears().await else {
        panic!("the event")
    };
    let row = event.row.clone().unwrap();
    assert_eq!((row.client_key, row.author, row.text()), (key, ada.user, "hello"));
    for other in [&mut phone, &mut bo] {
        assert_eq!(other.hears().await, ServerItem::Room(event.clone()));
    }
    assert_eq!(desk.hears_all().await, []);
}

#[tokio::test]
async fn a_key_that_comes_again_gets_its_first_answer_there_and_tells_nobody_else() {
    let (server, ada, bo, room) = two_people("").await;
    let (mut desk, mut bo) = (server.connects(&ada).await, server.connects(&bo).await);
    let client_key = desk.writes(room, "once").await;
    let ServerItem::Room(event) = desk.hears().await else {
        panic!("the event")
    };
    bo.hears().await;

    let mut phone = server.connects(&ada).await;
    phone
        .says([command::Send {
            client_key,
            room,
            body: "once".to_owned(),
        }
        .into()])
        .await;
    let accepted = Accepted {
        client_key,
        room,
        seq: event.entry.seq,
    };
    assert_eq!(phone.hears().await, ServerItem::Accepted(accepted));

    phone
        .says([command::Send {
            client_key,
            room,
            body: "twice".to_owned(),
        }
        .into()])
        .await;
    let rejected = Rejected {
        client_key,
        problem: Problem::KeyReused,
    };
    assert_eq!(phone.hears().await, ServerItem::Rejected(rejected));
    assert_eq!(desk.hears_all().await, []);
    assert_eq!(bo.hears_all().await, []);
}

#[tokio::test]
async fn commands_whose_entries_carry_no_key_are_answered_after_what_they_did() {
    let (server, ada, bo, _) = two_people("").await;
    let mut bo = server.connects(&bo).await;
    let mut ada_wire = server.connects(&ada).await;
    let client_key = ada_wire.key();
    let name = "attic".to_owned();
    ada_wire
        .says([command::CreateRoom {
            client_key,
            kind: RoomKind::Open,
            name,
        }
        .into()])
        .await;
    let heard = until_accepted(&mut ada_wire).await;
    let ServerItem::Accepted(made) = heard.last().unwrap() else {
        panic!("accepted")
    };
    assert!(
        heard
            .iter()
            .any(|item| matches!(item, ServerItem::Room(event) if event.room == made.room))
    );

    let client_key = bo.key();
    bo.says([command::Join {
        client_key,
        room: made.room,
    }
    .into()])
        .await;
    let heard = until_accepted(&mut bo).await;
    assert!(
        heard
            .iter()
            .any(|item| matches!(item, ServerItem::Room(event) if event.room == made.room))
    );
    // Ada hears who came, too, and both hear what is said next.
    ada_wire.writes(made.room, "welcome").await;
    assert_eq!(bodies(&bo.hears_until_said("welcome").await), ["welcome"]);
}

#[tokio::test]
async fn where_one_is_no_member_a_message_is_refused_and_kept_by_its_author() {
    let (server, ada, ..) = two_people("").await;
    let mut wire = server.connects(&ada).await;
    let client_key = wire.writes(RoomId::from_bytes([9; 16]), "anybody?").await;
    let rejected = Rejected {
        client_key,
        problem: Problem::Gone,
    };
    assert_eq!(wire.hears().await, ServerItem::Rejected(rejected));
}

#[tokio::test]
async fn commands_of_one_frame_for_one_room_are_stored_in_their_order() {
    let (server, ada, _, room) = two_people("").await;
    let mut wire = server.connects(&ada).await;
    let expected: Vec<String> = (0..40).map(|n| format!("{n}")).collect();
    let sends: Vec<Saying> = expected
        .iter()
        .map(|body| {
            command::Send {
                client_key: wire.key(),
                room,
                body: body.clone(),
            }
            .into()
        })
        .collect();
    wire.says(sends).await;
    let heard = wire.hears_until_said("39").await;
    assert_eq!(bodies(&heard), expected);
}

#[tokio::test]
async fn what_was_said_just_before_the_tab_closed_is_stored() {
    let (server, ada, bo, room) = two_people("").await;
    let mut bo_tab = server.connects(&bo).await;
    let mut ada_tab = server.connects(&ada).await;
    ada_tab.writes(room, "bye").await;
    ada_tab.closes().await;
    bo_tab.hears_until_said("bye").await;
}
#[tokio::test]
async fn who_is_removed_hears_that_and_nothing_said_afterwards() {
    let (server, ada, bo, _) = two_people("").await;
    let mut ada_tab = server.connects(&ada).await;
    let client_key = ada_tab.key();
    let name = "attic".to_owned();
    ada_tab
        .says([command::CreateRoom {
            client_key,
            kind: RoomKind::Closed,
            name,
        }
        .into()])
        .await;
    let ServerItem::Accepted(made) = until_accepted(&mut ada_tab).await.pop().unwrap() else {
        panic!("accepted")
    };
    let room = made.room;
    let add = command::AddPerson {
        client_key: ada_tab.key(),
        room,
        user: bo.user,
    };
    memberships::add(&server.app, &ada.signed, &add).await.unwrap();
    let mut bo_tab = server.connects(&bo).await;
    let remove = command::RemovePerson {
        client_key: ada_tab.key(),
        room,
        user: bo.user,
    };
    memberships::remove(&server.app, &ada.signed, &remove).await.unwrap();
    ada_tab.writes(room, "he is gone").await;
    ada_tab.hears_until_said("he is gone").await;
    let heard = bo_tab.hears_all().await;
    assert!(
        heard
            .iter()
            .any(|item| matches!(item, ServerItem::RoomGone(gone) if gone.room == room)),
        "{heard:?}"
    );
    assert!(
        heard
            .iter()
            .all(|item| !matches!(item, ServerItem::Room(event) if event.room == room)),
        "{heard:?}"
    );
    let client_key = bo_tab.writes(room, "but I am here").await;
    let rejected = Rejected {
        client_key,
        problem: Problem::Gone,
    };
    assert_eq!(bo_tab.hears().await, ServerItem::Rejected(rejected));
}

#[tokio::test]
async fn the_same_message_from_two_tabs_at_once_is_stored_once_and_known_to_both() {
    let (server, ada, bo, room) = two_people("").await;
    let (mut desk, mut phone) = (server.connects(&ada).await, server.connects(&ada).await);
    let mut bo = server.connects(&bo).await;
    for n in 0..20 {
        let client_key = desk.key();
        let body = n.to_string();
        let send = || command::Send {
            client_key,
            room,
            body: body.clone(),
        };
        tokio::join!(desk.says([send().into()]), phone.says([send().into()]));
        for tab in [&mut desk, &mut phone] {
            tab.hears_until_said(&body).await;
        }
    }
    bo.hears_until_said("19").await;
    for tab in [&mut desk, &mut phone] {
        // At most the second of a pair is told that its message was stored before.
        let heard = tab.hears_all().await;
        assert!(
            heard.iter().all(|item| matches!(item, ServerItem::Accepted(_))),
            "{heard:?}"
        );
    }
    desk.writes(room, "next").await;
    let heard = bo.hears_until_said("next").await;
    let ServerItem::Room(event) = heard.last().unwrap() else {
        panic!("the event")
    };
    assert_eq!(event.row.as_ref().unwrap().ordinal, Ordinal(21));
}
