//! The signs that people put to a message, each with their number. A press adds
//! one's own or takes it back.

use crate::{
    ui::{desk::Desk, words},
    wire::{Message, Reaction, RoomId},
};
use leptos::prelude::*;
use std::sync::Arc;

pub fn reactions(desk: Desk, room: RoomId, message: &Arc<Message>, shown: &[Reaction]) -> Option<AnyView> {
    let chips: Vec<AnyView> = shown
        .iter()
        .map(|reaction| chip(desk, room, Arc::clone(message), reaction.clone()))
        .collect();
    (!chips.is_empty()).then(|| view! { <div class="reactions">{chips}</div> }.into_any())
}

fn chip(desk: Desk, room: RoomId, message: Arc<Message>, reaction: Reaction) -> AnyView {
    let Reaction { emoji, users } = reaction;
    let own = users.contains(&desk.my_id());
    let count = u32::try_from(users.len()).unwrap_or(u32::MAX);
    let sign = emoji.as_str().to_owned();
    let label = words::reacted(&sign, count, own);
    let names = Signal::derive(move || words::names(users.iter().map(|user| desk.person_name(*user))));
    view! {
        <button
            class="reaction"
            type="button"
            aria-pressed=if own { "true" } else { "false" }
            aria-label=label
            title=names
            on:click=move |_| desk.react(room, &message, emoji.clone())
        >
            <span class="reaction__sign">{sign}</span>
            " "
            {words::number(count)}
        </button>
    }
    .into_any()
}
