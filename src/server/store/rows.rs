//! Rows of the store as the wire types they are told as. Columns are taken by name.

use super::columns::NotAColumn;
use crate::wire::{Entry, Envelope, Message, Person, UserId, user_log::UserItem};
use sqlx::{FromRow, Result, Row, sqlite::SqliteRow};

/// Of a row of `messages`.
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
            body: row.try_get("body")?,
            mentions: mentions.chunks(ID_BYTES).filter_map(UserId::from_slice).collect(),
        })
    }
}

const ID_BYTES: usize = 16;

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

/// Of a row of `users`.
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
