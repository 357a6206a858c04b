//! One batch: everything that waits, one transaction, one commit.

use super::{
    batch::Batch,
    queue::Queued,
    sends,
    told::{Committed, Told},
};
use crate::{
    server::{clock::Ambience, error::Fault},
    wire::Millis,
};
use sqlx::{Connection, SqliteConnection};

/// What a batch came to. Each write of it has its outcome, unless it is unknown.
#[derive(Default)]
pub struct Outcome {
    /// What is stored and may be told, in order.
    pub told: Vec<Committed<Told>>,
    /// The connection cannot be trusted any more. Writes without an outcome are to be
    /// left without an answer: they may be stored or not.
    pub broken: Option<Fault>,
    /// What the commit that broke it would have made true.
    pub doubtful: Vec<Told>,
}

/// Why an attempt came to nothing.
enum Failure {
    /// One of the writes has a fault; all of them are rolled back.
    Write(Fault),
    /// Begin, commit or rollback failed; this is what would be true if it was stored.
    Broken(Fault, Vec<Told>),
}

/// Stores all these writes with one commit, refusals apart. If one of them has a
/// fault, all are rolled back and each is run again by itself, so that it alone fails.
pub async fn commit_batch(conn: &mut SqliteConnection, ambience: &Ambience, writes: &mut [Queued]) -> Outcome {
    let mut outcome = Outcome::default();
    match attempt(conn, ambience, writes).await {
        Ok(told) => outcome.told = told,
        Err(Failure::Broken(fault, doubtful)) => {
            outcome.broken = Some(fault);
            outcome.doubtful = doubtful;
        }
        Err(Failure::Write(fault)) => match writes {
            [only] => only.fail(fault),
            _ => return one_by_one(conn, ambience, writes).await,
        },
    }
    outcome
}

async fn one_by_one(conn: &mut SqliteConnection, ambience: &Ambience, writes: &mut [Queued]) -> Outcome {
    let mut outcome = Outcome::default();
    writes.iter_mut().for_each(Queued::forget);
    for write in writes {
        match attempt(conn, ambience, std::slice::from_mut(write)).await {
            Ok(told) => outcome.told.extend(told),
            Err(Failure::Write(fault)) => write.fail(fault),
            Err(Failure::Broken(fault, doubtful)) => {
                outcome.broken = Some(fault);
                outcome.doubtful = doubtful;
                break;
            }
        }
    }
    outcome
}

async fn attempt(
    conn: &mut SqliteConnection,
    ambience: &Ambience,
    writes: &mut [Queued],
) -> Result<Vec<Committed<Told>>, Failure> {
    let mut told = Vec::new();
    match attempt_told(conn, ambience, writes, &mut told).await {
        Ok(None) => Ok(told.into_iter().map(Committed::after_commit).collect()),
        Ok(Some(fault)) => Err(Failure::Write(fault)),
        Err(fault) => {
            writes.iter_mut().for_each(Queued::forget);
            Err(Failure::Broken(fault, told))
        }
    }
}

/// Gives the fault of one of the writes, after which all of them are rolled back.
///
/// # Errors
/// When begin, commit or rollback failed; `told` then has what would be true if it was stored.
async fn attempt_told(
    conn: &mut SqliteConnection,
    ambience: &Ambience,
    writes: &mut [Queued],
    told: &mut Vec<Told>,
) -> Result<Option<Fault>, Fault> {
    let broken = |doing| {
        move |source: sqlx::Error| {
            let source = source.into();
            Fault { doing, source }
        }
    };
    // Taking the write lock first means that no statement of the batch can meet it taken.
    let mut transaction = conn
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(broken("beginning a batch"))?;
    if let Err(fault) = apply_all(&mut transaction, ambience, writes, told).await {
        told.clear();
        transaction.rollback().await.map_err(broken("rolling back a batch"))?;
        return Ok(Some(fault));
    }
    transaction.commit().await.map_err(broken("committing a batch"))?;
    Ok(None)
}

async fn apply_all(
    conn: &mut SqliteConnection,
    ambience: &Ambience,
    mut writes: &mut [Queued],
    told: &mut Vec<Told>,
) -> Result<(), Fault> {
    let now = ambience.now();
    while !writes.is_empty() {
        let sends = writes.iter().take_while(|write| write.is_send()).count();
        let (these, later) = writes.split_at_mut(sends.max(1));
        writes = later;
        match these {
            [Queued::Other(write)] => apply_one(conn, ambience, now, write.as_mut(), told).await?,
            run => {
                let mut batch = Batch {
                    conn: &mut *conn,
                    ambience,
                    now,
                    told: &mut *told,
                };
                sends::apply(&mut batch, run.iter_mut().filter_map(Queued::as_send).collect()).await?;
            }
        }
    }
    Ok(())
}

/// Runs one write in a savepoint, so that it may refuse after it has written.
async fn apply_one(
    conn: &mut SqliteConnection,
    ambience: &Ambience,
    now: Millis,
    write: &mut dyn super::write::Waiting,
    told: &mut Vec<Told>,
) -> Result<(), Fault> {
    let fault = |source: sqlx::Error| Fault {
        doing: "keeping a savepoint",
        source: source.into(),
    };
    let told_before = told.len();
    let mut savepoint = conn.begin().await.map_err(fault)?;
    let mut batch = Batch {
        conn: &mut savepoint,
        ambience,
        now,
        told: &mut *told,
    };
    if write.apply(&mut batch).await? {
        savepoint.commit().await.map_err(fault)
    } else {
        told.truncate(told_before);
        savepoint.rollback().await.map_err(fault)
    }
}
