//! What is written down for the judge while a world turns.

use crate::{
    server::writer::Told,
    tests::checker::{
        Answer, ClientId, Heard, History, Invoked, MembershipChange, Moment, Restore, Said, Stand, StoredMessage,
    },
    wire::{
        Change, ClientKey, Command, Entry, Envelope, Enveloped, Epoch, Message, Ordinal, Problem, RoomEvent, RoomId,
        Seq, ServerItem, UserId,
        event::{MemberJoined, MemberLeft, MemberRemoved},
        fetch::{self, News},
        frame,
    },
};
use std::{collections::HashMap, sync::Arc};

#[derive(Default)]
pub struct Record {
    pub history: History,
    commands: HashMap<(UserId, ClientKey), usize>,
}

/// Who is told something, and when it was said.
#[derive(Clone, Copy)]
pub struct Listener {
    pub client: ClientId,
    pub user: UserId,
    pub epoch: Epoch,
    pub at: Moment,
}

impl Record {
    /// A command leaves a device, for the first time or again.
    pub fn sends(&mut self, author: UserId, command: &Command) {
        let place = self.history.commands.len();
        if let Some(key) = command.client_key() {
            let first = *self.commands.entry((author, key)).or_insert(place);
            if first != place {
                self.history.sent_again.insert((author, key));
                // An edit that is sent again is made from a later revision.
                if let (Command::Edit(edit), Command::Edit(again)) =
                    (&mut self.history.commands[first].command, command)
                {
                    edit.revision = edit.revision.max(again.revision);
                }
                return;
            }
        }
        self.history.commands.push(Invoked {
            author,
            command: command.clone(),
            answers: Vec::new(),
            pursued: command.client_key().is_some(),
        });
    }

    /// Another tab holds the command as well, or its author tries it again after a refusal: that was not
    /// the last word.
    pub fn may_be_tried_again(&mut self, author: UserId, key: ClientKey) {
        self.history.tried_again.insert((author, key));
    }

    /// The author tries a refused command again.
    pub fn tries_again(&mut self, author: UserId, key: ClientKey) {
        self.may_be_tried_again(author, key);
        if let Some(place) = self.commands.get(&(author, key)) {
            let invoked = &mut self.history.commands[*place];
            invoked.pursued = true;
            invoked
                .answers
                .retain(|answer| !matches!(answer.said, Said::Refused(_)));
        }
    }

    /// A command of which nobody waits to hear.
    pub fn leaves_alone(&mut self, author: UserId, key: ClientKey) {
        if let Some(place) = self.commands.get(&(author, key)) {
            self.history.commands[*place].pursued = false;
        }
    }

    fn answered(&mut self, listener: Listener, key: ClientKey, said: Said) {
        if let Some(place) = self.commands.get(&(listener.user, key)) {
            let answers = &mut self.history.commands[*place].answers;
            let answer = Answer { at: listener.at, said };
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
    }

    /// A frame reaches a tab.
    pub fn hears_frame(&mut self, listener: Listener, bytes: &[u8]) {
        for item in frame::items(bytes).unwrap_or_default() {
            match ServerItem::unpack(&item) {
                Ok(ServerItem::Room(event)) => self.hears_event(listener, &event),
                Ok(ServerItem::Accepted(accepted)) => {
                    let (room, seq) = (accepted.room, accepted.seq);
                    self.answered(listener, accepted.client_key, Said::Accepted { room, seq });
                }
                Ok(ServerItem::Rejected(rejected)) => match rejected.problem {
                    Problem::Unavailable | Problem::TooFast { .. } => {}
                    problem => self.answered(listener, rejected.client_key, Said::Refused(problem)),
                },
                _ => {}
            }
        }
    }

    fn hears_event(&mut self, listener: Listener, event: &RoomEvent) {
        self.hears_entry(listener, event.room, &event.entry, event.row.as_ref());
        if let Some(row) = &event.row {
            self.hears_row(listener, event.room, row);
        }
    }

    fn hears_entry(&mut self, listener: Listener, room: RoomId, entry: &Entry, row: Option<&Message>) {
        self.history.heard.push(Heard {
            client: listener.client,
            user: listener.user,
            epoch: listener.epoch,
            at: listener.at,
            room,
            seq: entry.seq,
            tail: Some(entry.tail),
            row: row.cloned(),
        });
    }

    /// The author's row is the acknowledgement of what made it.
    fn hears_row(&mut self, listener: Listener, room: RoomId, row: &Message) {
        if row.author == listener.user {
            self.answered(listener, row.client_key, Said::Accepted { room, seq: row.seq });
        }
    }

    /// An answer reaches a tab.
    pub fn hears_answer(&mut self, listener: Listener, answer: &Envelope) {
        match fetch::Answer::unpack(answer) {
            Ok(fetch::Answer::CaughtUp(answer)) => {
                for told in answer.rooms {
                    match told.news {
                        News::Delta(_, delta) => self.hears_delta(listener, &delta),
                        News::Jump(_, page) | News::Reset(_, page) => self.hears_page(listener, &page),
                        News::Same(_) | News::Summary(_) | News::Gone => {}
                    }
                }
            }
            Ok(fetch::Answer::Delta(delta)) => self.hears_delta(listener, &delta),
            Ok(fetch::Answer::Page(page)) => self.hears_page(listener, &page),
            Ok(fetch::Answer::Me(_) | fetch::Answer::Marked(_)) | Err(_) => {}
        }
    }

    fn hears_delta(&mut self, listener: Listener, delta: &fetch::Delta) {
        for entry in &delta.entries {
            self.hears_entry(listener, delta.room, entry, None);
        }
        self.hears_rows(listener, delta.room, &delta.messages);
    }

    fn hears_page(&mut self, listener: Listener, page: &fetch::Page) {
        for note in &page.notes {
            self.hears_entry(listener, page.room, note, None);
        }
        self.hears_rows(listener, page.room, &page.messages);
    }

    fn hears_rows(&mut self, listener: Listener, room: RoomId, rows: &[Message]) {
        for row in rows {
            self.history.heard.push(Heard {
                client: listener.client,
                user: listener.user,
                epoch: listener.epoch,
                at: listener.at,
                room,
                seq: row.seq,
                tail: None,
                row: Some(row.clone()),
            });
            self.hears_row(listener, room, row);
        }
    }

    /// What a commit made true.
    pub fn commits(&mut self, epoch: Epoch, at: Moment, told: &[Told]) {
        for told in told {
            let Told::Room(event) = told else { continue };
            if let Ok(Change::MessageCreated(created)) = event.entry.change() {
                self.history.stored.push(StoredMessage {
                    epoch,
                    room: event.room,
                    ordinal: created.ordinal,
                    at,
                });
            }
            let (user, inside) = match event.entry.change() {
                Ok(Change::MemberJoined(MemberJoined { user, .. })) => (user, true),
                Ok(Change::MemberLeft(MemberLeft { user }) | Change::MemberRemoved(MemberRemoved { user })) => {
                    (user, false)
                }
                _ => continue,
            };
            self.history.memberships.push(MembershipChange {
                epoch,
                room: event.room,
                user,
                seq: event.entry.seq,
                inside,
                at,
            });
        }
    }

    /// Rows were on a user's screen long enough to be read.
    pub fn displays(&mut self, user: UserId, room: RoomId, rows: &[Arc<Message>]) {
        let keys = rows.iter().map(|row| (user, room, row.author, row.client_key));
        self.history.displayed.extend(keys);
    }

    /// A user marked everything up to this message as read, displayed or not.
    pub fn marks_all_read(&mut self, user: UserId, room: RoomId, to: Ordinal) {
        let passed = self.history.passed.entry((user, room)).or_default();
        *passed = to.max(*passed);
    }

    /// Another epoch begins with what the old one was at the backup.
    pub fn restores(&mut self, old: Epoch, new: Epoch, restore: Restore) {
        let kept: Vec<MembershipChange> = self
            .history
            .memberships
            .iter()
            .filter(|change| change.epoch == old && change.at <= restore.taken_at)
            .map(|change| MembershipChange {
                epoch: new,
                ..change.clone()
            })
            .collect();
        self.history.memberships.extend(kept);
        self.history.restores.push(restore);
    }

    pub fn stands(&mut self, client: ClientId, epoch: Epoch, room: RoomId, seq: Option<Seq>) {
        self.history.cursors.push(Stand {
            client,
            epoch,
            room,
            seq,
        });
    }
}
