//! The away card of this tab: when it may be shown, and what it says just now.
//!
//! What it says is folded anew from counts and episode whenever one of them
//! changes. It is shown only after the counts were fetched as of the return,
//! because a half-caught-up tab would tell numbers that are not true.

use super::{
    query::insert_in_order,
    tab::{Out, Tab},
};
use crate::{
    rules::away::{self, Absence, AwayRoom, Card, absence_length, rank},
    wire::{EpisodeId, Millis, RoomId, Seq},
};

#[derive(Default)]
pub(super) struct Away {
    /// The counts are being fetched for this return.
    refreshing: Option<EpisodeId>,
    /// The counts are those of after this return.
    ready: Option<EpisodeId>,
    landed: Option<RoomId>,
    /// This page's own request is the return, and the log does not say so yet.
    returning: Option<(EpisodeId, Millis)>,
    card: Option<Card>,
    /// Something that goes into the card may differ.
    pub stale: bool,
}

impl Tab {
    /// What the person is to be told, if anything.
    pub fn card(&self) -> Option<&Card> {
        self.away.card.as_ref()
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
                insert_in_order(&mut unread, rank(meta.kind, &room.counts, room.preview.as_ref(), id));
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

    /// The first picture's counts are as of the request that brought the person back.
    pub(super) fn land(&mut self, now: Millis) {
        let Some(episode) = self.user.episode() else { return };
        let id = episode.episode;
        self.away.returning = episode.back.is_none().then_some((id, now));
        self.away.ready = Some(id);
        self.away.landed = self.open_room();
        self.away.stale = true;
    }

    /// The episode in the user log may be another one, or be over now.
    pub(super) fn episode_told(&mut self) {
        self.away.stale = true;
        let Some(episode) = self.user.episode().filter(|episode| episode.back.is_some()) else {
            return;
        };
        let id = episode.episode;
        if self.away.ready == Some(id) || self.away.refreshing == Some(id) {
            return;
        }
        self.away.refreshing = Some(id);
        for room in self.rooms.values_mut().filter(|room| room.counts.unread > 0) {
            room.lack_summary();
        }
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
        let returning = self
            .away
            .returning
            .filter(|(id, _)| *id == episode.episode)
            .map(|(_, at)| at);
        let absence = Absence {
            episode,
            returning,
            dismissed: self.user.dismissed(),
            limits: &self.limits,
            landed: self.away.landed,
        };
        absence_length(&absence)?;
        let rooms: Vec<AwayRoom> = self
            .rooms
            .iter()
            // What is on screen needs no card, whether one landed there or went there.
            .filter(|(id, room)| room.counts.unread > 0 && self.open_room() != Some(*id))
            .filter_map(|(id, room)| {
                let meta = room.meta.as_ref()?;
                Some(AwayRoom {
                    room: id,
                    kind: meta.kind,
                    name: self.name_of(meta),
                    counts: room.counts,
                    preview: room.preview.clone(),
                    mention: room.mention.clone(),
                    quiet: false,
                })
            })
            .collect();
        away::card(&absence, &rooms)
    }
}
