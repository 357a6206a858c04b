//! A commit that failed: whether it is stored all the same is found out when the store is
//! open again. A transaction is stored whole or not at all, so one of its rows decides.

use super::{
    sql,
    told::{Committed, Told},
};
use crate::wire::Millis;
use sqlx::{Result, SqliteConnection};

/// What of a failed commit is stored: to be called before anything else is written.
pub async fn find_stored(conn: &mut SqliteConnection, doubtful: &[Told], now: Millis) -> Result<Vec<Committed<Told>>> {
    let is_stored = match numbered(doubtful) {
        Some(numbered) => is_stored(conn, numbered).await?,
        None => return find_ended(conn, doubtful, now).await,
    };
    let stored = if is_stored { doubtful } else { &[] };
    Ok(stored.iter().cloned().map(Committed::after_commit).collect())
}

/// What has a number in a log. Entries of rooms come first: their tails are random. A person
/// may be told again without a new number, but then beside an entry.
fn numbered(told: &[Told]) -> Option<&Told> {
    let rank = |told: &&Told| match told {
        Told::Room(_) => Some(0),
        Told::User { .. } => Some(1),
        Told::Person { .. } => Some(2),
        Told::SessionsEnded { .. } | Told::Banned { .. } => None,
    };
    told.iter()
        .filter(|told| rank(told).is_some())
        .min_by_key(|told| rank(told))
}

async fn is_stored(conn: &mut SqliteConnection, told: &Told) -> Result<bool> {
    match told {
        Told::Room(event) => sql::has_entry(conn, event.room, &event.entry).await,
        Told::User { user, event } => Ok(sql::user_head(conn, *user).await? >= event.item.useq),
        Told::Person { person, .. } => Ok(sql::next_directory_seq(conn).await? > person.dseq),
        Told::SessionsEnded { .. } | Told::Banned { .. } => Ok(false),
    }
}

/// Sessions alone have no number: each is looked up.
async fn find_ended(conn: &mut SqliteConnection, doubtful: &[Told], now: Millis) -> Result<Vec<Committed<Told>>> {
    let mut stored = Vec::new();
    for told in doubtful {
        let Told::SessionsEnded { user, sessions } = told else {
            continue;
        };
        let mut ended = Vec::new();
        for session in sessions {
            if !sql::is_live(conn, *user, *session, now).await? {
                ended.push(*session);
            }
        }
        let (user, sessions) = (*user, ended);
        stored.push(Committed::after_commit(Told::SessionsEnded { user, sessions }));
    }
    Ok(stored)
}
