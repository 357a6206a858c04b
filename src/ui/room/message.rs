//! One message: when, who, what, and how it is with it.

use super::{actions, composer, prose::prose, reactions::reactions};
use crate::{
    browser::page,
    rules::civil,
    ui::{
        desk::Desk,
        live::text,
        parts::{Size, avatar, button, plain, time},
        place::entry_path,
        words,
    },
    wire::{ClientKey, Message, Millis, Problem, Reaction, RoomId, UserId},
};
use leptos::prelude::*;
use std::sync::Arc;

/// A message as it stands in the list.
pub struct MessageRow {
    pub room: RoomId,
    pub id: String,
    pub author: UserId,
    pub at: Millis,
    /// None once it is deleted.
    pub body: Option<String>,
    pub mentions: Vec<UserId>,
    pub reactions: Vec<Reaction>,
    /// It goes on where the one above ended.
    pub more: bool,
    pub standing: Standing,
    /// What the reader did to it and the log does not show yet.
    pub state: Option<State>,
}

pub enum Standing {
    Stored(Arc<Message>),
    /// Behind a gap: what it was when it was last seen.
    Stale(Arc<Message>),
    Pending,
}

pub enum State {
    Sending,
    WaitingForNetwork,
    NotSent(ClientKey, Problem),
    Deleting,
}

impl Standing {
    /// The message, if the log holds it.
    fn held(&self) -> Option<&Arc<Message>> {
        match self {
            Self::Stored(message) | Self::Stale(message) => Some(message),
            Self::Pending => None,
        }
    }
}

pub fn message(desk: Desk, row: &MessageRow) -> AnyView {
    let author = row.author;
    let (name, hue) = untrack(|| desk.face(author));
    let class = class(row, desk.my_id());
    let place = row.standing.held().map(|message| (row.room, message.seq));
    let found = Signal::derive(move || place.is_some() && desk.found().get() == place);
    let edited = Signal::derive(move || place.is_some() && desk.edited_row() == place);
    let ids = ["-author", "-time", "-body"].map(|part| [row.id.as_str(), part].concat());
    let labelled = ids.join(" ");
    let [author_id, time_id, body_id] = ids;
    let when = time(desk.zone(), row.at, "");
    let time = match place {
        Some((room, seq)) => view! {
            <a class="message__time" id=time_id href=entry_path(room, seq)>
                {when}
            </a>
        }
        .into_any(),
        None => view! {
            <span class="message__time" id=time_id>
                {when}
            </span>
        }
        .into_any(),
    };
    let ordinal = row.standing.held().map(|message| message.ordinal.to_string());
    view! {
        <article
            class=class
            class:message--found=found
            class:message--editing=edited
            id=row.id.clone()
            tabindex="-1"
            aria-labelledby=labelled
            data-ordinal=ordinal
        >
            {time}
            {(!row.more).then(|| avatar(&name, hue, Size::Message))}
            <div class="message__head">
                <span class="message__author" id=author_id dir="auto">
                    {text(move || desk.person_name(author))}
                </span>
            </div>
            <div class="message__body prose" id=body_id>
                {body(desk, row)}
            </div>
            {foot(desk, row)}
            {to_do(desk, row)}
        </article>
    }
    .into_any()
}

fn body(desk: Desk, row: &MessageRow) -> AnyView {
    let Some(text) = &row.body else {
        return plain("p", "", vec![words::DELETED.into_any()]);
    };
    let find = |name: &str| row.mentions.iter().copied().find(|user| desk.is_called(*user, name));
    let edited_at = row.standing.held().and_then(|message| message.edited_at);
    view! {
        {prose(text, desk.my_id(), &find)}
        {edited_at.map(|at| edited(desk, at))}
    }
    .into_any()
}

fn edited(desk: Desk, at: Millis) -> AnyView {
    let when = Signal::derive(move || {
        let moment = desk.zone().civil(at);
        let (today, _) = desk.zone().today(desk.now());
        words::edited_at(&words::date(moment.day, today), &civil::clock(moment))
    });
    view! {
        <span class="message__edited" title=when>
            {words::EDITED}
        </span>
    }
    .into_any()
}

fn class(row: &MessageRow, me: UserId) -> String {
    let mut class = String::from("message");
    let is_pending = matches!(row.standing, Standing::Pending) || row.state.is_some();
    let marks = [
        (row.more, " message--more"),
        (row.author == me, " message--own"),
        (row.mentions.contains(&me) && row.author != me, " message--mention"),
        (row.body.is_none(), " message--deleted"),
        (matches!(row.standing, Standing::Stale(_)), " message--stale"),
        (is_pending, " message--pending"),
    ];
    for (_, mark) in marks.into_iter().filter(|(is, _)| *is) {
        class.push_str(mark);
    }
    class.push_str(match row.state {
        Some(State::Sending | State::Deleting) => " message--sending",
        Some(State::NotSent(..)) => " message--failed",
        Some(State::WaitingForNetwork) | None => "",
    });
    class
}

fn foot(desk: Desk, row: &MessageRow) -> Option<AnyView> {
    let signs = row
        .standing
        .held()
        .and_then(|message| reactions(desk, row.room, message, &row.reactions));
    let state = row.state.as_ref().map(|state| {
        let (said, more) = match state {
            State::Sending => (words::SENDING, None),
            State::WaitingForNetwork => (words::WAITING, None),
            State::Deleting => (words::DELETING, None),
            State::NotSent(key, problem) => {
                let body = row.body.clone().unwrap_or_default();
                (words::NOT_SENT, Some(ways_out(desk, *key, problem, body)))
            }
        };
        vec![plain("span", "message__state", vec![said.into_any()]), more.into_any()]
    });
    let inside: Vec<AnyView> = signs.into_iter().chain(state.into_iter().flatten()).collect();
    (!inside.is_empty()).then(|| plain("div", "message__foot", inside))
}

/// The button and the panel of what can be done with it.
fn to_do(desk: Desk, row: &MessageRow) -> Option<AnyView> {
    let Standing::Stored(message) = &row.standing else {
        return None;
    };
    let text = row.body.clone()?;
    Some(
        view! {
            {actions::opener(desk, row.room, message.seq)}
            {actions::panel(desk, row.room, Arc::clone(message), text)}
        }
        .into_any(),
    )
}

/// What can be done with words that were refused.
fn ways_out(desk: Desk, key: ClientKey, problem: &Problem, body: String) -> AnyView {
    const CLASS: &str = "button button--quiet button--text";
    view! {
        <span>{words::problem(problem)}</span>
        {button(CLASS, words::TRY_AGAIN.into_any(), move || desk.retry(key))}
        {button(CLASS, words::COPY_TEXT.into_any(), move || page::copy(&body))}
        {button(
            CLASS,
            words::DISCARD.into_any(),
            move || {
                desk.discard(key);
                composer::focus();
            },
        )}
    }
    .into_any()
}
