//! The log by keys: one message has the focus, arrows and pages move it, letters
//! act on it, Escape goes back to where one writes.

use super::{
    actions, composer,
    stand::{LIST_ID, seq_of},
};
use crate::{
    browser::{page, scroll},
    ui::desk::Desk,
    wire::{Message, RoomId},
};
use leptos::{ev, prelude::*};
use std::sync::Arc;
use web_sys::{Element, HtmlElement};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Previous,
    Next,
    PageUp,
    PageDown,
    First,
    Last,
}

/// A key inside the log; true if it was taken.
pub fn pressed(desk: Desk, room: RoomId, event: &ev::KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    let (Some(list), Some(focused)) = (page::by_id(LIST_ID), page::focused()) else {
        return false;
    };
    if page::by_id(actions::PANEL_ID).is_some_and(|panel| page::is_focused_within(&panel)) {
        return false;
    }
    let row = focused.closest("article").ok().flatten();
    let on_row = row.as_ref().is_some_and(|row| **row == **focused);
    let step = match event.key().as_str() {
        "Escape" => {
            composer::focus();
            return true;
        }
        "Enter" | "+" if on_row => return open(desk, room, &focused.id()),
        "e" | "E" if on_row => return edit(desk, room, &focused.id()),
        "ArrowUp" => Step::Previous,
        "ArrowDown" => Step::Next,
        "PageUp" => Step::PageUp,
        "PageDown" => Step::PageDown,
        "Home" => Step::First,
        "End" => Step::Last,
        _ => return false,
    };
    if step == Step::Last {
        desk.to_end().update(|times| *times += 1);
        if desk.has_more_below() {
            // The last rows are not drawn yet; from the list itself a key goes to what is in view.
            page::focus(&list);
            return true;
        }
    }
    go(&list, row, step)
}

/// Only a message that the log holds can be acted on.
fn message_of(desk: Desk, room: RoomId, id: &str) -> Option<Arc<Message>> {
    desk.message(room, seq_of(id)?).filter(|message| !message.is_deleted())
}

fn open(desk: Desk, room: RoomId, id: &str) -> bool {
    let message = message_of(desk, room, id);
    if let Some(message) = &message {
        desk.menu().set(Some((room, message.seq)));
    }
    message.is_some()
}

fn edit(desk: Desk, room: RoomId, id: &str) -> bool {
    let own = message_of(desk, room, id).filter(|message| message.author == desk.my_id());
    if let Some(message) = &own {
        desk.edit(room, message);
    }
    own.is_some()
}

fn go(list: &Element, row: Option<Element>, step: Step) -> bool {
    // A message higher than its window is read by scrolling, as anything is.
    let goes_on = |row: &Element| match step {
        Step::Previous => scroll::begins_above(list, row),
        Step::Next => scroll::ends_below(list, row),
        _ => false,
    };
    if row.as_ref().is_some_and(goes_on) {
        return false;
    }
    let rows = scroll::rows(list);
    let tops: Vec<i32> = rows.iter().map(HtmlElement::offset_top).collect();
    let at = row.and_then(|row| rows.iter().position(|other| ***other == *row));
    let at = at.map_or_else(|| Place::InView(last_in_view(list, &tops)), Place::At);
    let Some(row) = goal(step, &tops, at, list.client_height()).and_then(|at| rows.get(at)) else {
        return false;
    };
    page::focus(row);
    scroll::into_view(row);
    true
}

fn last_in_view(list: &Element, tops: &[i32]) -> usize {
    let edge = list.scroll_top() + list.client_height();
    tops.partition_point(|top| *top < edge).saturating_sub(1)
}

/// Where the focus is among the rows: at one of them, or on the list, where the last
/// row in view is the next.
#[derive(Clone, Copy)]
enum Place {
    At(usize),
    InView(usize),
}

fn goal(step: Step, tops: &[i32], place: Place, window: i32) -> Option<usize> {
    let last = tops.len().checked_sub(1)?;
    let goal = match (step, place) {
        (Step::First, _) => 0,
        (Step::Last, _) => last,
        (_, Place::InView(at)) => at,
        (Step::Previous, Place::At(at)) => at.saturating_sub(1),
        (Step::Next, Place::At(at)) => at + 1,
        (Step::PageUp, Place::At(at)) => {
            let top = tops.get(at)? - window;
            tops.partition_point(|other| *other <= top).min(at.saturating_sub(1))
        }
        (Step::PageDown, Place::At(at)) => {
            let top = tops.get(at)? + window;
            tops.partition_point(|other| *other < top).saturating_sub(1).max(at + 1)
        }
    };
    Some(goal.min(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPS: [i32; 5] = [0, 40, 80, 300, 340];

    fn from(step: Step, at: usize) -> Option<usize> {
        goal(step, &TOPS, Place::At(at), 100)
    }

    #[test]
    fn arrows_go_row_by_row_and_stop_at_both_ends() {
        assert_eq!(from(Step::Previous, 2), Some(1));
        assert_eq!(from(Step::Previous, 0), Some(0));
        assert_eq!(from(Step::Next, 3), Some(4));
        assert_eq!(from(Step::Next, 4), Some(4));
        assert_eq!(goal(Step::Next, &[], Place::InView(0), 100), None);
    }

    #[test]
    fn pages_go_as_far_as_a_window_shows_and_one_row_at_least() {
        assert_eq!(from(Step::PageDown, 0), Some(2));
        assert_eq!(from(Step::PageDown, 2), Some(3), "a row higher than the window");
        assert_eq!(from(Step::PageUp, 4), Some(3));
        assert_eq!(from(Step::PageUp, 2), Some(0));
    }

    #[test]
    fn from_the_list_itself_one_comes_to_what_is_in_view() {
        for step in [Step::Previous, Step::Next, Step::PageUp] {
            assert_eq!(goal(step, &TOPS, Place::InView(2), 100), Some(2));
        }
        assert_eq!(goal(Step::First, &TOPS, Place::InView(2), 100), Some(0));
        assert_eq!(goal(Step::Last, &TOPS, Place::InView(2), 100), Some(4));
    }
}
