//! A button that does something on this page.

use leptos::{ev, prelude::*};

/// One kind for all of them, whatever they do: each handler of a kind of its own would
/// bring its own copy of what binds it. Without the program it does nothing, so nothing
/// that has to work then may depend on it.
pub fn button(class: &'static str, label: AnyView, press: impl FnMut() + 'static) -> AnyView {
    bound(class, label, Box::new(press))
}

fn bound(class: &'static str, label: AnyView, mut press: Box<dyn FnMut()>) -> AnyView {
    view! {
        <button class=class type="button" on:click=move |_: ev::MouseEvent| press()>
            {label}
        </button>
    }
    .into_any()
}
