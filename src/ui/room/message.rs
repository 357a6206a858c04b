//! One message: when, who, what, and how it is with it.

use super::{composer, prose::prose};
use crate::{
    browser::page,
    ui::{
        desk::Desk,
        parts::{Size, avatar, time},
        place::entry_path,
        words,
    },
    wire::{ClientKey, Millis, Ordinal, Problem, RoomId, Seq, UserId},
};
use leptos::prelude::*;

/// A message as it stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    pub room: RoomId,
    pub id: String,
    pub ordinal: Option<Ordinal>,
    pub author: UserId,
    pub at: Millis,
    pub body: String,
    pub mentions: Vec<UserId>,
    /// It goes on where the one above ended.
    pub more: bool,
    pub standing: Standing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Stored(Seq),
    /// Behind a gap: what it was when it was last seen.
    Stale(Seq),
    Sending,
    WaitingForNetwork,
    NotSent(ClientKey, Problem),
}

impl Standing {
    fn seq(&self) -> Option<Seq> {
        match self {
            Self::Stored(seq) | Self::Stale(seq) => Some(*seq),
            Self::Sending | Self::WaitingForNetwork | Self::NotSent(..) => None,
        }
    }
}

pub fn message(desk: Desk, row: &MessageRow) -> AnyView {
    let me = desk.my_id();
    let author = row.author;
    let (name, hue) = untrack(|| desk.face(author));
    let class = class(row, me);
    let place = row.standing.seq().map(|seq| (row.room, seq));
    let found = move || place.is_some() && desk.found().get() == place;
    let ids = ["-author", "-time", "-body"].map(|part| [row.id.as_str(), part].concat());
    let labelled = ids.join(" ");
    let [author_id, time_id, body_id] = ids;
    let when = time(desk.zone(), row.at, "");
    let time = match row.standing {
        Standing::Stored(seq) | Standing::Stale(seq) => view! {
            <a class="message__time" id=time_id href=entry_path(row.room, seq)>
                {when}
            </a>
        }
        .into_any(),
        _ => view! {
            <span class="message__time" id=time_id>
                {when}
            </span>
        }
        .into_any(),
    };
    let mentions = row.mentions.clone();
    let find = move |name: &str| mentions.iter().copied().find(|user| desk.is_called(*user, name));
    let body = prose(&row.body, me, &find);
    view! {
        <article
            class=class
            class:message--found=found
            id=row.id.clone()
            tabindex="-1"
            aria-labelledby=labelled
            data-ordinal=row.ordinal.map(|ordinal| ordinal.to_string())
        >
            {time}
            {(!row.more).then(|| avatar(&name, hue, Size::Message))}
            <div class="message__head">
                <span class="message__author" id=author_id dir="auto">
                    {move || desk.person_name(author)}
                </span>
            </div>
            <div class="message__body prose" id=body_id>
                {body}
            </div>
            {foot(desk, row)}
        </article>
    }
    .into_any()
}

fn class(row: &MessageRow, me: UserId) -> String {
    let mut class = String::from("message");
    let marks = [
        (row.more, " message--more"),
        (row.author == me, " message--own"),
        (row.mentions.contains(&me) && row.author != me, " message--mention"),
    ];
    for (_, mark) in marks.into_iter().filter(|(is, _)| *is) {
        class.push_str(mark);
    }
    class.push_str(match row.standing {
        Standing::Stored(_) => "",
        Standing::Stale(_) => " message--stale",
        Standing::Sending => " message--pending message--sending",
        Standing::WaitingForNetwork => " message--pending",
        Standing::NotSent(..) => " message--pending message--failed",
    });
    class
}

fn foot(desk: Desk, row: &MessageRow) -> Option<AnyView> {
    let state = match &row.standing {
        Standing::Stored(_) | Standing::Stale(_) => return None,
        Standing::Sending => words::SENDING,
        Standing::WaitingForNetwork => words::WAITING,
        Standing::NotSent(..) => words::NOT_SENT,
    };
    let more = match &row.standing {
        Standing::NotSent(key, problem) => Some(ways_out(desk, *key, problem, row.body.clone())),
        _ => None,
    };
    Some(
        view! {
            <div class="message__foot">
                <span class="message__state">{state}</span>
                {more}
            </div>
        }
        .into_any(),
    )
}

/// What can be done with words that were refused.
fn ways_out(desk: Desk, key: ClientKey, problem: &Problem, body: String) -> AnyView {
    const CLASS: &str = "button button--quiet button--text";
    view! {
        <span>{words::problem(problem)}</span>
        <button class=CLASS type="button" on:click=move |_| desk.retry(key)>
            {words::TRY_AGAIN}
        </button>
        <button class=CLASS type="button" on:click=move |_| page::copy(&body)>
            {words::COPY_TEXT}
        </button>
        <button
            class=CLASS
            type="button"
            on:click=move |_| {
                desk.discard(key);
                composer::focus();
            }
        >
            {words::DELETE}
        </button>
    }
    .into_any()
}
