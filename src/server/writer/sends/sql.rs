//! The statements of a run of messages. Each takes the whole run as one JSON list, so
//! their number does not grow with it; and those that go together are handed over
//! together, because the way to SQLite's thread and back costs more than a statement.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use super::{
    super::sql::KeyRow,
    ReadySend,
    number::{Fresh, Ground, Tip},
};
use crate::{
    server::store::{Hex, Place, Unhexed, hex, json_list, seal},
    wire::{ClientKey, Message, Millis, Ordinal, RoomEvent, RoomId, Seq, SessionId, Tail, UserId},
};
use serde::de::DeserializeOwned;
use sqlx::{Result, Row, SqliteConnection, sqlite::SqliteRow};
use std::collections::{HashMap, HashSet};

/// Reads everything that decides about the run, as one row: each row by itself comes over
/// from SQLite's thread, and takes longer on its way than in the making.
pub async fn look(conn: &mut SqliteConnection, now: Millis, sends: &[&ReadySend]) -> Result<Ground> {
    let keys = distinct(sends, |send| (send.wish.user, send.wish.key));
    let authors = distinct(sends, |send| (send.wish.session, send.wish.user, send.room));
    let rooms = distinct(sends, |send| send.room);
    let row = sqlx::query(
        "SELECT (SELECT json_group_array(json_array(hex(k.author), hex(k.client_key), hex(k.room), k.seq, hex(k.digest)))
                   FROM json_each(?1) AS asked
             CROSS JOIN client_keys AS k
                     ON k.author = unhex(asked.value ->> 0) AND k.client_key = unhex(asked.value ->> 1)) AS keys,

                (SELECT json_group_array(json_array(hex(s.id), hex(s.user), iif(m.room IS NULL, NULL, hex(m.room)),
                        coalesce((SELECT author_nth FROM messages
                                   WHERE room = m.room AND author = m.user
                                ORDER BY ordinal DESC LIMIT 1), 0)))
                   FROM json_each(?2) AS asked
             CROSS JOIN sessions AS s
                     ON s.id = unhex(asked.value ->> 0) AND s.user = unhex(asked.value ->> 1) AND s.expires_at > ?4
             CROSS JOIN users AS u ON u.id = s.user AND u.state = 0
              LEFT JOIN memberships AS m
                     ON m.room = unhex(asked.value ->> 2) AND m.user = s.user AND m.state = 0) AS authors,

                (SELECT json_group_array(json_array(hex(r.id), r.seq, r.tail, r.ordinal,
                        coalesce((SELECT at FROM entries WHERE room = r.id AND seq = r.seq), 0)))
                   FROM json_each(?3) AS asked
             CROSS JOIN rooms AS r ON r.id = unhex(asked.value)) AS tips",
    )
    .bind(json_list(keys.iter().map(|(author, key)| (Hex(author.as_bytes()), Hex(key.as_bytes()))))?)
    .bind(json_list(authors.iter().map(|(session, user, room)| {
        (Hex(session.as_bytes()), Hex(user.as_bytes()), Hex(room.as_bytes()))
    }))?)
    .bind(json_list(rooms.iter().map(|room| Hex(room.as_bytes())))?)
    .bind(now)
    .fetch_one(&mut *conn)
    .await?;
    let named: HashSet<_> = sends
        .iter()
        .flat_map(|send| send.names.iter().map(|name| (send.room, name.as_str())))
        .collect();
    let (named, mentions) = named_members(conn, &named).await?;
    let authors: Vec<AuthorRow> = read_list(&row, "authors")?;
    let tips: Vec<TipRow> = read_list(&row, "tips")?;
    Ok(Ground {
        keys: read_list(&row, "keys")?.into_iter().map(key).collect(),
        live: authors
            .iter()
            .map(|(session, user, ..)| (SessionId::from_bytes(session.0), UserId::from_bytes(user.0)))
            .collect(),
        authors: authors.iter().filter_map(author).collect(),
        tips: tips.into_iter().map(tip).collect(),
        named,
        mentions,
    })
}

/// Author, key, room, seq, digest.
type FoundKey = (Unhexed<16>, Unhexed<16>, Unhexed<16>, u64, Unhexed<32>);
/// Of somebody whose session is live: session, user, the room if they are in it, how many
/// messages of theirs are there.
type AuthorRow = (Unhexed<16>, Unhexed<16>, Option<Unhexed<16>>, u64);
/// Room, seq, tail, ordinal, time of the last entry.
type TipRow = (Unhexed<16>, u64, u32, u64, u64);

fn read_list<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<Vec<T>> {
    serde_json::from_str(row.try_get(column)?).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn key((author, key, room, seq, digest): FoundKey) -> ((UserId, ClientKey), KeyRow) {
    let found = KeyRow {
        room: RoomId::from_bytes(room.0),
        seq: Seq(seq),
        digest: digest.0.to_vec(),
    };
    ((UserId::from_bytes(author.0), ClientKey::from_bytes(key.0)), found)
}

fn author((_, user, room, nth): &AuthorRow) -> Option<((RoomId, UserId), u64)> {
    let room = room.as_ref()?;
    Some(((RoomId::from_bytes(room.0), UserId::from_bytes(user.0)), *nth))
}

fn tip((room, seq, tail, ordinal, at): TipRow) -> (RoomId, Tip) {
    let tip = Tip {
        seq: Seq(seq),
        tail: Tail(tail),
        ordinal: Ordinal(ordinal),
        at: Millis(at),
    };
    (RoomId::from_bytes(room.0), tip)
}

fn distinct<T: std::hash::Hash + Eq>(sends: &[&ReadySend], of: impl Fn(&ReadySend) -> T) -> HashSet<T> {
    sends.iter().map(|send| of(send)).collect()
}

type ByName = HashMap<(RoomId, String), UserId>;
type ByMember = HashMap<(RoomId, UserId), u64>;

async fn named_members(conn: &mut SqliteConnection, named: &HashSet<(RoomId, &str)>) -> Result<(ByName, ByMember)> {
    let (mut users, mut mentions) = (ByName::new(), ByMember::new());
    if named.is_empty() {
        return Ok((users, mentions));
    }
    let rows = sqlx::query(
        "SELECT m.room, u.username, u.id,
                coalesce((SELECT nth FROM mentions
                           WHERE user = u.id AND room = m.room
                        ORDER BY ordinal DESC LIMIT 1), 0) AS nth
           FROM json_each(?1) AS asked
     CROSS JOIN users AS u ON u.username = asked.value ->> 1 AND u.state = 0
     CROSS JOIN memberships AS m ON m.room = unhex(asked.value ->> 0) AND m.user = u.id AND m.state = 0",
    )
    .bind(json_list(
        named.iter().map(|(room, name)| (Hex(room.as_bytes()), name)),
    )?)
    .fetch_all(conn)
    .await?;
    for row in &rows {
        let (room, user) = (row.try_get("room")?, row.try_get("id")?);
        users.insert((room, row.try_get("username")?), user);
        mentions.insert((room, user), count(row, "nth")?);
    }
    Ok((users, mentions))
}

fn count(row: &SqliteRow, column: &str) -> Result<u64> {
    Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
}

/// Parameters are `$n` here: of a string with several statements, the library miscounts
/// where one of them leaves a `?n` out.
///
/// Texts get the next ids in the order of the list, since that table only grows at its
/// end; the row of a message finds its own by counting back from the last.
const STORE: &str = "
    INSERT INTO texts (body)
    SELECT CAST(value AS BLOB)
      FROM json_each($1)
  ORDER BY key;

    INSERT INTO messages (room, ordinal, seq, revision, author, author_nth, client_key, at, mentions, hash, text)
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 2, unhex(value ->> 3), value ->> 4,
           unhex(value ->> 5), value ->> 6, unhex(value ->> 7), unhex(value ->> 8),
           (SELECT max(id) FROM texts) - json_array_length($2) + 1 + key
      FROM json_each($2)
  ORDER BY key;

    INSERT INTO entries (room, seq, tail, kind, version, actor, target, payload, at)
    SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4,
           unhex(value ->> 5), value ->> 6, unhex(value ->> 7), value ->> 8
      FROM json_each($3);

    INSERT INTO client_keys (author, client_key, room, seq, digest)
    SELECT unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, unhex(value ->> 4)
      FROM json_each($4);

    INSERT INTO mentions (user, room, ordinal, seq, nth)
    SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4
      FROM json_each($5);

    UPDATE rooms
       SET seq = tip.value ->> 1, tail = tip.value ->> 2, ordinal = tip.value ->> 3
      FROM json_each($6) AS tip
     WHERE rooms.id = unhex(tip.value ->> 0)";

/// Writes what is new.
pub async fn store(conn: &mut SqliteConnection, fresh: &Fresh) -> Result<()> {
    if fresh.events.is_empty() {
        return Ok(());
    }
    sqlx::query(STORE)
        .bind(json_list(messages(fresh).map(|(_, message)| message.text()))?)
        .bind(message_rows(fresh)?)
        .bind(entry_rows(fresh)?)
        .bind(key_rows(fresh)?)
        .bind(mention_rows(fresh)?)
        .bind(tip_rows(fresh)?)
        .execute(conn)
        .await?;
    Ok(())
}

fn messages(fresh: &Fresh) -> impl Iterator<Item = (&RoomEvent, &Message)> {
    fresh
        .events
        .iter()
        .filter_map(|event| Some((event, event.row.as_ref()?)))
}

fn message_rows(fresh: &Fresh) -> Result<String> {
    json_list(messages(fresh).zip(&fresh.author_nths).map(|((event, message), nth)| {
        let mentions: Vec<u8> = message.mentions.iter().flat_map(|user| *user.as_bytes()).collect();
        let place = Place {
            room: event.room,
            ordinal: message.ordinal,
            author: message.author,
            client_key: message.client_key,
        };
        (
            Hex(event.room.as_bytes()),
            message.ordinal.0,
            message.seq.0,
            Hex(message.author.as_bytes()),
            nth,
            Hex(message.client_key.as_bytes()),
            message.at.0,
            hex(&mentions),
            hex(&seal(&place, message.body.as_ref())),
        )
    }))
}

fn entry_rows(fresh: &Fresh) -> Result<String> {
    json_list(messages(fresh).map(|(event, message)| {
        let entry = &event.entry;
        (
            Hex(event.room.as_bytes()),
            entry.seq.0,
            entry.tail.0,
            entry.change.kind,
            entry.change.version,
            Hex(entry.actor.as_bytes()),
            message.ordinal.0,
            Hex(&entry.change.body),
            entry.at.0,
        )
    }))
}

fn key_rows(fresh: &Fresh) -> Result<String> {
    json_list(messages(fresh).zip(&fresh.digests).map(|((event, message), digest)| {
        (
            Hex(message.author.as_bytes()),
            Hex(message.client_key.as_bytes()),
            Hex(event.room.as_bytes()),
            message.seq.0,
            Hex(digest.as_bytes()),
        )
    }))
}

fn mention_rows(fresh: &Fresh) -> Result<String> {
    json_list(fresh.mentions.iter().map(|mention| {
        (
            Hex(mention.user.as_bytes()),
            Hex(mention.room.as_bytes()),
            mention.ordinal.0,
            mention.seq.0,
            mention.nth,
        )
    }))
}

fn tip_rows(fresh: &Fresh) -> Result<String> {
    json_list(
        fresh
            .tips
            .iter()
            .map(|(room, tip)| (Hex(room.as_bytes()), tip.seq.0, tip.tail.0, tip.ordinal.0)),
    )
}
