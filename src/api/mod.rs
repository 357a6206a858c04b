//! The server functions: everything that is fetched, compiled for both sides.
//!
//! Each names its endpoint, so that its address outlives a release, and its body
//! calls one door of the server. A question and its answer travel in envelopes
//! (`wire::fetch`), so that an older program is told kindly what it cannot know.

use crate::wire::{Envelope, Problem};
use leptos::prelude::*;
use server_fn::{
    codec::{Postcard, PostcardEncoding},
    error::{FromServerFnError, ServerFnErrorErr},
};

/// What changed since the cursors that are held. Asks `CatchUp`, answers `CaughtUp`.
#[server(endpoint = "catch_up", input = Postcard, output = Postcard)]
pub async fn catch_up(ask: Envelope) -> Result<Envelope, Problem> {
    crate::server::fetch::answer(ask).await
}

/// Older messages. Asks `History`, answers `Page`.
#[server(endpoint = "history", input = Postcard, output = Postcard)]
pub async fn history(ask: Envelope) -> Result<Envelope, Problem> {
    crate::server::fetch::answer(ask).await
}

/// Entries that were missed in between. Asks `Range`, answers `Delta`.
#[server(endpoint = "range", input = Postcard, output = Postcard)]
pub async fn range(ask: Envelope) -> Result<Envelope, Problem> {
    crate::server::fetch::answer(ask).await
}

/// The messages around an entry. Asks `Around`, answers `Page`.
#[server(endpoint = "around", input = Postcard, output = Postcard)]
pub async fn around(ask: Envelope) -> Result<Envelope, Problem> {
    crate::server::fetch::answer(ask).await
}

/// Who is signed in. Asks `Whoami`, answers `Me`, or refuses with `SignedOut`.
#[server(endpoint = "whoami", input = Postcard, output = Postcard)]
pub async fn whoami(ask: Envelope) -> Result<Envelope, Problem> {
    crate::server::fetch::answer(ask).await
}

/// Moves read markers for a page that goes away. Asks `MarkRead`, answers `Marked`.
#[server(endpoint = "mark_read", input = Postcard, output = Postcard)]
pub async fn mark_read(ask: Envelope) -> Result<Envelope, Problem> {
    crate::server::fetch::answer(ask).await
}

impl FromServerFnError for Problem {
    type Encoder = PostcardEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::Malformed,
            ServerFnErrorErr::Deserialization(_) => Self::Unknown,
            _ => Self::Unavailable,
        }
    }

    fn status_code(&self) -> http::StatusCode {
        match self {
            Self::Gone => http::StatusCode::NOT_FOUND,
            Self::SignedOut => http::StatusCode::UNAUTHORIZED,
            Self::NotAllowed => http::StatusCode::FORBIDDEN,
            Self::TooFast { .. } => http::StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => http::StatusCode::SERVICE_UNAVAILABLE,
            _ => http::StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}
