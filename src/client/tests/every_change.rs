//! Every kind of entry that a log can hold, made by somebody: whoever adds a kind to the
//! wire makes it happen here, or this does not compile, or fails.

use super::{
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::Input,
    wire::{
        envelope::Unpack,
        event::{
            MemberJoined, MemberLeft, MemberRemoved, MessageCreated, MessageDeleted, MessageEdited, ReactionAdded,
            ReactionRemoved, RoomCreated, RoomDeleted, RoomRenamed,
        },
        membership::RoomRole,
        *,
    },
};
use std::collections::BTreeSet;

/// One of each kind; only the kind matters.
pub fn one_of_each() -> Vec<Change> {
    let (ordinal, author, name) = (Ordinal(1), user(1), String::new());
    let emoji = thumb();
    vec![
        MessageCreated { ordinal }.into(),
        MessageEdited {
            ordinal,
            author,
            unmentioned: vec![],
        }
        .into(),
        MessageDeleted {
            ordinal,
            author,
            mentioned: vec![],
        }
        .into(),
        ReactionAdded {
            ordinal,
            emoji: emoji.clone(),
        }
        .into(),
        ReactionRemoved { ordinal, emoji }.into(),
        RoomCreated { name: name.clone() }.into(),
        RoomRenamed { name }.into(),
        MemberJoined {
            user: author,
            role: RoomRole::Member,
        }
        .into(),
        MemberLeft { user: author }.into(),
        MemberRemoved { user: author }.into(),
        RoomDeleted {}.into(),
    ]
}

pub fn thumb() -> Emoji {
    Emoji::parse("👍").unwrap()
}

/// Somebody does such a thing, by another door than those of the seats. `nth` says to
/// which message, or how; where it cannot be done, nothing happens.
pub fn happens(world: &mut World, change: &Change, by: u8, place: u8, nth: u64) {
    let id = room(place);
    let Some(log) = world.server.rooms.get(&id) else { return };
    let length = log.ordinal().0;
    let is_member = log.members.contains(&user(by));
    let ordinal = Ordinal(nth.checked_rem(length).map_or(0, |nth| nth + 1));
    let author = world.server.message(id, ordinal).map(|message| message.author);
    let author = author.unwrap_or(user(by));
    let other = user(by % 3 + 1);
    let text = ["something", "to @ada", "to @ada and @bo", "to @bo"][usize::try_from(nth % 4).unwrap()];
    let told = match change {
        Change::MessageCreated(_) if is_member => return world.is_said(by, id, text),
        Change::MessageEdited(_) => world.server.edit(id, author, ordinal, &format!("{text} {nth}")),
        Change::MessageDeleted(_) => world.server.delete(id, author, ordinal),
        Change::ReactionAdded(_) if is_member => world.server.react(id, user(by), ordinal, &thumb(), true),
        Change::ReactionRemoved(_) if is_member => world.server.react(id, user(by), ordinal, &thumb(), false),
        Change::RoomCreated(_) => {
            let new = room(u8::try_from(4 + nth % 2).unwrap());
            if world.server.rooms.contains_key(&new) {
                return;
            }
            world.server.make_room(new, user(by))
        }
        Change::RoomRenamed(_) => world.server.rename(id, user(by), &format!("name {nth}")),
        Change::RoomDeleted(_) => world.server.delete_room(id, user(by)),
        Change::MemberJoined(_) if !is_member => world.server.join(id, user(by)),
        Change::MemberLeft(_) if is_member => world.server.leave(id, user(by)),
        Change::MemberRemoved(_) => world.server.remove(id, other, user(by)),
        Change::MessageCreated(_)
        | Change::ReactionAdded(_)
        | Change::ReactionRemoved(_)
        | Change::MemberJoined(_)
        | Change::MemberLeft(_) => return,
    };
    world.publish(told);
}

/// Kind and version of every change that this program can read.
fn known() -> BTreeSet<(u16, u8)> {
    let all = (0..=u16::MAX).flat_map(|kind| (0..=4).map(move |version| (kind, version)));
    all.filter(|&(kind, version)| {
        let bare = Envelope {
            kind,
            version,
            body: vec![],
        };
        !matches!(Change::unpack(&bare), Err(Unpack::Unknown))
    })
    .collect()
}

#[test]
fn there_is_one_of_each_kind() {
    let made: BTreeSet<(u16, u8)> = one_of_each()
        .iter()
        .map(|change| (change.pack().kind, change.pack().version))
        .collect();
    assert_eq!(made, known());
}

/// What a tab of `n` shows of its rooms: rows, and what the list of rooms tells.
fn shown(world: &mut World, seat: usize) -> Vec<String> {
    let rooms: Vec<RoomId> = world.server.rooms.keys().copied().collect();
    let mut shown = Vec::new();
    for id in rooms {
        world.opens(seat, id);
        world.calm();
        let counts = world.tab(seat).counts(id);
        shown.push(format!(
            "{:?} {counts:?} {:?}",
            world.tab(seat).room(id),
            world.sees(seat, id)
        ));
    }
    shown
}

/// Old state and one entry of a kind, however it comes, is what a tab shows that knew
/// nothing before. Both ways of coming: heard live, and caught up with.
#[test]
fn old_state_and_an_event_of_any_kind_equal_a_fresh_load() {
    let mut seen = BTreeSet::new();
    for change in one_of_each() {
        for (nth, is_live) in (0..6).flat_map(|nth| [(nth, true), (nth, false)]) {
            let mut world = World::new(Server::with(3, 1));
            for (by, text) in [(2, "to @ada"), (1, "mine"), (3, "something"), (2, "to @ada and @bo")] {
                world.is_said(by, room(1), text);
            }
            let told = world
                .server
                .react(room(1), user(2), Ordinal(1 + nth % 4), &thumb(), true);
            world.publish(told);
            if change == one_of_each()[7] {
                let told = world.server.leave(room(1), user(2));
                world.publish(told);
            }
            let ada = world.tab_of(1);
            world.opens(ada, room(1));
            world.calm();
            if !is_live {
                world.is_cut_off(ada);
            }
            happens(&mut world, &change, 2, 1, nth);
            world.calm();
            let held = shown(&mut world, ada);
            let fresh = world.tab_of(1);
            assert_eq!(held, shown(&mut world, fresh), "{change:?} {nth} {is_live}");
            let entries = world.server.rooms.values().flat_map(|log| &log.entries);
            seen.extend(entries.map(|entry| (entry.change.kind, entry.change.version)));
        }
    }
    assert_eq!(seen, known(), "every kind happened");
}

#[test]
fn what_is_marked_read_stays_so_over_every_kind() {
    for change in one_of_each() {
        let mut world = World::new(Server::with(3, 1));
        world.is_said(2, room(1), "to @ada");
        world.is_said(3, room(1), "something");
        let ada = world.tab_of(1);
        world.tells(ada, Input::MarkAllRead { room: room(1) });
        world.calm();
        let is_news = matches!(change, Change::MessageCreated(_));
        happens(&mut world, &change, 2, 1, 1);
        world.calm();
        if world.tab(ada).room(room(1)).is_some() {
            assert_eq!(world.unread(ada, room(1)).0, u32::from(is_news), "{change:?}");
        }
    }
}
