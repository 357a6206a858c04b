//! Who has read how far, and the absence of the one to sign in as.

use super::{
    cast::{PEOPLE, YOU},
    dice::Dice,
    ledger::{Ledger, State},
    play::Month,
    rows::{Hex, LeftRow, UserValueRow},
    stage::{ROOMS, STAGE},
};
use crate::wire::{
    Enveloped, EpisodeId, Ordinal, Position, UserSeq,
    user_log::{Episode, Marker, ReadMarker, UserValue},
};

/// Others are behind by less than this, half of them not at all.
const BEHIND_MAX: u64 = 30;

/// Ordinals of all rooms at one moment.
pub type Heads = [Ordinal; ROOMS];

pub fn heads(ledger: &Ledger) -> Heads {
    std::array::from_fn(|place| ledger.rooms[place].ordinal)
}

/// What each person's devices know that others do not.
pub fn user_values(ledger: &Ledger, left: &Heads, month: Month, dice: &mut Dice) -> Vec<UserValueRow> {
    let mut rows = Vec::new();
    for person in 0..PEOPLE {
        let mut values = markers(ledger, left, person, dice);
        if person == YOU {
            values.push(absence(ledger, month, dice));
        }
        let mut useq = UserSeq::ZERO;
        for value in values {
            useq = useq.next();
            let about = match &value {
                UserValue::ReadMarker(read) => read.room.as_bytes().to_vec(),
                UserValue::Episode(_) | UserValue::Dismissed(_) => Vec::new(),
            };
            let envelope = value.pack();
            rows.push(UserValueRow(
                Hex(ledger.users[person]),
                envelope.kind,
                Hex(about),
                useq,
                envelope.version,
                Hex(envelope.body),
            ));
        }
    }
    rows
}

fn markers(ledger: &Ledger, left: &Heads, person: usize, dice: &mut Dice) -> Vec<UserValue> {
    let mut markers = Vec::new();
    for (place, room) in ledger.rooms.iter().enumerate() {
        let Some(membership) = room.members[person].filter(|membership| membership.state == State::In) else {
            continue;
        };
        let read = if person == YOU {
            let unread = STAGE[place].absence.unread_before;
            Ordinal(left[place].0.saturating_sub(unread))
        } else {
            let behind = dice.below(2) * dice.below(BEHIND_MAX);
            Ordinal(room.ordinal.0.saturating_sub(behind))
        };
        let marker = Marker {
            version: 0,
            ordinal: read.max(membership.joined),
        };
        markers.push(UserValue::ReadMarker(ReadMarker { room: room.id, marker }));
    }
    markers
}

/// Over: whoever signs in finds its card.
fn absence(ledger: &Ledger, month: Month, dice: &mut Dice) -> UserValue {
    UserValue::Episode(Episode {
        episode: EpisodeId::new(month.left, dice.bytes()),
        last_active: month.left,
        back: Some(month.now),
        // Messages are numbered from 1 as they are written.
        returned: Some(Position(ledger.messages())),
    })
}

/// Where the rooms of the one to sign in as ended when they left, and when they came back.
pub fn left_vector(ledger: &Ledger, left: &Heads) -> Vec<LeftRow> {
    let you = ledger.users[YOU];
    (ledger.rooms.iter().zip(left))
        .filter(|(room, _)| room.members[YOU].is_some_and(|membership| membership.state == State::In))
        .map(|(room, left)| LeftRow(Hex(you), Hex(room.id), *left, room.ordinal))
        .collect()
}
