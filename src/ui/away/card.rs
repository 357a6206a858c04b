//! The card of a long absence: at most three rooms by rank, and what to do.

use super::{CARD_ID, Held};
use crate::{
    rules::{
        away::{Card, Line},
        civil,
    },
    ui::{
        desk::Desk,
        parts::{plain, unseen, worded},
        place::entry_path,
        place::room_path,
        words,
    },
    wire::RoomKind,
};
use leptos::prelude::*;

const TITLE_ID: &str = "away-title";

pub(super) fn full(desk: Desk, held: Held, card: &Card) -> AnyView {
    let lines: Vec<_> = card.lines.iter().map(|line| room(desk, line)).collect();
    let more = (card.more_rooms > 0).then(|| view! { <p class="away__more">{words::more_rooms(card.more_rooms)}</p> });
    view! {
        <section
            class="away"
            id=CARD_ID
            data-episode=card.episode.to_string()
            aria-labelledby=TITLE_ID
            on:mouseenter=move |_| held.hold()
            on:mouseleave=move |_| held.release()
            on:focusin=move |_| held.hold()
            on:focusout=move |_| held.release()
        >
            <header class="away__head">
                <h2 class="away__title" id=TITLE_ID>
                    {words::AWAY}
                </h2>
                <span class="away__span">
                    {words::number_of_messages(card.messages)} " · " {words::span(civil::span(card.absence))}
                </span>
            </header>
            <ol class="away__lines">{lines}</ol>
            {more}
            {actions(desk, held, card, &Look::FULL)}
        </section>
    }
    .into_any()
}

/// How the same three buttons look on the card and on its one-line form.
pub(super) struct Look {
    pub catch_up: &'static str,
    pub jump: &'static str,
}

impl Look {
    const FULL: Self = Self {
        catch_up: "button button--primary",
        jump: "button",
    };
}

pub(super) fn actions(desk: Desk, held: Held, card: &Card, look: &Look) -> AnyView {
    let first = card.lines.first().map(|line| line.room);
    let jump = card.first_mention.map(|(room, seq)| {
        view! {
            <form action=entry_path(room, seq)>
                <button class=look.jump>{words::JUMP_TO_MENTION}</button>
            </form>
        }
    });
    view! {
        <div class="away__actions">
            <form action=first.map_or_else(|| "/".to_owned(), room_path) on:submit=move |_| desk.begin_card_walk()>
                <button class=look.catch_up>{words::CATCH_UP}</button>
            </form>
            {jump}
            {dismiss(desk, held, card, look)}
        </div>
    }
    .into_any()
}

fn dismiss(desk: Desk, held: Held, card: &Card, look: &Look) -> AnyView {
    let short = look.catch_up != Look::FULL.catch_up;
    let class = if short {
        "button button--quiet button--icon button--small"
    } else {
        "button button--quiet"
    };
    let episode = card.episode.to_string();
    let back = desk.place_path();
    let content = if short {
        crate::ui::parts::icon(crate::ui::parts::Icon::Close)
    } else {
        words::DISMISS.into_any()
    };
    view! {
        <form
            method="post"
            action="/away/dismiss"
            on:submit=move |event| {
                event.prevent_default();
                held.dismiss();
            }
        >
            <input type="hidden" name="episode" value=episode/>
            <input type="hidden" name="next" value=back/>
            <button class=class aria-label=short.then_some(words::DISMISS)>
                {content}
            </button>
        </form>
    }
    .into_any()
}

fn room(desk: Desk, line: &Line) -> AnyView {
    let name = line.name.clone();
    let aside = if line.mentions > 0 {
        let text = words::mentions(line.mentions);
        Some(plain("span", "tag tag--unread", vec![text.into_any()]))
    } else if line.kind == RoomKind::Direct {
        Some(plain("span", "away__people", vec![words::DIRECT.into_any()]))
    } else {
        None
    };
    let said = line.preview.as_ref().map(|preview| {
        let author = (line.kind != RoomKind::Direct).then(|| desk.person_name(preview.author));
        let mut inside = Vec::new();
        if let Some(name) = author {
            // The name by itself, or its script would put the colon on the other side.
            inside.push(plain(
                "b",
                "",
                vec![plain("bdi", "", vec![name.into_any()]), ":".into_any()],
            ));
            inside.push(" ".into_any());
        }
        inside.push(preview.words.clone().into_any());
        worded("span", "away__words", inside)
    });
    let count = vec![
        words::number(line.missed).into_any(),
        unseen(words::MISSED_IN.into_any()),
    ];
    let place = vec![
        worded("span", "away__room", vec![name.into_any()]),
        " ".into_any(),
        aside.into_any(),
    ];
    let anchor = view! {
        <a class="away__link" href=room_path(line.room)>
            {plain("span", "away__count", count)}
            {plain("span", "away__where", place)}
            {said}
        </a>
    };
    plain("li", "away__line", vec![anchor.into_any()])
}
