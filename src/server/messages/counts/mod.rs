//! What a user has not read, exactly: by subtraction of running numbers, never a scan.
//! What was deleted since is subtracted as well; it is the one thing that is counted.

mod sql;

pub(in crate::server) use sql::READ_MARKER;

use crate::{
    server::error::Result,
    wire::{
        Envelope, Enveloped, RoomId, Seq, UserId,
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
    let counted = counts_at(conn, user, &read.collect::<Vec<_>>()).await?;
    Ok(counted
        .into_iter()
        .map(|(room, counted)| (room, counted.counts))
        .collect())
}

/// Counts of a room, and the message that its line of the away card shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counted {
    pub counts: Counts,
    /// The first mention of the absence, else its newest message.
    pub away: Option<Seq>,
}

/// [`counts_of`] at these markers.
pub async fn counts_at(
    conn: &mut SqliteConnection,
    user: UserId,
    read: &[(RoomId, Marker)],
) -> Result<HashMap<RoomId, Counted>> {
    let tallies = sql::tallies(conn, user, read).await?;
    let read: HashMap<_, _> = read.iter().copied().collect();
    Ok(tallies
        .into_iter()
        .map(|tally| {
            let marker = read.get(&tally.room).copied().unwrap_or_default();
            let counted = Counted {
                counts: tally.counts(marker),
                away: tally.first_mention_in_absence.or(tally.newest_in_absence),
            };
            (tally.room, counted)
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
        let all = self.head.0.saturating_sub(marker.ordinal.0);
        let own = self.own_now.saturating_sub(self.own_until_marker);
        let mentions = self.mentions_now.saturating_sub(self.mentions_until_marker);
        let all_in_absence = self.absent_until.0.saturating_sub(self.seen_until.0);
        Counts {
            marker,
            as_of: self.as_of,
            unread: less(all, [own, self.deleted_after_marker]),
            mentions: less(mentions, [self.mentions_gone]),
            first_mention: self.first_mention,
            since_left: less(all_in_absence, [self.own_in_absence, self.deleted_in_absence]),
            left: self.seen_until,
            returned: self.returned,
            mentions_since_left: less(self.mentions_in_absence, [self.mentions_gone_in_absence]),
            first_mention_since_left: self.first_mention_in_absence,
        }
    }
}

fn less<const N: usize>(all: u64, without: [u64; N]) -> u32 {
    let rest = without.into_iter().fold(all, u64::saturating_sub);
    u32::try_from(rest).unwrap_or(u32::MAX)
}
