//! What changes while it is shown, in one kind for all of it.
//!
//! Every closure that is given to the framework as it is brings its own copy of the
//! machinery around it, some three kilobytes of program each. Here they are boxed first,
//! so that the machinery is there once.

use leptos::prelude::*;
use std::sync::Arc;

/// Runs now, and again whenever something that it read has changed.
pub fn effect(run: impl FnMut() + 'static) {
    boxed(Box::new(run));
}

fn boxed(mut run: Box<dyn FnMut()>) {
    Effect::new(move |_| run());
}

/// The same, given what it gave back last.
pub fn effect_after<T: 'static>(mut run: impl FnMut(Option<T>) -> T + 'static) {
    let mut last = None;
    effect(move || {
        let was = last.take();
        last = Some(run(was));
    });
}

/// A view that is drawn anew whenever something that it read has changed.
pub fn live(draw: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    shared(Arc::new(draw))
}

fn shared(draw: Arc<dyn Fn() -> AnyView + Send + Sync>) -> AnyView {
    (move || draw()).into_any()
}

/// The same, of something that is not always there.
pub fn maybe(draw: impl Fn() -> Option<AnyView> + Send + Sync + 'static) -> AnyView {
    live(move || draw().into_any())
}

/// Words that change.
pub fn text(words: impl Fn() -> String + Send + Sync + 'static) -> AnyView {
    spelled(Arc::new(words))
}

fn spelled(words: Arc<dyn Fn() -> String + Send + Sync>) -> AnyView {
    (move || words()).into_any()
}
