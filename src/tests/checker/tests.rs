//! A run that kept everything, and for each promise a run in which it alone is broken.

use super::{store::Absence, *};
use crate::rules::away::{Form, Line};
use crate::wire::{
    Body, Change, ClientKey, Entry, Enveloped, EpisodeId, Millis, Position, RoomKind,
    command::{Edit, MarkRead, Send},
    event::{MemberJoined, MemberRemoved, MessageCreated, MessageDeleted, MessageEdited, RoomCreated},
    membership::RoomRole,
    user_log::{Episode, Marker},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const HALL: RoomId = RoomId::from_bytes([1; 16]);
const ADA: UserId = UserId::from_bytes([2; 16]);
const BO: UserId = UserId::from_bytes([3; 16]);
const CY: UserId = UserId::from_bytes([4; 16]);
const EPOCH: Epoch = Epoch([5; 16]);
const HI: ClientKey = ClientKey::from_bytes([6; 16]);
const YO: ClientKey = ClientKey::from_bytes([7; 16]);
const EDIT: ClientKey = ClientKey::from_bytes([8; 16]);

/// Ada makes a room and Bo comes in; Ada says "hi", Bo answers "yo", Ada edits hers.
/// Cy came and was removed.
fn whole() -> (History, FinalStore) {
    let changes: Vec<(UserId, Change)> = vec![
        (ADA, RoomCreated { name: "Hall".into() }.into()),
        (ADA, joined(ADA)),
        (BO, joined(BO)),
        (ADA, joined(CY)),
        (ADA, MemberRemoved { user: CY }.into()),
        (ADA, MessageCreated { ordinal: Ordinal(1) }.into()),
        (BO, MessageCreated { ordinal: Ordinal(2) }.into()),
        (
            ADA,
            MessageEdited {
                ordinal: Ordinal(1),
                author: ADA,
                unmentioned: vec![],
            }
            .into(),
        ),
    ];
    let entries: Vec<Entry> = changes
        .into_iter()
        .zip(1..)
        .map(|((actor, change), seq)| entry(seq, actor, &change))
        .collect();
    let messages = vec![message(1, 6, 8, ADA, HI, "hello"), message(2, 7, 7, BO, YO, "yo")];
    let room = StoredRoom {
        name: "Hall".into(),
        seq: Seq(8),
        tail: Tail(8),
        ordinal: Ordinal(2),
        entries: entries.clone(),
        messages: messages.clone(),
        positions: BTreeMap::from([(Ordinal(1), Position(1)), (Ordinal(2), Position(2))]),
    };
    let counts = |marker: u64, unread| Counts {
        marker: read_to(marker),
        as_of: Seq(8),
        unread,
        left: Ordinal(marker),
        returned: Some(Ordinal::ZERO),
        ..Counts::default()
    };
    let store = FinalStore {
        rooms: BTreeMap::from([(HALL, room)]),
        memberships: vec![tie(ADA, true), tie(BO, true), tie(CY, false)],
        keys: vec![key(ADA, HI, 6), key(BO, YO, 7), key(ADA, EDIT, 8)],
        markers: BTreeMap::from([((ADA, HALL), read_to(2)), ((BO, HALL), read_to(0))]),
        counts: BTreeMap::from([((ADA, HALL), counts(2, 0)), ((BO, HALL), counts(0, 1))]),
        episodes: BTreeMap::new(),
        absences: BTreeMap::new(),
        dismissed: BTreeMap::new(),
        push_jobs: 0,
        remains: Vec::new(),
    };
    let history = History {
        commands: vec![
            sent(ADA, HI, "hi", 6),
            sent(BO, YO, "yo", 7),
            accepted(ADA, edit("hello"), 8),
            invoked(ADA, read(2)),
        ],
        tried_again: HashSet::new(),
        sent_again: HashSet::new(),
        heard: entries.iter().map(|entry| heard(1, ADA, entry, None)).collect(),
        memberships: vec![change(BO, 3, true), change(CY, 4, true), change(CY, 5, false)],
        restores: Vec::new(),
        not_known: vec![],
        cursors: vec![stand(1, 5), stand(1, 8)],
        stored: vec![],
        attempts: vec![],
        min_absence: Millis(30),
        readers: vec![
            reader(1, ADA, counts(2, 0), &messages),
            reader(2, BO, counts(0, 1), &messages),
        ],
        displayed: [(ADA, HALL, BO, YO)].into(),
        passed: HashMap::new(),
        has_screens: true,
    };
    (history, store)
}

fn joined(user: UserId) -> Change {
    let role = RoomRole::Member;
    MemberJoined { user, role }.into()
}

fn entry(seq: u64, actor: UserId, change: &Change) -> Entry {
    Entry {
        seq: Seq(seq),
        tail: Tail(u32::try_from(seq).unwrap()),
        at: Millis(seq),
        actor,
        change: change.pack(),
    }
}

fn message(ordinal: u64, seq: u64, revision: u64, author: UserId, client_key: ClientKey, text: &str) -> Message {
    Message {
        ordinal: Ordinal(ordinal),
        seq: Seq(seq),
        revision: Seq(revision),
        author,
        client_key,
        at: Millis(seq),
        body: Some(Body::stored(text.into())),
        mentions: vec![],
        edited_at: None,
        reactions: vec![],
    }
}

fn read_to(ordinal: u64) -> Marker {
    Marker {
        version: 0,
        ordinal: Ordinal(ordinal),
    }
}

fn tie(user: UserId, is_in: bool) -> Membership {
    Membership {
        room: HALL,
        user,
        is_in,
        joined: Ordinal(0),
    }
}

fn key(author: UserId, key: ClientKey, seq: u64) -> StoredKey {
    StoredKey {
        author,
        key,
        room: HALL,
        seq: Seq(seq),
    }
}

fn send(client_key: ClientKey, body: &str) -> Command {
    Send {
        client_key,
        room: HALL,
        body: body.into(),
    }
    .into()
}

fn edit(body: &str) -> Command {
    Edit {
        client_key: EDIT,
        room: HALL,
        target: message(1, 6, 6, ADA, HI, "hi").target(),
        revision: Seq(6),
        body: body.into(),
    }
    .into()
}

fn read(ordinal: u64) -> Command {
    MarkRead {
        room: HALL,
        marker: read_to(ordinal),
    }
    .into()
}

fn invoked(author: UserId, command: Command) -> Invoked {
    Invoked {
        author,
        command,
        answers: vec![],
        pursued: true,
    }
}

fn accepted(author: UserId, command: Command, seq: u64) -> Invoked {
    Invoked {
        answers: vec![accept(seq)],
        ..invoked(author, command)
    }
}

fn accept(seq: u64) -> Answer {
    Answer {
        at: 50,
        said: Said::Accepted {
            room: HALL,
            seq: Seq(seq),
        },
    }
}

fn sent(author: UserId, key: ClientKey, body: &str, seq: u64) -> Invoked {
    accepted(author, send(key, body), seq)
}

fn heard(client: ClientId, user: UserId, entry: &Entry, row: Option<Message>) -> Heard {
    Heard {
        client,
        user,
        epoch: EPOCH,
        at: 50,
        room: HALL,
        seq: entry.seq,
        tail: Some(entry.tail),
        row,
    }
}

fn change(user: UserId, seq: u64, inside: bool) -> MembershipChange {
    MembershipChange {
        epoch: EPOCH,
        room: HALL,
        user,
        seq: Seq(seq),
        inside,
        at: seq,
    }
}

fn stand(client: ClientId, seq: u64) -> Stand {
    Stand {
        client,
        epoch: EPOCH,
        room: HALL,
        seq: Some(Seq(seq)),
    }
}

fn reader(client: ClientId, user: UserId, counts: Counts, messages: &[Message]) -> Reader {
    let rows = Rows {
        cursor: Cursor {
            seq: Seq(8),
            tail: Tail(8),
        },
        ordinal: Ordinal(2),
        messages: messages.iter().map(|message| (message.clone(), false)).collect(),
        missing: 0,
    };
    let room = ReaderRoom {
        room: HALL,
        name: "Hall".into(),
        counts,
        preview: Some("yo".into()),
        rows: Some(rows),
    };
    Reader {
        client,
        level: Level::CURRENT,
        user,
        rooms: vec![room],
        card: None,
        opened: BTreeSet::new(),
    }
}

/// The promises that a spoiled run breaks.
fn broken(spoil: impl FnOnce(&mut History, &mut FinalStore)) -> Vec<Promise> {
    let (mut history, mut store) = whole();
    spoil(&mut history, &mut store);
    let mut promises: Vec<_> = judge(&history, &store).into_iter().map(|found| found.promise).collect();
    promises.dedup();
    promises
}

fn hall(store: &mut FinalStore) -> &mut StoredRoom {
    store.rooms.get_mut(&HALL).unwrap()
}

fn rows(history: &mut History, nth: usize) -> &mut Rows {
    history.readers[nth].rooms[0].rows.as_mut().unwrap()
}

#[test]
fn a_run_that_kept_everything_breaks_nothing() {
    let (history, store) = whole();
    assert_eq!(judge(&history, &store), []);
}

#[test]
fn k1_is_broken_by_an_acknowledged_change_that_is_missing() {
    let lost = ClientKey::from_bytes([9; 16]);
    assert_eq!(
        broken(|history, _| history.commands.push(sent(BO, lost, "lost", 9))),
        [Promise::K1]
    );
}

#[test]
fn what_was_acknowledged_after_a_backup_may_be_lost_with_its_restore() {
    let lost = ClientKey::from_bytes([9; 16]);
    assert_eq!(
        broken(|history, _| {
            let mut gone = sent(BO, lost, "lost", 9);
            gone.pursued = false;
            history.commands.push(gone);
            history.restores.push(Restore {
                taken_at: 49,
                restored_at: 51,
            });
        }),
        []
    );
}

#[test]
fn k2_is_broken_by_a_message_that_a_reader_sees_twice() {
    assert_eq!(
        broken(|history, store| {
            let room = hall(store);
            let again = message(3, 9, 9, BO, YO, "yo");
            room.entries
                .push(entry(9, BO, &MessageCreated { ordinal: Ordinal(3) }.into()));
            room.messages.push(again);
            (room.seq, room.tail, room.ordinal) = (Seq(9), Tail(9), Ordinal(3));
            let ada = store.counts.get_mut(&(ADA, HALL)).unwrap();
            (ada.as_of, ada.unread) = (Seq(9), 1);
            store.counts.get_mut(&(BO, HALL)).unwrap().as_of = Seq(9);
            history.readers.clear();
        }),
        [Promise::K2]
    );
}

#[test]
fn k3_is_broken_by_two_readers_of_two_orders() {
    assert_eq!(
        broken(|history, store| {
            let mut other = store.rooms[&HALL].entries[6].clone();
            other.tail = Tail(99);
            history.heard.push(heard(2, BO, &other, None));
        }),
        [Promise::K3]
    );
}

#[test]
fn k3_is_broken_by_a_hole_in_the_log() {
    assert_eq!(
        broken(|history, store| {
            hall(store).entries.remove(3);
            history.heard.remove(3);
        }),
        [Promise::K3]
    );
}

#[test]
fn k4_is_broken_by_a_text_that_nobody_sent() {
    assert_eq!(
        broken(|history, store| {
            let mut forged = store.rooms[&HALL].messages[1].clone();
            forged.body = Some(Body::stored("Yo".into()));
            let told = store.rooms[&HALL].entries[6].clone();
            history.heard.push(heard(1, ADA, &told, Some(forged)));
        }),
        [Promise::K4]
    );
}

#[test]
fn k5_is_broken_by_an_unknown_outcome_that_never_came_to_anything() {
    let unknown = ClientKey::from_bytes([9; 16]);
    assert_eq!(
        broken(|history, _| history.commands.push(invoked(BO, send(unknown, "is it there?")))),
        [Promise::K5]
    );
}

#[test]
fn k5_is_broken_by_a_refusal_of_what_is_stored() {
    assert_eq!(
        broken(|history, _| {
            let said = Said::Refused(Problem::Gone);
            history.commands[1].answers = vec![Answer { at: 50, said }];
        }),
        [Promise::K5]
    );
}

#[test]
fn k5_holds_where_another_tab_sent_again_what_was_refused() {
    assert_eq!(
        broken(|history, _| {
            let said = Said::Refused(Problem::Gone);
            history.commands[1].answers = vec![Answer { at: 50, said }];
            history.tried_again.insert((BO, YO));
        }),
        []
    );
}

/// Bo's answers to a message that is stored, and that Bo's tab sent more than once.
fn sent_again(refused_at: Moment, accepted_at: Moment) -> Vec<Promise> {
    broken(|history, _| {
        let answers = &mut history.commands[1].answers;
        answers.retain(|answer| matches!(answer.said, Said::Accepted { .. }));
        answers[0].at = accepted_at;
        let said = Said::Refused(Problem::Gone);
        answers.push(Answer { at: refused_at, said });
        answers.sort_by_key(|answer| answer.at);
        history.sent_again.insert((BO, YO));
    })
}

#[test]
fn k5_holds_where_a_later_attempt_is_accepted_after_a_refusal() {
    assert_eq!(sent_again(50, 51), []);
}

#[test]
fn k5_is_broken_by_a_refusal_after_the_acceptance_of_an_earlier_attempt() {
    assert_eq!(sent_again(51, 50), [Promise::K5]);
}

#[test]
fn k6_is_broken_by_a_cursor_that_goes_back() {
    assert_eq!(broken(|history, _| history.cursors.push(stand(1, 7))), [Promise::K6]);
}

#[test]
fn k6_is_broken_by_a_reader_who_does_not_know_what_they_lack() {
    assert_eq!(
        broken(|history, _| {
            rows(history, 0).messages.remove(0);
        }),
        [Promise::K6]
    );
}

#[test]
fn k6_is_broken_by_a_row_shown_as_it_was_before() {
    assert_eq!(
        broken(|history, _| rows(history, 1).messages[0].1 = true),
        [Promise::K6]
    );
}

#[test]
fn k7_is_broken_by_an_entry_that_reaches_who_was_removed() {
    let told = |history: &mut History, store: &mut FinalStore| {
        let later = store.rooms[&HALL].entries[5].clone();
        history.heard.push(heard(3, CY, &later, None));
    };
    assert_eq!(broken(told), [Promise::K7]);
    // Who came in again may read what was said meanwhile.
    let came_back = |history: &mut History, store: &mut FinalStore| {
        told(history, store);
        history.memberships.push(change(CY, 9, true));
    };
    assert_eq!(broken(came_back), []);
}

#[test]
fn k7_is_broken_by_a_tab_that_still_holds_the_room() {
    assert_eq!(
        broken(|history, _| {
            let mut cy = history.readers[1].clone();
            cy.user = CY;
            history.readers.push(cy);
        }),
        [Promise::K7]
    );
}

#[test]
fn k8_is_broken_by_a_wrong_number_of_the_server_or_of_a_tab() {
    assert_eq!(
        broken(|_, store| store.counts.get_mut(&(BO, HALL)).unwrap().unread = 2),
        [Promise::K8]
    );
    assert_eq!(
        broken(|history, _| history.readers[1].rooms[0].counts.mentions = 1),
        [Promise::K8]
    );
}

#[test]
fn k8_is_broken_by_a_marker_that_nobody_moved() {
    assert_eq!(
        broken(|history, _| history
            .commands
            .retain(|invoked| !matches!(invoked.command, Command::MarkRead(_)))),
        [Promise::K8]
    );
}

/// Bo was last there before Ada said "hi" and came back after it.
fn absent(history: &mut History, store: &mut FinalStore) {
    let attempt = |kind, from| Attempt {
        user: BO,
        kind,
        epoch: EPOCH,
        from,
        to: Some(from + 1),
        is_stored: true,
    };
    history.attempts = vec![
        attempt(AttemptKind::Here, 10),
        attempt(AttemptKind::Gone, 20),
        attempt(AttemptKind::Here, 40),
    ];
    let stored = |ordinal, at| StoredMessage {
        epoch: EPOCH,
        room: HALL,
        ordinal: Ordinal(ordinal),
        at,
    };
    history.stored = vec![stored(1, 30), stored(2, 50)];
    let episode = EpisodeId::from_bytes([9; 16]);
    let over = Episode {
        episode,
        last_active: Millis(10),
        back: Some(Millis(40)),
        returned: Some(Position(1)),
    };
    store.episodes.insert(BO, over);
    set_absence(history, store, 0, 1, 1);
    history.readers[1].card = Some(card(episode, 1));
}

fn set_absence(history: &mut History, store: &mut FinalStore, left: u64, returned: u64, missed: u32) {
    let absence = Absence {
        left: Ordinal(left),
        returned: Some(Ordinal(returned)),
    };
    store.absences.insert((BO, HALL), absence);
    let counts = store.counts.get_mut(&(BO, HALL)).unwrap();
    for counts in [counts, &mut history.readers[1].rooms[0].counts] {
        (counts.left, counts.returned) = (absence.left, absence.returned);
        counts.since_left = missed;
    }
}

fn card(episode: EpisodeId, missed: u32) -> Card {
    Card {
        episode,
        absence: Millis(30),
        form: Form::Line,
        lines: vec![Line {
            room: HALL,
            kind: RoomKind::Open,
            name: "Hall".into(),
            missed,
            mentions: 0,
            preview: None,
        }],
        more_rooms: 0,
        messages: missed,
        mentions: 0,
        rooms: vec![HALL],
        first_mention: None,
    }
}

#[test]
fn k8_is_broken_by_an_absence_that_is_not_what_was_recorded() {
    assert_eq!(broken(absent), []);
    let spoilt: [fn(&mut History, &mut FinalStore); 7] = [
        // What the tab counts of it, and what the server counts.
        |history, _| history.readers[1].rooms[0].counts.since_left = 2,
        |_, store| store.counts.get_mut(&(BO, HALL)).unwrap().since_left = 0,
        // A card that has grown, and one that was lost.
        |history, _| history.readers[1].card.as_mut().unwrap().lines[0].missed = 2,
        |history, _| history.readers[1].card = None,
        // Another lease's left vector.
        |history, store| set_absence(history, store, 1, 1, 0),
        // A room that ended elsewhere at the return.
        |history, store| set_absence(history, store, 0, 2, 1),
        // A return that is stored after what came later.
        |history, store| {
            store.episodes.get_mut(&BO).unwrap().returned = Some(Position(2));
            set_absence(history, store, 0, 2, 1);
        },
    ];
    for (nth, spoil) in spoilt.into_iter().enumerate() {
        let promises = broken(|history, store| {
            absent(history, store);
            spoil(history, store);
            if nth == 4 {
                history.readers[1].card = None;
            }
        });
        assert_eq!(promises, [Promise::K8], "{nth}");
    }
}

#[test]
fn reader_of_the_first_level_needs_no_card_and_counts_exactly_but_for_the_absence() {
    let of_first_level = |spoil: fn(&mut Reader)| {
        broken(|history, store| {
            absent(history, store);
            let reader = &mut history.readers[1];
            reader.level = Level::FIRST;
            reader.card = None;
            spoil(reader);
        })
    };
    assert_eq!(of_first_level(|_| ()), []);
    assert_eq!(of_first_level(|reader| reader.rooms[0].counts.returned = None), []);
    assert_eq!(of_first_level(|reader| reader.rooms[0].counts.since_left = 2), []);
    assert_eq!(
        of_first_level(|reader| reader.rooms[0].counts.unread = 2),
        [Promise::K8]
    );
    assert_eq!(
        of_first_level(|reader| reader.rooms[0].counts.mentions = 1),
        [Promise::K8]
    );
}

#[test]
fn card_may_lack_what_was_read_opened_or_put_away() {
    let episode = EpisodeId::from_bytes([9; 16]);
    assert_eq!(
        broken(|history, store| {
            absent(history, store);
            history.readers[1].card = None;
            history.readers[1].opened.insert(HALL);
        }),
        []
    );
    assert_eq!(
        broken(|history, store| {
            absent(history, store);
            history.readers[1].card = None;
            store.dismissed.insert(BO, vec![episode]);
        }),
        []
    );
}

#[test]
fn k9_is_broken_by_a_reader_who_missed_an_edit() {
    assert_eq!(
        broken(|history, _| rows(history, 1).messages[0].0 = message(1, 6, 6, ADA, HI, "hi")),
        [Promise::K9]
    );
}

/// Bo's message is deleted, on the server and with both readers.
fn deleted(history: &mut History, store: &mut FinalStore) {
    let gone = MessageDeleted {
        ordinal: Ordinal(2),
        author: BO,
        mentioned: vec![],
    };
    let room = hall(store);
    room.entries.push(entry(9, BO, &gone.into()));
    (room.seq, room.tail) = (Seq(9), Tail(9));
    room.messages[1].body = None;
    room.messages[1].revision = Seq(9);
    for counts in store.counts.values_mut() {
        (counts.as_of, counts.unread) = (Seq(9), u32::from(counts.marker == read_to(0)));
    }
    let tombstone = hall(store).messages[1].clone();
    for reader in &mut history.readers {
        let room = &mut reader.rooms[0];
        (room.counts.as_of, room.preview) = (Seq(9), Some("hello".into()));
        let rows = room.rows.as_mut().unwrap();
        rows.cursor = Cursor {
            seq: Seq(9),
            tail: Tail(9),
        };
        rows.messages[1].0 = tombstone.clone();
    }
}

#[test]
fn k9_is_broken_by_deleted_words_that_are_still_somewhere() {
    let unread = |store: &mut FinalStore, history: &mut History| {
        // Ada's edited message is what Bo has not read.
        assert_eq!(store.counts[&(BO, HALL)].unread, 1);
        assert_eq!(history.readers[1].rooms[0].counts.unread, 1);
    };
    assert_eq!(
        broken(|history, store| {
            deleted(history, store);
            unread(store, history);
        }),
        []
    );
    assert_eq!(
        broken(|history, store| {
            deleted(history, store);
            history.readers[0].rooms[0].preview = Some("yo".into());
        }),
        [Promise::K9]
    );
    assert_eq!(
        broken(|history, store| {
            deleted(history, store);
            store.remains = b"a page with yo in it".to_vec();
        }),
        [Promise::K9]
    );
}

#[test]
fn k10_is_broken_by_any_job_while_no_push_is_built() {
    assert_eq!(broken(|_, store| store.push_jobs = 1), [Promise::K10]);
}

#[test]
fn k11_is_broken_by_anything_that_an_older_client_does_not_know() {
    let item = Envelope {
        kind: 12,
        version: 1,
        body: Vec::new(),
    };
    assert_eq!(broken(|history, _| history.not_known.push((1, item))), [Promise::K11]);
}
