//! Commands that the server does not have yet, as the tab sees them: where they are kept,
//! what would be lost with them, and trying a failed one again.

use super::{
    io::Env,
    store::OutboxStore,
    tab::{Out, Tab},
};
use crate::wire::{ClientKey, Command, Problem, RoomId, command};

impl Tab {
    /// Keeps the outbox in this store from now on and goes on with what is in it. A page does so
    /// after it has taken over what the server drew, which knows of no outbox.
    pub fn keep_outbox_in(&mut self, store: Box<dyn OutboxStore>) {
        self.outbox.keep_in(store);
        self.acknowledge_held();
    }

    /// The page was asleep, and others of the same tab may have used the store.
    pub(super) fn reload_outbox(&mut self, out: &mut Out) {
        let before = self.outbox.rooms();
        self.outbox.reload();
        self.acknowledge_held();
        for room in before.into_iter().chain(self.outbox.rooms()) {
            out.changed.timeline(room);
        }
    }

    /// A message whose row is held already was stored without our hearing of it.
    fn acknowledge_held(&mut self) {
        let me = self.my_id();
        for (room, key) in self.outbox.sends() {
            let held = self.rooms.get(room).and_then(|room| room.timeline.keyed(me, key));
            if held.is_some() {
                self.outbox.acknowledge_row(key);
            }
        }
    }

    /// Commands that have yet to be acknowledged; failed ones wait for nothing.
    pub fn unsent(&self) -> usize {
        self.outbox.waiting()
    }

    /// True if the reader would lose something with the tab: a command that waits, or a failed one in
    /// a room they see.
    pub fn has_unsent(&self) -> bool {
        let open = self.open_room();
        let is_shown = |room: RoomId| self.rooms.contains(room) || open == Some(room);
        self.outbox.has_unsent(&is_shown)
    }

    pub fn has_failed(&self) -> bool {
        self.outbox.has_failed()
    }

    /// True if the tab's next page finds everything that is unsent.
    pub fn unsent_outlives_page(&self) -> bool {
        self.outbox.outlives_page()
    }

    /// True for an edit whose message has its text already: another tab of the same author has made it
    /// from a later revision.
    pub(super) fn is_made(&self, key: ClientKey) -> bool {
        let Some(Command::Edit(edit)) = self.outbox.command(key) else {
            return false;
        };
        let timeline = self.rooms.get(edit.room).map(|room| &room.timeline);
        let row = timeline.and_then(|timeline| timeline.keyed(self.my_id(), edit.target.key));
        row.is_some_and(|row| row.text() == edit.body)
    }

    /// Tries a failed message or edit again. It keeps its key: another tab may hold the same command
    /// and have sent it. Only a key that was used for another text is of no use any more.
    pub(super) fn retry(&mut self, key: ClientKey, env: &mut Env<'_>, out: &mut Out) {
        let Some((failed, problem)) = self.outbox.failed(key) else {
            return;
        };
        let client_key = if problem == Problem::KeyReused {
            env.client_key()
        } else {
            key
        };
        let again: Command = match failed {
            Command::Send(send) => command::Send { client_key, ..send }.into(),
            Command::Edit(edit) => {
                // The author has seen what the message says now, and where it is now. The server
                // compares the revision too, but keeps nothing of an edit that it refused.
                let timeline = self.rooms.get(edit.room).map(|room| &room.timeline);
                let now = timeline.and_then(|timeline| timeline.keyed(self.my_id(), edit.target.key));
                let (target, revision) = now.map_or((edit.target, edit.revision), |now| (now.target(), now.revision));
                command::Edit {
                    client_key,
                    target,
                    revision,
                    ..edit
                }
                .into()
            }
            other => other,
        };
        if let Some(room) = again.room() {
            out.changed.timeline(room);
        }
        self.outbox.retry(key, again, env.now);
    }
}
