//! What the reader does: opens and leaves rooms, reads, says something.

use super::{
    connection::Status,
    io::{Act, Effect, Env},
    pages::Place,
    room::Room,
    tab::{Divider, Open, Out, Tab},
    window::Stand,
};
use crate::wire::{
    Body, Command, Ordinal, RoomId, Seq, Target, command,
    fetch::{Ask, MarkReadAs},
    user_log::Marker,
};

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
        self.hurry_read(out);
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
        let me = self.my_id();
        let is_live = self.connection.is_live();
        let may_be_behind = self.is_connecting();
        let Some(open) = &mut self.open else { return };
        let Some(room) = self.rooms.get_mut(open.room) else {
            return;
        };
        let is_known = room.timeline.cursor().is_some() && !(is_live && room.is_behind());
        if !is_known {
            return;
        }
        let read = match open.divider {
            Divider::NotKnownYet => room.counts.marker.ordinal,
            Divider::Fetching(read) => read,
            Divider::NothingUnread | Divider::After(_) if anew && room.counts.unread > 0 => {
                open.divider = Divider::After(room.counts.marker.ordinal);
                return;
            }
            Divider::NothingUnread | Divider::After(_) => return,
        };
        if room.counts.unread == 0 {
            if !may_be_behind {
                open.divider = Divider::NothingUnread;
            }
            return;
        }
        // A link to an entry lands there; the divider is where it is all the same.
        if open.at.is_some() {
            open.divider = Divider::After(read);
            return;
        }
        if let Some(seq) = room.timeline.first_unread(read, me) {
            room.stand = Stand::At(seq);
            open.divider = Divider::After(read);
            return;
        }
        let place = Place::Unread { read };
        let asked = open.divider == Divider::Fetching(read);
        if is_live && (!asked || self.pages.is_wanted(open.room, place)) {
            open.divider = Divider::Fetching(read);
            if !asked {
                self.pages.want(open.room, place);
            }
            return;
        }
        // A page that was not started yet, or is connecting, waits for that.
        if self.device_id.is_none() || may_be_behind {
            return;
        }
        // Without a server, or where it gave no page: the first of those that are held, below
        // the gap that says how many are missing.
        if let Some(seq) = room.timeline.first_after(read) {
            room.stand = Stand::At(seq);
        }
        open.divider = Divider::After(read);
    }

    /// Without a socket, for too short a time to go on without a server.
    fn is_connecting(&self) -> bool {
        let is_started = self.device_id.is_some();
        is_started && matches!(self.connection.status(self.now), Status::Quiet | Status::Connecting)
    }

    /// True once it is decided where the reader lands in the room on screen.
    pub fn has_landing(&self, room: RoomId) -> bool {
        let open = self.open.as_ref().filter(|open| open.room == room);
        open.is_some_and(|open| open.at.is_some() || matches!(open.divider, Divider::NothingUnread | Divider::After(_)))
    }

    /// True while the room on screen waits for the rows among which the reader lands. Without a
    /// socket the rows that are held are drawn meanwhile.
    pub(super) fn is_landing(&self, id: RoomId) -> bool {
        let Some(open) = self.open.as_ref().filter(|open| open.room == id && open.at.is_none()) else {
            return false;
        };
        match open.divider {
            Divider::Fetching(_) => true,
            Divider::NotKnownYet => {
                let is_behind = |room: &Room| room.timeline.cursor().is_some() && room.is_behind();
                self.connection.is_live() && self.rooms.get(id).is_some_and(is_behind)
            }
            Divider::NothingUnread | Divider::After(_) => false,
        }
    }

    pub(super) fn go_to_unread(&mut self, id: RoomId, out: &mut Out) {
        if let Some(open) = self.open.as_mut().filter(|open| open.room == id) {
            open.at = None;
            open.divider = Divider::NotKnownYet;
            self.place_divider(false);
            out.changed.timeline(id);
        }
    }

    /// The end, also for a reader who does not wait for the rows around the first unread message.
    pub(super) fn go_to_end(&mut self, id: RoomId, out: &mut Out) {
        if self.is_landing(id)
            && let (Some(open), Some(room)) = (&mut self.open, self.rooms.get(id))
        {
            open.divider = match open.divider {
                Divider::Fetching(read) => Divider::After(read),
                _ => Divider::After(room.counts.marker.ordinal),
            };
            out.changed.timeline(id);
        }
        self.stand_at(id, Stand::End, out);
    }

    pub(super) fn divider(&self, room: RoomId) -> Option<Ordinal> {
        match self.open.as_ref().filter(|open| open.room == room)?.divider {
            Divider::After(ordinal) => Some(ordinal),
            Divider::NotKnownYet | Divider::Fetching(_) | Divider::NothingUnread => None,
        }
    }

    pub(super) fn is_gone(&self, room: RoomId) -> bool {
        self.open.as_ref().is_some_and(|open| open.room == room && open.gone)
    }

    /// Rows that were on screen long enough. The read marker moves over those that follow it
    /// without a hole; a row that was never displayed is not passed.
    pub(super) fn displayed(&mut self, id: RoomId, from: Ordinal, to: Ordinal, out: &mut Out) {
        if let Some(room) = self.rooms.get_mut(id) {
            room.display(from, to);
            self.follow_displayed(id, out);
        }
    }

    /// The marker or what was displayed has changed.
    pub(super) fn follow_displayed(&mut self, id: RoomId, out: &mut Out) {
        let me = self.my_id();
        if let Some(room) = self.rooms.get(id) {
            self.read_to(id, room.displayed_to(me), out);
        }
    }

    /// Sends what was read without waiting for the interval.
    fn hurry_read(&mut self, out: &mut Out) {
        self.marking.hurry();
        if self.connection.is_live() {
            self.send_keyless(out);
        }
    }

    /// The same for a page that may go away: without a live socket it asks a question that
    /// outlives the page.
    pub(super) fn send_read(&mut self, out: &mut Out) {
        self.hurry_read(out);
        if !self.connection.is_live() {
            self.ask_to_mark(out);
        }
    }

    /// The same for a page that goes away: it asks in any case. A phone's socket may be dead for
    /// long before the tab notices, and a marker that comes twice moves nothing.
    pub(super) fn send_last_read(&mut self, out: &mut Out) {
        self.hurry_read(out);
        self.ask_to_mark(out);
    }

    fn ask_to_mark(&self, out: &mut Out) {
        let marks = self.marking.unacknowledged();
        if let (Some(me), false) = (&self.me, marks.is_empty()) {
            let user = me.user;
            out.effects.push(Effect::FetchKeepalive {
                ask: Ask::MarkRead(MarkReadAs { user, marks }),
            });
        }
    }

    /// Everything up to there counts as read, and what was displayed below it follows.
    pub(super) fn mark_read(&mut self, id: RoomId, to: Ordinal, out: &mut Out) {
        self.read_to(id, to, out);
        self.follow_displayed(id, out);
    }

    /// An explicit action passes rows that were not displayed.
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
}
