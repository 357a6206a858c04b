//! The page itself: its address, its title, its elements, its visibility.

use super::unload;
use crate::rules::cover::Rect;
use wasm_bindgen::JsCast;
use web_sys::{
    Document, DomRectReadOnly, Element, FocusOptions, HtmlElement, HtmlInputElement, HtmlTextAreaElement,
    VisibilityState, window,
};

pub fn document() -> Option<Document> {
    window()?.document()
}

pub fn by_id(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

pub fn by_selector(selector: &str) -> Option<HtmlElement> {
    document()?.query_selector(selector).ok()??.dyn_into().ok()
}

/// What the server embedded for the program.
pub fn text_of(id: &str) -> Option<String> {
    by_id(id)?.text_content()
}

/// The text of the first element that a selector finds.
pub fn text_of_first(selector: &str) -> Option<String> {
    by_selector(selector)?.text_content()
}

/// Where an element stands on the screen.
pub fn rect_of(element: &Element) -> Rect {
    rect(&element.get_bounding_client_rect())
}

pub(super) fn rect(rect: &DomRectReadOnly) -> Rect {
    Rect {
        left: rect.left(),
        top: rect.top(),
        right: rect.right(),
        bottom: rect.bottom(),
    }
}

/// Where the elements that a selector finds stand on the screen.
pub fn rects_of(selector: &str) -> Vec<Rect> {
    let Some(Ok(found)) = document().map(|document| document.query_selector_all(selector)) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|at| found.item(at)?.dyn_into().ok())
        .map(|element: Element| rect_of(&element))
        .collect()
}

pub fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// Path and query of where we are.
pub fn path() -> String {
    window()
        .and_then(|window| window.location().pathname().ok())
        .unwrap_or_default()
}

/// Adds to the history without loading anything.
pub fn push_path(path: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        let _ = history.push_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(path));
    }
}

/// Leaves for a page of the server.
pub fn go(path: &str) {
    if let Some(window) = window() {
        let _ = window.location().set_href(path);
    }
}

pub fn load_again() {
    unload::reloads();
    if let Some(window) = window() {
        let _ = window.location().reload();
    }
}

pub fn is_visible() -> bool {
    document().is_some_and(|document| document.visibility_state() == VisibilityState::Visible)
}

/// Visible, and the window that keys go to.
pub fn is_attended() -> bool {
    is_visible() && document().is_some_and(|document| document.has_focus().unwrap_or(true))
}

/// A finger rather than a mouse: Enter makes a line there.
pub fn is_touched() -> bool {
    let media = window().and_then(|window| window.match_media("(pointer: coarse)").ok().flatten());
    media.is_some_and(|media| media.matches())
}

pub fn focused() -> Option<HtmlElement> {
    document()?.active_element()?.dyn_into().ok()
}

/// True if the focus is somewhere inside.
pub fn is_focused_within(element: &Element) -> bool {
    focused().is_some_and(|focused| element.contains(Some(&focused)))
}

/// Puts the focus on an element and leaves the scroll where it is.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}

pub fn text_area(id: &str) -> Option<HtmlTextAreaElement> {
    by_id(id)?.dyn_into().ok()
}

/// What somebody typed into a field before the program was there.
pub fn typed(id: &str) -> String {
    text_area(id).map(|area| area.value()).unwrap_or_default()
}

/// What stands in a field of one line.
pub fn value(id: &str) -> String {
    let field = by_id(id).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    field.map(|field| field.value()).unwrap_or_default()
}

/// Moves the focus among some elements inside another, round its ends.
pub fn focus_beside(inside: &str, selector: &str, by: isize) {
    let Some(Ok(found)) = by_id(inside).map(|inside| inside.query_selector_all(selector)) else {
        return;
    };
    let found: Vec<Element> = (0..found.length())
        .filter_map(|at| found.item(at)?.dyn_into().ok())
        .collect();
    let Some(at) = found.iter().position(is_focused_within) else {
        return;
    };
    let next = (at + found.len()).saturating_add_signed(by) % found.len();
    if let Some(next) = found.get(next) {
        focus(next);
    }
}

/// True if no element has the focus, as after the one that had it was drawn anew.
pub fn is_focus_lost() -> bool {
    focused().is_none_or(|focused| focused.tag_name() == "BODY")
}

/// Puts text on the clipboard, if the browser lets us.
pub fn copy(text: &str) {
    if let Some(window) = window() {
        // Refusal is the browser's word to the person, not ours.
        drop(window.navigator().clipboard().write_text(text));
    }
}
