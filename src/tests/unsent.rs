//! What was written and not sent yet: it outlives its page, and is sent once though two tabs hold it.

use super::{
    drawer::Drawer,
    server::{Account, Server},
    tab::Browser,
};
use crate::{
    client::{Input, Row},
    server::rooms,
    wire::RoomId,
};

/// Ada and Bo, with the room that both are in.
async fn two_people() -> (Server, Account, Account, RoomId) {
    let server = Server::starts().await;
    let ada = server.sets_up("ada").await;
    let bo = server.welcomes(&ada, "bo").await;
    let mut read = server.app.store.read().await.unwrap();
    let room = rooms::list_for(&mut read, &ada.signed).await.unwrap()[0].room;
    drop(read);
    (server, ada, bo, room)
}

/// What failed or waits in a room.
fn pending(tab: &Browser, room: RoomId) -> Vec<String> {
    let rows = tab.tab.rows(room, &|_| 0).into_iter();
    rows.filter_map(|row| match row {
        Row::Pending { pending, .. } => Some(pending.body.as_str().to_owned()),
        Row::Message { overlay, .. } => Some(overlay?.edit.as_ref()?.body.as_str().to_owned()),
        _ => None,
    })
    .collect()
}

#[tokio::test]
async fn two_tabs_with_the_same_outbox_send_each_message_once() {
    let (server, ada, bo, room) = two_people().await;
    let mut bo = server.opens_tab(&bo, 9).await;
    bo.opens(room).await;
    let drawer = Drawer::default();
    let mut first = server.opens_tab_holding(&ada, 1, Box::new(drawer.clone())).await;
    first.opens(room).await;
    first.is_cut_off();
    for body in ["one", "two", "three"] {
        first.says(room, body);
    }
    // The browser duplicates the tab, and only then there is a network again.
    let copy = drawer.copied();
    assert_eq!(copy.stored().len(), 3);
    first.is_back_online();
    let (mut second, ()) = tokio::join!(
        server.opens_tab_holding(&ada, 1, Box::new(copy.clone())),
        first.settles()
    );
    second.opens(room).await;
    for tab in [&mut first, &mut second, &mut bo] {
        tab.sees(room, &["one", "two", "three"]).await;
        tab.settles().await;
        assert_eq!(pending(tab, room), [""; 0]);
    }
    assert!(drawer.is_empty() && copy.is_empty());
}

#[tokio::test]
async fn a_tab_that_is_gone_has_its_messages_sent_by_the_next_one() {
    let (server, ada, _, room) = two_people().await;
    let drawer = Drawer::default();
    let mut chat = server.opens_tab_holding(&ada, 1, Box::new(drawer.clone())).await;
    chat.opens(room).await;
    chat.is_cut_off();
    for body in ["one", "two", "three"] {
        chat.says(room, body);
    }
    drop(chat);
    // A page of forms: it opens no room.
    let form = server.opens_tab_holding(&ada, 1, Box::new(drawer.clone())).await;
    assert_eq!(form.tab.unsent(), 0);
    assert!(drawer.is_empty());
    let mut chat = server.opens_tab_holding(&ada, 1, Box::new(drawer)).await;
    chat.opens(room).await;
    chat.sees(room, &["one", "two", "three"]).await;
}

#[tokio::test]
async fn a_refused_edit_that_both_copies_of_a_tab_try_again_is_made_once() {
    let (server, ada, bo, room) = two_people().await;
    let mut bo = server.opens_tab(&bo, 9).await;
    bo.opens(room).await;
    let drawer = Drawer::default();
    let mut desk = server.opens_tab_holding(&ada, 1, Box::new(drawer.clone())).await;
    let mut phone = server.opens_tab(&ada, 2).await;
    for tab in [&mut desk, &mut phone] {
        tab.opens(room).await;
    }
    desk.says(room, "first");
    desk.sees(room, &["first"]).await;
    phone.sees(room, &["first"]).await;
    desk.is_cut_off();
    phone.edits(room, "from the phone");
    phone.settles().await;
    desk.edits(room, "from the desk");
    desk.is_mended().await;
    desk.sees(room, &["from the phone"]).await;
    assert_eq!(pending(&desk, room), ["from the desk"], "it is refused");
    let failed = drawer.stored()[0].client_key;

    let copy = drawer.copied();
    let mut duplicate = server.opens_tab_holding(&ada, 1, Box::new(copy.clone())).await;
    duplicate.opens(room).await;
    for tab in [&mut desk, &mut duplicate] {
        tab.step(Input::Retry(failed));
        tab.settles().await;
        tab.sees(room, &["from the desk"]).await;
        assert_eq!(pending(tab, room), [""; 0]);
    }
    bo.sees(room, &["from the desk"]).await;
    assert!(drawer.is_empty() && copy.is_empty());
    let timeline = bo.tab.timeline(room).unwrap();
    let message = timeline.messages().last().unwrap();
    assert_eq!(message.revision.0 - message.seq.0, 2, "two edits and no third");
}

impl Browser {
    /// Gives the newest message of one's own another text.
    fn edits(&mut self, room: RoomId, body: &str) {
        let message = self.tab.last_own(room).unwrap();
        self.step(Input::Edit {
            room,
            target: message.target(),
            revision: message.revision,
            body: body.to_owned(),
        });
    }
}
