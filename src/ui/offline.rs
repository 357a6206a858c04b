//! What the shell shows: there was no network to bring a page. It keeps nothing
//! of anybody, so it waits for the network and opens the page that was asked for.

use super::{parts::brand, words};
use crate::browser::{
    fetch, keep,
    life::{self, Life},
    page, timer,
    unload::{self, Unsent},
};
use leptos::prelude::*;

/// Asks whether the server can be reached as often as this.
const TRY_EVERY_MS: u32 = 5_000;

pub fn offline() -> AnyView {
    view! {
        <div class="room__status">
            <div class="connection connection--offline" role="status">
                {words::OFFLINE}
            </div>
        </div>
        <main class="gate">
            <div class="gate__sheet">
                <div class="gate__main">
                    <div class="empty">
                        {brand("brand")} <h1 class="empty__title">{words::OFFLINE_TITLE}</h1>
                        <p class="empty__text">{words::OFFLINE_TEXT}</p>
                        <div class="empty__actions">
                            <button
                                class="button button--primary"
                                type="button"
                                on:click=|_| page::load_again()
                            >
                                {words::TRY_AGAIN}
                            </button>
                        </div>
                    </div>
                </div>
            </div>
        </main>
    }
    .into_any()
}

/// Opens the page as soon as the server answers.
pub fn wait_for_network() {
    unload::set_unsent(if keep::has_outbox() {
        Unsent::OutlivesPage
    } else {
        Unsent::Nothing
    });
    life::watch(|life| {
        if matches!(life, Life::Online | Life::Visible) {
            open_if_reached();
        }
    });
    timer::every(TRY_EVERY_MS, open_if_reached).forget();
}

fn open_if_reached() {
    if page::is_visible() {
        fetch::when_server_answers(page::load_again);
    }
}
