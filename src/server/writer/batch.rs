//! The open transaction of a batch, as single writes see it.

use super::{sql, told::Told};
use crate::{
    server::{clock::Ambience, error::Result, messages},
    wire::{
        Change, Cursor, DirectorySeq, Entry, Enveloped, Millis, Ordinal, Person, Problem, RoomEvent, RoomId, Seq,
        SessionId, Tail, UserId, UserSeq,
        event::UserEvent,
        user_log::{UserItem, UserValue},
    },
};
use sqlx::SqliteConnection;

/// Heads of logs are read from the transaction that raises them, so a rollback has
/// nothing to restore: what was numbered in vain was never anywhere else.
pub struct Batch<'c> {
    pub(super) conn: &'c mut SqliteConnection,
    pub(super) ambience: &'c Ambience,
    pub(super) now: Millis,
    pub(super) told: &'c mut Vec<Told>,
}

impl Batch<'_> {
    /// One moment for the whole batch.
    pub fn now(&self) -> Millis {
        self.now
    }

    pub fn conn(&mut self) -> &mut SqliteConnection {
        self.conn
    }

    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.ambience.random()
    }

    /// The second check of every write: the session may have ended since its verb looked.
    ///
    /// # Errors
    /// `SignedOut`.
    pub async fn demand_session(&mut self, user: UserId, session: SessionId) -> Result<()> {
        if sql::is_live(self.conn, user, session, self.now).await? {
            Ok(())
        } else {
            Err(Problem::SignedOut.into())
        }
    }

    /// Gives the change the room's next seq, stores it and tells it to the members.
    ///
    /// New messages do not come this way: their rows and entries are written in bulk.
    pub async fn append(&mut self, room: RoomId, actor: UserId, change: impl Into<Change>) -> Result<Cursor> {
        let entry = self.number(room, actor, &change.into()).await?;
        let cursor = entry.cursor();
        self.tell(Told::Room(RoomEvent { room, entry, row: None }));
        Ok(cursor)
    }

    /// The seq that the room's next entry takes, for rows that are written before it.
    pub async fn next_seq(&mut self, room: RoomId) -> Result<Seq> {
        Ok(sql::next_seq(self.conn, room).await?)
    }

    /// To be called after a message's row has changed: gives the change the room's next
    /// seq, which is the message's revision from then on, and tells it with the message
    /// as it is now.
    pub async fn append_about(
        &mut self,
        room: RoomId,
        actor: UserId,
        ordinal: Ordinal,
        change: impl Into<Change>,
    ) -> Result<Seq> {
        let entry = self.number(room, actor, &change.into()).await?;
        let seq = entry.seq;
        let row = sql::touch_message(self.conn, room, ordinal, seq).await?;
        let row = Some(row);
        self.tell(Told::Room(RoomEvent { room, entry, row }));
        Ok(seq)
    }

    async fn number(&mut self, room: RoomId, actor: UserId, change: &Change) -> Result<Entry> {
        let tail = Tail(u32::from_le_bytes(self.random()));
        let seq = sql::raise_room(self.conn, room, tail).await?;
        let mut entry = Entry {
            seq,
            tail,
            at: self.now,
            actor,
            change: change.pack(),
        };
        entry.at = sql::insert_entry(self.conn, room, &entry, change.target()).await?;
        Ok(entry)
    }

    /// Stores the value under its key with the user's next useq and tells it to their
    /// devices; a read marker goes with the room's new counts. Merging is the caller's.
    pub async fn put_user_value(&mut self, user: UserId, value: &UserValue) -> Result<UserSeq> {
        let envelope = value.pack();
        let number = sql::put_user_value(self.conn, user, &about(value), &envelope).await?;
        let counts = match value {
            UserValue::ReadMarker(read) => messages::counts_of(self.conn, user, &[read.room])
                .await?
                .remove(&read.room),
            UserValue::Episode(_) | UserValue::Dismissed(_) => None,
        };
        self.tell(Told::User {
            user,
            event: UserEvent {
                // Each value takes exactly the next number, so the head before was this.
                prev: number.before(),
                item: UserItem {
                    useq: number,
                    value: envelope,
                    counts,
                },
            },
        });
        Ok(number)
    }

    /// The next number of the directory log, for a row of `users` that is to be inserted.
    pub async fn next_directory_seq(&mut self) -> Result<DirectorySeq> {
        Ok(sql::next_directory_seq(self.conn).await?)
    }

    /// To be called after a person's row has changed: gives it the directory's next
    /// number and tells the person as they are now.
    pub async fn put_person(&mut self, user: UserId) -> Result<DirectorySeq> {
        let person = sql::renumber_person(self.conn, user).await?;
        let dseq = person.dseq;
        self.tell_person(person).await?;
        Ok(dseq)
    }

    /// Tells a person as they are, to who may meet them for the first time.
    pub async fn introduce(&mut self, user: UserId) -> Result<()> {
        let person = sql::person(self.conn, user).await?;
        self.tell_person(person).await
    }

    async fn tell_person(&mut self, person: Person) -> Result<()> {
        let rooms = sql::rooms_of(self.conn, person.user).await?;
        self.tell(Told::Person { person, rooms });
        Ok(())
    }

    /// Queues what is to be told if and when the batch commits.
    pub fn tell(&mut self, told: Told) {
        self.told.push(told);
    }
}

/// What a value is about: the second half of its key, beside its kind.
fn about(value: &UserValue) -> Vec<u8> {
    match value {
        UserValue::ReadMarker(read) => read.room.as_bytes().to_vec(),
        UserValue::Episode(_) | UserValue::Dismissed(_) => Vec::new(),
    }
}
