//! What only this user sees, as far as the log of it is known.

use super::sorted::Sorted;
use crate::wire::{
    EpisodeId, RoomId, UserSeq,
    envelope::Enveloped,
    limits::DISMISSED_MAX,
    user_log::{Counts, Episode, Marker, UserItem, UserValue},
};

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct UserLog {
    /// Every value up to here is known.
    pub cursor: UserSeq,
    /// The log goes at least so far.
    pub known: UserSeq,
    markers: Sorted<RoomId, Marker>,
    episode: Option<(UserSeq, Episode)>,
    dismissed: Vec<EpisodeId>,
}

/// What a value was about.
pub(super) enum Taken {
    Marker(RoomId, Marker, Option<Counts>),
    Episode,
    Dismissed,
    /// A newer version's; counted, and of no use here.
    Unknown,
}

impl UserLog {
    /// Merges one value; any order and any number of times end alike.
    pub fn take(&mut self, item: &UserItem) -> Taken {
        match UserValue::unpack(&item.value) {
            Ok(UserValue::ReadMarker(read)) => {
                let marker = self.markers.get_or_default(read.room);
                *marker = (*marker).max(read.marker);
                Taken::Marker(read.room, read.marker, item.counts)
            }
            Ok(UserValue::Episode(episode)) => {
                if self.episode.as_ref().is_none_or(|(useq, _)| *useq <= item.useq) {
                    self.episode = Some((item.useq, episode));
                }
                Taken::Episode
            }
            Ok(UserValue::Dismissed(dismissed)) => {
                for episode in dismissed.episodes {
                    self.dismiss(episode);
                }
                Taken::Dismissed
            }
            Err(_) => Taken::Unknown,
        }
    }

    /// A live value: the cursor follows if nothing was missed before it.
    pub fn hear(&mut self, prev: UserSeq, useq: UserSeq) {
        self.known = self.known.max(useq);
        if prev == self.cursor {
            self.cursor = self.cursor.max(useq);
        }
    }

    pub fn caught_up(&mut self, to: UserSeq) {
        self.cursor = self.cursor.max(to);
        self.known = self.known.max(self.cursor);
    }

    /// Where `Welcome` says the log ends. One that ends before our cursor is another log.
    pub fn stands_at(&mut self, head: UserSeq) {
        if head < self.cursor {
            *self = Self::default();
        }
        self.known = self.known.max(head);
    }

    /// The log goes at least so far.
    pub fn knows(&mut self, head: UserSeq) {
        self.known = self.known.max(head);
    }

    pub fn is_behind(&self) -> bool {
        self.cursor < self.known
    }

    pub fn marker(&self, room: RoomId) -> Marker {
        self.markers.get(room).copied().unwrap_or_default()
    }

    pub fn episode(&self) -> Option<&Episode> {
        self.episode.as_ref().map(|(_, episode)| episode)
    }

    pub fn dismissed(&self) -> &[EpisodeId] {
        &self.dismissed
    }

    /// Also what is only wished: a card put away is gone at once.
    pub fn dismiss(&mut self, episode: EpisodeId) {
        if let Err(place) = self.dismissed.binary_search(&episode) {
            self.dismissed.insert(place, episode);
        }
        let surplus = self.dismissed.len().saturating_sub(DISMISSED_MAX as usize);
        self.dismissed.drain(..surplus);
    }
}
