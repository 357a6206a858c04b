//! Turns that a wire rarely takes: answers that are older than what is known, logs
//! that are not what they were.

use super::{
    model::{PAGE, Server, room, user},
    world::World,
};
use crate::{
    client::Input,
    wire::{fetch::Ask, user_log::Marker, *},
};

fn tab_with_news(count: u64) -> (World, usize) {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    for n in 1..=count {
        world.is_said(2, room(1), &format!("m{n}"));
    }
    world.calm();
    (world, ada)
}

#[test]
fn a_summary_older_than_what_was_heard_takes_nothing_back() {
    let (mut world, ada) = tab_with_news(2);
    let told = world.server.do_something_new(room(1), user(2));
    world.publish(told);
    while world.hears(ada) {}
    world.answers(ada, 0);
    world.is_said(2, room(1), "m3 @ada");
    while world.hears(ada) {}
    world.hears_answer(ada, 0);
    assert_eq!(world.unread(ada, room(1)), (3, 1));
    assert_eq!(world.tab(ada).room(room(1)).unwrap().preview.unwrap().words, "m3 @ada");
}

#[test]
fn what_a_newer_version_did_makes_the_counts_be_asked_for() {
    let (mut world, ada) = tab_with_news(3);
    // Say, it took a message back: nobody here can know.
    let told = world.server.do_something_new(room(1), user(2));
    world.publish(told);
    while world.hears(ada) {}
    assert!(matches!(&world.seats[ada].asked[0].ask, Ask::CatchUp(ask) if ask.rooms[0].room == room(1)));
}

#[test]
fn what_was_read_here_stays_read_while_the_server_does_not_know_it() {
    let (mut world, ada) = tab_with_news(3);
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.is_said(2, room(1), "m4");
    let told = world.server.do_something_new(room(1), user(2));
    world.publish(told);
    while world.hears(ada) | world.hears_answer(ada, 0) {}
    assert_eq!(world.unread(ada, room(1)), (1, 0));
    world.calm();
    assert_eq!(world.unread(ada, room(1)), (1, 0));
}

#[test]
fn counts_from_before_a_jump_of_the_head_are_not_brought_forward_over_it() {
    let (mut world, ada) = tab_with_news(1);
    let told = world.server.mark(
        user(1),
        room(1),
        Marker {
            version: 0,
            ordinal: Ordinal(1),
        },
    );
    for n in 2..=3 {
        world.is_said(2, room(1), &format!("m{n}"));
    }
    world.calm();
    world.is_cut_off(ada);
    for n in 4..=9 {
        world.is_said(2, room(1), &format!("m{n}"));
    }
    // The marker is known on return, but not what the log was when it was counted.
    world.calm();
    world.is_said(2, room(1), "m10");
    world.publish(told);
    while world.hears(ada) {}
    world.calm();
    assert_eq!(world.unread(ada, room(1)), (9, 0));
}

#[test]
fn a_log_that_is_another_one_replaces_what_was_held() {
    let (mut world, ada) = tab_with_news(3);
    world.opens(ada, room(1));
    world.calm();
    world.is_cut_off(ada);
    // Somebody put an old file back, and the store did not notice.
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    log.messages.truncate(1);
    let last = log.messages[0].seq;
    log.entries.retain(|entry| entry.seq <= last);
    for text in ["other 2", "other 3"] {
        world.is_said(2, room(1), text);
    }
    world.calm();
    let rows: Vec<String> = world.sees(ada, room(1)).into_iter().filter(|row| row != "--").collect();
    assert_eq!(rows, ["m1", "other 2", "other 3"]);
}

#[test]
fn the_name_and_counts_of_a_room_off_screen_follow_a_log_that_became_shorter() {
    let (mut world, ada) = tab_with_news(5);
    world.is_cut_off(ada);
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    log.messages.truncate(2);
    log.entries.truncate(log.entries.len() - 3);
    log.name = "as it was".into();
    world.calm();
    assert_eq!(world.unread(ada, room(1)), (2, 0));
    assert_eq!(world.tab(ada).room(room(1)).unwrap().name, "as it was");
}

#[test]
fn a_log_that_became_shorter_replaces_what_was_held() {
    let (mut world, ada) = tab_with_news(3);
    world.opens(ada, room(1));
    world.calm();
    world.is_cut_off(ada);
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    log.messages.truncate(2);
    log.entries.pop();
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["--", "m1", "m2"]);
}

#[test]
fn after_a_restore_only_what_is_lost_is_said_again() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    let many = 3 * PAGE;
    for n in 1..=many {
        world.says(ada, room(1), &format!("a{n}"));
    }
    world.calm();
    world.is_cut_off(ada);
    world.server.epoch = Epoch([2; 16]);
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    log.messages.pop();
    log.entries.pop();
    let last = log.head().seq;
    world.server.keys.retain(|_, (_, seq, _)| *seq <= last);
    while world.tab(ada).status() != crate::client::Status::Live || world.tab(ada).is_loading(room(1)) {
        if !(world.connects(ada) | world.serves(ada) | world.hears(ada) | world.hears_answer(ada, 0)) {
            world.passes(500);
        }
    }
    assert_eq!(world.tab(ada).unsent(), 1, "not all that the first page does not show");
    world.calm();
    assert_eq!(world.server.rooms[&room(1)].messages.len() as u64, many);
}

#[test]
fn after_a_restore_what_others_said_again_first_hides_nothing_that_is_lost() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    for body in ["kept", "lost", "said again"] {
        world.says(ada, room(1), body);
    }
    world.calm();
    world.is_cut_off(ada);
    world.server.epoch = Epoch([2; 16]);
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    // In the place of the lost one stands another's; the one after it is where it was.
    let nth = log.messages.len() - 2;
    let seq = log.messages[nth].seq;
    log.messages[nth].author = user(2);
    log.messages[nth].client_key = ClientKey::from_bytes([9; 16]);
    world.server.keys.retain(|_, (_, stored, _)| *stored != seq);
    world.calm();
    let said = &world.server.rooms[&room(1)].messages;
    assert_eq!(said.last().map(Message::text), Some("lost"));
    assert_eq!(said.len(), 4);
}

#[test]
fn a_summary_asked_for_before_the_return_makes_no_card() {
    let (mut world, ada) = tab_with_news(1);
    let told = world.server.do_something_new(room(1), user(2));
    world.publish(told);
    while world.hears(ada) {}
    world.answers(ada, 0);
    let mut told = world.server.leaves(user(1));
    world.server.now.0 += 60 * 60 * 1_000;
    told.extend(world.server.is_back(user(1)));
    world.publish(told);
    while world.hears(ada) {}
    world.hears_answer(ada, 0);
    assert_eq!(world.tab(ada).card(), None, "what was unread before is not news");
    world.calm();
    assert_eq!(world.tab(ada).card(), None);
}

#[test]
fn an_answer_of_another_epoch_begins_the_socket_anew() {
    let (mut world, ada) = tab_with_news(2);
    world.opens(ada, room(1));
    world.server.epoch = Epoch([3; 16]);
    let before = world.tab(ada).generation();
    world.hears_answer(ada, 0);
    assert!(world.tab(ada).generation() > before);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["--", "m1", "m2"]);
}

/// So that the room opens at its end.
fn has_read_all(world: &mut World, ada: usize) {
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
}

#[test]
fn an_older_page_is_asked_for_once_however_often_it_is_wanted() {
    let (mut world, ada) = tab_with_news(30);
    has_read_all(&mut world, ada);
    world.opens(ada, room(1));
    world.calm();
    for _ in 0..3 {
        world.tells(ada, Input::LoadOlder { room: room(1) });
    }
    assert_eq!(world.seats[ada].asked.len(), 1);
    world.calm();
    assert_eq!(world.sees(ada, room(1))[0], "^20");
}

/// The second message changes, by a kind of change that this release does not know.
fn edit_second(world: &mut World) -> Vec<super::model::Told> {
    let mut told = world.server.do_something_new(room(1), user(2));
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    let changed = &mut log.messages[1];
    changed.revision = log.entries.last().unwrap().seq;
    changed.body = Some(Body::stored("m2 edited".into()));
    if let super::model::Told::Room(event) = &mut told[0] {
        event.row = Some(changed.clone());
    }
    told
}

#[test]
fn a_page_read_before_a_hole_that_was_filled_meanwhile_is_asked_for_again() {
    let (mut world, ada) = tab_with_news(9);
    has_read_all(&mut world, ada);
    world.opens(ada, room(1));
    world.calm();
    world.tells(ada, Input::LoadOlder { room: room(1) });
    world.answers(ada, 0);
    let told = edit_second(&mut world);
    world.publish(told);
    world.seats[ada].inbox.clear();
    world.is_said(2, room(1), "m10");
    world.hears(ada);
    assert!(
        matches!(world.seats[ada].asked[1].ask, Ask::Range(_)),
        "the edit was lost on the wire"
    );
    world.hears_answer(ada, 1);
    world.hears_answer(ada, 0);
    world.calm();
    assert!(
        world.sees(ada, room(1)).contains(&"m2 edited".to_string()),
        "{:?}",
        world.sees(ada, room(1))
    );
}

#[test]
fn a_room_that_is_gone_and_looked_for_again_shows_no_answer_from_before() {
    let (mut world, ada) = tab_with_news(3);
    world.opens(ada, room(1));
    world.answers(ada, 0);
    let told = world.server.leave(room(1), user(1));
    world.publish(told);
    while world.hears(ada) {}
    world.opens(ada, room(1));
    world.hears_answer(ada, 0);
    assert!(world.sees(ada, room(1)).is_empty());
    world.calm();
    assert!(world.tab(ada).open_is_gone());
}

#[test]
fn no_question_names_more_rooms_than_the_server_takes() {
    let mut world = World::new(Server::with(1, 80));
    let ada = world.seat(1);
    world.starts(ada);
    let mut longest = 0;
    while !world.tab(ada).is_settled() {
        let moved = world.connects(ada) | world.serves(ada) | world.hears(ada);
        if let Some(Ask::CatchUp(ask)) = world.seats[ada].asked.first().map(|asked| &asked.ask) {
            longest = longest.max(ask.rooms.len());
        }
        if !(moved | world.hears_answer(ada, 0)) {
            world.passes(500);
        }
    }
    assert_eq!(longest, limits::CATCH_UP_MAX_ROOMS as usize);
    assert_eq!(world.tab(ada).rooms().len(), 80);
}

/// The store is put back to where it was `dropped` messages ago.
fn restore(world: &mut World, dropped: usize) {
    world.server.epoch = Epoch([2; 16]);
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    log.messages.truncate(log.messages.len() - dropped);
    log.entries.truncate(log.entries.len() - dropped);
}

#[test]
fn after_a_restore_what_was_read_in_the_old_log_is_not_read_in_the_new_one() {
    let (mut world, ada) = tab_with_news(4);
    world.server.mark(
        user(1),
        room(1),
        Marker {
            version: 0,
            ordinal: Ordinal(1),
        },
    );
    world.tells(ada, Input::MarkAllRead { room: room(1) });
    world.calm();
    world.is_cut_off(ada);
    restore(&mut world, 2);
    let personal = world.server.users.get_mut(&user(1)).unwrap();
    personal.items.clear();
    personal.markers.clear();
    personal.head = UserSeq::ZERO;
    world.server.mark(
        user(1),
        room(1),
        Marker {
            version: 0,
            ordinal: Ordinal(1),
        },
    );
    for _ in 0..2 {
        world.is_said(2, room(1), "of the new log");
    }
    world.calm();
    assert_eq!(world.unread(ada, room(1)), (3, 0));
}

#[test]
fn what_was_held_of_the_old_log_does_not_enter_the_new_one() {
    let (mut world, ada) = tab_with_news(2);
    world.opens(ada, room(1));
    world.calm();
    for text in ["m3", "m4", "m5"] {
        world.is_said(2, room(1), text);
    }
    world.seats[ada].inbox.pop_front();
    while world.hears(ada) {}
    world.is_cut_off(ada);
    restore(&mut world, 3);
    world.is_said(2, room(1), "new 3");
    world.calm();
    world.is_said(2, room(1), "new 4");
    world.calm();
    let rows: Vec<String> = world.sees(ada, room(1)).into_iter().filter(|row| row != "--").collect();
    assert_eq!(rows, ["m1", "m2", "new 3", "new 4"]);
}

#[test]
fn nothing_is_shown_of_a_log_before_it_is_known_which_one_it_is() {
    let (mut world, ada) = tab_with_news(2);
    world.opens(ada, room(1));
    world.calm();
    world.is_cut_off(ada);
    restore(&mut world, 0);
    while !world.connects(ada) {
        world.passes(100);
    }
    let event = {
        let mut told = world
            .server
            .say(room(1), user(2), ClientKey::from_bytes([9; 16]), "of the new log");
        let Some(super::model::Told::Room(event)) = told.pop() else {
            panic!("a message is told")
        };
        event
    };
    world.seats[ada]
        .inbox
        .push_front(frame::frame([&ServerItem::from(event)]));
    world.hears(ada);
    assert!(!world.sees(ada, room(1)).contains(&"of the new log".to_string()));
    world.calm();
    assert_eq!(
        world.sees(ada, room(1)).last().map(String::as_str),
        Some("of the new log")
    );
}

#[test]
fn a_page_asked_for_under_an_older_socket_is_asked_for_again() {
    let (mut world, ada) = tab_with_news(9);
    has_read_all(&mut world, ada);
    world.opens(ada, room(1));
    world.calm();
    world.tells(ada, Input::LoadOlder { room: room(1) });
    world.answers(ada, 0);
    world.is_cut_off(ada);
    world.hears_answer(ada, 0);
    assert_eq!(world.sees(ada, room(1))[0], "^4", "thrown away");
    assert!(world.tab(ada).is_loading(room(1)));
    world.calm();
    assert_eq!(world.sees(ada, room(1))[..2], ["m1", "m2"]);
}
