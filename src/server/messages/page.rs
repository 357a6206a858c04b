//! Pages: runs of messages by ordinal, with the notes between and after them.
//!
//! A note belongs to the page of the message before it, so neighbouring pages hold
//! each note once; those before the first message belong to the first page.

use super::{faces::faces_of, sql};
use crate::{
    server::{
        app::App,
        error::Result,
        memberships::access,
        sessions::Signed,
        store::{Dense, demand_all_between},
    },
    wire::{
        Cursor, Message, Ordinal, Reaction, RoomId, Seq,
        fetch::{Around, History, Page},
        limits::{GAP_PAGE_SIZE, PAGE_SIZE},
    },
};
use futures_util::TryStreamExt;
use sqlx::SqliteConnection;

/// Bytes of the messages of one page: a whole answer, with faces and logs, fits into
/// `ANSWER_MAX_BYTES` beside it.
pub const PAGE_MAX_BYTES: usize = 448 * 1024;
/// Notes of one page. Where more people came and went between two messages, the page
/// shows the last of them.
pub const PAGE_MAX_NOTES: u32 = 200;

/// The messages before an ordinal.
///
/// # Errors
/// `Gone`.
pub async fn history(app: &App, who: &Signed, ask: &History) -> Result<Page> {
    let mut read = app.store.read().await?;
    history_in(&mut read, who, ask).await
}

/// [`history`] in a transaction that is there already.
///
/// # Errors
/// As `history`.
pub async fn history_in(conn: &mut SqliteConnection, who: &Signed, ask: &History) -> Result<Page> {
    let member = access(conn, who, ask.room).await?;
    let log = Log::open(conn, member.room()).await?;
    log.before(conn, ask.before, ask.limit.clamp(1, GAP_PAGE_SIZE)).await
}

/// The page around an entry. One that is not there yet gives the newest page.
///
/// # Errors
/// `Gone`.
pub async fn around(app: &App, who: &Signed, ask: &Around) -> Result<Page> {
    let mut read = app.store.read().await?;
    around_in(&mut read, who, ask).await
}

/// [`around`] in a transaction that is there already.
///
/// # Errors
/// As `around`.
pub async fn around_in(conn: &mut SqliteConnection, who: &Signed, ask: &Around) -> Result<Page> {
    let member = access(conn, who, ask.room).await?;
    let log = Log::open(conn, member.room()).await?;
    let middle = sql::ordinal_at(conn, member.room(), ask.seq).await?;
    let after = Ordinal(middle.0.saturating_add(u64::from(PAGE_SIZE / 2) + 1));
    // Near the beginning there is less before than after: a page is always full if it can be.
    let before = after.max(Ordinal(u64::from(PAGE_SIZE) + 1));
    log.before(conn, before, PAGE_SIZE).await
}

/// The newest page of a room whose head is known from the same transaction.
pub async fn newest_in(conn: &mut SqliteConnection, room: RoomId, head: Cursor, ordinal: Ordinal) -> Result<Page> {
    let log = Log { room, head, ordinal };
    log.before(conn, ordinal.next(), PAGE_SIZE).await
}

/// A room's log as of one transaction.
struct Log {
    room: RoomId,
    head: Cursor,
    ordinal: Ordinal,
}

impl Log {
    async fn open(conn: &mut SqliteConnection, room: RoomId) -> Result<Self> {
        let (head, ordinal) = sql::head(conn, room).await?;
        Ok(Self { room, head, ordinal })
    }

    async fn before(&self, conn: &mut SqliteConnection, before: Ordinal, limit: u32) -> Result<Page> {
        let before = before.min(self.ordinal.next()).max(Ordinal(1));
        let messages = self.messages(conn, before, limit).await?;
        let from = messages.first().map_or(before, |first| first.ordinal);
        let notes = {
            let after = match messages.first() {
                Some(first) if from > Ordinal(1) => first.seq,
                _ => Seq::ZERO,
            };
            let until = self.seq_of(conn, before).await?;
            let (notes, entries) = sql::notes(conn, self.room, after, until, PAGE_MAX_NOTES).await?;
            demand_all_between("entry", self.room, (after.0, until.0), entries).map_err(sqlx::Error::from)?;
            notes
        };
        Ok(Page {
            room: self.room,
            from,
            to: before.before(),
            people: faces_of(conn, &messages, &notes, Vec::new()).await?,
            messages,
            notes,
            as_of: self.head,
        })
    }

    /// The newest messages before the ordinal that fit, oldest first.
    async fn messages(&self, conn: &mut SqliteConnection, before: Ordinal, limit: u32) -> Result<Vec<Message>> {
        let mut dense = Dense::falling("message", self.room, before.before().0);
        let mut rows = sql::messages_before(conn, self.room, before, limit);
        let mut messages = Vec::new();
        let mut bytes = 0;
        while let Some(message) = rows.try_next().await? {
            dense.take(message.ordinal.0).map_err(sqlx::Error::from)?;
            bytes += weight(&message);
            if bytes > PAGE_MAX_BYTES && !messages.is_empty() {
                messages.reverse();
                return Ok(messages);
            }
            messages.push(message);
        }
        let first = before.0.saturating_sub(u64::from(limit)).max(1);
        dense.end_at(first).map_err(sqlx::Error::from)?;
        messages.reverse();
        Ok(messages)
    }

    /// Where the message begins that a page ends before, or the log ends.
    async fn seq_of(&self, conn: &mut SqliteConnection, ordinal: Ordinal) -> Result<Seq> {
        if ordinal > self.ordinal {
            return Ok(self.head.seq.next());
        }
        Ok(sql::seq_of(conn, self.room, ordinal).await?)
    }
}

/// At least the bytes that a message takes in an answer.
pub fn weight(message: &Message) -> usize {
    const FIXED_BYTES: usize = 96;
    const MENTION_BYTES: usize = 16;
    let reactions: usize = message.reactions.iter().map(reaction_weight).sum();
    FIXED_BYTES + message.text().len() + MENTION_BYTES * message.mentions.len() + reactions
}

fn reaction_weight(reaction: &Reaction) -> usize {
    const FIXED_BYTES: usize = 4;
    const USER_BYTES: usize = 16;
    FIXED_BYTES + reaction.emoji.as_str().len() + USER_BYTES * reaction.users.len()
}
