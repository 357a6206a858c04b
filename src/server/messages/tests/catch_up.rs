//! Each kind of news, and questions no honest client would ask.

use super::{asking, catch_up, cursor_at, have, news, say_many, two_in_a_room};
use crate::{
    server::{memberships, messages, rooms, testing::House},
    wire::{
        Cursor, DirectorySeq, Enveloped, Epoch, Ordinal, RoomId, Seq, Tail, UserSeq, command,
        envelope::encode,
        fetch::{CatchUp, Delta, News, Page, Range, Summary, Want},
        limits::{ANSWER_MAX_BYTES, BODY_MAX_BYTES, CATCH_UP_MAX_ROOMS, DIRECTORY_PAGE_SIZE, USER_LOG_PAGE_SIZE},
        user_log::{Marker, ReadMarker, UserValue},
    },
};

fn delta(news: News) -> (Summary, Delta) {
    match news {
        News::Delta(summary, delta) => (summary, delta),
        other => panic!("expected a delta, got {other:?}"),
    }
}

fn jump(news: News) -> (Summary, Page) {
    match news {
        News::Jump(summary, page) => (summary, page),
        other => panic!("expected a jump, got {other:?}"),
    }
}

fn reset(news: News) -> (Summary, Page) {
    match news {
        News::Reset(summary, page) => (summary, page),
        other => panic!("expected a reset, got {other:?}"),
    }
}

#[tokio::test]
async fn who_holds_everything_is_told_so() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&ada, room, "hi @bo").await;
    let head = cursor_at(&house, &bo, room, 4).await;
    for want in [Want::Rows, Want::Summary] {
        let News::Same(summary) = news(&house, &bo, room, Some(head), want).await else {
            panic!("nothing happened since");
        };
        assert_eq!((summary.head, summary.ordinal), (head, Ordinal(1)));
        assert_eq!((summary.counts.unread, summary.counts.mentions), (1, 1));
        assert_eq!(summary.counts, house.counts(&bo, room).await);
        assert_eq!(summary.meta.name, "general");
        assert_eq!(summary.preview.unwrap().words, "hi @bo");
    }
}

#[tokio::test]
async fn a_delta_is_the_log_from_the_cursor_to_the_head() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 10).await;
    let cursor = cursor_at(&house, &bo, room, 6).await;
    let cy = house.insert_person("cy").await;
    house.join(&cy, room).await;
    house.say(&cy, room, "hello").await;
    let (summary, delta) = delta(news(&house, &bo, room, Some(cursor), Want::Rows).await);
    let ask = Range {
        room,
        after: cursor,
        to: summary.head.seq,
    };
    assert_eq!(messages::range(&house.app, &bo, &ask).await.unwrap(), delta);
    assert_eq!((delta.from, delta.to), (Seq(6), summary.head));
    assert_eq!(summary.head.seq, Seq(15));
    let seqs: Vec<u64> = delta.entries.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, (7..=15).collect::<Vec<_>>());
    assert_eq!(delta.messages.len(), 8);
    assert!(delta.people.iter().any(|person| person.user == cy.user()));
}

#[tokio::test]
async fn two_hundred_missed_are_a_delta_and_one_more_is_a_jump_to_the_newest_page() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let cursor = cursor_at(&house, &bo, room, 3).await;
    say_many(&house, &ada, room, 200).await;
    let (_, delta) = delta(news(&house, &bo, room, Some(cursor), Want::Rows).await);
    assert_eq!(delta.entries.len(), 200);
    house.say(&ada, room, "one more").await;
    let (summary, page) = jump(news(&house, &bo, room, Some(cursor), Want::Rows).await);
    assert_eq!((page.from, page.to), (Ordinal(152), Ordinal(201)));
    assert_eq!(page.as_of, summary.head);
    assert_eq!(summary.counts.unread, 201);
}

#[tokio::test]
async fn a_few_large_messages_are_a_jump_as_well() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let cursor = cursor_at(&house, &bo, room, 3).await;
    for _ in 0..20 {
        house.say(&ada, room, &"x".repeat(BODY_MAX_BYTES as usize)).await;
    }
    let (_, page) = jump(news(&house, &bo, room, Some(cursor), Want::Rows).await);
    assert_eq!((page.from, page.to), (Ordinal(1), Ordinal(20)));
}

#[tokio::test]
async fn cursors_from_the_future_of_another_log_or_another_epoch_start_over() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 3).await;
    let good = cursor_at(&house, &bo, room, 4).await;
    let other_tail = Cursor {
        tail: Tail(good.tail.0 ^ 1),
        ..good
    };
    let future = Cursor {
        seq: Seq(u64::MAX),
        ..good
    };
    let soon = Cursor { seq: Seq(7), ..good };
    for cursor in [
        None,
        Some(other_tail),
        Some(future),
        Some(soon),
        Some(Cursor::default()),
    ] {
        let (summary, page) = reset(news(&house, &bo, room, cursor, Want::Rows).await);
        assert_eq!((page.from, page.to, page.notes.len()), (Ordinal(1), Ordinal(3), 3));
        assert_eq!(page.as_of, summary.head);
    }
    for epoch in [None, Some(Epoch([9; 16]))] {
        let ask = CatchUp {
            epoch,
            user: UserSeq(u64::MAX),
            directory: DirectorySeq(u64::MAX),
            rooms: vec![have(room, Some(good), Want::Rows)],
        };
        let mut answer = messages::catch_up(&house.app, &bo, &ask).await.unwrap();
        reset(answer.rooms.remove(0).news);
        assert_eq!(answer.epoch, house.app.store.epoch());
        // Numbers of another epoch say nothing about this one: all is told again.
        assert_eq!((answer.user.len(), answer.user_to), (1, UserSeq(1)));
        assert_eq!((answer.people.len(), answer.directory_to), (2, DirectorySeq(2)));
    }
}

#[tokio::test]
async fn logs_from_the_future_of_this_epoch_start_over_too() {
    let (house, _, bo, _) = two_in_a_room().await;
    let ask = CatchUp {
        user: UserSeq(1_000),
        directory: DirectorySeq(1_000),
        ..asking(&house, Vec::new())
    };
    let answer = messages::catch_up(&house.app, &bo, &ask).await.unwrap();
    assert_eq!((answer.user.len(), answer.people.len()), (1, 2));
}

#[tokio::test]
async fn a_room_off_screen_gets_its_name_counts_and_newest_words() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house
        .say(&ada, room, &format!("  first\n\nwords {}", "more ".repeat(99)))
        .await;
    let cursor = cursor_at(&house, &bo, room, 3).await;
    for cursor in [None, Some(cursor)] {
        let News::Summary(summary) = news(&house, &bo, room, cursor, Want::Summary).await else {
            panic!("a summary was asked for");
        };
        let preview = summary.preview.unwrap();
        assert_eq!((preview.seq, preview.author), (Seq(4), ada.user()));
        assert!(preview.words.starts_with("first words more more"));
        assert_eq!(summary.counts.unread, 1);
    }
}

#[tokio::test]
async fn rooms_that_are_not_there_not_yours_or_no_longer_yours_are_gone_alike() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let closed = house.closed_room(&ada, "closed").await;
    let cursor = cursor_at(&house, &bo, room, 3).await;
    let remove = command::RemovePerson {
        client_key: house.key(),
        room,
        user: bo.user(),
    };
    memberships::remove(&house.app, &ada, &remove).await.unwrap();
    for gone in [room, closed, RoomId::from_bytes([9; 16])] {
        for want in [Want::Rows, Want::Summary] {
            assert_eq!(news(&house, &bo, gone, Some(cursor), want).await, News::Gone);
        }
    }
}

#[tokio::test]
async fn a_question_about_too_many_rooms_is_answered_for_the_first_each_once() {
    let (house, _, bo, room) = two_in_a_room().await;
    let mut rooms = vec![have(room, None, Want::Summary); 3];
    rooms.extend((0..200).map(|n| have(RoomId::from_bytes([n; 16]), None, Want::Rows)));
    let answer = catch_up(&house, &bo, rooms).await;
    assert_eq!(answer.rooms.len(), CATCH_UP_MAX_ROOMS as usize);
    let first = answer.rooms.iter().filter(|answer| answer.room == room).count();
    assert_eq!(first, 1);
}

#[tokio::test]
async fn rooms_that_do_not_fit_are_left_out_and_come_when_asked_again() {
    let (house, ada, bo, first) = two_in_a_room().await;
    let mut rooms = vec![first];
    for name in ["second", "third", "fourth"] {
        let room = house.open_room(&ada, name).await;
        house.join(&bo, room).await;
        rooms.push(room);
    }
    for room in &rooms {
        let large = "x".repeat(BODY_MAX_BYTES as usize);
        let sends = (0..30).map(|_| house.say(&ada, *room, &large));
        futures_util::future::join_all(sends).await;
    }
    let mut answered = Vec::new();
    while answered.len() < rooms.len() {
        let asked = rooms
            .iter()
            .filter(|room| !answered.contains(*room))
            .map(|room| have(*room, None, Want::Rows))
            .collect();
        let answer = catch_up(&house, &bo, asked).await;
        assert!(encode(&answer).len() <= ANSWER_MAX_BYTES as usize);
        assert!(!answer.rooms.is_empty());
        answered.extend(answer.rooms.iter().map(|answer| answer.room));
    }
    assert_eq!(answered, rooms);
}

#[tokio::test]
async fn a_marker_moved_on_another_device_comes_with_its_counts() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 5).await;
    let known = catch_up(&house, &bo, Vec::new()).await;
    let marker = Marker {
        version: 0,
        ordinal: Ordinal(3),
    };
    messages::mark_read(&house.app, &bo, &command::MarkRead { room, marker })
        .await
        .unwrap();
    let ask = CatchUp {
        user: known.user_to,
        directory: known.directory_to,
        ..asking(&house, Vec::new())
    };
    let answer = messages::catch_up(&house.app, &bo, &ask).await.unwrap();
    let [item] = answer.user.as_slice() else {
        panic!("one value has changed");
    };
    let value = UserValue::from(ReadMarker { room, marker });
    assert_eq!(UserValue::unpack(&item.value), Ok(value));
    assert_eq!(item.counts.unwrap(), house.counts(&bo, room).await);
    assert_eq!((item.counts.unwrap().unread, answer.user_to), (2, item.useq));
    assert!(answer.people.is_empty());
}

#[tokio::test]
async fn long_logs_come_in_pages() {
    let (house, _, bo, _) = two_in_a_room().await;
    house
        .execute_sql(
            "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 1200)
             INSERT INTO user_log (user, kind, name, useq, version, value)
             SELECT id, 900, CAST(n AS BLOB), n, 1, x'' FROM users, n WHERE username = 'bo'",
        )
        .await;
    let mut ask = asking(&house, Vec::new());
    let mut useqs = Vec::new();
    loop {
        let answer = messages::catch_up(&house.app, &bo, &ask).await.unwrap();
        assert!(answer.user.len() <= USER_LOG_PAGE_SIZE as usize);
        useqs.extend(answer.user.iter().map(|item| item.useq.0));
        if answer.user_to == UserSeq(1_200) {
            break;
        }
        assert_eq!(answer.user.len(), USER_LOG_PAGE_SIZE as usize);
        ask.user = answer.user_to;
    }
    assert_eq!(useqs, (1..=1_200).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_hears_of_people_one_shares_a_room_with_page_by_page() {
    let (house, _, bo, _) = two_in_a_room().await;
    house.insert_person("stranger").await;
    house
        .execute_sql(
            "WITH RECURSIVE n (n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM n WHERE n < 700)
             INSERT INTO users (id, dseq, username, name, hue, role, state, password_hash, created_at)
             SELECT CAST(printf('%016d', n) AS BLOB), n, 'u' || n, 'U', 0, 0, 0, '', 0 FROM n",
        )
        .await;
    house
        .execute_sql(
            "INSERT INTO memberships (room, user, role, state, changed_seq, joined_ordinal)
             SELECT rooms.id, users.id, 0, 0, 1, 0 FROM rooms, users WHERE users.dseq >= 10",
        )
        .await;
    let mut ask = asking(&house, Vec::new());
    let mut people = Vec::new();
    loop {
        let answer = messages::catch_up(&house.app, &bo, &ask).await.unwrap();
        assert!(answer.people.len() <= DIRECTORY_PAGE_SIZE as usize);
        people.extend(answer.people.iter().map(|person| person.username.clone()));
        if answer.directory_to == DirectorySeq(700) {
            break;
        }
        ask.directory = answer.directory_to;
    }
    assert_eq!(people.len(), 2 + 691);
    assert!(!people.contains(&"stranger".to_owned()));
}

#[tokio::test]
async fn who_comes_into_a_room_is_shown_its_people_though_nothing_of_them_has_changed() {
    let (house, ada, bo, _) = two_in_a_room().await;
    let (cy, dee) = (house.insert_person("cy").await, house.insert_person("dee").await);
    let known = catch_up(&house, &bo, Vec::new()).await;
    let silent = house.open_room(&cy, "silent").await;
    house.join(&dee, silent).await;
    house.join(&bo, silent).await;
    let direct = rooms::open_direct(
        &house.app,
        &ada,
        &command::OpenDirect {
            client_key: house.key(),
            with: bo.user(),
        },
    )
    .await
    .unwrap()
    .room;
    let ask = CatchUp {
        user: known.user_to,
        directory: known.directory_to,
        ..asking(
            &house,
            vec![have(silent, None, Want::Summary), have(direct, None, Want::Summary)],
        )
    };
    let answer = messages::catch_up(&house.app, &bo, &ask).await.unwrap();
    let mut people: Vec<_> = answer.people.iter().map(|person| person.username.as_str()).collect();
    people.sort_unstable();
    assert_eq!(people, ["ada", "bo", "cy", "dee"]);
}

#[tokio::test]
async fn whoami_tells_who_asks_as_they_are_now() {
    let house = House::open().await;
    let ada = house.insert_person("ada").await;
    house.execute_sql("UPDATE users SET name = 'Ada L', role = 2").await;
    let me = messages::whoami(&house.app, &ada).await.unwrap();
    assert_eq!(
        (me.user, me.name.as_str(), me.username.as_str()),
        (ada.user(), "Ada L", "ada")
    );
}

#[tokio::test]
async fn who_missed_too_much_to_see_somebody_come_is_shown_them_all_the_same() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let cy = house.insert_person("cy").await;
    let known = catch_up(&house, &bo, Vec::new()).await;
    let cursor = cursor_at(&house, &bo, room, 3).await;
    house.join(&cy, room).await;
    say_many(&house, &ada, room, 300).await;
    for want in [Want::Rows, Want::Summary] {
        let ask = CatchUp {
            user: known.user_to,
            directory: known.directory_to,
            ..asking(&house, vec![have(room, Some(cursor), want)])
        };
        let answer = messages::catch_up(&house.app, &bo, &ask).await.unwrap();
        assert!(answer.people.iter().any(|person| person.user == cy.user()));
    }
}
