//! `@username`: where a body names people.

use super::rich::{self, Block, Inline};
use crate::wire::{
    UserId,
    limits::{MENTIONS_MAX, USERNAME_MAX_CHARS, USERNAME_MIN_CHARS},
};

/// Who is mentioned, in the order of naming, each once, at most `MENTIONS_MAX`.
/// Neither code nor links mention anybody. `find` is given lower-case usernames.
pub fn mentions(body: &str, find: &dyn Fn(&str) -> Option<UserId>) -> Vec<UserId> {
    let mut found = Vec::new();
    for block in rich::parse(body, find) {
        let Block::Paragraph(inlines) = block else { continue };
        for inline in inlines {
            match inline {
                Inline::Mention { user, .. } if !found.contains(&user) => found.push(user),
                _ => {}
            }
            if found.len() >= MENTIONS_MAX as usize {
                return found;
            }
        }
    }
    found
}

/// Every lower-case username that [`mentions`] may ask for, each once, so that a
/// store can look them all up at once. At most as many as a body could need.
pub fn candidates(body: &str) -> Vec<String> {
    let asked = core::cell::RefCell::new(Vec::<String>::new());
    rich::parse(body, &|name| {
        let mut asked = asked.borrow_mut();
        if asked.len() < CANDIDATES_MAX && !asked.iter().any(|other| other == name) {
            asked.push(name.to_owned());
        }
        None
    });
    asked.into_inner()
}

/// A name can end at several places ("@ada.b" may name `ada`), so there are more
/// candidates than mentions.
pub const CANDIDATES_MAX: usize = 4 * MENTIONS_MAX as usize;

/// The mention at the start of `text`, which begins with `@`: its user and its
/// length in bytes. `before` is the character in front of it.
pub(super) fn at_start(
    text: &str,
    before: Option<char>,
    find: &dyn Fn(&str) -> Option<UserId>,
) -> Option<(UserId, usize)> {
    if before.is_some_and(joins_before) {
        return None;
    }
    let rest = &text['@'.len_utf8()..];
    let length = rest
        .bytes()
        .take(USERNAME_MAX_CHARS as usize + 1)
        .take_while(|&b| is_name_byte(b))
        .count();
    if length > USERNAME_MAX_CHARS as usize || rest[length..].starts_with(joins_after) {
        return None;
    }
    let name = rest[..length].to_ascii_lowercase();
    let mut end = length;
    // The longest name wins; what follows a dot, dash or line may be no part of it.
    loop {
        end = name[..end].trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len();
        if end < USERNAME_MIN_CHARS as usize {
            return None;
        }
        if let Some(user) = find(&name[..end]) {
            return Some((user, '@'.len_utf8() + end));
        }
        end = name[..end].rfind(|c: char| !c.is_ascii_alphanumeric())?;
    }
}

fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')
}

/// What stands before an `@` that is part of something else: an address, a path.
fn joins_before(c: char) -> bool {
    is_joining_letter(c) || matches!(c, '@' | '_' | '-' | '.' | '/' | '+' | '&' | '=' | '#')
}

fn joins_after(c: char) -> bool {
    is_joining_letter(c) || c == '@'
}

/// Letters that are written with blanks between words. Chinese or Japanese text
/// stands directly beside a name, and does not belong to it.
fn is_joining_letter(c: char) -> bool {
    c.is_alphanumeric() && c < '\u{2e80}'
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserId = UserId::from_bytes([1; 16]);
    const BO: UserId = UserId::from_bytes([2; 16]);
    const ADA_B: UserId = UserId::from_bytes([3; 16]);

    fn find(name: &str) -> Option<UserId> {
        match name {
            "ada" => Some(ADA),
            "bo-2" => Some(BO),
            "ada.b" => Some(ADA_B),
            _ => None,
        }
    }

    fn named(body: &str) -> Vec<UserId> {
        mentions(body, &find)
    }

    #[test]
    fn a_name_after_an_at_sign_is_a_mention() {
        for body in [
            "@ada",
            "hi @ada!",
            "@ada_",
            "(@ada)",
            "@ada.",
            "@Ada, look",
            "@ADA…",
            "“@ada”",
            "你好@ada你好",
            "@ada: yes",
            "one\n@ada",
        ] {
            assert_eq!(named(body), [ADA], "{body}");
        }
    }

    #[test]
    fn addresses_other_names_code_and_links_are_none() {
        for body in [
            "x@ada",
            "ada",
            "@adam",
            "@adaé",
            "é@ada",
            "@@ada",
            "@ada@example.org",
            "`@ada`",
            "```\n@ada\n```",
            "https://example.org/@ada",
            "@",
            "@a",
            "@nobody",
            "a/@ada",
        ] {
            assert_eq!(named(body), [], "{body}");
        }
    }

    #[test]
    fn the_longest_name_wins() {
        assert_eq!(named("@ada.b"), [ADA_B]);
        assert_eq!(named("@ada.c"), [ADA]);
        assert_eq!(named("@bo-2-"), [BO]);
    }

    #[test]
    fn each_person_is_named_once_in_order() {
        assert_eq!(named("@bo-2 @ada @bo-2"), [BO, ADA]);
    }

    #[test]
    fn no_body_mentions_more_than_the_limit() {
        let body = (0..200).map(|n| format!("@u{n}")).collect::<Vec<_>>().join(" ");
        let all = |name: &str| name[1..].parse().ok().map(|n: u8| UserId::from_bytes([n; 16]));
        assert_eq!(mentions(&body, &all).len(), MENTIONS_MAX as usize);
        assert!(candidates(&body).len() <= CANDIDATES_MAX);
    }

    #[test]
    fn candidates_hold_every_name_that_is_asked_for() {
        assert_eq!(candidates("@Ada.b and `@no` @bo-2"), ["ada.b", "ada", "bo-2", "bo"]);
    }
}
