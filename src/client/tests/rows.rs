//! Rows of one room, piece by piece.

use super::model::{room, user};
use crate::{
    client::{Timeline, room::Room},
    wire::{fetch::Page, *},
};

fn message(ordinal: u64, revision: u64) -> Message {
    Message {
        ordinal: Ordinal(ordinal),
        seq: Seq(ordinal),
        revision: Seq(revision),
        author: user(2),
        client_key: ClientKey::from_bytes([u8::try_from(ordinal).unwrap(); 16]),
        at: Millis(ordinal),
        body: Some(Body::stored(format!("{ordinal} as of {revision}"))),
        mentions: vec![],
        edited_at: None,
        reactions: vec![],
    }
}

/// Messages `from ..= to`, none of them changed since it was said.
fn page(from: u64, to: u64, as_of: u64) -> Page {
    Page {
        room: room(1),
        from: Ordinal(from),
        to: Ordinal(to),
        messages: (from..=to).map(|n| message(n, n)).collect(),
        notes: vec![],
        people: vec![],
        as_of: Cursor {
            seq: Seq(as_of),
            tail: Tail(1),
        },
    }
}

fn bodies(timeline: &Timeline) -> Vec<&str> {
    timeline.messages().map(|message| message.text()).collect()
}

fn spans(spans: &crate::client::Spans) -> Vec<(u64, u64)> {
    spans.as_slice().iter().map(|span| (span.from.0, span.to.0)).collect()
}

#[test]
fn a_row_is_only_ever_replaced_by_a_later_state_of_it() {
    let mut timeline = Timeline::default();
    timeline.begin(&page(1, 2, 2));
    timeline.update(&message(1, 9));
    timeline.fill(&page(1, 2, 2));
    timeline.update(&message(1, 5));
    assert_eq!(bodies(&timeline), ["1 as of 9", "2 as of 2"]);
}

#[test]
fn a_state_of_a_row_that_is_not_held_makes_no_row() {
    let mut timeline = Timeline::default();
    timeline.begin(&page(4, 5, 5));
    timeline.update(&message(1, 9));
    assert_eq!(spans(timeline.fresh()), [(4, 5)]);
    assert_eq!(timeline.len(), 2);
}

#[test]
fn what_was_fetched_again_is_stale_no_more() {
    let mut timeline = Timeline::default();
    timeline.begin(&page(1, 10, 10));
    timeline.jump(&page(30, 34, 34));
    assert_eq!(
        (spans(timeline.fresh()), spans(timeline.stale())),
        (vec![(30, 34)], vec![(1, 10)])
    );
    assert!(!timeline.shows(Seq(7)));
    timeline.fill(&page(6, 29, 34));
    assert_eq!(
        (spans(timeline.fresh()), spans(timeline.stale())),
        (vec![(6, 34)], vec![(1, 5)])
    );
    assert!(timeline.shows(Seq(7)) && !timeline.shows(Seq(5)));
}

#[test]
fn rows_reach_back_only_where_none_is_missing() {
    let mut timeline = Timeline::default();
    assert!(!timeline.reaches_back_to(Ordinal(0)));
    timeline.begin(&page(6, 10, 10));
    timeline.fill(&page(1, 3, 10));
    let reached: Vec<bool> = (3..=11).map(|n| timeline.reaches_back_to(Ordinal(n))).collect();
    assert_eq!(reached, [false, false, true, true, true, true, true, true, true]);
}

#[test]
fn rows_that_are_let_go_are_history_again() {
    let mut timeline = Timeline::default();
    timeline.begin(&page(1, 10, 10));
    timeline.trim(4);
    assert_eq!(spans(timeline.fresh()), [(7, 10)]);
    assert_eq!(timeline.len(), 4);
}

#[test]
fn a_page_that_is_older_than_the_rows_does_not_replace_them() {
    let mut state = Room::default();
    state.wanted = true;
    state.reset(&page(1, 10, 10), user(1));
    state.jump(&page(3, 7, 7), user(1));
    state.reset(&page(3, 7, 7), user(1));
    assert_eq!(state.timeline.cursor().map(|cursor| cursor.seq), Some(Seq(10)));
    assert_eq!(spans(state.timeline.fresh()), [(1, 10)]);
}
