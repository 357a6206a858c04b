//! Reads a store whole, when all is over.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use super::store::{Absence, FinalStore, Membership, StoredKey, StoredRoom};
use crate::{
    server::{messages, store::Store},
    wire::{
        Envelope, Enveloped, EpisodeId, Ordinal, Position, RoomId, UserId,
        user_log::{Episode, Marker, UserValue},
    },
};
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// Everything the judge asks of a store, from one transaction.
pub async fn read_store(store: &Store) -> FinalStore {
    let mut read = store.read().await.expect("the store can be read");
    let memberships = memberships(&mut read).await;
    let UserValues {
        markers,
        episodes,
        dismissed,
    } = user_values(&mut read).await;
    FinalStore {
        rooms: rooms(&mut read).await,
        keys: keys(&mut read).await,
        markers,
        episodes,
        dismissed,
        absences: absences(&mut read).await,
        counts: counts(&mut read, &memberships).await,
        memberships,
        push_jobs: push_jobs(&mut read).await,
        remains: Vec::new(),
    }
}

const READS: &str = "the store can be read";

async fn rooms(conn: &mut SqliteConnection) -> BTreeMap<RoomId, StoredRoom> {
    let rows = sqlx::query("SELECT id, name, seq, tail, ordinal FROM rooms")
        .fetch_all(&mut *conn)
        .await
        .expect(READS);
    let mut rooms = BTreeMap::new();
    for row in rows {
        let id: RoomId = row.get("id");
        let entries = sqlx::query_as("SELECT * FROM entries WHERE room = ?1 ORDER BY seq")
            .bind(id)
            .fetch_all(&mut *conn)
            .await
            .expect(READS);
        let messages = sqlx::query_as("SELECT * FROM message_rows WHERE room = ?1 ORDER BY ordinal")
            .bind(id)
            .fetch_all(&mut *conn)
            .await
            .expect(READS);
        let room = StoredRoom {
            name: row.get("name"),
            seq: row.get("seq"),
            tail: row.get("tail"),
            ordinal: row.get("ordinal"),
            entries,
            messages,
            positions: positions(conn, id).await,
        };
        rooms.insert(id, room);
    }
    rooms
}

async fn positions(conn: &mut SqliteConnection, room: RoomId) -> BTreeMap<Ordinal, Position> {
    let rows: Vec<(Ordinal, i64)> = sqlx::query_as("SELECT ordinal, position FROM messages WHERE room = ?1")
        .bind(room)
        .fetch_all(conn)
        .await
        .expect(READS);
    rows.into_iter()
        .map(|(ordinal, position)| (ordinal, Position(position.unsigned_abs())))
        .collect()
}

async fn absences(conn: &mut SqliteConnection) -> BTreeMap<(UserId, RoomId), Absence> {
    let rows = sqlx::query("SELECT user, room, ordinal, returned FROM left_vectors")
        .fetch_all(conn)
        .await
        .expect(READS);
    let absence = |row: &sqlx::sqlite::SqliteRow| Absence {
        left: row.get("ordinal"),
        returned: row.get("returned"),
    };
    rows.iter()
        .map(|row| ((row.get("user"), row.get("room")), absence(row)))
        .collect()
}

async fn memberships(conn: &mut SqliteConnection) -> Vec<Membership> {
    let rows = sqlx::query("SELECT room, user, state, joined_ordinal FROM memberships")
        .fetch_all(conn)
        .await
        .expect(READS);
    let membership = |row: &sqlx::sqlite::SqliteRow| Membership {
        room: row.get("room"),
        user: row.get("user"),
        is_in: row.get::<i64, _>("state") == 0,
        joined: row.get("joined_ordinal"),
    };
    rows.iter().map(membership).collect()
}

async fn keys(conn: &mut SqliteConnection) -> Vec<StoredKey> {
    let rows = sqlx::query("SELECT author, client_key, room, seq FROM client_keys")
        .fetch_all(conn)
        .await
        .expect(READS);
    let key = |row: &sqlx::sqlite::SqliteRow| StoredKey {
        author: row.get("author"),
        key: row.get("client_key"),
        room: row.get("room"),
        seq: row.get("seq"),
    };
    rows.iter().map(key).collect()
}

#[derive(Default)]
struct UserValues {
    markers: BTreeMap<(UserId, RoomId), Marker>,
    episodes: BTreeMap<UserId, Episode>,
    dismissed: BTreeMap<UserId, Vec<EpisodeId>>,
}

async fn user_values(conn: &mut SqliteConnection) -> UserValues {
    let rows = sqlx::query("SELECT user, kind, version, value FROM user_log")
        .fetch_all(conn)
        .await
        .expect(READS);
    let mut values = UserValues::default();
    for row in rows {
        let value = Envelope {
            kind: row.get("kind"),
            version: row.get("version"),
            body: row.get("value"),
        };
        match UserValue::unpack(&value) {
            Ok(UserValue::ReadMarker(read)) => {
                values.markers.insert((row.get("user"), read.room), read.marker);
            }
            Ok(UserValue::Episode(episode)) => {
                values.episodes.insert(row.get("user"), episode);
            }
            Ok(UserValue::Dismissed(dismissed)) => {
                values.dismissed.insert(row.get("user"), dismissed.episodes);
            }
            Err(_) => {}
        }
    }
    values
}

/// As the server counts, for everybody who is in a room.
async fn counts(
    conn: &mut SqliteConnection,
    memberships: &[Membership],
) -> BTreeMap<(UserId, RoomId), crate::wire::user_log::Counts> {
    let mut rooms: BTreeMap<UserId, Vec<RoomId>> = BTreeMap::new();
    for tie in memberships.iter().filter(|tie| tie.is_in) {
        rooms.entry(tie.user).or_default().push(tie.room);
    }
    let mut counted = BTreeMap::new();
    for (user, rooms) in rooms {
        let counts = messages::counts_of(conn, user, &rooms)
            .await
            .expect("the server counts");
        counted.extend(counts.into_iter().map(|(room, counts)| ((user, room), counts)));
    }
    counted
}

/// Nothing makes any yet; whoever builds a table for them will be asked for this rule.
async fn push_jobs(conn: &mut SqliteConnection) -> u64 {
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name LIKE 'push%'")
            .fetch_one(conn)
            .await
            .expect(READS);
    u64::try_from(tables).unwrap_or_default()
}
