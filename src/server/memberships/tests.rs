//! Coming and going, and who may make whom.

use super::{access, add, end_all, join, leave, list_members, remove};
use crate::{
    server::{
        error::{Error, Result},
        messages, rooms,
        sessions::Signed,
        testing::House,
        writer::{Batch, Told, Write},
    },
    wire::{
        Change, Ordinal, Problem, RoomId, UserId, command,
        event::{MemberJoined, MemberLeft, MemberRemoved},
        membership::RoomRole,
        user_log::{Counts, Marker},
    },
};
use futures_util::{FutureExt, future::BoxFuture};

fn problem<T: std::fmt::Debug>(result: Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

async fn may_read(house: &House, who: &Signed, room: RoomId) -> bool {
    let mut read = house.app.store.read().await.unwrap();
    access(&mut read, who, room).await.is_ok()
}

fn joining(house: &House, room: RoomId) -> command::Join {
    command::Join {
        client_key: house.key(),
        room,
    }
}

fn leaving(house: &House, room: RoomId) -> command::Leave {
    command::Leave {
        client_key: house.key(),
        room,
    }
}

fn adding(house: &House, room: RoomId, user: UserId) -> command::AddPerson {
    command::AddPerson {
        client_key: house.key(),
        room,
        user,
    }
}

fn removing(house: &House, room: RoomId, user: UserId) -> command::RemovePerson {
    command::RemovePerson {
        client_key: house.key(),
        room,
        user,
    }
}

fn changes(told: &[Told]) -> Vec<Change> {
    told.iter()
        .filter_map(|told| match told {
            Told::Room(event) => event.entry.change().ok(),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn a_room_that_is_not_there_and_one_that_is_not_yours_look_alike() {
    let house = House::open().await;
    let (ada, bo, cy) = (
        house.insert_person("ada").await,
        house.insert_person("bo").await,
        house.insert_person("cy").await,
    );
    let closed = house.closed_room(&ada, "closed").await;
    let left = house.open_room(&ada, "left").await;
    house.join(&bo, left).await;
    leave(&house.app, &bo, &leaving(&house, left)).await.unwrap();
    for room in [RoomId::from_bytes([9; 16]), closed, left] {
        let mut read = house.app.store.read().await.unwrap();
        assert_eq!(problem(access(&mut read, &bo, room).await), Problem::Gone);
        drop(read);
        let app = &house.app;
        assert_eq!(problem(leave(app, &bo, &leaving(&house, room)).await), Problem::Gone);
        let added = add(app, &bo, &adding(&house, room, cy.user())).await;
        assert_eq!(problem(added), Problem::Gone);
        let removed = remove(app, &bo, &removing(&house, room, ada.user())).await;
        assert_eq!(problem(removed), Problem::Gone);
        assert_eq!(
            problem(house.send(&bo, &house.sending(room, "hi")).await),
            Problem::Gone
        );
    }
    for room in [RoomId::from_bytes([9; 16]), closed] {
        assert_eq!(
            problem(join(&house.app, &bo, &joining(&house, room)).await),
            Problem::Gone
        );
    }
}

#[tokio::test]
async fn the_admin_of_a_closed_room_brings_others_in_and_puts_them_out() {
    let house = House::open().await;
    let (ada, bo, cy) = (
        house.insert_person("ada").await,
        house.insert_person("bo").await,
        house.insert_person("cy").await,
    );
    let room = house.closed_room(&ada, "closed").await;
    house.heard();
    add(&house.app, &ada, &adding(&house, room, bo.user())).await.unwrap();
    let app = &house.app;
    let not_allowed = Problem::NotAllowed;
    assert_eq!(
        problem(add(app, &bo, &adding(&house, room, cy.user())).await),
        not_allowed
    );
    add(app, &ada, &adding(&house, room, cy.user())).await.unwrap();
    assert_eq!(
        problem(remove(app, &bo, &removing(&house, room, cy.user())).await),
        not_allowed
    );
    assert_eq!(
        problem(remove(app, &ada, &removing(&house, room, ada.user())).await),
        not_allowed
    );
    let nobody = UserId::from_bytes([9; 16]);
    assert_eq!(
        problem(remove(app, &ada, &removing(&house, room, nobody)).await),
        Problem::Gone
    );
    assert_eq!(
        problem(add(app, &ada, &adding(&house, room, nobody)).await),
        Problem::Gone
    );

    let removed = remove(app, &ada, &removing(&house, room, cy.user())).await.unwrap();
    assert!(!may_read(&house, &cy, room).await);
    // Who is out already is the same answer, by another command too.
    let again = remove(app, &ada, &removing(&house, room, cy.user())).await.unwrap();
    assert_eq!(again.seq, removed.seq);

    let member = RoomRole::Member;
    assert_eq!(
        changes(&house.heard()),
        [
            Change::from(MemberJoined {
                user: bo.user(),
                role: member
            }),
            MemberJoined {
                user: cy.user(),
                role: member
            }
            .into(),
            MemberRemoved { user: cy.user() }.into(),
        ]
    );
    let mut read = house.app.store.read().await.unwrap();
    let proof = access(&mut read, &bo, room).await.unwrap();
    let people: Vec<_> = list_members(&mut read, &proof)
        .await
        .unwrap()
        .into_iter()
        .map(|member| (member.user, member.role))
        .collect();
    assert_eq!(people, [(ada.user(), RoomRole::Admin), (bo.user(), member)]);
}

#[tokio::test]
async fn nobody_comes_into_a_direct_room_or_goes_from_it() {
    let house = House::open().await;
    let (ada, bo, cy) = (
        house.insert_person("ada").await,
        house.insert_person("bo").await,
        house.insert_person("cy").await,
    );
    let command = command::OpenDirect {
        client_key: house.key(),
        with: bo.user(),
    };
    let room = rooms::open_direct(&house.app, &ada, &command).await.unwrap().room;
    let app = &house.app;
    let not_allowed = Problem::NotAllowed;
    assert_eq!(problem(leave(app, &ada, &leaving(&house, room)).await), not_allowed);
    assert_eq!(
        problem(add(app, &ada, &adding(&house, room, cy.user())).await),
        not_allowed
    );
    assert_eq!(
        problem(remove(app, &ada, &removing(&house, room, bo.user())).await),
        not_allowed
    );
    assert_eq!(problem(join(app, &cy, &joining(&house, room)).await), Problem::Gone);
}

#[tokio::test]
async fn what_was_said_before_somebody_came_is_theirs_to_read_and_counts_as_read() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let room = house.open_room(&ada, "garden").await;
    for text in ["one", "two @bo", "three"] {
        house.say(&ada, room, text).await;
    }
    house.join(&bo, room).await;
    let page = messages::history(
        &house.app,
        &bo,
        &crate::wire::fetch::History {
            room,
            before: Ordinal(u64::MAX),
            limit: 50,
        },
    )
    .await
    .unwrap();
    assert_eq!(page.messages.len(), 3);
    let joined = Marker {
        version: 0,
        ordinal: Ordinal(3),
    };
    let counts = house.counts(&bo, room).await;
    assert_eq!((counts.marker, counts.unread, counts.mentions), (joined, 0, 0));
    house.say(&ada, room, "welcome @bo").await;
    let counts = house.counts(&bo, room).await;
    assert_eq!((counts.unread, counts.mentions), (1, 1));
}

#[tokio::test]
async fn who_comes_back_has_read_what_was_said_meanwhile_and_their_marker_has_not_fallen() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let room = house.open_room(&ada, "garden").await;
    house.join(&bo, room).await;
    house.say(&ada, room, "one").await;
    let raised = Marker {
        version: 7,
        ordinal: Ordinal(1),
    };
    let mark = command::MarkRead { room, marker: raised };
    messages::mark_read(&house.app, &bo, &mark).await.unwrap();
    leave(&house.app, &bo, &leaving(&house, room)).await.unwrap();
    house.say(&ada, room, "two").await;
    house.join(&bo, room).await;
    let counts = house.counts(&bo, room).await;
    let expected = Marker {
        version: 7,
        ordinal: Ordinal(2),
    };
    assert_eq!(
        counts,
        Counts {
            marker: expected,
            as_of: counts.as_of,
            left: counts.left,
            returned: counts.returned,
            ..Counts::default()
        }
    );
}

#[tokio::test]
async fn being_in_already_is_the_answer_of_the_first_time() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let room = house.open_room(&ada, "garden").await;
    let first = house.join(&bo, room).await;
    house.say(&ada, room, "hi").await;
    assert_eq!(house.join(&bo, room).await.seq, first.seq);
    let added = add(&house.app, &ada, &adding(&house, room, bo.user())).await.unwrap();
    assert_eq!(added.seq, first.seq);
    assert_eq!(house.number_by_sql("SELECT seq FROM rooms").await, 4);
}

/// Ends all memberships of a person, as removing an account does.
struct PutOut {
    user: UserId,
    by: UserId,
}

impl Write for PutOut {
    type Output = ();

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        end_all(batch, self.user, self.by).boxed()
    }
}

#[tokio::test]
async fn who_is_put_out_of_the_server_is_out_of_every_room() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let garden = house.open_room(&ada, "garden").await;
    house.join(&bo, garden).await;
    let kitchen = house.open_room(&bo, "kitchen").await;
    let command = command::OpenDirect {
        client_key: house.key(),
        with: bo.user(),
    };
    let direct = rooms::open_direct(&house.app, &ada, &command).await.unwrap().room;
    house.heard();
    let (user, by) = (bo.user(), ada.user());
    house.app.writer.run(PutOut { user, by }).await.unwrap();
    for room in [garden, kitchen, direct] {
        assert!(!may_read(&house, &bo, room).await);
    }
    assert_eq!(changes(&house.heard()), vec![Change::from(MemberRemoved { user }); 3]);
    assert!(may_read(&house, &ada, direct).await);
    // Let in again, they find the room of two as it was.
    assert_eq!(
        rooms::open_direct(
            &house.app,
            &ada,
            &command::OpenDirect {
                client_key: house.key(),
                with: user
            }
        )
        .await
        .unwrap()
        .room,
        direct
    );
    assert!(may_read(&house, &bo, direct).await);
    house.app.writer.run(PutOut { user: by, by }).await.unwrap();
    let left: Vec<_> = changes(&house.heard())
        .into_iter()
        .filter(|change| matches!(change, Change::MemberLeft(MemberLeft { user }) if *user == by))
        .collect();
    assert_eq!(left.len(), 2);
}
