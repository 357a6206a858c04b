//! A body as a small tree for the screen: lines, links, mentions and code.
//!
//! Everything else stays the text it is. No markup can fail: what is not closed
//! is shown as typed. The time is linear in the length, whatever is typed.

use super::mentions;
use crate::wire::UserId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block<'a> {
    Paragraph(Vec<Inline<'a>>),
    /// A fenced block: the word after the fence, if any, and the lines within.
    Code {
        language: &'a str,
        text: &'a str,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline<'a> {
    Text(&'a str),
    /// A line end.
    Break,
    /// An `http` or `https` address; what is shown is what it leads to.
    Link(&'a str),
    /// Shown as typed, with its `@`.
    Mention {
        user: UserId,
        text: &'a str,
    },
    Code(&'a str),
}

const FENCE_MIN: usize = 3;

/// The tree of a body. `find` is given lower-case usernames.
pub fn parse<'a>(body: &'a str, find: &dyn Fn(&str) -> Option<UserId>) -> Vec<Block<'a>> {
    let lines: Vec<&str> = body.split('\n').collect();
    let closers = longest_closers(&lines);
    let mut blocks = Vec::new();
    let mut paragraph = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some(fence) = opening_fence(lines[at])
            && closers[at + 1] >= fence
            && let Some(length) = lines[at + 1..].iter().position(|line| closing_fence(line) >= fence)
        {
            push_paragraph(&mut blocks, &mut paragraph);
            let within = &lines[at + 1..at + 1 + length];
            blocks.push(Block::Code {
                language: lines[at].trim_start_matches('`').trim(),
                text: joined(body, within),
            });
            at += length + 2;
            continue;
        }
        if !paragraph.is_empty() {
            paragraph.push(Inline::Break);
        }
        let empty = lines[at].is_empty() && paragraph.is_empty();
        if !empty {
            parse_line(lines[at], find, &mut paragraph);
        }
        at += 1;
    }
    push_paragraph(&mut blocks, &mut paragraph);
    blocks
}

fn push_paragraph<'a>(blocks: &mut Vec<Block<'a>>, paragraph: &mut Vec<Inline<'a>>) {
    while paragraph.last() == Some(&Inline::Break) {
        paragraph.pop();
    }
    if !paragraph.is_empty() {
        blocks.push(Block::Paragraph(core::mem::take(paragraph)));
    }
}

/// For each line, the longest closing fence at or after it: an opening without
/// one is known at once, and no text makes us look for it again and again.
fn longest_closers(lines: &[&str]) -> Vec<usize> {
    let mut closers = vec![0; lines.len() + 1];
    for (at, line) in lines.iter().enumerate().rev() {
        closers[at] = closers[at + 1].max(closing_fence(line));
    }
    closers
}

fn opening_fence(line: &str) -> Option<usize> {
    let fence = backticks(line);
    (fence >= FENCE_MIN && !line[fence..].contains('`')).then_some(fence)
}

/// The length of a line of backticks alone; 0 for any other.
fn closing_fence(line: &str) -> usize {
    let fence = backticks(line);
    if fence >= FENCE_MIN && line[fence..].trim().is_empty() {
        fence
    } else {
        0
    }
}

fn backticks(text: &str) -> usize {
    text.bytes().take_while(|&b| b == b'`').count()
}

/// The piece of `body` from the first of these lines to the last.
fn joined<'a>(body: &'a str, lines: &[&'a str]) -> &'a str {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return "";
    };
    let start = first.as_ptr() as usize - body.as_ptr() as usize;
    let end = last.as_ptr() as usize - body.as_ptr() as usize + last.len();
    &body[start..end]
}

/// One line: looks at each character once and, where one of them can begin
/// something, no further than that thing reaches.
fn parse_line<'a>(line: &'a str, find: &dyn Fn(&str) -> Option<UserId>, out: &mut Vec<Inline<'a>>) {
    let runs = last_runs(line);
    let mut text_from = 0;
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        let found = match rest.as_bytes()[0] {
            b'`' => {
                let fence = backticks(rest);
                let Some(end) = code(line, at, fence, &runs) else {
                    at += fence;
                    continue;
                };
                Some((Inline::Code(&line[at + fence..end]), end + fence))
            }
            b'h' | b'H' => {
                link(rest, line[..at].chars().next_back()).map(|length| (Inline::Link(&rest[..length]), at + length))
            }
            b'@' => mentions::at_start(rest, line[..at].chars().next_back(), find).map(|(user, length)| {
                (
                    Inline::Mention {
                        user,
                        text: &rest[..length],
                    },
                    at + length,
                )
            }),
            _ => None,
        };
        if let Some((inline, end)) = found {
            push_text(out, &line[text_from..at]);
            out.push(inline);
            at = end;
            text_from = end;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    push_text(out, &line[text_from..]);
}

fn push_text<'a>(out: &mut Vec<Inline<'a>>, text: &'a str) {
    if !text.is_empty() {
        out.push(Inline::Text(text));
    }
}

/// Where the last run of backticks of each length begins, sorted by length. As
/// runs differ in length, there are few of them: less than 200 in a full body.
fn last_runs(line: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while let Some(skip) = line[at..].find('`') {
        let start = at + skip;
        let length = backticks(&line[start..]);
        match runs.binary_search_by_key(&length, |run| run.0) {
            Ok(known) => runs[known].1 = start,
            Err(place) => runs.insert(place, (length, start)),
        }
        at = start + length;
    }
    runs
}

/// Where the code that a run of `fence` backticks opens at `at` ends.
fn code(line: &str, at: usize, fence: usize, runs: &[(usize, usize)]) -> Option<usize> {
    let known = runs.binary_search_by_key(&fence, |run| run.0).ok()?;
    if runs[known].1 <= at {
        return None;
    }
    let mut from = at + fence;
    loop {
        let start = from + line[from..].find('`')?;
        let length = backticks(&line[start..]);
        if length == fence {
            return Some(start);
        }
        from = start + length;
    }
}

/// The length of the address at the start of `text`.
fn link(text: &str, before: Option<char>) -> Option<usize> {
    if before.is_some_and(|c| c.is_alphanumeric() && c < '\u{2e80}') {
        return None;
    }
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| {
            text.get(..scheme.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        })?
        .len();
    // Asked before the end is looked for: what is scanned is then always used up.
    if !text[scheme..].starts_with(|c: char| c.is_alphanumeric() || c == '[') {
        return None;
    }
    let end = text.find(ends_link).unwrap_or(text.len());
    Some(without_trailing(&text[..end]))
}

/// Blanks, quotes, and the punctuation of scripts that set no blank after it.
fn ends_link(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || crate::wire::person::is_bidi_control(c)
        || matches!(
            c,
            '<' | '>' | '"' | '`' | '\u{3001}' | '\u{3002}' | '\u{300a}'
                ..='\u{3011}'
                    | '“'
                    | '”'
                    | '«'
                    | '»'
                    | '\u{ff01}'
                    | '\u{ff08}'
                    | '\u{ff09}'
                    | '\u{ff0c}'
                    | '\u{ff1a}'
                    | '\u{ff1b}'
                    | '\u{ff1f}'
        )
}

/// The length without punctuation at the end that belongs to the sentence: a
/// closing bracket belongs to the address only if it was opened within.
fn without_trailing(link: &str) -> usize {
    const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    let mut surplus = PAIRS.map(|(open, close)| {
        let opened = link.matches(open).count();
        link.matches(close).count().saturating_sub(opened)
    });
    let mut end = link.len();
    for c in link.chars().rev() {
        let trimmed = match PAIRS.iter().position(|pair| pair.1 == c) {
            Some(pair) if surplus[pair] > 0 => {
                surplus[pair] -= 1;
                true
            }
            Some(_) => false,
            None => matches!(c, '.' | ',' | ':' | ';' | '!' | '?' | '\'' | '*' | '_' | '~' | '…'),
        };
        if !trimmed {
            break;
        }
        end -= c.len_utf8();
    }
    end
}

#[cfg(test)]
#[path = "rich_tests.rs"]
mod tests;
