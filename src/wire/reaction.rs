//! What people put to a message without saying anything.

use super::{ids::UserId, limits::EMOJI_MAX_BYTES, person::is_invisible, problem::Problem};
use serde::{Deserialize, Serialize};

/// One emoji of a message, and who put it there, the first of them first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub emoji: Emoji,
    pub users: Vec<UserId>,
}

/// Something that is shown as one sign: at most [`EMOJI_MAX_BYTES`], no letters, no
/// blanks, and one of its characters a picture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Emoji(String);

impl Emoji {
    /// Takes what Unicode's emoji sequences are made of, not a list of those that there
    /// are: a newer device knows more of them than this program.
    ///
    /// # Errors
    /// `EmojiUnreadable`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let fits = !text.is_empty() && text.len() as u64 <= u64::from(EMOJI_MAX_BYTES);
        let is_keycap = text.ends_with(KEYCAP);
        let shows = is_keycap || text.chars().any(is_picture);
        let is_part = |c| is_picture(c) || is_joint(c) || (is_keycap && matches!(c, '0'..='9' | '#' | '*'));
        if fits && shows && text.chars().all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::EmojiUnreadable)
        }
    }

    /// One that was parsed before it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const KEYCAP: char = '\u{20e3}';

/// Joiners, variation selectors and tags: what holds a sequence together and shows nothing.
fn is_joint(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{e0020}'..='\u{e007f}') || c == KEYCAP
}

/// The blocks that Unicode's emoji stand in (emoji-data, version 17).
fn is_picture(c: char) -> bool {
    !is_invisible(c)
        && matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
            | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}'
            | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_signs_and_their_sequences_are_emoji() {
        for text in ["👍", "❤️", "👩‍💻", "🏳️‍🌈", "🇳🇱", "1️⃣", "👍🏽", "✔", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"]
        {
            assert_eq!(Emoji::parse(text).as_ref().map(Emoji::as_str), Ok(text));
        }
    }

    #[test]
    fn words_blanks_and_long_rows_are_not() {
        for text in [
            "",
            " ",
            "a",
            "ok",
            "👍 ",
            "<b>",
            "\u{200d}",
            "\u{fe0f}",
            "1",
            "👍a",
            "\u{202e}👍",
            "é",
            &"👍".repeat(9),
        ] {
            assert_eq!(Emoji::parse(text), Err(Problem::EmojiUnreadable), "{text:?}");
        }
    }
}
