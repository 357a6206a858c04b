//! Counts by subtraction equal counts by counting, whatever happened.
#![expect(
    clippy::disallowed_methods,
    reason = "left vectors are written by SQL, past their verb"
)]

use crate::{
    server::{away, memberships, messages, sessions::Signed, testing::House},
    wire::{
        Message, Ordinal, RoomId, UserId, command,
        fetch::History,
        user_log::{Counts, Marker},
    },
};
use proptest::prelude::*;

const NAMES: [&str; 3] = ["ada", "bo", "cy"];
const ACTS_MAX: usize = 60;

#[derive(Debug, Clone)]
enum Act {
    Say { who: usize, mentions: [bool; 3] },
    Mark { who: usize, version: u32, ordinal: u64 },
    GoAway { who: usize },
    ComeBack { who: usize },
    LeaveAndJoin { who: usize },
    Edit { nth: u64, mentions: [bool; 3] },
    Delete { nth: u64 },
}

fn act() -> impl Strategy<Value = Act> {
    let who = 0..NAMES.len();
    prop_oneof![
        6 => (who.clone(), any::<[bool; 3]>()).prop_map(|(who, mentions)| Act::Say { who, mentions }),
        2 => (who.clone(), 0..3_u32, 0..50_u64).prop_map(|(who, version, ordinal)| Act::Mark { who, version, ordinal }),
        1 => who.clone().prop_map(|who| Act::GoAway { who }),
        1 => who.clone().prop_map(|who| Act::ComeBack { who }),
        1 => (1..NAMES.len()).prop_map(|who| Act::LeaveAndJoin { who }),
        2 => (any::<u64>(), any::<[bool; 3]>()).prop_map(|(nth, mentions)| Act::Edit { nth, mentions }),
        2 => any::<u64>().prop_map(|nth| Act::Delete { nth }),
    ]
}

/// What each person has read, and where the room ended when they went away and came back.
#[derive(Default)]
struct Model {
    markers: [Marker; 3],
    absences: [Option<Absence>; 3],
    head: u64,
}

#[derive(Clone, Copy)]
struct Absence {
    left: u64,
    returned: Option<u64>,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_equal_those_of_somebody_who_reads_everything(acts in prop::collection::vec(act(), 1..ACTS_MAX)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live_through(acts));
    }
}

async fn live_through(acts: Vec<Act>) {
    let house = House::open().await;
    let mut people = Vec::new();
    for name in NAMES {
        people.push(house.insert_person(name).await);
    }
    let room = house.open_room(&people[0], "general").await;
    house.join(&people[1], room).await;
    house.join(&people[2], room).await;
    let mut model = Model::default();
    for act in acts {
        happen(&house, &people, room, &mut model, act).await;
        let rows = all_rows(&house, &people[0], room).await;
        for (n, who) in people.iter().enumerate() {
            let counts = house.counts(who, room).await;
            let expected = counted(&rows, who.user(), model.markers[n], model.absences[n], &counts);
            assert_eq!(counts, expected, "of {}", NAMES[n]);
        }
    }
}

async fn happen(house: &House, people: &[Signed], room: RoomId, model: &mut Model, act: Act) {
    match act {
        Act::Say { who, mentions } => {
            house.say(&people[who], room, &naming(mentions)).await;
            model.head += 1;
        }
        Act::Edit { nth, mentions } => {
            let Some(row) = one_of(all_rows(house, &people[0], room).await, nth) else {
                return;
            };
            let author = people.iter().find(|who| who.user() == row.author).unwrap();
            let edit = command::Edit {
                client_key: house.key(),
                room,
                target: row.target(),
                revision: row.revision,
                body: naming(mentions),
            };
            messages::edit(&house.app, author, &edit).await.unwrap();
        }
        Act::Delete { nth } => {
            let Some(row) = one_of(all_rows(house, &people[0], room).await, nth) else {
                return;
            };
            let delete = command::Delete {
                client_key: house.key(),
                room,
                target: row.target(),
            };
            // The room's admin may delete what anybody wrote.
            messages::delete(&house.app, &people[0], &delete).await.unwrap();
        }
        Act::Mark { who, version, ordinal } => {
            let marker = Marker {
                version,
                ordinal: Ordinal(ordinal),
            };
            let mark = command::MarkRead { room, marker };
            messages::mark_read(&house.app, &people[who], &mark).await.unwrap();
            let clamped = Marker {
                version,
                ordinal: Ordinal(ordinal.min(model.head)),
            };
            model.markers[who] = model.markers[who].max(clamped);
        }
        Act::GoAway { who } => {
            set_left_vector_by_sql(house, people[who].user(), room).await;
            model.absences[who] = Some(Absence {
                left: model.head,
                returned: None,
            });
        }
        Act::ComeBack { who } => {
            let mut conn = house.app.store.write_connection().await.unwrap();
            away::store_return(&mut conn, people[who].user()).await.unwrap();
            let left = model.absences[who].map_or(0, |absence| absence.left);
            model.absences[who] = Some(Absence {
                left,
                returned: Some(model.head),
            });
        }
        Act::LeaveAndJoin { who } => {
            let leave = command::Leave {
                client_key: house.key(),
                room,
            };
            memberships::leave(&house.app, &people[who], &leave).await.unwrap();
            house.join(&people[who], room).await;
            model.markers[who].ordinal = Ordinal(model.head);
        }
    }
}

fn naming(mentions: [bool; 3]) -> String {
    let mut text = "hello".to_owned();
    for (name, mentioned) in NAMES.iter().zip(mentions) {
        text.push_str(if mentioned { " @" } else { " " });
        text.push_str(name);
    }
    text
}

fn one_of(rows: Vec<Message>, nth: u64) -> Option<Message> {
    let mut rows: Vec<_> = rows.into_iter().filter(|row| !row.is_deleted()).collect();
    let count = u64::try_from(rows.len()).unwrap();
    (count > 0).then(|| rows.swap_remove(usize::try_from(nth % count).unwrap()))
}

async fn set_left_vector_by_sql(house: &House, user: UserId, room: RoomId) {
    let mut conn = house.app.store.write_connection().await.unwrap();
    sqlx::query(
        "INSERT INTO left_vectors (user, room, ordinal)
         SELECT ?1, id, ordinal FROM rooms WHERE id = ?2
    ON CONFLICT (user, room) DO UPDATE SET ordinal = excluded.ordinal, returned = NULL",
    )
    .bind(user)
    .bind(room)
    .execute(&mut conn)
    .await
    .unwrap();
}

async fn all_rows(house: &House, who: &Signed, room: RoomId) -> Vec<Message> {
    let ask = History {
        room,
        before: Ordinal(u64::MAX),
        limit: u32::MAX,
    };
    messages::history(&house.app, who, &ask).await.unwrap().messages
}

/// The same by looking at every message.
fn counted(rows: &[Message], me: UserId, marker: Marker, absence: Option<Absence>, counts: &Counts) -> Counts {
    let nothing = Absence {
        left: 0,
        returned: Some(0),
    };
    let Absence { left, returned } = absence.unwrap_or(nothing);
    let unread: Vec<_> = rows
        .iter()
        .filter(|row| row.ordinal > marker.ordinal && row.author != me && !row.is_deleted())
        .collect();
    let mentions: Vec<_> = unread.iter().filter(|row| row.mentions.contains(&me)).collect();
    let is_missed = |row: &&&Message| row.ordinal.0 > left && returned.is_none_or(|returned| row.ordinal.0 <= returned);
    let missed_mentions: Vec<_> = mentions.iter().copied().filter(|row| is_missed(row)).collect();
    let since_left = unread.iter().copied().filter(|row| is_missed(&row)).count();
    Counts {
        marker,
        as_of: counts.as_of,
        unread: unread.len().try_into().unwrap(),
        mentions: mentions.len().try_into().unwrap(),
        first_mention: mentions.first().map(|row| row.seq),
        since_left: since_left.try_into().unwrap(),
        left: Ordinal(left.max(marker.ordinal.0)),
        returned: returned.map(Ordinal),
        mentions_since_left: missed_mentions.len().try_into().unwrap(),
        first_mention_since_left: missed_mentions.first().map(|row| row.seq),
    }
}
