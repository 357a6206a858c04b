//! What was said in a deleted room is on no disk soon after, and nothing else is touched.

use super::{PIECE_ENTRIES, empty_deleted};
use crate::{
    server::{
        app::{App, Parts},
        messages, rooms,
        sessions::Signed,
        testing::House,
    },
    wire::{Emoji, Message, Ordinal, RoomId, command, fetch::History},
};
use tokio_util::sync::CancellationToken;

async fn delete(house: &House, app: &App, who: &Signed, room: RoomId) {
    let command = command::DeleteRoom {
        client_key: house.key(),
        room,
    };
    rooms::delete(app, who, &command).await.unwrap();
}

async fn texts(house: &House, who: &Signed, room: RoomId) -> Vec<Message> {
    let ask = History {
        room,
        before: Ordinal(u64::MAX),
        limit: u32::MAX,
    };
    messages::history(&house.app, who, &ask).await.unwrap().messages
}

#[tokio::test]
async fn the_words_of_a_deleted_room_leave_the_files_soon_after_and_its_names_the_log() {
    let house = House::open().await;
    let cleaning = house.keeps_clean();
    let ada = house.insert_person("ada").await;
    let room = house.open_room(&ada, "cage").await;
    let rename = command::RenameRoom {
        client_key: house.key(),
        room,
        name: "garden".to_owned(),
    };
    rooms::rename(&house.app, &ada, &rename).await.unwrap();
    let other = house.open_room(&ada, "kitchen").await;
    for n in 0..PIECE_ENTRIES + 20 {
        house.say(&ada, room, &format!("the canary of number {n}")).await;
    }
    house.say(&ada, room, &"a canary's song ".repeat(900)).await;
    house.say(&ada, other, "bread").await;
    let row = texts(&house, &ada, room).await.remove(0);
    let react = command::React {
        client_key: house.key(),
        room,
        target: row.target(),
        emoji: Emoji::parse("🐤").unwrap().as_str().to_owned(),
        on: true,
    };
    messages::react(&house.app, &ada, &react).await.unwrap();

    assert!(house.is_on_disk("canary"));
    delete(&house, &house.app, &ada, room).await;
    assert!(house.leaves_the_files("canary").await);
    assert_eq!(house.number_by_sql("SELECT count(*) FROM rooms_to_empty").await, 0);
    let named = "SELECT count(*) FROM entries WHERE instr(payload, 'cage') + instr(payload, 'garden') > 0";
    assert_eq!(house.number_by_sql(named).await, 0);
    assert_eq!(house.number_by_sql("SELECT count(*) FROM reactions").await, 0);
    let kept = texts(&house, &ada, other).await;
    assert_eq!(kept.iter().map(Message::text).collect::<Vec<_>>(), ["bread"]);
    house.app.stopping.cancel();
    cleaning.await.unwrap();
}

#[tokio::test]
async fn a_room_that_was_deleted_before_a_stop_is_emptied_after_it() {
    let house = House::open().await;
    let ada = house.insert_person("ada").await;
    let room = house.open_room(&ada, "garden").await;
    house.say(&ada, room, "a word").await;
    let left = "SELECT count(*) FROM texts WHERE body <> zeroblob(length(body))";
    let stopping = CancellationToken::new();
    stopping.cancel();
    let app = App::from(Parts {
        stopping,
        ..Parts::clone(&house.app)
    });
    delete(&house, &app, &ada, room).await;
    app.tasks.close();
    app.tasks.wait().await;
    assert_eq!(house.number_by_sql(left).await, 1);
    empty_deleted(house.app.clone()).await;
    assert_eq!(house.number_by_sql(left).await, 0);
}
