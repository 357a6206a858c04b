//! K3 of the store: each log is dense, and it is the one that everybody heard.

use super::{FinalStore, Findings, Heard, History, Promise, StoredRoom};
use crate::wire::{Change, Epoch, Ordinal, RoomId, Seq, Tail};
use std::collections::{HashMap, HashSet};

pub fn judge(history: &History, store: &FinalStore, found: &mut Findings) {
    for (id, room) in &store.rooms {
        dense(*id, room, found);
        by_members(*id, room, found);
    }
    heard_alike(history, found);
    for heard in &history.heard {
        stored_as_heard(history, store, heard, found);
    }
}

fn dense(id: RoomId, room: &StoredRoom, found: &mut Findings) {
    for (entry, seq) in room.entries.iter().zip(1..) {
        found.unless(entry.seq == Seq(seq), Promise::K3, || {
            format!("{id:?}: entry {} stands where {seq} is due", entry.seq)
        });
    }
    for (message, ordinal) in room.messages.iter().zip(1..) {
        found.unless(message.ordinal == Ordinal(ordinal), Promise::K3, || {
            format!("{id:?}: message {} stands where {ordinal} is due", message.ordinal)
        });
    }
    let last = room.entries.last();
    let head = last.map_or((Seq::ZERO, Tail(0)), |entry| (entry.seq, entry.tail));
    found.unless(head == (room.seq, room.tail), Promise::K3, || {
        format!(
            "{id:?}: the room says its log ends at {}, it ends at {}",
            room.seq, head.0
        )
    });
    let ordinal = room.messages.last().map_or(Ordinal::ZERO, |message| message.ordinal);
    found.unless(ordinal == room.ordinal, Promise::K3, || {
        format!("{id:?}: the room says {} messages, there are {ordinal}", room.ordinal)
    });
    for pair in room.entries.windows(2) {
        found.unless(pair[0].at <= pair[1].at, Promise::K3, || {
            format!("{id:?}: entry {} is shown before the one it follows", pair[1].seq)
        });
    }
    created(id, room, found);
}

/// Whoever changes a room is in it.
fn by_members(id: RoomId, room: &StoredRoom, found: &mut Findings) {
    let mut inside = HashSet::new();
    for entry in &room.entries {
        match entry.change() {
            Ok(Change::MemberJoined(joined)) => drop(inside.insert(joined.user)),
            Ok(Change::MemberLeft(left)) => drop(inside.remove(&left.user)),
            Ok(Change::MemberRemoved(removed)) => drop(inside.remove(&removed.user)),
            Ok(Change::RoomCreated(_)) | Err(_) => {}
            Ok(_) => found.unless(inside.contains(&entry.actor), Promise::K7, || {
                format!(
                    "{id:?}: entry {} is by {:?}, who was out of the room",
                    entry.seq, entry.actor
                )
            }),
        }
    }
}

/// Each message has the one entry that made it, and each such entry its message.
fn created(id: RoomId, room: &StoredRoom, found: &mut Findings) {
    let mut made: HashMap<Ordinal, Seq> = HashMap::new();
    for entry in &room.entries {
        if let Ok(Change::MessageCreated(created)) = entry.change()
            && made.insert(created.ordinal, entry.seq).is_some()
        {
            found.add(
                Promise::K2,
                format!("{id:?}: two entries made message {}", created.ordinal),
            );
        }
    }
    for message in &room.messages {
        found.unless(made.remove(&message.ordinal) == Some(message.seq), Promise::K3, || {
            format!("{id:?}: message {} has no entry that made it", message.ordinal)
        });
    }
    for ordinal in made.keys() {
        found.add(
            Promise::K1,
            format!("{id:?}: message {ordinal} was made and is not there"),
        );
    }
}

/// Two readers of one epoch never heard different things at one place.
fn heard_alike(history: &History, found: &mut Findings) {
    let mut tails: HashMap<(Epoch, RoomId, Seq), Tail> = HashMap::new();
    for heard in &history.heard {
        if let Some(tail) = heard.tail {
            let first = *tails.entry((heard.epoch, heard.room, heard.seq)).or_insert(tail);
            found.unless(first == tail, Promise::K3, || {
                format!("{:?}: two different entries {} were heard", heard.room, heard.seq)
            });
        }
    }
}

fn stored_as_heard(history: &History, store: &FinalStore, heard: &Heard, found: &mut Findings) {
    if history.may_be_lost(heard.at) {
        return;
    }
    let (room, seq) = (heard.room, heard.seq);
    let Some(entry) = store.entry(room, seq) else {
        // A room that is deleted takes its log along.
        if store.rooms.contains_key(&room) {
            found.add(
                Promise::K3,
                format!(
                    "client {} heard entry {seq} of {room:?}, which is not stored",
                    heard.client
                ),
            );
        }
        return;
    };
    found.unless(heard.tail.is_none_or(|tail| tail == entry.tail), Promise::K3, || {
        format!(
            "client {} heard another entry {seq} of {room:?} than is stored",
            heard.client
        )
    });
}
