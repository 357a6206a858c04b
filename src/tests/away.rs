//! Absences, from the last sign of somebody to their first sign again.

use super::{
    http::request,
    server::{Account, Server},
    wire::{Saying, Wire, hello_from},
};
use crate::{
    server::{away, clock::Clock, memberships, messages, rooms, sessions::Signed, testing::START},
    wire::{
        ClientKey, Enveloped, EpisodeId, Millis, Ordinal, Position, Problem, RoomId, ServerItem,
        command::{DismissCard, Greeting, Join, Leave, Ping, Presence, PresenceState},
        event::UserEvent,
        user_log::{Counts, Dismissed, Episode, UserValue},
    },
};
use PresenceState::{Active, Hidden};

const SECOND_MS: u64 = 1_000;
const SETTINGS: &str = "[away]\nmin_absence_seconds = 1\nfull_card_seconds = 1";

async fn two_people() -> (Server, Account, Account, RoomId) {
    let server = Server::starts_with(SETTINGS).await;
    let ada = server.sets_up("ada").await;
    let bo = server.welcomes(&ada, "bo").await;
    let mut read = server.app.store.read().await.unwrap();
    let room = rooms::list_for(&mut read, &ada.signed).await.unwrap()[0].room;
    drop(read);
    (server, ada, bo, room)
}

impl Server {
    /// A tab with somebody in front of it, on this device.
    async fn opens(&self, who: &Account, device: u8) -> Wire {
        let mut wire = self.dials(who).await;
        wire.says([hello_from(device, Active, 0).into()]).await;
        assert!(matches!(wire.hears().await, ServerItem::Welcome(_)));
        wire
    }

    async fn opens_hidden(&self, who: &Account, device: u8) -> Wire {
        let mut wire = self.dials(who).await;
        wire.says([hello_from(device, Hidden, 0).into()]).await;
        assert!(matches!(wire.hears().await, ServerItem::Welcome(_)));
        wire
    }

    /// A page as it is drawn for a browser without the program, its text alone.
    async fn page(&self, who: &Account, path: &str) -> String {
        let cookie = format!("whilst={}", who.token.reveal());
        let headers = [("cookie", cookie.as_str())];
        let reply = request(&self.addr.to_string(), "GET", path, &headers, b"")
            .await
            .unwrap();
        assert_eq!(reply.status, 200);
        let html = String::from_utf8(reply.body).unwrap();
        let mut text = String::new();
        let mut inside = false;
        for c in html.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                _ if !inside => text.push(c),
                _ => {}
            }
        }
        text
    }

    async fn counts(&self, who: &Signed, room: RoomId) -> Counts {
        let mut read = self.app.store.read().await.unwrap();
        messages::counts_of(&mut read, who.user(), &[room])
            .await
            .unwrap()
            .remove(&room)
            .unwrap()
    }
}

/// When the absence was stored: its id begins with the time.
fn declared_at(episode: &Episode) -> Millis {
    let mut millis = [0; 8];
    millis[2..].copy_from_slice(&episode.episode.as_bytes()[..6]);
    Millis(u64::from_be_bytes(millis))
}

impl Wire {
    /// The next absence that is told, skipping the rest.
    async fn hears_of_absence(&mut self) -> Episode {
        loop {
            if let ServerItem::User(UserEvent { item, .. }) = self.hears().await
                && let Ok(UserValue::Episode(episode)) = UserValue::unpack(&item.value)
            {
                return episode;
            }
        }
    }

    async fn turns(&mut self, state: PresenceState) {
        let presence = Presence {
            state,
            since_input: Millis(0),
        };
        self.says([Saying::from(Greeting::Presence(presence))]).await;
        self.says([Greeting::Ping(Ping { nonce: 1 }).into()]).await;
        // The pong comes after it, and perhaps after what it led to.
        self.passes(|item| matches!(item, ServerItem::Pong(_))).await;
    }

    async fn hears_what_is_dismissed(&mut self) -> Dismissed {
        loop {
            if let ServerItem::User(UserEvent { item, .. }) = self.hears().await
                && let Ok(UserValue::Dismissed(dismissed)) = UserValue::unpack(&item.value)
            {
                return dismissed;
            }
        }
    }

    async fn says_in(&mut self, room: RoomId, body: &str) {
        self.writes(room, body).await;
        while !matches!(self.hears().await, ServerItem::Room(event) if event.row.is_some()) {}
    }
}

#[tokio::test]
async fn who_comes_back_finds_an_absence_and_what_was_said_in_it_on_every_device() {
    let (server, ada, bo, room) = two_people().await;
    let mut bo_tab = server.opens(&bo, 9).await;
    bo_tab.says_in(room, "seen before").await;
    let (mut phone, mut desk) = (server.opens_hidden(&ada, 2).await, server.opens(&ada, 1).await);
    server.has_lease_by_sql(&ada).await;
    desk.turns(Hidden).await;
    bo_tab.says_in(room, "said before the absence was one").await;
    server.clock.advance(SECOND_MS);
    let gone = phone.hears_of_absence().await;
    assert_eq!((gone.last_active, gone.back), (START, None));
    assert_eq!(desk.hears_of_absence().await, gone);
    bo_tab.says_in(room, "said after").await;
    let counts = server.counts(&ada.signed, room).await;
    assert_eq!((counts.unread, counts.since_left), (3, 2));

    server.clock.advance(SECOND_MS);
    desk.turns(Active).await;
    let back = Episode {
        back: Some(Millis(START.0 + 2 * SECOND_MS)),
        returned: Some(Position(3)),
        ..gone
    };
    assert_eq!(phone.hears_of_absence().await, back);
    assert_eq!(desk.hears_of_absence().await, back);
    assert_eq!(server.counts(&ada.signed, room).await.returned, Some(Ordinal(3)));
    bo_tab.says_in(room, "@ada said after the return").await;
    let counts = server.counts(&ada.signed, room).await;
    assert_eq!((counts.unread, counts.since_left), (4, 2));
    assert_eq!((counts.mentions, counts.mentions_since_left), (1, 0));
}

#[tokio::test]
async fn left_vector_is_that_of_the_lease_that_was_renewed_last() {
    let (server, ada, bo, room) = two_people().await;
    let mut bo_tab = server.opens(&bo, 9).await;
    let mut phone = server.opens(&ada, 2).await;
    server.has_lease_by_sql(&ada).await;
    bo_tab.says_in(room, "seen on the desk").await;
    // Renewals are written once in a while.
    server.clock.advance(away::LEASE_MS / 2);
    let mut desk = server.opens(&ada, 1).await;
    server.has_leases_by_sql(&ada, 2).await;
    bo_tab.says_in(room, "missed").await;
    phone.turns(Hidden).await;
    desk.turns(Hidden).await;
    server.clock.advance(SECOND_MS);
    phone.hears_of_absence().await;
    let counts = server.counts(&ada.signed, room).await;
    assert_eq!((counts.unread, counts.since_left), (2, 1));
}

#[tokio::test]
async fn room_left_and_entered_again_or_entered_after_the_return_has_nothing_of_the_absence() {
    let (server, ada, bo, room) = two_people().await;
    let mut bo_tab = server.opens(&bo, 9).await;
    let (mut phone, mut desk) = (server.opens_hidden(&ada, 2).await, server.opens(&ada, 1).await);
    server.has_lease_by_sql(&ada).await;
    desk.turns(Hidden).await;
    server.clock.advance(SECOND_MS);
    phone.hears_of_absence().await;
    let leave = Leave {
        client_key: ClientKey::from_bytes([1; 16]),
        room,
    };
    memberships::leave(&server.app, &ada.signed, &leave).await.unwrap();
    server.clock.advance(SECOND_MS);
    desk.turns(Active).await;
    assert!(phone.hears_of_absence().await.returned.is_some());
    let join = Join {
        client_key: ClientKey::from_bytes([2; 16]),
        room,
    };
    memberships::join(&server.app, &ada.signed, &join).await.unwrap();
    bo_tab.says_in(room, "said after the return").await;
    let counts = server.counts(&ada.signed, room).await;
    assert_eq!((counts.unread, counts.since_left), (1, 0));
}

#[tokio::test]
async fn page_request_ends_the_absence_before_the_page_is_drawn() {
    let (server, ada, bo, room) = two_people().await;
    let mut bo_tab = server.opens(&bo, 9).await;
    let (mut phone, mut desk) = (server.opens_hidden(&ada, 2).await, server.opens(&ada, 1).await);
    server.has_lease_by_sql(&ada).await;
    desk.turns(Hidden).await;
    server.clock.advance(SECOND_MS);
    phone.hears_of_absence().await;
    bo_tab.says_in(room, "missed").await;
    let page = server.page(&ada, "/").await;
    assert!(
        page.contains("While you were away") && page.contains("1 message "),
        "{page}"
    );
    let returned = phone.hears_of_absence().await.returned;
    assert_eq!(returned, Some(Position(1)));
    bo_tab.says_in(room, "@ada said later").await;
    let again = server.page(&ada, "/").await;
    assert!(
        again.contains("1 message ") && !again.contains("@1 mention in"),
        "{again}"
    );
    assert!(again.contains("2 unread"), "the list of rooms counts all of it");
    let settings = server.page(&ada, "/settings").await;
    assert!(!settings.contains("While you were away"), "a page of forms has no card");
}

#[tokio::test]
async fn a_card_put_away_is_gone_on_all_devices_and_twice_is_once() {
    let (server, ada, bo, _) = two_people().await;
    let (mut phone, mut desk) = (server.opens_hidden(&ada, 2).await, server.opens(&ada, 1).await);
    server.has_lease_by_sql(&ada).await;
    desk.turns(Hidden).await;
    server.clock.advance(SECOND_MS);
    let Episode { episode, .. } = phone.hears_of_absence().await;
    let dismiss = || DismissCard { episode };
    phone.says([dismiss().into()]).await;
    let dismissed = Dismissed {
        episodes: vec![episode],
    };
    assert_eq!(phone.hears_what_is_dismissed().await, dismissed);
    assert_eq!(desk.hears_what_is_dismissed().await, dismissed);
    away::dismiss(&server.app, &ada.signed, &dismiss()).await.unwrap();
    assert_eq!(desk.hears_all().await, []);

    let later = DismissCard {
        episode: EpisodeId::from_bytes([0xff; 16]),
    };
    for (who, wish) in [(&ada, &later), (&bo, &dismiss())] {
        let refused = away::dismiss(&server.app, &who.signed, wish).await.unwrap_err();
        assert_eq!(refused.told(), Problem::Gone);
    }
}

#[tokio::test]
async fn a_page_without_the_program_counts_as_one_lease() {
    let (server, ada, ..) = two_people().await;
    let mut phone = server.opens_hidden(&ada, 2).await;
    away::page_requested(&server.app, &ada.signed).await;
    server.has_lease_by_sql(&ada).await;
    server.clock.advance(away::LEASE_MS);
    let gone = phone.hears_of_absence().await;
    assert_eq!(
        (gone.last_active, declared_at(&gone).0),
        (START, START.0 + away::LEASE_MS)
    );
}

#[tokio::test]
async fn a_server_that_starts_again_waits_one_lease_before_it_calls_anybody_away() {
    let (server, ada, ..) = two_people().await;
    let desk = server.opens(&ada, 1).await;
    server.has_lease_by_sql(&ada).await;
    drop(desk);
    let stopped = server.stops().await;
    stopped.clock.advance(3_600 * SECOND_MS);
    let started_at = stopped.clock.now();
    let server = stopped.starts_again(2).await;
    let mut phone = server.opens_hidden(&ada, 2).await;
    server.clock.advance(away::LEASE_MS);
    let gone = phone.hears_of_absence().await;
    assert_eq!(gone.last_active, START);
    assert_eq!(declared_at(&gone).0, started_at.0 + away::LEASE_MS);
}
