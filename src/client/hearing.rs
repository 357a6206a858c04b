//! What the server says, item by item.

use super::{
    away::Away,
    directory::Directory,
    io::{Effect, Env},
    tab::{Out, RETRY_AFTER_MAX_MS, Tab},
    user_log::{Taken, UserLog},
};
use crate::wire::{
    ClientKey, Command, Message, Person, Problem, RoomEvent, RoomId, Seq, ServerItem,
    event::{Accepted, Acknowledged, Advance, Rejected, TooFast, UserEvent, Welcome},
    room::RoomHead,
    user_log::UserItem,
};

impl Tab {
    pub(super) fn take_item(&mut self, item: ServerItem, env: &mut Env<'_>, out: &mut Out) {
        match item {
            ServerItem::Welcome(welcome) => self.take_welcome(welcome, out),
            ServerItem::WelcomeRooms(rooms) => self.take_heads(&rooms.rooms, rooms.more, out),
            ServerItem::Room(event) => self.take_event(event, out),
            ServerItem::User(UserEvent { prev, mut item }) => {
                // An answer brought newer counts of the room. These may end at an earlier return.
                if item.useq <= self.user.cursor {
                    item.counts = None;
                }
                self.user.hear(prev, item.useq);
                self.take_user_item(&item, &[], out);
            }
            ServerItem::Directory(told) => {
                let is_me = self.me.as_ref().is_some_and(|me| me.user == told.person.user);
                if self.directory.hear(&told.person, self.connection.is_live()) {
                    out.changed.people = true;
                    out.changed.rooms = true;
                    if is_me {
                        self.rename_me(&told.person, out);
                    }
                }
            }
            ServerItem::Accepted(Accepted { client_key, room, seq }) => self.accepted(client_key, room, seq, out),
            ServerItem::Rejected(Rejected { client_key, problem }) => self.rejected(client_key, problem, env, out),
            ServerItem::TooFast(TooFast {
                client_key,
                retry_after,
            }) => {
                self.outbox
                    .too_fast(client_key, self.now + retry_after.0.min(RETRY_AFTER_MAX_MS));
            }
            ServerItem::Pong(_) => {}
            ServerItem::RoomGone(gone) => self.room_gone(gone.room, out),
            ServerItem::Acknowledged(answer) => self.acknowledged(&answer, env, out),
            ServerItem::Advance(advance) => self.advanced(&advance, out),
            ServerItem::Heads(heads) => {
                self.user.knows(heads.user);
                self.directory.knows(heads.directory);
            }
        }
    }

    pub(super) fn take_welcome(&mut self, welcome: Welcome, out: &mut Out) {
        // Once per socket: heads told again would be older than what came since.
        if self.connection.is_live() {
            return;
        }
        if self.me.as_ref().is_some_and(|me| me.user != welcome.me.user) {
            // Somebody else signed in in this browser: nothing shown here is theirs.
            return self.sign_out(out);
        }
        if self.epoch.is_some_and(|epoch| epoch != welcome.epoch) {
            self.start_over();
            out.changed.restored = true;
        }
        self.epoch = Some(welcome.epoch);
        self.limits = welcome.limits;
        if self.me.as_ref() != Some(&welcome.me) {
            self.me = Some(welcome.me);
            out.changed.me = true;
        }
        self.user.stands_at(welcome.user_head);
        self.directory.stands_at(welcome.directory_head);
        self.take_heads(&welcome.rooms, welcome.more, out);
    }

    /// The store was restored: nothing is what it was, and what we know to have said
    /// may have to be said again.
    pub(super) fn start_over(&mut self) {
        for room in self.rooms.values_mut() {
            room.start_over();
        }
        self.user = UserLog::default();
        self.directory = Directory::default();
        self.outbox.start_over();
        self.marking.start_over();
        self.away = Away::default();
        self.away.stale = true;
    }

    pub(super) fn take_heads(&mut self, heads: &[RoomHead], more: bool, out: &mut Out) {
        if self.connection.is_live() {
            return;
        }
        for head in heads {
            let room = self.room_entry(head.room);
            room.stands_at(head);
            room.welcomed = true;
        }
        if more {
            return;
        }
        let me = self.my_id();
        for room in self.rooms.values_mut() {
            if !room.welcomed {
                // Left, or come in just now: the answer tells which.
                room.lack_summary();
            }
            room.drain(me);
        }
        self.connection.welcomed(self.now);
        out.changed.rooms = true;
    }

    pub(super) fn take_event(&mut self, event: RoomEvent, out: &mut Out) {
        let me = self.my_id();
        let is_live = self.connection.is_live();
        let id = event.room;
        if is_live {
            self.pages.heard(&event);
            if let Some(row) = &event.row {
                self.acknowledge_all(core::slice::from_ref(row));
            }
            out.changed.rooms = true;
            out.changed.timeline(id);
            self.room_entry(id).hear(event, me);
        } else {
            // Until the heads are known it is not sure that this is the log we hold.
            self.room_entry(id).hold(event);
        }
    }

    /// Events up to there will not come: the room is behind, and fetches them.
    fn advanced(&mut self, advance: &Advance, out: &mut Out) {
        if self.connection.is_live() {
            // What was asked for before may be older than what is skipped.
            self.pages.passed_over(advance.room);
            out.changed.rooms = true;
        }
        self.room_entry(advance.room).knows(advance.to);
    }

    fn acknowledged(&mut self, answer: &Acknowledged, env: &mut Env<'_>, out: &mut Out) {
        if answer.problem == Some(Problem::SignedOut) {
            return self.sign_out(out);
        }
        let number = (self.connection.generation, answer.number);
        let refused = self
            .marking
            .acknowledged(number, answer.problem.as_ref(), self.now, env);
        // The room may be gone, or its marker is not what was believed here.
        if let Some(room) = refused.and_then(|room| self.rooms.get_mut(room)) {
            room.lack_summary();
        }
    }

    /// `fresh` are rooms whose counts come with it.
    pub(super) fn take_user_item(&mut self, item: &UserItem, fresh: &[RoomId], out: &mut Out) {
        let me = self.my_id();
        match self.user.take(item) {
            Taken::Marker(id, marker, counts) => {
                self.marking.marked(id, marker);
                if let Some(room) = self.rooms.get_mut(id) {
                    room.move_marker(marker, me);
                    if let Some(counts) = counts {
                        room.adopt_counts(counts, me);
                    }
                }
                self.follow_displayed(id, out);
                out.changed.rooms = true;
            }
            Taken::Episode => self.episode_changed(fresh),
            Taken::Dismissed => {
                self.marking.dismissed(self.user.dismissed());
                self.away.stale = true;
            }
            Taken::Unknown => self.miss_newer(out),
        }
    }

    /// Faces that came with rows.
    pub(super) fn meet(&mut self, people: &[Person], out: &mut Out) {
        for person in people {
            if self.directory.take(person) {
                out.changed.people = true;
            }
        }
    }

    pub(super) fn rename_me(&mut self, person: &Person, out: &mut Out) {
        if let Some(me) = &mut self.me {
            me.name.clone_from(&person.name);
            me.username.clone_from(&person.username);
            me.hue = person.hue;
            out.changed.me = true;
        }
    }

    pub(super) fn accepted(&mut self, key: ClientKey, id: RoomId, seq: Seq, out: &mut Out) {
        out.changed.timeline(id);
        if self.outbox.is_shown(key) {
            self.outbox.accept(key, seq);
            if let Some(room) = self.rooms.get_mut(id) {
                room.knows(seq);
            }
            return;
        }
        let Some(command) = self.outbox.acknowledge(key) else {
            return;
        };
        if !matches!(command, Command::Leave(_)) {
            self.room_entry(id).knows(seq);
        }
        out.effects.push(Effect::Settled {
            command,
            outcome: Ok(id),
        });
    }

    pub(super) fn rejected(&mut self, key: ClientKey, problem: Problem, env: &mut Env<'_>, out: &mut Out) {
        if problem == Problem::SignedOut {
            return self.sign_out(out);
        }
        if let Some(id) = self.outbox.room_of(key) {
            out.changed.timeline(id);
            if let Some(room) = self.rooms.get_mut(id).filter(|_| problem == Problem::Gone) {
                room.lack_summary();
            }
        }
        if problem == Problem::KeyReused && self.is_made(key) {
            self.outbox.acknowledge(key);
            return;
        }
        if let Some((command, problem)) = self.outbox.reject(key, problem, self.now, env) {
            out.effects.push(Effect::Settled {
                command,
                outcome: Err(problem),
            });
        }
    }

    /// Own messages in the log are acknowledged by being there.
    pub(super) fn acknowledge_all(&mut self, messages: &[Message]) {
        let me = self.my_id();
        if !self.outbox.is_empty() {
            for message in messages.iter().filter(|message| message.author == me) {
                self.outbox.acknowledge_row(message.client_key);
            }
        }
    }

    /// Accepted messages are drawn as pending until the log reaches them.
    pub(super) fn clear_accepted(&mut self, out: &mut Out) {
        if !self.outbox.has_accepted() {
            return;
        }
        for id in self.outbox.rooms() {
            let reached = match self.rooms.get(id) {
                Some(room) if room.wanted => room.timeline.cursor().map_or(Seq::ZERO, |cursor| cursor.seq),
                Some(room) => room.head.seq,
                None => Seq(u64::MAX),
            };
            if self.outbox.log_reaches(id, reached) {
                out.changed.timeline(id);
            }
        }
    }

    pub(super) fn room_gone(&mut self, id: RoomId, out: &mut Out) {
        self.rooms.remove(id);
        self.marking.room_gone(id);
        self.pages.room_gone(id);
        self.sync.strike(id);
        self.left.retain(|left| *left != id);
        if let Some(open) = self.open.as_mut().filter(|open| open.room == id) {
            open.gone = true;
        }
        for command in self.outbox.room_gone(id) {
            let outcome = if matches!(command, Command::Leave(_)) {
                Ok(id)
            } else {
                Err(Problem::Gone)
            };
            out.effects.push(Effect::Settled { command, outcome });
        }
        out.changed.rooms = true;
        out.changed.timeline(id);
    }
}
