//! The life of the socket: opening, greeting, staying alive, backing off.
//!
//! It decides when there is to be a socket and whether the one there is lives; what
//! goes over it is not its business.

use super::io::{Env, Generation, Moment};
use crate::wire::event::close;

const FIRST_RETRY_MS: u64 = 500;
const RETRY_BASE_MS: u64 = 1_000;
const RETRY_MAX_MS: u64 = 30_000;
/// Nobody waits for a tab that nobody sees.
const RETRY_MAX_HIDDEN_MS: u64 = 120_000;
/// When the network or the person is back, they wait for us.
const PROMPT_RETRY_MS: u64 = 1_000;
/// Sockets of a restarting server do not come back all at once.
const RESTART_SPREAD_MS: u64 = 10_000;
/// Being live for so long makes the next failure a first one.
const STABLE_MS: u64 = 10_000;
/// Opening and `Welcome` together may take so long.
const OPEN_DEADLINE_MS: u64 = 20_000;
const QUIET_MAX_MS: u64 = 25_000;
const PONG_DEADLINE_MS: u64 = 10_000;
/// Where there is reason to doubt the wire.
const DOUBT_DEADLINE_MS: u64 = 3_000;
/// Shown again after so long without a word, the wire is taken for dead.
const SHOWN_DEAD_MS: u64 = 60_000;
/// A tick that comes so late comes after sleep.
const ASLEEP_MS: u64 = 20_000;
/// Opens that fail in a row before it is asked whether the session is over.
const FAILED_OPENS_TO_ASK: u32 = 2;
const CONNECTING_AFTER_MS: u64 = 2_000;
const OFFLINE_AFTER_MS: u64 = 5_000;
/// A server that finds our frames malformed is not tried again at once.
const MALFORMED_ATTEMPT: u32 = 4;

/// What the reader is told about the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Live,
    /// Not live, too short to mention.
    Quiet,
    Connecting,
    Offline,
    SignedOut,
    /// The server speaks a newer protocol: only a reload helps.
    ReloadNeeded,
    Banned,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not begun, or given up by the page.
    Idle,
    /// Until the moment given, the socket is being opened; before that, waited for.
    Opening {
        open_by: Moment,
        retry_at: Moment,
    },
    /// Open, without a whole `Welcome` yet.
    Greeted {
        live_by: Moment,
    },
    Live {
        since: Moment,
    },
    /// Never again: see the status.
    Stopped(Status),
}

/// What is to be done about the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Open { after: u64 },
    Close,
    Ping { nonce: u32 },
    AskWhoami,
    SignIn,
}

pub(super) struct Connection {
    pub generation: Generation,
    phase: Phase,
    attempt: u32,
    failed_opens: u32,
    last_received: Moment,
    ping: Option<(u32, Moment)>,
    pings: u32,
    last_tick: Moment,
    down_since: Moment,
    hidden: bool,
}

impl Connection {
    pub fn new(now: Moment) -> Self {
        Self {
            generation: 0,
            phase: Phase::Idle,
            attempt: 0,
            failed_opens: 0,
            last_received: now,
            ping: None,
            pings: 0,
            last_tick: now,
            down_since: now,
            hidden: false,
        }
    }

    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    /// Open: items may be sent and heard.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Live { .. } | Phase::Greeted { .. })
    }

    pub fn is_stopped(&self) -> bool {
        matches!(self.phase, Phase::Stopped(_))
    }

    pub fn status(&self, now: Moment) -> Status {
        match self.phase {
            Phase::Live { .. } => Status::Live,
            Phase::Stopped(status) => status,
            _ => match now - self.down_since {
                0..CONNECTING_AFTER_MS => Status::Quiet,
                CONNECTING_AFTER_MS..OFFLINE_AFTER_MS => Status::Connecting,
                _ => Status::Offline,
            },
        }
    }

    pub fn start(&mut self, now: Moment, visible: bool, orders: &mut Vec<Order>) {
        self.hidden = !visible;
        self.last_tick = now;
        self.down_since = now;
        if self.phase == Phase::Idle {
            self.open(now, 0, orders);
        }
    }

    /// True if the generation is the present one and its `Hello` is due.
    pub fn opened(&mut self, generation: Generation, now: Moment) -> bool {
        let is_ours = generation == self.generation && matches!(self.phase, Phase::Opening { .. });
        if is_ours {
            self.phase = Phase::Greeted {
                live_by: now + OPEN_DEADLINE_MS,
            };
            self.failed_opens = 0;
            self.last_received = now;
            self.ping = None;
        }
        is_ours
    }

    /// True if a frame of this generation is to be read.
    pub fn received(&mut self, generation: Generation, now: Moment) -> bool {
        let is_ours = generation == self.generation && self.is_open();
        if is_ours {
            self.last_received = now;
            self.ping = None;
        }
        is_ours
    }

    /// The whole `Welcome` is there.
    pub fn welcomed(&mut self, now: Moment) {
        self.phase = Phase::Live { since: now };
    }

    pub fn closed(
        &mut self,
        generation: Generation,
        code: u16,
        now: Moment,
        env: &mut Env<'_>,
        orders: &mut Vec<Order>,
    ) {
        if generation != self.generation || !self.is_running() {
            return;
        }
        if matches!(self.phase, Phase::Opening { .. }) {
            self.open_failed(orders);
        }
        let stable = self.settle_attempts(now);
        match code {
            close::SIGNED_OUT => self.stop(Status::SignedOut, now, orders),
            close::PROTOCOL_TOO_OLD => self.stop(Status::ReloadNeeded, now, orders),
            close::BANNED => self.stop(Status::Banned, now, orders),
            close::RESTART | SERVICE_RESTART => self.open(now, env.below(RESTART_SPREAD_MS), orders),
            close::RESYNC if stable => self.open(now, 0, orders),
            close::MALFORMED => {
                self.attempt = self.attempt.max(MALFORMED_ATTEMPT);
                self.back_off(now, env, orders);
            }
            _ => self.back_off(now, env, orders),
        }
    }

    /// What is heard makes no sense with what is known: begin again.
    pub fn resync(&mut self, now: Moment, env: &mut Env<'_>, orders: &mut Vec<Order>) {
        if self.is_open() {
            self.settle_attempts(now);
            orders.push(Order::Close);
            self.back_off(now, env, orders);
        }
    }

    pub fn stop(&mut self, status: Status, now: Moment, orders: &mut Vec<Order>) {
        if self.is_stopped() {
            return;
        }
        self.go_down(now);
        self.phase = Phase::Stopped(status);
        orders.push(Order::Close);
        // Whoever may not be here sees nothing of it any more.
        if matches!(status, Status::SignedOut | Status::Banned) {
            orders.push(Order::SignIn);
        }
    }

    pub fn went_online(&mut self, now: Moment, env: &mut Env<'_>, orders: &mut Vec<Order>) {
        self.hurry(now, env, orders);
    }

    /// Browsers err about this; only a wire that does not answer is down.
    pub fn went_offline(&mut self, now: Moment, orders: &mut Vec<Order>) {
        self.doubt(now, DOUBT_DEADLINE_MS, orders);
    }

    pub fn hid(&mut self) {
        self.hidden = true;
    }

    pub fn shown(&mut self, now: Moment, env: &mut Env<'_>, orders: &mut Vec<Order>) {
        self.hidden = false;
        match now - self.last_received {
            silent if self.is_open() && silent > SHOWN_DEAD_MS => self.drop_socket(now, env, orders),
            silent if self.is_open() && silent > QUIET_MAX_MS => self.doubt(now, DOUBT_DEADLINE_MS, orders),
            _ => self.hurry(now, env, orders),
        }
    }

    pub fn suspended(&mut self, now: Moment, orders: &mut Vec<Order>) {
        if self.is_running() {
            self.go_down(now);
            self.generation += 1;
            self.phase = Phase::Idle;
            orders.push(Order::Close);
        }
    }

    pub fn resumed(&mut self, now: Moment, orders: &mut Vec<Order>) {
        self.last_tick = now;
        if self.phase == Phase::Idle {
            self.down_since = now;
            self.open(now, 0, orders);
        }
    }

    pub fn tick(&mut self, now: Moment, env: &mut Env<'_>, orders: &mut Vec<Order>) {
        let late = now - self.last_tick;
        self.last_tick = now;
        if late > ASLEEP_MS {
            return self.woke(now, env, orders);
        }
        match self.phase {
            Phase::Opening { open_by: by, .. } | Phase::Greeted { live_by: by } if now >= by => {
                if matches!(self.phase, Phase::Opening { .. }) {
                    self.open_failed(orders);
                }
                orders.push(Order::Close);
                self.back_off(now, env, orders);
            }
            Phase::Live { .. } => self.check(now, env, orders),
            _ => {}
        }
    }

    fn check(&mut self, now: Moment, env: &mut Env<'_>, orders: &mut Vec<Order>) {
        match self.ping {
            Some((_, deadline)) if now >= deadline => self.drop_socket(now, env, orders),
            None if now >= self.last_received + QUIET_MAX_MS => self.doubt(now, PONG_DEADLINE_MS, orders),
            _ => {}
        }
    }

    /// Timers of a hidden tab are held up by the browser, so lateness proves nothing
    /// there: the wire is asked.
    fn woke(&mut self, now: Moment, env: &mut Env<'_>, orders: &mut Vec<Order>) {
        if !self.is_running() {
            return;
        }
        if self.hidden && self.is_live() {
            self.check(now, env, orders);
        } else if self.is_open() {
            self.drop_socket(now, env, orders);
        } else {
            self.hurry(now, env, orders);
        }
    }

    pub fn wake_at(&self, now: Moment) -> Option<Moment> {
        let deadline = match self.phase {
            Phase::Opening { open_by: by, .. } | Phase::Greeted { live_by: by } => by,
            Phase::Live { .. } => self.ping.map_or(self.last_received + QUIET_MAX_MS, |(_, by)| by),
            Phase::Idle | Phase::Stopped(_) => return None,
        };
        let told = |after| {
            if self.is_live() {
                deadline
            } else {
                self.down_since + after
            }
        };
        [deadline, told(CONNECTING_AFTER_MS), told(OFFLINE_AFTER_MS)]
            .into_iter()
            .filter(|&at| at > now)
            .min()
    }

    fn is_running(&self) -> bool {
        !matches!(self.phase, Phase::Idle | Phase::Stopped(_))
    }

    fn drop_socket(&mut self, now: Moment, env: &mut Env<'_>, orders: &mut Vec<Order>) {
        self.settle_attempts(now);
        orders.push(Order::Close);
        self.back_off(now, env, orders);
    }

    /// A session that is over cannot be told from a network that is down by the failing
    /// of a socket alone, so the server is asked another way.
    fn open_failed(&mut self, orders: &mut Vec<Order>) {
        self.failed_opens += 1;
        if self.failed_opens >= FAILED_OPENS_TO_ASK {
            self.failed_opens = 0;
            orders.push(Order::AskWhoami);
        }
    }

    /// Does not wait out what is left of a long pause.
    fn hurry(&mut self, now: Moment, env: &mut Env<'_>, orders: &mut Vec<Order>) {
        if let Phase::Opening { retry_at, .. } = self.phase
            && now < retry_at
        {
            self.attempt = 0;
            let after = env.below(PROMPT_RETRY_MS);
            if now + after < retry_at {
                self.open(now, after, orders);
            }
        }
    }

    fn doubt(&mut self, now: Moment, within: u64, orders: &mut Vec<Order>) {
        if !self.is_live() {
            return;
        }
        let deadline = now + within;
        if let Some((_, earlier)) = &mut self.ping {
            *earlier = deadline.min(*earlier);
        } else {
            self.pings = self.pings.wrapping_add(1);
            self.ping = Some((self.pings, deadline));
            orders.push(Order::Ping { nonce: self.pings });
        }
    }

    /// Forgets failures before a time that was good; true if the last one was.
    fn settle_attempts(&mut self, now: Moment) -> bool {
        let stable = matches!(self.phase, Phase::Live { since } if now >= since + STABLE_MS);
        if stable {
            self.attempt = 0;
        }
        stable
    }

    fn back_off(&mut self, now: Moment, env: &mut Env<'_>, orders: &mut Vec<Order>) {
        let longest = if self.hidden { RETRY_MAX_HIDDEN_MS } else { RETRY_MAX_MS };
        let after = match self.attempt {
            0 => env.below(FIRST_RETRY_MS),
            n => env.below((RETRY_BASE_MS << n.min(10)).min(longest)),
        };
        self.attempt = self.attempt.saturating_add(1);
        self.open(now, after, orders);
    }

    fn open(&mut self, now: Moment, after: u64, orders: &mut Vec<Order>) {
        self.go_down(now);
        self.generation += 1;
        let retry_at = now + after;
        self.phase = Phase::Opening {
            open_by: retry_at + OPEN_DEADLINE_MS,
            retry_at,
        };
        self.ping = None;
        orders.push(Order::Open { after });
    }

    fn go_down(&mut self, now: Moment) {
        if self.is_live() {
            self.down_since = now;
        }
    }
}

/// What a proxy says for a restart.
const SERVICE_RESTART: u16 = 1012;
