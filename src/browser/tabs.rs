//! Several tabs of one browser: a lock that one of them holds, and a channel on
//! which they tell each other what concerns all.

use js_sys::{Function, Object, Promise};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{BroadcastChannel, MessageEvent};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["navigator", "locks"], js_name = request, catch)]
    fn lock_request(name: &str, options: &JsValue, body: &JsValue) -> Result<Promise, JsValue>;
}

/// A lock that at most one tab of this browser has. Where the browser has no
/// locks, every tab has it: two cards are better than none.
#[derive(Clone)]
pub struct Lock {
    name: &'static str,
    state: Rc<State>,
}

struct State {
    wanted: Cell<bool>,
    asked: Cell<bool>,
    release: RefCell<Option<Function>>,
    changed: Box<dyn Fn(bool)>,
}

impl Lock {
    /// `changed` hears when the lock is had and when it is not.
    pub fn new(name: &'static str, changed: impl Fn(bool) + 'static) -> Self {
        let state = State {
            wanted: Cell::new(false),
            asked: Cell::new(false),
            release: RefCell::new(None),
            changed: Box::new(changed),
        };
        Self {
            name,
            state: Rc::new(state),
        }
    }

    /// Asks for the lock or lets it go. A tab that nobody sees should not hold it.
    pub fn want(&self, wanted: bool) {
        self.state.wanted.set(wanted);
        if !wanted {
            if let Some(release) = self.state.release.take() {
                (self.state.changed)(false);
                let _ = release.call0(&JsValue::NULL);
            }
        } else if !self.state.asked.replace(true) {
            self.ask();
        }
    }

    fn ask(&self) {
        let state = Rc::clone(&self.state);
        let had = Closure::once_into_js(move |_lock: JsValue| state.had());
        if lock_request(self.name, &Object::new(), &had).is_err() {
            (self.state.changed)(true);
        }
    }
}

impl State {
    /// The promise that keeps the lock until it settles.
    fn had(self: Rc<Self>) -> Promise {
        self.asked.set(false);
        // It may have been let go of while others had it.
        if !self.wanted.get() {
            return Promise::resolve(&JsValue::NULL);
        }
        let state = Rc::clone(&self);
        let kept = Promise::new(&mut |release, _| {
            state.release.replace(Some(release));
        });
        (self.changed)(true);
        kept
    }
}

/// What tabs tell each other.
pub struct Channel(Option<BroadcastChannel>);

impl Channel {
    /// Hears what other tabs say, for as long as the page lives.
    pub fn open(name: &str, heard: impl Fn(String) + 'static) -> Self {
        let channel = BroadcastChannel::new(name).ok();
        if let Some(channel) = &channel {
            let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                if let Some(text) = event.data().as_string() {
                    heard(text);
                }
            });
            channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
            heard.forget();
        }
        Self(channel)
    }

    pub fn say(&self, text: &str) {
        if let Some(channel) = &self.0 {
            let _ = channel.post_message(&JsValue::from_str(text));
        }
    }
}
