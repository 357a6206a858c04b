//! Catching up: what was missed comes once, in order, and holes are seen.

use super::{
    model::{DELTA_MAX, PAGE, Server, room, user},
    world::World,
};
use crate::{
    client::Input,
    wire::{
        fetch::{Ask, Want},
        user_log::Marker,
        *,
    },
};

fn said(from: u64, to: u64) -> Vec<String> {
    (from..=to).map(|n| format!("m{n}")).collect()
}

fn say_many(world: &mut World, place: RoomId, from: u64, to: u64) {
    for n in from..=to {
        world.is_said(2, place, &format!("m{n}"));
    }
}

#[test]
fn a_room_with_nothing_unread_opens_at_its_newest_page() {
    let mut world = World::new(Server::with(2, 1));
    say_many(&mut world, room(1), 1, 12);
    let ada = world.tab_of(1);
    world.calm();
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
    assert!(world.sees(ada, room(1)).is_empty());
    world.opens(ada, room(1));
    world.calm();
    assert_eq!(world.sees(ada, room(1)), [vec!["^7".into()], said(8, 12)].concat());
}

#[test]
fn what_is_said_while_one_watches_appears_once() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.is_said(2, room(1), "m1");
    let frame = world.seats[ada].inbox[0].clone();
    world.seats[ada].inbox.push_back(frame);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["m1"]);
    assert_eq!(world.unread(ada, room(1)), (1, 0));
}

#[test]
fn a_little_that_was_missed_comes_as_a_piece_of_log() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    say_many(&mut world, room(1), 1, 3);
    world.calm();
    world.is_cut_off(ada);
    say_many(&mut world, room(1), 4, 8);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), said(1, 8));
    assert_eq!(world.unread(ada, room(1)), (8, 0));
}

#[test]
fn much_that_was_missed_leaves_a_gap_of_known_size_that_can_be_filled() {
    let mut world = World::new(Server::with(2, 1));
    say_many(&mut world, room(1), 1, 3);
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.is_cut_off(ada);
    say_many(&mut world, room(1), 4, 20);
    world.calm();
    // Rows before the gap may have changed: they are not shown while there is a server to ask.
    assert_eq!(
        world.sees(ada, room(1)),
        [vec!["--".into(), "(12)".into()], said(16, 20)].concat()
    );
    world.tells(
        ada,
        Input::LoadGap {
            room: room(1),
            before: Ordinal(16),
        },
    );
    world.calm();
    assert_eq!(
        world.sees(ada, room(1)),
        [vec!["--".into(), "(7)".into()], said(11, 20)].concat()
    );
    for before in [11, 6] {
        world.tells(
            ada,
            Input::LoadGap {
                room: room(1),
                before: Ordinal(before),
            },
        );
        world.calm();
    }
    assert_eq!(world.sees(ada, room(1)), [vec!["--".into()], said(1, 20)].concat());
}

#[test]
fn stale_rows_are_read_offline_and_marked() {
    let mut world = World::new(Server::with(2, 1));
    say_many(&mut world, room(1), 1, 2);
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.is_cut_off(ada);
    say_many(&mut world, room(1), 3, 20);
    world.calm();
    world.seats[ada].cut();
    let generation = world.seats[ada].tab.generation();
    world.tells(ada, Input::SocketClosed { generation, code: 1006 });
    world.passes(6_000);
    let rows = world.sees(ada, room(1));
    assert_eq!(rows[..4], ["--", "m1~", "m2~", "(13)"], "{rows:?}");
}

#[test]
fn a_hole_in_live_events_is_fetched_and_filled() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    say_many(&mut world, room(1), 1, 4);
    world.seats[ada].inbox.drain(..3);
    while world.hears(ada) {}
    assert!(
        world.sees(ada, room(1)).is_empty(),
        "nothing is shown before what it follows"
    );
    assert!(matches!(world.seats[ada].asked[0].ask, Ask::Range(_)));
    world.calm();
    assert_eq!(world.sees(ada, room(1)), said(1, 4));
    assert_eq!(world.unread(ada, room(1)), (4, 0));
}

#[test]
fn a_hole_longer_than_one_answer_is_filled_by_several() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    let many = 3 * DELTA_MAX + 2;
    say_many(&mut world, room(1), 1, many);
    world.seats[ada].inbox.drain(..usize::try_from(many).unwrap() - 1);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), said(1, many));
}

#[test]
fn rooms_never_opened_bring_counts_and_no_rows() {
    let mut world = World::new(Server::with(2, 3));
    say_many(&mut world, room(2), 1, 9);
    let ada = world.seat(1);
    world.starts(ada);
    let mut wants = Vec::new();
    while !world.tab(ada).is_settled() {
        let moved = world.connects(ada) | world.serves(ada) | world.hears(ada);
        if let Some(Ask::CatchUp(ask)) = world.seats[ada].asked.first().map(|asked| &asked.ask) {
            wants.extend(ask.rooms.iter().map(|have| have.want));
        }
        if !(moved | world.hears_answer(ada, 0)) {
            world.passes(500);
        }
    }
    assert_eq!(wants, [Want::Summary; 3]);
    assert_eq!(world.unread(ada, room(2)), (9, 0));
    world.is_said(2, room(2), "hi @ada");
    world.calm();
    assert_eq!(world.unread(ada, room(2)), (10, 1));
    assert_eq!(world.tab(ada).room(room(2)).unwrap().preview.unwrap().words, "hi @ada");
}

#[test]
fn the_room_on_screen_is_asked_for_first() {
    let mut world = World::new(Server::with(2, 5));
    let ada = world.seat(1);
    world.opens(ada, room(4));
    world.starts(ada);
    while world.seats[ada].asked.is_empty() {
        if !(world.connects(ada) | world.serves(ada) | world.hears(ada)) {
            world.passes(500);
        }
    }
    let Ask::CatchUp(ask) = &world.seats[ada].asked[0].ask else {
        panic!("it catches up")
    };
    assert_eq!(
        (ask.rooms[0].room, ask.rooms[0].want, ask.rooms.len()),
        (room(4), Want::Rows, 5)
    );
    world.calm();
    assert_eq!(
        world.tab(ada).rooms().len(),
        5,
        "rooms that an answer left out are asked for again"
    );
}

#[test]
fn what_is_said_between_heads_and_answer_is_neither_lost_nor_doubled() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    say_many(&mut world, room(1), 1, 2);
    world.calm();
    world.is_cut_off(ada);
    say_many(&mut world, room(1), 3, 3);
    while !world.connects(ada) {
        world.passes(100);
    }
    world.serves(ada);
    world.is_said(2, room(1), "m4");
    while world.hears(ada) {}
    world.is_said(2, room(1), "m5");
    world.answers(ada, 0);
    world.is_said(2, room(1), "m6");
    while world.hears(ada) {}
    assert_eq!(
        world.sees(ada, room(1)),
        said(1, 2),
        "held back until the answer is here"
    );
    world.calm();
    assert_eq!(world.sees(ada, room(1)), said(1, 6));
    assert_eq!(world.unread(ada, room(1)), (6, 0));
}

#[test]
fn an_answer_begun_under_an_older_socket_is_thrown_away() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.answers(ada, 0);
    world.is_cut_off(ada);
    world.hears_answer(ada, 0);
    assert!(world.tab(ada).is_loading(room(1)));
    world.calm();
    assert!(!world.tab(ada).is_loading(room(1)));
}

#[test]
fn an_older_page_does_not_bring_back_older_rows() {
    let mut world = World::new(Server::with(2, 1));
    say_many(&mut world, room(1), 1, 9);
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.tells(ada, Input::LoadOlder { room: room(1) });
    world.answers(ada, 0);
    // The message changes, by a kind of change that this release does not know.
    let mut told = world.server.do_something_new(room(1), user(2));
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    let changed = &mut log.messages[1];
    changed.revision = log.entries.last().unwrap().seq;
    changed.body = Some(Body::stored("m2 edited".into()));
    if let super::model::Told::Room(event) = &mut told[0] {
        event.row = Some(changed.clone());
    }
    world.publish(told);
    while world.hears(ada) {}
    world.calm();
    assert!(
        world.sees(ada, room(1)).contains(&"m2 edited".to_string()),
        "{:?}",
        world.sees(ada, room(1))
    );
}

#[test]
fn a_change_of_a_newer_version_is_counted_and_noted() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    let told = world.server.do_something_new(room(1), user(2));
    world.publish(told);
    say_many(&mut world, room(1), 1, 1);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["m1"]);
    let timeline = world.tab(ada).timeline(room(1)).unwrap();
    assert_eq!(timeline.cursor(), Some(world.server.rooms[&room(1)].head()));
    let notes = world.tab(ada).rows(room(1), &|_| 0);
    assert!(
        notes
            .iter()
            .any(|row| matches!(row, crate::client::Row::Note { entry, .. } if entry.change().is_err()))
    );
}

#[test]
fn a_room_that_one_was_removed_from_is_forgotten() {
    let mut world = World::new(Server::with(2, 2));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    let told = world.server.leave(room(1), user(1));
    world.publish(told);
    world.calm();
    assert!(world.tab(ada).open_is_gone());
    assert!(world.tab(ada).timeline(room(1)).is_none());
    assert_eq!(world.tab(ada).rooms().len(), 1);
}

#[test]
fn a_room_lost_while_cut_off_is_forgotten_on_return() {
    let mut world = World::new(Server::with(2, 2));
    let ada = world.tab_of(1);
    world.is_cut_off(ada);
    world.server.leave(room(1), user(1));
    world.calm();
    assert_eq!(
        world.tab(ada).rooms().iter().map(|line| line.room).collect::<Vec<_>>(),
        [room(2)]
    );
}

#[test]
fn an_answer_from_before_a_removal_brings_nothing_back() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.answers(ada, 0);
    let told = world.server.leave(room(1), user(1));
    world.publish(told);
    while world.hears(ada) {}
    world.hears_answer(ada, 0);
    world.calm();
    assert!(world.tab(ada).timeline(room(1)).is_none());
}

#[test]
fn a_room_one_is_added_to_appears_by_itself() {
    let mut world = World::new(Server::with(2, 1));
    world.server.leave(room(1), user(1));
    let ada = world.tab_of(1);
    assert!(world.tab(ada).rooms().is_empty());
    let told = world.server.join(room(1), user(1));
    world.publish(told);
    world.calm();
    assert_eq!(world.tab(ada).rooms().len(), 1);
}

#[test]
fn a_link_to_an_entry_loads_what_is_around_it() {
    let mut world = World::new(Server::with(2, 1));
    say_many(&mut world, room(1), 1, 30);
    let ada = world.tab_of(1);
    let seq = world.server.rooms[&room(1)].messages[9].seq;
    world.tells(
        ada,
        Input::OpenRoom {
            room: room(1),
            at: Some(seq),
        },
    );
    world.calm();
    let rows = world.sees(ada, room(1));
    assert_eq!(
        rows,
        [
            vec!["^7".into(), "--".into()],
            said(8, 12),
            vec!["(13)".into()],
            said(26, 30)
        ]
        .concat()
    );
    assert!(world.tab(ada).timeline(room(1)).unwrap().shows(seq));
}

#[test]
fn older_pages_come_one_by_one_down_to_the_first_message() {
    let mut world = World::new(Server::with(2, 1));
    say_many(&mut world, room(1), 1, 3 * PAGE);
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    for _ in 0..3 {
        world.tells(ada, Input::LoadOlder { room: room(1) });
        world.calm();
    }
    assert_eq!(
        world.sees(ada, room(1)),
        [vec!["--".into()], said(1, 3 * PAGE)].concat()
    );
}

#[test]
fn a_fetch_that_fails_is_tried_again() {
    let mut world = World::new(Server::with(2, 1));
    say_many(&mut world, room(1), 1, 2);
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    for _ in 0..4 {
        while world.seats[ada].asked.is_empty() {
            world.passes(1_000);
        }
        let fetch = world.seats[ada].asked.remove(0).fetch;
        world.tells(
            ada,
            Input::Fetched {
                fetch,
                answer: Err(Problem::Unavailable),
            },
        );
        assert!(world.seats[ada].asked.is_empty(), "not at once");
    }
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["--", "m1", "m2"]);
}

#[test]
fn after_a_restore_everything_starts_over_and_what_was_lost_is_said_again() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.says(ada, room(1), "kept");
    world.calm();
    let backup = world.server.rooms[&room(1)].messages.len();
    world.says(ada, room(1), "lost with the disk");
    world.is_said(2, room(1), "of bo");
    world.calm();
    world.is_cut_off(ada);
    // The backup knew one message less; meanwhile something else took its place.
    world.server.epoch = Epoch([2; 16]);
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    log.messages.truncate(backup);
    let last = log.messages.last().unwrap().seq;
    log.entries.retain(|entry| entry.seq <= last);
    world.server.keys.retain(|_, (_, seq, _)| *seq <= last);
    world.is_said(2, room(1), "new world");
    world.calm();
    let rows: Vec<String> = world.sees(ada, room(1)).into_iter().filter(|row| row != "--").collect();
    assert_eq!(rows, ["kept", "new world", "lost with the disk"]);
}

#[test]
fn the_user_log_is_asked_for_when_something_was_missed() {
    let mut world = World::new(Server::with(2, 2));
    say_many(&mut world, room(1), 1, 3);
    let ada = world.tab_of(1);
    let marker = |ordinal| Marker {
        version: 0,
        ordinal: Ordinal(ordinal),
    };
    world.server.mark(user(1), room(1), marker(2));
    let told = world.server.mark(user(1), room(2), marker(0));
    assert!(told.is_empty());
    let told = world.server.mark(user(1), room(1), marker(3));
    world.publish(told);
    world.calm();
    assert_eq!(world.unread(ada, room(1)), (0, 0));
    assert!(world.tab(ada).is_settled());
}

#[test]
fn a_page_drawn_by_the_server_goes_on_from_where_it_was() {
    let mut world = World::new(Server::with(2, 2));
    say_many(&mut world, room(1), 1, 4);
    let drawn = world.seat_from_page(1, Some(room(1)));
    let before = world.sees(drawn, room(1));
    assert_eq!(before, [vec!["--".into()], said(1, 4)].concat());
    assert_eq!(world.unread(drawn, room(1)), (4, 0));
    say_many(&mut world, room(1), 5, 6);
    world.starts(drawn);
    world.calm();
    assert_eq!(world.sees(drawn, room(1)), [vec!["--".into()], said(1, 6)].concat());
}

#[test]
fn a_first_picture_reads_back_from_its_bytes() {
    let mut world = World::new(Server::with(2, 2));
    say_many(&mut world, room(1), 1, 4);
    let picture = world.picture(user(1), Some(room(1)));
    assert_eq!(crate::client::FirstPicture::decode(&picture.encode()), Ok(picture));
    assert!(crate::client::FirstPicture::decode(&[1, 2, 3]).is_err());
}

#[test]
fn a_flood_that_is_held_back_beyond_bounds_is_fetched_instead() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.answers(ada, 0);
    let many = u64::from(limits::HELD_BACK_MAX_EVENTS) + 300;
    say_many(&mut world, room(1), 1, many);
    while world.hears(ada) {}
    world.calm();
    let rows = world.sees(ada, room(1));
    assert_eq!(rows.last(), Some(&format!("m{many}")));
    assert_eq!(world.unread(ada, room(1)), (u32::try_from(many).unwrap(), 0));
    let shown = rows.iter().filter(|row| row.starts_with('m')).count() as u64;
    let missing: u64 = rows
        .iter()
        .filter_map(|row| row.strip_prefix('(')?.strip_suffix(')')?.parse::<u64>().ok())
        .sum();
    assert_eq!(shown + missing, many, "what was let go is told as missing");
}

#[test]
fn a_person_told_of_before_the_welcome_hides_nobody_who_was_missed() {
    let mut world = World::new(Server::with(3, 1));
    let ada = world.tab_of(1);
    world.is_cut_off(ada);
    for (at, dseq, name) in [(1, 4, "Bo the Second"), (2, 5, "Cleo the Second")] {
        let person = &mut world.server.people[at];
        person.dseq = DirectorySeq(dseq);
        person.name = name.into();
    }
    world.server.directory_head = DirectorySeq(5);
    while !world.connects(ada) {
        world.passes(100);
    }
    let told: ServerItem = event::DirectoryEvent {
        person: world.server.people[2].clone(),
    }
    .into();
    world.seats[ada].inbox.push_back(frame::frame([&told]));
    world.hears(ada);
    world.calm();
    assert_eq!(world.tab(ada).person(user(2)).unwrap().name, "Bo the Second");
    assert_eq!(world.tab(ada).person(user(3)).unwrap().name, "Cleo the Second");
}

#[test]
fn a_person_who_is_renamed_is_renamed_in_every_list() {
    let mut world = World::new(Server::with(2, 1));
    world.server.rooms.get_mut(&room(1)).unwrap().with = Some((user(1), user(2)));
    let ada = world.tab_of(1);
    assert_eq!(world.tab(ada).room(room(1)).unwrap().name, "BO");
    let person = Person {
        dseq: DirectorySeq(3),
        name: "Bob".into(),
        ..world.server.people[1].clone()
    };
    let told: ServerItem = event::DirectoryEvent { person }.into();
    world.seats[ada].inbox.push_back(frame::frame([&told]));
    world.hears(ada);
    assert_eq!(world.tab(ada).room(room(1)).unwrap().name, "Bob");
    assert_eq!(world.tab(ada).me().unwrap().name, "ADA");
}

#[test]
fn a_page_of_a_room_that_is_not_there_says_so() {
    let mut world = World::new(Server::with(2, 1));
    let drawn = world.seat_from_page(1, Some(room(9)));
    assert!(world.tab(drawn).open_is_gone() && !world.tab(drawn).is_loading(room(9)));
    world.starts(drawn);
    world.calm();
    assert!(world.tab(drawn).open_is_gone());
}

#[test]
fn rows_of_rooms_left_long_ago_are_let_go_and_come_again() {
    let mut world = World::new(Server::with(2, 60));
    world.is_said(2, room(1), "m1");
    let ada = world.tab_of(1);
    for n in 1..=60 {
        world.opens(ada, room(n));
        world.calm();
    }
    assert!(world.tab(ada).timeline(room(1)).unwrap().is_empty());
    world.is_said(2, room(1), "m2");
    world.opens(ada, room(1));
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["--", "m1", "m2"]);
}

/// The server, its tests and a simulator run tabs on any thread.
#[test]
fn a_tab_may_be_handed_to_another_thread() {
    fn is_send<T: core::marker::Send>(_: &T) {}
    let mut world = World::new(Server::with(1, 1));
    let ada = world.seat(1);
    is_send(world.tab(ada));
}
