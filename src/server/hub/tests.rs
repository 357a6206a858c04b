//! Stories of who hears what, told over the true task and queues.

use super::{Connection, Ending, Hub, Next, Tie};
use crate::{
    server::{
        testing::House,
        writer::{Batch, Publication, Told, Write},
    },
    wire::{
        Change, ClientKey, DirectorySeq, Entry, Enveloped, Message, Millis, Ordinal, Person, RoomEvent, RoomId, Seq,
        ServerItem, SessionId, Tail, UserId, UserSeq,
        event::{MemberJoined, MemberLeft, MemberRemoved, MessageCreated, Pong, UserEvent},
        frame,
        limits::CONNECTION_QUEUE_MAX_FRAMES,
        membership::RoomRole,
        user_log::{Dismissed, UserItem, UserValue},
    },
};
use futures_util::future::{BoxFuture, FutureExt};
use std::{future::pending, sync::Arc};
use tokio::sync::{Notify, mpsc};

const ADA: UserId = UserId::from_bytes([1; 16]);
const BO: UserId = UserId::from_bytes([2; 16]);
const HALL: RoomId = RoomId::from_bytes([3; 16]);
const ATTIC: RoomId = RoomId::from_bytes([4; 16]);

/// A hub fed by the true writer: only it can prove that something is stored.
struct Story {
    hub: Hub,
    house: House,
    publish: mpsc::Sender<Publication>,
}

/// Tells things as a verb does, and stores nothing else.
struct Tells(Vec<Told>);

impl Write for Tells {
    type Output = ();

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, crate::server::error::Result<()>> {
        async {
            self.0.iter().cloned().for_each(|told| batch.tell(told));
            Ok(())
        }
        .boxed()
    }
}

impl Story {
    async fn begins() -> Self {
        let (hub, publish, task) = Hub::open();
        tokio::spawn(task.run());
        Self {
            hub,
            house: House::open().await,
            publish,
        }
    }

    async fn tells(&self, told: impl IntoIterator<Item = Told>) {
        self.house
            .app
            .writer
            .run(Tells(told.into_iter().collect()))
            .await
            .unwrap();
        for publication in self.house.publications() {
            self.publish.send(publication).await.unwrap();
        }
    }

    async fn registers(&self, user: UserId) -> Connection {
        self.registers_with(user, SessionId::from_bytes(*user.as_bytes())).await
    }

    async fn registers_with(&self, user: UserId, session: SessionId) -> Connection {
        let seat = self.hub.seat(user, 32).unwrap();
        self.hub.register(user, session, seat).await.unwrap()
    }

    async fn opens(&self, user: UserId, rooms: &[RoomId]) -> Connection {
        let connection = self.registers(user).await;
        connection
            .hears(rooms.iter().map(|room| tie(*room, 1)).collect())
            .await
            .unwrap();
        connection
    }
}

impl Connection {
    /// What is queued, once all that was told before has been dealt with.
    async fn heard(&self) -> Vec<String> {
        self.tell(&ServerItem::Pong(Pong { nonce: 0 })).await.unwrap();
        let mut heard = Vec::new();
        loop {
            self.outlet().ready().await;
            match self.outlet().next() {
                Next::Frame(bytes) => match words(&bytes) {
                    Some(words) => heard.push(words),
                    None => return heard,
                },
                Next::End(ending) => {
                    heard.push(format!("{ending:?}"));
                    return heard;
                }
                Next::Wait => {}
            }
        }
    }
}

/// A frame in a few words; none for the pong that marks the end.
fn words(bytes: &[u8]) -> Option<String> {
    let items = frame::items(bytes).unwrap();
    let [item] = items.as_slice() else {
        panic!("one item a frame");
    };
    let room = |room| if room == HALL { "hall" } else { "attic" };
    Some(match ServerItem::unpack(item).unwrap() {
        ServerItem::Pong(_) => return None,
        ServerItem::Room(event) => format!("{} {}", room(event.room), event.entry.seq),
        ServerItem::RoomGone(gone) => format!("{} gone", room(gone.room)),
        ServerItem::User(event) => format!("user {}", event.item.useq),
        ServerItem::Directory(event) => format!("face of {}", event.person.name),
        other => panic!("unexpected {other:?}"),
    })
}

fn tie(room: RoomId, since: u64) -> Tie {
    Tie {
        room,
        since: Seq(since),
    }
}

fn entry(room: RoomId, seq: u64, change: impl Into<Change>) -> Told {
    Told::Room(RoomEvent {
        room,
        entry: Entry {
            seq: Seq(seq),
            tail: Tail(0),
            at: Millis(0),
            actor: ADA,
            change: change.into().pack(),
        },
        row: None,
    })
}

/// A message: those that follow each other are told together.
fn said(room: RoomId, seq: u64) -> Told {
    let ordinal = Ordinal(seq);
    let Told::Room(event) = entry(room, seq, MessageCreated { ordinal }) else {
        unreachable!("an entry of a room")
    };
    let row = Message {
        ordinal,
        seq: event.entry.seq,
        revision: event.entry.seq,
        author: ADA,
        client_key: ClientKey::from_bytes([5; 16]),
        at: event.entry.at,
        body: None,
        mentions: Vec::new(),
        edited_at: None,
        reactions: Vec::new(),
    };
    Told::Room(RoomEvent {
        row: Some(row),
        ..event
    })
}

fn joined(room: RoomId, seq: u64, user: UserId) -> Told {
    let role = RoomRole::Member;
    entry(room, seq, MemberJoined { user, role })
}

fn left(room: RoomId, seq: u64, user: UserId) -> Told {
    entry(room, seq, MemberLeft { user })
}

fn removed(room: RoomId, seq: u64, user: UserId) -> Told {
    entry(room, seq, MemberRemoved { user })
}

fn user_value(user: UserId, number: u64) -> Told {
    Told::User {
        user,
        event: UserEvent {
            prev: UserSeq(number - 1),
            item: UserItem {
                useq: UserSeq(number),
                value: UserValue::Dismissed(Dismissed::default()).pack(),
                counts: None,
            },
        },
    }
}

#[tokio::test]
async fn members_hear_their_room_in_order_on_every_connection_and_strangers_hear_nothing() {
    let story = Story::begins().await;
    let desk = story.opens(ADA, &[HALL]).await;
    let phone = story.opens(ADA, &[HALL]).await;
    let bo = story.opens(BO, &[ATTIC]).await;
    story.tells([said(HALL, 2), said(HALL, 3)]).await;
    story.tells([said(HALL, 4)]).await;
    assert_eq!(desk.heard().await, ["hall 2", "hall 3", "hall 4"]);
    assert_eq!(phone.heard().await, ["hall 2", "hall 3", "hall 4"]);
    assert!(bo.heard().await.is_empty());
}

#[tokio::test]
async fn one_encoded_frame_is_shared_by_all_who_hear_it() {
    let story = Story::begins().await;
    let (ada, bo) = (story.opens(ADA, &[HALL]).await, story.opens(BO, &[HALL]).await);
    story.tells([said(HALL, 2)]).await;
    ada.outlet().ready().await;
    bo.outlet().ready().await;
    let (Next::Frame(one), Next::Frame(other)) = (ada.outlet().next(), bo.outlet().next()) else {
        panic!("both hear it");
    };
    assert_eq!(one.as_ptr(), other.as_ptr());
}

#[tokio::test]
async fn what_comes_while_many_have_something_to_write_does_not_wait_for_all_of_them() {
    const PEOPLE: u8 = 100;
    let story = Story::begins().await;
    let (heard, mut ears) = mpsc::unbounded_channel();
    let first = Arc::new(Notify::new());
    for nth in 0..PEOPLE {
        let connection = story.opens(UserId::from_bytes([nth; 16]), &[HALL]).await;
        let (heard, first) = (heard.clone(), first.clone());
        tokio::spawn(async move {
            connection.outlet().ready().await;
            heard.send("a listener").unwrap();
            first.notify_one();
            pending::<()>().await;
        });
    }
    tokio::spawn(async move {
        first.notified().await;
        heard.send("somebody else").unwrap();
    });
    // All of them wait for something now.
    tokio::task::yield_now().await;
    story.tells([said(HALL, 2)]).await;
    let mut before = 0;
    while ears.recv().await != Some("somebody else") {
        before += 1;
    }
    assert!(before < PEOPLE / 2, "{before} had their turn before");
}

#[tokio::test]
async fn who_joins_hears_the_joining_and_what_follows() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[]).await;
    story.tells([said(HALL, 4), joined(HALL, 5, ADA), said(HALL, 6)]).await;
    assert_eq!(ada.heard().await, ["hall 5", "hall 6"]);
}

#[tokio::test]
async fn who_leaves_or_is_removed_loses_even_what_was_queued() {
    for leaving in [left, removed] {
        let story = Story::begins().await;
        let (ada, bo) = (story.opens(ADA, &[HALL, ATTIC]).await, story.opens(BO, &[HALL]).await);
        story
            .tells([said(HALL, 4), said(ATTIC, 2), leaving(HALL, 5, ADA), said(HALL, 6)])
            .await;
        assert_eq!(ada.heard().await, ["attic 2", "hall gone"]);
        assert_eq!(bo.heard().await, ["hall 4", "hall 5", "hall 6"]);
    }
}

/// The reading of the store and the published entries, crossing at every place: what
/// was published before the registration, between it and the reading, between the
/// reading and the hand-in, and after. Heads are read last, so what the connection
/// does not hear must be at or below them.
#[tokio::test]
async fn a_message_at_the_moment_of_subscribing_is_neither_lost_nor_doubled() {
    const LAST: u64 = 6;
    for registered_after in 0..=LAST {
        for handed_in_after in registered_after..=LAST {
            for read_after in registered_after..=handed_in_after {
                let story = Story::begins().await;
                let told = |from: u64, to: u64| {
                    // Ada is let in by the third entry.
                    (from + 1..=to).map(|seq| {
                        if seq == 3 {
                            joined(HALL, 3, ADA)
                        } else {
                            said(HALL, seq)
                        }
                    })
                };
                story.tells(told(0, registered_after)).await;
                let ada = story.registers(ADA).await;
                let read = if read_after >= 3 { vec![tie(HALL, 3)] } else { vec![] };
                story.tells(told(registered_after, handed_in_after)).await;
                ada.hears(read).await.unwrap();
                let head = handed_in_after;
                story.tells(told(head, LAST)).await;
                let expected: Vec<_> = (head.max(2) + 1..=LAST).map(|seq| format!("hall {seq}")).collect();
                assert_eq!(
                    ada.heard().await,
                    expected,
                    "{registered_after} {read_after} {handed_in_after}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_reading_older_than_a_removal_does_not_let_anybody_back_in() {
    let story = Story::begins().await;
    let ada = story.registers(ADA).await;
    story.tells([removed(HALL, 7, ADA)]).await;
    ada.hears(vec![tie(HALL, 3)]).await.unwrap();
    story.tells([said(HALL, 8)]).await;
    assert!(ada.heard().await.is_empty());
}

#[tokio::test]
async fn a_reading_newer_than_a_removal_stands() {
    let story = Story::begins().await;
    let ada = story.registers(ADA).await;
    story.tells([removed(HALL, 7, ADA)]).await;
    ada.hears(vec![tie(HALL, 9)]).await.unwrap();
    // The same crossing, the entries coming after the hand-in.
    story
        .tells([removed(HALL, 8, ADA), joined(HALL, 9, ADA), said(HALL, 10)])
        .await;
    assert_eq!(ada.heard().await, ["hall 8", "hall 9", "hall 10"]);
}

#[tokio::test]
async fn a_second_connection_takes_no_older_reading_into_account() {
    let story = Story::begins().await;
    let desk = story.opens(ADA, &[HALL]).await;
    let phone = story.registers(ADA).await;
    story.tells([removed(HALL, 5, ADA)]).await;
    phone.hears(vec![tie(HALL, 1)]).await.unwrap();
    story.tells([said(HALL, 6)]).await;
    assert_eq!(desk.heard().await, ["hall gone"]);
    assert_eq!(phone.heard().await, ["hall gone"]);
}

#[tokio::test]
async fn who_does_not_read_is_told_to_start_over_and_others_hear_on() {
    let story = Story::begins().await;
    let (slow, bo) = (story.opens(ADA, &[HALL]).await, story.opens(BO, &[HALL]).await);
    let many = u64::from(CONNECTION_QUEUE_MAX_FRAMES);
    story.tells((2..=many).map(|seq| said(HALL, seq))).await;
    assert_eq!(bo.heard().await.len() as u64, many - 1);
    story.tells((many + 1..=many + 2).map(|seq| said(HALL, seq))).await;
    assert_eq!(bo.heard().await.len(), 2);
    assert_eq!(slow.heard().await, ["Resync"]);
}

#[tokio::test]
async fn values_of_the_user_log_go_to_that_user_alone() {
    let story = Story::begins().await;
    let (desk, phone) = (story.opens(ADA, &[HALL]).await, story.registers(ADA).await);
    let bo = story.opens(BO, &[HALL]).await;
    story.tells([user_value(ADA, 7)]).await;
    assert_eq!(desk.heard().await, ["user 7"]);
    assert_eq!(phone.heard().await, ["user 7"]);
    assert!(bo.heard().await.is_empty());
}

#[tokio::test]
async fn a_new_face_goes_to_the_person_and_to_those_who_share_a_room_with_them_once() {
    let story = Story::begins().await;
    let (ada, bo) = (story.opens(ADA, &[]).await, story.opens(BO, &[HALL, ATTIC]).await);
    let cy = story.opens(UserId::from_bytes([9; 16]), &[]).await;
    let person = Person {
        user: ADA,
        dseq: DirectorySeq(1),
        name: "Ada".to_owned(),
        username: "ada".to_owned(),
        hue: 0,
        active: true,
    };
    let rooms = vec![HALL, ATTIC];
    story.tells([Told::Person { person, rooms }]).await;
    assert_eq!(ada.heard().await, ["face of Ada"]);
    assert_eq!(bo.heard().await, ["face of Ada"]);
    assert!(cy.heard().await.is_empty());
}

#[tokio::test]
async fn a_session_that_ends_takes_its_connections_and_what_was_queued_for_them() {
    let story = Story::begins().await;
    let (desk, phone) = (SessionId::from_bytes([7; 16]), SessionId::from_bytes([8; 16]));
    let desk_tab = story.registers_with(ADA, desk).await;
    let phone_tab = story.registers_with(ADA, phone).await;
    let sessions = vec![desk];
    story
        .tells([user_value(ADA, 7), Told::SessionsEnded { user: ADA, sessions }])
        .await;
    assert_eq!(desk_tab.heard().await, ["SignedOut"]);
    assert_eq!(phone_tab.heard().await, ["user 7"]);
}

#[tokio::test]
async fn a_ban_ends_all_connections_of_the_banned_and_no_others() {
    let story = Story::begins().await;
    let (ada, bo) = (story.opens(ADA, &[HALL]).await, story.opens(BO, &[HALL]).await);
    story.tells([said(HALL, 2), Told::Banned { user: ADA }]).await;
    assert_eq!(ada.heard().await, ["Banned"]);
    assert_eq!(bo.heard().await, ["hall 2"]);
}

#[tokio::test]
async fn after_a_commit_that_failed_everybody_starts_over() {
    let story = Story::begins().await;
    let (ada, bo) = (story.opens(ADA, &[HALL]).await, story.registers(BO).await);
    story.publish.send(Publication::Resync).await.unwrap();
    assert_eq!(ada.heard().await, ["Resync"]);
    assert_eq!(bo.heard().await, ["Resync"]);
}

#[tokio::test]
async fn an_answer_comes_after_the_commit_it_answers_for() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    story.tells((2..40).map(|seq| said(HALL, seq))).await;
    // `heard` asks for a pong and stops at it.
    assert_eq!(ada.heard().await.len(), 38);
}

#[tokio::test]
async fn a_connection_that_is_dropped_gives_its_seat_back_and_is_forgotten() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    assert!(story.hub.seat(ADA, 1).is_err());
    drop(ada);
    // The next registration is served after the goodbye, or finds the seat still taken.
    while story.hub.seat(ADA, 1).is_err() {
        tokio::task::yield_now().await;
    }
    let again = story.registers(ADA).await;
    story.tells([said(HALL, 2)]).await;
    assert!(again.heard().await.is_empty(), "rooms are read anew");
    assert_eq!(again.outlet().next(), Next::Wait);
    again.outlet().cut(Ending::Resync);
    assert_eq!(again.outlet().next(), Next::End(Ending::Resync));
}
