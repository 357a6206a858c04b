//! Things done later. A timer that is dropped does not ring.

use super::page;
use wasm_bindgen::{JsCast, closure::Closure};

pub use gloo_timers::callback::{Interval, Timeout};

/// Some display frames. What is heard is to be painted before whatever else follows from it.
pub const AFTER_PAINT_MS: u32 = 50;

pub fn after(ms: u32, what: impl FnOnce() + 'static) -> Timeout {
    Timeout::new(ms, what)
}

pub fn every(ms: u32, what: impl FnMut() + 'static) -> Interval {
    Interval::new(ms, what)
}

/// Runs when the next frame has been painted; at once where nobody looks, because no frames come there.
pub fn after_frame(what: impl FnOnce() + 'static) {
    let Some(window) = web_sys::window().filter(|_| page::is_visible()) else {
        return what();
    };
    let begins = Closure::once_into_js(move || after(0, what).forget());
    // It is refused only to what is no function.
    drop(window.request_animation_frame(begins.unchecked_ref()));
}
