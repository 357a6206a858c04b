//! What may be said, who is mentioned by it, and what it leaves alone.

use super::{problem, say_many, two_in_a_room};
use crate::{
    server::{memberships, messages, testing::House, writer::Told},
    wire::{
        Message, Ordinal, Problem, command,
        limits::{BODY_MAX_BYTES, MENTIONS_MAX},
        user_log::Marker,
    },
};

#[tokio::test]
async fn bodies_that_cannot_be_stored_are_refused_and_those_that_can_come_back_as_typed() {
    let (house, ada, _, room) = two_in_a_room().await;
    let before = house.number_by_sql("SELECT seq FROM rooms").await;
    let max_bytes = BODY_MAX_BYTES;
    let too_long = "x".repeat(max_bytes as usize + 1);
    let tower = format!("a{}", "\u{301}".repeat(8_000));
    let high_tower = format!("a{}", "\u{301}".repeat(10_000));
    for (body, expected) in [
        ("", Problem::BodyEmpty),
        (" \n\t\u{200b}", Problem::BodyEmpty),
        (too_long.as_str(), Problem::BodyTooLong { max_bytes }),
        ("a\0b", Problem::BodyUnreadable),
        (tower.as_str(), Problem::BodyUnreadable),
        (high_tower.as_str(), Problem::BodyTooLong { max_bytes }),
    ] {
        let sent = house.send(&ada, &house.sending(room, body)).await;
        assert_eq!(problem(sent), expected);
    }
    assert_eq!(house.number_by_sql("SELECT seq FROM rooms").await, before);
    house.heard();
    let full = "é".repeat(max_bytes as usize / 2);
    let bodies = [
        full.as_str(),
        "\u{202e}right to left\u{202c} 中文 العربية 👩‍👩‍👧",
        "'; DROP TABLE messages; --\n{\"json\": [\"\\u0041\", null]}",
        "\u{feff}\u{fffd}\\u0000 \\ud800",
    ];
    for body in bodies {
        house.say(&ada, room, body).await;
    }
    let told: Vec<_> = rows(&house).into_iter().map(|row| row.text().to_owned()).collect();
    assert_eq!(told, bodies);
    let page = messages::history(
        &house.app,
        &ada,
        &crate::wire::fetch::History {
            room,
            before: Ordinal(99),
            limit: 50,
        },
    )
    .await
    .unwrap();
    let stored: Vec<_> = page.messages.iter().map(Message::text).collect();
    assert_eq!(stored, bodies);
}

fn rows(house: &House) -> Vec<Message> {
    house
        .heard()
        .into_iter()
        .filter_map(|told| match told {
            Told::Room(event) => event.row,
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn members_are_mentioned_each_once_and_nobody_else() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let cy = house.insert_person("cy").await;
    house.heard();
    let said = [
        ("hello @bo and @BO, and @cy who is not here", vec![bo.user()]),
        ("mine: @ada", vec![]),
        ("`@bo` is code", vec![]),
        ("@nobody", vec![]),
    ];
    for (text, _) in &said {
        house.say(&ada, room, text).await;
    }
    house.join(&cy, room).await;
    house.say(&ada, room, "now you, @cy, after @bo").await;
    let leave = command::Leave {
        client_key: house.key(),
        room,
    };
    memberships::leave(&house.app, &cy, &leave).await.unwrap();
    house.say(&ada, room, "gone again, @cy").await;
    let mentions: Vec<_> = rows(&house).into_iter().map(|row| row.mentions).collect();
    let mut expected: Vec<_> = said.into_iter().map(|(_, users)| users).collect();
    expected.push(vec![cy.user(), bo.user()]);
    expected.push(vec![]);
    assert_eq!(mentions, expected);
    assert_eq!(house.counts(&bo, room).await.mentions, 2);
    assert_eq!(house.counts(&ada, room).await.mentions, 0);
}

#[tokio::test]
async fn no_message_mentions_more_people_than_the_limit() {
    let (house, ada, _, room) = two_in_a_room().await;
    let mut text = String::new();
    for n in 0..=MENTIONS_MAX {
        let person = house.insert_person(&format!("p{n}")).await;
        house.join(&person, room).await;
        text = format!("{text}@p{n} ");
    }
    house.heard();
    house.say(&ada, room, &text).await;
    assert_eq!(rows(&house)[0].mentions.len(), MENTIONS_MAX as usize);
}

#[tokio::test]
async fn sending_from_a_full_outbox_hides_nothing_that_was_missed() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 30).await;
    let missed = house.counts(&bo, room).await;
    assert_eq!(missed.unread, 30);
    say_many(&house, &bo, room, 40).await;
    let after = house.counts(&bo, room).await;
    assert_eq!((after.unread, after.marker), (30, missed.marker));
}

fn at(version: u32, ordinal: u64) -> Marker {
    Marker {
        version,
        ordinal: Ordinal(ordinal),
    }
}

#[tokio::test]
async fn a_marker_is_the_greatest_pair_that_was_sent_and_stands_at_most_at_the_head() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 5).await;
    for (sent, expected, unread) in [
        (at(0, 2), at(0, 2), 3),
        (at(0, 1), at(0, 2), 3),
        (at(0, 999), at(0, 5), 0),
        (at(1, 3), at(1, 3), 2),
        (at(0, 5), at(1, 3), 2),
    ] {
        house.heard();
        let before = house.counts(&bo, room).await.marker;
        let mark = command::MarkRead { room, marker: sent };
        messages::mark_read(&house.app, &bo, &mark).await.unwrap();
        let counts = house.counts(&bo, room).await;
        assert_eq!((counts.marker, counts.unread), (expected, unread));
        let told: Vec<_> = house
            .heard()
            .into_iter()
            .filter_map(|told| match told {
                Told::User { user, event } if user == bo.user() => event.item.counts,
                _ => None,
            })
            .collect();
        // What did not move is told to nobody; what moved brings its counts.
        assert_eq!(told, if before == expected { vec![] } else { vec![counts] });
    }
}

#[tokio::test]
async fn each_event_of_a_user_log_names_the_one_before() {
    let (house, ada, bo, room) = two_in_a_room().await;
    say_many(&house, &ada, room, 3).await;
    house.heard();
    for ordinal in 1..=3 {
        let marker = at(0, ordinal);
        messages::mark_read(&house.app, &bo, &command::MarkRead { room, marker })
            .await
            .unwrap();
    }
    let seqs: Vec<_> = house
        .heard()
        .into_iter()
        .filter_map(|told| match told {
            Told::User { event, .. } => Some((event.prev.0, event.item.useq.0)),
            _ => None,
        })
        .collect();
    assert_eq!(seqs, [(1, 2), (2, 3), (3, 4)]);
}
