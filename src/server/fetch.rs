//! The door behind the server functions: who asks, what is asked, one verb.

use super::{
    app::App,
    error::{Error, Result},
    form, messages,
    sessions::Signed,
};
use crate::wire::{
    Envelope, Enveloped, Problem, Unpack,
    fetch::{Answer, Ask},
};
use axum::http::request::Parts;
use leptos::prelude::use_context;

/// Answers one question of a signed-in person.
///
/// # Errors
/// The problem to tell; a fault is logged here and told as `Unavailable`.
pub async fn answer(ask: Envelope) -> Result<Envelope, Problem> {
    let (Some(app), Some(parts)) = (use_context::<App>(), use_context::<Parts>()) else {
        tracing::error!("a server function ran without its context");
        return Err(Problem::Unavailable);
    };
    match answer_to(&app, &parts, &ask).await {
        Ok(answer) => Ok(answer.pack()),
        Err(error) => Err(error.report()),
    }
}

async fn answer_to(app: &App, parts: &Parts, ask: &Envelope) -> Result<Answer> {
    let who = form::signed(app, &parts.headers).await?;
    answer_for(app, &who, ask).await
}

/// Behind the door: what is asked, one verb.
///
/// # Errors
/// The verb's own; `Unknown` and `Malformed` questions.
pub async fn answer_for(app: &App, who: &Signed, ask: &Envelope) -> Result<Answer> {
    let ask = Ask::unpack(ask).map_err(|why| match why {
        Unpack::Unknown => Error::from(Problem::Unknown),
        Unpack::Malformed => Error::from(Problem::Malformed),
    })?;
    match ask {
        Ask::CatchUp(ask) => messages::catch_up(app, who, &ask).await.map(Answer::CaughtUp),
        Ask::History(ask) => messages::history(app, who, &ask).await.map(Answer::Page),
        Ask::Range(ask) => messages::range(app, who, &ask).await.map(Answer::Delta),
        Ask::Around(ask) => messages::around(app, who, &ask).await.map(Answer::Page),
        Ask::Whoami(_) => messages::whoami(app, who).await.map(Answer::Me),
    }
}
