//! The browser's own question before a page goes: asked while something would be lost with the tab.
//!
//! The listener is there only while there is a reason to ask: Firefox never keeps a page with one in
//! its back-forward cache. Our own links are followed without a question where the next page goes on
//! with what is unsent.

use super::{
    clock, keep, life,
    listen::{self, Listener},
    timer,
};
use crate::wire::Millis;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{BeforeUnloadEvent, Event, window};

/// A link is followed within this, or it was not followed.
const LINK: Millis = Millis(1_000);
/// A newer version takes over within this.
const RELOAD: Millis = Millis(10_000);
/// A page that signs out goes within this, or the user has stayed.
const SIGN_OUT: Millis = Millis(5_000);

thread_local! {
    static STATE: RefCell<State> = const { RefCell::new(State::NEW) };
}

struct State {
    listener: Option<Listener>,
    /// The tab's next page finds everything.
    outlives_page: bool,
    /// Until then the page goes somewhere of ours.
    ours_until: Millis,
    sign_out: Option<SignOut>,
}

/// Signing out while something is unsent. No browser says whether the user has chosen to stay: the
/// page goes soon, or the user goes on in it.
struct SignOut {
    question: Question,
    /// Since it was pressed, or since the browser asked.
    since: Millis,
    then: Box<dyn FnOnce()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    NotAsked,
    /// Nothing else runs in the page meanwhile.
    Asking,
    Answered,
}

impl SignOut {
    fn is_under_way(&self) -> bool {
        self.question == Question::Asking || clock::now().0.saturating_sub(self.since.0) <= SIGN_OUT.0
    }

    fn carry_out(self) {
        keep::forget();
        (self.then)();
    }
}

impl State {
    const NEW: Self = Self {
        listener: None,
        outlives_page: true,
        ours_until: Millis::ZERO,
        sign_out: None,
    };
}

/// Notices where the page is about to go, for as long as it lives.
pub fn watch() {
    // At the window, after everything that may still take a click.
    let Some(window) = window() else { return };
    listen::forever(&window, "click", |event| {
        if life::link_of(&event).is_some() {
            go_ours(LINK);
        }
    });
    listen::forever(&window, "submit", |event| {
        if life::action_of(&event).is_some_and(|action| action.starts_with('/')) {
            go_ours(LINK);
        }
    });
    // On some phones the browser never asks, and the page goes at once.
    listen::forever(&window, "pagehide", |_| {
        let sign_out = STATE.with_borrow_mut(|state| state.sign_out.take());
        if let Some(sign_out) = sign_out.filter(SignOut::is_under_way) {
            sign_out.carry_out();
        }
    });
    // The user was asked and goes on in the page, so they have stayed.
    for name in ["pointerdown", "keydown"] {
        listen::forever(&window, name, |_| {
            STATE.with_borrow_mut(|state| {
                let is_answered = |sign_out: &mut SignOut| sign_out.question == Question::Answered;
                drop(state.sign_out.take_if(is_answered));
            });
        });
    }
}

/// What would be lost with the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsent {
    Nothing,
    /// The tab's next page finds it.
    OutlivesPage,
    GoesWithPage,
}

/// What is unsent now.
pub fn set_unsent(unsent: Unsent) {
    STATE.with_borrow_mut(|state| {
        state.outlives_page = unsent != Unsent::GoesWithPage;
        if unsent == Unsent::Nothing {
            state.listener = None;
        } else if state.listener.is_none() {
            state.listener = window().map(|window| Listener::first(&window, "beforeunload", |event| before(&event)));
        }
    });
}

/// The page is loaded again by us, and what is unsent is there again afterwards.
pub fn reloads() {
    go_ours(RELOAD);
}

/// The user presses "Sign out": what they wrote in this tab goes with them, and `then` follows. While
/// something is unsent the browser asks first, and both happen when the page goes.
pub fn signs_out(then: impl FnOnce() + 'static) {
    let sign_out = SignOut {
        question: Question::NotAsked,
        since: clock::now(),
        then: Box::new(then),
    };
    let certain = STATE.with_borrow_mut(|state| {
        if state.listener.is_none() {
            return Some(sign_out);
        }
        state.sign_out = Some(sign_out);
        None
    });
    if let Some(sign_out) = certain {
        sign_out.carry_out();
    }
}

fn go_ours(within: Millis) {
    STATE.with_borrow_mut(|state| state.ours_until = Millis(clock::now().0 + within.0));
}

fn before(event: &Event) {
    let asks = STATE.with_borrow_mut(|state| {
        state.sign_out = state.sign_out.take().filter(SignOut::is_under_way);
        if let Some(sign_out) = &mut state.sign_out {
            sign_out.question = Question::Asking;
            timer::after(0, answered).forget();
        }
        !(state.outlives_page && clock::now() < state.ours_until)
    });
    if asks {
        event.prevent_default();
        // Older browsers look at this alone.
        if let Some(event) = event.dyn_ref::<BeforeUnloadEvent>() {
            event.set_return_value("unsent");
        }
    }
}

/// The page runs again after the question. If it goes, it goes soon.
fn answered() {
    STATE.with_borrow_mut(|state| {
        if let Some(sign_out) = &mut state.sign_out {
            sign_out.question = Question::Answered;
            sign_out.since = clock::now();
        }
    });
}
