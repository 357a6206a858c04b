//! A first screen never costs more because more was missed.

use super::{asking, cursor_at, have, say_many, two_in_a_room};
use crate::{
    server::{messages::catch_up_in, sessions::Signed, testing::House},
    wire::{Cursor, RoomId, envelope::encode, fetch::Want},
};
use sqlx::Connection;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

#[derive(Debug, Clone, Copy)]
struct Cost {
    steps: u64,
    statements: u64,
    bytes: u64,
}

/// What it costs to come back to these rooms, the first of them on screen.
async fn cost(house: &House, who: &Signed, rooms: &[(RoomId, Cursor)]) -> Cost {
    let mut asked: Vec<_> = rooms
        .iter()
        .map(|(room, cursor)| have(*room, Some(*cursor), Want::Summary))
        .collect();
    asked[0].want = Want::Rows;
    let ask = asking(house, asked);
    let mut read = house.app.store.read().await.unwrap();
    read.clear_cached_statements().await.unwrap();
    let steps = Arc::new(AtomicU64::new(0));
    let counter = steps.clone();
    read.lock_handle().await.unwrap().set_progress_handler(1, move || {
        counter.fetch_add(1, Ordering::Relaxed);
        true
    });
    let answer = catch_up_in(&house.app, &mut read, who, &ask).await.unwrap();
    read.lock_handle().await.unwrap().remove_progress_handler();
    assert_eq!(answer.rooms.len(), rooms.len());
    Cost {
        steps: steps.load(Ordering::Relaxed),
        statements: read.cached_statements_size() as u64,
        bytes: encode(&answer).len() as u64,
    }
}

#[tokio::test]
async fn ten_thousand_missed_cost_what_three_hundred_missed_cost() {
    let (house, ada, bo, first) = two_in_a_room().await;
    let mut rooms = vec![(first, cursor_at(&house, &bo, first, 3).await)];
    for name in ["second", "third"] {
        let room = house.open_room(&ada, name).await;
        house.join(&bo, room).await;
        rooms.push((room, cursor_at(&house, &bo, room, 3).await));
    }
    for (room, _) in &rooms {
        say_many(&house, &ada, *room, 300).await;
    }
    let little = cost(&house, &bo, &rooms).await;
    for (room, _) in &rooms {
        say_many(&house, &ada, *room, 9_700).await;
        assert_eq!(house.counts(&bo, *room).await.unread, 10_000);
    }
    let much = cost(&house, &bo, &rooms).await;
    println!("300 missed: {little:?}; 10,000 missed: {much:?}");
    assert_eq!(much.statements, little.statements);
    assert!(little.steps > 100, "the steps were counted: {little:?}");
    assert!(much.steps * 10 <= little.steps * 12, "{much:?} after {little:?}");
    assert!(much.bytes * 10 <= little.bytes * 12, "{much:?} after {little:?}");
}
