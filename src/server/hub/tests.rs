//! Stories of which connection receives what, over the true task, rings and lanes.

use super::{Connection, Ending, Hub, Next, RingBounds, Tie, ring::FRAME_MAX_AGE_MS};
use crate::{
    server::{
        config,
        testing::House,
        writer::{Batch, Committed, Publication, Told, Write},
    },
    wire::{
        Body, Change, ClientKey, DirectorySeq, Entry, Envelope, Enveloped, Level, Message, Millis, Ordinal, Person,
        RoomEvent, RoomId, Seq, ServerItem, SessionId, Tail, UserId, UserSeq,
        event::{
            Accepted, MemberJoined, MemberLeft, MemberRemoved, MessageCreated, MessageDeleted, MessageEdited, Pong,
            UserEvent,
        },
        frame,
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
const KEY: ClientKey = ClientKey::from_bytes([6; 16]);

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

/// What a small ring keeps.
const FEW: u64 = 8;

impl Story {
    async fn begins() -> Self {
        Self::begins_with(&config::Rings::default()).await
    }

    /// With rings of [`FEW`] frames.
    async fn begins_with_small_rings() -> Self {
        let rings = config::Rings {
            frames: u32::try_from(FEW).unwrap(),
            bytes: 0,
        };
        Self::begins_with(&rings).await
    }

    async fn begins_with(rings: &config::Rings) -> Self {
        let house = House::open().await;
        let (hub, publish, task) = Hub::open(RingBounds::from(rings), house.app.ambience.clone());
        tokio::spawn(task.run());
        Self { hub, house, publish }
    }

    async fn tells(&self, told: impl IntoIterator<Item = Told>) {
        for publication in self.commits(told).await {
            self.publish.send(publication).await.unwrap();
        }
    }

    async fn commits(&self, told: impl IntoIterator<Item = Told>) -> Vec<Publication> {
        let told = Tells(told.into_iter().collect());
        self.house.app.writer.run(told).await.unwrap();
        self.house.publications()
    }

    /// A commit fails, and the store turns out to hold this of it.
    async fn reopens_with(&self, told: impl IntoIterator<Item = Told>) {
        let found: Vec<Committed<Told>> = self
            .commits(told)
            .await
            .into_iter()
            .flat_map(|publication| match publication {
                Publication::Batch(found) => found,
                Publication::Reopened(_) => Vec::new(),
            })
            .collect();
        self.publish.send(Publication::Reopened(found)).await.unwrap();
    }

    async fn registers(&self, user: UserId) -> Connection {
        self.registers_with(user, SessionId::from_bytes(*user.as_bytes())).await
    }

    async fn registers_with(&self, user: UserId, session: SessionId) -> Connection {
        let seat = self.hub.seat(user, 32).unwrap();
        self.hub.register(user, session, seat, Level::CURRENT).await.unwrap()
    }

    /// By a client of the release before.
    async fn opens_at_first_level(&self, user: UserId, rooms: &[RoomId]) -> Connection {
        let seat = self.hub.seat(user, 32).unwrap();
        let session = SessionId::from_bytes(*user.as_bytes());
        let connection = self.hub.register(user, session, seat, Level::FIRST).await.unwrap();
        let rooms = rooms.iter().map(|room| tie(*room, 1)).collect();
        connection.hears(rooms).await.unwrap();
        connection
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
    /// What is received of all that was published before.
    async fn heard(&self) -> Vec<String> {
        self.settle().await.unwrap();
        let mut heard = Vec::new();
        loop {
            match self.subscription().next() {
                Next::Frame(bytes) => heard.extend(words(&bytes)),
                Next::End(ending) => {
                    heard.push(format!("{ending:?}"));
                    return heard;
                }
                Next::Wait => return heard,
            }
        }
    }

    /// One frame alone.
    fn hears_one(&self) -> String {
        let Next::Frame(bytes) = self.subscription().next() else {
            panic!("nothing waits");
        };
        words(&bytes).join(", ")
    }
}

fn words(bytes: &[u8]) -> Vec<String> {
    frame::items(bytes).unwrap().iter().map(words_of).collect()
}

fn words_of(item: &Envelope) -> String {
    let room = |room| if room == HALL { "hall" } else { "attic" };
    match ServerItem::unpack(item).unwrap() {
        ServerItem::Pong(_) => "pong".to_owned(),
        ServerItem::Room(event) => format!("{} {}", room(event.room), event.entry.seq),
        ServerItem::Advance(advance) => format!("{} advances to {}", room(advance.room), advance.to),
        ServerItem::Accepted(accepted) => format!("accepted as {}", accepted.seq),
        ServerItem::Heads(heads) => format!("heads {} and {}", heads.user, heads.directory),
        ServerItem::RoomGone(gone) => format!("{} gone", room(gone.room)),
        ServerItem::User(event) => format!("user {}", event.item.useq),
        ServerItem::Directory(event) => format!("face of {}", event.person.name),
        other => panic!("unexpected {other:?}"),
    }
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

/// A message: those that follow each other are published together.
fn said(room: RoomId, seq: u64) -> Told {
    let ordinal = Ordinal(seq);
    about(room, seq, ordinal, Some("text"), MessageCreated { ordinal })
}

fn edited(room: RoomId, seq: u64, ordinal: u64) -> Told {
    let ordinal = Ordinal(ordinal);
    let change = MessageEdited {
        ordinal,
        author: ADA,
        unmentioned: Vec::new(),
    };
    about(room, seq, ordinal, Some("another"), change)
}

fn deleted(room: RoomId, seq: u64, ordinal: u64) -> Told {
    let ordinal = Ordinal(ordinal);
    let change = MessageDeleted {
        ordinal,
        author: ADA,
        mentioned: Vec::new(),
    };
    about(room, seq, ordinal, None, change)
}

/// A change of a message, with the message as it is after it.
fn about(room: RoomId, seq: u64, ordinal: Ordinal, body: Option<&str>, change: impl Into<Change>) -> Told {
    let Told::Room(event) = entry(room, seq, change) else {
        unreachable!("an entry of a room")
    };
    let row = Message {
        ordinal,
        seq: Seq(ordinal.0),
        revision: event.entry.seq,
        author: ADA,
        client_key: ClientKey::from_bytes([5; 16]),
        at: event.entry.at,
        body: body.map(|body| Body::stored(body.to_owned())),
        mentions: Vec::new(),
        edited_at: None,
        reactions: Vec::new(),
    };
    Told::Room(RoomEvent {
        row: Some(row),
        ..event
    })
}

fn accepted(seq: u64) -> Accepted {
    Accepted {
        client_key: KEY,
        room: HALL,
        seq: Seq(seq),
    }
}

fn rooms_and_seqs(room: &str, seqs: std::ops::RangeInclusive<u64>) -> Vec<String> {
    seqs.map(|seq| format!("{room} {seq}")).collect()
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
    ada.subscription().ready().await;
    bo.subscription().ready().await;
    let (Next::Frame(one), Next::Frame(other)) = (ada.subscription().next(), bo.subscription().next()) else {
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
            connection.subscription().ready().await;
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
async fn a_removal_discards_even_what_was_published_before_it() {
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
async fn a_burst_of_five_thousand_in_one_commit_closes_nobody() {
    const BURST: u64 = 5_000;
    let story = Story::begins().await;
    let (ada, bo) = (story.opens(ADA, &[HALL]).await, story.opens(BO, &[HALL, ATTIC]).await);
    story.tells((2..=BURST).map(|seq| said(HALL, seq))).await;
    story.tells([said(ATTIC, 2)]).await;
    assert_eq!(ada.heard().await, rooms_and_seqs("hall", 2..=BURST));
    let heard = bo.heard().await;
    let turn = heard.iter().position(|words| words == "attic 2").unwrap();
    assert!(turn < 200, "rooms take turns: after {turn}");
    assert_eq!(heard.len() as u64, BURST);
}

#[tokio::test]
async fn a_reader_that_is_behind_catches_up_in_order_while_more_is_published() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    story.tells((2..=10).map(|seq| said(HALL, seq))).await;
    ada.settle().await.unwrap();
    let first = ada.hears_one();
    story.tells((11..=20).map(|seq| said(HALL, seq))).await;
    assert_eq!(first, rooms_and_seqs("hall", 2..=10).join(", "));
    assert_eq!(ada.heard().await, rooms_and_seqs("hall", 11..=20));
    assert!(ada.heard().await.is_empty(), "nothing comes twice");
}

#[tokio::test]
async fn a_reader_that_fell_out_of_a_ring_gets_one_advance_and_what_is_published_later() {
    let story = Story::begins_with_small_rings().await;
    let ada = story.opens(ADA, &[HALL]).await;
    story.tells((2..=4).map(|seq| said(HALL, seq))).await;
    ada.settle().await.unwrap();
    assert_eq!(ada.hears_one(), "hall 2, hall 3, hall 4");
    story.tells((5..=30).map(|seq| said(HALL, seq))).await;
    assert_eq!(ada.heard().await, ["hall advances to 30"]);
    story.tells([said(HALL, 31)]).await;
    assert_eq!(ada.heard().await, ["hall 31"]);
}

#[tokio::test]
async fn a_client_of_the_first_level_that_fell_out_gets_the_next_frame_still_held() {
    let story = Story::begins_with_small_rings().await;
    let ada = story.opens_at_first_level(ADA, &[HALL]).await;
    story.tells((2..=30).map(|seq| said(HALL, seq))).await;
    assert_eq!(ada.heard().await, rooms_and_seqs("hall", 31 - FEW..=30));
}

#[tokio::test]
async fn a_client_of_the_first_level_starts_over_where_nothing_is_held_that_shows_the_gap() {
    let story = Story::begins().await;
    let (ada, bo) = (
        story.opens_at_first_level(ADA, &[HALL]).await,
        story.opens(BO, &[HALL]).await,
    );
    story.tells([said(HALL, 2)]).await;
    ada.settle().await.unwrap();
    story.house.clock.advance(FRAME_MAX_AGE_MS);
    // The hub drops what is too old when it has nothing else to do.
    ada.settle().await.unwrap();
    assert_eq!(ada.heard().await, ["Resync"]);
    assert_eq!(bo.heard().await, ["hall advances to 2"]);
}

#[tokio::test]
async fn the_author_of_a_message_that_is_skipped_is_told_that_it_was_stored() {
    let story = Story::begins_with_small_rings().await;
    for is_answered_first in [true, false] {
        let ada = story.opens(ADA, &[HALL]).await;
        ada.subscription().begin(Some(HALL), KEY);
        story.tells((2..=30).map(|seq| said(HALL, seq))).await;
        ada.settle().await.unwrap();
        let expected = if is_answered_first {
            ada.subscription().stored(accepted(3));
            ["hall advances to 30", "accepted as 3"]
        } else {
            assert_eq!(ada.hears_one(), "hall advances to 30");
            ada.subscription().stored(accepted(3));
            ["accepted as 3", ""]
        };
        let heard = ada.heard().await;
        assert_eq!(
            heard,
            expected
                .into_iter()
                .filter(|words| !words.is_empty())
                .collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn the_author_of_a_message_that_is_received_is_told_nothing_else() {
    let story = Story::begins().await;
    for is_answered_first in [true, false] {
        let ada = story.opens(ADA, &[HALL]).await;
        ada.subscription().begin(Some(HALL), KEY);
        story.tells([said(HALL, 2)]).await;
        if is_answered_first {
            ada.subscription().stored(accepted(2));
        }
        assert_eq!(ada.heard().await, ["hall 2"]);
        if !is_answered_first {
            ada.subscription().stored(accepted(2));
        }
        assert!(ada.heard().await.is_empty());
        assert!((0..64).all(|_| {
            let may = ada.subscription().may_read();
            ada.subscription().begin(Some(ATTIC), KEY);
            may
        }));
        assert!(!ada.subscription().may_read(), "64 wait, and none of before");
    }
}

#[tokio::test]
async fn the_answer_to_a_command_precedes_the_notice_that_its_room_is_gone() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    ada.subscription().begin(Some(HALL), KEY);
    story
        .tells([said(HALL, 2), removed(HALL, 3, ADA), joined(HALL, 4, ADA)])
        .await;
    assert!(ada.heard().await.is_empty(), "the notice waits for the answer");
    ada.subscription().stored(accepted(2));
    ada.subscription().ready().await;
    assert_eq!(ada.heard().await, ["accepted as 2", "hall gone", "hall 4"]);
}

#[tokio::test]
async fn no_command_is_read_while_sixty_four_replies_wait() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    let pong = ServerItem::Pong(Pong { nonce: 1 });
    for _ in 0..64 {
        assert!(ada.subscription().may_read());
        ada.reply(None, &pong).await.unwrap();
        ada.settle().await.unwrap();
    }
    assert!(!ada.subscription().may_read());
    assert!(ada.subscription().readable().now_or_never().is_none());
    assert_eq!(ada.hears_one(), "pong");
    assert!(ada.subscription().readable().now_or_never().is_some());
    assert_eq!(ada.heard().await.len(), 63, "no reply is dropped");
}

#[tokio::test]
async fn an_edit_in_the_commit_of_three_hundred_messages_makes_nobody_fetch_anything() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    let sends = (2..=301).map(|seq| said(HALL, seq));
    story
        .tells(sends.chain([edited(HALL, 302, 150), deleted(HALL, 303, 151)]))
        .await;
    ada.settle().await.unwrap();
    let mut texts = Vec::new();
    while let Next::Frame(bytes) = ada.subscription().next() {
        for item in frame::items(&bytes).unwrap() {
            let Ok(ServerItem::Room(event)) = ServerItem::unpack(&item) else {
                panic!("{}", words_of(&item));
            };
            assert_eq!(event.entry.seq, Seq(texts.len() as u64 + 2));
            texts.push(event.row.unwrap().text().to_owned());
        }
    }
    assert_eq!(texts.len(), 302);
    let at = |seq: usize| texts[seq - 2].as_str();
    assert_eq!((at(149), at(150), at(151), at(302)), ("text", "another", "", "another"));
}

#[tokio::test]
async fn values_beyond_the_bound_of_the_lane_collapse_into_one_notice() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    story.tells((1..=1_000).map(|useq| user_value(ADA, useq))).await;
    assert_eq!(ada.heard().await, ["heads 1000 and 0"]);
    story.tells([user_value(ADA, 1_001)]).await;
    assert_eq!(ada.heard().await, ["user 1001"]);
}

#[tokio::test]
async fn the_lane_has_its_turn_though_a_room_has_much_to_send() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    story.tells((2..=5_000).map(|seq| said(HALL, seq))).await;
    story.tells([user_value(ADA, 7)]).await;
    let heard = ada.heard().await;
    let at = heard.iter().position(|words| words == "user 7").unwrap();
    assert!((100..2_000).contains(&at), "after {at} frames");
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
async fn after_a_failed_commit_readers_get_the_difference_and_nobody_is_closed() {
    let story = Story::begins().await;
    let (ada, bo) = (story.opens(ADA, &[HALL]).await, story.opens(BO, &[HALL]).await);
    story.tells([said(HALL, 2)]).await;
    assert_eq!(bo.heard().await, ["hall 2"]);
    story.reopens_with([said(HALL, 3), user_value(BO, 5)]).await;
    assert_eq!(bo.heard().await, ["hall 3", "user 5"]);
    // Rings begin anew, so what ada had not read is to be fetched.
    assert_eq!(ada.heard().await, ["hall advances to 3"]);
    story.reopens_with([]).await;
    story.tells([said(HALL, 4)]).await;
    assert_eq!(ada.heard().await, ["hall 4"]);
    assert_eq!(bo.heard().await, ["hall 4"]);
}

#[tokio::test]
async fn a_removal_in_a_failed_commit_that_was_stored_takes_effect() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    story.reopens_with([removed(HALL, 3, ADA)]).await;
    story.tells([said(HALL, 4)]).await;
    assert_eq!(ada.heard().await, ["hall gone"]);
}

#[tokio::test]
async fn an_answer_usually_follows_the_entries_of_its_commit() {
    let story = Story::begins().await;
    let ada = story.opens(ADA, &[HALL]).await;
    story.tells((2..40).map(|seq| said(HALL, seq))).await;
    ada.reply(None, &ServerItem::Pong(Pong { nonce: 0 })).await.unwrap();
    let heard = ada.heard().await;
    assert_eq!((heard.len(), heard[38].as_str()), (39, "pong"));
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
    assert_eq!(again.subscription().next(), Next::Wait);
    again.subscription().cut(Ending::Resync);
    assert_eq!(again.subscription().next(), Next::End(Ending::Resync));
}
