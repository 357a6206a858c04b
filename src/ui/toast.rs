//! What the program has to say about itself.

use super::{desk::Desk, live::maybe, parts::button, words};
use crate::browser::program;
use leptos::prelude::*;

/// A newer version waits, or this one is too old to be spoken to; or the server came
/// back from a backup.
pub fn toast(desk: Desk) -> AnyView {
    maybe(move || {
        let (text, button) = if desk.is_outdated() {
            (words::OLD_VERSION, reload())
        } else if desk.updated().get() {
            (words::NEW_VERSION, reload())
        } else if desk.restored().get() {
            (words::RESTORED, dismiss(desk))
        } else {
            return None;
        };
        let toast = view! {
            <div class="toast" role="status">
                <span class="toast__text">{text}</span>
                {button}
            </div>
        };
        Some(toast.into_any())
    })
}

fn reload() -> AnyView {
    button("button", words::RELOAD.into_any(), program::reload)
}

fn dismiss(desk: Desk) -> AnyView {
    button("button", words::DISMISS.into_any(), move || desk.restored().set(false))
}
