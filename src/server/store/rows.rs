//! Rows of the store as the wire types they are told as. Columns are taken by name.

use super::{
    columns::{NotAColumn, Unhexed, unhex},
    seal::{Place, seal},
};
use crate::wire::{
    Body, ClientKey, Emoji, Entry, Envelope, Message, Millis, Ordinal, Person, Reaction, RoomId, Seq, Tail, UserId,
    person::Me, user_log::UserItem,
};
use sqlx::{FromRow, Result, Row, sqlite::SqliteRow};

/// The column `whole` of `message_rows`: room, ordinal, seq, revision, author, client key, time,
/// text, mentions, time of the last edit, deleted, hash, reactions.
type WholeRow<'a> = (
    Unhexed<16>,
    u64,
    u64,
    u64,
    Unhexed<16>,
    Unhexed<16>,
    u64,
    Option<&'a str>,
    &'a str,
    Option<u64>,
    u8,
    Option<&'a str>,
    Option<Vec<(String, Unhexed<16>)>>,
);

/// Of a row of `message_rows`, by its one column `whole`: each column by itself comes over from
/// SQLite's thread as a copy, and takes longer on its way than in the making.
impl FromRow<'_, SqliteRow> for Message {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        let failed = |error: serde_json::Error| sqlx::Error::Decode(error.into());
        let whole: WholeRow = serde_json::from_str(row.try_get("whole")?).map_err(failed)?;
        let (room, ordinal, seq, revision, author, client_key, at, text, mentions, edited_at, deleted, hash, signs) =
            whole;
        let place = Place {
            room: RoomId::from_bytes(room.0),
            ordinal: Ordinal(ordinal),
            author: UserId::from_bytes(author.0),
            client_key: ClientKey::from_bytes(client_key.0),
        };
        let bytes = |hex: &str, column| unhex(hex).ok_or(NotAColumn(column));
        let stored = Stored {
            place,
            seq: Seq(seq),
            is_deleted: deleted != 0,
            text: text.map(|hex| bytes(hex, "body")).transpose()?,
            hash: hash.map(|hex| bytes(hex, "hash")).transpose()?,
        };
        Ok(Self {
            ordinal: place.ordinal,
            seq: stored.seq,
            revision: Seq(revision),
            author: place.author,
            client_key: place.client_key,
            at: Millis(at),
            body: stored.body(),
            mentions: user_list(&bytes(mentions, "mentions")?),
            edited_at: edited_at.map(Millis),
            reactions: reactions(signs.unwrap_or_default()),
        })
    }
}

/// The text of a message, from columns of its own name.
pub fn body(row: &SqliteRow) -> Result<Option<Body>> {
    let stored = Stored {
        place: Place {
            room: row.try_get("room")?,
            ordinal: row.try_get("ordinal")?,
            author: row.try_get("author")?,
            client_key: row.try_get("client_key")?,
        },
        seq: row.try_get("seq")?,
        is_deleted: row.try_get("deleted")?,
        text: row.try_get("body")?,
        hash: row.try_get("hash")?,
    };
    Ok(stored.body())
}

/// What says whether a text is what was stored.
struct Stored {
    place: Place,
    seq: Seq,
    is_deleted: bool,
    text: Option<Vec<u8>>,
    hash: Option<Vec<u8>>,
}

impl Stored {
    /// The text; none if it is deleted.
    ///
    /// One that is not what was stored is never given as if it were whole. An empty body
    /// stands in its place, which nobody can send: the rest of the room stays readable,
    /// and the author can write the text again. Refusing the page instead would have let
    /// one bad byte close a whole room.
    fn body(self) -> Option<Body> {
        // A text that is not there, or bytes that are no text any more, are the same damage.
        let text = self.text.and_then(|bytes| String::from_utf8(bytes).ok());
        let body = if self.is_deleted {
            Some(None)
        } else {
            text.map(|text| Some(Body::stored(text)))
        };
        match (body, self.hash) {
            (Some(body), None) => body,
            (Some(body), Some(hash)) if hash == seal(&self.place, body.as_ref()) => body,
            _ => {
                let (room, seq) = (self.place.room, self.seq.0);
                tracing::error!(%room, seq, "a message is not what was stored; its text is withheld");
                Some(Body::stored(String::new()))
            }
        }
    }
}

/// Each emoji where it came first, its people in the order in which they came.
fn reactions(rows: Vec<(String, Unhexed<16>)>) -> Vec<Reaction> {
    let mut reactions = Vec::<Reaction>::new();
    for (emoji, user) in rows {
        let (emoji, user) = (Emoji::stored(emoji), UserId::from_bytes(user.0));
        match reactions.iter_mut().find(|reaction| reaction.emoji == emoji) {
            Some(reaction) => reaction.users.push(user),
            None => reactions.push(Reaction {
                emoji,
                users: vec![user],
            }),
        }
    }
    reactions
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
