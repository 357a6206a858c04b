//! Catching up: a bar that leads from one unread room to the next.

use super::stand::LIST_ID;
use crate::{
    browser::{page, timer},
    ui::{
        desk::Desk,
        live::{effect, maybe},
        parts::button,
        words,
    },
    wire::RoomId,
};
use leptos::prelude::*;

/// The rooms of a walk, in the order in which they want to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    pub rooms: Vec<RoomId>,
    pub at: usize,
}

impl Walk {
    /// Begins at a room, whether or not it would be the first of them.
    pub fn beginning_at(first: RoomId, mut rooms: Vec<RoomId>) -> Self {
        rooms.retain(|room| *room != first);
        rooms.insert(0, first);
        Self { rooms, at: 0 }
    }

    pub fn here(&self) -> Option<RoomId> {
        self.rooms.get(self.at).copied()
    }

    pub fn next(&self) -> Option<RoomId> {
        self.rooms.get(self.at + 1).copied()
    }

    /// As it is kept over the load of a page.
    pub fn to_text(&self) -> String {
        let mut text = self.at.to_string();
        for room in &self.rooms {
            text.push(' ');
            text.push_str(&room.to_string());
        }
        text
    }

    /// What [`Walk::to_text`] wrote; none for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let at = words.next()?.parse().ok()?;
        let rooms = words.map(|room| room.parse().ok()).collect::<Option<_>>()?;
        let walk = Self { rooms, at };
        walk.here()?;
        Some(walk)
    }

    /// One room further; none after the last.
    #[must_use]
    pub fn on(self) -> Option<Self> {
        self.next()?;
        Some(Self {
            at: self.at + 1,
            ..self
        })
    }
}

pub fn walk(desk: Desk) -> AnyView {
    let held = StoredValue::new(desk.walk_has_focus().get_value());
    desk.walk_has_focus().set_value(false);
    keep_focus(desk, held);
    maybe(move || {
        desk.walk()
            .get()
            .filter(|walk| walk.here() == desk.room())
            .map(|walk| bar(desk, &walk, held))
    })
}

/// The buttons are others in each room, and once everything in it is read. The focus goes to the one
/// that leads on, or after the walk to the list.
fn keep_focus(desk: Desk, held: StoredValue<bool>) {
    effect(move || {
        if let Some(room) = desk.walk().with(|walk| walk.as_ref().and_then(Walk::here)) {
            desk.room_line(room);
        }
        // After everything is drawn.
        timer::after(0, move || {
            if held.try_get_value() == Some(true) && page::is_focus_lost() {
                let list = || page::by_id(LIST_ID);
                let button = page::by_selector(".walk > .button:last-child").map(Into::into);
                if let Some(element) = button.or_else(list) {
                    page::focus(&element);
                }
            }
        })
        .forget();
    });
}

fn bar(desk: Desk, walk: &Walk, held: StoredValue<bool>) -> AnyView {
    let goes_on = walk.next().is_some();
    let walk_on = move |read| {
        desk.walk_has_focus().set_value(goes_on);
        desk.walk_on(read);
    };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let text = words::walking(number(walk.at + 1), number(walk.rooms.len()));
    let onward = match walk.next() {
        Some(next) => words::next_room(&desk.room_name(next)),
        None => words::WALK_DONE.to_owned(),
    };
    let unread = walk
        .here()
        .and_then(|room| desk.room_line(room))
        .map_or(0, |line| line.unread);
    // With everything displayed there is nothing left to decide.
    let (left, buttons) = if unread == 0 {
        let next = button("button button--small", onward.into_any(), move || walk_on(false));
        (None, next)
    } else {
        let keep = button(
            "button button--small button--quiet",
            words::KEEP_UNREAD.into_any(),
            move || walk_on(false),
        );
        let rest = button("button button--small", words::MARK_THE_REST.into_any(), move || {
            walk_on(true);
        });
        let left = view! { <span class="walk__left">{words::left_to_read(unread)}</span> };
        (Some(left), vec![keep, rest].into_any())
    };
    view! {
        <div
            class="walk"
            role="group"
            aria-label=words::CATCH_UP
            on:focusin=move |_| held.set_value(true)
            on:focusout=move |event| {
                // A button that goes loses the focus to nothing.
                if event.related_target().is_some() {
                    held.set_value(false);
                }
            }
        >
            <span class="walk__text">{text} " " {left}</span>
            {buttons}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_that_was_kept_goes_on_where_it_was() {
        let walk = Walk::beginning_at(room(1), vec![room(1), room(2), room(3)])
            .on()
            .unwrap();
        assert_eq!(Walk::from_text(&walk.to_text()), Some(walk));
        for text in ["", "0", "7 x", "3 01"] {
            assert_eq!(Walk::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_walk_passes_each_room_once_and_ends() {
        let rooms = vec![room(1), room(2), room(3)];
        assert_eq!(passed(Walk::beginning_at(room(1), rooms.clone())), rooms);
    }

    #[test]
    fn a_walk_begins_where_its_link_leads() {
        let rooms = vec![room(1), room(2), room(3)];
        assert_eq!(passed(Walk::beginning_at(room(2), rooms)), [room(2), room(1), room(3)]);
        assert_eq!(passed(Walk::beginning_at(room(4), vec![])), [room(4)], "read meanwhile");
    }

    fn room(n: u8) -> RoomId {
        RoomId::from_bytes([n; 16])
    }

    fn passed(walk: Walk) -> Vec<RoomId> {
        let mut passed = Vec::new();
        let mut walk = Some(walk);
        while let Some(here) = walk {
            passed.extend(here.here());
            walk = here.on();
        }
        passed
    }
}
