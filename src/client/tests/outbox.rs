//! Sending: what was written leaves once, in order, or says why not.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::{Act, Effect, Input, MemoryStore, PendingState, Row, Stored, outbox::Outbox},
    wire::{command, event::Rejected, *},
};

fn states(world: &World, seat: usize, place: RoomId) -> Vec<PendingState> {
    let rows = world.tab(seat).rows(place, &|_| 0);
    rows.into_iter()
        .filter_map(|row| match row {
            Row::Pending { pending, .. } => Some(pending.state),
            _ => None,
        })
        .collect()
}

fn log(world: &World, place: RoomId) -> Vec<&str> {
    world.server.rooms[&place].messages.iter().map(Message::text).collect()
}

#[test]
fn a_message_is_pending_at_once_and_sent_when_its_event_comes() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.says(ada, room(1), "hi");
    assert_eq!(world.sees(ada, room(1)), ["hi…"]);
    assert_eq!(states(&world, ada, room(1)), [PendingState::Sending]);
    let key = |world: &World| {
        let rows = world.tab(ada).rows(room(1), &|_| 0);
        rows.last().map(|row| row.key(user(1)))
    };
    let pending = key(&world);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["hi"]);
    assert_eq!(key(&world), pending, "the row on screen stays the same one");
    assert_eq!(world.unread(ada, room(1)), (0, 0), "own messages are never unread");
}

#[test]
fn messages_written_offline_leave_in_order_after_those_already_stored() {
    let mut world = World::new(Server::with(2, 2));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.is_cut_off(ada);
    for text in ["a1", "a2", "a3"] {
        world.says(ada, room(1), text);
    }
    world.says(ada, room(2), "elsewhere");
    world.is_said(2, room(1), "b1");
    assert_eq!(
        states(&world, ada, room(1)),
        [
            PendingState::WaitingForNetwork,
            PendingState::WaitingForNetwork,
            PendingState::WaitingForNetwork
        ]
    );
    world.calm();
    assert_eq!(log(&world, room(1)), ["b1", "a1", "a2", "a3"]);
    assert_eq!(log(&world, room(2)), ["elsewhere"]);
    assert_eq!(world.sees(ada, room(1)), ["b1", "a1", "a2", "a3"]);
}

#[test]
fn one_message_per_room_is_under_way_and_rooms_do_not_wait_for_each_other() {
    let mut world = World::new(Server::with(2, 2));
    let ada = world.tab_of(1);
    for (place, text) in [(1, "a1"), (1, "a2"), (2, "b1")] {
        world.says(ada, room(place), text);
    }
    let mut bodies = Vec::new();
    for bytes in &world.seats[ada].sent {
        for item in frame::items(bytes).unwrap() {
            if let Ok(ClientItem::Command(Command::Send(send))) = ClientItem::unpack(&item) {
                bodies.push(send.body);
            }
        }
    }
    assert_eq!(bodies, ["a1", "b1"]);
}

#[test]
fn a_message_whose_answer_was_lost_is_stored_once() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.says(ada, room(1), "once");
    world.serves(ada);
    world.is_cut_off(ada);
    world.calm();
    assert_eq!(log(&world, room(1)), ["once"]);
    assert_eq!(world.sees(ada, room(1)), ["once"]);
    assert_eq!(world.tab(ada).unsent(), 0);
}

#[test]
fn a_key_that_is_known_in_a_room_without_rows_is_done_when_it_is_accepted() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.says(ada, room(1), "once");
    world.serves(ada);
    world.is_cut_off(ada);
    world.calm();
    assert_eq!((log(&world, room(1)), world.tab(ada).unsent()), (vec!["once"], 0));
}

#[test]
fn too_fast_waits_and_nothing_overtakes() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.too_fast = Some(900);
    for text in ["a1", "a2", "a3"] {
        world.says(ada, room(1), text);
    }
    world.serves(ada);
    world.hears(ada);
    world.passes(899);
    assert!(world.seats[ada].sent.is_empty());
    world.too_fast = None;
    world.passes(1);
    assert_eq!(world.seats[ada].sent.len(), 1);
    world.calm();
    assert_eq!(log(&world, room(1)), ["a1", "a2", "a3"]);
}

#[test]
fn a_refused_message_keeps_its_text_and_lets_others_pass() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.says(ada, room(1), "first");
    world.says(ada, room(1), "second");
    let key = sent_keys(&world, ada)[0];
    world
        .server
        .keys
        .insert((user(1), key), (room(1), Seq(1), "something else".into()));
    world.calm();
    assert_eq!(world.sees(ada, room(1)).last().unwrap(), "first…");
    assert_eq!(
        states(&world, ada, room(1)),
        [PendingState::NotSent(Problem::KeyReused)]
    );
    assert_eq!(log(&world, room(1)), ["second"]);
    world.tells(ada, Input::Retry(key));
    world.calm();
    assert_eq!(log(&world, room(1)), ["second", "first"]);
    assert!(states(&world, ada, room(1)).is_empty());
}

fn sent_keys(world: &World, seat: usize) -> Vec<ClientKey> {
    let items = world.seats[seat]
        .sent
        .iter()
        .flat_map(|bytes| frame::items(bytes).unwrap());
    items
        .filter_map(|item| match ClientItem::unpack(&item) {
            Ok(ClientItem::Command(command)) => command.client_key(),
            _ => None,
        })
        .collect()
}

#[test]
fn what_was_not_sent_to_a_room_that_is_gone_stays_to_copy() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.is_cut_off(ada);
    world.says(ada, room(1), "too late");
    world.server.leave(room(1), user(1));
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["too late…"]);
    assert_eq!(states(&world, ada, room(1)), [PendingState::NotSent(Problem::Gone)]);
    let rows = world.tab(ada).rows(room(1), &|_| 0);
    let Some(Row::Pending { pending, .. }) = rows.last() else {
        panic!("{rows:?}")
    };
    world.tells(ada, Input::Discard(pending.client_key));
    assert!(world.sees(ada, room(1)).is_empty());
}

#[test]
fn text_that_cannot_be_sent_goes_back_to_its_author() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    let long = "x".repeat(16 * 1024 + 1);
    for (body, problem) in [
        ("  \n", Problem::BodyEmpty),
        ("a\0b", Problem::BodyUnreadable),
        (long.as_str(), Problem::BodyTooLong { max_bytes: 16 * 1024 }),
    ] {
        world.says(ada, room(1), body);
        let expected = Effect::NotQueued {
            room: room(1),
            body: body.into(),
            problem,
        };
        assert_eq!(world.seats[ada].shown.pop(), Some(expected));
    }
    assert_eq!(world.tab(ada).unsent(), 0);
}

#[test]
fn a_full_outbox_refuses_and_gives_the_text_back() {
    let mut world = World::new(Server::with(2, 1));
    world.server.limits.outbox_max = 3;
    let ada = world.tab_of(1);
    world.is_cut_off(ada);
    for n in 0..4 {
        world.says(ada, room(1), &format!("m{n}"));
    }
    let refused = Effect::NotQueued {
        room: room(1),
        body: "m3".into(),
        problem: Problem::TooMany { max: 3 },
    };
    assert_eq!(world.seats[ada].shown, [refused]);
    world.calm();
    assert_eq!(log(&world, room(1)), ["m0", "m1", "m2"]);
}

#[test]
fn what_an_earlier_tab_left_leaves_now() {
    let mut world = World::new(Server::with(2, 1));
    let stored = |n: u8, failed| Stored {
        client_key: ClientKey::from_bytes([n; 16]),
        command: command::Send {
            client_key: ClientKey::from_bytes([n; 16]),
            room: room(1),
            body: format!("m{n}"),
        }
        .into(),
        made_at: Millis(1),
        failed,
    };
    let store = MemoryStore::holding(vec![
        stored(1, None),
        stored(2, Some(Problem::NotAllowed)),
        stored(3, None),
    ]);
    let ada = world.seat_holding(1, Box::new(store));
    world.starts(ada);
    world.calm();
    assert_eq!(log(&world, room(1)), ["m1", "m3"]);
    assert_eq!(world.sees(ada, room(1)), ["m2…"]);
}

#[test]
fn a_server_that_cannot_now_is_asked_again_with_the_same_key() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.says(ada, room(1), "hi");
    let key = sent_keys(&world, ada)[0];
    world.seats[ada].sent.clear();
    let rejected: ServerItem = event::Rejected {
        client_key: key,
        problem: Problem::Unavailable,
    }
    .into();
    world.seats[ada].inbox.push_back(frame::frame([&rejected]));
    world.hears(ada);
    assert!(world.seats[ada].sent.is_empty());
    world.calm();
    assert!(world.server.keys.contains_key(&(user(1), key)));
}

#[test]
fn a_sending_moves_no_read_marker() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.is_cut_off(ada);
    world.says(ada, room(1), "from days ago");
    world.is_said(2, room(1), "missed @ada");
    world.calm();
    assert_eq!(world.unread(ada, room(1)), (1, 1));
}

#[test]
fn a_room_that_is_made_is_told_with_its_id_and_appears() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.tells(
        ada,
        Input::Do(Act::CreateRoom {
            kind: RoomKind::Open,
            name: "new".into(),
        }),
    );
    world.calm();
    let Some(Effect::Settled { outcome: Ok(made), .. }) = world.seats[ada].shown.pop() else {
        panic!("it is settled")
    };
    assert!(world.tab(ada).room(made).is_some());
    world.tells(ada, Input::Do(Act::Leave { room: made }));
    world.calm();
    assert!(matches!(world.seats[ada].shown.pop(), Some(Effect::Settled { outcome: Ok(left), .. }) if left == made));
    assert!(world.tab(ada).room(made).is_none());
    assert_eq!(world.seats[ada].shown, [], "and once only");
}

#[test]
fn a_room_that_is_renamed_has_its_new_name_everywhere() {
    let mut world = World::new(Server::with(2, 1));
    let (ada, bo) = (world.tab_of(1), world.tab_of(2));
    world.tells(
        ada,
        Input::Do(Act::RenameRoom {
            room: room(1),
            name: "lounge".into(),
        }),
    );
    world.calm();
    for seat in [ada, bo] {
        assert_eq!(world.tab(seat).room(room(1)).unwrap().name, "lounge");
    }
}

#[test]
fn a_message_stored_just_before_its_author_was_removed_is_not_called_unsent() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.says(ada, room(1), "last words");
    world.serves(ada);
    let told = world.server.leave(room(1), user(1));
    // What is queued of the room is dropped for who is not in it any more.
    world.seats[ada].inbox.clear();
    world.publish(told);
    world.calm();
    assert!(states(&world, ada, room(1)).is_empty());
    assert_eq!(log(&world, room(1)), ["last words"]);
}

#[test]
fn a_command_that_nobody_answers_is_said_again_on_the_same_wire() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.says(ada, room(1), "hi");
    let generation = world.tab(ada).generation();
    world.seats[ada].sent.clear();
    world.calm();
    assert_eq!(
        (log(&world, room(1)), world.tab(ada).generation()),
        (vec!["hi"], generation)
    );
}

#[test]
fn a_new_wire_says_at_once_what_an_older_one_left_unanswered() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.says(ada, room(1), "hi");
    world.is_cut_off(ada);
    let cut_at = world.server.now.0;
    while log(&world, room(1)).is_empty() {
        if !(world.connects(ada) | world.serves(ada) | world.hears(ada) | world.hears_answer(ada, 0)) {
            world.passes(100);
        }
    }
    assert!(world.server.now.0 - cut_at < 2_000);
}

#[test]
fn a_key_stands_in_the_outbox_once() {
    let mut outbox = Outbox::of(Box::new(MemoryStore::default()));
    let send = command::Send {
        client_key: ClientKey::from_bytes([1; 16]),
        room: room(1),
        body: "hi".into(),
    };
    for _ in 0..2 {
        outbox.push(send.clone().into(), Millis(1), 10).unwrap();
    }
    assert_eq!(outbox.pending(room(1), true).len(), 1);
}

#[test]
fn a_room_that_is_behind_is_caught_up_before_anything_leaves_for_it() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.is_cut_off(ada);
    world.says(ada, room(1), "mine");
    world.is_said(2, room(1), "missed");
    while world.seats[ada].asked.is_empty() {
        if !(world.connects(ada) | world.serves(ada) | world.hears(ada)) {
            world.passes(100);
        }
    }
    assert_eq!(sent_keys(&world, ada), []);
    world.hears_answer(ada, 0);
    assert_eq!(sent_keys(&world, ada).len(), 1);
}

#[test]
fn a_refusal_of_an_earlier_attempt_does_not_fail_a_command_that_was_sent_again() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    world.says(ada, room(1), "hi");
    let first = world.seats[ada].sent.pop_front().unwrap();
    // Its answer is late: the tab sends it once more on the same socket.
    world.passes(20_000);
    let again = world.seats[ada].sent.iter().find(|bytes| **bytes == first);
    assert!(again.is_some());
    let client_key = world.tab(ada).rows(room(1), &|_| 0).iter().find_map(|row| match row {
        Row::Pending { pending, .. } => Some(pending.client_key),
        _ => None,
    });
    let refusal: ServerItem = Rejected {
        client_key: client_key.unwrap(),
        problem: Problem::Gone,
    }
    .into();
    world.seats[ada].inbox.push_back(frame::frame([&refusal]));
    world.hears(ada);
    assert_eq!(world.tab(ada).unsent(), 1, "the second attempt is not answered yet");
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["hi"]);
    assert_eq!(world.tab(ada).unsent(), 0);
}
