//! Reading: markers only rise, counts are those of the log, the divider stays.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::Input,
    wire::{user_log::Marker, *},
};

#[test]
fn reading_here_is_seen_at_once_and_told_to_other_tabs() {
    let mut world = World::new(Server::with(2, 1));
    let (here, there) = (world.tab_of(1), world.tab_of(1));
    for text in ["one", "two @ada", "three"] {
        world.is_said(2, room(1), text);
    }
    world.calm();
    world.opens(here, room(1));
    world.calm();
    world.tells(
        here,
        Input::Displayed {
            room: room(1),
            from: Ordinal(1),
            to: Ordinal(2),
        },
    );
    assert_eq!(world.unread(here, room(1)), (1, 0), "before the server has answered");
    assert_eq!(world.unread(there, room(1)), (3, 1));
    world.calm();
    assert_eq!(world.unread(there, room(1)), (1, 0));
    assert_eq!(world.tab(there).totals().unread, 1);
}

#[test]
fn a_marker_never_falls() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    for _ in 0..4 {
        world.is_said(2, room(1), "m");
    }
    world.opens(ada, room(1));
    world.calm();
    for ordinal in [3, 1, 2] {
        world.tells(
            ada,
            Input::Displayed {
                room: room(1),
                from: Ordinal(1),
                to: Ordinal(ordinal),
            },
        );
        world.calm();
        assert_eq!(world.unread(ada, room(1)), (1, 0));
    }
    assert_eq!(world.server.users[&user(1)].markers[&room(1)].ordinal, Ordinal(3));
}

#[test]
fn a_reader_who_scrolls_tells_it_once_a_second() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    for _ in 0..20 {
        world.is_said(2, room(1), "m");
    }
    world.opens(ada, room(1));
    world.calm();
    for ordinal in 1..=20 {
        world.tells(
            ada,
            Input::Displayed {
                room: room(1),
                from: Ordinal(1),
                to: Ordinal(ordinal),
            },
        );
    }
    assert_eq!(world.seats[ada].sent.len(), 1);
    world.passes(999);
    assert_eq!(world.seats[ada].sent.len(), 1);
    world.passes(1);
    assert_eq!(world.seats[ada].sent.len(), 2);
    world.calm();
    assert_eq!(world.server.users[&user(1)].markers[&room(1)].ordinal, Ordinal(20));
}

#[test]
fn what_was_read_while_cut_off_is_told_on_return() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.is_said(2, room(1), "m");
    world.opens(ada, room(1));
    world.calm();
    world.is_cut_off(ada);
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    assert_eq!(world.unread(ada, room(1)), (0, 0));
    world.calm();
    assert_eq!(world.server.users[&user(1)].markers[&room(1)].ordinal, Ordinal(1));
    assert_eq!(world.unread(ada, room(1)), (0, 0));
}

#[test]
fn a_marker_that_overtakes_events_leaves_exact_counts() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    for _ in 0..3 {
        world.is_said(2, room(1), "m @ada");
    }
    world.calm();
    let told = world.server.mark(
        user(1),
        room(1),
        Marker {
            version: 0,
            ordinal: Ordinal(2),
        },
    );
    // Two more are said before the marker's value is heard.
    world.is_said(2, room(1), "m");
    world.is_said(2, room(1), "m @ada");
    world.publish(told);
    world.calm();
    assert_eq!(world.unread(ada, room(1)), (3, 2));
    let first = world.server.rooms[&room(1)].messages[2].seq;
    assert_eq!(world.tab(ada).room(room(1)).unwrap().first_mention, Some(first));
}

#[test]
fn marking_unread_on_another_device_raises_the_counts_here() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    for _ in 0..3 {
        world.is_said(2, room(1), "m");
    }
    world.opens(ada, room(1));
    world.calm();
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
    let told = world.server.mark(
        user(1),
        room(1),
        Marker {
            version: 1,
            ordinal: Ordinal(1),
        },
    );
    world.publish(told);
    world.calm();
    assert_eq!(world.unread(ada, room(1)), (2, 0));
}

#[test]
fn the_divider_stays_where_it_was_until_one_leaves() {
    let mut world = World::new(Server::with(2, 2));
    let ada = world.tab_of(1);
    for text in ["m1", "m2"] {
        world.is_said(2, room(1), text);
    }
    world.calm();
    world.opens(ada, room(1));
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["--", "m1", "m2"]);
    world.tells(
        ada,
        Input::Displayed {
            room: room(1),
            from: Ordinal(1),
            to: Ordinal(2),
        },
    );
    world.is_said(2, room(1), "m3");
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["--", "m1", "m2", "m3"]);
    world.tells(
        ada,
        Input::Displayed {
            room: room(1),
            from: Ordinal(1),
            to: Ordinal(3),
        },
    );
    world.calm();
    world.opens(ada, room(2));
    world.opens(ada, room(1));
    assert_eq!(world.sees(ada, room(1)), ["m1", "m2", "m3"]);
}

#[test]
fn the_divider_stands_anew_after_one_was_away_from_the_screen() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.is_said(2, room(1), "m1");
    world.calm();
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
    world.tells(ada, Input::Hidden);
    world.passes(10_000);
    world.is_said(2, room(1), "m2");
    world.calm();
    world.tells(ada, Input::Shown);
    assert_eq!(world.sees(ada, room(1)), ["m1", "--", "m2"]);
}

#[test]
fn the_divider_stays_if_nothing_came_while_one_was_away() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.is_said(2, room(1), "m1");
    world.opens(ada, room(1));
    world.calm();
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
    world.tells(ada, Input::Hidden);
    world.passes(10_000);
    world.tells(ada, Input::Shown);
    assert_eq!(world.sees(ada, room(1)), ["--", "m1"]);
}

#[test]
fn own_messages_alone_bring_no_divider() {
    let mut world = World::new(Server::with(2, 1));
    let (here, there) = (world.tab_of(1), world.tab_of(1));
    world.says(there, room(1), "mine");
    world.calm();
    world.opens(here, room(1));
    world.calm();
    assert_eq!(world.sees(here, room(1)), ["mine"]);
}

#[test]
fn the_divider_stands_before_the_first_message_of_somebody_else() {
    let mut world = World::new(Server::with(2, 1));
    let (here, there) = (world.tab_of(1), world.tab_of(1));
    world.says(there, room(1), "mine");
    world.calm();
    world.is_said(2, room(1), "theirs");
    world.opens(here, room(1));
    world.calm();
    assert_eq!(world.sees(here, room(1)), ["mine", "--", "theirs"]);
}
