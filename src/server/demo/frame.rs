//! What stands around the talk: people, rooms with their heads, who is in them.

use super::{
    cast::{CAST, PEOPLE},
    ledger::{Ledger, State},
    rows::{HeadRow, Hex, MembershipRow, RoomRow, UserRow},
    stage::STAGE,
};
use crate::wire::{
    Millis, RoomKind,
    membership::{RoomRole, ServerRole},
};

pub fn users<'a>(ledger: &Ledger, arrivals: &[Millis; PEOPLE], password_hash: &'a str) -> Vec<UserRow<'a>> {
    (1..)
        .zip(&CAST)
        .zip(ledger.users.iter().zip(arrivals))
        .map(|((dseq, player), (user, at))| {
            let role = match player.role {
                ServerRole::Member => 0,
                ServerRole::Admin => 1,
                ServerRole::Owner => 2,
            };
            UserRow(
                Hex(*user),
                dseq,
                player.username,
                player.name,
                player.hue,
                role,
                password_hash,
                *at,
            )
        })
        .collect()
}

/// Rooms as entries may refer to them; their heads are known at the end.
pub fn rooms(ledger: &Ledger) -> Vec<RoomRow> {
    let rooms = ledger.rooms.iter().zip(&STAGE);
    rooms
        .map(|(room, scene)| {
            let kind = match scene.kind {
                RoomKind::Open => 0,
                RoomKind::Closed => 1,
                RoomKind::Direct => 2,
            };
            RoomRow(Hex(room.id), kind, room.created_at)
        })
        .collect()
}

pub fn heads(ledger: &Ledger) -> Vec<HeadRow<'_>> {
    (0..)
        .zip(&ledger.rooms)
        .map(|(place, room)| {
            let (one, other) = ledger.pair(place).unzip();
            HeadRow(
                Hex(room.id),
                room.name,
                room.name.to_lowercase(),
                room.seq,
                room.tail,
                room.ordinal,
                one.map(Hex),
                other.map(Hex),
            )
        })
        .collect()
}

pub fn memberships(ledger: &Ledger) -> Vec<MembershipRow> {
    let mut rows = Vec::new();
    for room in &ledger.rooms {
        for (membership, user) in room.members.iter().zip(&ledger.users) {
            let Some(membership) = membership else {
                continue;
            };
            let role = match membership.role {
                RoomRole::Member => 0,
                RoomRole::Admin => 1,
            };
            let state = match membership.state {
                State::In => 0,
                State::Left => 1,
                State::Removed => 2,
            };
            rows.push(MembershipRow(
                Hex(room.id),
                Hex(*user),
                role,
                state,
                membership.changed,
                membership.joined,
            ));
        }
    }
    rows
}
