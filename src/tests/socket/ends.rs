//! How connections end.

use super::*;

#[tokio::test]
async fn a_session_that_ends_takes_its_tabs_along_and_leaves_the_others() {
    let (server, ada, _, room) = two_people("").await;
    let desk = server.signs_in("ada").await;
    let (mut desk_tab, mut phone_tab) = (server.connects(&desk).await, server.connects(&ada).await);
    sessions::revoke(&server.app, &ada.signed, desk.signed.session())
        .await
        .unwrap();
    assert_eq!(desk_tab.ends_at_once().await, closed(4001, "signed out"));
    phone_tab.writes(room, "alone").await;
    phone_tab.hears_until_said("alone").await;
    let status = server.knocks(Some(&server.origin()), Some(&desk.cookie())).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_ban_takes_all_tabs_of_the_banned_and_what_was_queued_for_them() {
    let (server, ada, bo, _) = two_people("").await;
    let (mut one, mut other) = (server.connects(&bo).await, server.connects(&bo).await);
    users::ban(&server.app, &ada.signed, bo.user).await.unwrap();
    for tab in [&mut one, &mut other] {
        let Silence::Closed(code, _) = tab.ends().await else {
            panic!("closed with a code")
        };
        // Sessions end with a ban; whichever is told first, the tab is out.
        assert!([4001, 4004].contains(&code), "{code}");
    }
}

#[tokio::test]
async fn a_wire_on_which_nothing_is_heard_is_dropped_and_pongs_keep_it() {
    let (server, ada, ..) = two_people("").await;
    // Hidden, so that no absence is told.
    let (mut wire, _) = server.connects_as(&ada, PresenceState::Hidden).await;
    for _ in 0..8 {
        server.clock.advance(25_000);
        // Reading the ping answers it.
        while !matches!(wire.next_message().await, Some(Ok(Message::Ping(_)))) {}
        assert_eq!(wire.hears_all().await, []);
    }
    let mut moved = 0;
    while moved < 120_000 {
        server.clock.advance(30_000);
        moved += 30_000;
    }
    assert_eq!(wire.ends().await, Silence::Dropped);
}

#[tokio::test]
async fn a_session_that_ended_unheard_is_noticed_within_half_an_hour() {
    let (server, ada, ..) = two_people("").await;
    // Hidden, so that no absence is told.
    let (mut wire, _) = server.connects_as(&ada, PresenceState::Hidden).await;
    server
        .execute_by_sql("DELETE FROM sessions WHERE user = ?1", &ada)
        .await;
    for _ in 0..30 {
        server.clock.advance(60_000);
        wire.says([Greeting::Ping(Ping { nonce: 1 }).into()]).await;
        match wire.hears_or_ends().await {
            Ok(ServerItem::Pong(_)) => {}
            Ok(item) => panic!("{item:?}"),
            Err(silence) => {
                assert_eq!(silence, closed(4001, "signed out"));
                return;
            }
        }
    }
    assert_eq!(wire.ends().await, closed(4001, "signed out"));
}

#[tokio::test]
async fn a_server_that_stops_finishes_what_is_in_hand_and_says_restart() {
    let (server, ada, bo, room) = two_people("").await;
    let (mut ada_tab, mut bo_tab) = (server.connects(&ada).await, server.connects(&bo).await);
    ada_tab.writes(room, "last words").await;
    ada_tab.hears_until_said("last words").await;
    let (ada_end, bo_end, _) = tokio::join!(ada_tab.ends(), bo_tab.ends(), server.stops());
    assert_eq!(ada_end, closed(4003, "restart"));
    assert_eq!(bo_end, closed(4003, "restart"));
}
