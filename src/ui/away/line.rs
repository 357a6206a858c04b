//! The card of a short absence: one line.

use super::{
    CARD_ID, Held,
    card::{Look, actions},
};
use crate::{
    rules::{away::Card, civil},
    ui::{desk::Desk, words},
};
use leptos::prelude::*;

const LOOK: Look = Look {
    catch_up: "button button--quiet button--small",
    jump: "button button--quiet button--small",
};

pub(super) fn line(desk: Desk, held: Held, card: &Card) -> AnyView {
    let away = words::away_for(&words::span(civil::span(card.absence)));
    let rooms = card.number_of_rooms();
    view! {
        <section
            class="away away--line"
            id=CARD_ID
            data-episode=card.episode.to_string()
            aria-label=words::AWAY
            on:mouseenter=move |_| held.hold()
            on:mouseleave=move |_| held.release()
            on:focusin=move |_| held.hold()
            on:focusout=move |_| held.release()
        >
            <p class="away__text">
                {away} <b>{words::number_of_messages(card.messages)}</b> {words::missed_in(rooms, card.mentions)}
            </p>
            {actions(desk, held, card, &LOOK)}
        </section>
    }
    .into_any()
}
