//! Rows of the store as the wire types they are told as. Columns are taken by name.

use super::{
    columns::{NotAColumn, Unhexed, unhex},
    seal::{Place, seal},
};
use crate::wire::{
    Body, Emoji, Entry, Envelope, Message, Millis, Person, Reaction, Seq, Tail, UserId, person::Me, user_log::UserItem,
};
use sqlx::{FromRow, Result, Row, sqlite::SqliteRow};

/// Of a row of `message_rows`.
impl FromRow<'_, SqliteRow> for Message {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        let mentions: &[u8] = row.try_get("mentions")?;
        Ok(Self {
            ordinal: row.try_get("ordinal")?,
            seq: row.try_get("seq")?,
            revision: row.try_get("revision")?,
            author: row.try_get("author")?,
            client_key: row.try_get("client_key")?,
            at: row.try_get("at")?,
            body: body(row)?,
            mentions: user_list(mentions),
            edited_at: row.try_get("edited_at")?,
            reactions: reactions(row.try_get("reactions")?)?,
        })
    }
}

/// The text of a message, from its row and the bytes it refers to; none if it is deleted.
///
/// One that is not what was stored is never given as if it were whole. An empty body
/// stands in its place, which nobody can send: the rest of the room stays readable,
/// and the author can write the text again. Refusing the page instead would have let
/// one bad byte close a whole room.
pub fn body(row: &SqliteRow) -> Result<Option<Body>> {
    let place = Place {
        room: row.try_get("room")?,
        ordinal: row.try_get("ordinal")?,
        author: row.try_get("author")?,
        client_key: row.try_get("client_key")?,
    };
    let is_deleted: bool = row.try_get("deleted")?;
    // A text that is not there, or bytes that are no text any more, are the same damage.
    let stored: Option<&[u8]> = row.try_get("body")?;
    let stored = stored.and_then(|bytes| str::from_utf8(bytes).ok());
    let body = if is_deleted {
        Some(None)
    } else {
        stored.map(|text| Some(Body::stored(text.to_owned())))
    };
    let hash: Option<&[u8]> = row.try_get("hash")?;
    match (body, hash) {
        (Some(body), None) => Ok(body),
        (Some(body), Some(hash)) if hash == seal(&place, body.as_ref()) => Ok(body),
        _ => {
            let seq: Seq = row.try_get("seq")?;
            tracing::error!(room = %place.room, seq = seq.0, "a message is not what was stored; its text is withheld");
            Ok(Some(Body::stored(String::new())))
        }
    }
}

/// Each emoji where it came first, its people in the order in which they came.
fn reactions(json: &str) -> Result<Vec<Reaction>> {
    let rows: Vec<(String, String)> = serde_json::from_str(json).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let mut reactions = Vec::<Reaction>::new();
    for (emoji, user) in rows {
        let emoji = Emoji::stored(emoji);
        let user = user
            .parse()
            .map_err(|_| sqlx::Error::Decode(NotAColumn("UserId").into()))?;
        match reactions.iter_mut().find(|reaction| reaction.emoji == emoji) {
            Some(reaction) => reaction.users.push(user),
            None => reactions.push(Reaction {
                emoji,
                users: vec![user],
            }),
        }
    }
    Ok(reactions)
}

const ID_BYTES: usize = 16;

/// The ids that stand one after the other in a column.
pub fn user_list(column: &[u8]) -> Vec<UserId> {
    column.chunks(ID_BYTES).filter_map(UserId::from_slice).collect()
}

/// Of a row of `entries`.
impl FromRow<'_, SqliteRow> for Entry {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            seq: row.try_get("seq")?,
            tail: row.try_get("tail")?,
            at: row.try_get("at")?,
            actor: row.try_get("actor")?,
            change: Envelope {
                kind: row.try_get("kind")?,
                version: row.try_get("version")?,
                body: row.try_get("payload")?,
            },
        })
    }
}

/// Seq, tail, time, actor, kind, version, payload.
type EntryRow<'a> = (u64, u32, u64, Unhexed<16>, u16, u8, &'a str);

/// Of one column that holds a list of rows of `entries`.
pub fn entries(json: &str) -> Result<Vec<Entry>> {
    let failed = |error: serde_json::Error| sqlx::Error::Decode(error.into());
    let rows: Vec<EntryRow> = serde_json::from_str(json).map_err(failed)?;
    rows.into_iter()
        .map(|(seq, tail, at, actor, kind, version, payload)| {
            Ok(Entry {
                seq: Seq(seq),
                tail: Tail(tail),
                at: Millis(at),
                actor: UserId::from_bytes(actor.0),
                change: Envelope {
                    kind,
                    version,
                    body: unhex(payload).ok_or_else(|| sqlx::Error::Decode(NotAColumn("payload").into()))?,
                },
            })
        })
        .collect()
}

/// Of a row of `users`.
impl FromRow<'_, SqliteRow> for Me {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            user: row.try_get("id")?,
            name: row.try_get("name")?,
            username: row.try_get("username")?,
            hue: row.try_get("hue")?,
            role: row.try_get("role")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for Person {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            user: row.try_get("id")?,
            dseq: row.try_get("dseq")?,
            name: row.try_get("name")?,
            username: row.try_get("username")?,
            hue: row.try_get("hue")?,
            active: row.try_get::<i64, _>("state")? == USER_ACTIVE,
        })
    }
}

const USER_ACTIVE: i64 = 0;

/// Of a row of `user_log`; counts are not stored, they are computed for who asks.
impl FromRow<'_, SqliteRow> for UserItem {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            useq: row.try_get("useq")?,
            value: Envelope {
                kind: row.try_get("kind")?,
                version: row.try_get("version")?,
                body: row.try_get("value")?,
            },
            counts: None,
        })
    }
}

impl From<NotAColumn> for sqlx::Error {
    fn from(error: NotAColumn) -> Self {
        Self::Decode(error.into())
    }
}
