//! What comes from outside is read whole or refused, and never believed.

use super::{
    envelope::decode,
    frame::{BadFrame, PROTOCOL, frame, items, join},
    limits::{BODY_MAX_BYTES, COMBINING_MARKS_MAX},
    person::{PersonName, Username},
    *,
};
use command::{Greeting, Ping};
use proptest::prelude::*;

fn pings(nonces: &[u32]) -> Vec<u8> {
    let items: Vec<Greeting> = nonces.iter().map(|&nonce| Ping { nonce }.into()).collect();
    frame(&items)
}

#[test]
fn a_frame_gives_its_items_in_order() {
    let read: Vec<_> = items(&pings(&[1, 2, 3]))
        .unwrap()
        .iter()
        .map(Greeting::unpack)
        .collect();
    assert_eq!(read, [1, 2, 3].map(|nonce| Ok(Ping { nonce }.into())));
    assert_eq!(items(&[PROTOCOL]), Ok(vec![]));
}

#[test]
fn joined_frames_are_one_frame_with_all_their_items() {
    let frames = [pings(&[1, 70_000]), pings(&[]), pings(&[3])];
    assert_eq!(join(frames.iter().map(Vec::as_slice)), pings(&[1, 70_000, 3]));
}

#[test]
fn a_frame_cut_anywhere_is_refused_whole() {
    let whole = pings(&[1, 70_000]);
    let first_ends = pings(&[1]).len();
    for length in 2..whole.len() {
        let expected = if length == first_ends {
            Ok(1)
        } else {
            Err(BadFrame::Truncated)
        };
        assert_eq!(items(&whole[..length]).map(|items| items.len()), expected, "{length}");
    }
}

#[test]
fn an_empty_frame_and_another_protocol_are_refused() {
    assert_eq!(items(&[]), Err(BadFrame::Empty));
    assert_eq!(items(&[0]), Err(BadFrame::Protocol(0)));
    assert_eq!(items(&[PROTOCOL + 1, 1, 2]), Err(BadFrame::Protocol(PROTOCOL + 1)));
}

#[test]
fn a_length_beyond_the_frame_takes_no_memory() {
    let mut bytes = vec![PROTOCOL, 1, 0, 1];
    bytes.extend_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(items(&bytes), Err(BadFrame::Truncated));
}

#[test]
fn kinds_and_versions_of_a_newer_release_are_kept_as_bytes() {
    for (kind, version) in [(999, 1), (2, 9)] {
        let newer = Envelope {
            kind,
            version,
            body: vec![9, 9, 9],
        };
        let bytes = [
            &[PROTOCOL][..],
            &kind.to_le_bytes(),
            &[version],
            &3_u32.to_le_bytes(),
            &[9, 9, 9],
            &pings(&[5])[1..],
        ]
        .concat();
        let read = items(&bytes).unwrap();
        assert_eq!(read[0], newer);
        assert_eq!(ClientItem::unpack(&read[0]), Err(Unpack::Unknown));
        assert_eq!(
            ServerItem::unpack(&Envelope { kind: 999, ..newer }),
            Err(Unpack::Unknown)
        );
        assert_eq!(
            Greeting::unpack(&read[1]),
            Ok(Ping { nonce: 5 }.into()),
            "and what follows is read"
        );
    }
}

#[test]
fn a_known_kind_with_another_body_is_malformed() {
    let ping = Greeting::from(Ping { nonce: 300 }).pack();
    for body in [vec![], vec![0xff], vec![0xac, 2, 0]] {
        assert_eq!(
            Greeting::unpack(&Envelope { body, ..ping.clone() }),
            Err(Unpack::Malformed)
        );
    }
}

#[test]
fn a_list_that_claims_to_be_endless_is_malformed_and_takes_no_memory() {
    let endless = [0xff, 0xff, 0xff, 0xff, 0x0f];
    assert_eq!(decode::<Vec<fetch::Have>>(&endless), Err(Unpack::Malformed));
    assert_eq!(decode::<String>(&endless), Err(Unpack::Malformed));
}

#[test]
fn a_body_is_refused_for_a_reason() {
    let long = "x".repeat(BODY_MAX_BYTES as usize + 1);
    let wide = "é".repeat(BODY_MAX_BYTES as usize / 2 + 1);
    let tower = |marks| format!("a{}", "\u{301}".repeat(marks));
    let (tower, high_tower) = (tower(8_000), tower(10_000));
    let too_long = Problem::BodyTooLong {
        max_bytes: BODY_MAX_BYTES,
    };
    for (text, problem) in [
        ("", Problem::BodyEmpty),
        (" \n\t\r\n ", Problem::BodyEmpty),
        ("\u{200b}\u{2060}\u{feff}", Problem::BodyEmpty),
        ("\u{202e}\u{2066}", Problem::BodyEmpty),
        ("\u{3164}\u{2800}", Problem::BodyEmpty),
        ("a\0b", Problem::BodyUnreadable),
        (&long, too_long.clone()),
        (&wide, too_long.clone()),
        (&tower, Problem::BodyUnreadable),
        (&high_tower, too_long),
    ] {
        let shown: String = text.chars().take(20).collect();
        assert_eq!(Body::parse(text), Err(problem), "{shown:?}");
    }
}

#[test]
fn a_body_that_people_write_is_kept_as_it_is() {
    let full = "x".repeat(BODY_MAX_BYTES as usize);
    let stacked = format!("z{}", "\u{335}".repeat(COMBINING_MARKS_MAX as usize));
    for text in [
        "hi",
        "你好",
        "مرحبا",
        "\u{202e}abc",
        "  indented",
        "a\n\n\nb",
        "👩‍👩‍👧‍👦",
        "e\u{301}",
        &full,
        &stacked,
    ] {
        assert_eq!(
            Body::parse(text).map(|body| body.as_str().to_owned()).as_deref(),
            Ok(text)
        );
    }
}

#[test]
fn a_body_has_one_spelling_of_line_ends_and_none_at_its_end() {
    assert_eq!(Body::parse("a\r\nb\rc\r\n \n").unwrap().as_str(), "a\nb\nc");
}

#[test]
fn a_body_is_measured_as_it_is_kept() {
    let padded = "x".repeat(BODY_MAX_BYTES as usize) + "\n\n\n";
    assert!(Body::parse(&padded).is_ok());
    assert!(Body::parse_within("12345", 5).is_ok());
    assert_eq!(
        Body::parse_within("123456", 5),
        Err(Problem::BodyTooLong { max_bytes: 5 })
    );
}

#[test]
fn a_room_name_is_refused_for_a_reason() {
    let long = "x".repeat(65);
    let tower = format!("a{}", "\u{301}".repeat(10_000));
    for (text, problem) in [
        ("", Problem::NameEmpty),
        (" \t\n", Problem::NameEmpty),
        ("\u{200b}\u{200d}", Problem::NameEmpty),
        ("\u{202e}", Problem::NameEmpty),
        (&long, Problem::NameTooLong { max_chars: 64 }),
        ("a\u{202e}b", Problem::NameUnreadable),
        ("a\u{7}b", Problem::NameUnreadable),
        ("a\0b", Problem::NameUnreadable),
        // Refused for its length before anybody counts its marks.
        (&tower, Problem::NameTooLong { max_chars: 64 }),
    ] {
        assert_eq!(RoomName::parse(text).map(|_| ()), Err(problem.clone()), "{text:?}");
        assert_eq!(PersonName::parse(text).map(|_| ()), Err(problem), "{text:?}");
    }
}

#[test]
fn blanks_in_a_name_are_folded() {
    assert_eq!(RoomName::parse("  the \n\t den ").unwrap().as_str(), "the den");
    assert_eq!(RoomName::parse(&"é".repeat(64)).unwrap().as_str().chars().count(), 64);
}

#[test]
fn a_username_has_one_spelling() {
    assert_eq!(Username::parse(" Ada.Lovelace-1 ").unwrap().as_str(), "ada.lovelace-1");
    let long = "a".repeat(33);
    for text in [
        "",
        "a",
        "-a",
        "a.",
        ".a.",
        "a b",
        "ad\u{e4}",
        "аda",
        "a\u{202e}b",
        "a\0b",
        &long,
    ] {
        assert_eq!(
            Username::parse(text).map(|_| ()),
            Err(Problem::UsernameUnreadable),
            "{text:?}"
        );
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut framed = vec![PROTOCOL];
        framed.extend_from_slice(&bytes);
        if let Ok(items) = items(&framed) {
            for item in items {
                let _ = (ClientItem::unpack(&item), ServerItem::unpack(&item));
            }
        }
        for kind in 0..130 {
            let envelope = Envelope { kind, version: 1, body: bytes.clone() };
            let _ = (ClientItem::unpack(&envelope), ServerItem::unpack(&envelope), Change::unpack(&envelope));
            let _ = (fetch::Ask::unpack(&envelope), fetch::Answer::unpack(&envelope), user_log::UserValue::unpack(&envelope));
        }
    }

    #[test]
    fn what_parses_parses_again_to_itself(text in "\\PC{0,80}") {
        if let Ok(body) = Body::parse(&text) {
            prop_assert_eq!(Body::parse(body.as_str()), Ok(body.clone()));
        }
        if let Ok(name) = RoomName::parse(&text) {
            prop_assert_eq!(RoomName::parse(name.as_str()), Ok(name.clone()));
        }
        if let Ok(name) = Username::parse(&text) {
            prop_assert_eq!(Username::parse(name.as_str()), Ok(name.clone()));
        }
    }
}
