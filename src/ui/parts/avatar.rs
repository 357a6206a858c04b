//! The square that stands for a person: a hue and a letter.

use crate::wire::person::HUES;
use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Beside a message.
    Message,
    Small,
}

pub fn avatar(name: &str, hue: u8, size: Size) -> AnyView {
    let mut class = String::from("avatar hue-");
    class.push_str(&(hue % HUES).to_string());
    class.push_str(match size {
        Size::Message => " message__avatar",
        Size::Small => " avatar--small",
    });
    view! { <span class=class aria-hidden="true">{initial(name)}</span> }.into_any()
}

/// The first sign of a name, with what joins to it: flags and families stay whole.
fn initial(name: &str) -> String {
    let mut chars = name.chars();
    // ASCII alone: tables of every script's capitals would weigh more than the page.
    let mut text: String = chars.next().map(|c| c.to_ascii_uppercase()).into_iter().collect();
    let mut joined = false;
    let mut flag = text.chars().next().is_some_and(is_flag_half);
    for c in chars {
        let joins = is_joining(c) || joined || (flag && is_flag_half(c));
        if !joins || text.len() >= INITIAL_MAX_BYTES {
            break;
        }
        joined = c == '\u{200d}';
        flag = false;
        text.push(c);
    }
    text
}

/// The longest families of signs; more is no initial.
const INITIAL_MAX_BYTES: usize = 40;

fn is_joining(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{fe0f}' | '\u{20e3}' | '\u{0300}'..='\u{036f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_flag_half(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_initial_is_one_whole_sign() {
        let names = ["ada", "陈美玲", "نور", "🦊 Reva", "🇩🇪 Jo", "👩‍💻 Mei", "é́a", ""];
        assert_eq!(names.map(initial), ["A", "陈", "ن", "🦊", "🇩🇪", "👩‍💻", "é́", ""]);
    }
}
