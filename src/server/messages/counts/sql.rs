//! Read markers, and the running numbers that counts are made of.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::server::store::hex_list;
use crate::wire::{Envelope, Ordinal, RoomId, Seq, UserId, user_log::Marker};
use sqlx::{FromRow, Result, Row, SqliteConnection};

/// The kind of a read marker in the user log.
pub const READ_MARKER: u16 = 1;

pub async fn markers(conn: &mut SqliteConnection, user: UserId, rooms: &[RoomId]) -> Result<Vec<Envelope>> {
    sqlx::query(
        "SELECT log.version, log.value
           FROM json_each(?2) AS asked
     CROSS JOIN user_log AS log
             ON log.user = ?1 AND log.kind = ?3 AND log.name = unhex(asked.value)",
    )
    .bind(user)
    .bind(hex_list(rooms))
    .bind(READ_MARKER)
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| {
        Ok(Envelope {
            kind: READ_MARKER,
            version: row.try_get("version")?,
            body: row.try_get("value")?,
        })
    })
    .collect()
}

/// Running numbers of one user in one room, now and at a place before.
#[derive(Debug, FromRow)]
pub struct Tally {
    pub room: RoomId,
    pub as_of: Seq,
    pub head: Ordinal,
    #[sqlx(try_from = "i64")]
    pub own_now: u64,
    #[sqlx(try_from = "i64")]
    pub own_until_marker: u64,
    #[sqlx(try_from = "i64")]
    pub mentions_now: u64,
    #[sqlx(try_from = "i64")]
    pub mentions_until_marker: u64,
    pub first_mention: Option<Seq>,
    /// What was read, or was there when the user was last active before the newest
    /// absence: the later of the two. Rooms that were empty or unknown then begin at zero.
    pub seen_until: Ordinal,
    /// Where the room ended at the return; none while the absence lasts. Zero for a room that
    /// the newest absence has nothing of.
    pub returned: Option<Ordinal>,
    /// Up to where messages belong to the newest absence: the return, or the head while it
    /// lasts. Never before `seen_until`.
    pub absent_until: Ordinal,
    #[sqlx(try_from = "i64")]
    pub own_in_absence: u64,
    /// Messages of others that were deleted.
    #[sqlx(try_from = "i64")]
    pub deleted_after_marker: u64,
    #[sqlx(try_from = "i64")]
    pub deleted_in_absence: u64,
    /// Mentions after the marker that an edit or a deletion took away.
    #[sqlx(try_from = "i64")]
    pub mentions_gone: u64,
    #[sqlx(try_from = "i64")]
    pub mentions_in_absence: u64,
    #[sqlx(try_from = "i64")]
    pub mentions_gone_in_absence: u64,
    pub first_mention_in_absence: Option<Seq>,
    /// The newest message of others in the absence that is not deleted.
    pub newest_in_absence: Option<Seq>,
}

/// The tallies of the rooms that the user is in. Each subquery is one step in an
/// index that holds all it needs, however much was missed; those over what was deleted
/// or taken away walk indexes that hold nothing else. Those of an absence are left out where the
/// absence has nothing, as in most rooms of most users.
pub async fn tallies(conn: &mut SqliteConnection, user: UserId, rooms: &[(RoomId, Marker)]) -> Result<Vec<Tally>> {
    sqlx::query_as(
        "WITH listed AS MATERIALIZED (
             SELECT r.id AS room, r.seq AS as_of, r.ordinal AS head,
                    a.value ->> 1 AS marker,
                    max(a.value ->> 1, coalesce(absence.ordinal, 0)) AS seen_until,
                    iif(absence.room IS NULL, 0, absence.returned) AS returned
               FROM json_each(?2) AS a
         CROSS JOIN memberships AS m ON m.room = unhex(a.value ->> 0) AND m.user = ?1 AND m.state = 0
         CROSS JOIN rooms AS r ON r.id = m.room
          LEFT JOIN left_vectors AS absence ON absence.user = ?1 AND absence.room = r.id
         ), asked AS MATERIALIZED (
             SELECT *, max(seen_until, coalesce(returned, head)) AS absent_until
               FROM listed
         )
         SELECT room, as_of, head, seen_until, returned, absent_until,
                coalesce((SELECT author_nth FROM messages
                           WHERE room = asked.room AND author = ?1
                        ORDER BY ordinal DESC LIMIT 1), 0) AS own_now,
                coalesce((SELECT author_nth FROM messages
                           WHERE room = asked.room AND author = ?1 AND ordinal <= asked.marker
                        ORDER BY ordinal DESC LIMIT 1), 0) AS own_until_marker,
                coalesce((SELECT nth FROM mentions
                           WHERE user = ?1 AND room = asked.room
                        ORDER BY ordinal DESC LIMIT 1), 0) AS mentions_now,
                coalesce((SELECT nth FROM mentions
                           WHERE user = ?1 AND room = asked.room AND ordinal <= asked.marker
                        ORDER BY ordinal DESC LIMIT 1), 0) AS mentions_until_marker,
                (SELECT count(*) FROM messages
                  WHERE room = asked.room AND deleted = 1
                    AND ordinal > asked.marker AND author <> ?1) AS deleted_after_marker,
                (SELECT count(*) FROM mentions
                  WHERE user = ?1 AND room = asked.room AND gone = 1 AND ordinal > asked.marker) AS mentions_gone,
                (SELECT seq FROM mentions
                  WHERE user = ?1 AND room = asked.room AND gone = 0 AND ordinal > asked.marker
               ORDER BY ordinal LIMIT 1) AS first_mention,
                iif(seen_until < absent_until,
                    coalesce((SELECT author_nth FROM messages
                               WHERE room = asked.room AND author = ?1 AND ordinal <= asked.absent_until
                            ORDER BY ordinal DESC LIMIT 1), 0)
                  - coalesce((SELECT author_nth FROM messages
                               WHERE room = asked.room AND author = ?1 AND ordinal <= asked.seen_until
                            ORDER BY ordinal DESC LIMIT 1), 0),
                    0) AS own_in_absence,
                iif(seen_until < absent_until,
                    coalesce((SELECT nth FROM mentions
                               WHERE user = ?1 AND room = asked.room AND ordinal <= asked.absent_until
                            ORDER BY ordinal DESC LIMIT 1), 0)
                  - coalesce((SELECT nth FROM mentions
                               WHERE user = ?1 AND room = asked.room AND ordinal <= asked.seen_until
                            ORDER BY ordinal DESC LIMIT 1), 0),
                    0) AS mentions_in_absence,
                iif(seen_until < absent_until,
                    (SELECT count(*) FROM messages
                      WHERE room = asked.room AND deleted = 1
                        AND ordinal > asked.seen_until AND ordinal <= asked.absent_until
                        AND author <> ?1),
                    0) AS deleted_in_absence,
                iif(seen_until < absent_until,
                    (SELECT count(*) FROM mentions
                      WHERE user = ?1 AND room = asked.room AND gone = 1
                        AND ordinal > asked.seen_until AND ordinal <= asked.absent_until),
                    0) AS mentions_gone_in_absence,
                iif(seen_until < absent_until,
                    (SELECT seq FROM mentions
                      WHERE user = ?1 AND room = asked.room AND gone = 0
                        AND ordinal > asked.seen_until AND ordinal <= asked.absent_until
                   ORDER BY ordinal LIMIT 1),
                    NULL) AS first_mention_in_absence,
                iif(seen_until < absent_until,
                    (SELECT seq FROM messages
                      WHERE room = asked.room AND deleted = 0 AND author <> ?1
                        AND ordinal > asked.seen_until AND ordinal <= asked.absent_until
                   ORDER BY ordinal DESC LIMIT 1),
                    NULL) AS newest_in_absence
           FROM asked",
    )
    .bind(user)
    .bind(asked_list(rooms))
    .fetch_all(conn)
    .await
}

fn asked_list(rooms: &[(RoomId, Marker)]) -> String {
    let rooms: Vec<_> = rooms
        .iter()
        .map(|(room, marker)| (room.to_string(), i64::try_from(marker.ordinal.0).unwrap_or(i64::MAX)))
        .collect();
    // Strings and integers always become JSON.
    serde_json::to_string(&rooms).unwrap_or_default()
}
