//! The life of a tab's socket.

use super::{
    model::{Server, room},
    world::World,
};
use crate::{
    client::{Effect, Input, Status},
    wire::{command::Greeting, event::close, fetch::Ask, *},
};

fn live() -> (World, usize) {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    (world, ada)
}

fn closes(world: &mut World, seat: usize, code: u16) {
    let generation = world.tab(seat).generation();
    world.seats[seat].cut();
    world.tells(seat, Input::SocketClosed { generation, code });
}

/// How long until the next opening, if there is one.
fn pause(world: &World, seat: usize) -> Option<u64> {
    let seat = &world.seats[seat];
    seat.opening.map(|(_, at)| at - seat.now)
}

fn said(world: &World, seat: usize) -> Vec<ClientItem> {
    let items = world.seats[seat]
        .sent
        .iter()
        .flat_map(|bytes| frame::items(bytes).unwrap());
    items.map(|item| ClientItem::unpack(&item).unwrap()).collect()
}

fn has_pinged(world: &World, seat: usize) -> bool {
    said(world, seat)
        .iter()
        .any(|item| matches!(item, ClientItem::Greeting(Greeting::Ping(_))))
}

#[test]
fn hello_is_said_first_and_the_tab_is_live_once_welcomed() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.seat(1);
    world.starts(ada);
    world.connects(ada);
    assert!(matches!(
        said(&world, ada)[..],
        [ClientItem::Greeting(Greeting::Hello(_))]
    ));
    assert_eq!(world.tab(ada).status(), Status::Quiet);
    world.calm();
    assert_eq!(world.tab(ada).status(), Status::Live);
    assert_eq!(world.tab(ada).me().map(|me| me.username.as_str()), Some("ada"));
}

#[test]
fn a_short_loss_is_not_mentioned_and_a_longer_one_is() {
    let (mut world, ada) = live();
    closes(&mut world, ada, 1006);
    let mut told = Vec::new();
    for _ in 0..7 {
        told.push(world.tab(ada).status());
        world.passes(1_000);
        // Nothing is ever opened.
        world.seats[ada].opening = None;
    }
    let (quiet, connecting, offline) = (Status::Quiet, Status::Connecting, Status::Offline);
    assert_eq!(
        told,
        [quiet, quiet, connecting, connecting, connecting, offline, offline]
    );
}

#[test]
fn pauses_grow_from_at_once_to_half_a_minute_and_no_further() {
    let (mut world, ada) = live();
    let mut pauses = Vec::new();
    for _ in 0..60 {
        closes(&mut world, ada, 1006);
        pauses.push(pause(&world, ada).unwrap());
        world.seats[ada].asked.clear();
    }
    assert!(pauses[0] < 500, "{pauses:?}");
    assert!(pauses[1] < 2_000 && pauses[2] < 4_000);
    assert!(pauses.iter().all(|&pause| pause < 30_000));
    assert!(pauses.iter().any(|&pause| pause > 15_000));
}

#[test]
fn close_codes_say_what_to_do() {
    for (code, status) in [
        (close::SIGNED_OUT, Status::SignedOut),
        (close::PROTOCOL_TOO_OLD, Status::ReloadNeeded),
        (close::BANNED, Status::Banned),
    ] {
        let (mut world, ada) = live();
        closes(&mut world, ada, code);
        assert_eq!((world.tab(ada).status(), pause(&world, ada)), (status, None));
        let signs_in = world.seats[ada].shown.contains(&Effect::GoToSignIn);
        assert_eq!(
            signs_in,
            code != close::PROTOCOL_TOO_OLD,
            "who may not be here sees nothing"
        );
        world.tells(ada, Input::Online);
        assert_eq!(pause(&world, ada), None, "never again");
    }
}

#[test]
fn a_restart_spreads_the_sockets_and_a_resync_does_not_wait() {
    let mut spread = Vec::new();
    for n in 0..20 {
        let (mut world, ada) = live();
        for _ in 0..n {
            world.tells(
                ada,
                Input::Send {
                    room: room(1),
                    body: "draws chance".into(),
                },
            );
        }
        closes(&mut world, ada, close::RESTART);
        spread.push(pause(&world, ada).unwrap());
    }
    assert!(
        spread.iter().all(|&pause| pause < 10_000) && spread.iter().max() > Some(&5_000),
        "{spread:?}"
    );
    let (mut world, ada) = live();
    world.passes(4_000);
    world.passes(4_000);
    world.passes(4_000);
    closes(&mut world, ada, close::RESYNC);
    assert_eq!(pause(&world, ada), Some(0));
    world.calm();
    closes(&mut world, ada, close::MALFORMED);
    let after_malformed = pause(&world, ada).unwrap();
    assert!(after_malformed < 30_000);
}

#[test]
fn a_resync_again_and_again_backs_off() {
    let (mut world, ada) = live();
    let mut waited = 0;
    for _ in 0..8 {
        closes(&mut world, ada, close::RESYNC);
        waited += pause(&world, ada).unwrap();
        while !world.connects(ada) {
            world.passes(1_000);
        }
        while world.serves(ada) | world.hears(ada) {}
    }
    assert!(waited > 2_000, "{waited}");
}

#[test]
fn a_silent_wire_is_asked_and_taken_for_dead_without_an_answer() {
    let (mut world, ada) = live();
    for _ in 0..5 {
        world.passes(5_000);
    }
    assert!(has_pinged(&world, ada));
    world.passes(5_000);
    assert!(world.seats[ada].socket.is_some());
    world.passes(5_000);
    assert!(world.seats[ada].socket.is_none() && pause(&world, ada).is_some());
}

#[test]
fn a_pong_proves_the_wire() {
    let (mut world, ada) = live();
    for _ in 0..20 {
        world.passes(5_000);
        while world.serves(ada) | world.hears(ada) {}
        assert!(world.seats[ada].socket.is_some());
    }
}

#[test]
fn a_browser_that_says_offline_is_believed_only_if_the_wire_is_dead() {
    let (mut world, ada) = live();
    world.tells(ada, Input::Offline);
    assert!(has_pinged(&world, ada));
    while world.serves(ada) | world.hears(ada) {}
    world.passes(3_000);
    assert!(world.seats[ada].socket.is_some());
    world.tells(ada, Input::Offline);
    world.passes(3_000);
    assert!(world.seats[ada].socket.is_none());
}

#[test]
fn shown_after_long_silence_the_wire_is_renewed_and_after_less_asked() {
    let (mut world, ada) = live();
    world.tells(ada, Input::Hidden);
    world.seats[ada].now += 30_000;
    world.tells(ada, Input::Shown);
    assert!(has_pinged(&world, ada) && world.seats[ada].socket.is_some());
    let (mut world, ada) = live();
    world.tells(ada, Input::Hidden);
    world.seats[ada].now += 61_000;
    world.tells(ada, Input::Shown);
    assert!(world.seats[ada].socket.is_none());
    assert!(pause(&world, ada).unwrap() < 500);
}

#[test]
fn a_tick_that_comes_late_comes_after_sleep() {
    let (mut world, ada) = live();
    world.is_said(2, room(1), "while asleep");
    world.seats[ada].inbox.clear();
    world.passes(60 * 60 * 1_000);
    assert!(world.seats[ada].socket.is_none());
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["while asleep"]);
}

#[test]
fn the_slow_timers_of_a_hidden_tab_are_no_sleep() {
    let (mut world, ada) = live();
    world.tells(ada, Input::Hidden);
    for _ in 0..10 {
        world.passes(60_000);
        assert!(world.seats[ada].socket.is_some());
        while world.serves(ada) | world.hears(ada) {}
    }
}

#[test]
fn when_the_network_or_the_person_is_back_nobody_waits() {
    for back in [Input::Online, Input::Shown] {
        let (mut world, ada) = live();
        world.tells(ada, Input::Hidden);
        for _ in 0..12 {
            closes(&mut world, ada, 1006);
        }
        world.seats[ada].opening = Some((world.tab(ada).generation(), u64::MAX));
        world.tells(ada, back);
        assert!(
            world.seats[ada]
                .opening
                .is_some_and(|(_, at)| at - world.seats[ada].now < 1_000 || at == u64::MAX)
        );
    }
}

#[test]
fn two_openings_that_fail_make_it_ask_who_it_is() {
    let (mut world, ada) = live();
    for _ in 0..3 {
        assert!(world.seats[ada].asked.is_empty());
        closes(&mut world, ada, 1006);
    }
    let asked = world.seats[ada].asked.pop().unwrap();
    assert!(matches!(asked.ask, Ask::Whoami(_)));
    world.tells(
        ada,
        Input::Fetched {
            fetch: asked.fetch,
            answer: Err(Problem::SignedOut),
        },
    );
    assert!(world.seats[ada].shown.contains(&Effect::GoToSignIn));
    assert_eq!(world.tab(ada).status(), Status::SignedOut);
}

#[test]
fn frames_of_an_older_socket_are_not_heard() {
    let (mut world, ada) = live();
    world.is_said(2, room(1), "late");
    let generation = world.tab(ada).generation();
    let bytes = world.seats[ada].inbox.pop_front().unwrap();
    closes(&mut world, ada, 1006);
    world.tells(ada, Input::SocketFrame { generation, bytes });
    assert!(world.sees(ada, room(1)).is_empty());
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["late"]);
}

#[test]
fn nonsense_on_the_wire_makes_a_new_wire_and_a_newer_protocol_a_reload() {
    let (mut world, ada) = live();
    let generation = world.tab(ada).generation();
    world.tells(
        ada,
        Input::SocketFrame {
            generation,
            bytes: vec![frame::PROTOCOL, 1, 2, 3],
        },
    );
    assert!(world.seats[ada].socket.is_none());
    world.calm();
    assert_eq!(world.tab(ada).status(), Status::Live);
    let generation = world.tab(ada).generation();
    world.tells(
        ada,
        Input::SocketFrame {
            generation,
            bytes: vec![frame::PROTOCOL + 1],
        },
    );
    assert_eq!(world.tab(ada).status(), Status::ReloadNeeded);
}

#[test]
fn a_page_in_the_cache_gives_up_its_socket_and_takes_a_new_one() {
    let (mut world, ada) = live();
    world.tells(ada, Input::Suspended);
    assert!(world.seats[ada].socket.is_none() && pause(&world, ada).is_none());
    world.is_said(2, room(1), "meanwhile");
    world.seats[ada].now += 1_000_000;
    world.tells(ada, Input::Resumed);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["meanwhile"]);
}

#[test]
fn somebody_else_signed_in_makes_the_page_go() {
    let (mut world, ada) = live();
    world.seats[ada].user = super::model::user(2);
    closes(&mut world, ada, 1006);
    while world.tab(ada).status() != Status::SignedOut {
        if !(world.connects(ada) | world.serves(ada) | world.hears(ada)) {
            world.passes(500);
        }
    }
    assert!(world.seats[ada].shown.contains(&Effect::GoToSignIn));
}

#[test]
fn a_clock_that_is_set_back_stops_nothing() {
    let (mut world, ada) = live();
    world.seats[ada].now -= 500_000;
    world.says(ada, room(1), "still here");
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["still here"]);
    world.is_cut_off(ada);
    world.calm();
    assert_eq!(world.tab(ada).status(), Status::Live);
}

#[test]
fn a_dead_wire_is_found_in_a_hidden_tab_too() {
    let (mut world, ada) = live();
    world.tells(ada, Input::Hidden);
    world.passes(60_000);
    assert!(has_pinged(&world, ada));
    world.passes(60_000);
    assert!(world.seats[ada].socket.is_none());
}

#[test]
fn a_clock_that_differs_from_the_servers_makes_no_alarm() {
    let mut world = World::new(Server::with(2, 1));
    let drawn = world.seat_from_page(1, Some(room(1)));
    world.seats[drawn].now += 10 * 60 * 60 * 1_000;
    world.starts(drawn);
    assert_eq!(world.tab(drawn).status(), Status::Quiet);
}

#[test]
fn an_active_device_says_so_every_fifty_seconds() {
    let (mut world, ada) = live();
    let mut told = Vec::new();
    for _ in 0..24 {
        world.passes(5_000);
        told.extend(said(&world, ada).into_iter().filter_map(|item| match item {
            ClientItem::Greeting(Greeting::Presence(presence)) => Some(presence.since_input.0 / 1_000),
            _ => None,
        }));
        while world.serves(ada) | world.hears(ada) {}
    }
    assert_eq!(told, [50, 100]);
}

#[test]
fn nothing_of_an_older_socket_touches_the_present_one() {
    let (mut world, ada) = live();
    world.is_said(2, room(1), "late");
    let older = world.tab(ada).generation();
    let bytes = world.seats[ada].inbox.pop_front().unwrap();
    closes(&mut world, ada, 1006);
    while !world.connects(ada) {
        world.passes(100);
    }
    let welcome: ServerItem = world.server.welcome(super::model::user(1)).into();
    world.tells(
        ada,
        Input::SocketFrame {
            generation: older,
            bytes: frame::frame([&welcome]),
        },
    );
    assert_ne!(
        world.tab(ada).status(),
        Status::Live,
        "welcomed by a socket that is no more"
    );
    world.tells(
        ada,
        Input::SocketFrame {
            generation: older,
            bytes,
        },
    );
    world.tells(ada, Input::SocketOpened { generation: older });
    world.tells(
        ada,
        Input::SocketClosed {
            generation: older,
            code: close::SIGNED_OUT,
        },
    );
    assert_ne!(world.tab(ada).status(), Status::SignedOut);
    assert!(world.seats[ada].socket.is_some());
}
