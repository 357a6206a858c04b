//! Rooms as their members see them.

use super::sql::{self, RoomRow, RoomRows, Shown};
use crate::{
    rules::preview,
    server::{
        error::Result,
        memberships,
        messages::{self, Counted},
        sessions::Signed,
    },
    wire::{
        Cursor, DirectorySeq, RoomId, Seq, Tail, UserId, UserSeq,
        fetch::{News, Preview, RoomAnswer, Summary},
        person::Me,
        room::{RoomHead, RoomMeta},
    },
};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// Open rooms of one list.
pub const OPEN_ROOMS_PAGE_SIZE: u32 = 500;

/// Who reads, and where all logs end that they may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    pub me: Me,
    pub user: UserSeq,
    pub directory: DirectorySeq,
    pub rooms: Vec<RoomHead>,
}

/// The heads for a welcome or a page, all of one moment if `conn` is in a transaction. A
/// welcome needs none: who is registered hears what is committed between two of them.
pub async fn heads_for(conn: &mut SqliteConnection, user: UserId) -> Result<Heads> {
    Ok(sql::heads(conn, user).await?)
}

/// The rooms somebody is in, each with its counts and newest words. As many as the
/// limit of rooms per user lets there be.
pub async fn list_for(conn: &mut SqliteConnection, who: &Signed) -> Result<Vec<RoomAnswer>> {
    let rooms = memberships::sql::rooms_of(conn, who.user()).await?;
    let asked: Vec<_> = rooms.into_iter().map(|room| (room, Seq::ZERO)).collect();
    let rows = sql::rooms_of_list(conn, who.user(), &asked).await?;
    let summaries = summaries(conn, who.user(), rows).await?;
    Ok(summaries
        .into_iter()
        .map(|found| RoomAnswer {
            room: found.room,
            news: News::Summary(found.summary),
        })
        .collect())
}

/// An open room that one may join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRoom {
    pub room: RoomId,
    pub name: String,
    pub members: u32,
}

/// Open rooms that the reader is not in, by name; at most [`OPEN_ROOMS_PAGE_SIZE`].
pub async fn list_open(conn: &mut SqliteConnection, who: &Signed) -> Result<Vec<OpenRoom>> {
    let rows = sql::list_open(conn, who.user(), OPEN_ROOMS_PAGE_SIZE).await?;
    Ok(rows
        .into_iter()
        .map(|(room, name, members)| OpenRoom { room, name, members })
        .collect())
}

/// A room's summary, and the tail its log has at the seq that was asked with it.
#[derive(Debug)]
pub struct Found {
    pub room: RoomId,
    pub summary: Summary,
    pub tail_at_asked: Option<Tail>,
}

/// Summaries of these rooms in their order, by a number of statements that depends neither
/// on the rooms nor on what was missed.
pub async fn summaries(conn: &mut SqliteConnection, user: UserId, listed: RoomRows) -> Result<Vec<Found>> {
    let RoomRows { rooms: rows, newest } = listed;
    let read: Vec<_> = rows.iter().map(|row| (row.room, row.marker.marker())).collect();
    let counts = messages::counts_at(conn, user, &read).await?;
    let mut shown: Vec<(RoomId, Seq)> = Vec::new();
    for (room, counted) in &counts {
        let mention = counted.counts.first_mention;
        let away = counted.away.filter(|away| mention != Some(*away));
        shown.extend(mention.into_iter().chain(away).map(|seq| (*room, seq)));
    }
    let shown = if shown.is_empty() {
        Vec::new()
    } else {
        sql::shown(conn, &shown).await?
    };
    let mut newest: HashMap<RoomId, Preview> = previews(newest).map(|((room, _), preview)| (room, preview)).collect();
    let shown: HashMap<(RoomId, Seq), Preview> = previews(shown).collect();
    Ok(rows
        .into_iter()
        .map(|row| {
            let counted = counts.get(&row.room).copied().unwrap_or_default();
            let preview = newest.remove(&row.room);
            found(row, preview, counted, &shown)
        })
        .collect())
}

fn found(row: RoomRow, preview: Option<Preview>, counted: Counted, shown: &HashMap<(RoomId, Seq), Preview>) -> Found {
    let words = |seq: Option<Seq>| shown.get(&(row.room, seq?)).cloned();
    Found {
        room: row.room,
        tail_at_asked: row.tail_at_asked,
        summary: Summary {
            preview,
            mention: words(counted.counts.first_mention),
            away: words(counted.away),
            head: Cursor {
                seq: row.seq,
                tail: row.tail,
            },
            ordinal: row.ordinal,
            counts: counted.counts,
            meta: RoomMeta {
                kind: row.kind,
                name: row.name,
                with: row.with,
                role: row.role,
            },
        },
    }
}

/// The first words of messages, as far as they are not deleted.
fn previews(shown: Vec<Shown>) -> impl Iterator<Item = ((RoomId, Seq), Preview)> {
    shown.into_iter().filter_map(|shown| {
        let preview = Preview {
            seq: shown.seq,
            author: shown.author,
            at: shown.at,
            words: preview::words(shown.body?.as_str()),
        };
        Some(((shown.room, shown.seq), preview))
    })
}

/// What a room is called; a direct one has no name of its own.
pub async fn name_of(conn: &mut SqliteConnection, member: &memberships::Member) -> Result<String> {
    Ok(sql::name_and_seq(conn, member.room()).await?.0)
}
