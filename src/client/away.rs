//! The away card of this tab: when it may be shown, and what it says just now.
//!
//! What it says is folded anew from counts and episode whenever one of them
//! changes. It is shown only after the counts of every room were fetched as of the
//! return or later: older ones do not know what belongs to the absence.

use super::{
    query::insert_in_order,
    tab::{Out, Tab},
};
use crate::{
    rules::away::{self, Absence, AwayRoom, Card, absence_length, rank},
    wire::{EpisodeId, RoomId, Seq},
};

#[derive(Default)]
pub(super) struct Away {
    /// The counts are being fetched for this return.
    refreshing: Option<EpisodeId>,
    /// The counts are those of after this return.
    ready: Option<EpisodeId>,
    landed: Option<RoomId>,
    card: Option<Card>,
    /// Something that goes into the card may differ.
    pub stale: bool,
}

impl Tab {
    /// The away card, if there is one to be shown.
    pub fn card(&self) -> Option<&Card> {
        self.away.card.as_ref()
    }

    /// The absence whose card this tab has to show, had to show, or is about to show.
    pub fn card_episode(&self) -> Option<EpisodeId> {
        self.away.refreshing.or(self.away.ready)
    }

    /// Where "Jump to mention" leads.
    pub fn card_mention(&self) -> Option<(RoomId, Seq)> {
        self.card()?.first_mention
    }

    /// Rooms with something unread, in the order in which "Catch up" walks them.
    pub fn catch_up_order(&self) -> Vec<RoomId> {
        let mut unread = Vec::new();
        for (id, room) in self.rooms.iter().filter(|(_, room)| room.counts.unread > 0) {
            if let Some(meta) = &room.meta {
                let place = rank(meta.kind, room.counts.mentions, room.preview.as_ref(), id);
                insert_in_order(&mut unread, place);
            }
        }
        unread.into_iter().map(|(.., room)| room).collect()
    }

    pub(super) fn dismiss_card(&mut self) {
        if let Some(card) = &self.away.card {
            let episode = card.episode;
            self.user.dismiss(episode);
            self.marking.dismiss(episode);
            self.away.stale = true;
        }
    }

    /// The first picture has all counts of one moment, at which a return was stored already.
    pub(super) fn land(&mut self) {
        let Some(episode) = self.returned_episode() else { return };
        self.away.refreshing = None;
        self.away.ready = Some(episode);
        self.away.landed = self.open_room();
        self.away.stale = true;
    }

    /// The episode in the user log may be another one, or be over now. `fresh` are rooms
    /// whose counts come with it.
    pub(super) fn episode_changed(&mut self, fresh: &[RoomId]) {
        self.away.stale = true;
        let Some(episode) = self.returned_episode() else { return };
        if self.away.ready == Some(episode) || self.away.refreshing == Some(episode) {
            return;
        }
        self.away.refreshing = Some(episode);
        // Rooms without anything unread as well: events from before the return may be on
        // their way still.
        let stale = self.rooms.iter().map(|(id, _)| id).filter(|id| !fresh.contains(id));
        for id in stale.collect::<Vec<RoomId>>() {
            if let Some(room) = self.rooms.get_mut(id) {
                room.lack_summary();
            }
        }
    }

    fn returned_episode(&self) -> Option<EpisodeId> {
        let episode = self.user.episode()?;
        absence_length(episode).map(|_| episode.episode)
    }

    pub(super) fn turn_away(&mut self, out: &mut Out) {
        let is_known = self.connection.is_live() && self.rooms.values().all(|room| !room.lacks_summary());
        if let Some(id) = self.away.refreshing
            && is_known
            && !self.sync.is_asking()
        {
            self.away.refreshing = None;
            self.away.ready = Some(id);
            self.away.landed = self.open_room();
            self.away.stale = true;
        }
        if core::mem::take(&mut self.away.stale) {
            let card = self.fold_card();
            out.changed.card |= card != self.away.card;
            self.away.card = card;
        }
    }

    fn fold_card(&self) -> Option<Card> {
        let episode = self.user.episode()?;
        if self.away.ready != Some(episode.episode) {
            return None;
        }
        let absence = Absence {
            episode,
            dismissed: self.user.dismissed(),
            limits: &self.limits,
            landed: self.away.landed,
        };
        absence_length(episode)?;
        let rooms: Vec<AwayRoom> = self
            .rooms
            .iter()
            // What is on screen needs no card, whether one landed there or went there.
            .filter(|(id, room)| room.counts.since_left > 0 && self.open_room() != Some(*id))
            .filter_map(|(id, room)| {
                let meta = room.meta.as_ref()?;
                Some(AwayRoom {
                    room: id,
                    kind: meta.kind,
                    name: self.name_of(meta),
                    counts: room.counts,
                    preview: room.away.clone(),
                    quiet: false,
                })
            })
            .collect();
        away::card(&absence, &rooms)
    }
}
