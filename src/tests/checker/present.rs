//! K9: the present state of each message is what its entries say, on the server and
//! with every reader, and what was deleted is nowhere.

use super::{FinalStore, Findings, History, Promise, StoredKey, StoredRoom};
use crate::wire::{Body, Change, Command, Emoji, Message, RoomId, Seq, UserId, command::Edit};

pub fn judge(history: &History, store: &FinalStore, found: &mut Findings) {
    let mut deleted: Vec<String> = Vec::new();
    for (id, room) in &store.rooms {
        for message in &room.messages {
            as_its_entries_say(history, store, *id, room, message, found);
            if message.is_deleted() {
                deleted.extend(versions(history, *id, message));
            }
        }
    }
    for reader in &history.readers {
        for held in &reader.rooms {
            let Some(room) = store.rooms.get(&held.room) else {
                continue;
            };
            for (message, _) in held.rows.iter().flat_map(|rows| &rows.messages) {
                let same = room
                    .message(message.ordinal)
                    .is_none_or(|stored| alike(stored, message));
                found.unless(same, Promise::K9, || {
                    format!(
                        "client {} shows message {} of {:?} as of {}",
                        reader.client, message.ordinal, held.room, message.revision
                    )
                });
            }
            let is_deleted = |words: &String| deleted.iter().any(|text| text == words);
            found.unless(!held.preview.as_ref().is_some_and(is_deleted), Promise::K9, || {
                format!(
                    "client {} lists {:?} with words that were deleted",
                    reader.client, held.room
                )
            });
        }
    }
    nowhere(store, &deleted, found);
}

fn as_its_entries_say(
    history: &History,
    store: &FinalStore,
    id: RoomId,
    room: &StoredRoom,
    message: &Message,
    found: &mut Findings,
) {
    let texts = versions(history, id, message);
    let mut text = texts.first().cloned();
    let mut reactions: Vec<(Emoji, Vec<UserId>)> = Vec::new();
    let mut revision = message.seq;
    let mut edited = message.seq;
    for (entry, change) in room.about(message.ordinal) {
        revision = entry.seq;
        match change {
            Change::MessageEdited(_) => {
                let edit = edit_at(history, store, id, entry.seq);
                // A message that came again after a restore stands at another place than it did
                // when the edit was made; its text has not been edited since.
                let came_again = edited == message.seq && !history.restores.is_empty();
                let is_newest = edit.is_none_or(|edit| edit.revision >= edited);
                found.unless(is_newest || came_again, Promise::K9, || {
                    format!(
                        "{id:?}: entry {} is an edit of a text that had changed since",
                        entry.seq
                    )
                });
                edited = entry.seq;
                text = edit.and_then(|edit| spelled(&edit.body));
            }
            Change::MessageDeleted(_) => {
                text = None;
                reactions.clear();
            }
            Change::ReactionAdded(added) => match reactions.iter_mut().find(|(emoji, _)| *emoji == added.emoji) {
                Some((_, users)) => users.push(entry.actor),
                None => reactions.push((added.emoji, vec![entry.actor])),
            },
            Change::ReactionRemoved(removed) => {
                for (emoji, users) in &mut reactions {
                    if *emoji == removed.emoji {
                        users.retain(|user| *user != entry.actor);
                    }
                }
                reactions.retain(|(_, users)| !users.is_empty());
            }
            _ => {}
        }
    }
    let at = (id, message.ordinal);
    found.unless(message.revision == revision, Promise::K9, || {
        format!(
            "{at:?} is of revision {}, its last entry is {revision}",
            message.revision
        )
    });
    let says = message.body.as_ref().map(|body| body.as_str().to_owned());
    // A message that a restore took away comes again as its author's tab held it, edits
    // and all.
    let came_again = !history.restores.is_empty() && says.as_ref().is_some_and(|says| texts.contains(says));
    let is_edited = room
        .about(message.ordinal)
        .any(|(_, change)| matches!(change, Change::MessageEdited(_)));
    found.unless(says == text || (came_again && !is_edited), Promise::K9, || {
        format!("{at:?} says {says:?}, its last change made it {text:?}")
    });
    let shown = |emoji: &Emoji| message.reactions.iter().find(|reaction| reaction.emoji == *emoji);
    let same = message.reactions.len() == reactions.len()
        && reactions
            .iter()
            .all(|(emoji, users)| shown(emoji).is_some_and(|reaction| same_people(&reaction.users, users)));
    found.unless(same, Promise::K9, || {
        format!("{at:?} has other reactions than its entries say")
    });
}

fn same_people(a: &[UserId], b: &[UserId]) -> bool {
    a.len() == b.len() && a.iter().all(|user| b.contains(user))
}

/// What was sent first, and every edit of it.
fn versions(history: &History, room: RoomId, message: &Message) -> Vec<String> {
    let own = history
        .commands
        .iter()
        .filter(|invoked| invoked.author == message.author);
    let sent = own.clone().filter_map(|invoked| match &invoked.command {
        Command::Send(send) if send.client_key == message.client_key => spelled(&send.body),
        _ => None,
    });
    let edited = own.filter_map(|invoked| match &invoked.command {
        Command::Edit(edit) if edit.room == room && edit.target.key == message.client_key => spelled(&edit.body),
        _ => None,
    });
    sent.chain(edited).collect()
}

/// The edit that was stored as this entry.
fn edit_at<'a>(history: &'a History, store: &FinalStore, room: RoomId, seq: Seq) -> Option<&'a Edit> {
    // A reaction that was there already is answered with the entry that came last, too.
    let stored = |author, key| {
        let same = |stored: &StoredKey| (stored.author, stored.key) == (author, key);
        store
            .keys
            .iter()
            .any(|key| (key.room, key.seq) == (room, seq) && same(key))
    };
    history.commands.iter().find_map(|invoked| match &invoked.command {
        Command::Edit(edit) if stored(invoked.author, edit.client_key) => Some(edit),
        _ => None,
    })
}

/// The one spelling of a text that is stored.
fn spelled(text: &str) -> Option<String> {
    Body::parse(text).ok().map(|body| body.as_str().to_owned())
}

fn alike(stored: &Message, shown: &Message) -> bool {
    stored.revision == shown.revision
        && stored.body == shown.body
        && stored.reactions == shown.reactions
        && stored.edited_at == shown.edited_at
        && same_people(&stored.mentions, &shown.mentions)
}

fn nowhere(store: &FinalStore, deleted: &[String], found: &mut Findings) {
    let stays: Vec<&str> = store
        .rooms
        .values()
        .flat_map(|room| &room.messages)
        .map(Message::text)
        .collect();
    for text in deleted {
        // Somebody else may have said the same, and not taken it back.
        if stays.contains(&text.as_str()) {
            continue;
        }
        let needle = text.as_bytes();
        let remains = !needle.is_empty() && store.remains.windows(needle.len()).any(|bytes| bytes == needle);
        found.unless(!remains, Promise::K9, || {
            "what was deleted is still in the files".to_owned()
        });
    }
}
