//! Making rooms: names, pairs, rights, lists, and commands that are sent again.

use super::{create, delete, heads_for, list_for, list_open, open_direct, rename};
use crate::{
    server::{
        app::{App, Parts},
        error::{Error, Result},
        memberships,
        sessions::Signed,
        testing::House,
    },
    wire::{
        Limits, Ordinal, Problem, RoomId, RoomKind, Seq, UserId, command, event::Accepted, fetch::News,
        membership::RoomRole,
    },
};
use std::sync::Arc;

fn problem<T: std::fmt::Debug>(result: Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn named(house: &House, kind: RoomKind, name: &str) -> command::CreateRoom {
    command::CreateRoom {
        client_key: house.key(),
        kind,
        name: name.to_owned(),
    }
}

fn direct(house: &House, with: UserId) -> command::OpenDirect {
    command::OpenDirect {
        client_key: house.key(),
        with,
    }
}

#[tokio::test]
async fn an_open_room_s_name_is_taken_by_all_that_look_like_it() {
    let house = House::open().await;
    let ada = house.insert_person("ada").await;
    house.open_room(&ada, "Über Garten").await;
    for name in [
        "Über Garten",
        "über garten",
        "  ÜBER   GARTEN ",
        "U\u{308}ber Garten",
        "Über Gar\u{ad}ten",
        "Ｕ\u{308}ber Garten",
    ] {
        let again = create(&house.app, &ada, &named(&house, RoomKind::Open, name)).await;
        assert_eq!(problem(again), Problem::NameTaken, "{name}");
    }
    house.open_room(&ada, "straße").await;
    let again = create(&house.app, &ada, &named(&house, RoomKind::Open, "STRASSE")).await;
    assert_eq!(problem(again), Problem::NameTaken);
    // That a closed room has a name must not be found out by trying it.
    house.closed_room(&ada, "secret").await;
    house.closed_room(&ada, "secret").await;
    house.open_room(&ada, "secret").await;
}

#[tokio::test]
async fn names_that_cannot_be_read_are_refused_and_nothing_is_made() {
    let house = House::open().await;
    let ada = house.insert_person("ada").await;
    let too_long = "n".repeat(65);
    for (name, expected) in [
        ("", Problem::NameEmpty),
        (" \u{200b}\u{2060} ", Problem::NameEmpty),
        (too_long.as_str(), Problem::NameTooLong { max_chars: 64 }),
        ("to\u{202e}be", Problem::NameUnreadable),
        ("a\0b", Problem::NameUnreadable),
    ] {
        let made = create(&house.app, &ada, &named(&house, RoomKind::Open, name)).await;
        assert_eq!(problem(made), expected, "{name:?}");
    }
    let made = create(&house.app, &ada, &named(&house, RoomKind::Direct, "two")).await;
    assert_eq!(problem(made), Problem::Malformed);
    assert_eq!(house.number_by_sql("SELECT count(*) FROM rooms").await, 0);
}

#[tokio::test]
async fn two_people_have_one_direct_room_whoever_opens_it() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let (of_ada, of_bo) = (direct(&house, bo.user()), direct(&house, ada.user()));
    let (one, two) = tokio::join!(
        open_direct(&house.app, &ada, &of_ada),
        open_direct(&house.app, &bo, &of_bo)
    );
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.room, one.seq), (two.room, two.seq));
    let later = open_direct(&house.app, &bo, &direct(&house, ada.user())).await.unwrap();
    assert_eq!(later.room, one.room);
    assert_eq!(house.number_by_sql("SELECT max(seq) FROM rooms").await, 3);

    let mut read = house.app.store.read().await.unwrap();
    for (who, other) in [(ada, bo), (bo, ada)] {
        let member = memberships::access(&mut read, &who, one.room).await.unwrap();
        assert_eq!((member.kind(), member.role()), (RoomKind::Direct, RoomRole::Member));
        let rooms = list_for(&mut read, &who).await.unwrap();
        let News::Summary(summary) = &rooms[0].news else {
            panic!("a list holds summaries");
        };
        assert_eq!(summary.meta.with, Some(other.user()));
    }
}

#[tokio::test]
async fn there_is_no_direct_room_with_oneself_a_stranger_or_somebody_removed() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    house
        .execute_sql("UPDATE users SET state = 1 WHERE username = 'bo'")
        .await;
    let nobody = UserId::from_bytes([7; 16]);
    for (with, expected) in [
        (ada.user(), Problem::NotAllowed),
        (bo.user(), Problem::Gone),
        (nobody, Problem::Gone),
    ] {
        let opened = open_direct(&house.app, &ada, &direct(&house, with)).await;
        assert_eq!(problem(opened), expected);
    }
    assert_eq!(house.number_by_sql("SELECT count(*) FROM rooms").await, 0);
}

#[tokio::test]
async fn only_a_room_s_admin_names_it_and_not_with_a_name_that_is_taken() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let room = house.open_room(&ada, "garden").await;
    house.open_room(&ada, "kitchen").await;
    house.join(&bo, room).await;
    let to = |name: &str| command::RenameRoom {
        client_key: house.key(),
        room,
        name: name.to_owned(),
    };
    assert_eq!(problem(rename(&house.app, &bo, &to("mine")).await), Problem::NotAllowed);
    assert_eq!(
        problem(rename(&house.app, &ada, &to("KITCHEN")).await),
        Problem::NameTaken
    );
    let renamed = rename(&house.app, &ada, &to("Garden")).await.unwrap();
    // The same name again changes nothing and is told as the present state.
    assert_eq!(rename(&house.app, &ada, &to("Garden")).await.unwrap().seq, renamed.seq);
    let stranger = house.insert_person("cy").await;
    assert_eq!(problem(rename(&house.app, &stranger, &to("x")).await), Problem::Gone);

    let made = open_direct(&house.app, &ada, &direct(&house, bo.user())).await.unwrap();
    let direct = command::RenameRoom {
        room: made.room,
        ..to("us")
    };
    assert_eq!(problem(rename(&house.app, &ada, &direct).await), Problem::NotAllowed);
}

#[tokio::test]
async fn nobody_is_in_more_rooms_than_the_limit() {
    let mut house = House::open().await;
    let limits = Arc::new(Limits {
        rooms_per_user_max: 2,
        ..Limits::default()
    });
    house.app = App::from(Parts {
        limits,
        ..Parts::clone(&house.app)
    });
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let third = house.open_room(&bo, "third").await;
    house.open_room(&ada, "first").await;
    house.open_room(&ada, "second").await;
    let too_many = Problem::TooMany { max: 2 };
    let more = create(&house.app, &ada, &named(&house, RoomKind::Open, "more")).await;
    assert_eq!(problem(more), too_many);
    let join = command::Join {
        client_key: house.key(),
        room: third,
    };
    assert_eq!(problem(memberships::join(&house.app, &ada, &join).await), too_many);
    let add = command::AddPerson {
        client_key: house.key(),
        room: third,
        user: ada.user(),
    };
    assert_eq!(problem(memberships::add(&house.app, &bo, &add).await), too_many);
    // What was refused late has left nothing: the name is free.
    assert_eq!(house.number_by_sql("SELECT count(*) FROM rooms").await, 3);
}

#[tokio::test]
async fn the_open_rooms_one_is_not_in_are_listed_and_no_others() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let open = house.open_room(&ada, "b open").await;
    let other = house.open_room(&ada, "a open").await;
    house.closed_room(&ada, "closed").await;
    let mut read = house.app.store.read().await.unwrap();
    let listed: Vec<_> = list_open(&mut read, &bo)
        .await
        .unwrap()
        .into_iter()
        .map(|found| (found.room, found.members))
        .collect();
    assert_eq!(listed, [(other, 1), (open, 1)]);
    assert!(list_open(&mut read, &ada).await.unwrap().is_empty());
}

#[tokio::test]
async fn heads_are_those_of_the_rooms_one_is_in() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let room = house.open_room(&ada, "garden").await;
    house.open_room(&ada, "kitchen").await;
    house.join(&bo, room).await;
    let last = house.say(&ada, room, "hi").await;
    let mut read = house.app.store.read().await.unwrap();
    let heads = heads_for(&mut read, bo.user()).await.unwrap();
    let rooms: Vec<_> = heads
        .rooms
        .iter()
        .map(|head| (head.room, head.cursor.seq, head.ordinal))
        .collect();
    assert_eq!(rooms, [(room, last.seq, Ordinal(1))]);
    assert_eq!((heads.user.0, heads.directory.0), (1, 2));
}

/// A command of each kind that makes an entry, as one closure to send it.
#[tokio::test]
async fn each_kind_of_command_resent_gets_the_first_answer_and_burns_no_seq() {
    let house = House::open().await;
    let (ada, bo, cy) = (
        house.insert_person("ada").await,
        house.insert_person("bo").await,
        house.insert_person("cy").await,
    );
    let room = house.open_room(&ada, "garden").await;
    let key = || house.key();
    let make = named(&house, RoomKind::Closed, "kitchen");
    let pair = direct(&house, bo.user());
    let (cy_joins, bo_leaves) = (
        command::Join {
            client_key: key(),
            room,
        },
        command::Leave {
            client_key: key(),
            room,
        },
    );
    let add_bo = command::AddPerson {
        client_key: key(),
        room,
        user: bo.user(),
    };
    let remove_cy = command::RemovePerson {
        client_key: key(),
        room,
        user: cy.user(),
    };
    let name_it = command::RenameRoom {
        client_key: key(),
        room,
        name: "Garden of all".to_owned(),
    };
    let says = house.sending(room, "hello");

    let mut answers = Vec::new();
    for round in ["first", "again", "and again"] {
        let entries = house.number_by_sql("SELECT count(*) FROM entries").await;
        let app = &house.app;
        let round_answers = [
            create(app, &ada, &make).await,
            open_direct(app, &ada, &pair).await,
            memberships::join(app, &cy, &cy_joins).await,
            memberships::add(app, &ada, &add_bo).await,
            rename(app, &ada, &name_it).await,
            house.send(&bo, &says).await,
            memberships::remove(app, &ada, &remove_cy).await,
            memberships::leave(app, &bo, &bo_leaves).await,
        ]
        .map(|answer| answer.unwrap_or_else(|error| panic!("{round}: {error:?}")));
        answers.push(round_answers);
        if round != "first" {
            assert_eq!(house.number_by_sql("SELECT count(*) FROM entries").await, entries);
        }
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let seqs: Vec<_> = answers[0].iter().map(|answer| answer.seq).collect();
    assert_eq!(seqs, [1, 1, 3, 4, 5, 6, 7, 8].map(Seq));
    assert!(keys_of_other_wishes_are_refused(&house.app, &ada, room, &answers[0][0]).await);
}

/// A key that made a room does nothing else.
async fn keys_of_other_wishes_are_refused(app: &App, who: &Signed, room: RoomId, used: &Accepted) -> bool {
    let join = command::Join {
        client_key: used.client_key,
        room,
    };
    problem(memberships::join(app, who, &join).await) == Problem::KeyReused
}

#[tokio::test]
async fn a_deleted_room_is_the_same_as_one_that_never_was_and_its_name_is_free() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let room = house.open_room(&ada, "garden").await;
    house.join(&bo, room).await;
    house.say(&bo, room, "a word").await;
    let command = command::DeleteRoom {
        client_key: house.key(),
        room,
    };
    assert_eq!(problem(delete(&house.app, &bo, &command).await), Problem::NotAllowed);
    let first = delete(&house.app, &ada, &command).await.unwrap();

    for who in [&ada, &bo] {
        let again = command::Join {
            client_key: house.key(),
            room,
        };
        assert_eq!(problem(memberships::join(&house.app, who, &again).await), Problem::Gone);
        let said = house.send(who, &house.sending(room, "anybody?")).await;
        assert_eq!(problem(said), Problem::Gone);
        let mut read = house.app.store.read().await.unwrap();
        assert!(list_for(&mut read, who).await.unwrap().is_empty());
        assert!(list_open(&mut read, who).await.unwrap().is_empty());
    }
    assert_eq!(delete(&house.app, &ada, &command).await.unwrap(), first);
    house.open_room(&bo, "Garden").await;
}

#[tokio::test]
async fn an_invite_into_a_room_that_was_deleted_leads_into_the_house_only() {
    let house = House::open().await;
    let ada = house.insert_person("ada").await;
    let room = house.open_room(&ada, "garden").await;
    house
        .execute_sql(
            "INSERT INTO invites (id, code_hash, made_by, room, created_at, expires_at, uses_max, uses, revoked)
             SELECT x'01', x'01', m.user, m.room, 0, 9, 1, 0, 0 FROM memberships AS m",
        )
        .await;
    let command = command::DeleteRoom {
        client_key: house.key(),
        room,
    };
    delete(&house.app, &ada, &command).await.unwrap();
    let count = "SELECT count(*) FROM invites WHERE room IS NOT NULL";
    assert_eq!(house.number_by_sql(count).await, 0);
}
