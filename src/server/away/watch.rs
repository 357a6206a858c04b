//! Who is here, as devices report it, and since when nobody is: pure, without store or task.
//!
//! A connection in front of which somebody sits holds a lease; a user is here while
//! they hold one. A clean end of it counts at once. A wire that died without a word
//! keeps it until it runs out: from here that looks like a tunnel on a train.
//!
//! An absence is declared only when it is long enough to be worth a card. Until then
//! nothing is stored of it, so that a reload or a glance at another window does not
//! replace the absence whose card is still on the screen.

use super::deed::{Deed, Gone, Here};
use crate::{
    server::hub::ConnectionId,
    wire::{
        DeviceId, Millis, SessionId, UserId,
        command::{Presence, PresenceState},
    },
};
use std::collections::{BTreeSet, HashMap};

/// How long a report of somebody sitting there holds. Clients renew every 50 s.
pub const LEASE_MS: u64 = 60_000;
/// Without input for longer, a device that calls itself active is not.
const ACTIVE_INPUT_MS: u64 = 5 * 60_000;
/// A lease is written again when the last writing is this old: what came meanwhile
/// then counts as seen. Reports that come faster cost nothing.
const RENEWAL_WRITE_MS: u64 = 20_000;
/// Leases of one user; beyond, the one that ends first is dropped.
const LEASES_PER_USER_MAX: usize = 64;
/// After a write that failed.
const RETRY_MS: u64 = 5_000;

/// What is told about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The first words of a connection.
    Hello {
        session: SessionId,
        wire: Wire,
        presence: Presence,
    },
    Presence {
        wire: Wire,
        presence: Presence,
    },
    /// The connection is over; `clean` if the other side said so.
    Closed {
        wire: Wire,
        clean: bool,
    },
    /// A page was asked for, perhaps by a browser that can do no more.
    Page {
        user: UserId,
        session: SessionId,
    },
}

impl Report {
    fn user(&self) -> UserId {
        match self {
            Self::Hello { wire, .. } | Self::Presence { wire, .. } | Self::Closed { wire, .. } => wire.user,
            Self::Page { user, .. } => *user,
        }
    }
}

/// One connection of one device of one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    pub user: UserId,
    pub device: DeviceId,
    pub connection: ConnectionId,
}

pub struct Watch {
    users: HashMap<UserId, Attendance>,
    /// The users by when time will next bring something for them. Thousands are here, and
    /// few of them are due.
    due: BTreeSet<(Millis, UserId)>,
    /// Absences shorter than this are none.
    min_absence: Millis,
}

struct Attendance {
    leases: Vec<Lease>,
    /// The last moment somebody was known to be there.
    last_active: Millis,
    /// When the lease was last written.
    written_at: Millis,
    /// A write that failed, and when to try again.
    failed: Option<(Millis, Deed)>,
    /// Where the user stands among those who are due.
    due_at: Option<Millis>,
}

struct Lease {
    device: DeviceId,
    /// None when the connection is dead or was a page request.
    connection: Option<ConnectionId>,
    ends_at: Millis,
}

impl Watch {
    pub fn new(min_absence: Millis) -> Self {
        Self {
            users: HashMap::new(),
            due: BTreeSet::new(),
            min_absence,
        }
    }

    /// A lease found in the store at start. It holds for one more term: its device
    /// may be about to connect again, and did nothing wrong while the server was down.
    pub fn found(&mut self, now: Millis, user: UserId, device: DeviceId, renewed_at: Millis) {
        let attendance = self.attendance(user, renewed_at);
        attendance.last_active = attendance.last_active.max(renewed_at);
        attendance.hold(device, None, now);
        self.plan(user);
    }

    pub fn report(&mut self, now: Millis, report: Report) -> Vec<Deed> {
        let user = report.user();
        let mut deeds: Vec<Deed> = self.settle(now, user).into_iter().collect();
        match report {
            Report::Hello {
                session,
                wire,
                presence,
            } => {
                // The device speaks for itself again, also for the page that opened it.
                self.release(wire.user, |lease| {
                    lease.connection.is_none() && (lease.device == wire.device || lease.device == device_of(session))
                });
                deeds.extend(self.presence(now, wire, presence));
            }
            Report::Presence { wire, presence } => deeds.extend(self.presence(now, wire, presence)),
            Report::Closed { wire, clean } => self.closed(wire, clean),
            Report::Page { session, .. } => {
                deeds.extend(self.seen(now, now, user, device_of(session), None));
            }
        }
        self.plan(user);
        deeds
    }

    /// What time alone brings: leases run out, absences become long enough.
    pub fn tick(&mut self, now: Millis) -> Vec<Deed> {
        let due = self.due.iter().take_while(|(at, _)| *at <= now);
        let users: Vec<UserId> = due.map(|(_, user)| *user).collect();
        let settled = users.into_iter().filter_map(|user| {
            let deed = self.settle(now, user);
            self.plan(user);
            deed
        });
        settled.collect()
    }

    /// When [`Watch::tick`] will next have something to do.
    pub fn next_tick(&self) -> Option<Millis> {
        self.due.first().map(|(at, _)| *at)
    }

    /// A deed could not be done now.
    pub fn failed(&mut self, now: Millis, deed: Deed) {
        let retry_at = Millis(now.0 + RETRY_MS);
        let (user, last) = match deed {
            Deed::Here(here) => (here.user, here.moment),
            Deed::Gone(gone) => (gone.user, gone.last_active),
        };
        self.attendance(user, last).failed = Some((retry_at, deed));
        self.plan(user);
    }

    /// To be called after what is known of a user has changed.
    fn plan(&mut self, user: UserId) {
        let Some(attendance) = self.users.get_mut(&user) else {
            return;
        };
        let next = attendance.next_tick(self.min_absence);
        if let Some(before) = attendance.due_at.replace(next) {
            self.due.remove(&(before, user));
        }
        self.due.insert((next, user));
    }

    fn forget(&mut self, user: UserId) {
        if let Some(Attendance { due_at: Some(at), .. }) = self.users.remove(&user) {
            self.due.remove(&(at, user));
        }
    }

    fn presence(&mut self, now: Millis, wire: Wire, presence: Presence) -> Vec<Deed> {
        let input_at = Millis(now.0.saturating_sub(presence.since_input.0));
        let active = presence.state == PresenceState::Active && presence.since_input.0 < ACTIVE_INPUT_MS;
        if active {
            return self.seen(now, input_at, wire.user, wire.device, Some(wire.connection));
        }
        let held = self.release(wire.user, |lease| lease.connection == Some(wire.connection));
        if let Some(attendance) = self.users.get_mut(&wire.user).filter(|_| held) {
            attendance.last_active = attendance.last_active.max(input_at);
        }
        Vec::new()
    }

    fn closed(&mut self, wire: Wire, clean: bool) {
        let own = |lease: &Lease| lease.connection == Some(wire.connection);
        if clean {
            self.release(wire.user, own);
        } else if let Some(attendance) = self.users.get_mut(&wire.user) {
            attendance
                .leases
                .iter_mut()
                .filter(|lease| own(lease))
                .for_each(|lease| lease.connection = None);
        }
    }

    /// Somebody sits there, and gave a sign of it at `moment`.
    fn seen(
        &mut self,
        now: Millis,
        moment: Millis,
        user: UserId,
        device: DeviceId,
        connection: Option<ConnectionId>,
    ) -> Vec<Deed> {
        let attendance = self.attendance(user, now);
        let was_here = !attendance.leases.is_empty();
        attendance.hold(device, connection, now);
        attendance.last_active = attendance.last_active.max(now);
        // A clock that was set back must not put the next writing off for as long.
        let since_written = now.0.abs_diff(attendance.written_at.0);
        if was_here && since_written < RENEWAL_WRITE_MS {
            return Vec::new();
        }
        attendance.written_at = now;
        // An absence that could not be stored yet is stored before its end is.
        let unstored = attendance.failed.take().map(|(_, deed)| deed);
        let here = Deed::Here(Here {
            user,
            device,
            renewed_at: now,
            moment,
        });
        unstored.filter(Deed::is_gone).into_iter().chain([here]).collect()
    }

    /// Applies to one user what time has brought.
    fn settle(&mut self, now: Millis, user: UserId) -> Option<Deed> {
        let min_absence = self.min_absence;
        let attendance = self.users.get_mut(&user)?;
        attendance.leases.retain(|lease| lease.ends_at > now);
        let is_here = !attendance.leases.is_empty();
        match attendance.failed.take_if(|(retry_at, _)| *retry_at <= now) {
            // Who came back before the absence could be stored said so by `seen`.
            Some((_, deed)) if deed.is_gone() == is_here => {}
            Some((_, deed)) => {
                if deed.is_gone() {
                    self.forget(user);
                }
                return Some(deed);
            }
            None => {}
        }
        if is_here || attendance.failed.is_some() {
            return None;
        }
        let last_active = attendance.last_active;
        if now.0 < last_active.0.saturating_add(min_absence.0) {
            return None;
        }
        self.forget(user);
        Some(Deed::Gone(Gone { user, last_active }))
    }

    fn attendance(&mut self, user: UserId, last_active: Millis) -> &mut Attendance {
        self.users.entry(user).or_insert_with(|| Attendance {
            leases: Vec::new(),
            last_active,
            written_at: Millis::ZERO,
            failed: None,
            due_at: None,
        })
    }

    /// True if there was such a lease.
    fn release(&mut self, user: UserId, which: impl Fn(&Lease) -> bool) -> bool {
        let Some(attendance) = self.users.get_mut(&user) else {
            return false;
        };
        let before = attendance.leases.len();
        attendance.leases.retain(|lease| !which(lease));
        attendance.leases.len() < before
    }
}

impl Attendance {
    fn hold(&mut self, device: DeviceId, connection: Option<ConnectionId>, now: Millis) {
        let ends_at = Millis(now.0.saturating_add(LEASE_MS));
        let same = |lease: &&mut Lease| lease.device == device && lease.connection == connection;
        if let Some(lease) = self.leases.iter_mut().find(same) {
            lease.ends_at = lease.ends_at.max(ends_at);
            return;
        }
        if self.leases.len() >= LEASES_PER_USER_MAX
            && let Some(first) = (0..self.leases.len()).min_by_key(|at| self.leases[*at].ends_at)
        {
            self.leases.swap_remove(first);
        }
        self.leases.push(Lease {
            device,
            connection,
            ends_at,
        });
    }

    fn next_tick(&self, min_absence: Millis) -> Millis {
        if let Some((retry_at, _)) = self.failed {
            return retry_at;
        }
        let last_end = self.leases.iter().map(|lease| lease.ends_at).max();
        last_end
            .unwrap_or(Millis::ZERO)
            .max(Millis(self.last_active.0.saturating_add(min_absence.0)))
    }
}

/// The device that stands for the pages of a session: it cannot be told which browser
/// asked, and a session lives in one.
pub(super) fn device_of(session: SessionId) -> DeviceId {
    DeviceId::from_bytes(*session.as_bytes())
}
