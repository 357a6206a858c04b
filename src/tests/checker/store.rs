//! What the store holds when all is over.

use crate::wire::{
    Change, ClientKey, Entry, EpisodeId, Message, Ordinal, Position, RoomId, Seq, Tail, UserId,
    user_log::{Counts, Episode, Marker},
};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct FinalStore {
    pub rooms: BTreeMap<RoomId, StoredRoom>,
    pub memberships: Vec<Membership>,
    pub keys: Vec<StoredKey>,
    pub markers: BTreeMap<(UserId, RoomId), Marker>,
    /// What the server itself counts for each member.
    pub counts: BTreeMap<(UserId, RoomId), Counts>,
    /// The newest absence of each user who had one.
    pub episodes: BTreeMap<UserId, Episode>,
    /// Where a room ended when a user left, and when they came back.
    pub absences: BTreeMap<(UserId, RoomId), Absence>,
    /// Cards that were put away.
    pub dismissed: BTreeMap<UserId, Vec<EpisodeId>>,
    pub push_jobs: u64,
    /// Bytes of files in which nothing that was deleted may be found; empty, if that
    /// is not asked.
    pub remains: Vec<u8>,
}

#[derive(Debug, Clone)]
pub struct StoredRoom {
    pub name: String,
    /// Where its log ends, as the room's own row says.
    pub seq: Seq,
    pub tail: Tail,
    pub ordinal: Ordinal,
    pub entries: Vec<Entry>,
    pub messages: Vec<Message>,
    /// Of the messages, in the order of the whole store.
    pub positions: BTreeMap<Ordinal, Position>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    pub left: Ordinal,
    pub returned: Option<Ordinal>,
}

#[derive(Debug, Clone)]
pub struct Membership {
    pub room: RoomId,
    pub user: UserId,
    pub is_in: bool,
    pub joined: Ordinal,
}

/// What a client key was used for.
#[derive(Debug, Clone)]
pub struct StoredKey {
    pub author: UserId,
    pub key: ClientKey,
    pub room: RoomId,
    pub seq: Seq,
}

impl FinalStore {
    pub fn is_in(&self, user: UserId, room: RoomId) -> bool {
        self.memberships
            .iter()
            .any(|tie| tie.is_in && tie.user == user && tie.room == room)
    }

    pub fn is_dismissed(&self, user: UserId, episode: &Episode) -> bool {
        let dismissed = self.dismissed.get(&user);
        dismissed.is_some_and(|dismissed| dismissed.contains(&episode.episode))
    }

    pub fn entry(&self, room: RoomId, seq: Seq) -> Option<&Entry> {
        self.rooms.get(&room)?.entry(seq)
    }

    pub fn keys_of(&self, author: UserId, key: ClientKey) -> impl Iterator<Item = &StoredKey> {
        self.keys
            .iter()
            .filter(move |stored| stored.author == author && stored.key == key)
    }
}

impl StoredRoom {
    pub fn entry(&self, seq: Seq) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.seq == seq)
    }

    pub fn message(&self, ordinal: Ordinal) -> Option<&Message> {
        self.messages.iter().find(|message| message.ordinal == ordinal)
    }

    /// The entries about one message, in order.
    pub fn about(&self, ordinal: Ordinal) -> impl Iterator<Item = (&Entry, Change)> {
        self.entries.iter().filter_map(move |entry| {
            let change = entry.change().ok()?;
            (change.target() == Some(ordinal)).then_some((entry, change))
        })
    }
}
