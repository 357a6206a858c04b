//! The browser's own question before a page goes: asked while something would be lost with the tab.
//!
//! The listener stands only while there is a reason to ask, because a page with one is never kept
//! asleep to come back to. Our own links are followed without a question where the next page goes on
//! with what is unsent.

use super::{
    clock, keep, life,
    listen::{self, Listener},
};
use crate::wire::Millis;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{BeforeUnloadEvent, Event, window};

/// A link is followed within this, or it was not followed.
const LINK: Millis = Millis(1_000);
/// A newer version takes over within this.
const RELOAD: Millis = Millis(10_000);

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

/// Signing out while something is unsent. Until the page goes, the user may still choose to stay.
struct SignOut {
    /// The browser has asked for this one.
    is_asked: bool,
    then: Box<dyn FnOnce()>,
}

impl SignOut {
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
    listen::forever(&window, "pagehide", |_| {
        let asked = STATE.with_borrow_mut(|state| state.sign_out.take_if(|sign_out| sign_out.is_asked));
        if let Some(sign_out) = asked {
            sign_out.carry_out();
        }
    });
}

/// Something is unsent, or nothing is; and whether the tab's next page would find it.
pub fn has_unsent(is: bool, outlives_page: bool) {
    let sign_out = STATE.with_borrow_mut(|state| {
        state.outlives_page = outlives_page;
        if is && state.listener.is_none() {
            state.listener = window().map(|window| Listener::first(&window, "beforeunload", |event| before(&event)));
        }
        if is {
            return None;
        }
        state.listener = None;
        state.sign_out.take()
    });
    // It was sent just now, so there is nothing to stay for.
    if let Some(sign_out) = sign_out {
        sign_out.carry_out();
    }
}

/// The page is loaded again by us, and what is unsent is there again afterwards.
pub fn reloads() {
    go_ours(RELOAD);
}

/// The user presses "Sign out": what they wrote in this tab goes with them, and `then` follows. While
/// something is unsent the browser asks first, and both happen when the page goes.
pub fn signs_out(then: impl FnOnce() + 'static) {
    let then = Box::new(then);
    let sign_out = SignOut { is_asked: false, then };
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
        // Asked a second time, the user has stayed the first time.
        state.sign_out = state.sign_out.take().filter(|sign_out| !sign_out.is_asked);
        if let Some(sign_out) = &mut state.sign_out {
            sign_out.is_asked = true;
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
