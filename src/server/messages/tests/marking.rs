//! Read markers of a page that goes away.

use super::{problem, say_many, two_in_a_room};
use crate::{
    server::messages,
    wire::{
        Ordinal, Problem, RoomId, command::MarkRead, fetch::MarkReadAs, limits::MARKS_PER_QUESTION_MAX,
        user_log::Marker,
    },
};

fn mark(room: RoomId, ordinal: u64) -> MarkRead {
    let marker = Marker {
        version: 0,
        ordinal: Ordinal(ordinal),
    };
    MarkRead { room, marker }
}

#[tokio::test]
async fn markers_of_a_page_that_goes_away_are_stored_and_a_room_that_is_gone_is_passed_over() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 5).await;
    let gone = RoomId::from_bytes([9; 16]);
    let ask = MarkReadAs {
        user: bo.user(),
        marks: vec![mark(gone, 1), mark(room, 3)],
    };
    messages::mark_read_as(&house.app, &bo, &ask).await.unwrap();
    assert_eq!(house.counts(&bo, room).await.unread, 2);
}

#[tokio::test]
async fn markers_of_another_user_are_refused() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 5).await;
    let ask = MarkReadAs {
        user: ada.user(),
        marks: vec![mark(room, 3)],
    };
    let refused = messages::mark_read_as(&house.app, &bo, &ask).await;
    assert_eq!(problem(refused), Problem::NotAllowed);
    assert_eq!(house.counts(&bo, room).await.unread, 5);
}

#[tokio::test]
async fn a_question_with_too_many_markers_is_refused_whole() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 2).await;
    let max = MARKS_PER_QUESTION_MAX;
    let ask = MarkReadAs {
        user: bo.user(),
        marks: vec![mark(room, 1); max as usize + 1],
    };
    let refused = messages::mark_read_as(&house.app, &bo, &ask).await;
    assert_eq!(problem(refused), Problem::TooMany { max });
    assert_eq!(house.counts(&bo, room).await.unread, 2);
}
