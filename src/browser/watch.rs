//! Elements that come into view, and elements that change their size.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit, ResizeObserver};

/// Watches how much of each of some elements is seen inside another. Stops when dropped.
pub struct Sight {
    observer: Option<IntersectionObserver>,
    _seen: Closure<dyn FnMut(Array)>,
}

impl Sight {
    /// `margin` is CSS for how much further than `root` we look; `share` is how much of an element must be seen.
    pub fn new(root: &Element, margin: &str, share: f64, seen: impl Fn(&Element, bool) + 'static) -> Self {
        let seen = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            for entry in entries.iter() {
                let entry: IntersectionObserverEntry = entry.unchecked_into();
                seen(&entry.target(), entry.is_intersecting() && is_enough(&entry, share));
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root(Some(root));
        options.set_root_margin(margin);
        // An element higher than its window never shows its half: told at zero as well.
        options.set_threshold(&Array::of2(&JsValue::from_f64(0.0), &JsValue::from_f64(share)));
        let observer = IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options).ok();
        Self { observer, _seen: seen }
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

/// Enough of it is seen, or it fills the half of the window that it cannot fit into.
fn is_enough(entry: &IntersectionObserverEntry, share: f64) -> bool {
    let window = entry.root_bounds().map_or(0.0, |bounds| bounds.height());
    entry.intersection_ratio() >= share || entry.intersection_rect().height() >= window * 0.5
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
