//! Rows of one room, piece by piece.

use super::model::{room, user};
use crate::{
    client::{Timeline, room::Room, timeline::What},
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

fn seqs(timeline: &Timeline) -> Vec<u64> {
    timeline
        .items()
        .map(|item| match &item.what {
            What::Message(message) => message.seq.0,
            What::Note(entry) => entry.seq.0,
        })
        .collect()
}

#[test]
fn rows_far_from_the_reader_are_gaps_again_and_the_newest_stay() {
    let mut timeline = Timeline::default();
    timeline.begin(&page(1, 20, 20));
    timeline.trim_around(Seq(8), 2, 3);
    assert_eq!(spans(timeline.fresh()), [(6, 9), (18, 20)]);
    assert_eq!(seqs(&timeline), [6, 7, 8, 9, 18, 19, 20]);
    timeline.fill(&page(10, 17, 20));
    assert_eq!(spans(timeline.fresh()), [(6, 20)]);
    timeline.trim_around(Seq(19), 2, 3);
    assert_eq!(spans(timeline.fresh()), [(17, 20)], "no row is dropped twice");
}

#[test]
fn a_note_goes_with_the_message_above_it_and_never_without() {
    let note = |seq: u64| Entry {
        seq: Seq(seq),
        tail: Tail(1),
        at: Millis(seq),
        actor: user(2),
        change: Change::from(event::RoomRenamed { name: "den".into() }).pack(),
    };
    // Notes at 1, 4 and 7; the messages are 2, 3, 5, 6, 8, 9.
    let mut whole = page(1, 0, 9);
    for (at, ordinal) in [2, 3, 5, 6, 8, 9].into_iter().zip(1..) {
        whole.messages.push(Message {
            ordinal: Ordinal(ordinal),
            ..message(at, at)
        });
    }
    whole.to = Ordinal(6);
    whole.notes = [1, 4, 7].map(note).into();
    let begun = || {
        let mut timeline = Timeline::default();
        timeline.begin(&whole);
        timeline
    };
    let kept = |seq: u64, beside: usize, newest: usize| {
        let mut timeline = begun();
        timeline.trim_around(Seq(seq), beside, newest);
        seqs(&timeline)
    };
    assert_eq!(
        kept(2, 1, 8),
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
        "the note before all stays with the first message"
    );
    assert_eq!(kept(3, 1, 1), [1, 2, 3, 4, 9], "the note below a message stays with it");
    assert_eq!(kept(8, 1, 1), [8, 9], "the note below what went has gone with it");
    let mut timeline = begun();
    timeline.trim_around(Seq(8), 1, 1);
    timeline.fill(&whole);
    assert_eq!(timeline, begun());
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
