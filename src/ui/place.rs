//! Where in the chat one is, as an address. Pages beside the chat (settings and
//! the like) are no places: the browser loads them whole.

use crate::wire::{RoomId, Seq};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// No room is open.
    Home,
    Room(RoomId),
    /// A room at one of its entries: a permanent link.
    Entry(RoomId, Seq),
}

impl Place {
    /// The place of a path, if it is one. A query or fragment changes nothing.
    pub fn parse(path: &str) -> Option<Self> {
        let path = path.split(['?', '#']).next()?;
        if path == "/" {
            return Some(Self::Home);
        }
        let mut parts = path.strip_prefix("/r/")?.split('/');
        let room = parts.next()?.parse().ok()?;
        match (parts.next(), parts.next()) {
            (None, _) => Some(Self::Room(room)),
            (Some(seq), None) => Some(Self::Entry(room, Seq(number(seq)?))),
            _ => None,
        }
    }

    pub fn path(self) -> String {
        match self {
            Self::Home => "/".to_owned(),
            Self::Room(room) => room_path(room),
            Self::Entry(room, seq) => entry_path(room, seq),
        }
    }

    pub fn room(self) -> Option<RoomId> {
        match self {
            Self::Home => None,
            Self::Room(room) | Self::Entry(room, _) => Some(room),
        }
    }
}

pub fn room_path(room: RoomId) -> String {
    let mut path = String::from("/r/");
    path.push_str(&room.to_string());
    path
}

/// An address under a room: its people, or where one of its forms goes.
pub fn under_room(room: RoomId, rest: &str) -> String {
    let mut path = room_path(room);
    path.push('/');
    path.push_str(rest);
    path
}

pub fn entry_path(room: RoomId, seq: Seq) -> String {
    under_room(room, &seq.to_string())
}

/// Digits alone, without sign or leading zero, so that an entry has one address.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_reads_back_from_its_path() {
        let room = RoomId::from_bytes([7; 16]);
        for place in [Place::Home, Place::Room(room), Place::Entry(room, Seq(41))] {
            assert_eq!(Place::parse(&place.path()), Some(place));
        }
        assert_eq!(Place::parse("/?src=pwa"), Some(Place::Home));
    }

    #[test]
    fn pages_beside_the_chat_and_malformed_addresses_are_no_places() {
        let room = room_path(RoomId::from_bytes([7; 16]));
        let paths = ["/settings", "/r/", "/r/x", "", "//", "/r/x/3"].map(str::to_owned);
        let under = ["people", "0", "007", "-1", "+1", "1/2", "", "99999999999999999999"];
        let under = under.map(|rest| format!("{room}/{rest}"));
        for path in paths.iter().chain(&under) {
            assert_eq!(Place::parse(path), None, "{path}");
        }
    }
}
