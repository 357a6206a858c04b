//! A server of a newer release: what is not understood is counted and passed over, and
//! what is understood goes on.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::{Row, Status},
    wire::{
        envelope::Unpack,
        event::UserEvent,
        fetch::Answer,
        user_log::{UserItem, UserValue},
        *,
    },
};

/// A kind nobody knows, and the next version of each kind that is known.
fn newer<T: Enveloped>() -> Vec<Envelope> {
    let is_known = |kind: u16| {
        let bare = Envelope {
            kind,
            version: 1,
            body: vec![],
        };
        !matches!(T::unpack(&bare), Err(Unpack::Unknown))
    };
    let mut all = vec![(999, 1)];
    all.extend((0..=900).filter(|&kind| is_known(kind)).map(|kind| (kind, 9)));
    assert!(all.len() > 3, "there are kinds that are known");
    let envelopes = all.into_iter().map(|(kind, version)| Envelope {
        kind,
        version,
        body: vec![1, 2, 3],
    });
    envelopes.collect()
}

fn framed(item: &Envelope) -> Vec<u8> {
    let mut frame = vec![frame::PROTOCOL];
    frame.extend(item.kind.to_le_bytes());
    frame.push(item.version);
    frame.extend(u32::try_from(item.body.len()).unwrap().to_le_bytes());
    frame.extend(&item.body);
    frame
}

fn open_room() -> (World, usize) {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.tab_of(1);
    world.opens(ada, room(1));
    world.calm();
    (world, ada)
}

/// What is said afterwards arrives on the same wire, and all is as a fresh tab has it.
fn goes_on(world: &mut World, seat: usize, generation: u32, what: &Envelope) {
    world.is_said(2, room(1), "after @ada");
    world.calm();
    assert_eq!(world.sees(seat, room(1)).last().unwrap(), "after @ada", "{what:?}");
    assert_eq!(world.tab(seat).status(), Status::Live);
    assert_eq!(world.tab(seat).generation(), generation, "{what:?}");
    let fresh = world.tab_of(1);
    world.opens(fresh, room(1));
    world.calm();
    assert_eq!(world.tab(seat).room(room(1)), world.tab(fresh).room(room(1)));
    let notes = |world: &World, seat: usize| {
        let rows = world.tab(seat).rows(room(1), &|_| 0).into_iter();
        rows.filter(|row| matches!(row, Row::Note { .. })).collect::<Vec<_>>()
    };
    assert_eq!(notes(world, seat), notes(world, fresh));
}

#[test]
fn an_item_of_a_newer_server_is_counted_and_passed_over() {
    for item in newer::<ServerItem>() {
        let (mut world, ada) = open_room();
        let generation = world.tab(ada).generation();
        world.seats[ada].inbox.push_back(framed(&item));
        world.calm();
        assert_eq!(world.tab(ada).needs_newer(), 1, "{item:?}");
        goes_on(&mut world, ada, generation, &item);
    }
}

#[test]
fn an_entry_of_a_newer_server_is_counted_and_kept_to_be_shown() {
    for change in newer::<Change>() {
        let (mut world, ada) = open_room();
        let generation = world.tab(ada).generation();
        let told = world.server.enter_newer(room(1), user(2), change.clone());
        world.publish(told);
        world.calm();
        let rows = world.tab(ada).rows(room(1), &|_| 0);
        let Some(Row::Note { entry, .. }) = rows.last() else {
            panic!("{change:?} is a note")
        };
        assert_eq!(entry.change, change, "its bytes are kept");
        goes_on(&mut world, ada, generation, &change);
    }
}

#[test]
fn a_value_of_a_newer_server_is_counted_and_what_follows_is_heard() {
    for value in newer::<UserValue>() {
        let (mut world, ada) = open_room();
        let generation = world.tab(ada).generation();
        let personal = world.server.users.get_mut(&user(1)).unwrap();
        let prev = personal.head;
        personal.head = prev.next();
        let item = UserItem {
            useq: personal.head,
            value: value.clone(),
            counts: None,
        };
        personal.items.push(item.clone());
        let event: ServerItem = UserEvent { prev, item }.into();
        world.seats[ada].inbox.push_back(frame::frame([&event]));
        world.calm();
        assert_eq!(world.tab(ada).needs_newer(), 1);
        assert!(world.tab(ada).is_settled(), "nothing is asked for again and again");
        goes_on(&mut world, ada, generation, &value);
    }
}

#[test]
fn an_answer_of_a_newer_server_is_counted_and_asked_for_again() {
    for answer in newer::<Answer>() {
        let (mut world, ada) = open_room();
        world.is_cut_off(ada);
        world.is_said(2, room(1), "missed");
        while world.seats[ada].asked.is_empty() {
            if !(world.connects(ada) | world.serves(ada) | world.hears(ada)) {
                world.passes(100);
            }
        }
        let generation = world.tab(ada).generation();
        world.seats[ada].asked[0].answer = Some(Ok(answer.clone()));
        world.hears_answer(ada, 0);
        assert_eq!(world.tab(ada).needs_newer(), 1);
        assert!(world.seats[ada].asked.is_empty(), "not at once");
        world.calm();
        goes_on(&mut world, ada, generation, &answer);
    }
}

#[test]
fn a_welcome_that_cannot_be_read_asks_for_a_reload() {
    let mut world = World::new(Server::with(2, 1));
    let ada = world.seat(1);
    world.starts(ada);
    world.passes(1_000);
    assert!(world.connects(ada));
    let welcome = Envelope {
        kind: 1,
        version: 2,
        body: vec![1],
    };
    world.seats[ada].inbox.push_back(framed(&welcome));
    world.hears(ada);
    assert_eq!(world.tab(ada).status(), Status::ReloadNeeded);
}
