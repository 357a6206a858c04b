//! What the reader does: opens and leaves rooms, reads, says something.

use super::{
    io::{Act, Effect, Env},
    pages::Place,
    tab::{Divider, Open, Out, Tab},
    window::Stand,
};
use crate::wire::{Body, ClientKey, Command, Ordinal, RoomId, Seq, Target, command, user_log::Marker};

/// Rooms whose rows are kept after they were left.
const ROOMS_WITH_ROWS_MAX: usize = 50;

impl Tab {
    pub(super) fn open_room_at(&mut self, room: RoomId, at: Option<Seq>, out: &mut Out) {
        let again = self.open.as_ref().is_some_and(|open| open.room == room && !open.gone);
        if again {
            if let Some(open) = &mut self.open {
                open.at = at;
            }
        } else {
            self.close_room(out);
            self.open = Some(Open {
                room,
                at,
                divider: Divider::NotKnownYet,
                gone: false,
            });
            self.left.retain(|left| *left != room);
            self.room_entry(room);
        }
        if let Some(seq) = at {
            self.pages.want(room, Place::Around { seq });
            self.stand_at(room, Stand::At(seq), out);
        }
        self.place_divider(false);
        self.away.stale = true;
        out.changed.timeline(room);
    }

    pub(super) fn close_room(&mut self, out: &mut Out) {
        let Some(open) = self.open.take() else { return };
        out.changed.timeline(open.room);
        self.pages.forget(open.room);
        let Some(room) = self.rooms.get_mut(open.room) else {
            return;
        };
        if room.meta.is_none() {
            // It was looked for and never found.
            self.rooms.remove(open.room);
            self.sync.strike(open.room);
            return;
        }
        room.rest();
        self.left.push(open.room);
        if self.left.len() > ROOMS_WITH_ROWS_MAX {
            let oldest = self.left.remove(0);
            if let Some(room) = self.rooms.get_mut(oldest).filter(|room| !room.salvages()) {
                room.let_go();
            }
        }
    }

    /// Freezes the divider where the reader stands, once that is known; anew after
    /// they were away from the screen.
    pub(super) fn place_divider(&mut self, anew: bool) {
        let Some(open) = &mut self.open else { return };
        let Some(room) = self.rooms.get_mut(open.room) else {
            return;
        };
        let is_known = room.timeline.cursor().is_some() && !(self.connection.is_live() && room.is_behind());
        let unread = room.counts.unread > 0;
        if is_known && (open.divider == Divider::NotKnownYet || (anew && unread)) {
            let read = room.counts.marker.ordinal;
            // Who comes in lands at what is new, however far up that is; who was here stays.
            let first = room.timeline.first_after(read).filter(|_| !anew && open.at.is_none());
            if let (true, Some(seq)) = (unread, first) {
                room.stand = Stand::At(seq);
            }
            open.divider = if unread {
                Divider::After(read)
            } else {
                Divider::NothingUnread
            };
        }
    }

    pub(super) fn divider(&self, room: RoomId) -> Option<Ordinal> {
        match self.open.as_ref().filter(|open| open.room == room)?.divider {
            Divider::After(ordinal) => Some(ordinal),
            Divider::NotKnownYet | Divider::NothingUnread => None,
        }
    }

    pub(super) fn is_gone(&self, room: RoomId) -> bool {
        self.open.as_ref().is_some_and(|open| open.room == room && open.gone)
    }

    pub(super) fn read_to(&mut self, id: RoomId, ordinal: Ordinal, out: &mut Out) {
        let me = self.my_id();
        let Some(room) = self.rooms.get_mut(id) else { return };
        let marker = Marker {
            version: room.marker.version,
            ordinal: ordinal.min(room.ordinal),
        };
        if marker > room.marker {
            room.move_marker(marker, me);
            self.marking.mark(id, marker);
            out.changed.rooms = true;
        }
    }

    pub(super) fn load(&mut self, room: RoomId, place: Place, out: &mut Out) {
        if self.rooms.contains(room) {
            self.pages.want(room, place);
            out.changed.timeline(room);
        }
    }

    pub(super) fn say(&mut self, room: RoomId, body: String, env: &mut Env<'_>, out: &mut Out) {
        let queued = Body::parse_within(&body, self.limits.body_max_bytes).and_then(|parsed| {
            let client_key = env.client_key();
            let body = parsed.as_str().to_owned();
            let send = command::Send { client_key, room, body };
            self.outbox.push(send.into(), env.now, self.limits.outbox_max)
        });
        match queued {
            Ok(()) => out.changed.timeline(room),
            Err(problem) => out.effects.push(Effect::NotQueued { room, body, problem }),
        }
    }

    /// The revision is the one that was read, not the present one: what was changed by
    /// another hand since is not written over unseen.
    pub(super) fn edit(
        &mut self,
        room: RoomId,
        target: Target,
        revision: Seq,
        body: String,
        env: &mut Env<'_>,
        out: &mut Out,
    ) {
        let queued = Body::parse_within(&body, self.limits.body_max_bytes).and_then(|parsed| {
            let edit = command::Edit {
                client_key: env.client_key(),
                room,
                target,
                revision,
                body: parsed.as_str().to_owned(),
            };
            self.outbox.push(edit.into(), env.now, self.limits.outbox_max)?;
            self.outbox.supersede(target);
            Ok(())
        });
        match queued {
            Ok(()) => out.changed.timeline(room),
            Err(problem) => out.effects.push(Effect::EditNotQueued {
                room,
                target,
                revision,
                body,
                problem,
            }),
        }
    }

    pub(super) fn act(&mut self, act: Act, env: &mut Env<'_>, out: &mut Out) {
        let client_key = env.client_key();
        let command: Command = match act {
            Act::CreateRoom { kind, name } => command::CreateRoom { client_key, kind, name }.into(),
            Act::OpenDirect { with } => command::OpenDirect { client_key, with }.into(),
            Act::Join { room } => command::Join { client_key, room }.into(),
            Act::Leave { room } => command::Leave { client_key, room }.into(),
            Act::AddPerson { room, user } => command::AddPerson { client_key, room, user }.into(),
            Act::RemovePerson { room, user } => command::RemovePerson { client_key, room, user }.into(),
            Act::RenameRoom { room, name } => command::RenameRoom { client_key, room, name }.into(),
            Act::Delete { room, target } => {
                out.changed.timeline(room);
                command::Delete {
                    client_key,
                    room,
                    target,
                }
                .into()
            }
            Act::React {
                room,
                target,
                emoji,
                on,
            } => {
                out.changed.timeline(room);
                let emoji = emoji.as_str().to_owned();
                command::React {
                    client_key,
                    room,
                    target,
                    emoji,
                    on,
                }
                .into()
            }
        };
        if let Err(problem) = self.outbox.push(command.clone(), env.now, self.limits.outbox_max) {
            out.effects.push(Effect::Settled {
                command,
                outcome: Err(problem),
            });
        }
    }

    pub(super) fn retry(&mut self, key: ClientKey, env: &mut Env<'_>, out: &mut Out) {
        match self.outbox.take_failed(key) {
            Some(Command::Send(send)) => {
                self.say(send.room, send.body, env, out);
                out.changed.timeline(send.room);
            }
            Some(Command::Edit(edit)) => {
                // Who tries again has seen what the message says now, and where it is now.
                let timeline = self.rooms.get(edit.room).map(|room| &room.timeline);
                let now = timeline.and_then(|timeline| timeline.keyed(self.my_id(), edit.target.key));
                let (target, revision) = now.map_or((edit.target, edit.revision), |now| (now.target(), now.revision));
                self.edit(edit.room, target, revision, edit.body, env, out);
                out.changed.timeline(edit.room);
            }
            _ => {}
        }
    }
}
