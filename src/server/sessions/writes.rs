//! What begins and ends sessions, inside a batch.

use super::{
    Browser,
    hasher::StoredHash,
    secret::{CodeHash, Token},
    sql::{self, Ended, NewSession},
};
use crate::{
    server::{
        app::App,
        error::Result,
        writer::{Batch, Told, Write},
    },
    wire::{Millis, Problem, SessionId, UserId},
};
use futures_util::{FutureExt, future::BoxFuture};
use std::collections::BTreeMap;

/// A session about to begin, for the writes that let somebody in.
pub struct Start {
    token: CodeHash,
    held: Option<CodeHash>,
    agent: String,
    expires_at: Millis,
    per_user_max: u32,
}

impl Start {
    pub fn new(app: &App, browser: &Browser) -> (Self, Token) {
        let token = Token::draw(&app.ambience);
        let start = Self {
            token: token.hash(),
            held: browser.held.as_ref().map(Token::hash),
            agent: browser.agent.clone(),
            expires_at: super::expiry(app, app.ambience.now()),
            per_user_max: app.config.sessions.per_user_max,
        };
        (start, token)
    }

    /// Ends what the browser held and what is too many, and begins.
    pub async fn begin(&self, batch: &mut Batch<'_>, user: UserId) -> Result<SessionId> {
        let mut ended = Vec::new();
        if let Some(held) = self.held {
            ended.extend(sql::end_by_token(batch.conn(), held).await?);
        }
        ended.extend(sql::end_oldest(batch.conn(), user, self.per_user_max.saturating_sub(1)).await?);
        tell_ended(batch, ended);
        let session = NewSession {
            id: SessionId::new(batch.now(), batch.random()),
            user,
            token: self.token,
            agent: &self.agent,
            now: batch.now(),
            expires_at: self.expires_at,
        };
        sql::insert(batch.conn(), &session).await?;
        Ok(session.id)
    }
}

/// Ends the sessions of a user, but for one that may stay, and tells their connections.
pub async fn end_all(batch: &mut Batch<'_>, user: UserId, but: Option<SessionId>) -> Result<()> {
    let ended = sql::end_all(batch.conn(), user, but).await?;
    tell_ended(batch, ended);
    Ok(())
}

fn tell_ended(batch: &mut Batch<'_>, ended: impl IntoIterator<Item = Ended>) {
    let mut by_user: BTreeMap<UserId, Vec<SessionId>> = BTreeMap::new();
    for session in ended {
        by_user.entry(session.user).or_default().push(session.id);
    }
    for (user, sessions) in by_user {
        batch.tell(Told::SessionsEnded { user, sessions });
    }
}

pub struct SignIn {
    pub user: UserId,
    /// The hash that the password was right for: if it has changed since, the
    /// password is no longer right.
    pub verified: StoredHash,
    pub renewed: Option<StoredHash>,
    pub start: Start,
}

impl Write for SignIn {
    type Output = SessionId;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<SessionId>> {
        async move {
            let account = sql::find_account_of(batch.conn(), self.user).await?;
            account
                .filter(|account| account.active && account.password == self.verified)
                .ok_or(Problem::WrongPassword)?;
            if let Some(renewed) = &self.renewed {
                sql::set_password(batch.conn(), self.user, renewed).await?;
            }
            self.start.begin(batch, self.user).await
        }
        .boxed()
    }
}

pub struct End {
    pub user: UserId,
    pub by: SessionId,
    pub session: SessionId,
}

impl Write for End {
    /// Whether there was such a session.
    type Output = bool;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<bool>> {
        async move {
            batch.demand_session(self.user, self.by).await?;
            let ended = sql::end(batch.conn(), self.user, self.session).await?;
            let was_there = ended.is_some();
            tell_ended(batch, ended);
            Ok(was_there)
        }
        .boxed()
    }
}

pub struct Touch {
    pub session: SessionId,
    pub expires_at: Millis,
}

impl Write for Touch {
    type Output = ();

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        async move {
            let now = batch.now();
            Ok(sql::touch(batch.conn(), self.session, now, self.expires_at).await?)
        }
        .boxed()
    }
}

pub struct Sweep {
    pub most: u32,
}

impl Write for Sweep {
    type Output = bool;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<bool>> {
        async move {
            let now = batch.now();
            let ended = sql::sweep(batch.conn(), now, self.most).await?;
            let more = ended.len() as u64 >= u64::from(self.most);
            tell_ended(batch, ended);
            Ok(more)
        }
        .boxed()
    }
}
