//! Coming back: one card, exact, gone everywhere when dismissed or read.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::Input,
    rules::away::Form,
    wire::{Ordinal, user_log::Marker},
};

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
        (card.messages, card.mentions, card.number_of_rooms(), card.more_rooms),
        (12, 1, 3, 0)
    );
    assert_eq!(card.form, Form::Full);
    assert_eq!(card.lines[0].room, room(2));
    let mention = world.server.rooms[&room(2)].messages[2].seq;
    assert_eq!(world.tab(ada).card_mention(), Some((room(2), mention)));
    for line in &card.lines {
        assert_eq!(world.unread(ada, line.room).0, line.missed, "nothing else is unread");
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
fn room_opened_before_the_card_is_ready_folds_the_card_of_this_absence() {
    let (mut world, ada) = away_with_a_tab_open();
    is_back(&mut world);
    while world.hears(ada) {}
    assert_eq!(world.tab(ada).card(), None);
    let folded = world.tab(ada).card_episode();
    assert!(folded.is_some());
    world.calm();
    assert_eq!(world.tab(ada).card().map(|card| card.episode), folded);
}

#[test]
fn card_shrinks_with_what_is_read_or_deleted() {
    let (mut world, ada) = away_with_a_tab_open();
    is_back(&mut world);
    world.calm();
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    let told = world.server.delete(room(2), user(2), Ordinal(1));
    world.publish(told);
    world.calm();
    let card = world.tab(ada).card().unwrap();
    assert_eq!((card.messages, card.mentions, card.number_of_rooms()), (4, 1, 2));
    let told = world.server.delete(room(2), user(2), Ordinal(3));
    world.publish(told);
    world.calm();
    let card = world.tab(ada).card().unwrap();
    assert_eq!((card.messages, card.mentions, card.first_mention), (3, 0, None));
    for place in [2, 3] {
        world.tells(ada, Input::MarkAllRead { room: room(place) });
    }
    world.calm();
    assert_eq!(world.tab(ada).card(), None);
}

#[test]
fn card_is_frozen_at_the_return() {
    let (mut world, ada) = away_with_a_tab_open();
    is_back(&mut world);
    world.calm();
    let before = world.tab(ada).card().cloned();
    world.is_said(2, room(1), "more of the same @ada");
    world.is_said(2, room(3), "and here");
    world.is_said(2, room(4), "in a room in which nothing was missed @ada");
    world.calm();
    assert_eq!(world.tab(ada).card().cloned(), before, "with its words and its order");
    assert_eq!(world.unread(ada, room(1)), (8, 1), "the list of rooms counts all of it");
    let other = world.tab_of(1);
    assert_eq!(world.tab(other).card().cloned(), before, "on a device that comes later");
    let reloaded = world.seat_from_page(1, None);
    assert_eq!(world.tab(reloaded).card().cloned(), before, "after a reload");
}

#[test]
fn read_marker_from_before_the_return_that_arrives_late_does_not_unfreeze_the_card() {
    let (mut world, ada) = away_with_a_tab_open();
    let reads_elsewhere = |world: &mut World, ordinal| {
        let marker = Marker {
            version: 0,
            ordinal: Ordinal(ordinal),
        };
        world.server.mark(user(1), room(1), marker)
    };
    world.is_cut_off(ada);
    reads_elsewhere(&mut world, 1);
    while !world.connects(ada) {
        world.passes(1_000);
    }
    assert!(world.serves(ada));
    while world.hears(ada) {}
    let late = reads_elsewhere(&mut world, 2);
    world.publish(late);
    is_back(&mut world);
    while world.hears_answer(ada, 0) {}
    while world.hears(ada) {}
    let counts = world.server.counts(user(1), room(1));
    assert_eq!(world.tab(ada).counts(room(1)), Some(counts));
    world.calm();
    let before = world.tab(ada).card().cloned();
    assert_eq!(before.as_ref().map(|card| card.messages), Some(10));
    world.is_said(2, room(1), "later");
    world.calm();
    assert_eq!(world.tab(ada).card().cloned(), before);
}

#[test]
fn mention_that_arrives_after_the_return_makes_no_card() {
    let mut world = World::new(Server::with(2, 2));
    let ada = world.tab_of(1);
    world.is_said(2, room(1), "unread from before");
    let told = world.server.leaves(user(1));
    world.publish(told);
    is_back(&mut world);
    world.calm();
    world.is_said(2, room(2), "are you there @ada");
    world.is_said(2, room(1), "or here @ada");
    world.calm();
    assert_eq!(world.tab(ada).card(), None);
    let reloaded = world.seat_from_page(1, None);
    assert_eq!(world.tab(reloaded).card(), None);
}

#[test]
fn room_entered_after_the_return_is_not_on_the_card() {
    let (mut world, ada) = away_with_a_tab_open();
    let told = world.server.make_room(room(5), user(2));
    world.publish(told);
    let told = world.server.join(room(5), user(1));
    world.publish(told);
    world.is_said(2, room(5), "welcome");
    is_back(&mut world);
    world.calm();
    assert_eq!(
        world.tab(ada).card().map(|card| card.messages),
        Some(13),
        "entered before"
    );
    let told = world.server.make_room(room(6), user(2));
    world.publish(told);
    let told = world.server.join(room(6), user(1));
    world.publish(told);
    world.is_said(2, room(6), "welcome again");
    world.calm();
    assert_eq!(world.tab(ada).card().map(|card| card.messages), Some(13));
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
fn page_drawn_after_the_stored_return_has_the_card_in_its_first_picture() {
    let (mut world, _) = away_with_a_tab_open();
    let away = world.seat_from_page(1, Some(room(3)));
    assert_eq!(
        world.tab(away).card(),
        None,
        "nobody knows yet what belongs to the absence"
    );
    is_back(&mut world);
    let drawn = world.seat_from_page(1, Some(room(3)));
    let card = world.tab(drawn).card().unwrap().clone();
    let told = (card.messages, card.number_of_rooms());
    assert_eq!(told, (11, 2), "without the room one lands in");
    world.starts(drawn);
    world.calm();
    assert_eq!(world.tab(drawn).card(), Some(&card));
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
