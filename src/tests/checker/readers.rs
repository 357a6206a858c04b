//! K2, K3, K6, K7 of readers: what they hold at the end is the log, they never went
//! back in it, and nothing reached who was out of the room.

use super::{FinalStore, Findings, Heard, History, Promise, Reader, ReaderRoom, Rows, StoredRoom};
use crate::wire::{ClientKey, Epoch, Ordinal, RoomId, Seq, UserId};
use std::collections::{HashMap, HashSet};

pub fn judge(history: &History, store: &FinalStore, found: &mut Findings) {
    never_back(history, found);
    insiders_only(history, found);
    for reader in &history.readers {
        right_rooms(reader, store, found);
        for room in &reader.rooms {
            if let Some(stored) = store.rooms.get(&room.room) {
                holds_the_log(reader, room, stored, found);
            }
        }
    }
}

fn never_back(history: &History, found: &mut Findings) {
    let mut stands: HashMap<(u32, RoomId), (Epoch, Seq)> = HashMap::new();
    for stand in &history.cursors {
        let who = (stand.client, stand.room);
        let Some(seq) = stand.seq else {
            stands.remove(&who);
            continue;
        };
        if let Some((epoch, before)) = stands.insert(who, (stand.epoch, seq)) {
            found.unless(epoch != stand.epoch || before <= seq, Promise::K6, || {
                format!(
                    "client {} went back from {before} to {seq} in {:?}",
                    stand.client, stand.room
                )
            });
        }
    }
}

type Ties = HashMap<(Epoch, RoomId, UserId), Vec<(Seq, bool, u64)>>;

/// What was committed after somebody was out never reached them, unless they came in
/// again before it did.
fn insiders_only(history: &History, found: &mut Findings) {
    let mut ties: Ties = HashMap::new();
    for change in &history.memberships {
        ties.entry((change.epoch, change.room, change.user))
            .or_default()
            .push((change.seq, change.inside, change.at));
    }
    for list in ties.values_mut() {
        list.sort_unstable();
    }
    for heard in &history.heard {
        found.unless(may_hear(&ties, heard), Promise::K7, || {
            format!(
                "client {} heard entry {} of {:?}, which its user was out of",
                heard.client, heard.seq, heard.room
            )
        });
    }
}

fn may_hear(ties: &Ties, heard: &Heard) -> bool {
    let Some(list) = ties.get(&(heard.epoch, heard.room, heard.user)) else {
        // Their coming in is of an earlier epoch, or of before the record.
        return true;
    };
    let before = list.iter().rev().find(|(seq, ..)| *seq <= heard.seq);
    let was_out = before.is_some_and(|(_, inside, _)| !inside);
    !was_out
        || list
            .iter()
            .any(|(seq, inside, at)| *inside && *seq > heard.seq && *at <= heard.at)
}

fn right_rooms(reader: &Reader, store: &FinalStore, found: &mut Findings) {
    let held: HashSet<RoomId> = reader.rooms.iter().map(|room| room.room).collect();
    for room in &held {
        found.unless(store.is_in(reader.user, *room), Promise::K7, || {
            format!("client {} still holds {room:?}", reader.client)
        });
    }
    for tie in store
        .memberships
        .iter()
        .filter(|tie| tie.is_in && tie.user == reader.user)
    {
        found.unless(held.contains(&tie.room), Promise::K3, || {
            format!("client {} does not know {:?}", reader.client, tie.room)
        });
    }
}

fn holds_the_log(reader: &Reader, room: &ReaderRoom, stored: &StoredRoom, found: &mut Findings) {
    let (client, id) = (reader.client, room.room);
    found.unless(room.name == stored.name, Promise::K3, || {
        format!("client {client} calls {id:?} {:?}, it is {:?}", room.name, stored.name)
    });
    let Some(rows) = &room.rows else { return };
    let stands = (rows.cursor.seq, rows.cursor.tail, rows.ordinal);
    found.unless(stands == (stored.seq, stored.tail, stored.ordinal), Promise::K6, || {
        format!(
            "client {client} stands at {} of {id:?}, whose log ends at {}",
            rows.cursor.seq, stored.seq
        )
    });
    once(client, id, rows, found);
    let mut last = Ordinal::ZERO;
    for (message, stale) in &rows.messages {
        found.unless(message.ordinal > last, Promise::K3, || {
            format!(
                "client {client} shows message {} of {id:?} after {last}",
                message.ordinal
            )
        });
        last = message.ordinal;
        found.unless(!stale, Promise::K6, || {
            format!("client {client} shows message {last} of {id:?} as of an earlier time")
        });
        let is_stored = stored.message(message.ordinal).is_some_and(|other| {
            (other.seq, other.author, other.client_key) == (message.seq, message.author, message.client_key)
        });
        found.unless(is_stored, Promise::K3, || {
            format!("client {client} shows a message {last} of {id:?} that the log does not have there")
        });
    }
    let told = rows.messages.len() as u64 + rows.missing;
    found.unless(told == stored.ordinal.0, Promise::K6, || {
        format!(
            "client {client} tells of {told} messages of {id:?}, there are {}",
            stored.ordinal
        )
    });
}

fn once(client: u32, id: RoomId, rows: &Rows, found: &mut Findings) {
    let mut seen: HashSet<(UserId, ClientKey)> = HashSet::new();
    for (message, _) in &rows.messages {
        found.unless(seen.insert((message.author, message.client_key)), Promise::K2, || {
            format!("client {client} shows {:?} of {id:?} twice", message.client_key)
        });
    }
}
