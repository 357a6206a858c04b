//! What holds whatever happens, in whatever order.

use super::{
    every_change::{happens, one_of_each, thumb},
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::{Act, Drawn, Input, Pending, PendingState, Row},
    wire::{
        user_log::{Dismissed, Episode, Marker, ReadMarker, UserItem, UserValue},
        *,
    },
};
use proptest::prelude::*;

const PEOPLE: u8 = 3;
const ROOMS: u8 = 3;

/// One step of the world: small numbers, read as somebody doing something.
#[derive(Debug, Clone)]
enum Step {
    Said { by: u8, room: u8, mention: bool },
    Happens { what: Change, by: u8, room: u8, nth: u64 },
    Edits { seat: usize, room: u8, nth: u64 },
    Deletes { seat: usize, room: u8, nth: u64 },
    Reacts { seat: usize, room: u8, nth: u64 },
    New { room: u8 },
    Says { seat: usize, room: u8 },
    Opens { seat: usize, room: u8 },
    LoadsOlder { seat: usize, room: u8 },
    LoadsNewer { seat: usize, room: u8 },
    Nears { seat: usize, room: u8, seq: u64 },
    StandsAtEnd { seat: usize, room: u8 },
    LetsGo { seat: usize, room: u8, seq: u64 },
    Jumps { seat: usize, room: u8, seq: u64 },
    Reads { seat: usize, room: u8, ordinal: u64 },
    Leaves { who: u8, room: u8 },
    Joins { who: u8, room: u8 },
    Away { who: u8 },
    Back { who: u8 },
    Connects { seat: usize },
    Serves { seat: usize },
    Hears { seat: usize },
    HearsTwice { seat: usize },
    Loses { seat: usize },
    Answers { seat: usize, nth: usize },
    HearsAnswer { seat: usize, nth: usize },
    FailsAnswer { seat: usize },
    Cut { seat: usize },
    CutUnnoticed { seat: usize },
    Passes { millis: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let seat = 0_usize..3;
    let place = 1..=ROOMS;
    let who = 1..=PEOPLE;
    prop_oneof![
        6 => (who.clone(), place.clone(), any::<bool>()).prop_map(|(by, room, mention)| Step::Said { by, room, mention }),
        6 => (prop::sample::select(one_of_each()), who.clone(), place.clone(), 0_u64..30)
            .prop_map(|(what, by, room, nth)| Step::Happens { what, by, room, nth }),
        2 => (seat.clone(), place.clone(), 0_u64..30).prop_map(|(seat, room, nth)| Step::Edits { seat, room, nth }),
        1 => (seat.clone(), place.clone(), 0_u64..30).prop_map(|(seat, room, nth)| Step::Deletes { seat, room, nth }),
        2 => (seat.clone(), place.clone(), 0_u64..30).prop_map(|(seat, room, nth)| Step::Reacts { seat, room, nth }),
        1 => place.clone().prop_map(|room| Step::New { room }),
        3 => (seat.clone(), place.clone()).prop_map(|(seat, room)| Step::Says { seat, room }),
        2 => (seat.clone(), place.clone()).prop_map(|(seat, room)| Step::Opens { seat, room }),
        1 => (seat.clone(), place.clone()).prop_map(|(seat, room)| Step::LoadsOlder { seat, room }),
        1 => (seat.clone(), place.clone()).prop_map(|(seat, room)| Step::LoadsNewer { seat, room }),
        1 => (seat.clone(), place.clone(), 0_u64..40).prop_map(|(seat, room, seq)| Step::Nears { seat, room, seq }),
        1 => (seat.clone(), place.clone()).prop_map(|(seat, room)| Step::StandsAtEnd { seat, room }),
        1 => (seat.clone(), place.clone(), 0_u64..40).prop_map(|(seat, room, seq)| Step::LetsGo { seat, room, seq }),
        1 => (seat.clone(), place.clone(), 0_u64..40).prop_map(|(seat, room, seq)| Step::Jumps { seat, room, seq }),
        2 => (seat.clone(), place.clone(), 0_u64..30).prop_map(|(seat, room, ordinal)| Step::Reads { seat, room, ordinal }),
        1 => (who.clone(), place.clone()).prop_map(|(who, room)| Step::Leaves { who, room }),
        1 => (who.clone(), place).prop_map(|(who, room)| Step::Joins { who, room }),
        1 => who.clone().prop_map(|who| Step::Away { who }),
        1 => who.prop_map(|who| Step::Back { who }),
        4 => seat.clone().prop_map(|seat| Step::Connects { seat }),
        6 => seat.clone().prop_map(|seat| Step::Serves { seat }),
        8 => seat.clone().prop_map(|seat| Step::Hears { seat }),
        1 => seat.clone().prop_map(|seat| Step::HearsTwice { seat }),
        1 => seat.clone().prop_map(|seat| Step::Loses { seat }),
        2 => (seat.clone(), 0_usize..2).prop_map(|(seat, nth)| Step::Answers { seat, nth }),
        5 => (seat.clone(), 0_usize..2).prop_map(|(seat, nth)| Step::HearsAnswer { seat, nth }),
        1 => seat.clone().prop_map(|seat| Step::FailsAnswer { seat }),
        1 => seat.clone().prop_map(|seat| Step::Cut { seat }),
        1 => seat.prop_map(|seat| Step::CutUnnoticed { seat }),
        3 => (0_u64..4_000).prop_map(|millis| Step::Passes { millis }),
    ]
}

fn take(world: &mut World, step: Step, said: &mut Vec<(usize, u8, String)>) {
    let is_in = |world: &World, who: u8, place: u8| world.server.rooms[&room(place)].members.contains(&user(who));
    match step {
        Step::Said {
            by,
            room: place,
            mention,
        } => {
            if is_in(world, by, place) {
                world.is_said(by, room(place), if mention { "to @ada and @bo" } else { "something" });
            }
        }
        Step::Happens {
            what,
            by,
            room: place,
            nth,
        } => happens(world, &what, by, place, nth),
        Step::Edits { seat, room: place, nth } => {
            if let Some(message) = row(world, seat, place, nth) {
                let edit = Input::Edit {
                    room: room(place),
                    target: message.target(),
                    revision: message.revision,
                    body: format!("edited to {nth}"),
                };
                world.tells(seat, edit);
            }
        }
        Step::Deletes { seat, room: place, nth } => {
            if let Some(message) = row(world, seat, place, nth) {
                let delete = Act::Delete {
                    room: room(place),
                    target: message.target(),
                };
                world.tells(seat, Input::Do(delete));
            }
        }
        Step::Reacts { seat, room: place, nth } => {
            if let Some(message) = row(world, seat, place, nth) {
                let react = Act::React {
                    room: room(place),
                    target: message.target(),
                    emoji: thumb(),
                    on: nth % 3 > 0,
                };
                world.tells(seat, Input::Do(react));
            }
        }
        Step::New { room: place } => {
            let told = world.server.do_something_new(room(place), user(1));
            world.publish(told);
        }
        Step::Says { seat, room: place } => {
            let text = format!("{} of {seat}", said.len());
            world.says(seat, room(place), &text);
            said.push((seat, place, text));
        }
        Step::Opens { seat, room: place } => world.opens(seat, room(place)),
        Step::LoadsOlder { seat, room: place } => world.tells(seat, Input::LoadOlder { room: room(place) }),
        Step::LoadsNewer { seat, room: place } => {
            let rows = world.tab(seat).rows(room(place), &|_| 0);
            let gap = rows.iter().find_map(|row| match row {
                Row::Gap { before, .. } => Some(*before),
                _ => None,
            });
            if let Some(before) = gap {
                let room = room(place);
                world.tells(seat, Input::LoadNewer { room, before });
            }
        }
        Step::Nears { seat, room: place, seq } => {
            let (room, at) = (room(place), Seq(seq));
            world.tells(seat, Input::Near { room, at });
        }
        Step::StandsAtEnd { seat, room: place } => world.tells(seat, Input::AtEnd { room: room(place) }),
        // What happens to a reader of very many rows, here of a few.
        Step::LetsGo { seat, room: place, seq } => {
            if let Some(state) = world.seats[seat].tab.rooms.get_mut(room(place)) {
                state.timeline.trim_around(Seq(seq), 3, 4);
            }
        }
        Step::Jumps { seat, room: place, seq } => {
            world.tells(
                seat,
                Input::OpenRoom {
                    room: room(place),
                    at: Some(Seq(seq)),
                },
            );
        }
        Step::Reads {
            seat,
            room: place,
            ordinal,
        } => {
            world.tells(
                seat,
                Input::Displayed {
                    room: room(place),
                    from: Ordinal(ordinal.saturating_sub(3)),
                    to: Ordinal(ordinal),
                },
            );
        }
        Step::Leaves { who, room: place } => {
            let told = world.server.leave(room(place), user(who));
            world.publish(told);
        }
        Step::Joins { who, room: place } => {
            if !is_in(world, who, place) {
                let told = world.server.join(room(place), user(who));
                world.publish(told);
            }
        }
        Step::Away { who } => {
            let told = world.server.leaves(user(who));
            world.publish(told);
        }
        Step::Back { who } => {
            let told = world.server.is_back(user(who));
            world.publish(told);
        }
        Step::Connects { seat } => {
            world.connects(seat);
        }
        Step::Serves { seat } => {
            world.serves(seat);
        }
        Step::Hears { seat } => {
            world.hears(seat);
        }
        Step::HearsTwice { seat } => {
            if let Some(bytes) = world.seats[seat].inbox.front().cloned() {
                world.seats[seat].inbox.push_front(bytes);
            }
        }
        Step::Loses { seat } => {
            world.seats[seat].inbox.pop_front();
        }
        Step::Answers { seat, nth } => {
            world.answers(seat, nth);
        }
        Step::HearsAnswer { seat, nth } => {
            world.hears_answer(seat, nth);
        }
        Step::FailsAnswer { seat } => {
            if !world.seats[seat].asked.is_empty() {
                let fetch = world.seats[seat].asked.remove(0).fetch;
                world.tells(
                    seat,
                    Input::Fetched {
                        fetch,
                        answer: Err(Problem::Unavailable),
                    },
                );
            }
        }
        Step::Cut { seat } => world.is_cut_off(seat),
        // The server holds it to be gone; the tab finds out by silence.
        Step::CutUnnoticed { seat } => {
            if world.seats[seat].socket.is_some() {
                world.seats[seat].inbox.clear();
                world.is_cut_off(seat);
            }
        }
        Step::Passes { millis } => world.passes(millis),
    }
}

/// Some message that the seat shows.
fn row(world: &World, seat: usize, place: u8, nth: u64) -> Option<Message> {
    let rows = world.tab(seat).rows(room(place), &|_| 0);
    let mut messages = rows.iter().filter_map(|row| match row {
        Row::Message { message, .. } => Some(Message::clone(message)),
        _ => None,
    });
    let count = messages.clone().count();
    messages.nth(usize::try_from(nth).unwrap().checked_rem(count)?)
}

/// Steps by which a text in the log may be another one than was said.
fn changes_texts(step: &Step) -> bool {
    match step {
        Step::Happens { what, .. } => matches!(what, Change::MessageEdited(_) | Change::MessageDeleted(_)),
        Step::Edits { .. } | Step::Deletes { .. } => true,
        _ => false,
    }
}

fn what_is_drawn_is_a_piece_of_what_is_there(world: &World) {
    for (seat, place) in (0..3).flat_map(|seat| (1..=ROOMS).map(move |n| (seat, room(n)))) {
        let rows = world.tab(seat).rows(place, &|_| 0);
        let stand = world.tab(seat).rooms.get(place).map(|room| room.stand);
        for beside in [1, 4, 150] {
            let drawn = Drawn::around(stand.unwrap_or_default(), rows.clone(), beside);
            assert!(drawn.rows.len() <= 2 * beside);
            let from = (0..=rows.len()).find(|from| rows[*from..].starts_with(&drawn.rows));
            let from = from.expect("a piece of it");
            assert_eq!(drawn.more_above, from > 0, "{stand:?} {beside}");
            assert_eq!(drawn.more_below, from + drawn.rows.len() < rows.len());
            assert_eq!(drawn.rows.is_empty(), rows.is_empty());
        }
    }
}

/// Everything under way arrives. What a wire lost last, nothing tells of but the next
/// thing said; where none is, a new wire does.
fn mend(world: &mut World, lossy: bool) {
    for seat in 0..3 {
        if lossy {
            world.is_cut_off(seat);
        }
    }
    world.calm();
}

/// Loads every older page of an open room, and every gap.
fn load_all(world: &mut World, seat: usize, place: RoomId) {
    for _ in 0..200 {
        let rows = world.tab(seat).rows(place, &|_| 0);
        let hole = rows.iter().find_map(|row| match row {
            Row::Older { .. } => Some(Input::LoadOlder { room: place }),
            Row::Gap { before, .. } => Some(Input::LoadGap {
                room: place,
                before: *before,
            }),
            _ => None,
        });
        let Some(hole) = hole else { return };
        world.tells(seat, hole);
        world.calm();
    }
    panic!("holes that do not close: {:?}", world.sees(seat, place));
}

/// Everything there is to see of a room, but for what is only this tab's.
fn whole_room(world: &mut World, seat: usize, place: RoomId) -> (Vec<Row>, Option<crate::client::RoomLine>) {
    world.opens(seat, place);
    world.calm();
    load_all(world, seat, place);
    let rows = world.tab(seat).rows(place, &|_| 0);
    let rows = rows
        .into_iter()
        .filter(|row| !matches!(row, Row::New | Row::Day(_) | Row::Pending { .. }));
    let bare = rows.map(|row| match row {
        Row::Message {
            message,
            stale,
            overlay,
            ..
        } => {
            if let Some(overlay) = overlay {
                let is_refused = |edit: &Pending| matches!(edit.state, PendingState::NotSent(_));
                assert!(overlay.edit.as_ref().is_some_and(is_refused), "{overlay:?}");
                assert!(
                    overlay.deleting.is_none() && overlay.reactions.is_empty(),
                    "{overlay:?}"
                );
            }
            Row::Message {
                message,
                stale,
                continues: false,
                overlay: None,
            }
        }
        row => row,
    });
    (bare.collect(), world.tab(seat).room(place))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn old_state_and_events_in_any_order_equal_a_fresh_load(steps in prop::collection::vec(step(), 0..120)) {
        let mut world = World::new(Server::with(PEOPLE, ROOMS));
        // Two tabs of one person and one of another.
        for n in [1, 1, 2] {
            let seat = world.seat(n);
            world.starts(seat);
        }
        let mut said = Vec::new();
        let lossy = steps.iter().any(|step| matches!(step, Step::Loses { .. }));
        for step in steps {
            take(&mut world, step, &mut said);
            what_is_drawn_is_a_piece_of_what_is_there(&world);
        }
        mend(&mut world, lossy);
        // While somebody is away, nobody needs to know where they left.
        for who in 1..=PEOPLE {
            take(&mut world, Step::Back { who }, &mut said);
        }
        world.calm();
        for (fresh_of, seats) in [(1, vec![0, 1]), (2, vec![2])] {
            let fresh = world.seat(fresh_of);
            world.starts(fresh);
            world.calm();
            let places: Vec<RoomId> = world.server.rooms.keys().copied().collect();
            for place in places {
                let expected = whole_room(&mut world, fresh, place);
                let is_member = world.server.rooms[&place].members.contains(&user(fresh_of));
                prop_assert_eq!(expected.1.is_some(), is_member);
                if is_member {
                    let counts = world.server.counts(user(fresh_of), place);
                    prop_assert_eq!(world.tab(fresh).counts(place), Some(counts), "counts are those of the log");
                    let messages = expected.0.iter().filter(|row| matches!(row, Row::Message { .. })).count();
                    prop_assert_eq!(messages, world.server.rooms[&place].messages.len(), "nothing is missing");
                }
                for &seat in &seats {
                    let held = whole_room(&mut world, seat, place);
                    prop_assert_eq!(&held, &expected, "seat {} room {:?}", seat, place);
                    let (ours, theirs) = (world.tab(seat).counts(place), world.tab(fresh).counts(place));
                    let bare = |counts: Option<crate::wire::user_log::Counts>| counts.map(|c| (c.marker, c.unread, c.mentions, c.first_mention, c.since_left, c.mentions_since_left, c.first_mention_since_left, c.left, c.returned));
                    prop_assert_eq!(bare(ours), bare(theirs));
                }
            }
        }
    }

    #[test]
    fn what_is_said_leaves_once_and_in_order_or_is_told_as_not_sent(steps in prop::collection::vec(step(), 0..120)) {
        let mut world = World::new(Server::with(PEOPLE, ROOMS));
        for n in [1, 1, 2] {
            let seat = world.seat(n);
            world.starts(seat);
        }
        let mut said = Vec::new();
        let lossy = steps.iter().any(|step| matches!(step, Step::Loses { .. }));
        for step in steps.into_iter().filter(|step| !changes_texts(step)) {
            take(&mut world, step, &mut said);
        }
        mend(&mut world, lossy);
        for place in 1..=ROOMS {
            let log: Vec<String> = world.server.rooms[&room(place)].messages.iter().map(|m| m.text().to_owned()).collect();
            for seat in 0..3 {
                let wanted: Vec<&String> = said.iter().filter(|(by, to, _)| (*by, *to) == (seat, place)).map(|(.., text)| text).collect();
                let stored: Vec<&String> = log.iter().filter(|text| wanted.contains(text)).collect();
                let not_sent: Vec<String> = world.sees(seat, room(place)).into_iter().filter(|row| row.ends_with('…')).collect();
                let mut at = stored.iter();
                for text in &wanted {
                    let is_stored = at.as_slice().first() == Some(text) && at.next().is_some();
                    prop_assert!(is_stored != not_sent.contains(&format!("{text}…")), "{text}: log {log:?}, not sent {not_sent:?}");
                }
                prop_assert_eq!(at.next(), None, "twice or out of order");
            }
        }
    }

    #[test]
    fn markers_never_fall(steps in prop::collection::vec(step(), 0..120)) {
        let mut world = World::new(Server::with(PEOPLE, ROOMS));
        for n in [1, 1, 2] {
            let seat = world.seat(n);
            world.starts(seat);
        }
        let mut seen: Vec<Marker> = vec![Marker::default(); 9];
        for step in steps {
            let lost_room = match &step {
                Step::Leaves { .. } | Step::Joins { .. } => true,
                Step::Happens { what, .. } => matches!(what, Change::MemberJoined(_) | Change::MemberLeft(_) | Change::MemberRemoved(_)),
                _ => false,
            };
            if lost_room {
                continue;
            }
            take(&mut world, step, &mut Vec::new());
            for seat in 0..3 {
                for place in 1..=ROOMS {
                    let at = seat * 3 + usize::from(place) - 1;
                    let marker = world.tab(seat).counts(room(place)).unwrap_or_default().marker;
                    prop_assert!(marker >= seen[at]);
                    seen[at] = marker;
                }
            }
        }
    }

    #[test]
    fn values_of_the_user_log_merge_alike_in_any_order_and_any_number_of_times(
        picks in prop::collection::vec((0_u8..3, 0_u64..6, 0_u32..3, 1_u8..4), 1..12),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let items: Vec<UserItem> = picks.iter().zip(1..).map(|(&(kind, ordinal, version, n), useq)| {
            let value: UserValue = match kind {
                0 => ReadMarker { room: room(n), marker: Marker { version, ordinal: Ordinal(ordinal) } }.into(),
                1 => Dismissed { episodes: vec![EpisodeId::from_bytes([n; 16])] }.into(),
                _ => Episode { episode: EpisodeId::from_bytes([n; 16]), last_active: Millis(ordinal), back: None, returned: None }.into(),
            };
            UserItem { useq: UserSeq(useq), value: value.pack(), counts: None }
        }).collect();
        let mut in_order = super::super::user_log::UserLog::default();
        for item in &items {
            in_order.take(item);
        }
        let mut any_order = super::super::user_log::UserLog::default();
        for index in &order {
            any_order.take(index.get(&items));
        }
        for item in items.iter().rev() {
            any_order.take(item);
        }
        prop_assert_eq!(any_order, in_order);
    }
}
