//! How the program begins: it takes over what the server drew, or draws what can
//! be drawn without one.

use crate::{
    browser::page,
    client::FirstPicture,
    ui::{app, desk::Desk, live::effect, offline, page_data::ChatPage, sidebar, toast},
    wire::{Unpack, base64},
};
use leptos::{mount, prelude::*};
use std::{cell::Cell, rc::Rc};

/// Where a page of forms says what it is called.
const HEADING: &str = ".page__title";

/// Takes over the page that the server drew.
///
/// # Errors
/// [`Unpack`] where the page is of another release: it works by its forms then.
pub fn hydrate() -> Result<(), Unpack> {
    let data = page::text_of(app::PAGE_DATA_ID).ok_or(Unpack::Malformed)?;
    let data = ChatPage::decode(&data)?;
    mount::hydrate_body(move || {
        let desk = Desk::of_page(data);
        effect(move || desk.start());
        app::app(desk)
    });
    Ok(())
}

/// Takes over what stands beside a page of forms: its rooms, the notices, the announcer.
///
/// # Errors
/// As [`hydrate`].
pub fn hydrate_beside() -> Result<(), Unpack> {
    let data = page::text_of(app::PAGE_DATA_ID).and_then(|text| base64::decode(&text));
    let picture = FirstPicture::decode(&data.ok_or(Unpack::Malformed)?)?;
    let desk = Rc::new(Cell::new(None));
    let made = Rc::clone(&desk);
    take_over(".app", move || {
        let desk = Desk::new(picture);
        effect(move || desk.start_beside());
        if let Some(heading) = page::text_of_first(HEADING) {
            app::keep_title(move || desk.title_under(&heading));
        }
        made.set(Some(desk));
        sidebar::sidebar(desk)
    });
    if let Some(desk) = desk.get() {
        take_over(".notices", move || toast::toast(desk));
        take_over("#announcer", move || app::announcement(desk));
    }
    Ok(())
}

/// The view becomes what the server drew first inside an element, for as long as the page lives.
fn take_over(selector: &str, view: impl FnOnce() -> AnyView + 'static) {
    if let Some(element) = page::by_selector(selector) {
        mount::hydrate_from(element, view).forget();
    }
}

/// Draws what can be drawn without a server.
pub fn mount_shell() {
    if let Some(body) = page::by_selector("body") {
        mount::mount_to_renderer(&body, offline::offline).forget();
    }
    offline::wait_for_network();
}
