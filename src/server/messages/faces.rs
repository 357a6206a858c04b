//! The people who stand beside rows.

use super::sql;
use crate::{
    server::{app::App, error::Result, sessions::Signed},
    wire::{Change, DirectorySeq, Entry, Message, Person, UserId, UserSeq, limits::DIRECTORY_PAGE_SIZE, person::Me},
};
use sqlx::SqliteConnection;
use std::collections::BTreeSet;

/// Beyond so many, those who only reacted are left out; the directory log brings them.
const FACES_WITH_REACTIONS_MAX: usize = 300;

/// Who is signed in, as they are now.
///
/// # Errors
/// A fault, if the store cannot be read.
pub async fn whoami(app: &App, who: &Signed) -> Result<Me> {
    let mut read = app.store.connection().await?;
    Ok(sql::me(&mut read, who.user()).await?)
}

/// Everybody whose name these rows show, each once; some may be known from the same transaction.
pub async fn faces_of(
    conn: &mut SqliteConnection,
    messages: &[Message],
    entries: &[Entry],
    mut known: Vec<Person>,
) -> Result<Vec<Person>> {
    let mut users = BTreeSet::new();
    users.extend(messages.iter().map(|message| message.author));
    for entry in entries {
        users.insert(entry.actor);
        users.extend(subject(entry));
    }
    // Who wrote comes before who reacted: one page could show more faces than fit.
    let reacted = messages.iter().flat_map(|message| &message.reactions);
    for user in reacted.flat_map(|reaction| &reaction.users) {
        if users.len() >= FACES_WITH_REACTIONS_MAX {
            break;
        }
        users.insert(*user);
    }
    known.retain(|person| users.remove(&person.user));
    known.extend(faces(conn, &users).await?);
    Ok(known)
}

pub async fn faces(conn: &mut SqliteConnection, users: &BTreeSet<UserId>) -> Result<Vec<Person>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql::people(conn, users).await?)
}

/// Whom an entry is about, beside who made it.
fn subject(entry: &Entry) -> Option<UserId> {
    match entry.change() {
        Ok(Change::MemberJoined(joined)) => Some(joined.user),
        Ok(Change::MemberLeft(left)) => Some(left.user),
        Ok(Change::MemberRemoved(removed)) => Some(removed.user),
        Ok(_) | Err(_) => None,
    }
}

/// Active people who share a room with the reader, by name; at most a page of the directory.
pub async fn people_near(conn: &mut SqliteConnection, who: &Signed) -> Result<Vec<Person>> {
    let after = sql::After {
        user: UserSeq::ZERO,
        directory: DirectorySeq::ZERO,
        items_max: 0,
        people_max: DIRECTORY_PAGE_SIZE,
    };
    let logs = sql::logs(conn, who.user(), after).await?;
    let mut people = logs.people;
    people.retain(|person| person.active);
    people.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(people)
}
