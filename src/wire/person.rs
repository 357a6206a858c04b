//! People, as others see them, and the parsing of their names.

use super::{
    ids::{DirectorySeq, UserId},
    limits::{COMBINING_MARKS_MAX, NAME_MAX_CHARS, USERNAME_MAX_CHARS, USERNAME_MIN_CHARS},
    membership::ServerRole,
    problem::Problem,
};
use serde::{Deserialize, Serialize};

/// Latest value of a person in the directory log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub user: UserId,
    pub dseq: DirectorySeq,
    pub name: String,
    pub username: String,
    /// One of 24 hue classes of the avatar.
    pub hue: u8,
    /// False for removed, banned and deleted accounts: shown, never mentioned.
    pub active: bool,
}

/// Who is signed in, for `whoami` and the first picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub user: UserId,
    pub name: String,
    pub username: String,
    pub hue: u8,
    pub role: ServerRole,
}

pub const HUES: u8 = 24;

/// A person's name: 1 to 64 characters, one of them visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// # Errors
    /// `NameEmpty`, `NameTooLong` or `NameUnreadable`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        visible_name(text, NAME_MAX_CHARS).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A username: 2 to 32 ASCII letters, digits, `-`, `_`, `.`, kept in lower case,
/// so that two that differ in case alone, or look alike in another script, cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// # Errors
    /// `UsernameUnreadable`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let length = text.len() as u64;
        let edges = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let good = (u64::from(USERNAME_MIN_CHARS)..=u64::from(USERNAME_MAX_CHARS)).contains(&length)
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            && edges(text.chars().next())
            && edges(text.chars().next_back());
        if good {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(Problem::UsernameUnreadable)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name with its blanks folded, if it can be read.
pub(super) fn visible_name(text: &str, max_chars: u32) -> Result<String, Problem> {
    let mut name = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word);
    }
    if name.chars().all(is_invisible) {
        return Err(Problem::NameEmpty);
    }
    if name.chars().count() as u64 > u64::from(max_chars) {
        return Err(Problem::NameTooLong { max_chars });
    }
    if name.chars().any(|c| c.is_control() || is_bidi_control(c)) || has_mark_tower(&name) {
        return Err(Problem::NameUnreadable);
    }
    Ok(name)
}

/// Characters that put nothing on the screen: blanks, joiners, fillers, variation selectors, tags.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_bidi_control(c)
        || is_combining_mark(c)
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Marks, embeddings, overrides and isolates that turn the direction of what follows.
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The blocks of marks that stack above and below others.
fn is_combining_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// True if more marks stand on one letter than any script uses.
pub(super) fn has_mark_tower(text: &str) -> bool {
    let mut marks = 0_u32;
    text.chars().any(|c| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        marks > COMBINING_MARKS_MAX
    })
}
