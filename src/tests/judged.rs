//! The judge over a true store. It stands here and not with the judge, who is also
//! taken along by tests that see this crate from outside.

use super::checker::{History, Invoked, Promise, judge, read_store};
use crate::server::testing::House;

#[tokio::test]
async fn a_true_store_is_read_whole_and_breaks_nothing() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let room = house.open_room(&ada, "Hall").await;
    house.join(&bo, room).await;
    let sending = house.sending(room, "hi @bo");
    house.send(&ada, &sending).await.unwrap();
    let store = read_store(&house.app.store).await;
    let sent = Invoked {
        author: ada.user(),
        command: sending.into(),
        answers: vec![],
        pursued: true,
    };
    let history = History {
        commands: vec![sent],
        ..History::default()
    };
    assert_eq!(judge(&history, &store), []);
    let counts = store.counts[&(bo.user(), room)];
    assert_eq!((counts.unread, counts.mentions), (1, 1));
    assert_eq!(judge(&History::default(), &store)[0].promise, Promise::K4);
}
