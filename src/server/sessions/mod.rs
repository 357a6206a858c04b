//! Sign-ins: who a request is, how a session begins, and everything that ends one.
//!
//! A session is a random token in a browser's cookie and its hash in the store.
//! This house knows nothing of rooms and of what people may do to each other.

mod attempts;
pub mod cookie;
mod gate;
mod hasher;
pub mod http;
mod known;
mod secret;
mod signed;
pub(super) mod sql;
#[cfg(test)]
mod tests;
mod writes;

pub use gate::Gate;
pub use hasher::StoredHash;
pub use known::Known;
pub use secret::{Code, CodeHash, LinkCode, Password, Token};
pub use signed::Signed;
pub(in crate::server) use sql::{find_account_of, set_password};
pub(in crate::server) use writes::{Start, end_all};

use super::{app::App, error::Result};
use crate::wire::{Millis, Problem, SessionId, UserId, limits::USERNAME_MAX_CHARS, person::Username};
use std::net::IpAddr;

/// What a browser calls itself is cut here; the rest is of no use in a list.
const AGENT_MAX_CHARS: usize = 256;
/// "Last seen" need not be more exact, and each stamp is a write.
const TOUCH_AFTER_MS: u64 = 10 * 60 * 1_000;
/// Expired sessions removed by one write.
const SWEEP_MAX: u32 = 1_000;

/// The browser that asks to be let in.
#[derive(Debug, Clone)]
pub struct Browser {
    agent: String,
    /// The token it holds from before; that session ends when the new one begins, so
    /// that nobody goes on in a session that somebody else has prepared.
    held: Option<Token>,
    address: IpAddr,
}

impl Browser {
    pub fn new(agent: &str, held: Option<Token>, address: IpAddr) -> Self {
        let readable = |c: &char| !c.is_control();
        Self {
            agent: agent.chars().filter(readable).take(AGENT_MAX_CHARS).collect(),
            held,
            address,
        }
    }

    pub fn address(&self) -> IpAddr {
        self.address
    }
}

/// A session that has begun. The token exists here and in the browser, nowhere else.
#[derive(Debug)]
pub struct Entered {
    pub user: UserId,
    pub session: SessionId,
    pub token: Token,
}

/// One line of the list of one's own sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    pub session: SessionId,
    pub created_at: Millis,
    pub last_seen_at: Millis,
    pub agent: String,
    /// The one that asks.
    pub current: bool,
}

/// Who holds this token?
///
/// # Errors
/// `SignedOut`.
pub async fn authenticate(app: &App, token: Option<&Token>) -> Result<Signed> {
    let token = token.ok_or(Problem::SignedOut)?.hash();
    let now = app.ambience.now();
    let changes = app.writer.changes_of_sessions();
    if let Some(row) = app.known.find(&token, changes, now) {
        return Ok(signed(app, &row, now));
    }
    let row = sql::find_by_token(&mut *app.store.connection().await?, token, now).await?;
    let row = row.ok_or(Problem::SignedOut)?;
    app.known.keep(token, row, changes);
    Ok(signed(app, &row, now))
}

/// Is this session still live, and what may its user do now? For connections that last.
///
/// # Errors
/// `SignedOut`.
pub async fn recheck(app: &App, who: &Signed) -> Result<Signed> {
    let now = app.ambience.now();
    let row = sql::find_by_id(&mut *app.store.connection().await?, who.session, now).await?;
    Ok(signed(app, &row.ok_or(Problem::SignedOut)?, now))
}

/// Lets somebody in who knows username and password.
///
/// A name that is not there, one that was removed and a wrong password are one answer,
/// after the same work.
///
/// # Errors
/// `WrongPassword` or `TooFast`.
pub async fn sign_in(app: &App, username: &str, password: &str, browser: &Browser) -> Result<Entered> {
    let now = app.ambience.now();
    let account = account_name(username);
    app.gate.attempts.take(browser.address, &account, now)?;
    let password = Password::tried(password).ok_or(Problem::WrongPassword)?;
    let row = sql::find_account(&mut *app.store.read().await?, &account).await?;
    let hash = row.as_ref().map(|row| row.password.clone());
    let right = app.gate.hasher.verify(password.clone(), hash).await?;
    let row = row.filter(|row| right && row.active).ok_or(Problem::WrongPassword)?;
    let renewed = if app.gate.hasher.is_outdated(&row.password) {
        Some(app.gate.hasher.hash(password, app.ambience.random()).await?)
    } else {
        None
    };
    let (start, token) = Start::new(app, browser);
    let write = writes::SignIn {
        user: row.user,
        verified: row.password,
        renewed,
        start,
    };
    let session = app.writer.run(write).await?;
    app.gate.attempts.give_back(browser.address, &account);
    Ok(Entered {
        user: row.user,
        session,
        token,
    })
}

/// What attempts are counted under. A name that cannot be is counted like one that can:
/// somebody's slip must not stop others who slip.
fn account_name(typed: &str) -> String {
    match Username::parse(typed) {
        Ok(username) => username.as_str().to_owned(),
        Err(_) => typed.trim().chars().take(USERNAME_MAX_CHARS as usize).collect(),
    }
}

/// Ends the session that asks.
pub async fn sign_out(app: &App, who: &Signed) -> Result<()> {
    end_one(app, who, who.session).await?;
    Ok(())
}

/// Ends one of one's own sessions.
///
/// # Errors
/// `SignedOut`; `Gone` for one that is not there, has ended or is another's.
pub async fn revoke(app: &App, who: &Signed, session: SessionId) -> Result<()> {
    if end_one(app, who, session).await? {
        Ok(())
    } else {
        Err(Problem::Gone.into())
    }
}

async fn end_one(app: &App, who: &Signed, session: SessionId) -> Result<bool> {
    let write = writes::End {
        user: who.user,
        by: who.session,
        session,
    };
    app.writer.run(write).await
}

/// One's own sessions, the one used last first.
pub async fn list(app: &App, who: &Signed) -> Result<Vec<SessionLine>> {
    let rows = sql::list(&mut *app.store.read().await?, who.user, app.ambience.now()).await?;
    Ok(rows
        .into_iter()
        .map(|row| SessionLine {
            session: row.id,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            agent: row.agent,
            current: row.id == who.session,
        })
        .collect())
}

/// Removes sessions that have expired and tells their connections; a job calls it now
/// and then. True if there may be more.
pub async fn sweep(app: &App) -> Result<bool> {
    app.writer.run(writes::Sweep { most: SWEEP_MAX }).await
}

/// Makes the proof, and remembers that the session was used if that was not done lately.
pub(super) fn signed(app: &App, row: &sql::LiveRow, now: Millis) -> Signed {
    if now.0.saturating_sub(row.last_seen_at.0) >= TOUCH_AFTER_MS {
        let app_of_touch = app.clone();
        let touch = writes::Touch {
            session: row.id,
            expires_at: expiry(app, now),
        };
        // Nobody waits for it: reading works while the disk does not.
        app.tasks.spawn(async move {
            if let Err(error) = app_of_touch.writer.run(touch).await {
                tracing::warn!(fault = error.chain(), "the use of a session was not remembered");
            }
        });
    }
    Signed {
        user: row.user,
        session: row.id,
        role: row.role,
        expires_at: row.expires_at,
    }
}

fn expiry(app: &App, now: Millis) -> Millis {
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    Millis(now.0 + u64::from(app.config.sessions.lifetime_days) * DAY_MS)
}
