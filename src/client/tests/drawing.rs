//! What is drawn: heads of groups, days, one key per row.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::{Input, Row, RowKey, continues},
    wire::*,
};
use std::{cell::Cell, collections::BTreeSet};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// Authors, with a mark where one has no head of its own; days as their day.
fn outline(rows: &[Row]) -> Vec<String> {
    let names = |author: UserId| if author == user(1) { "ada" } else { "bo" };
    rows.iter()
        .filter_map(|row| {
            Some(match row {
                Row::Message { message, continues, .. } => {
                    format!("{}{}", if *continues { "+" } else { "" }, names(message.author))
                }
                Row::Pending { continues, .. } => format!("{}ada…", if *continues { "+" } else { "" }),
                Row::Day(day) => format!("{}.{}.", day.day, day.month),
                Row::New => "--".into(),
                Row::Note { .. } | Row::Older { .. } | Row::Gap { .. } => return None,
            })
        })
        .collect()
}

fn drawn(world: &World, seat: usize, offset: i32) -> Vec<String> {
    outline(&world.tab(seat).rows(room(1), &|_| offset))
}

fn open_room() -> (World, usize) {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    (world, ada)
}

#[test]
fn what_one_says_within_five_minutes_is_one_group() {
    let (mut world, ada) = open_room();
    for (by, pause) in [(2, 0), (2, 5 * MINUTE), (2, 5 * MINUTE + 1), (1, 0), (2, 0), (2, 0)] {
        world.server.now.0 += pause;
        world.is_said(by, room(1), "m");
    }
    world.calm();
    assert_eq!(drawn(&world, ada, 0), ["1.1.", "bo", "+bo", "bo", "ada", "bo", "+bo"]);
}

#[test]
fn a_new_day_breaks_a_group_and_stands_where_the_reader_lives() {
    let (mut world, ada) = open_room();
    world.server.now = Millis(23 * HOUR + 58 * MINUTE);
    world.is_said(2, room(1), "m");
    world.server.now.0 += 3 * MINUTE;
    world.is_said(2, room(1), "m");
    world.calm();
    assert_eq!(drawn(&world, ada, 0), ["1.1.", "bo", "2.1.", "bo"]);
    assert_eq!(
        drawn(&world, ada, 60),
        ["1.1.", "2.1.", "bo", "+bo"],
        "the room was made the day before"
    );
}

#[test]
fn the_divider_breaks_a_group() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.is_said(2, room(1), "read");
    world.calm();
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.is_said(2, room(1), "new");
    world.calm();
    world.opens(ada, room(1));
    world.calm();
    assert_eq!(drawn(&world, ada, 0), ["1.1.", "bo", "--", "bo"]);
}

#[test]
fn a_pending_message_is_drawn_where_it_will_stand() {
    let (mut world, ada) = open_room();
    world.says(ada, room(1), "one");
    world.calm();
    world.is_cut_off(ada);
    world.says(ada, room(1), "two");
    assert_eq!(drawn(&world, ada, 0), ["1.1.", "ada", "+ada…"]);
}

#[test]
fn the_zone_is_asked_a_few_times_a_day_and_not_for_each_message() {
    let (mut world, ada) = open_room();
    for _ in 0..50 {
        world.server.now.0 += MINUTE;
        world.is_said(2, room(1), "m");
    }
    world.calm();
    let asked = Cell::new(0);
    let rows = world.tab(ada).rows(room(1), &|_| {
        asked.set(asked.get() + 1);
        120
    });
    assert!(rows.len() > 50);
    assert_eq!(asked.get(), 3);
}

#[test]
fn a_day_of_twenty_three_hours_ends_an_hour_earlier() {
    let (mut world, ada) = open_room();
    // At two in the morning of the second day it is three.
    let shift = 24 * HOUR + HOUR;
    let zone = |at: Millis| if at.0 < shift { 60 } else { 120 };
    for (at, text) in [(shift - MINUTE, "before"), (shift, "after")] {
        world.server.now = Millis(at);
        world.is_said(2, room(1), text);
    }
    for at in [2 * 24 * HOUR - 2 * HOUR - MINUTE, 2 * 24 * HOUR - 2 * HOUR] {
        world.server.now = Millis(at);
        world.is_said(1, room(1), "around midnight");
    }
    world.calm();
    let rows = outline(&world.tab(ada).rows(room(1), &zone));
    assert_eq!(rows, ["1.1.", "2.1.", "bo", "+bo", "ada", "3.1.", "ada"]);
}

#[test]
fn a_device_whose_clock_is_behind_begins_no_day_twice() {
    let (mut world, ada) = open_room();
    world.server.now = Millis(50 * HOUR);
    world.is_said(2, room(1), "from the third day");
    world.calm();
    world.is_cut_off(ada);
    world.says(ada, room(1), "from the first");
    let rows = world.tab(ada).rows(room(1), &|_| 0);
    assert_eq!(outline(&rows), ["1.1.", "3.1.", "bo", "ada…"]);
    let keys: Vec<RowKey> = rows.iter().map(|row| row.key(user(1))).collect();
    let different: BTreeSet<String> = keys.iter().map(|key| format!("{key:?}")).collect();
    assert_eq!(different.len(), keys.len());
}

#[test]
fn others_and_long_pauses_do_not_continue() {
    let at = |author, minutes| (user(author), Millis(minutes * MINUTE));
    assert!(continues(at(1, 0), at(1, 5)));
    assert!(!continues(at(1, 0), at(2, 0)) && !continues(at(1, 0), at(1, 6)));
}
