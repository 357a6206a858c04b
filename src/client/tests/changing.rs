//! Editing, deleting, reacting: seen at once, stored once, and taken back with its reason.

use super::{
    every_change::thumb,
    model::{Server, room, user},
    world::World,
};
use crate::{
    client::{Act, Effect, Input, MemoryStore, PendingState, Row, RowKey, outbox::Outbox},
    wire::{command, *},
};

fn message(world: &World, seat: usize, text: &str) -> Message {
    let rows = world.tab(seat).rows(room(1), &|_| 0);
    let found = rows.into_iter().find_map(|row| match row {
        Row::Message { message, .. } if message.text() == text => Some(message),
        _ => None,
    });
    Message::clone(&found.unwrap_or_else(|| panic!("{text} in {:?}", world.sees(seat, room(1)))))
}

fn edits(world: &mut World, seat: usize, message: &Message, text: &str) {
    let edit = Input::Edit {
        room: room(1),
        target: message.target(),
        revision: message.revision,
        body: text.into(),
    };
    world.tells(seat, edit);
}

fn deletes(world: &mut World, seat: usize, message: &Message) {
    let delete = Act::Delete {
        room: room(1),
        target: message.target(),
    };
    world.tells(seat, Input::Do(delete));
}

fn reacts(world: &mut World, seat: usize, message: &Message, on: bool) {
    let react = Act::React {
        room: room(1),
        target: message.target(),
        emoji: thumb(),
        on,
    };
    world.tells(seat, Input::Do(react));
}

/// Ada and Bo in one room, in which these were said by turns.
fn said(texts: &[&str]) -> (World, usize, usize) {
    let mut world = World::new(Server::with(2, 1));
    for (n, text) in texts.iter().enumerate() {
        world.is_said(if n % 2 == 0 { 1 } else { 2 }, room(1), text);
    }
    let (ada, bo) = (world.tab_of(1), world.tab_of(2));
    for seat in [ada, bo] {
        world.opens(seat, room(1));
        world.tells(seat, Input::MarkAllRead { room: room(1) });
    }
    world.calm();
    for seat in [ada, bo] {
        world.tells(seat, Input::CloseRoom);
        world.opens(seat, room(1));
    }
    world.calm();
    (world, ada, bo)
}

fn failed(world: &World, seat: usize) -> Vec<(String, Problem)> {
    let rows = world.tab(seat).rows(room(1), &|_| 0);
    let pending = rows.into_iter().filter_map(|row| match row {
        Row::Pending { pending, .. } => Some(pending),
        Row::Message { overlay, .. } => overlay?.edit.clone(),
        _ => None,
    });
    pending
        .filter_map(|pending| match pending.state {
            PendingState::NotSent(problem) => Some((pending.body.as_str().to_owned(), problem)),
            _ => None,
        })
        .collect()
}

fn failed_key(world: &World, seat: usize) -> ClientKey {
    let rows = world.tab(seat).rows(room(1), &|_| 0);
    let keys = rows.into_iter().filter_map(|row| match row {
        Row::Pending { pending, .. } => Some(pending.client_key),
        Row::Message { overlay, .. } => Some(overlay?.edit.as_ref()?.client_key),
        _ => None,
    });
    keys.last().expect("something failed")
}

#[test]
fn an_edit_is_seen_at_once_and_never_flickers_back() {
    let (mut world, ada, bo) = said(&["tpyo"]);
    let row = message(&world, ada, "tpyo");
    edits(&mut world, ada, &row, "typo");
    assert_eq!(world.sees(ada, room(1)), ["typo…"]);
    let key = world.tab(ada).rows(room(1), &|_| 0).last().map(|row| row.key(user(1)));
    // The answer comes before the event, or after it: the new text stands throughout.
    assert!(world.serves(ada));
    while world.hears(ada) {
        assert!(world.sees(ada, room(1))[0].starts_with("typo"));
    }
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["typo"]);
    assert_eq!(world.sees(bo, room(1)), ["typo"]);
    assert_eq!(
        world.tab(ada).rows(room(1), &|_| 0).last().map(|row| row.key(user(1))),
        key,
        "the row on screen stays the same one"
    );
    assert_eq!(world.seats[ada].shown, [], "nothing to be told about");
    assert!(message(&world, ada, "typo").edited_at.is_some());
}

#[test]
fn what_was_changed_offline_leaves_in_order_with_what_was_said() {
    let (mut world, ada, bo) = said(&["one", "two"]);
    world.is_cut_off(ada);
    let (own, other) = (message(&world, ada, "one"), message(&world, ada, "two"));
    edits(&mut world, ada, &own, "one more");
    reacts(&mut world, ada, &other, true);
    world.says(ada, room(1), "three");
    assert_eq!(world.sees(ada, room(1)), ["one more…", "two 👍1", "three…"]);
    world.calm();
    assert_eq!(world.sees(bo, room(1)), ["one more", "two 👍1", "three"]);
    assert_eq!(world.sees(ada, room(1)), ["one more", "two 👍1", "three"]);
    assert_eq!(world.tab(ada).unsent(), 0);
}

#[test]
fn an_edit_of_what_was_edited_elsewhere_is_refused_and_keeps_its_text() {
    let (mut world, ada, _) = said(&["first"]);
    let phone = world.tab_of(1);
    world.opens(phone, room(1));
    world.calm();
    let row = message(&world, ada, "first");
    edits(&mut world, phone, &row, "from the phone");
    world.calm();
    edits(&mut world, ada, &row, "from the desk");
    world.calm();
    assert_eq!(
        failed(&world, ada),
        [("from the desk".to_owned(), Problem::Outdated(Ordinal(1)))]
    );
    assert_eq!(world.sees(ada, room(1)), ["from the desk!"]);
    assert_eq!(world.sees(phone, room(1)), ["from the phone"]);
    let key = failed_key(&world, ada);
    world.tells(ada, Input::Retry(key));
    world.calm();
    for seat in [ada, phone] {
        assert_eq!(world.sees(seat, room(1)), ["from the desk"], "over what it says now");
    }
}

#[test]
fn a_refused_edit_that_is_put_away_leaves_the_message_as_it_is() {
    let (mut world, ada, _) = said(&["mine", "yours"]);
    let yours = message(&world, ada, "yours");
    edits(&mut world, ada, &yours, "never yours");
    world.calm();
    assert_eq!(failed(&world, ada), [("never yours".to_owned(), Problem::NotAllowed)]);
    let key = failed_key(&world, ada);
    world.tells(ada, Input::Discard(key));
    assert_eq!(world.sees(ada, room(1)), ["mine", "yours"]);
}

#[test]
fn two_edits_in_a_row_are_both_made_though_the_second_did_not_see_the_first_stored() {
    let (mut world, ada, bo) = said(&["a"]);
    let row = message(&world, ada, "a");
    edits(&mut world, ada, &row, "ab");
    edits(&mut world, ada, &row, "abc");
    assert_eq!(world.sees(ada, room(1)), ["abc…"]);
    world.calm();
    assert_eq!(world.sees(bo, room(1)), ["abc"]);
    assert_eq!(failed(&world, ada), []);
}

#[test]
fn of_two_refused_texts_the_later_one_is_kept() {
    let (mut world, ada, _) = said(&["mine", "yours"]);
    let yours = message(&world, ada, "yours");
    edits(&mut world, ada, &yours, "one");
    edits(&mut world, ada, &yours, "two");
    world.calm();
    assert_eq!(failed(&world, ada), [("two".to_owned(), Problem::NotAllowed)]);
    edits(&mut world, ada, &yours, "three");
    world.calm();
    assert_eq!(failed(&world, ada), [("three".to_owned(), Problem::NotAllowed)]);
}

#[test]
fn an_edit_that_cannot_be_queued_goes_back_to_where_it_was_written() {
    let (mut world, ada, _) = said(&["mine"]);
    let row = message(&world, ada, "mine");
    edits(&mut world, ada, &row, "  ");
    let back = Effect::EditNotQueued {
        room: room(1),
        target: row.target(),
        revision: row.revision,
        body: "  ".into(),
        problem: Problem::BodyEmpty,
    };
    assert_eq!(world.seats[ada].shown, [back]);
    assert_eq!(world.sees(ada, room(1)), ["mine"]);
}

#[test]
fn a_deletion_is_seen_at_once_and_the_words_are_gone_for_all() {
    let (mut world, ada, bo) = said(&["a secret", "what?"]);
    let row = message(&world, ada, "a secret");
    deletes(&mut world, ada, &row);
    assert_eq!(world.sees(ada, room(1)), ["-a secret…", "what?"]);
    world.calm();
    for seat in [ada, bo] {
        assert_eq!(world.sees(seat, room(1)), ["×", "what?"]);
        let held = format!("{:?}", world.tab(seat).timeline(room(1)));
        assert!(!held.contains("secret"));
    }
    assert_eq!(world.seats[ada].shown, []);
}

#[test]
fn a_refused_deletion_or_reaction_is_told_and_taken_off() {
    let (mut world, ada, _) = said(&["mine", "yours"]);
    let gone = message(&world, ada, "yours");
    world.is_cut_off(ada);
    reacts(&mut world, ada, &gone, true);
    deletes(&mut world, ada, &gone);
    let told = world.server.delete(room(1), user(2), gone.ordinal);
    world.publish(told);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["mine", "×"]);
    let problems: Vec<&Problem> = world.seats[ada]
        .shown
        .iter()
        .filter_map(|effect| match effect {
            Effect::Settled { outcome, .. } => outcome.as_ref().err(),
            _ => None,
        })
        .collect();
    assert_eq!(problems, [&Problem::MessageDeleted, &Problem::MessageDeleted]);
}

#[test]
fn an_edit_of_what_was_deleted_meanwhile_stands_at_the_end_to_copy() {
    let (mut world, ada, _) = said(&["mine", "yours"]);
    let row = message(&world, ada, "mine");
    world.is_cut_off(ada);
    edits(&mut world, ada, &row, "carefully worded");
    let told = world.server.delete(room(1), user(1), row.ordinal);
    world.publish(told);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["×", "yours", "carefully worded…"]);
    assert_eq!(
        failed(&world, ada),
        [("carefully worded".to_owned(), Problem::MessageDeleted)]
    );
    let rows = world.tab(ada).rows(room(1), &|_| 0);
    let keys: Vec<RowKey> = rows.iter().map(|row| row.key(user(1))).collect();
    assert!(
        keys.iter()
            .all(|key| keys.iter().filter(|other| *other == key).count() == 1)
    );
}

#[test]
fn unsent_edits_of_a_room_that_is_gone_are_kept_to_copy() {
    let (mut world, ada, _) = said(&["mine"]);
    let row = message(&world, ada, "mine");
    world.is_cut_off(ada);
    edits(&mut world, ada, &row, "too late");
    reacts(&mut world, ada, &row, true);
    let told = world.server.leave(room(1), user(1));
    world.publish(told);
    world.calm();
    assert!(world.tab(ada).open_is_gone());
    assert_eq!(world.sees(ada, room(1)), ["too late…"]);
    assert_eq!(failed(&world, ada), [("too late".to_owned(), Problem::Gone)]);
}

#[test]
fn a_reaction_is_put_and_taken_away_again() {
    let (mut world, ada, bo) = said(&["nice"]);
    let row = message(&world, ada, "nice");
    reacts(&mut world, ada, &row, true);
    reacts(&mut world, bo, &row, true);
    assert_eq!(world.sees(ada, room(1)), ["nice 👍1"]);
    world.calm();
    assert_eq!(world.sees(ada, room(1)), ["nice 👍2"]);
    reacts(&mut world, bo, &row, false);
    world.calm();
    assert_eq!(world.sees(bo, room(1)), ["nice 👍1"]);
}

#[test]
fn a_change_whose_answer_was_lost_is_made_once() {
    let (mut world, ada, bo) = said(&["old"]);
    let row = message(&world, ada, "old");
    edits(&mut world, ada, &row, "new");
    world.serves(ada);
    world.is_cut_off(ada);
    world.calm();
    let changes = world.server.rooms[&room(1)]
        .entries
        .iter()
        .filter(|entry| matches!(entry.change(), Ok(Change::MessageEdited(_))));
    assert_eq!(changes.count(), 1);
    assert_eq!(
        (world.sees(ada, room(1)), world.tab(ada).unsent()),
        (vec!["new".into()], 0)
    );
    assert_eq!(world.sees(bo, room(1)), ["new"]);
}

#[test]
fn the_last_own_message_is_the_newest_that_is_there_and_held() {
    let (mut world, ada, _) = said(&["first", "theirs", "second", "theirs again"]);
    let last = |world: &World| world.tab(ada).last_own(room(1)).map(|own| own.text().to_owned());
    assert_eq!(last(&world).as_deref(), Some("second"));
    world.is_cut_off(ada);
    let second = message(&world, ada, "second");
    deletes(&mut world, ada, &second);
    assert_eq!(last(&world).as_deref(), Some("first"), "what is being deleted is none");
    let first = message(&world, ada, "first");
    edits(&mut world, ada, &first, "first of all");
    assert_eq!(world.tab(ada).text_of(room(1), &first), "first of all");
    world.calm();
    assert_eq!(last(&world).as_deref(), Some("first of all"));
    world.is_cut_off(ada);
    for n in 0..20 {
        world.is_said(2, room(1), &format!("{n}"));
    }
    world.calm();
    assert_eq!(last(&world), None, "it lies before a gap");
    assert_eq!(world.tab(ada).last_own(room(9)), None);
}

/// The store is put back to before its last entries, and knows nothing of them.
fn is_restored(world: &mut World, entries: usize) {
    world.server.epoch = Epoch([2; 16]);
    let log = world.server.rooms.get_mut(&room(1)).unwrap();
    log.entries.truncate(log.entries.len() - entries);
    let last = log.head().seq;
    log.messages.retain(|message| message.seq <= last);
    log.worded.retain(|_, seq| *seq <= last);
    world.server.keys.retain(|_, (_, seq, _)| *seq <= last);
}

#[test]
fn after_a_restore_a_lost_message_is_said_again_as_it_was_last_seen() {
    let (mut world, ada, bo) = said(&["kept"]);
    world.says(ada, room(1), "frist");
    world.says(ada, room(1), "regretted");
    world.calm();
    let (row, regretted) = (message(&world, ada, "frist"), message(&world, ada, "regretted"));
    edits(&mut world, ada, &row, "first");
    deletes(&mut world, ada, &regretted);
    world.calm();
    world.is_cut_off(ada);
    is_restored(&mut world, 4);
    world.is_said(2, room(1), "of the new log");
    world.calm();
    let rows: Vec<String> = world.sees(ada, room(1)).into_iter().filter(|row| row != "--").collect();
    assert_eq!(rows, ["kept", "of the new log", "first"], "what was deleted stays so");
    world.is_cut_off(bo);
    world.calm();
    let rows: Vec<String> = world.sees(bo, room(1)).into_iter().filter(|row| row != "--").collect();
    assert_eq!(rows, ["kept", "of the new log", "first"]);
}

#[test]
fn after_a_restore_what_the_log_has_in_its_first_words_is_no_failure() {
    let (mut world, ada, _) = said(&["kept"]);
    world.says(ada, room(1), "frist");
    world.calm();
    let row = message(&world, ada, "frist");
    edits(&mut world, ada, &row, "first");
    world.calm();
    world.is_cut_off(ada);
    // Only the edit is lost, but so much was said since that the newest page does not
    // show whether the message is there.
    is_restored(&mut world, 1);
    let stored = world
        .server
        .rooms
        .get_mut(&room(1))
        .unwrap()
        .messages
        .last_mut()
        .unwrap();
    stored.body = Some(Body::stored("frist".into()));
    stored.edited_at = None;
    stored.revision = stored.seq;
    for n in 0..20 {
        world.is_said(2, room(1), &format!("{n}"));
    }
    world.calm();
    assert_eq!(failed(&world, ada), []);
    assert_eq!(world.tab(ada).unsent(), 0);
    let texts = world.server.rooms[&room(1)].messages.iter().map(Message::text);
    assert_eq!(texts.filter(|text| text.ends_with("st")).count(), 1);
}

#[test]
fn after_a_restore_what_its_author_is_taking_back_is_not_said_again() {
    let (mut world, ada, _) = said(&["kept"]);
    world.says(ada, room(1), "regretted");
    world.calm();
    world.is_cut_off(ada);
    let row = message(&world, ada, "regretted");
    deletes(&mut world, ada, &row);
    is_restored(&mut world, 1);
    world.is_said(2, room(1), "of the new log");
    world.calm();
    let texts: Vec<&str> = world.server.rooms[&room(1)]
        .messages
        .iter()
        .map(Message::text)
        .collect();
    assert_eq!(texts, ["kept", "of the new log"]);
}

#[test]
fn what_was_accepted_by_a_store_that_was_put_back_is_said_again() {
    let mut outbox = Outbox::of(Box::new(MemoryStore::default()));
    let client_key = ClientKey::from_bytes([1; 16]);
    let send = command::Send {
        client_key,
        room: room(1),
        body: "accepted".into(),
    };
    outbox.push(send.clone().into(), Millis(1), 10).unwrap();
    assert_eq!(outbox.due(1, 0, &|_| true).len(), 1);
    outbox.accept(client_key, Seq(50));
    assert_eq!(outbox.due(2, 0, &|_| true), []);
    outbox.start_over();
    assert_eq!(outbox.due(2, 0, &|_| true), [send.into()]);
    assert!(
        !outbox.log_reaches(room(1), Seq(60)),
        "the new log knows nothing of it yet"
    );
}
