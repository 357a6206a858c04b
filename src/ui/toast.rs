//! What the program has to say about itself.

use super::{desk::Desk, words};
use crate::browser::program;
use leptos::prelude::*;

/// A newer version waits, or this one is too old to be spoken to.
pub fn toast(desk: Desk) -> AnyView {
    (move || {
        let text = if desk.is_outdated() {
            words::OLD_VERSION
        } else if desk.updated().get() {
            words::NEW_VERSION
        } else {
            return None;
        };
        Some(view! {
            <div class="toast" role="status">
                <span class="toast__text">{text}</span>
                <button class="button" type="button" on:click=|_| program::reload()>
                    {words::RELOAD}
                </button>
            </div>
        })
    })
    .into_any()
}
