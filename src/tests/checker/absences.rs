//! K8 of absences: where a user left and came back is what was recorded of their presence,
//! and the away card shows what came between, and nothing else.

use super::{
    Attempt, AttemptKind, FinalStore, Findings, History, Moment, Promise, Reader,
    counting::{absence_of, count},
    store::StoredRoom,
};
use crate::rules::away::absence_length;
use crate::wire::{EpisodeId, Epoch, Ordinal, Position, RoomId, UserId, user_log::Episode};

pub fn judge(history: &History, store: &FinalStore, found: &mut Findings) {
    for (user, episode) in &store.episodes {
        if let Some(returned) = episode.returned {
            ends_at_the_return(history, store, (*user, returned), found);
        }
        if let Some(presence) = Presence::of(history, *user) {
            leaves_by_the_last_lease(history, store, &presence, found);
            returns_when_it_was_stored(history, store, (&presence, episode), found);
        }
    }
    for reader in &history.readers {
        shows_the_absence(reader, history, store, found);
    }
}

/// Of one moment: each room ended where its messages up to that position end.
fn ends_at_the_return(
    history: &History,
    store: &FinalStore,
    (user, position): (UserId, Position),
    found: &mut Findings,
) {
    for ((_, id), absence) in store.absences.iter().filter(|((who, _), _)| *who == user) {
        let Some(room) = store.rooms.get(id) else { continue };
        // Somebody who was out of the room at the return has nothing to read of it.
        let was_out = absence.returned == Some(absence.left) && has_come_and_gone(history, user, *id);
        let due = head_at(room, position);
        found.unless(was_out || absence.returned == Some(due), Promise::K8, || {
            format!(
                "the absence of {user:?} ends at {:?} in {id:?}, which ended at {due} at the return",
                absence.returned
            )
        });
        found.unless(absence.returned >= Some(absence.left), Promise::K8, || {
            format!("the absence of {user:?} ends in {id:?} before it began")
        });
    }
}

fn has_come_and_gone(history: &History, user: UserId, room: RoomId) -> bool {
    let mut changes = history.memberships.iter();
    changes.any(|change| change.user == user && change.room == room)
}

fn head_at(room: &StoredRoom, position: Position) -> Ordinal {
    let there = room.positions.iter().filter(|(_, at)| **at <= position);
    there.map(|(ordinal, _)| *ordinal).max().unwrap_or_default()
}

/// What is recorded about the newest absence of a user: the lease before it that was
/// renewed last, and the first lease after it. Nothing where a restore or a crash leaves
/// in doubt what was stored.
struct Presence {
    user: UserId,
    epoch: Epoch,
    last: (Moment, Moment),
    first: Option<(Moment, Moment)>,
}

impl Presence {
    fn of(history: &History, user: UserId) -> Option<Self> {
        let epoch = history.attempts.last()?.epoch;
        let own: Vec<&Attempt> = history
            .attempts
            .iter()
            .filter(|attempt| attempt.user == user && attempt.epoch == epoch)
            .collect();
        let gone = own.iter().rposition(|attempt| attempt.kind == AttemptKind::Gone)?;
        let last = own[..gone]
            .iter()
            .rposition(|attempt| attempt.kind == AttemptKind::Here)?;
        if own[last..].iter().any(|attempt| !attempt.is_stored) {
            return None;
        }
        let span = |attempt: &Attempt| Some((attempt.from, attempt.to?));
        Some(Self {
            user,
            epoch,
            last: span(own[last])?,
            first: own.get(gone + 1).and_then(|attempt| span(attempt)),
        })
    }

    /// Came into the room after the last lease before the absence.
    fn came_later(&self, history: &History, room: RoomId) -> bool {
        let mut changes = history.memberships.iter();
        changes
            .any(|change| change.inside && change.user == self.user && change.room == room && change.at >= self.last.0)
    }
}

fn leaves_by_the_last_lease(history: &History, store: &FinalStore, presence: &Presence, found: &mut Findings) {
    let (from, to) = presence.last;
    for ((user, id), absence) in &store.absences {
        if *user != presence.user || presence.came_later(history, *id) {
            continue;
        }
        let stored = || {
            let of_room = history.stored.iter();
            of_room.filter(|stored| stored.epoch == presence.epoch && stored.room == *id)
        };
        let least = stored()
            .filter(|stored| stored.at < from)
            .map(|stored| stored.ordinal)
            .max();
        let most = stored()
            .filter(|stored| stored.at > to)
            .map(|stored| stored.ordinal.before())
            .min();
        let is_right = least.is_none_or(|least| absence.left >= least) && most.is_none_or(|most| absence.left <= most);
        found.unless(is_right, Promise::K8, || {
            format!(
                "{user:?} left {id:?} at {}; at the last renewal of the last lease it ended between {least:?} and {most:?}",
                absence.left
            )
        });
    }
}

fn returns_when_it_was_stored(
    history: &History,
    store: &FinalStore,
    (presence, episode): (&Presence, &Episode),
    found: &mut Findings,
) {
    found.unless(
        presence.first.is_some() == episode.returned.is_some(),
        Promise::K8,
        || {
            format!(
                "{:?} was there again: {}; their absence ended at {:?}",
                presence.user,
                presence.first.is_some(),
                episode.returned
            )
        },
    );
    let (Some((from, to)), Some(position)) = (presence.first, episode.returned) else {
        return;
    };
    for stored in history.stored.iter().filter(|stored| stored.epoch == presence.epoch) {
        let room = store.rooms.get(&stored.room);
        let Some(at) = room.and_then(|room| room.positions.get(&stored.ordinal)) else {
            continue;
        };
        let is_right = (stored.at >= from || *at <= position) && (stored.at <= to || *at > position);
        found.unless(is_right, Promise::K8, || {
            format!(
                "{:?} came back at position {position}, and message {} of {:?} is on the wrong side of it",
                presence.user, stored.ordinal, stored.room
            )
        });
    }
}

/// The card of a settled tab: exact numbers of the absence, by a plain count.
fn shows_the_absence(reader: &Reader, history: &History, store: &FinalStore, found: &mut Findings) {
    let (client, user) = (reader.client, reader.user);
    let episode = store.episodes.get(&user).filter(|episode| episode.returned.is_some());
    let shown: Option<EpisodeId> = reader.card.as_ref().map(|card| card.episode);
    found.unless(
        shown.is_none() || shown == episode.map(|episode| episode.episode),
        Promise::K8,
        || format!("client {client} shows the card of an absence that is not the newest, or not over"),
    );
    let Some(episode) = episode else { return };
    // By the server's clock, which may have been set back meanwhile.
    let length = absence_length(episode).unwrap_or_default();
    let is_long = length >= history.min_absence && !store.is_dismissed(user, episode);
    let is_card_due = is_long && reader.knows_returns();
    let mut messages = 0;
    for tie in store.memberships.iter().filter(|tie| tie.is_in && tie.user == user) {
        let Some(room) = store.rooms.get(&tie.room) else {
            continue;
        };
        let marker = store.markers.get(&(user, tie.room)).copied().unwrap_or_default();
        let due = count(room, user, marker, absence_of(store, user, tie.room));
        let is_listed = reader.card.as_ref().is_some_and(|card| card.rooms.contains(&tie.room));
        found.unless(!is_listed || due.since_left > 0, Promise::K8, || {
            format!(
                "client {client} has {:?} on its card, where nothing was missed",
                tie.room
            )
        });
        let is_due = is_card_due && due.since_left > 0 && !reader.opened.contains(&tie.room);
        found.unless(is_listed || !is_due, Promise::K8, || {
            format!(
                "client {client} has not {:?} on its card, where {} were missed",
                tie.room, due.since_left
            )
        });
        if is_listed {
            messages += due.since_left;
        }
        let line = reader.card.iter().flat_map(|card| &card.lines);
        for line in line.filter(|line| line.room == tie.room) {
            let (says, due) = ((line.missed, line.mentions), (due.since_left, due.mentions_since_left));
            found.unless(says == due, Promise::K8, || {
                format!(
                    "client {client} has {says:?} for {:?} on its card, the log says {due:?}",
                    tie.room
                )
            });
        }
    }
    if let Some(card) = &reader.card {
        found.unless(card.messages == messages, Promise::K8, || {
            format!(
                "client {client} has {} on its card, the log says {messages}",
                card.messages
            )
        });
    }
}
