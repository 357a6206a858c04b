//! Exactly once, one order, nothing told that is not stored.

use super::{
    BATCH_MAX_WRITES, Batch, Publication, ReadySend, Told, Write, commit::commit_batch, doubt::find_stored,
    queue::Queued, sends::PendingSend, write::Pending,
};
use crate::{
    server::{
        error::{Error, Result},
        memberships,
        sessions::Signed,
        testing::{House, START},
    },
    wire::{
        Body, Change, Message, Millis, Problem, RoomEvent, RoomId, Seq, SessionId, command,
        event::{Accepted, RoomRenamed},
    },
};
use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::oneshot;

/// What a test wants a write to do.
type Act = for<'a, 'b> fn(&'a Staged, &'a mut Batch<'b>) -> BoxFuture<'a, Result<Seq>>;

struct Staged {
    room: RoomId,
    who: Signed,
    act: Act,
}

impl Write for Staged {
    type Output = Seq;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<Seq>> {
        (self.act)(self, batch)
    }
}

impl Staged {
    async fn rename(&self, batch: &mut Batch<'_>) -> Result<Seq> {
        let renamed = RoomRenamed { name: "x".to_owned() };
        Ok(batch.append(self.room, self.who.user(), renamed).await?.seq)
    }
}

const APPENDS: Act = |staged, batch| staged.rename(batch).boxed();
const REFUSES_LATE: Act = |staged, batch| {
    async {
        staged.rename(batch).await?;
        Err(Problem::NotAllowed.into())
    }
    .boxed()
};
const FAULTY: Act = |staged, batch| {
    async {
        staged.rename(batch).await?;
        Err(Error::fault("failing in a test", sqlx::Error::RowNotFound))
    }
    .boxed()
};
const PANICS: Act = |staged, batch| {
    async {
        staged.rename(batch).await?;
        panic!("a write that panics in a test")
    }
    .boxed()
};
/// Writes what the store only looks at when it commits.
const SPOILS_THE_COMMIT: Act = |staged, batch| {
    async {
        let seq = staged.rename(batch).await?;
        super::sql::spoil_commit_for_test(batch.conn()).await?;
        Ok(seq)
    }
    .boxed()
};

fn staged(room: RoomId, who: &Signed, act: Act) -> Staged {
    Staged { room, who: *who, act }
}

fn ready(who: &Signed, command: &command::Send) -> ReadySend {
    ReadySend::new(
        who,
        command.client_key,
        command.room,
        Body::parse(&command.body).unwrap(),
    )
}

/// Two people in a room, nothing said yet.
async fn two_in_a_room() -> (House, Signed, Signed, RoomId) {
    two_in_a_room_of(House::open().await).await
}

async fn two_in_a_room_of(house: House) -> (House, Signed, Signed, RoomId) {
    let ada = house.insert_person("ada").await;
    let bo = house.insert_person("bo").await;
    let room = house.open_room(&ada, "general").await;
    house.join(&bo, room).await;
    house.heard();
    (house, ada, bo, room)
}

fn rows(told: &[Told]) -> Vec<(u64, String)> {
    told.iter()
        .filter_map(|told| match told {
            Told::Room(RoomEvent { row: Some(row), .. }) => Some((row.seq.0, row.text().to_owned())),
            _ => None,
        })
        .collect()
}

fn seqs(told: &[Told]) -> Vec<u64> {
    told.iter()
        .filter_map(|told| match told {
            Told::Room(event) => Some(event.entry.seq.0),
            _ => None,
        })
        .collect()
}

fn problem<T: std::fmt::Debug>(result: Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn the_same_send_twice_at_once_is_one_row_and_one_event() {
    let (house, ada, _, room) = two_in_a_room().await;
    let command = house.sending(room, "hi");
    let (one, two) = tokio::join!(house.send(&ada, &command), house.send(&ada, &command));
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(rows(&house.heard()), [(4, "hi".to_owned())]);
    assert_eq!(house.number_by_sql("SELECT count(*) FROM messages").await, 1);
    assert_eq!(house.number_by_sql("SELECT max(seq) FROM rooms").await, 4);
}

#[tokio::test]
async fn twins_inside_one_batch_get_one_answer() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let twin = house.sending(room, "twin");
    let other = house.sending(room, "other");
    // The same key of another author is another key.
    let same_key = command::Send {
        body: "of bo".to_owned(),
        ..twin.clone()
    };
    let sends = [(ada, &twin), (bo, &other), (ada, &twin), (bo, &same_key)];
    let (told, answers) = batch_of_sends(&house, &sends).await;
    let seqs: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().seq.0).collect();
    assert_eq!(seqs, [4, 5, 4, 6]);
    let expected = [(4, "twin"), (5, "other"), (6, "of bo")].map(|(seq, text)| (seq, text.to_owned()));
    assert_eq!(rows(&told), expected);
}

/// Stores these sends as one batch.
async fn batch_of_sends(house: &House, sends: &[(Signed, &command::Send)]) -> (Vec<Told>, Vec<Result<Accepted>>) {
    let mut writes = Vec::new();
    let mut answers = Vec::new();
    for (who, command) in sends {
        let (pending, answer) = PendingSend::new(ready(who, command));
        writes.push(Queued::Send(pending));
        answers.push(answer);
    }
    let told = commit(house, writes).await;
    let mut outcomes = Vec::new();
    for answer in answers {
        outcomes.push(answer.await.unwrap().map(|sent| sent.accepted));
    }
    (told, outcomes)
}

async fn commit(house: &House, mut writes: Vec<Queued>) -> Vec<Told> {
    let mut conn = house.app.store.write_connection().await.unwrap();
    let outcome = commit_batch(&mut conn, &house.app.ambience, &mut writes).await;
    assert!(outcome.broken.is_none());
    writes.into_iter().for_each(Queued::answer);
    outcome.told.into_iter().map(super::Committed::into_inner).collect()
}

#[tokio::test]
async fn a_key_used_again_with_another_body_leaves_the_first_and_tells_the_sender() {
    let (house, ada, _, room) = two_in_a_room().await;
    let first = house.sending(room, "first");
    let second = command::Send {
        body: "second".to_owned(),
        ..first.clone()
    };
    let answer = house.send(&ada, &first).await.unwrap();
    assert_eq!(problem(house.send(&ada, &second).await), Problem::KeyReused);
    assert_eq!(house.send(&ada, &first).await.unwrap(), answer);
    assert_eq!(rows(&house.heard()), [(4, "first".to_owned())]);

    let (fresh, other) = (house.sending(room, "a"), house.sending(room, "b"));
    let clash = command::Send {
        client_key: fresh.client_key,
        ..other
    };
    let (told, answers) = batch_of_sends(&house, &[(ada, &fresh), (ada, &clash)]).await;
    assert_eq!(rows(&told), [(5, "a".to_owned())]);
    let [first, second] = <[_; 2]>::try_from(answers).unwrap();
    assert_eq!(first.unwrap().seq, Seq(5));
    assert_eq!(problem(second), Problem::KeyReused);
}

#[tokio::test]
async fn a_removal_that_commits_between_check_and_write_wins() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let late = ready(&bo, &house.sending(room, "too late"));
    let command = command::RemovePerson {
        client_key: house.key(),
        room,
        user: bo.user(),
    };
    memberships::remove(&house.app, &ada, &command).await.unwrap();
    assert_eq!(problem(house.app.writer.send(late).await), Problem::Gone);
    assert!(rows(&house.heard()).is_empty());
}

#[tokio::test]
async fn a_session_that_ended_between_check_and_write_writes_nothing() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let late = ready(&bo, &house.sending(room, "too late"));
    house.clock.advance(31 * 24 * 60 * 60 * 1_000);
    assert_eq!(problem(house.app.writer.send(late).await), Problem::SignedOut);
    let leave = command::Leave {
        client_key: house.key(),
        room,
    };
    assert_eq!(
        problem(memberships::leave(&house.app, &ada, &leave).await),
        Problem::SignedOut
    );
    assert_eq!(seqs(&house.heard()), Vec::<u64>::new());
}

#[tokio::test]
async fn a_member_who_left_still_gets_the_first_answer_of_what_they_sent() {
    let (house, _, bo, room) = two_in_a_room().await;
    let sent = house.sending(room, "bye");
    let first = house.send(&bo, &sent).await.unwrap();
    let leave = command::Leave {
        client_key: house.key(),
        room,
    };
    memberships::leave(&house.app, &bo, &leave).await.unwrap();
    assert_eq!(house.send(&bo, &sent).await.unwrap(), first);
    let new = house.sending(room, "bye again");
    assert_eq!(problem(house.send(&bo, &new).await), Problem::Gone);
}

#[tokio::test]
async fn a_batch_with_one_faulty_write_stores_the_others_in_order_and_without_a_hole() {
    let (house, ada, bo, room) = two_in_a_room().await;
    for bad in [FAULTY, PANICS] {
        let before = head(&house).await;
        let (first, first_answer) = PendingSend::new(ready(&ada, &house.sending(room, "before")));
        let (faulty, faulty_answer) = Pending::new(staged(room, &bo, bad));
        let (append, append_answer) = Pending::new(staged(room, &bo, APPENDS));
        let (last, last_answer) = PendingSend::new(ready(&ada, &house.sending(room, "after")));
        let writes = vec![
            Queued::Send(first),
            Queued::Other(Box::new(faulty)),
            Queued::Other(Box::new(append)),
            Queued::Send(last),
        ];
        let told = commit(&house, writes).await;
        assert!(matches!(faulty_answer.await.unwrap(), Err(Error::Fault(_))));
        assert_eq!(first_answer.await.unwrap().unwrap().accepted.seq.0, before + 1);
        assert_eq!(append_answer.await.unwrap().unwrap().0, before + 2);
        assert_eq!(last_answer.await.unwrap().unwrap().accepted.seq.0, before + 3);
        assert_eq!(seqs(&told), [before + 1, before + 2, before + 3]);
        assert_eq!(head(&house).await, before + 3);
    }
}

async fn head(house: &House) -> u64 {
    house.number_by_sql("SELECT seq FROM rooms").await.unsigned_abs()
}

#[tokio::test]
async fn a_write_that_refuses_after_it_wrote_leaves_nothing_behind() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let (refused, refused_answer) = Pending::new(staged(room, &bo, REFUSES_LATE));
    let (send, answer) = PendingSend::new(ready(&ada, &house.sending(room, "hi")));
    let told = commit(&house, vec![Queued::Other(Box::new(refused)), Queued::Send(send)]).await;
    assert_eq!(problem(refused_answer.await.unwrap()), Problem::NotAllowed);
    assert_eq!(answer.await.unwrap().unwrap().accepted.seq, Seq(4));
    assert_eq!(seqs(&told), [4]);
    assert_eq!(house.number_by_sql("SELECT count(*) FROM entries").await, 4);
}

#[tokio::test]
async fn a_failed_commit_answers_nobody_and_a_resend_by_key_is_stored_once() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let command = house.sending(room, "hi");
    let mut conn = house.app.store.write_connection().await.unwrap();
    let (send, answer) = PendingSend::new(ready(&ada, &command));
    let (spoils, spoils_answer) = Pending::new(staged(room, &bo, SPOILS_THE_COMMIT));
    let mut writes = vec![Queued::Send(send), Queued::Other(Box::new(spoils))];
    let outcome = commit_batch(&mut conn, &house.app.ambience, &mut writes).await;
    assert!(outcome.broken.is_some());
    assert!(outcome.told.is_empty());
    writes.into_iter().for_each(Queued::answer);
    unanswered(&answer.await);
    unanswered(&spoils_answer.await);
    drop(conn);

    assert_eq!(house.send(&ada, &command).await.unwrap().seq, Seq(4));
    assert_eq!(rows(&house.heard()), [(4, "hi".to_owned())]);
}

fn unanswered<T: std::fmt::Debug>(answer: &Result<T, oneshot::error::RecvError>) {
    assert!(
        answer.is_err(),
        "nobody knows what is stored, but somebody was told {answer:?}"
    );
}

#[tokio::test]
async fn log_is_cut_after_a_failed_commit() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let cleaning = house.keeps_clean();
    assert!(house.cuts_the_log().await);
    house.say(&ada, room, "hi").await;
    assert!(!house.log_is_cut());
    let spoilt = house.app.writer.run(staged(room, &bo, SPOILS_THE_COMMIT)).await;
    assert!(spoilt.is_err());
    assert!(house.cuts_the_log().await);
    cleaning.abort();
}

#[tokio::test]
async fn after_a_failed_commit_the_hub_is_told_and_the_writer_goes_on() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let spoilt = house.app.writer.run(staged(room, &bo, SPOILS_THE_COMMIT)).await;
    assert!(matches!(spoilt, Err(Error::Fault(_))));
    assert_eq!(house.say(&ada, room, "on we go").await.seq, Seq(4));
    let published = house.publications();
    assert_eq!(published.first(), Some(&Publication::Reopened(Vec::new())));
    assert_eq!(published.len(), 2);
}

#[tokio::test]
async fn a_failed_commit_that_is_stored_all_the_same_is_published_and_another_is_not() {
    let (house, ada, _, room) = two_in_a_room().await;
    house.say(&ada, room, "stored").await;
    let told = house.heard();
    let mut conn = house.app.store.write_connection().await.unwrap();
    let found = find_stored(&mut conn, &told, START).await.unwrap();
    assert_eq!(found.iter().map(|told| Told::clone(told)).collect::<Vec<_>>(), told);
    let [Told::Room(event)] = told.as_slice() else {
        panic!("one message: {told:?}");
    };
    let mut other = event.clone();
    other.entry.tail.0 ^= 1;
    assert_eq!(find_stored(&mut conn, &[Told::Room(other)], START).await.unwrap(), []);
    let mut next = event.clone();
    next.entry.seq = next.entry.seq.next();
    assert_eq!(find_stored(&mut conn, &[Told::Room(next)], START).await.unwrap(), []);
}

#[tokio::test]
async fn of_sessions_in_a_failed_commit_only_those_that_ended_are_published() {
    let (house, ada, bo, _) = two_in_a_room().await;
    let mut conn = house.app.store.write_connection().await.unwrap();
    let gone = SessionId::from_bytes([9; 16]);
    let ended = |user, sessions| Told::SessionsEnded { user, sessions };
    let doubtful = vec![
        ended(ada.user(), vec![ada.session(), gone]),
        Told::Banned { user: bo.user() },
    ];
    let found = find_stored(&mut conn, &doubtful, START).await.unwrap();
    let found: Vec<_> = found.iter().map(|told| Told::clone(told)).collect();
    assert_eq!(found, [ended(ada.user(), vec![gone])]);
}

#[tokio::test]
async fn time_never_falls_in_a_room_when_the_clock_does() {
    let (house, ada, _, room) = two_in_a_room().await;
    house.clock.advance(5_000);
    house.say(&ada, room, "now").await;
    house.clock.set(Millis(START.0 - 60_000));
    house.say(&ada, room, "before").await;
    house.app.writer.run(staged(room, &ada, APPENDS)).await.unwrap();
    let times: Vec<_> = house
        .heard()
        .into_iter()
        .filter_map(|told| match told {
            Told::Room(event) => Some(event.entry.at.0 - START.0),
            _ => None,
        })
        .collect();
    assert_eq!(times, [5_000, 5_000, 5_000]);
}

#[tokio::test]
async fn what_is_told_is_what_is_stored_in_the_same_order() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let second = house.open_room(&bo, "second").await;
    house.join(&ada, second).await;
    house.heard();
    let sends = (0..60).map(|n| {
        let (who, room) = (
            if n % 3 == 0 { ada } else { bo },
            if n % 2 == 0 { room } else { second },
        );
        let (house, text) = (&house, format!("text {n} for @ada"));
        async move { house.say(&who, room, &text).await }
    });
    futures_util::future::join_all(sends).await;
    let told: Vec<RoomEvent> = house
        .heard()
        .into_iter()
        .filter_map(|told| match told {
            Told::Room(event) => Some(event),
            _ => None,
        })
        .collect();
    assert_eq!(told.len(), 60);
    for room in [room, second] {
        let told: Vec<_> = told.iter().filter(|event| event.room == room).collect();
        let first = told[0].entry.seq.0;
        let seqs: Vec<_> = told.iter().map(|event| event.entry.seq.0).collect();
        assert_eq!(seqs, (first..first + told.len() as u64).collect::<Vec<_>>());
        assert_eq!(
            stored(&house, room, first).await,
            told.into_iter().cloned().collect::<Vec<_>>()
        );
    }
}

async fn stored(house: &House, room: RoomId, from: u64) -> Vec<RoomEvent> {
    let mut read = house.app.store.read().await.unwrap();
    let entries = super::sql::entries_for_test(&mut read, room, Seq(from)).await.unwrap();
    let mut events = Vec::new();
    for entry in entries {
        let row: Option<Message> = super::sql::message_for_test(&mut read, room, entry.seq).await.unwrap();
        if let Some(row) = &row {
            let created = Change::from(crate::wire::event::MessageCreated { ordinal: row.ordinal });
            assert_eq!(entry.change(), Ok(created));
        }
        events.push(RoomEvent { room, entry, row });
    }
    events
}

#[tokio::test]
async fn a_stopping_writer_finishes_what_waits_and_takes_no_more() {
    let (house, ada, _, room) = two_in_a_room().await;
    let waiting: Vec<_> = (0..20)
        .map(|n| (house.app.writer.clone(), house.sending(room, &n.to_string())))
        .collect();
    let mut sends = Vec::new();
    for (writer, command) in waiting {
        let send = ready(&ada, &command);
        sends.push(async move { writer.send(send).await });
    }
    let stop = async { house.app.stopping.cancel() };
    // The sends are polled first, so all of them stand in the queue when the stop comes.
    let (answers, ()) = tokio::join!(futures_util::future::join_all(sends), stop);
    assert!(answers.iter().all(Result::is_ok));
    let late = house.send(&ada, &house.sending(room, "late")).await;
    assert!(matches!(late, Err(Error::Fault(_))));
}

/// Not a gate, a figure: how many are stored a second with many senders at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders_share_commits() {
    const SENDERS: usize = 256;
    const EACH: usize = 20;
    let (house, ada, bo, room) = two_in_a_room_of(House::open_synced().await).await;
    let house = &house;
    let before = house.number_by_sql("SELECT count(*) FROM messages").await;
    #[expect(
        clippy::disallowed_methods,
        reason = "a figure for people, of the machine's own time"
    )]
    let start = std::time::Instant::now();
    let senders = (0..SENDERS).map(|n| async move {
        let who = if n % 2 == 0 { ada } else { bo };
        for text in 0..EACH {
            house.say(&who, room, &format!("message {text} of {n}")).await;
        }
    });
    futures_util::future::join_all(senders).await;
    let took = start.elapsed();
    let stored = house.number_by_sql("SELECT count(*) FROM messages").await - before;
    assert_eq!(usize::try_from(stored).unwrap(), SENDERS * EACH);
    let batches = house.publications().len();
    assert!(batches >= SENDERS * EACH / BATCH_MAX_WRITES, "{batches} batches");
    assert!(
        batches < SENDERS * EACH / 4,
        "commits are shared, not one each: {batches} batches"
    );
    let per_second = u128::from(stored.unsigned_abs()) * 1_000_000 / took.as_micros().max(1);
    println!("{stored} stored in {took:?} with {batches} commits: {per_second}/s");
}
