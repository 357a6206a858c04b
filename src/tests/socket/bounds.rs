//! Paces, nonsense, and readers that do not read.

use super::*;

#[tokio::test]
async fn who_is_too_fast_is_told_how_long_to_wait_and_known_keys_cost_nothing() {
    let settings = "[limits]\ncommands_burst = 3\ncommands_per_second = 5";
    let (server, ada, _, room) = two_people(settings).await;
    let mut wire = server.connects(&ada).await;
    let first = wire.writes(room, "0").await;
    wire.hears_until_said("0").await;
    let again = |client_key| command::Send {
        client_key,
        room,
        body: "0".to_owned(),
    };
    for _ in 0..10 {
        wire.says([again(first).into()]).await;
        assert!(matches!(wire.hears().await, ServerItem::Accepted(_)));
    }
    for body in ["1", "2"] {
        wire.writes(room, body).await;
        wire.hears_until_said(body).await;
    }
    let client_key = wire.writes(room, "3").await;
    let too_fast = TooFast {
        client_key,
        retry_after: Millis(200),
    };
    assert_eq!(wire.hears().await, ServerItem::TooFast(too_fast));
    wire.says([again(first).into()]).await;
    assert!(matches!(wire.hears().await, ServerItem::Accepted(_)));

    // Other tabs of the same user share the pace.
    let mut phone = server.connects(&ada).await;
    phone.writes(room, "3").await;
    assert!(matches!(phone.hears().await, ServerItem::TooFast(_)));
    server.clock.advance(200);
    wire.says([command::Send {
        client_key,
        room,
        body: "3".to_owned(),
    }
    .into()])
        .await;
    wire.hears_until_said("3").await;
}

#[tokio::test]
async fn a_read_marker_beyond_the_pace_waits_for_its_turn() {
    let settings = "[limits]\ncommands_burst = 1\ncommands_per_second = 1";
    let (server, ada, bo, room) = two_people(settings).await;
    let mut wire = server.connects(&ada).await;
    server.connects(&bo).await.writes(room, "read me").await;
    wire.hears_until_said("read me").await;
    wire.writes(room, "spends the burst").await;
    wire.hears_until_said("spends the burst").await;
    let marker = Marker {
        version: 0,
        ordinal: Ordinal(1),
    };
    wire.says([command::MarkRead { room, marker }.into()]).await;
    assert_eq!(wire.hears_all().await, []);
    server.clock.advance(1_000);
    assert!(matches!(wire.hears().await, ServerItem::User(_)));
}

#[tokio::test]
async fn a_command_that_cannot_be_understood_is_refused_by_its_key() {
    let (server, ada, ..) = two_people("").await;
    let mut wire = server.connects(&ada).await;
    let client_key = ClientKey::from_bytes([7; 16]);
    let item = |kind, version, body: &[u8]| {
        Saying(Envelope {
            kind,
            version,
            body: body.to_vec(),
        })
    };
    let newer = [client_key.as_bytes(), &b"whatever"[..]].concat();
    wire.says([item(119, 1, &newer), item(101, 9, &newer), item(101, 1, &newer)])
        .await;
    let problems = [Problem::Unknown, Problem::Unknown, Problem::Malformed];
    for problem in problems {
        assert_eq!(
            wire.hears().await,
            ServerItem::Rejected(Rejected { client_key, problem })
        );
    }
    // Without a key there is nobody to tell, and greetings of newer programs are let pass.
    wire.says([
        item(119, 1, b"short"),
        item(4, 1, &newer),
        item(120, 9, &newer),
        item(60_000, 1, &newer),
    ])
    .await;
    assert_eq!(wire.hears_all().await, []);
}

#[tokio::test]
async fn a_flood_of_nonsense_ends_the_connection() {
    let (server, ada, ..) = two_people("").await;
    for nonsense in [
        Message::text("{}"),
        Message::Binary(vec![].into()),
        Message::Binary(vec![1, 2, 3].into()),
    ] {
        let mut wire = server.connects(&ada).await;
        for _ in 0..16 {
            wire.sends(nonsense.clone()).await;
        }
        assert_eq!(wire.hears_all().await, []);
        wire.sends(nonsense).await;
        assert_eq!(wire.ends_at_once().await, closed(4008, "malformed"));
    }
    let mut wire = server.connects(&ada).await;
    wire.says((0..17).map(|_| hello(PresenceState::Active).into())).await;
    assert_eq!(wire.ends_at_once().await, closed(4008, "malformed"));
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_connection_and_one_that_just_fits_does_not() {
    let (server, ada, _, room) = two_people("").await;
    let frame = |bytes: u32| {
        let mut frame = vec![0; bytes as usize];
        frame[0] = 1;
        let body = bytes - 8;
        // A kind that nobody knows.
        frame[1..8].copy_from_slice(&[
            50,
            0,
            1,
            body.to_le_bytes()[0],
            body.to_le_bytes()[1],
            body.to_le_bytes()[2],
            0,
        ]);
        Message::Binary(frame.into())
    };
    let mut wire = server.connects(&ada).await;
    wire.sends(frame(FRAME_IN_MAX_BYTES)).await;
    wire.writes(room, "still here").await;
    wire.hears_until_said("still here").await;
    wire.sends(frame(FRAME_IN_MAX_BYTES + 1)).await;
    assert_eq!(wire.ends_at_once().await, closed(4008, "malformed"));
    // So long that it is not even read.
    let mut wire = server.connects(&ada).await;
    wire.sends(frame(5 * FRAME_IN_MAX_BYTES)).await;
    assert_eq!(wire.ends_at_once().await, Silence::Dropped);
}

#[tokio::test]
async fn slow_consumer_is_disconnected_with_resync_and_holds_up_nobody() {
    let settings = "[limits]
commands_burst = 1000";
    let (server, ada, bo, room) = two_people(settings).await;
    let mut slow = server.connects(&bo).await;
    let mut ada_tab = server.connects(&ada).await;
    let long = "x".repeat(16_000);
    // Far more than all buffers of the wire hold.
    for _ in 0..950 {
        ada_tab.writes(room, &long).await;
        ada_tab.hears_until_said(&long).await;
    }
    // The first look finds that bytes were taken since the socket was full, the next that none were.
    for ms in [5_000, 30_000] {
        server.clock.advance(ms);
        for _ in 0..5 {
            ada_tab.writes(room, "on we go").await;
            ada_tab.hears_until_said("on we go").await;
        }
    }
    assert_eq!(slow.ends().await, closed(4009, "resync"));
}
