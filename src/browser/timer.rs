//! Things done later. A timer that is dropped does not ring.

use super::page;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, closure::Closure};

pub use gloo_timers::callback::{Interval, Timeout};

/// Some display frames.
const QUIET_MS: u32 = 50;
/// Half a second in all.
const PUT_OFF_MAX: u8 = 9;

/// Work that waits until what was heard is painted, and until nothing more is heard for a moment: the
/// next message is to find nobody at work. Asked for again and again it is put off a few times and no more.
/// Nothing is done once this is dropped.
#[derive(Default)]
pub struct Later {
    timer: RefCell<Option<Timeout>>,
    put_off: Cell<u8>,
}

impl Later {
    /// Whoever asks wants the same, so it is done once.
    pub fn ask(self: &Rc<Self>, what: Box<dyn FnOnce()>) {
        if self.timer.borrow().is_some() {
            if self.put_off.get() == PUT_OFF_MAX {
                return;
            }
            self.put_off.set(self.put_off.get() + 1);
        }
        let this = Rc::downgrade(self);
        let timer = after(QUIET_MS, move || {
            if let Some(this) = this.upgrade() {
                this.timer.replace(None);
                this.put_off.set(0);
                what();
            }
        });
        self.timer.replace(Some(timer));
    }
}

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
