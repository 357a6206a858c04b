//! What no verb does and a simulated world needs: sign-ins without passwords, another
//! epoch, and writes that fail.
#![expect(clippy::disallowed_methods, reason = "SQL stands here")]

use crate::{
    server::{
        clock::Ambience,
        error::{Error, Result},
        sessions::Signed,
        writer::{Batch, Write},
    },
    wire::{Epoch, Millis, Problem, RoomId, SessionId, UserId, event::RoomRenamed, membership::ServerRole},
};
use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::path::Path;

/// No seed lasts so long, whatever its clocks do.
const FOR_EVER: Millis = Millis(4_000_000_000_000);

pub async fn insert_session(conn: &mut SqliteConnection, user: UserId, ambience: &Ambience) -> Signed {
    let session = SessionId::new(ambience.now(), ambience.random());
    sqlx::query(
        "INSERT INTO sessions (id, token_hash, user, created_at, last_seen_at, expires_at, agent)
         VALUES (?1, ?1, ?2, ?3, ?4, ?4, 'a simulated tab')",
    )
    .bind(session)
    .bind(user)
    .bind(ambience.now())
    .bind(FOR_EVER)
    .execute(conn)
    .await
    .expect("a session is stored");
    Signed::past_the_door(user, session, ServerRole::Member)
}

pub async fn set_epoch(file: &Path, epoch: Epoch) {
    let mut conn = SqliteConnectOptions::new()
        .filename(file)
        .connect()
        .await
        .expect("a store that was copied opens");
    sqlx::query("UPDATE store_facts SET value = ?1 WHERE name = 'epoch'")
        .bind(epoch)
        .execute(&mut conn)
        .await
        .expect("the epoch is stored");
    // Closed before the file is copied: the log is then in it.
    conn.close().await.expect("the file is closed");
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Refuses after it has written: its savepoint is rolled back.
    Refusal,
    /// Fails after it has written: the batch is rolled back and run again one by one.
    Fault,
    /// Spoils the commit itself.
    Commit,
}

/// A write that takes a room's next seq and then comes to nothing.
pub struct Failing {
    pub room: RoomId,
    pub actor: UserId,
    pub how: Failure,
}

#[derive(Debug, thiserror::Error)]
#[error("the disk says no")]
struct DiskSaysNo;

impl Failing {
    async fn fail(&self, batch: &mut Batch<'_>) -> Result<()> {
        let name = "Never".to_owned();
        batch.append(self.room, self.actor, RoomRenamed { name }).await?;
        match self.how {
            Failure::Refusal => Err(Problem::NotAllowed.into()),
            Failure::Fault => Err(Error::fault("writing", DiskSaysNo)),
            Failure::Commit => Ok(spoil_commit(batch.conn()).await?),
        }
    }
}

/// Breaks a reference in a way that is only found by the commit.
async fn spoil_commit(conn: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("PRAGMA defer_foreign_keys = ON")
        .execute(&mut *conn)
        .await?;
    sqlx::query("INSERT INTO leases (user, device, renewed_at, position) VALUES (x'00', x'00', 0, 0)")
        .execute(conn)
        .await?;
    Ok(())
}

impl Write for Failing {
    type Output = ();

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        self.fail(batch).boxed()
    }
}
