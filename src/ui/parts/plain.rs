//! Elements that only hold something.

use leptos::{html, prelude::*};

/// One kind for all of them, whatever their name: each name and each shape of what is inside
/// would bring its own copy of how it is drawn, taken over and drawn anew.
pub fn plain(tag: &'static str, class: &'static str, inside: Vec<AnyView>) -> AnyView {
    element(tag, (!class.is_empty()).then_some(class), None, inside)
}

/// The same for words of people, whose script decides their direction.
pub fn worded(tag: &'static str, class: &'static str, inside: Vec<AnyView>) -> AnyView {
    element(tag, (!class.is_empty()).then_some(class), Some("auto"), inside)
}

/// Code reads from the left in every script.
pub fn code(text: String) -> AnyView {
    element("code", None, Some("ltr"), vec![text.into_any()])
}

/// What is read out and not shown.
pub fn unseen(words: AnyView) -> AnyView {
    plain("span", "visually-hidden", vec![words])
}

fn element(tag: &'static str, class: Option<&'static str>, dir: Option<&'static str>, inside: Vec<AnyView>) -> AnyView {
    html::custom(tag).class(class).dir(dir).child(inside).into_any()
}

/// What is said where there is nothing else to show.
pub fn empty(title: AnyView, text: AnyView, action: Option<AnyView>) -> AnyView {
    let mut inside = vec![
        worded("h1", "empty__title", vec![title]),
        plain("p", "empty__text", vec![text]),
    ];
    inside.extend(action.map(|action| plain("div", "empty__actions", vec![action])));
    plain("div", "empty", inside)
}

/// A page that has only such a thing to say, under the line about the wire.
pub fn blank(status: AnyView, sections: Vec<AnyView>) -> AnyView {
    let column = plain("div", "page__column", sections);
    let scroll = plain("div", "page__scroll", vec![column]);
    plain(
        "main",
        "app__pane page page--blank",
        vec![status, " ".into_any(), scroll],
    )
}
