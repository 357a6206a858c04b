//! Listeners. Those of the page live as long as the page and are leaked on
//! purpose; those of an element that may go are held by whoever drew it.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{AddEventListenerOptions, Event, EventTarget};

type Heard = Closure<dyn FnMut(Event)>;

/// Listens for as long as the page lives.
pub fn forever(target: &EventTarget, name: &str, heard: impl FnMut(Event) + 'static) {
    let heard: Heard = Closure::new(heard);
    let options = AddEventListenerOptions::new();
    // What only watches must not hold up scrolling.
    options.set_passive(true);
    add(target, name, &heard, &options);
    heard.forget();
}

/// Likewise, but may prevent what would happen by default.
pub fn forever_first(target: &EventTarget, name: &str, heard: impl FnMut(Event) + 'static) {
    let heard: Heard = Closure::new(heard);
    add(target, name, &heard, &AddEventListenerOptions::new());
    heard.forget();
}

fn add(target: &EventTarget, name: &str, heard: &Heard, options: &AddEventListenerOptions) {
    // Adding a listener throws for no name and no target.
    let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
        name,
        heard.as_ref().unchecked_ref(),
        options,
    );
}

/// Listens until it is dropped.
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    heard: Heard,
}

impl Listener {
    pub fn new(target: &EventTarget, name: &'static str, heard: impl FnMut(Event) + 'static) -> Self {
        let options = AddEventListenerOptions::new();
        options.set_passive(true);
        Self::with(target, name, Closure::new(heard), &options)
    }

    /// Likewise, but may prevent what would happen by default.
    pub fn first(target: &EventTarget, name: &'static str, heard: impl FnMut(Event) + 'static) -> Self {
        Self::with(target, name, Closure::new(heard), &AddEventListenerOptions::new())
    }

    fn with(target: &EventTarget, name: &'static str, heard: Heard, options: &AddEventListenerOptions) -> Self {
        add(target, name, &heard, options);
        Self {
            target: target.clone(),
            name,
            heard,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self
            .target
            .remove_event_listener_with_callback(self.name, self.heard.as_ref().unchecked_ref());
    }
}
