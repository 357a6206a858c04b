//! What the logs tell: who was in which room under which name, and one long absence.
#![expect(clippy::disallowed_methods, reason = "the test reads tables past every verb")]

use super::Filled;
use crate::wire::{Change, Entry, Envelope, Enveloped, event::*, membership::RoomRole, user_log::*};
use sqlx::{FromRow, Row};
use std::collections::BTreeMap;

const MESSAGES: u64 = 2_000;

/// Room, actor, change, of all entries in order.
async fn changes(demo: &mut Filled) -> Vec<(Vec<u8>, Vec<u8>, Change)> {
    let entries =
        sqlx::query("SELECT room, actor, seq, tail, at, kind, version, payload FROM entries ORDER BY room, seq")
            .fetch_all(&mut demo.conn)
            .await
            .unwrap();
    entries
        .iter()
        .map(|row| {
            let entry = Entry::from_row(row).unwrap();
            (row.get("room"), row.get("actor"), entry.change().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn the_log_told_again_gives_the_same_members_and_names_and_only_members_act() {
    let mut demo = Filled::with(MESSAGES, 1).await;
    let mut names = BTreeMap::new();
    let mut members = BTreeMap::new();
    let mut kinds = BTreeMap::<&str, u32>::new();
    for (room, actor, change) in changes(&mut demo).await {
        let acts_as_member = members.contains_key(&(room.clone(), actor.clone()));
        let (kind, allowed) = match change {
            Change::MessageCreated(_)
            | Change::MessageEdited(_)
            | Change::MessageDeleted(_)
            | Change::ReactionAdded(_)
            | Change::ReactionRemoved(_)
            | Change::RoomDeleted(_) => ("said", acts_as_member),
            Change::RoomCreated(RoomCreated { name }) => ("created", names.insert(room, name).is_none()),
            Change::RoomRenamed(RoomRenamed { name }) => {
                let admin = members.get(&(room.clone(), actor)) == Some(&RoomRole::Admin);
                names.insert(room, name);
                ("renamed", admin)
            }
            Change::MemberJoined(MemberJoined { user, role }) => {
                let user = user.as_bytes().to_vec();
                let came_by_themselves = user == actor;
                let new = members.insert((room, user), role).is_none();
                ("joined", new && (came_by_themselves || acts_as_member))
            }
            Change::MemberLeft(MemberLeft { user }) => {
                assert_eq!(user.as_bytes().as_slice(), actor);
                ("left", members.remove(&(room, actor)).is_some())
            }
            Change::MemberRemoved(MemberRemoved { user }) => {
                let admin = members.get(&(room.clone(), actor)) == Some(&RoomRole::Admin);
                let was = members.remove(&(room, user.as_bytes().to_vec())).is_some();
                ("removed", admin && was)
            }
        };
        assert!(allowed, "{kind} by somebody who may not");
        *kinds.entry(kind).or_default() += 1;
    }
    assert_eq!(
        kinds.keys().copied().collect::<Vec<_>>(),
        ["created", "joined", "left", "removed", "renamed", "said"],
    );

    let stored: Vec<(Vec<u8>, Vec<u8>, i64)> =
        sqlx::query_as("SELECT room, user, role FROM memberships WHERE state = 0 ORDER BY room, user")
            .fetch_all(&mut demo.conn)
            .await
            .unwrap();
    let told: Vec<_> = members
        .into_iter()
        .map(|((room, user), role)| (room, user, i64::from(role == RoomRole::Admin)))
        .collect();
    assert_eq!(stored, told);
    let stored: Vec<(Vec<u8>, String)> = sqlx::query_as("SELECT id, name FROM rooms ORDER BY id")
        .fetch_all(&mut demo.conn)
        .await
        .unwrap();
    assert_eq!(stored, names.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn who_signs_in_was_away_and_finds_unread_messages_and_mentions_in_several_rooms() {
    let mut demo = Filled::with(MESSAGES, 1).await;
    let values: Vec<(u16, Vec<u8>, u8, Vec<u8>)> = sqlx::query_as(
        "SELECT kind, user_log.name, user_log.version, value
           FROM user_log JOIN users ON users.id = user
          WHERE username = 'ada'
          ORDER BY useq",
    )
    .fetch_all(&mut demo.conn)
    .await
    .unwrap();
    let (mut unread, mut mentions, mut since_left, mut left_at) = (0, 0, Vec::new(), None);
    for (kind, name, version, body) in values {
        match UserValue::unpack(&Envelope { kind, version, body }).unwrap() {
            UserValue::ReadMarker(read) => {
                assert_eq!(name, read.room.as_bytes());
                let counts: (i64, i64, i64) = sqlx::query_as(
                    "SELECT count(*) FILTER (WHERE ordinal > ?2),
                            count(*) FILTER (WHERE ordinal > ?2 AND instr(CAST(body AS TEXT), '@ada')),
                            count(*) FILTER (WHERE ordinal > left)
                       FROM (SELECT message_rows.*, left_vectors.ordinal AS left
                               FROM message_rows JOIN left_vectors USING (room)
                              WHERE room = ?1
                                AND author <> (SELECT id FROM users WHERE username = 'ada'))",
                )
                .bind(read.room.as_bytes().as_slice())
                .bind(i64::try_from(read.marker.ordinal.0).unwrap())
                .fetch_one(&mut demo.conn)
                .await
                .unwrap();
                unread += counts.0;
                mentions += counts.1;
                since_left.push(counts.2);
            }
            UserValue::Episode(episode) => {
                assert!(episode.back.is_some_and(|back| back > episode.last_active));
                let last = demo.number("SELECT max(position) FROM messages").await;
                assert_eq!(episode.returned, Some(crate::wire::Position(last.unsigned_abs())));
                left_at = Some(episode.last_active);
            }
            UserValue::Dismissed(_) => panic!("nothing was dismissed"),
        }
    }
    assert_eq!(u64::try_from(unread).unwrap(), demo.report.unread);
    assert_eq!(u64::try_from(mentions).unwrap(), demo.report.mentions);
    assert!(mentions >= 3, "{mentions} mentions");
    assert_eq!(since_left.len(), 7);
    assert!(
        since_left.iter().filter(|count| **count > 0).count() >= 4,
        "{since_left:?}"
    );
    assert!(since_left.contains(&0), "a room has nothing new: {since_left:?}");
    assert!(unread > since_left.iter().sum(), "some were unread before");

    let left_at = i64::try_from(left_at.unwrap().0).unwrap();
    let later: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM messages JOIN left_vectors USING (room)
          WHERE (messages.at >= ?1) <> (messages.ordinal > left_vectors.ordinal)",
    )
    .bind(left_at)
    .fetch_one(&mut demo.conn)
    .await
    .unwrap();
    assert_eq!(later, 0, "the left vector is where rooms ended when the absence began");
    let own: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM entries JOIN users ON users.id = actor WHERE username = 'ada' AND at >= ?1",
    )
    .bind(left_at)
    .fetch_one(&mut demo.conn)
    .await
    .unwrap();
    assert_eq!(own, 0, "who is away says nothing");
}
