//! Unseen is not read: opening a room lands at the first unread message, and only rows that
//! were on screen move the read marker.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::{Effect, Input, MemoryStore, Row, Tab},
    wire::{fetch::Ask, *},
};

const HALL: u8 = 1;

/// A tab whose user read the first ten messages and missed the rest while it was away.
fn missed(unread: u64) -> (World, usize) {
    let mut world = World::new(Server::with(2, 2));
    for n in 1..=10 + unread {
        world.is_said(2, room(HALL), &format!("m{n}"));
    }
    let marker = user_log::Marker {
        version: 0,
        ordinal: Ordinal(10),
    };
    world.server.mark(user(1), room(HALL), marker);
    let ada = world.tab_of(1);
    world.calm();
    (world, ada)
}

fn drawn_ordinals(world: &World, ada: usize) -> Vec<u64> {
    let rows = world.tab(ada).drawn(room(HALL), 60, &|_| 0).rows;
    let messages = rows.iter().filter_map(|row| match row {
        Row::Message { message, .. } => Some(message.ordinal.0),
        _ => None,
    });
    messages.collect()
}

/// The message that the divider is above.
fn first_after_divider(world: &World, ada: usize) -> Option<u64> {
    let rows = world.tab(ada).drawn(room(HALL), 60, &|_| 0).rows;
    let divider = rows.iter().position(|row| *row == Row::New)?;
    match rows.get(divider + 1)? {
        Row::Message { message, .. } => Some(message.ordinal.0),
        _ => None,
    }
}

/// A tab whose user visited the room and left it for another one; much was said since the tab
/// lost its socket.
fn visited(since: u64) -> (World, usize) {
    let (mut world, ada) = missed(0);
    world.opens(ada, room(HALL));
    world.calm();
    world.opens(ada, room(2));
    world.calm();
    world.is_cut_off(ada);
    for n in 11..=10 + since {
        world.is_said(2, room(HALL), &format!("m{n}"));
    }
    (world, ada)
}

/// Has its `Welcome`, and no answer to what it asks for then.
fn is_welcomed(world: &mut World, ada: usize) {
    while !world.connects(ada) {
        world.passes(100);
    }
    while world.serves(ada) | world.hears(ada) {}
}

fn displays(world: &mut World, ada: usize, from: u64, to: u64) {
    let (from, to) = (Ordinal(from), Ordinal(to));
    let room = room(HALL);
    world.tells(ada, Input::Displayed { room, from, to });
}

fn stored_marker(world: &World) -> u64 {
    world.server.users[&user(1)].markers[&room(HALL)].ordinal.0
}

#[test]
fn opening_a_room_lands_at_the_first_unread_message_however_many_there_are() {
    for unread in [1, 40, 60, 99, 120, 500, 5_000] {
        let (mut world, ada) = missed(unread);
        world.opens(ada, room(HALL));
        world.calm();
        let drawn = drawn_ordinals(&world, ada);
        assert!(drawn.contains(&11), "{unread}: {drawn:?}");
        assert_eq!(first_after_divider(&world, ada), Some(11), "{unread}");
        assert_eq!(world.unread(ada, room(HALL)).0, u32::try_from(unread).unwrap());
    }
}

#[test]
fn rows_that_were_never_displayed_stay_unread() {
    let (mut world, ada) = missed(500);
    world.opens(ada, room(HALL));
    world.calm();
    displays(&mut world, ada, 505, 510);
    world.calm();
    assert_eq!(stored_marker(&world), 10, "the end was on screen, the middle was not");
    assert_eq!(world.unread(ada, room(HALL)).0, 500);
    displays(&mut world, ada, 11, 30);
    world.calm();
    assert_eq!((stored_marker(&world), world.unread(ada, room(HALL)).0), (30, 480));
    // What lies between was displayed at last, and what follows before.
    displays(&mut world, ada, 25, 504);
    world.calm();
    assert_eq!((stored_marker(&world), world.unread(ada, room(HALL)).0), (510, 0));
}

#[test]
fn an_explicit_action_passes_rows_that_were_not_displayed() {
    let (mut world, ada) = missed(5_000);
    world.opens(ada, room(HALL));
    world.calm();
    world.tells(ada, Input::MarkAllRead { room: room(HALL) });
    world.calm();
    assert_eq!((stored_marker(&world), world.unread(ada, room(HALL)).0), (5_010, 0));
}

#[test]
fn a_reader_who_skips_ahead_sees_how_many_stay_unread_above_and_can_go_back() {
    let (mut world, ada) = missed(5_000);
    world.opens(ada, room(HALL));
    world.calm();
    world.tells(ada, Input::AtEnd { room: room(HALL) });
    world.calm();
    assert!(drawn_ordinals(&world, ada).contains(&5_010));
    assert_eq!(world.tab(ada).unread_before(room(HALL), Ordinal(5_001)), 4_990);
    displays(&mut world, ada, 5_001, 5_010);
    world.calm();
    assert_eq!(world.unread(ada, room(HALL)).0, 5_000);
    world.tells(ada, Input::GoToUnread { room: room(HALL) });
    world.calm();
    assert!(drawn_ordinals(&world, ada).contains(&11));
    assert_eq!(world.tab(ada).unread_before(room(HALL), Ordinal(11)), 0);
}

#[test]
fn own_and_deleted_messages_between_displayed_ones_need_not_be_displayed() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.is_said(2, room(HALL), "m1");
    world.is_said(1, room(HALL), "mine");
    world.is_said(2, room(HALL), "m3");
    world.opens(ada, room(HALL));
    world.calm();
    displays(&mut world, ada, 3, 3);
    displays(&mut world, ada, 1, 1);
    world.calm();
    assert_eq!(stored_marker(&world), 3);
}

#[test]
fn sending_and_leaving_the_room_move_no_marker() {
    let (mut world, ada) = missed(60);
    world.opens(ada, room(HALL));
    world.calm();
    world.says(ada, room(HALL), "an answer");
    world.calm();
    world.opens(ada, room(2));
    world.calm();
    assert_eq!((stored_marker(&world), world.unread(ada, room(HALL)).0), (10, 60));
}

#[test]
fn a_room_opened_without_a_server_lands_at_the_first_unread_row_that_is_held() {
    let (mut world, ada) = missed(500);
    world.opens(ada, room(HALL));
    world.calm();
    world.opens(ada, room(2));
    world.calm();
    world.is_cut_off(ada);
    world.opens(ada, room(HALL));
    assert!(!world.tab(ada).drawn(room(HALL), 60, &|_| 0).rows.is_empty());
}

#[test]
fn a_room_opened_while_connecting_lands_at_the_first_message_that_the_catch_up_brings() {
    for since in [40, 500] {
        let (mut world, ada) = visited(since);
        world.opens(ada, room(HALL));
        assert!(!drawn_ordinals(&world, ada).is_empty(), "held rows are drawn meanwhile");
        assert!(!world.tab(ada).has_landing(room(HALL)));
        world.calm();
        assert!(world.tab(ada).has_landing(room(HALL)));
        assert_eq!(first_after_divider(&world, ada), Some(11), "{since}");
    }
}

#[test]
fn a_room_opened_before_it_is_caught_up_draws_no_rows_until_the_answer() {
    for newest_first in [false, true] {
        let (mut world, ada) = visited(40);
        is_welcomed(&mut world, ada);
        world.opens(ada, room(HALL));
        assert!(drawn_ordinals(&world, ada).is_empty());
        assert!(world.tab(ada).is_loading(room(HALL)), "the list does not begin there");
        // The first answer may be to a question from before the room was opened, and hold no rows
        // of it. Those that follow come in any order.
        while first_after_divider(&world, ada).is_none() {
            assert!(drawn_ordinals(&world, ada).is_empty(), "nothing else is drawn before");
            let last = world.questions(ada).saturating_sub(1);
            let nth = if newest_first { last } else { 0 };
            let is_answered = world.serves(ada) | world.hears(ada) | world.hears_answer(ada, nth);
            assert!(is_answered, "the rows never came");
        }
        assert_eq!(first_after_divider(&world, ada), Some(11));
        world.calm();
        assert_eq!(first_after_divider(&world, ada), Some(11));
    }
}

#[test]
fn a_reader_who_goes_to_the_end_does_not_wait_for_the_answer() {
    let (mut world, ada) = visited(40);
    is_welcomed(&mut world, ada);
    world.opens(ada, room(HALL));
    world.tells(ada, Input::AtEnd { room: room(HALL) });
    assert_eq!(drawn_ordinals(&world, ada).last(), Some(&10));
    world.calm();
    assert_eq!(drawn_ordinals(&world, ada).last(), Some(&50));
}

#[test]
fn a_room_opened_without_a_server_for_long_is_as_it_is_held() {
    let (mut world, ada) = visited(40);
    world.opens(ada, room(HALL));
    world.passes(6_000);
    assert!(world.tab(ada).has_landing(room(HALL)));
    assert_eq!(first_after_divider(&world, ada), None);
}

#[test]
fn a_page_that_connects_for_the_first_time_waits_for_the_rows_to_land_at() {
    let (mut world, _) = missed(500);
    let mut picture = world.picture(user(1), Some(room(HALL)));
    // Long messages fill the page of the picture before the first unread one.
    picture.around = Some(world.server.rooms[&room(HALL)].page(room(HALL), 81, 110));
    let ada = world.seat_with(1, Tab::from_first_picture(picture, Box::new(MemoryStore::default())));
    world.starts(ada);
    assert_eq!(first_after_divider(&world, ada), None);
    assert!(!world.tab(ada).has_landing(room(HALL)));
    world.calm();
    assert_eq!(first_after_divider(&world, ada), Some(11));
}

#[test]
fn what_was_displayed_is_sent_before_the_page_goes_away() {
    let (mut world, ada) = missed(60);
    world.opens(ada, room(HALL));
    world.calm();
    // The interval of an earlier marker has not passed.
    displays(&mut world, ada, 11, 12);
    while world.serves(ada) | world.hears(ada) {}
    displays(&mut world, ada, 13, 20);
    assert!(world.seats[ada].sent.is_empty());
    world.tells(ada, Input::Suspended);
    while world.serves(ada) {}
    assert_eq!(stored_marker(&world), 20);
}

#[test]
fn leaving_the_room_does_not_wait_for_the_interval() {
    let (mut world, ada) = missed(60);
    world.opens(ada, room(HALL));
    world.calm();
    displays(&mut world, ada, 11, 12);
    while world.serves(ada) | world.hears(ada) {}
    displays(&mut world, ada, 13, 20);
    world.opens(ada, room(2));
    while world.serves(ada) {}
    assert_eq!(stored_marker(&world), 20);
}

#[test]
fn without_a_live_socket_a_page_that_goes_away_asks_a_question_that_names_its_user() {
    let (mut world, ada) = missed(60);
    world.opens(ada, room(HALL));
    world.calm();
    world.is_cut_off(ada);
    displays(&mut world, ada, 11, 20);
    world.tells(ada, Input::Hidden);
    let asked = asked_to_mark(&world, ada).expect("there is no socket to send it by");
    assert_eq!((asked.user, asked.marks.len()), (user(1), 1));
    assert_eq!(asked.marks[0].marker.ordinal, Ordinal(20));
}

fn asked_to_mark(world: &World, ada: usize) -> Option<&fetch::MarkReadAs> {
    world.seats[ada].shown.iter().find_map(|effect| match effect {
        Effect::FetchKeepalive {
            ask: Ask::MarkRead(ask),
        } => Some(ask),
        _ => None,
    })
}

#[test]
fn a_page_that_goes_away_asks_also_by_a_socket_that_may_be_dead() {
    let (mut world, ada) = missed(60);
    world.opens(ada, room(HALL));
    world.calm();
    displays(&mut world, ada, 11, 20);
    world.tells(ada, Input::Hidden);
    assert_eq!(asked_to_mark(&world, ada), None, "it may come back");
    world.tells(ada, Input::Suspended);
    let asked = asked_to_mark(&world, ada).expect("nothing has acknowledged it");
    assert_eq!(asked.marks[0].marker.ordinal, Ordinal(20));
}

#[test]
fn marking_what_was_skipped_as_read_leaves_what_is_below_to_being_displayed() {
    let (mut world, ada) = missed(5_000);
    world.opens(ada, room(HALL));
    world.calm();
    let to = Ordinal(3_000);
    world.tells(ada, Input::MarkRead { room: room(HALL), to });
    world.calm();
    assert_eq!((stored_marker(&world), world.unread(ada, room(HALL)).0), (3_000, 2_010));
    // What was displayed below the marked rows follows at once.
    displays(&mut world, ada, 4_001, 4_050);
    let to = Ordinal(4_000);
    world.tells(ada, Input::MarkRead { room: room(HALL), to });
    world.calm();
    assert_eq!(stored_marker(&world), 4_050);
}

#[test]
fn a_marker_of_another_device_joins_what_was_displayed_here() {
    let (mut world, ada) = missed(60);
    world.opens(ada, room(HALL));
    world.calm();
    displays(&mut world, ada, 41, 50);
    world.calm();
    assert_eq!(stored_marker(&world), 10);
    let marker = user_log::Marker {
        version: 0,
        ordinal: Ordinal(40),
    };
    let told = world.server.mark(user(1), room(HALL), marker);
    world.publish(told);
    world.calm();
    assert_eq!(stored_marker(&world), 50);
}
