//! What happens to the page as a whole: seen and hidden, on and off the network,
//! frozen and woken, and whether somebody is in front of it.

use super::{clock, listen, page};
use crate::wire::Millis;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlFormElement, KeyboardEvent, PageTransitionEvent, window};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Visible,
    Hidden,
    /// The window got the keys, or lost them.
    Focus,
    Online,
    Offline,
    /// The page may be kept asleep or thrown away.
    Leaving,
    /// It is back from being kept asleep.
    Back,
    /// Somebody typed, pointed or scrolled. At most one per [`INPUT_EVERY`].
    Input,
    /// The history was walked.
    Walked,
}

/// Input is told at most this often.
const INPUT_EVERY: Millis = Millis(1_000);

/// Tells what happens from now on, for as long as the page lives.
pub fn watch(heard: impl Fn(Life) + Clone + 'static) {
    let (Some(window), Some(document)) = (window(), page::document()) else {
        return;
    };
    let tell = |life: Life| {
        let heard = heard.clone();
        move |_: Event| heard(life)
    };
    let seen = heard.clone();
    listen::forever(&document, "visibilitychange", move |_| {
        seen(if page::is_visible() {
            Life::Visible
        } else {
            Life::Hidden
        });
    });
    listen::forever(&window, "focus", tell(Life::Focus));
    listen::forever(&window, "blur", tell(Life::Focus));
    listen::forever(&window, "online", tell(Life::Online));
    listen::forever(&window, "offline", tell(Life::Offline));
    listen::forever(&window, "pagehide", tell(Life::Leaving));
    listen::forever(&document, "freeze", tell(Life::Leaving));
    listen::forever(&document, "resume", tell(Life::Back));
    listen::forever(&window, "popstate", tell(Life::Walked));
    let back = heard.clone();
    listen::forever(&window, "pageshow", move |event| {
        if event
            .dyn_ref::<PageTransitionEvent>()
            .is_some_and(PageTransitionEvent::persisted)
        {
            back(Life::Back);
        }
    });
    watch_input(&document, &heard);
}

fn watch_input(document: &web_sys::Document, heard: &(impl Fn(Life) + Clone + 'static)) {
    let last = Rc::new(Cell::new(Millis::ZERO));
    for name in ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"] {
        let (heard, last) = (heard.clone(), Rc::clone(&last));
        listen::forever(document, name, move |_| {
            let now = clock::now();
            // A clock set back must not silence input for as long.
            if now.0.abs_diff(last.get().0) >= INPUT_EVERY.0 {
                last.set(now);
                heard(Life::Input);
            }
        });
    }
}

/// Calls back for a key pressed anywhere; true means it was taken.
pub fn on_key(pressed: impl Fn(&KeyboardEvent) -> bool + 'static) {
    let Some(document) = page::document() else { return };
    listen::forever_first(&document, "keydown", move |event| {
        if let Some(event) = event.dyn_ref::<KeyboardEvent>()
            && pressed(event)
        {
            event.prevent_default();
        }
    });
}

/// Calls back for a plain click on a link, or for a form that only asks for an
/// address; true means that we go there without loading.
pub fn on_visit(visit: impl Fn(&str) -> bool + Clone + 'static) {
    let Some(document) = page::document() else { return };
    let clicked = visit.clone();
    listen::forever_first(&document, "click", move |event| {
        if let Some(path) = link_of(&event)
            && clicked(&path)
        {
            event.prevent_default();
        }
    });
    listen::forever_first(&document, "submit", move |event| {
        if let Some(path) = form_of(&event)
            && visit(&path)
        {
            event.prevent_default();
        }
    });
}

/// Calls back in place of posting a form to this path, wherever on the page it is.
pub fn on_post(path: &'static str, post: impl Fn(HtmlFormElement) + 'static) {
    let Some(document) = page::document() else { return };
    listen::forever_first(&document, "submit", move |event| {
        if action_of(&event).is_some_and(|action| action == path)
            && let Some(form) = event.target().and_then(|form| form.dyn_into().ok())
        {
            event.prevent_default();
            post(form);
        }
    });
}

/// The path of a link of ours that was clicked to be opened here.
pub(super) fn link_of(event: &Event) -> Option<String> {
    let click = event.dyn_ref::<web_sys::MouseEvent>()?;
    let changed = click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key();
    if changed || click.button() != 0 || event.default_prevented() {
        return None;
    }
    let link = event
        .target()?
        .dyn_into::<web_sys::Element>()
        .ok()?
        .closest("a[href]")
        .ok()??;
    if link.has_attribute("target") || link.has_attribute("download") {
        return None;
    }
    // A path is ours; an address with a host is somebody's words.
    link.get_attribute("href")
        .filter(|href| href.starts_with('/') && !href.starts_with("//"))
}

fn form_of(event: &Event) -> Option<String> {
    let form = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let asks = form.get_attribute("method").is_none_or(|method| method == "get");
    if asks { action_of(event) } else { None }
}

/// Where a form that was submitted leads.
pub(super) fn action_of(event: &Event) -> Option<String> {
    if event.default_prevented() {
        return None;
    }
    let form = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    form.get_attribute("action")
}
