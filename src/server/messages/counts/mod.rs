//! What a user has not read, exactly: by subtraction of running numbers, never a scan.
//! What was deleted since is subtracted as well; it is the one thing that is counted.

mod sql;

pub(in crate::server) use sql::READ_MARKER;

use crate::{
    server::error::Result,
    wire::{
        Envelope, Enveloped, RoomId, UserId,
        user_log::{Counts, Marker, UserValue},
    },
};
use sqlx::SqliteConnection;
use std::collections::HashMap;

/// The counts of those of the rooms that the user is in, as of their heads.
pub async fn counts_of(conn: &mut SqliteConnection, user: UserId, rooms: &[RoomId]) -> Result<HashMap<RoomId, Counts>> {
    let markers = markers_of(conn, user, rooms).await?;
    let read = rooms
        .iter()
        .map(|room| (*room, markers.get(room).copied().unwrap_or_default()));
    counts_at(conn, user, &read.collect::<Vec<_>>()).await
}

/// [`counts_of`] for who has read so far.
pub async fn counts_at(
    conn: &mut SqliteConnection,
    user: UserId,
    read: &[(RoomId, Marker)],
) -> Result<HashMap<RoomId, Counts>> {
    let tallies = sql::tallies(conn, user, read).await?;
    let read: HashMap<_, _> = read.iter().copied().collect();
    Ok(tallies
        .into_iter()
        .map(|tally| {
            let marker = read.get(&tally.room).copied().unwrap_or_default();
            (tally.room, tally.counts(marker))
        })
        .collect())
}

/// How far the user has read these rooms; a room without a marker is not in it.
pub async fn markers_of(
    conn: &mut SqliteConnection,
    user: UserId,
    rooms: &[RoomId],
) -> Result<HashMap<RoomId, Marker>> {
    let rows = sql::markers(conn, user, rooms).await?;
    Ok(rows.iter().filter_map(marker).collect())
}

/// What a read marker of the user log says.
pub fn marker(row: &Envelope) -> Option<(RoomId, Marker)> {
    match UserValue::unpack(row) {
        Ok(UserValue::ReadMarker(read)) => Some((read.room, read.marker)),
        _ => None,
    }
}

impl sql::Tally {
    fn counts(&self, marker: Marker) -> Counts {
        let unread = |after: u64, own_until: u64, deleted: u64| {
            let all = self.head.0.saturating_sub(after);
            let own = self.own_now.saturating_sub(own_until);
            u32::try_from(all.saturating_sub(own).saturating_sub(deleted)).unwrap_or(u32::MAX)
        };
        let mentions = self
            .mentions_now
            .saturating_sub(self.mentions_until_marker)
            .saturating_sub(self.mentions_gone);
        Counts {
            marker,
            as_of: self.as_of,
            unread: unread(marker.ordinal.0, self.own_until_marker, self.deleted_after_marker),
            mentions: u32::try_from(mentions).unwrap_or(u32::MAX),
            first_mention: self.first_mention,
            since_left: unread(self.seen_until.0, self.own_until_seen, self.deleted_after_seen),
            left: self.seen_until,
            returned: None,
        }
    }
}
