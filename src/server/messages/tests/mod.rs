//! Sending, reading, and coming back, on a real file.

mod catch_up;
mod changes;
mod cost;
mod counts;
mod holes;
mod marking;
mod pages;
mod recent;
mod sending;

use crate::{
    server::{
        error::{Error, Result},
        messages,
        sessions::Signed,
        testing::House,
    },
    wire::{
        Cursor, DirectorySeq, Problem, RoomId, Seq, UserSeq,
        fetch::{CatchUp, CaughtUp, Have, News, Range, Want},
    },
};

fn problem<T: std::fmt::Debug>(result: Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Two people in a room.
async fn two_in_a_room() -> (House, Signed, Signed, RoomId) {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let room = house.open_room(&ada, "general").await;
    house.join(&bo, room).await;
    (house, ada, bo, room)
}

async fn say_many(house: &House, who: &Signed, room: RoomId, count: usize) {
    let sends = (0..count).map(|n| async move { house.say(who, room, &format!("message {n}")).await });
    futures_util::future::join_all(sends).await;
}

fn have(room: RoomId, cursor: Option<Cursor>, want: Want) -> Have {
    Have { room, cursor, want }
}

/// A reader who knows people and their own log, and asks for these rooms.
fn asking(house: &House, rooms: Vec<Have>) -> CatchUp {
    CatchUp {
        epoch: Some(house.app.store.epoch()),
        user: UserSeq::ZERO,
        directory: DirectorySeq::ZERO,
        rooms,
    }
}

async fn catch_up(house: &House, who: &Signed, rooms: Vec<Have>) -> CaughtUp {
    messages::catch_up(&house.app, who, &asking(house, rooms))
        .await
        .unwrap()
}

/// What one room is answered.
async fn news(house: &House, who: &Signed, room: RoomId, cursor: Option<Cursor>, want: Want) -> News {
    let mut answer = catch_up(house, who, vec![have(room, cursor, want)]).await;
    assert_eq!(answer.rooms.len(), 1);
    answer.rooms.remove(0).news
}

/// Where a reader stands that knows everything up to a seq.
async fn cursor_at(house: &House, who: &Signed, room: RoomId, seq: u64) -> Cursor {
    let mut after = Cursor::default();
    while after.seq.0 < seq {
        let ask = Range {
            room,
            after,
            to: Seq(seq),
        };
        after = messages::range(&house.app, who, &ask).await.unwrap().to;
    }
    after
}
