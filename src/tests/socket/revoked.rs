//! Whoever may not hear any more hears nothing more, on a thousand sockets at once.

use super::*;
use crate::{
    server::users::change_password,
    wire::{UserId, event::RoomGone},
};
use futures_util::future::join_all;
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

const WAYS: usize = 5;
const PEOPLE_A_WAY: usize = 8;
const SOCKETS_EACH: usize = 25;
/// From the end of the verb to the last socket. A second is promised; it is measured where
/// this test has the machine for itself, and not beside hundreds of others.
const WITHIN_MS: &str = "WHILST_REVOKED_WITHIN_MS";

fn within() -> Duration {
    let asked = std::env::var(WITHIN_MS).map(|text| text.parse().unwrap());
    Duration::from_millis(asked.unwrap_or(20_000))
}
const SETTINGS: &str = "[limits]\nconnections_per_user_max = 32";

struct Listener {
    who: Account,
    sockets: Vec<Wire>,
}

/// Forty people with twenty-five sockets each, in one room with Ada.
async fn a_thousand_sockets(server: &Server, ada: &Account) -> Vec<Vec<Listener>> {
    let mut groups = Vec::new();
    for way in 0..WAYS {
        let mut group = Vec::new();
        for nth in 0..PEOPLE_A_WAY {
            let who = server.welcomes(ada, &format!("p{way}{nth}")).await;
            let sockets = join_all((0..SOCKETS_EACH).map(|_| server.connects_as(&who, PresenceState::Hidden))).await;
            let sockets = sockets.into_iter().map(|(wire, _)| wire).collect();
            group.push(Listener { who, sockets });
        }
        groups.push(group);
    }
    groups
}

impl Listener {
    /// What each socket heard until it was closed, if all are closed in time.
    async fn are_closed_in_time(&mut self) -> Vec<(Vec<ServerItem>, Silence)> {
        let ends = join_all(self.sockets.iter_mut().map(async |socket| {
            let mut heard = Vec::new();
            loop {
                match socket.hears_or_ends().await {
                    Ok(item) => heard.push(item),
                    Err(silence) => return (heard, silence),
                }
            }
        }));
        tokio::time::timeout(within(), ends)
            .await
            .expect("every socket is closed within the second")
    }
}

async fn end_with(group: &mut [Listener], code: u16, after: &str) {
    let all = join_all(group.iter_mut().map(Listener::are_closed_in_time)).await;
    for (heard, silence) in all.into_iter().flatten() {
        assert!(
            matches!(silence, Silence::Closed(said, _) if said == code),
            "{silence:?}"
        );
        assert!(
            !bodies(&heard).contains(&after),
            "nothing is heard that was committed later"
        );
    }
}

#[tokio::test]
async fn a_thousand_sockets_hear_nothing_that_was_committed_after_their_right_to_hear_had_ended() {
    let (server, ada, _, room) = two_people(SETTINGS).await;
    let app = &server.app;
    let mut groups = a_thousand_sockets(&server, &ada).await;
    let sockets: usize = groups.iter().flatten().map(|listener| listener.sockets.len()).sum();
    assert_eq!(sockets, 1_000);
    let mut talker = server.connects(&ada).await;

    for listener in &groups[0] {
        sessions::sign_out(app, &listener.who.signed).await.unwrap();
    }
    says(&mut talker, room, "after the sign-outs").await;
    end_with(&mut groups[0], 4001, "after the sign-outs").await;

    for listener in &groups[1] {
        let desk = server.signs_in(&username(app, listener.who.user).await).await;
        sessions::revoke(app, &desk.signed, listener.who.signed.session())
            .await
            .unwrap();
    }
    says(&mut talker, room, "after the revocations").await;
    end_with(&mut groups[1], 4001, "after the revocations").await;

    for listener in &groups[2] {
        // The browser in which it is changed stays; all others are signed out.
        let desk = server.signs_in(&username(app, listener.who.user).await).await;
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        change_password(app, &desk.signed, PASSWORD, "another horse", address)
            .await
            .unwrap();
    }
    says(&mut talker, room, "after the new passwords").await;
    end_with(&mut groups[2], 4001, "after the new passwords").await;

    for listener in &groups[3] {
        users::ban(app, &ada.signed, listener.who.user).await.unwrap();
    }
    says(&mut talker, room, "after the bans").await;
    end_with(&mut groups[3], 4004, "after the bans").await;

    // What is not written yet of a room is dropped with it: they have heard this before.
    let sockets = groups[4].iter_mut().flat_map(|listener| &mut listener.sockets);
    join_all(sockets.map(async |socket| socket.hears_until_said("after the bans").await)).await;
    for listener in &groups[4] {
        let client_key = talker.key();
        let user = listener.who.user;
        let removal = command::RemovePerson { client_key, room, user };
        memberships::remove(app, &ada.signed, &removal).await.unwrap();
    }
    says(&mut talker, room, "after the removals").await;
    for listener in &mut groups[4] {
        hear_of_their_removal_and_no_more(listener, room).await;
    }
    println!("fault S1: 1000 sockets, 5 ways to lose them, 0 violations");
}

#[tokio::test]
async fn a_thousand_sockets_hear_that_a_room_was_deleted_and_nothing_of_it_after() {
    let (server, ada, _, room) = two_people(SETTINGS).await;
    let mut groups = a_thousand_sockets(&server, &ada).await;
    let client_key = server.connects(&ada).await.key();
    let deletion = command::DeleteRoom { client_key, room };
    rooms::delete(&server.app, &ada.signed, &deletion).await.unwrap();
    let listeners = join_all(
        groups
            .iter_mut()
            .flatten()
            .map(async |listener| join_all(listener.sockets.iter_mut().map(Wire::hears_all)).await),
    );
    let heard = tokio::time::timeout(within(), listeners)
        .await
        .expect("heard within the second");
    for heard in heard.into_iter().flatten() {
        demand_nothing_after_gone(&heard, room);
    }
}

async fn says(talker: &mut Wire, room: RoomId, body: &str) {
    talker.writes(room, body).await;
    talker.hears_until_said(body).await;
}

/// The sockets stay, for other rooms; this room's stream has ended.
async fn hear_of_their_removal_and_no_more(listener: &mut Listener, room: RoomId) {
    let all = join_all(listener.sockets.iter_mut().map(Wire::hears_all));
    let all = tokio::time::timeout(within(), all)
        .await
        .expect("heard within the second");
    for heard in all {
        demand_nothing_after_gone(&heard, room);
        assert!(!bodies(&heard).contains(&"after the removals"));
    }
}

fn demand_nothing_after_gone(heard: &[ServerItem], room: RoomId) {
    let gone = ServerItem::RoomGone(RoomGone { room });
    let after_gone = heard.iter().skip_while(|item| **item != gone);
    assert!(heard.contains(&gone), "told that the room is gone");
    assert!(
        after_gone
            .skip(1)
            .all(|item| !matches!(item, ServerItem::Room(event) if event.room == room)),
        "an entry after the removal"
    );
}

async fn username(app: &crate::server::app::App, user: UserId) -> String {
    let mut read = app.store.connection().await.unwrap();
    let people = crate::server::messages::faces(&mut read, &[user].into()).await.unwrap();
    people[0].username.clone()
}
