//! What is drawn. A reading inside a view draws it anew when it changes.

use super::{Desk, PageExtras, RoomLine};
use crate::{
    browser::keep,
    client::{Drawn, Pending, Row, Status, Tab, Timeline, Totals, rows_beside},
    rules::away::Card,
    ui::{
        page_data::{FormReply, Joinable},
        room::Wire,
        words,
    },
    wire::{ClientKey, Message, Millis, Ordinal, Person, RoomId, Seq, UserId, person::Me, user_log::Marker},
};
use leptos::prelude::*;
use std::sync::Arc;

impl Desk {
    pub fn me(self) -> Me {
        // A page has somebody to be drawn for, and a tab does not forget them.
        self.own_me().get_value()
    }

    pub fn my_id(self) -> UserId {
        self.own_me().with_value(|me| me.user)
    }

    pub fn room(self) -> Option<RoomId> {
        self.place().get().room()
    }

    pub fn place_path(self) -> String {
        self.place().get_untracked().path()
    }

    pub fn now(self) -> Millis {
        self.last_now().get_value()
    }

    pub fn body_max_bytes(self) -> u32 {
        self.read(|tab| tab.limits().body_max_bytes)
    }

    pub fn room_lines(self) -> Vec<RoomLine> {
        self.revisions().rooms.track();
        self.read(Tab::rooms)
    }

    pub fn room_line(self, room: RoomId) -> Option<RoomLine> {
        self.revisions().rooms.track();
        self.read(|tab| tab.room(room))
    }

    /// As the tab knows it now, drawn or not.
    pub(super) fn has_room(self, room: Option<RoomId>) -> bool {
        room.is_some_and(|room| self.read(|tab| tab.room(room).is_some()))
    }

    pub fn room_name(self, room: RoomId) -> String {
        self.room_line(room).map(|line| line.name).unwrap_or_default()
    }

    pub fn totals(self) -> Totals {
        self.revisions().rooms.track();
        self.read(Tab::totals)
    }

    /// The rows of the room that stand on the page.
    pub fn drawn(self, room: RoomId) -> Drawn {
        self.revisions().timeline.track();
        let beside = self.rows_beside().get_value();
        let drawn = self.read(|tab| tab.drawn(room, beside, &|at| self.zone().offset(at)));
        self.more_below().set_value(drawn.more_below);
        drawn
    }

    /// The list has a window of this height from now on.
    pub fn has_window(self, px: i32) {
        let px = usize::try_from(px).unwrap_or_default();
        self.rows_beside().try_set_value(rows_beside(px));
    }

    /// There is more of the open room below what was drawn last.
    pub fn has_more_below(self) -> bool {
        self.more_below().get_value()
    }

    /// What came after an entry, drawn or not, the newest first.
    pub fn came_after(self, room: RoomId, seq: Seq) -> Vec<Arc<Message>> {
        self.revisions().timeline.track();
        self.read(|tab| tab.timeline(room).map_or_else(Vec::new, |timeline| timeline.after(seq)))
    }

    /// How many messages stay unread above the first one on screen.
    pub fn unread_above(self, room: RoomId) -> u32 {
        self.revisions().rooms.track();
        match self.in_view().get() {
            Some((at, first)) if at == room => self.read(|tab| tab.unread_before(room, first)),
            _ => 0,
        }
    }

    /// It is decided where the reader lands in the room.
    pub fn has_landing(self, room: RoomId) -> bool {
        self.read(|tab| tab.has_landing(room))
    }

    /// The newest rows of the room are still on their way.
    pub fn lacks_newest(self, room: RoomId) -> bool {
        self.read(|tab| tab.lacks_newest(room))
    }

    /// The last message that counts as read.
    pub fn read_up_to(self, room: RoomId) -> Ordinal {
        self.read(|tab| tab.counts(room).map_or(Ordinal::ZERO, |counts| counts.marker.ordinal))
    }

    /// The message as it is in the log now.
    pub fn message(self, room: RoomId, seq: Seq) -> Option<Arc<Message>> {
        self.read(|tab| tab.timeline(room)?.fresh_message(seq).cloned())
    }

    /// The marker that would say that everything in the room is read.
    pub fn end_of(self, room: RoomId) -> Marker {
        self.read(|tab| Marker {
            version: tab.counts(room).map_or(0, |counts| counts.marker.version),
            ordinal: tab.timeline(room).map_or(Ordinal::ZERO, Timeline::ordinal),
        })
    }

    /// The row of the message that is being written anew.
    pub fn edited_row(self) -> Option<(RoomId, Seq)> {
        self.editing()
            .with(|editing| editing.as_ref().map(|editing| (editing.room, editing.seq)))
    }

    /// Rows of the room are still on their way.
    pub fn is_loading(self, room: RoomId) -> bool {
        self.revisions().timeline.track();
        self.revisions().rooms.track();
        self.read(|tab| tab.is_loading(room))
    }

    /// The room is not there, or not the reader's.
    pub fn is_gone(self, room: RoomId) -> bool {
        self.revisions().timeline.track();
        self.gone().get_value() == Some(room) || self.read(|tab| tab.open_room() == Some(room) && tab.open_is_gone())
    }

    /// What was written for a room and could not be sent.
    pub fn unsent(self, room: RoomId) -> Vec<Pending> {
        self.revisions().timeline.track();
        let rows = self.read(|tab| tab.rows(room, &|_| 0)).into_iter();
        rows.filter_map(|row| {
            if let Row::Pending { pending, .. } = row {
                Some(pending)
            } else {
                None
            }
        })
        .collect()
    }

    /// What becomes of what is unsent, while that is worth a word: nothing can be sent, or something failed.
    pub fn unsent_note(self) -> Option<&'static str> {
        self.revisions().timeline.track();
        let is_down = self.wire() != Wire::Well;
        self.read(|tab| {
            let is_due = tab.has_unsent() && (is_down || tab.has_failed());
            is_due.then(|| {
                if tab.unsent_outlives_page() {
                    words::UNSENT_STAYS
                } else {
                    words::UNSENT_GOES
                }
            })
        })
    }

    /// What stood in the field when the room was lost: nowhere to send it, but it was written.
    pub fn lost_draft(self, room: RoomId) -> String {
        let in_browser = self.driver().with_value(Option::is_some);
        if in_browser && self.is_gone(room) {
            keep::draft(room)
        } else {
            String::new()
        }
    }

    pub fn wire(self) -> Wire {
        self.revisions().connection.track();
        match self.read(Tab::status) {
            Status::Connecting => Wire::Connecting,
            Status::Offline => Wire::Offline,
            _ => Wire::Well,
        }
    }

    pub fn is_outdated(self) -> bool {
        self.revisions().connection.track();
        self.read(Tab::status) == Status::ReloadNeeded
    }

    pub fn card(self) -> Option<Card> {
        self.revisions().card.track();
        self.read(|tab| tab.card().cloned())
    }

    pub fn person(self, user: UserId) -> Option<Person> {
        self.revisions().people.track();
        self.read(|tab| tab.person(user).cloned())
    }

    /// Name and hue.
    pub fn face(self, user: UserId) -> (String, u8) {
        self.person(user)
            .map_or_else(|| (words::SOMEBODY.to_owned(), 0), |person| (person.name, person.hue))
    }

    /// The name as of now, for what is said once.
    pub fn name_now(self, user: UserId) -> String {
        untrack(|| self.person_name(user))
    }

    pub fn person_name(self, user: UserId) -> String {
        self.person(user)
            .map_or_else(|| words::SOMEBODY.to_owned(), |person| person.name)
    }

    /// `username` is in lower case.
    pub fn is_called(self, user: UserId, username: &str) -> bool {
        self.read(|tab| tab.person(user).is_some_and(|person| person.username == username))
    }

    pub fn title(self) -> String {
        let place = self.room().and_then(|room| self.room_line(room)).map(|line| line.name);
        words::title(self.totals().unread, place.as_deref())
    }

    /// The title of a page of forms, which is called by its heading.
    pub fn title_under(self, heading: &str) -> String {
        words::title(self.totals().unread, Some(heading))
    }

    /// What the server's page knows of a room that the reader is not in.
    pub fn joinable(self, room: RoomId) -> Option<Joinable> {
        self.page()
            .with_value(|page| page.joinable.clone().filter(|joinable| joinable.room == room))
    }

    pub fn client_key(self) -> Option<ClientKey> {
        self.page().with_value(|page| page.client_key)
    }

    /// The refusal of a form sent to this address, shown once.
    pub fn take_reply(self, to: &str) -> Option<FormReply> {
        let take = |page: &mut PageExtras| page.reply.take_if(|reply| reply.to == to);
        self.page().try_update_value(take).flatten()
    }
}
