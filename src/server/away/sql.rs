//! Leases, left vectors, and the two values of the user log that are about absences.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use super::{deed::Here, watch::LEASE_MS};
use crate::server::store::{Hex, hex_list, json_list};
use crate::wire::{
    DeviceId, Envelope, Enveloped, Millis, Position, UserId,
    user_log::{Dismissed, Episode, UserValue},
};
use sqlx::SqliteConnection;

/// The kinds of `Episode` and `Dismissed` among the values of the user log.
const EPISODE_KIND: u16 = 2;
const DISMISSED_KIND: u16 = 3;

/// Renews leases as of the newest message there is. Leases of the users' other devices
/// that have run out are dropped: these have outlived them.
pub async fn renew_leases(conn: &mut SqliteConnection, all: &[Here]) -> sqlx::Result<()> {
    let rows = json_list(all.iter().map(|here| {
        (
            Hex(here.user.as_bytes()),
            Hex(here.device.as_bytes()),
            here.renewed_at.0,
            here.renewed_at.0.saturating_sub(LEASE_MS),
        )
    }))?;
    sqlx::query(
        "INSERT INTO leases (user, device, renewed_at, position)
         SELECT unhex(value ->> 0), unhex(value ->> 1), value ->> 2,
                coalesce((SELECT max(position) FROM messages), 0)
           FROM json_each($1)
          WHERE true
    ON CONFLICT (user, device) DO UPDATE
            SET renewed_at = excluded.renewed_at, position = excluded.position;

         DELETE FROM leases
          WHERE (user, device) IN
                (SELECT lapsed.user, lapsed.device
                   FROM json_each($1) AS here
             CROSS JOIN leases AS lapsed
                     ON lapsed.user = unhex(here.value ->> 0)
                    AND lapsed.device <> unhex(here.value ->> 1)
                    AND lapsed.renewed_at < here.value ->> 3)",
    )
    .bind(rows)
    .execute(conn)
    .await?;
    Ok(())
}

/// All leases, as a server that starts finds them.
pub async fn list_leases(conn: &mut SqliteConnection) -> sqlx::Result<Vec<(UserId, DeviceId, Millis)>> {
    sqlx::query_as("SELECT user, device, renewed_at FROM leases")
        .fetch_all(conn)
        .await
}

/// Up to which message the user's last lease had seen the store; none without a lease.
pub async fn last_position(conn: &mut SqliteConnection, user: UserId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT MAX(position) FROM leases WHERE user = ?1")
        .bind(user)
        .fetch_one(conn)
        .await
}

/// Stores where each of the user's rooms ended at a position. Per room it steps back
/// from the head over what came since, which is little: it runs soon after they left.
pub async fn store_left_vector(conn: &mut SqliteConnection, user: UserId, position: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM left_vectors WHERE user = ?1")
        .bind(user)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO left_vectors (user, room, ordinal)
         SELECT memberships.user, memberships.room,
                COALESCE((SELECT messages.ordinal
                            FROM messages
                           WHERE messages.room = memberships.room AND messages.position <= ?2
                           ORDER BY messages.ordinal DESC
                           LIMIT 1), 0)
           FROM memberships
          WHERE memberships.user = ?1 AND memberships.state = 0",
    )
    .bind(user)
    .bind(position)
    .execute(conn)
    .await?;
    Ok(())
}

/// The position of the newest message in the store.
pub async fn head_position(conn: &mut SqliteConnection) -> sqlx::Result<Position> {
    let position: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM messages")
        .fetch_one(conn)
        .await?;
    Ok(Position(position.unsigned_abs()))
}

/// Stores where each of the user's rooms ends at their return. A room that they came into
/// while they were away begins at zero. A room that they are out of has nothing to show,
/// also when they come into it again.
pub async fn store_return(conn: &mut SqliteConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE left_vectors SET returned = ordinal
          WHERE user = $1
            AND NOT EXISTS (SELECT 1 FROM memberships AS m
                             WHERE m.room = left_vectors.room AND m.user = $1 AND m.state = 0);

         INSERT INTO left_vectors (user, room, ordinal, returned)
         SELECT memberships.user, rooms.id, 0, rooms.ordinal
           FROM memberships
     CROSS JOIN rooms ON rooms.id = memberships.room
          WHERE memberships.user = $1 AND memberships.state = 0
    ON CONFLICT (user, room) DO UPDATE
            SET returned = excluded.returned",
    )
    .bind(user)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn drop_leases(conn: &mut SqliteConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM leases WHERE user = ?1")
        .bind(user)
        .execute(conn)
        .await?;
    Ok(())
}

/// The newest absence of each user who had one.
pub async fn episodes(
    conn: &mut SqliteConnection,
    users: impl Iterator<Item = UserId>,
) -> sqlx::Result<Vec<(UserId, Episode)>> {
    let rows: Vec<(UserId, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT log.user, log.version, log.value
           FROM json_each(?1) AS asked
     CROSS JOIN user_log AS log
             ON log.user = unhex(asked.value) AND log.kind = ?2 AND log.name = x''",
    )
    .bind(hex_list(users))
    .bind(EPISODE_KIND)
    .fetch_all(conn)
    .await?;
    let episodes = rows
        .into_iter()
        .filter_map(|(user, version, body)| match unpacked(EPISODE_KIND, version, body)? {
            UserValue::Episode(episode) => Some((user, episode)),
            _ => None,
        });
    Ok(episodes.collect())
}

/// The user's newest absence.
pub async fn episode(conn: &mut SqliteConnection, user: UserId) -> sqlx::Result<Option<Episode>> {
    Ok(match value(conn, user, EPISODE_KIND).await? {
        Some(UserValue::Episode(episode)) => Some(episode),
        _ => None,
    })
}

/// The cards the user has put away.
pub async fn dismissed(conn: &mut SqliteConnection, user: UserId) -> sqlx::Result<Dismissed> {
    Ok(match value(conn, user, DISMISSED_KIND).await? {
        Some(UserValue::Dismissed(dismissed)) => dismissed,
        _ => Dismissed::default(),
    })
}

/// A value that a newer release wrote reads as none.
async fn value(conn: &mut SqliteConnection, user: UserId, kind: u16) -> sqlx::Result<Option<UserValue>> {
    let row: Option<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT version, value
           FROM user_log
          WHERE user = ?1 AND kind = ?2 AND name = x''",
    )
    .bind(user)
    .bind(kind)
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|(version, body)| unpacked(kind, version, body)))
}

fn unpacked(kind: u16, version: i64, body: Vec<u8>) -> Option<UserValue> {
    let version = u8::try_from(version).ok()?;
    UserValue::unpack(&Envelope { kind, version, body }).ok()
}
