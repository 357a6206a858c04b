//! What was said, said otherwise, taken back, and answered with a sign.

use super::{problem, two_in_a_room};
use crate::{
    server::{clock::Clock, memberships, messages, sessions::Signed, testing::House, writer::Told},
    wire::{
        Change, Cursor, Message, Ordinal, Problem, RoomEvent, RoomId, Seq, command,
        event::{Accepted, MessageDeleted, MessageEdited},
        fetch::{History, News, Range, Want},
        limits::{REACTION_KINDS_MAX, REACTIONS_MAX},
    },
};

type Result<T> = crate::server::error::Result<T>;

/// What somebody does to the newest message of a room, and does again.
struct At<'a> {
    house: &'a House,
    room: RoomId,
    row: Message,
}

impl<'a> At<'a> {
    async fn newest(house: &'a House, who: &Signed, room: RoomId) -> Self {
        let row = page(house, who, room).await.pop().unwrap();
        Self { house, room, row }
    }

    fn editing(&self, body: &str) -> command::Edit {
        command::Edit {
            client_key: self.house.key(),
            room: self.room,
            target: self.row.target(),
            revision: self.row.revision,
            body: body.to_owned(),
        }
    }

    fn deleting(&self) -> command::Delete {
        command::Delete {
            client_key: self.house.key(),
            room: self.room,
            target: self.row.target(),
        }
    }

    fn reacting(&self, emoji: &str, on: bool) -> command::React {
        command::React {
            client_key: self.house.key(),
            room: self.room,
            target: self.row.target(),
            emoji: emoji.to_owned(),
            on,
        }
    }

    async fn edit(&self, who: &Signed, body: &str) -> Result<Accepted> {
        messages::edit(&self.house.app, who, &self.editing(body)).await
    }

    async fn delete(&self, who: &Signed) -> Result<Accepted> {
        messages::delete(&self.house.app, who, &self.deleting()).await
    }

    async fn react(&self, who: &Signed, emoji: &str, on: bool) -> Result<Accepted> {
        messages::react(&self.house.app, who, &self.reacting(emoji, on)).await
    }

    async fn now(&self, who: &Signed) -> Message {
        let rows = page(self.house, who, self.room).await;
        rows.into_iter().find(|row| row.ordinal == self.row.ordinal).unwrap()
    }
}

async fn page(house: &House, who: &Signed, room: RoomId) -> Vec<Message> {
    let ask = History {
        room,
        before: Ordinal(u64::MAX),
        limit: u32::MAX,
    };
    messages::history(&house.app, who, &ask).await.unwrap().messages
}

/// All that was said, page by page.
async fn everything(house: &House, who: &Signed, room: RoomId) -> Vec<Message> {
    let mut rows = page(house, who, room).await;
    while rows[0].ordinal > Ordinal(1) {
        let ask = History {
            room,
            before: rows[0].ordinal,
            limit: u32::MAX,
        };
        let older = messages::history(&house.app, who, &ask).await.unwrap().messages;
        rows.splice(0..0, older);
    }
    rows
}

async fn head(house: &House) -> i64 {
    house.number_by_sql("SELECT sum(seq) FROM rooms").await
}

async fn leave(house: &House, who: &Signed, room: RoomId) {
    let leave = command::Leave {
        client_key: house.key(),
        room,
    };
    memberships::leave(&house.app, who, &leave).await.unwrap();
}

fn events(house: &House) -> Vec<RoomEvent> {
    house
        .heard()
        .into_iter()
        .filter_map(|told| match told {
            Told::Room(event) => Some(event),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn an_edit_is_told_with_the_row_as_it_is_now_and_read_the_same() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&ada, room, "hello @bo").await;
    let at = At::newest(&house, &bo, room).await;
    house.heard();
    house.clock.advance(1_000);
    let accepted = at.edit(&ada, "good-bye").await.unwrap();
    let told = events(&house).pop().unwrap();
    let edited = MessageEdited {
        ordinal: at.row.ordinal,
        author: ada.user(),
        unmentioned: vec![bo.user()],
    };
    assert_eq!(told.entry.change(), Ok(Change::from(edited)));
    assert_eq!(told.entry.seq, accepted.seq);
    let row = told.row.unwrap();
    assert_eq!(row.text(), "good-bye");
    assert_eq!((row.revision, row.seq), (accepted.seq, at.row.seq));
    assert_eq!(row.edited_at, Some(told.entry.at));
    assert_eq!(row.mentions, []);
    assert_eq!(at.now(&bo).await, row);
}

#[tokio::test]
async fn of_two_edits_from_one_revision_the_second_is_refused_and_the_first_stands() {
    let (house, ada, _, room) = two_in_a_room().await;
    house.say(&ada, room, "first").await;
    let at = At::newest(&house, &ada, room).await;
    at.edit(&ada, "second").await.unwrap();
    let before = head(&house).await;
    let refused = problem(at.edit(&ada, "third").await);
    assert_eq!(refused, Problem::Outdated(at.row.ordinal));
    assert_eq!(at.now(&ada).await.text(), "second");
    assert_eq!(head(&house).await, before);
}

#[tokio::test]
async fn of_two_edits_at_once_one_is_stored() {
    let (house, ada, _, room) = two_in_a_room().await;
    house.say(&ada, room, "first").await;
    let at = At::newest(&house, &ada, room).await;
    let (one, other) = futures_util::join!(at.edit(&ada, "left"), at.edit(&ada, "right"));
    assert!(one.is_ok() != other.is_ok());
}

#[tokio::test]
async fn a_reaction_in_between_does_not_refuse_an_edit() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&ada, room, "first").await;
    let at = At::newest(&house, &ada, room).await;
    at.react(&bo, "👍", true).await.unwrap();
    at.edit(&ada, "second").await.unwrap();
    let row = at.now(&bo).await;
    assert_eq!((row.text(), row.reactions.len()), ("second", 1));
}

#[tokio::test]
async fn an_edit_takes_mentions_away_and_never_adds_one() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let cy = house.insert_person("cy").await;
    house.join(&cy, room).await;
    house.say(&ada, room, "@bo and @cy").await;
    let at = At::newest(&house, &ada, room).await;
    at.edit(&ada, "only @cy").await.unwrap();
    assert_eq!(at.now(&ada).await.mentions, [cy.user()]);
    let at = At::newest(&house, &ada, room).await;
    at.edit(&ada, "@bo again, and @cy").await.unwrap();
    assert_eq!(at.now(&ada).await.mentions, [cy.user()]);
    assert_eq!(house.counts(&bo, room).await.mentions, 0);
    assert_eq!(house.counts(&cy, room).await.mentions, 1);
    leave(&house, &cy, room).await;
    let at = At::newest(&house, &ada, room).await;
    at.edit(&ada, "still @cy, who left").await.unwrap();
    assert_eq!(at.now(&ada).await.mentions, [cy.user()]);
}

#[tokio::test]
async fn only_its_author_edits_a_message() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&bo, room, "mine").await;
    let at = At::newest(&house, &ada, room).await;
    let cy = house.insert_person("cy").await;
    assert_eq!(problem(at.edit(&ada, "not yours").await), Problem::NotAllowed);
    assert_eq!(problem(at.edit(&cy, "not yours").await), Problem::Gone);
    let empty = at.edit(&bo, " \n").await;
    assert_eq!(problem(empty), Problem::BodyEmpty);
    leave(&house, &bo, room).await;
    assert_eq!(problem(at.edit(&bo, "too late").await), Problem::Gone);
    assert_eq!(at.now(&ada).await.text(), "mine");
}

#[tokio::test]
async fn authors_and_room_admins_delete_and_nobody_else() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let (cy, dee) = (house.insert_person("cy").await, house.insert_person("dee").await);
    house.join(&cy, room).await;
    for text in ["one", "two"] {
        house.say(&bo, room, text).await;
    }
    let at = At::newest(&house, &ada, room).await;
    assert_eq!(problem(at.delete(&dee).await), Problem::Gone);
    assert_eq!(problem(at.delete(&cy).await), Problem::NotAllowed);
    at.delete(&ada).await.unwrap();
    let first = At {
        house: &house,
        room,
        row: page(&house, &ada, room).await.remove(0),
    };
    first.delete(&bo).await.unwrap();
    assert!(page(&house, &ada, room).await.iter().all(Message::is_deleted));
}

#[tokio::test]
async fn in_a_direct_room_only_authors_delete() {
    let house = House::open().await;
    let (ada, bo) = (house.insert_person("ada").await, house.insert_person("bo").await);
    let open = command::OpenDirect {
        client_key: house.key(),
        with: bo.user(),
    };
    let room = crate::server::rooms::open_direct(&house.app, &ada, &open)
        .await
        .unwrap()
        .room;
    house.execute_sql("UPDATE memberships SET role = 1").await;
    house.say(&bo, room, "mine").await;
    let at = At::newest(&house, &ada, room).await;
    assert_eq!(problem(at.delete(&ada).await), Problem::NotAllowed);
    at.delete(&bo).await.unwrap();
}

#[tokio::test]
async fn a_deletion_leaves_number_author_and_key_and_nothing_else() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&ada, room, "secret for @bo").await;
    let at = At::newest(&house, &ada, room).await;
    at.react(&bo, "👀", true).await.unwrap();
    house.heard();
    let accepted = at.delete(&ada).await.unwrap();
    let told = events(&house).pop().unwrap();
    let deleted = MessageDeleted {
        ordinal: at.row.ordinal,
        author: ada.user(),
        mentioned: vec![bo.user()],
    };
    assert_eq!(told.entry.change(), Ok(Change::from(deleted)));
    let row = at.now(&bo).await;
    assert_eq!(told.row, Some(row.clone()));
    let expected = Message {
        revision: accepted.seq,
        body: None,
        mentions: vec![],
        ..at.row.clone()
    };
    assert_eq!(row, expected);
    assert_eq!(problem(at.edit(&ada, "back again").await), Problem::MessageDeleted);
    assert_eq!(problem(at.delete(&ada).await), Problem::MessageDeleted);
    assert_eq!(problem(at.react(&bo, "👍", true).await), Problem::MessageDeleted);
}

#[tokio::test]
async fn what_was_deleted_is_in_no_answer() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&ada, room, "before").await;
    house.say(&ada, room, "canary for @bo").await;
    let at = At::newest(&house, &ada, room).await;
    at.delete(&ada).await.unwrap();
    let ask = Range {
        room,
        after: Cursor::default(),
        to: Seq(u64::MAX),
    };
    let range = messages::range(&house.app, &bo, &ask).await.unwrap();
    let news = super::news(&house, &bo, room, None, Want::Rows).await;
    let summary = super::news(&house, &bo, room, None, Want::Summary).await;
    let News::Summary(found) = &summary else {
        panic!("{summary:?}")
    };
    assert_eq!(found.preview.as_ref().unwrap().words, "before");
    assert_eq!((found.mention.clone(), found.counts.unread), (None, 1));
    for answer in [format!("{range:?}"), format!("{news:?}"), format!("{summary:?}")] {
        assert!(!answer.contains("canary"), "{answer}");
    }
}

#[tokio::test]
async fn a_summary_brings_the_words_of_the_first_unread_mention() {
    let (house, ada, bo, room) = two_in_a_room().await;
    for text in ["hello", "look, @bo", "and again, @bo", "that is all"] {
        house.say(&ada, room, text).await;
    }
    let News::Summary(found) = super::news(&house, &bo, room, None, Want::Summary).await else {
        panic!("a summary was asked for")
    };
    assert_eq!(found.mention.unwrap().words, "look, @bo");
    assert_eq!(found.preview.unwrap().words, "that is all");
}

#[tokio::test]
async fn what_is_changed_of_a_message_has_no_session_looked_up_again() {
    let (house, ada, _, room) = two_in_a_room().await;
    house.say(&ada, room, "frist").await;
    let at = At::newest(&house, &ada, room).await;
    let changes = house.app.writer.changes_of_sessions();
    at.edit(&ada, "first").await.unwrap();
    at.react(&ada, "👍", true).await.unwrap();
    at.delete(&ada).await.unwrap();
    assert_eq!(house.app.writer.changes_of_sessions(), changes);
    house.open_room(&ada, "attic").await;
    assert_ne!(house.app.writer.changes_of_sessions(), changes);
}

#[tokio::test]
async fn a_resend_gets_the_first_answer_and_takes_no_number() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&bo, room, "first").await;
    let at = At::newest(&house, &ada, room).await;
    let (react, edit, delete) = (at.reacting("👍", true), at.editing("second"), at.deleting());
    let app = &house.app;
    let first = [
        messages::react(app, &bo, &react).await.unwrap(),
        messages::edit(app, &bo, &edit).await.unwrap(),
        messages::delete(app, &bo, &delete).await.unwrap(),
    ];
    leave(&house, &bo, room).await;
    let before = head(&house).await;
    house.heard();
    let again = [
        messages::react(app, &bo, &react).await.unwrap(),
        messages::edit(app, &bo, &edit).await.unwrap(),
        messages::delete(app, &bo, &delete).await.unwrap(),
    ];
    assert_eq!(again, first);
    assert_eq!(head(&house).await, before);
    assert_eq!(house.heard(), []);
    let other = command::Delete {
        client_key: edit.client_key,
        ..delete
    };
    assert_eq!(problem(messages::delete(app, &bo, &other).await), Problem::KeyReused);
}

#[tokio::test]
async fn another_message_with_that_number_is_not_touched() {
    let (house, ada, _, room) = two_in_a_room().await;
    house.say(&ada, room, "mine").await;
    let mut at = At::newest(&house, &ada, room).await;
    at.row.client_key = house.key();
    assert_eq!(problem(at.edit(&ada, "x").await), Problem::Gone);
    assert_eq!(problem(at.delete(&ada).await), Problem::Gone);
    assert_eq!(problem(at.react(&ada, "👍", true).await), Problem::Gone);
}

#[tokio::test]
async fn a_reaction_that_is_there_already_is_no_entry() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&ada, room, "hello").await;
    let at = At::newest(&house, &ada, room).await;
    let first = at.react(&bo, "👍", true).await.unwrap();
    let second = at.react(&bo, "👍", true).await.unwrap();
    assert_eq!(second.seq, first.seq);
    at.react(&ada, "🎉", true).await.unwrap();
    at.react(&ada, "👍", true).await.unwrap();
    let row = at.now(&bo).await;
    let shown: Vec<_> = row
        .reactions
        .iter()
        .map(|reaction| (reaction.emoji.as_str(), reaction.users.clone()))
        .collect();
    assert_eq!(shown, [("👍", vec![bo.user(), ada.user()]), ("🎉", vec![ada.user()])]);
    at.react(&bo, "👍", false).await.unwrap();
    let off = at.react(&ada, "👍", false).await.unwrap();
    assert_eq!(at.react(&ada, "👍", false).await.unwrap().seq, off.seq);
    assert_eq!(at.now(&bo).await.reactions.len(), 1);
    assert_eq!(problem(at.react(&ada, "ok", true).await), Problem::EmojiUnreadable);
}

#[tokio::test]
async fn a_message_carries_so_many_reactions_and_no_more() {
    let (house, ada, _, room) = two_in_a_room().await;
    house.say(&ada, room, "hello").await;
    let at = At::newest(&house, &ada, room).await;
    let sign = |n: u32| char::from_u32(0x1f400 + n).unwrap().to_string();
    for n in 0..REACTION_KINDS_MAX {
        at.react(&ada, &sign(n), true).await.unwrap();
    }
    let max = REACTION_KINDS_MAX;
    let one_more = at.react(&ada, &sign(max), true).await;
    assert_eq!(problem(one_more), Problem::TooMany { max });
    for n in REACTION_KINDS_MAX..REACTIONS_MAX {
        let who = house.insert_person(&format!("p{n}")).await;
        house.join(&who, room).await;
        at.react(&who, &sign(0), true).await.unwrap();
    }
    let late = house.insert_person("late").await;
    house.join(&late, room).await;
    let max = REACTIONS_MAX;
    let one_more = at.react(&late, &sign(0), true).await;
    assert_eq!(problem(one_more), Problem::TooMany { max });
    assert_eq!(
        at.now(&ada).await.reactions[0].users.len(),
        (REACTIONS_MAX - REACTION_KINDS_MAX) as usize + 1
    );
}

#[tokio::test]
async fn a_removal_that_is_committed_first_wins() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&bo, room, "mine").await;
    let at = At::newest(&house, &ada, room).await;
    let remove = command::RemovePerson {
        client_key: house.key(),
        room,
        user: bo.user(),
    };
    // The removal is the first to reach the writer; what the others saw before is no excuse.
    let (removed, edited, deleted, reacted) = futures_util::join!(
        memberships::remove(&house.app, &ada, &remove),
        at.edit(&bo, "too late"),
        at.delete(&bo),
        at.react(&bo, "👍", true),
    );
    removed.unwrap();
    assert_eq!(problem(edited), Problem::Gone);
    assert_eq!(problem(deleted), Problem::Gone);
    assert_eq!(problem(reacted), Problem::Gone);
    assert_eq!(at.now(&ada).await, at.row);
}

#[tokio::test]
async fn a_piece_of_the_log_is_cut_where_it_stops_fitting_also_among_old_messages() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let long = "x".repeat(16 * 1024);
    for _ in 0..40 {
        house.say(&ada, room, "short").await;
    }
    let from = super::cursor_at(&house, &bo, room, head(&house).await.unsigned_abs()).await;
    for row in page(&house, &ada, room).await.into_iter().rev() {
        At {
            house: &house,
            room,
            row,
        }
        .edit(&ada, &long)
        .await
        .unwrap();
    }
    let mut after = from;
    let mut met = 0;
    while after.seq.0 < head(&house).await.unsigned_abs() {
        let to = Seq(u64::MAX);
        let piece = messages::range(&house.app, &bo, &Range { room, after, to })
            .await
            .unwrap();
        assert!(piece.to.seq > after.seq, "each piece goes on");
        for entry in &piece.entries {
            let ordinal = entry.change().unwrap().target().unwrap();
            assert!(
                piece
                    .messages
                    .iter()
                    .any(|row| row.ordinal == ordinal && row.text() == long)
            );
        }
        met += piece.entries.len();
        after = piece.to;
    }
    assert_eq!(met, 40);
}

#[tokio::test]
async fn edits_are_no_notes_of_a_page() {
    let (house, ada, bo, room) = two_in_a_room().await;
    house.say(&ada, room, "one").await;
    let at = At::newest(&house, &ada, room).await;
    let notes = async || {
        let ask = History {
            room,
            before: Ordinal(u64::MAX),
            limit: 50,
        };
        messages::history(&house.app, &bo, &ask).await.unwrap().notes.len()
    };
    let before = notes().await;
    at.react(&bo, "👍", true).await.unwrap();
    at.edit(&ada, "two").await.unwrap();
    at.delete(&ada).await.unwrap();
    assert_eq!(notes().await, before);
}

#[tokio::test]
async fn what_was_deleted_or_edited_leaves_the_files_soon_after() {
    let (house, ada, bo, room) = two_in_a_room().await;
    let cleaning = house.keeps_clean();
    let song = format!("first canary {}", "and its song ".repeat(1_000));
    house.say(&ada, room, &song).await;
    At::newest(&house, &ada, room).await.delete(&ada).await.unwrap();
    house.say(&ada, room, "second canary").await;
    At::newest(&house, &ada, room)
        .await
        .edit(&ada, "nothing")
        .await
        .unwrap();
    let deleted_at = house.clock.now().0;
    assert!(house.is_on_disk("canary"));
    // A reader that holds the log makes the cut wait, and no longer.
    let mut read = house.app.store.read().await.unwrap();
    messages::counts_of(&mut read, bo.user(), &[room]).await.unwrap();
    house.clock.advance(20_000);
    tokio::task::yield_now().await;
    drop(read);
    assert!(house.leaves_the_files("canary").await);
    assert!(house.clock.now().0 <= deleted_at + 60_000);
    house.app.stopping.cancel();
    cleaning.await.unwrap();
}

#[tokio::test]
async fn no_copy_of_a_text_stays_where_rows_are_moved_about() {
    let (house, ada, _, room) = two_in_a_room().await;
    let cleaning = house.keeps_clean();
    for n in 0..800 {
        let text = format!("the canary of number {n} {}", "x".repeat(n * 79 % 200));
        house.say(&ada, room, &text).await;
    }
    let rows = everything(&house, &ada, room).await;
    // Longer and shorter than what they replace, here and there: where the new ones stood in
    // the place of the old, copies of others were left behind.
    for n in 0..rows.len() {
        let row = rows[n * 173 % rows.len()].clone();
        let at = At {
            house: &house,
            room,
            row,
        };
        match n % 5 {
            0 => at.delete(&ada).await.unwrap(),
            _ => at.edit(&ada, &"y".repeat(n * 71 % 2_000 + 1)).await.unwrap(),
        };
    }
    assert!(house.is_on_disk("yyy"));
    assert!(house.leaves_the_files("canary").await);
    house.app.stopping.cancel();
    cleaning.await.unwrap();
}

#[tokio::test]
async fn a_text_whose_bytes_changed_by_themselves_is_given_to_nobody() {
    let (house, ada, bo, room) = two_in_a_room().await;
    for text in ["whole", "spoiled, @bo"] {
        house.say(&ada, room, text).await;
    }
    for damage in [
        "UPDATE texts SET body = CAST('spoiler, @bo' AS BLOB) WHERE id = 2",
        "UPDATE texts SET body = x'ff' WHERE id = 2",
        "UPDATE texts SET body = CAST('spoiled, @bo' AS BLOB) WHERE id = 2;
         UPDATE messages SET text = 9 WHERE ordinal = 2",
        "UPDATE messages SET text = 1 WHERE ordinal = 2",
        "UPDATE messages SET text = 2, deleted = 1 WHERE ordinal = 2",
        "UPDATE messages SET deleted = 0, author = x'00000000000000000000000000000000' WHERE ordinal = 2",
    ] {
        house.execute_sql(damage).await;
        let rows = page(&house, &bo, room).await;
        let texts: Vec<_> = rows.iter().map(Message::text).collect();
        assert_eq!(texts, ["whole", ""], "{damage}");
        let summary = super::news(&house, &bo, room, None, Want::Summary).await;
        assert!(!format!("{summary:?}").contains("spoil"), "{damage}");
    }
    house.execute_sql("UPDATE messages SET hash = NULL").await;
    assert_eq!(page(&house, &bo, room).await[1].text(), "spoiled, @bo");
}
