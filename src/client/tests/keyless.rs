//! Commands without a client key: each is repeated until it is acknowledged or refused.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{client::Input, wire::*};

/// Refused on the way: the server could not do it now, or asks to slow down.
fn passing_problems() -> [Problem; 2] {
    let retry_after = Millis(2_000);
    [Problem::Unavailable, Problem::TooFast { retry_after }]
}

fn one_unread_room_open() -> (World, usize) {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.is_said(2, room(1), "m");
    world.opens(ada, room(1));
    world.calm();
    (world, ada)
}

fn stored_marker(world: &World) -> u64 {
    let markers = &world.server.users[&user(1)].markers;
    markers.get(&room(1)).map_or(0, |marker| marker.ordinal.0)
}

#[test]
fn a_read_marker_whose_write_fails_is_sent_again_on_the_same_socket() {
    for problem in passing_problems() {
        let (mut world, ada) = one_unread_room_open();
        let other = world.tab_of(1);
        world.calm();
        let generation = world.tab(ada).generation();
        world.keyless_problems.extend([problem.clone(), problem.clone()]);
        world.tells(ada, Input::MarkAllRead { room: room(1) });
        world.calm();
        assert_eq!(stored_marker(&world), 1, "{problem:?}");
        assert_eq!(world.tab(ada).generation(), generation, "no new socket was needed");
        assert_eq!(world.unread(other, room(1)), (0, 0), "the devices agree");
    }
}

#[test]
fn a_refused_read_marker_is_not_sent_again() {
    let (mut world, ada) = one_unread_room_open();
    world.keyless_problems.push_back(Problem::Unknown);
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
    assert_eq!(stored_marker(&world), 0);
    assert!(world.tab(ada).is_settled());
}

#[test]
fn a_read_marker_that_changes_nothing_is_acknowledged_too() {
    let (mut world, ada) = one_unread_room_open();
    // Another device has read on, and this tab does not know it yet.
    let marker = user_log::Marker {
        version: 0,
        ordinal: Ordinal(1),
    };
    let unheard = world.server.mark(user(1), room(1), marker);
    assert!(!unheard.is_empty());
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
    assert!(world.tab(ada).is_settled());
}

#[test]
fn a_command_that_gets_no_answer_is_sent_again_after_its_deadline() {
    let (mut world, ada) = one_unread_room_open();
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    let lost = world.seats[ada].sent.pop_front();
    assert!(lost.is_some());
    world.passes(19_999);
    while world.serves(ada) | world.hears(ada) {}
    assert_eq!(stored_marker(&world), 0);
    world.passes(1);
    world.calm();
    assert_eq!(stored_marker(&world), 1);
}

#[test]
fn an_answer_to_an_older_marker_does_not_acknowledge_a_newer_one() {
    let (mut world, ada) = one_unread_room_open();
    world.is_said(2, room(1), "n");
    world.calm();
    world.tells(
        ada,
        Input::Displayed {
            room: room(1),
            from: Ordinal(1),
            to: Ordinal(1),
        },
    );
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
    assert_eq!(stored_marker(&world), 2);
}
