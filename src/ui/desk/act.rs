//! What people do, told to the tab; and where they go.

use super::Desk;
use crate::{
    browser::page,
    client::{Act, Input, Row, Tab},
    ui::{
        place::Place,
        room::{Editing, Walk},
        words,
    },
    wire::{ClientKey, Emoji, Message, Ordinal, Reaction, RoomId, Seq},
};
use leptos::prelude::*;
use std::rc::Rc;

impl Desk {
    pub fn send(self, room: RoomId, body: String) {
        self.step(Input::Send { room, body });
        self.to_end().update(|times| *times += 1);
    }

    /// Begins to write a message anew, from its row.
    pub fn edit(self, room: RoomId, message: &Message) {
        let text = self.read(|tab| tab.text_of(room, message));
        let editing = Editing::of(room, message, text);
        self.editing().set(Some(Editing {
            from_row: true,
            ..editing
        }));
    }

    /// Begins to write anew what one said last; false if there is nothing.
    pub fn edit_last_own(self, room: RoomId) -> bool {
        let last = self.read(|tab| {
            let message = tab.last_own(room)?;
            let text = tab.text_of(room, &message);
            Some(Editing::of(room, &message, text))
        });
        let is_any = last.is_some();
        if is_any {
            self.editing().set(last);
        }
        is_any
    }

    pub fn save_edit(self, editing: &Editing, body: String) {
        self.step(Input::Edit {
            room: editing.room,
            target: editing.target,
            revision: editing.revision,
            body,
        });
    }

    pub fn delete(self, room: RoomId, message: &Message) {
        let target = message.target();
        self.step(Input::Do(Act::Delete { room, target }));
    }

    /// Puts the emoji to the message, or takes it back where it is one's own.
    pub fn react(self, room: RoomId, message: &Message, emoji: Emoji) {
        let (me, target) = (self.my_id(), message.target());
        let is_on = |shown: &[Reaction]| {
            let mut shown = shown.iter();
            shown.any(|reaction| reaction.emoji == emoji && reaction.users.contains(&me))
        };
        let on = !untrack(|| self.drawn(room)).rows.iter().any(|row| match row {
            Row::Message { message, overlay, .. } if message.target() == target => match overlay {
                Some(overlay) => is_on(&overlay.reactions(message, me)),
                None => is_on(&message.reactions),
            },
            _ => false,
        });
        self.step(Input::Do(Act::React {
            room,
            target,
            emoji,
            on,
        }));
    }

    pub fn retry(self, key: ClientKey) {
        self.step(Input::Retry(key));
    }

    pub fn discard(self, key: ClientKey) {
        self.step(Input::Discard(key));
    }

    /// These messages were on screen long enough, every one of them.
    pub fn displayed(self, room: RoomId, from: Ordinal, to: Ordinal) {
        self.step(Input::Displayed { room, from, to });
    }

    /// The first message that is on screen for longer than a glance.
    pub fn has_in_view(self, room: RoomId, first: Ordinal) {
        let in_view = Some((room, first));
        if self.in_view().try_get_untracked() != Some(in_view) {
            self.in_view().try_set(in_view);
        }
    }

    /// The list on screen tells what it has displayed by this.
    pub fn reads_by(self, tell: impl Fn() + 'static) {
        self.reader().set_value(Some(Rc::new(tell)));
    }

    /// Has the list on screen tell what it has displayed until now, before it goes.
    pub fn tell_displayed(self) {
        if let Some(tell) = self.reader().try_get_value().flatten() {
            tell();
        }
    }

    /// What was read leaves now: the reader signs out, and the page waits for it for a moment.
    pub fn send_read(self) {
        self.tell_displayed();
        self.step(Input::SigningOut);
    }

    /// Lands at the first unread message of the room, however far up it is.
    pub fn go_to_unread(self, room: RoomId) {
        self.found().set(None);
        // Else the number of what is unread above would stay, and lie over the row.
        self.in_view().set(None);
        self.step(Input::GoToUnread { room });
        self.to_unread().update(|times| *times += 1);
    }

    pub fn mark_all_read(self, room: RoomId) {
        self.step(Input::MarkAllRead { room });
    }

    /// What the reader skipped counts as read: everything above the first message on screen.
    pub fn mark_skipped_read(self, room: RoomId) {
        if let Some((at, first)) = self.in_view().get_untracked()
            && at == room
        {
            let to = first.before();
            self.step(Input::MarkRead { room, to });
        }
    }

    pub fn load_older(self, room: RoomId) {
        self.step(Input::LoadOlder { room });
    }

    pub fn load_gap(self, room: RoomId, before: Ordinal) {
        self.step(Input::LoadGap { room, before });
    }

    pub fn load_newer(self, room: RoomId, before: Ordinal) {
        self.step(Input::LoadNewer { room, before });
    }

    /// Stands at the end of the room, and follows it.
    pub fn stand_at_end(self, room: RoomId) {
        self.step(Input::AtEnd { room });
    }

    /// Stands at an entry, near an edge of what is drawn.
    pub fn stand_near(self, room: RoomId, at: Seq) {
        self.step(Input::Near { room, at });
    }

    pub fn dismiss(self) {
        self.step(Input::DismissCard);
    }

    /// One has been elsewhere since the page was loaded, and is not at an entry that wants to be read.
    pub fn has_moved(self) -> bool {
        self.moved().get_value() && self.found().with_untracked(Option::is_none)
    }

    /// Goes to a place of the chat and remembers the way back.
    pub fn visit(self, place: Place) {
        page::push_path(&place.path());
        self.show(place);
    }

    /// Begins to walk through what is unread, at the room that the pressed link leads to.
    pub fn begin_walk(self, first: RoomId) {
        self.walk_through(first, self.read(Tab::catch_up_order));
    }

    /// Begins to walk through the rooms of the card.
    pub fn begin_card_walk(self) {
        let rooms = self.read(|tab| tab.card().map(|card| card.rooms.clone()));
        let rooms = rooms.unwrap_or_default();
        if let Some(first) = rooms.first().copied() {
            self.walk_through(first, rooms);
        }
    }

    fn walk_through(self, first: RoomId, rooms: Vec<RoomId>) {
        self.walk().set(Some(Walk::beginning_at(first, rooms)));
        self.fold_card();
    }

    /// Puts the card of the newest absence aside in this tab, whether or not it is there yet:
    /// the home page still has it.
    pub fn fold_card(self) {
        if let Some(episode) = self.read(Tab::card_episode) {
            self.folded().set(Some(episode));
        }
    }

    pub fn first_to_read(self) -> Option<RoomId> {
        self.revisions().rooms.track();
        self.read(Tab::catch_up_order).into_iter().next()
    }

    /// Leaves the room of the walk, read or not, for the next one.
    pub fn walk_on(self, read: bool) {
        let Some(walk) = self.walk().get_untracked() else {
            return;
        };
        if let (true, Some(room)) = (read, walk.here()) {
            self.mark_all_read(room);
        }
        let walk = walk.on();
        let next = walk.as_ref().and_then(Walk::here);
        self.walk().set(walk);
        match next {
            Some(room) => self.visit(Place::Room(room)),
            None => self.announce(words::ALL_CAUGHT_UP.to_owned()),
        }
    }

    /// Says it to those who listen, without moving anything.
    pub fn announce(self, text: String) {
        self.announcement().try_set(text);
    }

    fn step(self, input: Input) {
        // Nobody listens before the program runs.
        let driver = self.driver().try_with_value(Clone::clone).flatten();
        if let Some(driver) = driver {
            driver.step(input);
        }
    }

    pub(super) fn show(self, place: Place) {
        self.tell_displayed();
        self.in_view().set(None);
        let before = self.place().get_untracked();
        if self
            .walk()
            .with_untracked(|walk| walk.as_ref().is_some_and(|walk| walk.here() != place.room()))
        {
            self.walk().set(None);
        }
        let (found, input) = match place {
            Place::Home => (None, Input::CloseRoom),
            Place::Room(room) => (None, Input::OpenRoom { room, at: None }),
            Place::Entry(room, seq) => (Some((room, seq)), Input::OpenRoom { room, at: Some(seq) }),
        };
        self.menu().set(None);
        if before.room() != place.room() {
            self.editing().set(None);
            // Whoever opens a room reads it now, and not behind the card.
            if place.room().is_some() {
                self.fold_card();
            }
        }
        self.found().set(found);
        self.moved().set_value(true);
        // Going where one is already moves nothing but the mark.
        if before != place || found.is_some() {
            self.step(input);
        }
        self.place().set(place);
    }
}
