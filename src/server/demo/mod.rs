//! `whilst demo`: a data folder with people, rooms and a month of talk, and one person
//! who was away and has just come back.
//!
//! What it writes is what the writer would have written, number by number; it writes
//! it in bulk, into a new file that no server has open. The same seed and time make
//! the same history.

mod calendar;
mod cast;
mod corpus;
mod deck;
mod dice;
mod error;
mod folder;
mod frame;
mod ledger;
mod password;
mod play;
mod reading;
mod report;
mod rows;
mod sql;
mod stage;
mod story;
mod talk;
#[cfg(test)]
mod tests;

pub use error::{FillError, Result};
pub use report::Report;

use super::clock::Ambience;
use folder::Folder;
use play::Month;
use sqlx::Connection;
use std::path::Path;
use story::Story;

/// Of everybody in the demo: it is no secret, and no server with it should be reachable from elsewhere.
pub const PASSWORD: &str = "whilst-demo";

pub const MESSAGES_DEFAULT: u64 = 6_000;
/// With fewer, not every room has something to say.
pub const MESSAGES_MIN: u64 = 500;
pub const MESSAGES_MAX: u64 = 20_000_000;

/// What `whilst demo` may be told.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub messages: u64,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            messages: MESSAGES_DEFAULT,
            seed: 1,
        }
    }
}

/// Fills a data folder that has no database yet; makes the folder if there is none.
///
/// # Errors
/// [`FillError`], meant to be shown as it is. The folder then has no database.
pub async fn fill(path: &Path, options: Options, ambience: &Ambience) -> Result<Report> {
    if !(MESSAGES_MIN..=MESSAGES_MAX).contains(&options.messages) {
        return Err(FillError::Messages {
            asked: options.messages,
            min: MESSAGES_MIN,
            max: MESSAGES_MAX,
        });
    }
    let folder = Folder::claim(path)?;
    let corpus = corpus::Corpus::read()?;
    let password_hash = password::hash(ambience).await?;
    let mut conn = folder.make_store(ambience).await?;
    sql::hurry(&mut conn).await?;
    // One transaction: nothing has to be undone or waited for on the way.
    let mut whole = conn.begin().await?;
    let story = Story::new(&corpus, Month::until(ambience.now()), options);
    let report = story.write(&mut whole, &password_hash).await?;
    whole.commit().await?;
    sql::settle(&mut conn).await?;
    conn.close().await?;
    folder.publish()?;
    Ok(report)
}
