//! The document around a page: its head, the data the program starts from, and
//! the three elements that start it. No script stands inside a page, so none
//! needs to be allowed there.

use super::{
    app,
    desk::Desk,
    page_data::{ChatPage, Inside, Page},
    pages, sidebar, toast, words,
};
use crate::{client::FirstPicture, wire::base64};
use leptos::{prelude::*, tachys::view::RenderHtml};

/// The program's own files by their hashed addresses.
#[derive(Debug, Clone)]
pub struct Files {
    pub css: String,
    pub js: String,
    pub wasm: String,
}

/// The whole page as text, ready to be sent. Waits for nothing.
pub fn document(page: Page, files: &Files) -> String {
    under_owner(|| match page {
        Page::Chat(chat) => chat_document(chat, files),
        Page::Inside(picture, inside) => inside_document(picture, inside, files),
        Page::Gate(gate) => {
            let title = words::title(0, Some(pages::gate_title(&gate)));
            whole(Boot::Page, title, files, &pages::gate(gate).to_html())
        }
        Page::NotSent(lost) => {
            let title = words::title(0, Some(words::NOT_SENT));
            whole(Boot::Page, title, files, &pages::not_sent(&lost).to_html())
        }
        Page::NotFound => {
            let title = words::title(0, Some(pages::NOT_FOUND_TITLE));
            whole(Boot::Page, title, files, &pages::not_found().to_html())
        }
        Page::Unavailable => {
            let title = words::title(0, Some(pages::UNAVAILABLE_TITLE));
            whole(Boot::Page, title, files, &pages::unavailable().to_html())
        }
    })
}

/// The same bytes for everybody: what opens without a network.
pub fn offline_shell(files: &Files) -> String {
    under_owner(|| whole(Boot::Shell, words::APP.to_owned(), files, ""))
}

fn under_owner(draw: impl FnOnce() -> String) -> String {
    let owner = Owner::new();
    let html = owner.with(draw);
    owner.cleanup();
    html
}

fn chat_document(chat: ChatPage, files: &Files) -> String {
    let data = chat.encode();
    let desk = Desk::of_page(chat);
    let body = [app::app(desk).to_html(), app::page_data(data).to_html()].concat();
    whole(Boot::Program, desk.title(), files, &body)
}

fn inside_document(picture: FirstPicture, inside: Inside, files: &Files) -> String {
    let heading = pages::inside_title(&inside);
    let data = base64::encode(&picture.encode());
    let (me, now) = (picture.me.clone(), picture.now);
    let desk = Desk::new(picture);
    // Each part that the program takes over stands alone in its element, as it was drawn alone.
    let body = [
        "<div class=\"app\">",
        &sidebar::sidebar(desk).to_html(),
        &pages::inside(inside, &me, now).to_html(),
        "<div class=\"notices\">",
        // No card: it would cover the buttons of a form.
        &toast::toast(desk).to_html(),
        "</div></div><div class=\"visually-hidden\" id=\"announcer\" role=\"status\">",
        &app::announcement(desk).to_html(),
        "</div>",
        &app::page_data(data).to_html(),
    ];
    whole(Boot::Beside, desk.title_under(&heading), files, &body.concat())
}

/// What `boot.js` is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Boot {
    /// Take over the page as it stands.
    Program,
    /// Take over the list of rooms beside a page of forms.
    Beside,
    /// Draw everything.
    Shell,
    /// A plain page: no program.
    Page,
}

impl Boot {
    const fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Beside => "beside",
            Self::Shell => "shell",
            Self::Page => "page",
        }
    }
}

/// `body` stands in its element with nothing around it: the program counts from its first child.
fn whole(boot: Boot, title: String, files: &Files, body: &str) -> String {
    let program = (boot != Boot::Page).then(|| {
        view! {
            <link rel="modulepreload" href=files.js.clone() crossorigin="anonymous"/>
            <link
                rel="preload"
                href=files.wasm.clone()
                r#as="fetch"
                r#type="application/wasm"
                crossorigin="anonymous"
            />
        }
    });
    let head = view! {
        <head>
            <meta charset="utf-8"/>
            <meta
                name="viewport"
                content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
            />
            <title>{title}</title>
            <meta name="description" content="A chat that keeps what you missed."/>
            <meta name="color-scheme" content="light dark"/>
            <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbfaf6"/>
            <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#11151a"/>
            <link rel="manifest" href="/manifest.webmanifest"/>
            <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
            <link rel="apple-touch-icon" href="/icons/apple-touch-icon.png"/>
            <link rel="stylesheet" href=files.css.clone()/>
            {program}
            <script type="module" src="/boot.js"></script>
        </head>
    };
    [
        "<!DOCTYPE html><html lang=\"en\" dir=\"ltr\" data-boot=\"",
        boot.name(),
        "\">",
        &head.to_html(),
        "<body>",
        body,
        "</body></html>",
    ]
    .concat()
}
