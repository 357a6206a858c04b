//! Elements that come into view, and elements that change their size.

use super::page::{self, rect};
use crate::rules::cover::{is_in_view, is_tall};
use js_sys::Array;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit, ResizeObserver};

/// Watches which of some elements are seen inside another. Stops when dropped.
pub struct Sight {
    root: Element,
    share: f64,
    observer: Option<IntersectionObserver>,
    watched: Rc<Watched>,
    _seen: Closure<dyn FnMut(Array)>,
}

type Seen = Box<dyn Fn(&Element, bool)>;

struct Watched {
    seen: Seen,
    /// High elements of which some part is in the root. No list of thresholds has the
    /// share at which each of them fills half of the root.
    tall: RefCell<Vec<Element>>,
}

impl Sight {
    /// `margin` is CSS for how much further than `root` we look; `share` is how much of an element must be seen.
    pub fn new(root: &Element, margin: &str, share: f64, seen: impl Fn(&Element, bool) + 'static) -> Self {
        let watched = Rc::new(Watched {
            seen: Box::new(seen),
            tall: RefCell::default(),
        });
        let watching = Rc::clone(&watched);
        let seen = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            for entry in entries.iter() {
                watching.take(&entry.unchecked_into(), share);
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root(Some(root));
        options.set_root_margin(margin);
        options.set_threshold(&Array::of2(&JsValue::from_f64(0.0), &JsValue::from_f64(share)));
        let observer = IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options).ok();
        Self {
            root: root.clone(),
            share,
            observer,
            watched,
            _seen: seen,
        }
    }

    /// To be called after each scroll, and when the root has another size.
    pub fn look_at_tall(&self) {
        if self.watched.tall.borrow().is_empty() {
            return;
        }
        let window = page::rect_of(&self.root);
        let tall = self.watched.tall.borrow().clone();
        for element in tall {
            let is_seen = is_in_view(page::rect_of(&element), window, self.share);
            (self.watched.seen)(&element, is_seen);
        }
    }

    /// Watches all that the selector finds inside; what is watched already stays so.
    pub fn add_all(&self, inside: &Element, selector: &str) {
        let (Some(observer), Ok(found)) = (&self.observer, inside.query_selector_all(selector)) else {
            return;
        };
        for at in 0..found.length() {
            if let Some(element) = found.item(at) {
                observer.observe(element.unchecked_ref());
            }
        }
    }
}

impl Watched {
    fn take(&self, entry: &IntersectionObserverEntry, share: f64) {
        let element = entry.target();
        self.tall.borrow_mut().retain(|other| *other != element);
        let is_seen = entry.is_intersecting() && {
            let (row, window) = (entry.bounding_client_rect(), entry.root_bounds());
            let (row, window) = (rect(&row), window.as_ref().map(rect));
            if window.is_some_and(|window| is_tall(row, window)) {
                self.tall.borrow_mut().push(element.clone());
            }
            entry.intersection_ratio() >= share || window.is_some_and(|window| is_in_view(row, window, share))
        };
        (self.seen)(&element, is_seen);
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

/// Calls back in the same frame, before it is painted, when one of the elements has another size.
pub struct Sizes {
    observer: Option<ResizeObserver>,
    _changed: Closure<dyn FnMut()>,
}

impl Sizes {
    pub fn new(elements: &[&Element], changed: impl Fn() + 'static) -> Self {
        let changed = Closure::<dyn FnMut()>::new(changed);
        let observer = ResizeObserver::new(changed.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            for element in elements {
                observer.observe(element);
            }
        }
        Self {
            observer,
            _changed: changed,
        }
    }
}

impl Drop for Sizes {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = queueMicrotask)]
    fn queue_microtask(what: &JsValue);
}

/// Runs after everything that stands in line now, before the next frame.
pub fn soon(what: impl FnOnce() + 'static) {
    queue_microtask(&Closure::once_into_js(what));
}
