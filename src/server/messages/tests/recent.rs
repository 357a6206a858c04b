//! Who comes back with others is given what was put together for them, as long as it is so.

use super::{cursor_at, news, say_many, two_in_a_room};
use crate::{
    server::{messages, sessions::Signed, testing::House, users},
    wire::{
        Cursor, RoomId, command,
        fetch::{Delta, News, Want},
    },
};

async fn missed(house: &House, who: &Signed, room: RoomId, since: Cursor) -> Delta {
    match news(house, who, room, Some(since), Want::Rows).await {
        News::Delta(_, delta) => delta,
        other => panic!("expected a delta, got {other:?}"),
    }
}

#[tokio::test]
async fn for_a_minute_the_store_is_asked_once_for_all_who_missed_the_same() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let since = cursor_at(&house, &bo, room, 3).await;
    say_many(&house, &ada, room, 5).await;
    let first = missed(&house, &bo, room, since).await;
    assert_eq!(first.entries.len(), 5);
    house.execute_sql("UPDATE entries SET at = 0").await;
    assert_eq!(missed(&house, &ada, room, since).await, first);
    house.clock.advance(59_999);
    assert_eq!(missed(&house, &ada, room, since).await, first);
    house.clock.advance(1);
    let anew = missed(&house, &ada, room, since).await;
    assert!(anew.entries.iter().all(|entry| entry.at.0 == 0), "{anew:?}");
}

#[tokio::test]
async fn what_was_changed_since_another_came_back_is_told_as_it_is_now() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let since = cursor_at(&house, &bo, room, 3).await;
    house.say(&ada, room, "first").await;
    let sent = missed(&house, &bo, room, since).await;
    let target = sent.messages[0].target();

    let edit = command::Edit {
        client_key: house.key(),
        room,
        target,
        revision: sent.messages[0].revision,
        body: "second".to_owned(),
    };
    messages::edit(&house.app, &ada, &edit).await.unwrap();
    assert_eq!(missed(&house, &bo, room, since).await.messages[0].text(), "second");

    let react = command::React {
        client_key: house.key(),
        room,
        target,
        emoji: "👍".to_owned(),
        on: true,
    };
    messages::react(&house.app, &bo, &react).await.unwrap();
    let reacted = missed(&house, &bo, room, since).await;
    assert_eq!(reacted.messages[0].reactions[0].users, [bo.user()]);

    users::change_name(&house.app, &ada, "Ada L.").await.unwrap();
    let named = missed(&house, &bo, room, since).await;
    let author = named.people.iter().find(|person| person.user == ada.user()).unwrap();
    assert_eq!(author.name.as_str(), "Ada L.");

    let delete = command::Delete {
        client_key: house.key(),
        room,
        target,
    };
    messages::delete(&house.app, &ada, &delete).await.unwrap();
    let deleted = missed(&house, &bo, room, since).await;
    assert!(deleted.messages[0].is_deleted(), "{deleted:?}");
}

#[tokio::test]
async fn what_somebody_else_missed_more_of_or_elsewhere_is_not_given() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let other = house.open_room(&ada, "other").await;
    house.join(&bo, other).await;
    say_many(&house, &ada, room, 3).await;
    say_many(&house, &ada, other, 3).await;
    for (room, seq, lacking) in [(room, 3, 3), (room, 4, 2), (other, 3, 3)] {
        let since = cursor_at(&house, &bo, room, seq).await;
        let delta = missed(&house, &bo, room, since).await;
        assert_eq!((delta.room, delta.entries.len()), (room, lacking));
    }
}
