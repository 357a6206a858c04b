//! Who is let in, and how a connection begins.

use super::*;

#[tokio::test]
async fn the_door_opens_to_who_is_signed_in_and_comes_from_a_page_of_ours() {
    let server = Server::starts().await;
    let ada = server.sets_up("ada").await;
    let (origin, cookie) = (server.origin(), ada.cookie());
    let port = server.addr.port();
    let localhost = format!("http://localhost:{port}");
    let own = Some(cookie.as_str());
    for ours in [&origin, &localhost] {
        assert_eq!(
            server.knocks(Some(ours), own).await,
            StatusCode::SWITCHING_PROTOCOLS,
            "{ours}"
        );
    }
    let foreign = [
        "null".to_owned(),
        String::new(),
        format!("https://127.0.0.1:{port}"),
        "http://127.0.0.1".to_owned(),
        format!("http://127.0.0.1:{}", u32::from(port) + 1),
        format!("http://chat.127.0.0.1:{port}"),
        format!("http://127.0.0.1.example:{port}"),
        "http://example.org".to_owned(),
    ];
    for origin in &foreign {
        assert_eq!(
            server.knocks(Some(origin), own).await,
            StatusCode::FORBIDDEN,
            "{origin}"
        );
    }
    assert_eq!(server.knocks(None, own).await, StatusCode::FORBIDDEN);
    for cookie in [None, Some("whilst=nonsense"), Some("other=1")] {
        assert_eq!(server.knocks(Some(&origin), cookie).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn one_connection_too_many_is_refused_until_another_has_gone() {
    let settings = "[limits]
connections_per_user_max = 2";
    let (server, ada, bo, _) = two_people(settings).await;
    let (one, _two) = (server.connects(&ada).await, server.connects(&ada).await);
    let origin = server.origin();
    let knock = async |who: &Account| server.knocks(Some(&origin), Some(&who.cookie())).await;
    assert_eq!(knock(&ada).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(knock(&bo).await, StatusCode::SWITCHING_PROTOCOLS);
    one.closes().await;
    while knock(&ada).await != StatusCode::SWITCHING_PROTOCOLS {}
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_dropped() {
    let (server, ada, ..) = two_people("").await;
    let mut wire = server.dials(&ada).await;
    let waits = async {
        // The clock is moved until the server has come to wait.
        loop {
            server.clock.advance(10_000);
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        silence = wire.ends_at_once() => assert_eq!(silence, Silence::Dropped),
        () = waits => {}
    }
}

#[tokio::test]
async fn the_first_word_must_be_a_hello_that_is_understood() {
    let (server, ada, ..) = two_people("").await;
    let protocol = |protocol| {
        let Greeting::Hello(hello) = hello(PresenceState::Active) else {
            unreachable!("a hello")
        };
        Message::Binary(crate::wire::frame::frame([&Greeting::Hello(Hello { protocol, ..hello })]).into())
    };
    let frame = |bytes: &[u8]| Message::Binary(bytes.to_vec().into());
    let ping = crate::wire::frame::frame([&Greeting::Ping(Ping { nonce: 1 })]);
    let malformed = closed(4008, "malformed");
    let too_old = closed(4002, "protocol too old");
    for (first, end) in [
        (Message::text("hello"), &malformed),
        (frame(&[]), &malformed),
        (frame(&[1]), &malformed),
        (frame(&[1, 1, 0, 1]), &malformed),
        (frame(&ping), &malformed),
        (frame(&[0, 1, 0, 1]), &too_old),
        (frame(&[200]), &too_old),
        (protocol(0), &too_old),
        (protocol(200), &too_old),
    ] {
        let mut wire = server.dials(&ada).await;
        wire.sends(first.clone()).await;
        assert_eq!(wire.ends_at_once().await, *end, "{first:?}");
    }
}

#[tokio::test]
async fn a_welcome_comes_in_pages_and_names_every_room() {
    let (server, ada, _, room) = two_people("").await;
    insert_rooms_by_sql(&server, &ada).await;
    let (mut wire, welcome) = server.connects_as(&ada, PresenceState::Active).await;
    assert!(welcome.more);
    assert_eq!(welcome.rooms.len(), 1_000);
    assert_eq!(welcome.epoch, server.app.store.epoch());
    assert_eq!(welcome.me.username, "ada");
    let ServerItem::WelcomeRooms(rest) = wire.hears().await else {
        panic!("the second page")
    };
    assert!(!rest.more);
    assert_eq!(rest.rooms.len(), 201);
    assert!(
        welcome
            .rooms
            .iter()
            .chain(&rest.rooms)
            .any(|head| head.room == room && head.cursor.seq > Seq::ZERO)
    );
}

/// Twelve hundred closed rooms with nobody else in them.
async fn insert_rooms_by_sql(server: &Server, who: &Account) {
    let rooms = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1200)
         INSERT INTO rooms (id, kind, name, name_key, seq, tail, ordinal, created_at)
         SELECT randomblob(16), 1, 'room ' || n, 'room ' || n, 2, 0, 0, 0 FROM n WHERE ?1 IS NOT NULL";
    let memberships = "INSERT INTO memberships (room, user, role, state, changed_seq, joined_ordinal)
         SELECT id, ?1, 1, 0, 2, 0 FROM rooms WHERE kind = 1";
    server.execute_by_sql(rooms, who).await;
    server.execute_by_sql(memberships, who).await;
}
