//! Pages without the program: what their forms send is what their doors want.

use super::{
    http::{Reply, post_form, request},
    server::{Account, Server},
};
use crate::{
    server::{messages, rooms, users},
    wire::{ClientKey, RoomId, command},
};

/// The page of this address, as this person's browser gets it.
async fn page(server: &Server, who: &Account, path: &str) -> String {
    let cookie = who.cookie();
    let headers = [("cookie", cookie.as_str())];
    let reply = request(&server.addr.to_string(), "GET", path, &headers, &[]).await;
    let reply = reply.unwrap();
    assert_eq!(reply.status, 200, "{path}");
    reply.text()
}

/// Presses the button of the form that goes to `action`, as it stands on a page.
async fn presses(server: &Server, who: &Account, html: &str, action: &str) -> Reply {
    let start = html
        .find(&format!("action=\"{action}\""))
        .unwrap_or_else(|| panic!("no form goes to {action}"));
    let form = &html[start..start + html[start..].find("</form>").unwrap()];
    let attribute = |input: &str, name: &str| {
        let (_, rest) = input.split_once(&format!("{name}=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let fields: Vec<(String, String)> = form
        .split("<input")
        .skip(1)
        .map(|input| (attribute(input, "name"), attribute(input, "value")))
        .collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    post_form(&server.addr.to_string(), action, Some(&who.cookie()), &fields)
        .await
        .unwrap()
}

async fn only_room(server: &Server, who: &Account) -> RoomId {
    let mut read = server.app.store.read().await.unwrap();
    rooms::list_for(&mut read, &who.signed).await.unwrap()[0].room
}

#[tokio::test]
async fn the_button_that_marks_as_read_does_so_without_the_program() {
    let server = Server::starts().await;
    let ada = server.sets_up("ada").await;
    let bo = server.welcomes(&ada, "bo").await;
    let room = only_room(&server, &ada).await;
    for n in 1..=3 {
        let send = command::Send {
            client_key: ClientKey::from_bytes([n; 16]),
            room,
            body: format!("number {n}"),
        };
        messages::send(&server.app, &ada.signed, &send).await.unwrap();
    }
    let path = format!("/r/{room}");
    let before = page(&server, &bo, &path).await;
    assert!(before.contains("(3)"), "three are unread");

    let reply = presses(&server, &bo, &before, &format!("{path}/read")).await;
    assert_eq!((reply.status, reply.header("location")), (303, Some(&*path)));
    let after = page(&server, &bo, &path).await;
    assert!(!after.contains("role=\"separator\"") && !after.contains("(3)"));
}

#[tokio::test]
async fn settings_say_what_was_just_changed() {
    let server = Server::starts().await;
    let ada = server.sets_up("ada").await;
    let before = page(&server, &ada, "/settings").await;
    assert!(!before.contains("Your name is changed."));
    let reply = presses(&server, &ada, &before, "/settings/name").await;
    let after = page(&server, &ada, reply.header("location").unwrap()).await;
    assert!(after.contains("Your name is changed."));
    let other = page(&server, &ada, "/settings?done=password").await;
    assert!(other.contains("Your password is changed."));
}

#[tokio::test]
async fn whoever_was_removed_or_banned_can_be_let_back_in_by_a_button() {
    let server = Server::starts().await;
    let ada = server.sets_up("ada").await;
    let bo = server.welcomes(&ada, "bo").await;
    let eve = server.welcomes(&ada, "eve").await;
    users::remove(&server.app, &ada.signed, bo.user).await.unwrap();
    users::ban(&server.app, &ada.signed, eve.user).await.unwrap();
    for (who, username) in [(bo, "bo"), (eve, "eve")] {
        let html = page(&server, &ada, "/admin").await;
        let door = format!("/admin/people/{}/unban", who.user);
        assert_eq!(presses(&server, &ada, &html, &door).await.status, 303);
        // Signing in is refused to whoever is still out.
        server.signs_in(username).await;
    }
}
