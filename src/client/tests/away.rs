//! Coming back: one card, exact, gone everywhere when dismissed or read.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{client::Input, rules::away::Form};

const TWO_HOURS: u64 = 2 * 60 * 60 * 1_000;

/// Ada's tab is open while she is away: twelve messages in three rooms, one mention.
fn away_with_a_tab_open() -> (World, usize) {
    let mut world = World::new(Server::with(2, 4));
    let ada = world.tab_of(1);
    world.is_said(2, room(4), "before");
    let told = world.server.leaves(user(1));
    world.publish(told);
    for (place, texts) in [(1, 7), (2, 4), (3, 1)] {
        for n in 0..texts {
            world.is_said(2, room(place), if place == 2 && n == 2 { "look @ada" } else { "news" });
        }
    }
    world.calm();
    world.passes(1_000);
    (world, ada)
}

fn is_back(world: &mut World) {
    world.server.now.0 += TWO_HOURS;
    let told = world.server.is_back(user(1));
    world.publish(told);
}

#[test]
fn nothing_is_shown_while_one_is_away() {
    let (world, ada) = away_with_a_tab_open();
    assert_eq!(world.tab(ada).card(), None);
}

#[test]
fn the_card_is_exact_and_ranks_the_mention_first() {
    let (mut world, ada) = away_with_a_tab_open();
    is_back(&mut world);
    while world.hears(ada) {}
    assert_eq!(
        world.tab(ada).card(),
        None,
        "not before the counts are as of the return"
    );
    world.calm();
    let card = world.tab(ada).card().unwrap();
    assert_eq!(
        (card.messages, card.mentions, card.rooms, card.more_rooms),
        (12, 1, 3, 0)
    );
    assert_eq!(card.form, Form::Full);
    assert_eq!(card.lines[0].room, room(2));
    let mention = world.server.rooms[&room(2)].messages[2].seq;
    assert_eq!(world.tab(ada).card_mention(), Some((room(2), mention)));
    for line in &card.lines {
        assert_eq!(world.unread(ada, line.room).0, line.unread, "the sidebar says the same");
    }
    assert_eq!(world.tab(ada).catch_up_order()[0], room(2));
    world.tells(
        ada,
        Input::OpenRoom {
            room: room(2),
            at: Some(mention),
        },
    );
    world.calm();
    assert!(world.tab(ada).timeline(room(2)).unwrap().shows(mention));
}

#[test]
fn the_card_follows_what_is_read_and_what_comes_in() {
    let (mut world, ada) = away_with_a_tab_open();
    is_back(&mut world);
    world.calm();
    world.is_said(2, room(3), "more");
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
    let card = world.tab(ada).card().unwrap();
    assert_eq!((card.messages, card.rooms), (6, 2));
    for place in [2, 3] {
        world.tells(ada, Input::MarkAllRead { room: room(place) });
    }
    world.calm();
    assert_eq!(world.tab(ada).card(), None);
}

#[test]
fn a_dismissed_card_is_gone_in_every_tab_and_after_a_reload() {
    let (mut world, ada) = away_with_a_tab_open();
    let other = world.tab_of(1);
    is_back(&mut world);
    world.calm();
    assert!(world.tab(other).card().is_some());
    world.tells(ada, Input::DismissCard);
    assert_eq!(world.tab(ada).card(), None);
    world.calm();
    assert_eq!(world.tab(other).card(), None);
    let reloaded = world.seat_from_page(1, None);
    assert_eq!(world.tab(reloaded).card(), None);
}

#[test]
fn a_dismissal_made_while_cut_off_is_told_on_return() {
    let (mut world, ada) = away_with_a_tab_open();
    is_back(&mut world);
    world.calm();
    world.is_cut_off(ada);
    world.tells(ada, Input::DismissCard);
    world.calm();
    assert_eq!(world.server.users[&user(1)].dismissed.len(), 1);
    assert_eq!(world.tab(ada).card(), None);
}

#[test]
fn the_page_that_brings_somebody_back_has_the_card_in_its_first_picture() {
    let (mut world, _) = away_with_a_tab_open();
    world.server.now.0 += TWO_HOURS;
    let drawn = world.seat_from_page(1, Some(room(3)));
    let card = world.tab(drawn).card().unwrap().clone();
    assert_eq!((card.messages, card.rooms), (11, 2), "without the room one lands in");
    // The server hears of the return when the tab is live: the card stays as it was drawn.
    let told = world.server.is_back(user(1));
    world.publish(told);
    world.starts(drawn);
    world.calm();
    assert_eq!(
        world.tab(drawn).card().map(|live| (live.messages, live.rooms)),
        Some((11, 2))
    );
}

#[test]
fn a_tab_opened_on_another_device_meanwhile_tells_the_same() {
    let (mut world, ada) = away_with_a_tab_open();
    is_back(&mut world);
    world.calm();
    let other = world.tab_of(1);
    assert_eq!(world.tab(other).card(), world.tab(ada).card());
}

#[test]
fn one_who_was_cut_off_while_away_gets_the_card_when_the_wire_is_back() {
    let (mut world, ada) = away_with_a_tab_open();
    world.is_cut_off(ada);
    world.is_said(2, room(3), "while the wire was down");
    world.server.now.0 += TWO_HOURS;
    world.server.is_back(user(1));
    world.calm();
    assert_eq!(world.tab(ada).card().map(|card| card.messages), Some(13));
}

#[test]
fn a_dismissal_that_a_wire_lost_is_told_on_the_next_one() {
    let (mut world, ada) = away_with_a_tab_open();
    is_back(&mut world);
    world.calm();
    world.tells(ada, Input::DismissCard);
    world.is_cut_off(ada);
    world.calm();
    assert_eq!(world.server.users[&user(1)].dismissed.len(), 1);
}
