//! The first words of a message, for a line in a list or on a card.

use crate::wire::limits::PREVIEW_MAX_CHARS;

/// Blanks and line ends folded, at most [`PREVIEW_MAX_CHARS`] characters, an
/// ellipsis where more follows. Both sides cut alike, so that a preview made
/// from a live event equals the one a fresh load brings.
pub fn words(body: &str) -> String {
    let mut words = String::new();
    let mut room_left = PREVIEW_MAX_CHARS;
    for word in body.split_whitespace() {
        if !words.is_empty() {
            if room_left == 0 {
                words.push('…');
                return words;
            }
            words.push(' ');
            room_left -= 1;
        }
        for c in word.chars() {
            if room_left == 0 {
                words.truncate(words.trim_end().len());
                words.push('…');
                return words;
            }
            words.push(c);
            room_left -= 1;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_into_one() {
        assert_eq!(words(" one\n\n two\tthree "), "one two three");
    }

    #[test]
    fn what_does_not_fit_ends_with_an_ellipsis() {
        let max = PREVIEW_MAX_CHARS as usize;
        assert_eq!(words(&"é".repeat(max)), "é".repeat(max));
        assert_eq!(words(&"é".repeat(max + 1)), "é".repeat(max) + "…");
        let at_a_blank = "a".repeat(max - 1) + " b";
        assert_eq!(words(&at_a_blank), "a".repeat(max - 1) + "…");
        let before_a_blank = "a".repeat(max) + " b";
        assert_eq!(words(&before_a_blank), "a".repeat(max) + "…");
    }
}
