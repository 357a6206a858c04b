//! What people wrote, as elements. Their words reach the page as text nodes and
//! attribute values alone.

use crate::{
    rules::rich::{self, Block, Inline},
    ui::parts::{code, plain, worded},
    wire::UserId,
};
use leptos::prelude::*;

/// `find` knows the people a message mentions by their usernames.
pub fn prose(body: &str, me: UserId, find: &dyn Fn(&str) -> Option<UserId>) -> Vec<AnyView> {
    rich::parse(body, find)
        .into_iter()
        .map(|block| element(block, me))
        .collect()
}

fn element(block: Block<'_>, me: UserId) -> AnyView {
    match block {
        Block::Paragraph(inlines) => worded("p", "", inlines.into_iter().map(|inline| piece(&inline, me)).collect()),
        Block::Code { text, .. } => {
            let text = text.to_owned();
            // A long line of code scrolls, and what scrolls must be reached by keys.
            view! {
                <pre dir="ltr" tabindex="0">
                    <code>{text}</code>
                </pre>
            }
            .into_any()
        }
    }
}

fn piece(inline: &Inline<'_>, me: UserId) -> AnyView {
    match *inline {
        Inline::Text(text) => text.to_owned().into_any(),
        Inline::Break => view! { <br/> }.into_any(),
        Inline::Link(address) => {
            let address = address.to_owned();
            let shown = address.clone();
            view! {
                <a href=address target="_blank" rel="noopener noreferrer nofollow">
                    {shown}
                </a>
            }
            .into_any()
        }
        Inline::Mention { user, text } => {
            let class = if user == me { "mention mention--you" } else { "mention" };
            plain("span", class, vec![text.to_owned().into_any()])
        }
        Inline::Code(text) => code(text.to_owned()),
    }
}
