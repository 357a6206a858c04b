//! Pages and ranges: everything once, nothing left out, and never too much.

use super::{cursor_at, problem, say_many, two_in_a_room};
use crate::{
    server::{memberships, messages, sessions::Signed, testing::House},
    wire::{
        Cursor, Ordinal, Problem, RoomId, Seq, Tail, command,
        envelope::encode,
        fetch::{Around, History, Page, Range},
        limits::{BODY_MAX_BYTES, DELTA_MAX_BYTES, DELTA_MAX_ENTRIES},
    },
};
use std::collections::BTreeSet;

async fn come_and_go(house: &House, who: &Signed, room: RoomId) {
    let leave = command::Leave {
        client_key: house.key(),
        room,
    };
    memberships::leave(&house.app, who, &leave).await.unwrap();
    house.join(who, room).await;
}

async fn before(house: &House, who: &Signed, room: RoomId, before: u64, limit: u32) -> Page {
    let ask = History {
        room,
        before: Ordinal(before),
        limit,
    };
    messages::history(&house.app, who, &ask).await.unwrap()
}

/// A page's messages are those it says, in order, with their authors' faces.
fn is_whole(page: &Page) {
    let ordinals: Vec<_> = page.messages.iter().map(|row| row.ordinal.0).collect();
    assert_eq!(ordinals, (page.from.0..=page.to.0).collect::<Vec<_>>());
    for user in page
        .messages
        .iter()
        .map(|row| row.author)
        .chain(page.notes.iter().map(|note| note.actor))
    {
        assert!(page.people.iter().any(|person| person.user == user));
    }
}

#[tokio::test]
async fn walking_back_meets_every_message_and_every_note_once() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let (cy, dee) = (house.insert_person("cy").await, house.insert_person("dee").await);
    for who in [&cy, &dee] {
        house.join(who, room).await;
    }
    for n in 0..130 {
        house
            .say(if n % 2 == 0 { &ada } else { &bo }, room, &n.to_string())
            .await;
        if n % 7 == 0 {
            come_and_go(&house, &cy, room).await;
        }
    }
    come_and_go(&house, &dee, room).await;
    let head = house.number_by_sql("SELECT seq FROM rooms").await.unsigned_abs();
    for limit in [1, 7, 50, 200] {
        let mut seqs = BTreeSet::new();
        let mut next = u64::MAX;
        while next > 1 {
            let page = before(&house, &ada, room, next, limit).await;
            is_whole(&page);
            assert_eq!(page.as_of.seq.0, head);
            for seq in page
                .messages
                .iter()
                .map(|row| row.seq)
                .chain(page.notes.iter().map(|note| note.seq))
            {
                assert!(seqs.insert(seq.0), "{seq} came twice with pages of {limit}");
            }
            next = page.from.0;
        }
        assert_eq!(seqs, (1..=head).collect(), "with pages of {limit}");
    }
}

#[tokio::test]
async fn a_room_where_nothing_was_said_has_an_empty_page_with_its_notes() {
    let (house, ada, _, room) = two_in_a_room().await;
    for asked in [0, 1, 5, u64::MAX] {
        let page = before(&house, &ada, room, asked, 50).await;
        assert_eq!((page.from.0, page.to.0, page.notes.len()), (1, 0, 3));
    }
}

#[tokio::test]
async fn a_page_around_an_entry_holds_it_in_the_middle_where_there_is_enough_on_both_sides() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 200).await;
    let around = async |seq: u64| {
        let ask = Around { room, seq: Seq(seq) };
        let page = messages::around(&house.app, &bo, &ask).await.unwrap();
        is_whole(&page);
        (page.from.0, page.to.0)
    };
    // Three notes stand before the first message.
    assert_eq!(around(103).await, (76, 125));
    assert_eq!(around(0).await, (1, 50));
    assert_eq!(around(9).await, (1, 50));
    assert_eq!(around(203).await, (151, 200));
    assert_eq!(around(u64::MAX).await, (151, 200));
}

#[tokio::test]
async fn a_page_of_large_messages_is_cut_to_the_newest_that_fit() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let large = "x".repeat(BODY_MAX_BYTES as usize);
    for _ in 0..60 {
        house.say(&ada, room, &large).await;
    }
    let page = before(&house, &bo, room, u64::MAX, 200).await;
    is_whole(&page);
    assert_eq!(page.to, Ordinal(60));
    assert!(page.from > Ordinal(11), "not more than fits");
    assert!(encode(&page).len() <= super::super::page::PAGE_MAX_BYTES + 1_024);
    let ask = Around { room, seq: Seq(33) };
    let page = messages::around(&house.app, &bo, &ask).await.unwrap();
    is_whole(&page);
    assert!(page.messages.iter().any(|row| row.seq == Seq(33)));
}

#[tokio::test]
async fn a_range_is_dense_from_its_cursor_as_far_as_it_fits() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 300).await;
    let large = "x".repeat(BODY_MAX_BYTES as usize);
    for _ in 0..30 {
        house.say(&ada, room, &large).await;
    }
    let head = Seq(3 + 330);
    let mut after = Cursor::default();
    while after.seq < head {
        let ask = Range { room, after, to: head };
        let delta = messages::range(&house.app, &bo, &ask).await.unwrap();
        let seqs: Vec<_> = delta.entries.iter().map(|entry| entry.seq.0).collect();
        assert_eq!(seqs, (delta.from.0 + 1..=delta.to.seq.0).collect::<Vec<_>>());
        assert!(delta.to.seq > after.seq);
        assert!(delta.entries.len() <= DELTA_MAX_ENTRIES as usize);
        assert!(encode(&delta).len() <= DELTA_MAX_BYTES as usize + 1_024);
        let created = delta.entries.iter().filter(|entry| entry.seq > Seq(3)).count();
        assert_eq!(delta.messages.len(), created);
        after = delta.to;
    }
    let nothing = messages::range(&house.app, &bo, &Range { room, after, to: head })
        .await
        .unwrap();
    assert_eq!((nothing.from, nothing.to, nothing.entries.len()), (head, after, 0));
}

#[tokio::test]
async fn a_range_from_a_cursor_of_another_log_is_refused() {
    let (house, ada, _, room) = two_in_a_room().await;
    let good = cursor_at(&house, &ada, room, 2).await;
    for after in [
        Cursor {
            tail: Tail(good.tail.0 ^ 1),
            ..good
        },
        Cursor { seq: Seq(99), ..good },
        Cursor {
            seq: Seq(u64::MAX),
            ..good
        },
    ] {
        let to = Seq(u64::MAX);
        let refused = messages::range(&house.app, &ada, &Range { room, after, to }).await;
        assert_eq!(problem(refused), Problem::Malformed);
    }
}

#[tokio::test]
async fn nobody_reads_a_room_they_are_not_in() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&ada, room, "secret").await;
    let leave = command::Leave {
        client_key: house.key(),
        room,
    };
    memberships::leave(&house.app, &bo, &leave).await.unwrap();
    let stranger = house.insert_person("cy").await;
    for who in [bo, stranger] {
        let (app, before, limit, seq) = (&house.app, Ordinal(9), 50, Seq(4));
        let (after, to) = (Cursor::default(), seq);
        let history = messages::history(app, &who, &History { room, before, limit }).await;
        assert_eq!(problem(history), Problem::Gone);
        let around = messages::around(app, &who, &Around { room, seq }).await;
        assert_eq!(problem(around), Problem::Gone);
        let range = messages::range(app, &who, &Range { room, after, to }).await;
        assert_eq!(problem(range), Problem::Gone);
    }
}
