//! K8: markers stand where somebody put them, and unread numbers are counted from the
//! log by the slowest and plainest way there is.

use super::{FinalStore, Findings, History, Promise, StoredRoom, store::Absence};
use crate::wire::{
    Change, Command, Message, Ordinal, RoomId, UserId,
    event::MemberJoined,
    user_log::{Counts, Marker},
};

pub fn judge(history: &History, store: &FinalStore, found: &mut Findings) {
    for tie in store.memberships.iter().filter(|tie| tie.is_in) {
        let (user, id) = (tie.user, tie.room);
        let Some(room) = store.rooms.get(&id) else { continue };
        let marker = store.markers.get(&(user, id)).copied().unwrap_or_default();
        found.unless(was_wished(history, room, user, id, marker), Promise::K8, || {
            format!(
                "{user:?} has read {id:?} up to {}, which nobody asked for",
                marker.ordinal
            )
        });
        found.unless(marker.ordinal >= tie.joined, Promise::K8, || {
            format!("{user:?} is told of what was said in {id:?} before they came")
        });
        if history.has_screens {
            unseen_is_unread(history, room, (user, id), marker, found);
        }
        let due = count(room, user, marker, absence_of(store, user, id));
        match store.counts.get(&(user, id)) {
            Some(counts) => alike(&due, counts, found, || {
                format!("the server counts for {user:?} in {id:?}")
            }),
            None => found.add(Promise::K8, format!("the server counts nothing for {user:?} in {id:?}")),
        }
        // A tab learns at the return what belongs to the absence; until then it has no use for it.
        let is_over = store
            .episodes
            .get(&user)
            .is_none_or(|episode| episode.returned.is_some());
        for reader in history.readers.iter().filter(|reader| reader.user == user) {
            if let Some(held) = reader.rooms.iter().find(|room| room.room == id) {
                let due = if is_over && reader.knows_returns() {
                    due
                } else {
                    without_absence(&due, &held.counts)
                };
                alike(&due, &held.counts, found, || {
                    format!("client {} counts in {id:?}", reader.client)
                });
            }
        }
    }
}

/// A marker is moved by reading and by coming in, and by nothing else.
fn was_wished(history: &History, room: &StoredRoom, user: UserId, id: RoomId, marker: Marker) -> bool {
    let read = history.commands.iter().any(|invoked| match &invoked.command {
        // No marker stands after the newest message, whatever was asked for.
        Command::MarkRead(mark) => {
            invoked.author == user
                && mark.room == id
                && (mark.marker == marker
                    || (mark.marker > marker && marker.ordinal <= room.ordinal && is_clamped(mark.marker, marker)))
        }
        _ => false,
    });
    read || marker == Marker::default() || joined_at(room, user).any(|ordinal| ordinal == marker.ordinal)
}

/// A message that no device of the user displayed and no explicit action passed is unread.
fn unseen_is_unread(
    history: &History,
    room: &StoredRoom,
    (user, id): (UserId, RoomId),
    marker: Marker,
    found: &mut Findings,
) {
    let passed = history.passed.get(&(user, id)).copied().unwrap_or_default();
    let passed = joined_at(room, user).fold(passed, Ordinal::max);
    let read = room
        .messages
        .iter()
        .filter(|message| message.ordinal <= marker.ordinal && message.ordinal > passed)
        .filter(|message| message.author != user && !message.is_deleted());
    for message in read {
        let key = (user, id, message.author, message.client_key);
        found.unless(history.displayed.contains(&key), Promise::K8, || {
            format!(
                "{user:?} has read {id:?} up to {}, and message {} was never on a screen",
                marker.ordinal, message.ordinal
            )
        });
    }
}

/// Only a wish for more than there was is cut to what there was.
fn is_clamped(wish: Marker, marker: Marker) -> bool {
    wish.version == marker.version && wish.ordinal == Ordinal(u64::MAX)
}

/// Where the log stood each time the user came in.
fn joined_at(room: &StoredRoom, user: UserId) -> impl Iterator<Item = Ordinal> {
    let mut ordinal = Ordinal::ZERO;
    room.entries.iter().filter_map(move |entry| match entry.change() {
        Ok(Change::MessageCreated(created)) => {
            ordinal = created.ordinal;
            None
        }
        Ok(Change::MemberJoined(MemberJoined { user: who, .. })) if who == user => Some(ordinal),
        _ => None,
    })
}

/// A room that the newest absence knows nothing of has nothing of it.
pub(super) fn absence_of(store: &FinalStore, user: UserId, room: RoomId) -> Absence {
    let nothing = Absence {
        left: Ordinal::ZERO,
        returned: Some(Ordinal::ZERO),
    };
    store.absences.get(&(user, room)).copied().unwrap_or(nothing)
}

fn without_absence(due: &Counts, held: &Counts) -> Counts {
    Counts {
        since_left: held.since_left,
        left: held.left,
        returned: held.returned,
        mentions_since_left: held.mentions_since_left,
        first_mention_since_left: held.first_mention_since_left,
        ..*due
    }
}

pub(super) fn count(room: &StoredRoom, user: UserId, marker: Marker, absence: Absence) -> Counts {
    let unread =
        |message: &&Message| message.ordinal > marker.ordinal && message.author != user && !message.is_deleted();
    let mentions = || {
        room.messages
            .iter()
            .filter(unread)
            .filter(|message| message.mentions.contains(&user))
    };
    let is_missed = |message: &&Message| {
        let was_there = absence.returned.is_none_or(|returned| message.ordinal <= returned);
        message.ordinal > absence.left && was_there
    };
    Counts {
        marker,
        as_of: room.seq,
        unread: number(room.messages.iter().filter(unread).count()),
        mentions: number(mentions().count()),
        first_mention: mentions().next().map(|message| message.seq),
        since_left: number(room.messages.iter().filter(unread).filter(is_missed).count()),
        left: absence.left.max(marker.ordinal),
        returned: absence.returned,
        mentions_since_left: number(mentions().filter(is_missed).count()),
        first_mention_since_left: mentions().find(is_missed).map(|message| message.seq),
    }
}

fn alike(due: &Counts, counts: &Counts, found: &mut Findings, who: impl Fn() -> String) {
    found.unless(due == counts, Promise::K8, || {
        format!("{} {counts:?}, the log says {due:?}", who())
    });
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
