//! A row that the store has lost is a fault wherever it would have been read, never the end.
#![expect(clippy::disallowed_methods, reason = "no operation loses a row")]

use super::{asking, cursor_at, have, say_many, two_in_a_room};
use crate::{
    server::{
        error::{Error, Result},
        messages,
        sessions::Signed,
        testing::{House, write_connection},
    },
    wire::{
        Cursor, Ordinal, Problem, RoomId, Seq, command,
        fetch::{Around, History, Range, Want},
    },
};

const SAID: usize = 120;

/// Two people joined before the first message: its entry is the fourth.
const FIRST_SEQ: u64 = 4;

async fn talk() -> (House, Signed, Signed, RoomId) {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, SAID).await;
    (house, ada, bo, room)
}

async fn lose_by_sql(house: &House, row: &'static str) {
    let mut conn = write_connection(&house.app.store).await;
    let lost = sqlx::query(row).execute(&mut conn).await.unwrap().rows_affected();
    assert_eq!(lost, 1, "{row}");
}

/// Clients hear of a fault as `Unavailable`; the log names the missing row.
fn hole<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.expect_err("an answer with a hole");
    assert!(matches!(error, Error::Fault(_)), "{error:?}");
    assert_eq!(error.told(), Problem::Unavailable);
    error.chain()
}

async fn history(house: &House, who: &Signed, room: RoomId, before: u64) -> Result<u64> {
    let ask = History {
        room,
        before: Ordinal(before),
        limit: 50,
    };
    let page = messages::history(&house.app, who, &ask).await?;
    Ok(page.messages.len() as u64)
}

async fn range(house: &House, who: &Signed, room: RoomId, after: Cursor) -> Result<usize> {
    let to = Seq(u64::MAX);
    let delta = messages::range(&house.app, who, &Range { room, after, to }).await?;
    Ok(delta.entries.len())
}

async fn around(house: &House, who: &Signed, room: RoomId, seq: u64) -> Result<usize> {
    let page = messages::around(&house.app, who, &Around { room, seq: Seq(seq) }).await?;
    Ok(page.messages.len())
}

async fn returns(house: &House, who: &Signed, room: RoomId, cursor: Option<Cursor>) -> Result<usize> {
    let ask = asking(house, vec![have(room, cursor, Want::Rows)]);
    let answer = messages::catch_up(&house.app, who, &ask).await?;
    Ok(answer.rooms.len())
}

#[tokio::test]
async fn page_with_a_lost_message_is_a_fault_and_others_are_whole() {
    let (house, ada, _, room) = talk().await;
    lose_by_sql(&house, "DELETE FROM messages WHERE ordinal = 90").await;
    for before in [91, 100, 121, u64::MAX] {
        let said = hole(history(&house, &ada, room, before).await);
        assert!(said.contains("message 90 to 90"), "{said}");
    }
    assert_eq!(history(&house, &ada, room, 89).await.unwrap(), 50);
    hole(around(&house, &ada, room, FIRST_SEQ + 80).await);
    assert_eq!(around(&house, &ada, room, FIRST_SEQ + 20).await.unwrap(), 50);
}

#[tokio::test]
async fn page_that_would_begin_or_end_with_the_lost_message_is_a_fault() {
    let (house, ada, _, room) = talk().await;
    lose_by_sql(&house, "DELETE FROM messages WHERE ordinal = 71").await;
    hole(history(&house, &ada, room, u64::MAX).await);
    hole(history(&house, &ada, room, 72).await);
    lose_by_sql(&house, "DELETE FROM messages WHERE ordinal = 120").await;
    hole(history(&house, &ada, room, u64::MAX).await);
    lose_by_sql(&house, "DELETE FROM messages WHERE ordinal = 1").await;
    hole(history(&house, &ada, room, 30).await);
    hole(history(&house, &ada, room, 2).await);
}

#[tokio::test]
async fn lost_messages_are_no_empty_room() {
    let (house, ada, _, room) = talk().await;
    let mut conn = write_connection(&house.app.store).await;
    sqlx::query("DELETE FROM messages").execute(&mut conn).await.unwrap();
    hole(history(&house, &ada, room, u64::MAX).await);
    hole(returns(&house, &ada, room, None).await);
    hole(range(&house, &ada, room, Cursor::default()).await);
}

#[tokio::test]
async fn lost_entry_is_a_fault_in_pages_ranges_and_deltas() {
    let (house, ada, bo, room) = talk().await;
    let (before, after) = (
        cursor_at(&house, &bo, room, 60).await,
        cursor_at(&house, &bo, room, 110).await,
    );
    lose_by_sql(&house, "DELETE FROM entries WHERE seq = 100").await;
    for cursor in [Cursor::default(), before] {
        let said = hole(range(&house, &ada, room, cursor).await);
        assert!(said.contains("entry 100 to 100"), "{said}");
        hole(returns(&house, &bo, room, Some(cursor)).await);
    }
    hole(history(&house, &ada, room, u64::MAX).await);
    assert_eq!(range(&house, &ada, room, after).await.unwrap(), 13);
    assert_eq!(returns(&house, &bo, room, Some(after)).await.unwrap(), 1);
    assert_eq!(history(&house, &ada, room, 90).await.unwrap(), 50);
}

#[tokio::test]
async fn lost_end_of_a_log_is_a_fault() {
    let (house, ada, bo, room) = talk().await;
    let cursor = cursor_at(&house, &bo, room, 110).await;
    lose_by_sql(&house, "DELETE FROM entries WHERE seq = 123").await;
    let said = hole(range(&house, &ada, room, cursor).await);
    assert!(said.contains("entry 123 to 123"), "{said}");
    hole(returns(&house, &bo, room, Some(cursor)).await);
}

#[tokio::test]
async fn entry_whose_message_is_lost_is_a_fault() {
    let (house, ada, bo, room) = talk().await;
    let cursor = cursor_at(&house, &bo, room, 80).await;
    lose_by_sql(&house, "DELETE FROM messages WHERE ordinal = 90").await;
    hole(range(&house, &ada, room, cursor).await);
    hole(returns(&house, &bo, room, Some(cursor)).await);
}

#[tokio::test]
async fn deleted_message_is_no_hole() {
    let (house, ada, _, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 3).await;
    let ask = History {
        room,
        before: Ordinal(3),
        limit: 1,
    };
    let page = messages::history(&house.app, &ada, &ask).await.unwrap();
    let delete = command::Delete {
        client_key: house.key(),
        room,
        target: page.messages[0].target(),
    };
    messages::delete(&house.app, &ada, &delete).await.unwrap();
    assert_eq!(history(&house, &ada, room, u64::MAX).await.unwrap(), 3);
    assert_eq!(range(&house, &ada, room, Cursor::default()).await.unwrap(), 7);
}
