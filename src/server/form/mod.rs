//! Forms of pages: how a post is read, what it comes to, and how a refusal gives the
//! typed text back.
//!
//! A door here has three acts: who is it, parse, call one verb. It renders nothing;
//! `http` puts the answer on a page.

mod fields;

pub use fields::Form;

use super::{
    app::App,
    config::same_origin,
    error::{Error, Result},
    sessions::{self, Browser, Signed, cookie},
};
use crate::wire::Problem;
use axum::http::{HeaderMap, HeaderName, header};
use futures_util::{FutureExt, future::BoxFuture};
use std::{net::IpAddr, str::FromStr};

/// A message of the greatest length, each byte written as three, and some fields.
pub const FORM_MAX_BYTES: usize = 128 * 1024;
const FORM_TYPE: &str = "application/x-www-form-urlencoded";
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// One address that takes a form.
pub struct Door {
    /// With at most one `{parameter}`, as the router writes it.
    pub path: &'static str,
    pub handle: Handle,
}

pub type Handle = for<'a> fn(&'a App, &'a Post) -> BoxFuture<'a, Result<Done, FormReply>>;

/// A post that comes from a page of ours.
pub struct Post {
    headers: HeaderMap,
    address: IpAddr,
    parameter: String,
    form: Form,
}

/// What a form did.
#[derive(Debug)]
pub enum Done {
    /// 303, with a cookie if one was given or taken back.
    GoTo { path: String, cookie: Option<String> },
    /// The page again with a link on it, once; it is to be kept by no cache.
    ShowLink(Shown),
}

/// What is shown once.
#[derive(Debug)]
pub enum Shown {
    Invite(Link),
    /// For the person of this name.
    Reset(String, Link),
}

/// A link that lets somebody in. It does not print.
pub struct Link(pub String);

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}

/// Why nothing was done, and what was typed, so that nobody types it again. Doors name
/// the fields that are kept; a password is none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormReply {
    pub problem: Problem,
    pub fields: Vec<(String, String)>,
}

impl Done {
    pub fn go(path: &str) -> Self {
        Self::GoTo {
            path: path.to_owned(),
            cookie: None,
        }
    }

    pub fn go_with(path: &str, cookie: String) -> Self {
        Self::GoTo {
            path: path.to_owned(),
            cookie: Some(cookie),
        }
    }
}

impl Post {
    /// Reads a post of at most [`FORM_MAX_BYTES`], which the router sees to.
    ///
    /// # Errors
    /// `NotAllowed` from another site, `Malformed` for what is no form.
    pub fn read(
        app: &App,
        headers: HeaderMap,
        peer: IpAddr,
        parameter: Option<String>,
        body: &[u8],
    ) -> Result<Self, Problem> {
        same_origin(&headers, &app.config)?;
        let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = media.and_then(|media| media.split(';').next()).map(str::trim);
        if !media.is_some_and(|media| media.eq_ignore_ascii_case(FORM_TYPE)) {
            return Err(Problem::Malformed);
        }
        Ok(Self {
            form: Form::parse(body)?,
            address: client_address(app, &headers, peer),
            parameter: parameter.unwrap_or_default(),
            headers,
        })
    }

    /// Who sends it. A form costs what a command on a socket does.
    ///
    /// # Errors
    /// `SignedOut`; `TooFast`.
    pub async fn signed(&self, app: &App) -> Result<Signed> {
        let who = signed(app, &self.headers).await?;
        app.paces
            .take(who.user(), &app.limits, app.ambience.now())
            .map_err(|retry_after| Problem::TooFast { retry_after })?;
        Ok(who)
    }

    pub fn browser(&self, app: &App) -> Browser {
        let agent = self
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok());
        let held = cookie::token(&self.headers, &app.config);
        Browser::new(agent.unwrap_or_default(), held, self.address)
    }

    pub fn address(&self) -> IpAddr {
        self.address
    }

    pub fn form(&self) -> &Form {
        &self.form
    }

    /// What stands in the address in place of `{…}`.
    pub fn parameter(&self) -> &str {
        &self.parameter
    }

    /// The same, where it names something of ours.
    ///
    /// # Errors
    /// `Gone`: what is no id names nothing.
    pub fn id<T: FromStr>(&self) -> Result<T, Problem> {
        self.parameter.parse().map_err(|_| Problem::Gone)
    }

    /// The answer to an error, with these fields as they were typed.
    pub fn refuse(&self, error: &Error, kept: &[&str]) -> FormReply {
        if let Error::Fault(fault) = error {
            tracing::error!(fault = fault.chain(), "a form could not be handled");
        }
        FormReply {
            problem: error.told(),
            fields: self.form.only(kept),
        }
    }
}

/// Runs a door; on a refusal these fields go back as they were typed.
pub fn keeping<'a>(
    post: &'a Post,
    kept: &'static [&'static str],
    door: impl Future<Output = Result<Done>> + Send + 'a,
) -> BoxFuture<'a, Result<Done, FormReply>> {
    door.map(move |done| done.map_err(|error| post.refuse(&error, kept)))
        .boxed()
}

/// Who sends these headers?
///
/// # Errors
/// `SignedOut`.
pub async fn signed(app: &App, headers: &HeaderMap) -> Result<Signed> {
    sessions::authenticate(app, cookie::token(headers, &app.config).as_ref()).await
}

/// Whose request it is, if trusted proxies speak for them.
pub fn client_address(app: &App, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    let forwarded: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    app.config
        .server
        .trusted_proxies
        .client(peer, Some(&forwarded.join(",")))
}
