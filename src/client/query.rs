//! What the screen asks a tab.

use super::{
    connection::Status,
    tab::Tab,
    view::{Look, RoomLine, Row, Totals, rows},
};
use crate::wire::{
    Limits, Message, Millis, Ordinal, Person, RoomId, RoomKind, Seq, UserId, person::Me, room::RoomMeta,
    user_log::Counts,
};
use std::sync::Arc;

impl Tab {
    /// Who is signed in, once it is known.
    pub fn me(&self) -> Option<&Me> {
        self.me.as_ref()
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub fn status(&self) -> Status {
        self.status_now()
    }

    /// How often something came that only a newer version of this program understands.
    /// What stands in a log is counted and shown as a note; this is what was beside it.
    pub fn needs_newer(&self) -> u32 {
        self.newer
    }

    /// The present socket, whether open or to be opened.
    pub fn generation(&self) -> super::io::Generation {
        self.connection.generation
    }

    pub fn person(&self, user: UserId) -> Option<&Person> {
        self.directory.find(user)
    }

    /// In no order that matters.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.directory.people()
    }

    /// The active person of a lower-case username, for mentions in a body.
    pub fn user_named(&self, username: &str) -> Option<UserId> {
        let person = self.directory.find_by_username(username)?;
        person.active.then_some(person.user)
    }

    pub fn open_room(&self) -> Option<RoomId> {
        self.open.as_ref().map(|open| open.room)
    }

    /// The entry that the open room was opened at.
    pub fn open_at(&self) -> Option<Seq> {
        self.open.as_ref()?.at
    }

    /// True if the open room is not there, or not the reader's.
    pub fn open_is_gone(&self) -> bool {
        self.open_room().is_some_and(|room| self.is_gone(room))
    }

    /// Rooms for the list: open and closed ones by name, then direct ones by name.
    pub fn rooms(&self) -> Vec<RoomLine> {
        let mut order: Vec<(bool, String, RoomId)> = Vec::new();
        for (id, room) in self.rooms.iter() {
            if let Some(meta) = &room.meta {
                // Full case folding would bring its tables into the page.
                let name = self.name_of(meta).to_ascii_lowercase();
                insert_in_order(&mut order, (meta.kind == RoomKind::Direct, name, id));
            }
        }
        order.into_iter().filter_map(|(.., id)| self.room(id)).collect()
    }

    /// One room of the list, if it is known.
    pub fn room(&self, id: RoomId) -> Option<RoomLine> {
        let room = self.rooms.get(id)?;
        let meta = room.meta.as_ref()?;
        Some(RoomLine {
            room: id,
            kind: meta.kind,
            name: self.name_of(meta),
            with: meta.with,
            role: meta.role,
            unread: room.counts.unread,
            mentions: room.counts.mentions,
            first_mention: room.counts.first_mention,
            preview: room.preview.clone(),
            mention: room.mention.clone(),
        })
    }

    pub fn counts(&self, room: RoomId) -> Option<Counts> {
        self.rooms.get(room).map(|room| room.counts)
    }

    /// The last message of the room, held or not.
    pub fn head_of(&self, id: RoomId) -> Option<Ordinal> {
        self.rooms.get(id).map(|room| room.ordinal)
    }

    /// How many messages of the room stay unread before this one.
    pub fn unread_before(&self, id: RoomId, ordinal: Ordinal) -> u32 {
        let me = self.my_id();
        self.rooms.get(id).map_or(0, |room| room.unread_before(ordinal, me))
    }

    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for room in self
            .rooms
            .values()
            .filter(|room| room.meta.is_some() && room.counts.unread > 0)
        {
            totals.unread = totals.unread.saturating_add(room.counts.unread);
            totals.mentions = totals.mentions.saturating_add(room.counts.mentions);
            totals.rooms += 1;
        }
        totals
    }

    /// The rows of a room from old to new. `zone` gives minutes from UTC at a moment.
    pub fn rows(&self, id: RoomId, zone: &dyn Fn(Millis) -> i32) -> Vec<Row> {
        let live = self.connection.is_live();
        let pending = self.outbox.pending(id, live);
        let overlays = self.outbox.overlays(id, live);
        let empty = super::timeline::Timeline::default();
        let timeline = self.rooms.get(id).map_or(&empty, |room| &room.timeline);
        rows(
            timeline,
            Look {
                me: self.my_id(),
                divider: self.divider(id),
                with_stale: self.status() == Status::Offline,
                pending: &pending,
                overlays,
                zone,
            },
        )
    }

    /// The message that a reader who wants to correct themselves means: their newest
    /// one that is not deleted. None while the end of the log is not held.
    pub fn last_own(&self, id: RoomId) -> Option<Arc<Message>> {
        let timeline = &self.rooms.get(id)?.timeline;
        let me = self.my_id();
        let own = timeline.messages().rev().find(|message| {
            message.author == me && !message.is_deleted() && !self.outbox.is_deleting(id, message.target())
        })?;
        timeline.reaches_back_to(own.ordinal.before()).then(|| Arc::clone(own))
    }

    /// What a message of this room says, with an edit that is under way or refused.
    pub fn text_of(&self, id: RoomId, message: &Message) -> String {
        let overlays = self.outbox.overlays(id, true);
        let over = overlays.iter().find(|(target, _)| *target == message.target());
        over.map_or_else(|| message.text(), |(_, overlay)| overlay.text(message))
            .to_owned()
    }

    /// True while rows that were asked for have not come.
    pub fn is_loading(&self, id: RoomId) -> bool {
        self.is_landing(id)
            || self.pages.is_loading(id)
            || self
                .rooms
                .get(id)
                .is_some_and(|room| room.wanted && room.timeline.cursor().is_none())
    }

    /// True while the newest rows of the room have not come.
    pub fn lacks_newest(&self, id: RoomId) -> bool {
        self.rooms
            .get(id)
            .is_some_and(|room| room.is_behind() || room.lacks_rows())
    }

    /// The rows held of a room, for those who compare tabs.
    pub fn timeline(&self, id: RoomId) -> Option<&super::timeline::Timeline> {
        self.rooms.get(id).map(|room| &room.timeline)
    }

    /// Every read marker and dismissal of this tab is acknowledged.
    pub fn is_read_sent(&self) -> bool {
        self.marking.is_idle()
    }

    /// True if nothing that is known of is lacking here or untold there; commands
    /// are another matter, see [`Tab::unsent`].
    pub fn is_settled(&self) -> bool {
        self.connection.is_live()
            && !self.sync.is_asking()
            && self.pages.is_idle()
            && self.marking.is_idle()
            && self.rooms.values().all(|room| room.lacks() == 0)
            && !self.user.is_behind()
            && !self.directory.is_behind()
    }

    pub(super) fn name_of(&self, meta: &RoomMeta) -> String {
        let with = meta.with.and_then(|user| self.person(user));
        with.map_or_else(|| meta.name.clone(), |person| person.name.clone())
    }
}

/// Keeps a short list sorted. The library's sorts are fast on long ones, and each
/// kind of thing sorted with them costs the page kilobytes.
pub(super) fn insert_in_order<T: PartialOrd>(list: &mut Vec<T>, item: T) {
    let place = list.partition_point(|other| *other <= item);
    list.insert(place, item);
}
