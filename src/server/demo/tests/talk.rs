//! What is said: valid, in many scripts, alive, and not said twice.

use super::Filled;
use crate::{
    rules::mentions::mentions,
    server::demo::{cast::CAST, corpus::Corpus, deck, dice::Dice, stage::STAGE, talk::UNLIKE_MESSAGES},
    wire::{
        Body, Message, UserId,
        person::{PersonName, Username},
        room::RoomName,
    },
};
use std::collections::HashMap;

#[test]
fn every_conversation_can_be_had_in_some_room() {
    let corpus = Corpus::read().unwrap();
    let mut dice = Dice::new(1, 1);
    let everybody = [true; CAST.len()];
    for thread in &corpus.threads {
        let topics = |topic| thread.topic == topic;
        let comes_up = STAGE
            .iter()
            .any(|scene| scene.topics.iter().copied().any(topics) || topics(scene.absence.opening));
        assert!(comes_up, "nobody talks about {}", thread.topic);
        assert!(!thread.lines.is_empty());
        let cast = deck::cast(thread, &everybody, &mut dice);
        assert!(cast.is_some(), "too few speak {} for {}", thread.language, thread.topic);
    }
}

#[test]
fn names_are_as_people_could_have_typed_them() {
    for player in &CAST {
        assert_eq!(Username::parse(player.username).unwrap().as_str(), player.username);
        assert_eq!(PersonName::parse(player.name).unwrap().as_str(), player.name);
    }
    for scene in STAGE.iter().filter(|scene| !scene.name.is_empty()) {
        assert_eq!(RoomName::parse(scene.name).unwrap().as_str(), scene.name);
    }
}

#[tokio::test]
async fn every_body_is_one_that_could_have_been_sent_and_none_comes_twice_on_a_screen() {
    let mut demo = Filled::with(8_000, 3).await;
    let rooms: Vec<(Vec<u8>,)> = sqlx::query_as("SELECT id FROM rooms")
        .fetch_all(&mut demo.conn)
        .await
        .unwrap();
    for (room,) in rooms {
        let bodies: Vec<(String,)> =
            sqlx::query_as("SELECT CAST(body AS TEXT) FROM message_rows WHERE room = ?1 ORDER BY ordinal")
                .bind(room)
                .fetch_all(&mut demo.conn)
                .await
                .unwrap();
        for (body,) in &bodies {
            assert_eq!(Body::parse(body).unwrap().as_str(), body);
        }
        for screen in bodies.windows(UNLIKE_MESSAGES) {
            let (last, before) = screen.split_last().unwrap();
            assert!(!before.contains(last), "said twice: {}", last.0);
        }
    }
}

#[tokio::test]
async fn the_month_has_several_scripts_code_links_and_long_messages() {
    let mut demo = Filled::with(2_000, 1).await;
    let bodies: Vec<(String,)> = sqlx::query_as("SELECT CAST(body AS TEXT) FROM texts")
        .fetch_all(&mut demo.conn)
        .await
        .unwrap();
    let some = |what: &str, holds: &dyn Fn(&str) -> bool| {
        let found = bodies.iter().filter(|(body,)| holds(body)).count();
        assert!(found > 2, "{found} messages with {what}");
    };
    let any = |range: std::ops::RangeInclusive<char>| move |body: &str| body.chars().any(|c| range.contains(&c));
    some("Chinese", &any('\u{4e00}'..='\u{9fff}'));
    some("Arabic", &any('\u{0600}'..='\u{06ff}'));
    some("Cyrillic", &any('\u{0400}'..='\u{04ff}'));
    some("Japanese", &any('\u{3040}'..='\u{30ff}'));
    some("emoji", &any('\u{1f300}'..='\u{1faff}'));
    some("code", &|body| body.contains("```"));
    some("links", &|body| body.contains("https://"));
    some("several lines", &|body| body.lines().count() > 3);
    some("few characters", &|body| body.chars().count() < 6);
    some("many characters", &|body| body.chars().count() > 150);
}

#[tokio::test]
async fn people_sleep_at_night_and_rest_on_weekends_and_talk_in_bursts() {
    let mut demo = Filled::with(8_000, 1).await;
    let by_day = demo
        .number("SELECT count(*) FROM messages WHERE at / 3600000 % 24 BETWEEN 8 AND 20")
        .await;
    let by_night = demo
        .number("SELECT count(*) FROM messages WHERE at / 3600000 % 24 BETWEEN 0 AND 5")
        .await;
    assert!(by_day > 20 * by_night, "{by_day} by day, {by_night} by night");
    let (weekend, week) = (
        demo.number("SELECT count(*) FROM messages WHERE (at / 86400000 + 3) % 7 >= 5")
            .await,
        demo.number("SELECT count(*) FROM messages WHERE (at / 86400000 + 3) % 7 < 5")
            .await,
    );
    // Two days of seven would have two fifths of the other five.
    assert!(weekend * 4 < week, "{weekend} on weekends, {week} else");
    let together = demo
        .number(
            "SELECT count(*) FROM (SELECT at - lag(at) OVER (PARTITION BY room ORDER BY ordinal) AS pause FROM messages)
              WHERE pause < 120000",
        )
        .await;
    assert!(together > 4_000, "{together} of 8,000 follow within two minutes");
}

#[tokio::test]
async fn mentions_are_those_that_a_reader_of_the_body_finds() {
    let mut demo = Filled::with(4_000, 2).await;
    let users: HashMap<String, UserId> = sqlx::query_as("SELECT username, id FROM users")
        .fetch_all(&mut demo.conn)
        .await
        .unwrap()
        .into_iter()
        .collect();
    let messages: Vec<Message> = sqlx::query_as("SELECT * FROM message_rows")
        .fetch_all(&mut demo.conn)
        .await
        .unwrap();
    for message in &messages {
        let found = mentions(message.text(), &|name| users.get(name).copied());
        assert_eq!(message.mentions, found, "{}", message.text());
    }
    assert!(messages.iter().filter(|message| !message.mentions.is_empty()).count() > 20);
}
