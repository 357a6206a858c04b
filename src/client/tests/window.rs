//! Long rooms: what is drawn of them, and what is held.

use super::{
    model::{PAGE, Server, room, user},
    world::World,
};
use crate::{
    client::{Drawn, Input, ROWS_BESIDE_MAX, ROWS_DRAWN_MAX, Row, room::Room, rows_beside, window::Stand},
    wire::{fetch::Page, *},
};

/// Half a day apart, so that there is a day's row for every two messages.
const APART_MS: u64 = 12 * 60 * 60 * 1_000;
const MANY: u64 = 5_000;
const PAGE_ROWS: u64 = 50;
/// What is held at most while somebody scrolls, and a page more.
const HELD_MAX: usize = 2_050;

fn message(ordinal: u64) -> Message {
    Message {
        ordinal: Ordinal(ordinal),
        seq: Seq(ordinal),
        revision: Seq(ordinal),
        author: user(2),
        client_key: ClientKey::new(Millis(ordinal), [2; 10]),
        at: Millis(ordinal * APART_MS),
        body: Some(Body::stored(ordinal.to_string())),
        mentions: vec![],
        edited_at: None,
        reactions: vec![],
    }
}

fn page(from: u64, to: u64) -> Page {
    Page {
        room: room(1),
        from: Ordinal(from),
        to: Ordinal(to),
        messages: (from..=to).map(message).collect(),
        notes: vec![],
        people: vec![],
        as_of: Cursor {
            seq: Seq(MANY),
            tail: Tail(1),
        },
    }
}

/// A reader in a room of many messages, at its end.
fn tab_in_a_long_room(messages: u64) -> (World, usize) {
    let mut world = World::new(Server::with(2, 1));
    for n in 1..=messages {
        world.server.now.0 += APART_MS;
        world.is_said(2, room(1), &format!("m{n}"));
    }
    world.server.mark(
        user(1),
        room(1),
        user_log::Marker {
            version: 1,
            ordinal: Ordinal(messages),
        },
    );
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    for _ in 0..messages / PAGE {
        world.tells(ada, Input::LoadOlder { room: room(1) });
        world.calm();
    }
    (world, ada)
}

fn drawn(world: &World, seat: usize) -> Drawn {
    world.tab(seat).drawn(room(1), ROWS_BESIDE_MAX, &|_| 0)
}

/// The first and the last message drawn.
fn ends(drawn: &Drawn) -> (String, String) {
    let mut texts = drawn.rows.iter().filter_map(|row| match row {
        Row::Message { message, .. } => Some(message.text().to_owned()),
        Row::Pending { pending, .. } => Some(pending.body.as_str().to_owned()),
        _ => None,
    });
    let first = texts.next().unwrap_or_default();
    (first.clone(), texts.next_back().unwrap_or(first))
}

fn seq_of(world: &World, text: &str) -> Seq {
    let messages = &world.server.rooms[&room(1)].messages;
    messages
        .iter()
        .find(|message| message.text() == text)
        .expect("it was said")
        .seq
}

#[test]
fn at_the_end_the_window_follows_what_is_said() {
    let (mut world, ada) = tab_in_a_long_room(200);
    let before = drawn(&world, ada);
    assert!(before.more_above && !before.more_below);
    assert!(before.rows.len() <= ROWS_DRAWN_MAX, "{}", before.rows.len());
    world.says(ada, room(1), "mine");
    assert_eq!(ends(&drawn(&world, ada)).1, "mine");
    world.calm();
    world.is_said(2, room(1), "theirs");
    world.calm();
    assert_eq!(ends(&drawn(&world, ada)).1, "theirs");
    assert!(drawn(&world, ada).rows.len() <= ROWS_DRAWN_MAX);
}

#[test]
fn under_a_reader_who_scrolled_up_the_window_does_not_move() {
    let (mut world, ada) = tab_in_a_long_room(300);
    let at = seq_of(&world, "m150");
    for _ in 0..6 {
        world.tells(ada, Input::Near { room: room(1), at });
    }
    let before = drawn(&world, ada);
    assert!(before.more_above && before.more_below);
    for n in 0..10 {
        world.is_said(2, room(1), &format!("new{n}"));
    }
    world.calm();
    assert_eq!(drawn(&world, ada), before);
    world.tells(ada, Input::AtEnd { room: room(1) });
    assert_eq!(ends(&drawn(&world, ada)).1, "new9");
}

#[test]
fn the_window_moves_a_step_at_a_time() {
    let (mut world, ada) = tab_in_a_long_room(300);
    let at = seq_of(&world, "m1");
    while drawn(&world, ada).more_above {
        let before = drawn(&world, ada);
        world.tells(ada, Input::Near { room: room(1), at });
        let after = drawn(&world, ada);
        let kept = before.rows.iter().filter(|row| after.rows.contains(row)).count();
        assert!(after.rows.len() - kept <= 40, "a step of messages and their days");
        assert_ne!(after, before);
    }
    assert_eq!(ends(&drawn(&world, ada)).0, "m1");
}

#[test]
fn a_link_to_an_entry_brings_the_window_there() {
    let (mut world, ada) = tab_in_a_long_room(200);
    let at = seq_of(&world, "m20");
    world.tells(
        ada,
        Input::OpenRoom {
            room: room(1),
            at: Some(at),
        },
    );
    world.calm();
    let drawn = drawn(&world, ada);
    assert!(drawn.rows.iter().any(|row| row.seq() == Some(at)));
    assert!(drawn.more_below);
    assert_eq!(
        world.tab(ada).rooms.get(room(1)).map(|room| room.stand),
        Some(Stand::At(at))
    );
}

#[test]
fn who_comes_in_lands_at_what_is_new_and_who_is_there_stays() {
    let (mut world, ada) = tab_in_a_long_room(200);
    world.tells(ada, Input::CloseRoom);
    world.server.mark(
        user(1),
        room(1),
        user_log::Marker {
            version: 2,
            ordinal: Ordinal(30),
        },
    );
    world.is_cut_off(ada);
    world.calm();
    world.opens(ada, room(1));
    world.calm();
    let shown = drawn(&world, ada);
    assert!(shown.rows.contains(&Row::New));
    assert!(shown.more_below);
    world.tells(ada, Input::AtEnd { room: room(1) });
    world.tells(ada, Input::Hidden);
    world.passes(10_000);
    world.is_said(2, room(1), "while away");
    world.calm();
    world.tells(ada, Input::Shown);
    assert_eq!(ends(&drawn(&world, ada)).1, "while away");
}

#[test]
fn a_gap_is_filled_from_the_side_that_one_comes_from() {
    let (mut world, ada) = tab_in_a_long_room(40);
    let whole = world.tab(ada).rows(room(1), &|_| 0);
    let at = seq_of(&world, "m5");
    let state = world.seats[ada].tab.rooms.get_mut(room(1)).expect("it is open");
    state.timeline.trim_around(at, 3, 4);
    assert_eq!(
        world.sees(ada, room(1)),
        [
            "^1", "m2", "m3", "m4", "m5", "m6", "m7", "(29)", "m37", "m38", "m39", "m40"
        ]
    );
    let held = |world: &World| {
        let fresh = world.tab(ada).timeline(room(1)).expect("it is open").fresh();
        fresh
            .as_slice()
            .iter()
            .map(|span| (span.from.0, span.to.0))
            .collect::<Vec<_>>()
    };
    world.tells(
        ada,
        Input::LoadNewer {
            room: room(1),
            before: Ordinal(13),
        },
    );
    world.calm();
    assert_eq!(held(&world), [(2, 12), (37, 40)]);
    world.tells(
        ada,
        Input::LoadGap {
            room: room(1),
            before: Ordinal(37),
        },
    );
    world.calm();
    assert_eq!(held(&world), [(2, 12), (32, 40)]);
    // Pages that are cut short at their beginning leave an island, and it is reached in the end.
    for _ in 0..20 {
        let rows = world.tab(ada).rows(room(1), &|_| 0);
        let hole = rows.iter().find_map(|row| match row {
            Row::Gap { before, .. } => Some(Input::LoadNewer {
                room: room(1),
                before: *before,
            }),
            Row::Older { .. } => Some(Input::LoadOlder { room: room(1) }),
            _ => None,
        });
        let Some(hole) = hole else { break };
        world.tells(ada, hole);
        world.calm();
    }
    assert_eq!(world.tab(ada).rows(room(1), &|_| 0), whole);
}

#[test]
fn who_scrolls_through_thousands_of_messages_holds_a_bounded_part_and_comes_back() {
    let mut state = Room::default();
    state.wanted = true;
    state.reset(&page(MANY - PAGE_ROWS + 1, MANY), user(1));
    for to in (1..MANY / PAGE_ROWS).rev().map(|n| n * PAGE_ROWS) {
        state.stand = Stand::At(Seq(to + 1));
        state.fill(&page(to - PAGE_ROWS + 1, to), &[], user(1));
        assert!(state.timeline.len() <= HELD_MAX);
        assert!(state.timeline.shows(Seq(to)) && state.timeline.shows(Seq(to + 300).min(Seq(MANY))));
        assert!(state.timeline.shows(Seq(MANY)), "the end is always held");
    }
    assert_eq!(state.timeline.fresh().as_slice().len(), 2, "the beginning and the end");
    for from in (0..MANY / PAGE_ROWS).map(|n| n * PAGE_ROWS + 1) {
        state.stand = Stand::At(Seq(from));
        if !state.timeline.shows(Seq(from + PAGE_ROWS - 1)) {
            state.fill(&page(from, from + PAGE_ROWS - 1), &[], user(1));
        }
        assert!(state.timeline.len() <= HELD_MAX);
        assert!(state.timeline.shows(Seq(from)));
    }
    state.stand = Stand::End;
    state.fill(&page(1, 1_900), &[], user(1));
    assert!(state.timeline.len() <= HELD_MAX && !state.timeline.shows(Seq(1)));
    assert!(
        state.timeline.shows(Seq(MANY - 1_000)),
        "at the end the newest are held"
    );
}

#[test]
fn a_window_is_drawn_with_one_and_a_half_beyond_it_and_never_with_more_than_the_bound() {
    assert_eq!(rows_beside(720), 75);
    assert_eq!(rows_beside(200), 60, "no less than a page of the log");
    assert_eq!(rows_beside(4_000), ROWS_BESIDE_MAX);
}

#[test]
fn at_the_end_rows_leave_the_top_by_steps_and_not_one_by_one() {
    let (mut world, ada) = tab_in_a_long_room(300);
    let beside = rows_beside(720);
    let first = |world: &World| {
        let drawn = world.tab(ada).drawn(room(1), beside, &|_| 0);
        assert!(drawn.more_above && !drawn.more_below);
        assert!(
            (beside + 1..=beside + 101).contains(&drawn.rows.len()),
            "{}",
            drawn.rows.len()
        );
        ends(&drawn).0
    };
    let mut firsts = vec![first(&world)];
    for n in 0..120 {
        world.is_said(2, room(1), &format!("new{n}"));
        world.calm();
        firsts.push(first(&world));
    }
    firsts.dedup();
    assert!((2..=4).contains(&firsts.len()), "{firsts:?}");
}
