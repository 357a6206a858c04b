//! Passwords: one's own, and one-time links for those who forgot theirs.

use super::{sql, writes};
use crate::{
    server::{
        app::App,
        error::Result,
        sessions::{self, LinkCode, Password, Signed},
    },
    wire::{Millis, Problem, UserId},
};
use std::net::IpAddr;

pub(super) const RESET_LIFETIME_MS: u64 = 24 * 60 * 60 * 1_000;

/// A link whose code is shown once.
#[derive(Debug)]
pub struct ResetLink {
    /// Whose password it sets.
    pub name: String,
    pub code: LinkCode,
    pub expires_at: Millis,
}

impl ResetLink {
    /// The link to hand on.
    pub fn link(&self, app: &App) -> String {
        app.config.public_url().link(&format!("/reset/{}", self.code.reveal()))
    }
}

/// Makes a link that sets a new password once, within a day. It replaces the one before.
///
/// # Errors
/// `NotAllowed`, `Gone`.
pub async fn make_reset(app: &App, who: &Signed, target: UserId) -> Result<ResetLink> {
    let code = LinkCode::draw(&app.ambience);
    let expires_at = Millis(app.ambience.now().0 + RESET_LIFETIME_MS);
    let write = writes::MakeReset {
        who: *who,
        target,
        code: code.hash(),
        expires_at,
    };
    let name = app.writer.run(write).await?;
    Ok(ResetLink { name, code, expires_at })
}

/// Whose password does this link set?
///
/// # Errors
/// `InviteGone`.
pub async fn look_at_reset(app: &App, code: &str) -> Result<String> {
    let code = LinkCode::parse(code).ok_or(Problem::InviteGone)?;
    let mut conn = app.store.read().await?;
    let user = sql::find_reset(&mut conn, code.hash(), app.ambience.now()).await?;
    let row = sql::find(&mut conn, user.ok_or(Problem::InviteGone)?).await?;
    Ok(row.ok_or(Problem::InviteGone)?.person.name)
}

/// Sets the password by a link and ends all sessions: who holds the link signs in anew.
///
/// # Errors
/// `InviteGone`, `PasswordTooShort`, `PasswordTooLong`.
pub async fn reset_password(app: &App, code: &str, password: &str) -> Result<()> {
    look_at_reset(app, code).await?;
    let code = LinkCode::parse(code).ok_or(Problem::InviteGone)?.hash();
    let password = Password::parse(password)?;
    let password = app.gate.hasher.hash(password, app.ambience.random()).await?;
    app.writer.run(writes::ResetPassword { code, password }).await
}

/// Sets one's own password and ends one's other sessions.
///
/// # Errors
/// `WrongPassword` if the old one is wrong; `TooFast`, for the tries count as those
/// of a sign-in.
pub async fn change_password(app: &App, who: &Signed, old: &str, new: &str, address: IpAddr) -> Result<()> {
    let new = Password::parse(new)?;
    let (username, account) = {
        let mut conn = app.store.read().await?;
        let row = sql::find(&mut conn, who.user()).await?.ok_or(Problem::SignedOut)?;
        let account = sessions::find_account_of(&mut conn, who.user()).await?;
        (row.person.username, account.ok_or(Problem::SignedOut)?)
    };
    app.gate.attempts.take(address, &username, app.ambience.now())?;
    let old = Password::tried(old).ok_or(Problem::WrongPassword)?;
    if !app.gate.hasher.verify(old, Some(account.password.clone())).await? {
        return Err(Problem::WrongPassword.into());
    }
    let write = writes::ChangePassword {
        who: *who,
        verified: account.password,
        password: app.gate.hasher.hash(new, app.ambience.random()).await?,
    };
    app.writer.run(write).await
}
