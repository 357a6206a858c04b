//! The door behind the server functions: who asks, what is asked, one verb.

use super::{
    app::App,
    error::{Error, Result},
    form, messages,
    sessions::Signed,
};
use crate::wire::{
    Envelope, Enveloped, Problem, Unpack,
    fetch::{Answer, Ask, Question},
};
use axum::http::request::Parts;
use leptos::prelude::use_context;

/// Answers one question of a signed-in person.
///
/// # Errors
/// The problem to tell; a fault is logged here and told as `Unavailable`.
pub async fn answer(question: Envelope) -> Result<Envelope, Problem> {
    let (Some(app), Some(parts)) = (use_context::<App>(), use_context::<Parts>()) else {
        tracing::error!("a server function ran without its context");
        return Err(Problem::Unavailable);
    };
    match answer_to(&app, &parts, &question).await {
        Ok(answer) => Ok(answer),
        Err(error) => Err(error.report()),
    }
}

async fn answer_to(app: &App, parts: &Parts, question: &Envelope) -> Result<Envelope> {
    let who = form::signed(app, &parts.headers).await?;
    answer_for(app, &who, question).await
}

/// Answers a question at the wire level that it names.
///
/// # Errors
/// Those of the operation; `Unknown` and `Malformed` questions.
pub async fn answer_for(app: &App, who: &Signed, question: &Envelope) -> Result<Envelope> {
    let Question { level, ask } = Question::unpack(question).map_err(|why| match why {
        Unpack::Unknown => Error::from(Problem::Unknown),
        Unpack::Malformed => Error::from(Problem::Malformed),
    })?;
    let answer = match ask {
        Ask::CatchUp(ask) => messages::catch_up(app, who, &ask).await.map(Answer::CaughtUp),
        Ask::History(ask) => messages::history(app, who, &ask).await.map(Answer::Page),
        Ask::Range(ask) => messages::range(app, who, &ask).await.map(Answer::Delta),
        Ask::Around(ask) => messages::around(app, who, &ask).await.map(Answer::Page),
        Ask::Whoami(_) => messages::whoami(app, who).await.map(Answer::Me),
        Ask::MarkRead(ask) => messages::mark_read_as(app, who, &ask).await.map(Answer::Marked),
    };
    Ok(answer?.pack_at(level))
}
