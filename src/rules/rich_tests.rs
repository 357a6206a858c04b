use super::*;
use Inline::{Break, Code, Link, Text};
use proptest::prelude::*;

const ADA: UserId = UserId::from_bytes([1; 16]);

fn tree(body: &str) -> Vec<Block<'_>> {
    parse(body, &|name| (name == "ada").then_some(ADA))
}

fn line(body: &str) -> Vec<Inline<'_>> {
    match tree(body).as_slice() {
        [Block::Paragraph(inlines)] => inlines.clone(),
        other => panic!("{other:?}"),
    }
}

/// What a reader sees, with line ends.
fn shown(blocks: &[Block<'_>]) -> String {
    let mut text = String::new();
    for block in blocks {
        match block {
            Block::Code { language, text: code } => {
                text.push_str(language);
                text.push_str(code);
            }
            Block::Paragraph(inlines) => {
                for inline in inlines {
                    text.push_str(match inline {
                        Text(t) | Link(t) | Code(t) | Inline::Mention { text: t, .. } => t,
                        Break => "\n",
                    });
                }
            }
        }
    }
    text
}

fn bare(text: &str) -> String {
    text.chars().filter(|&c| c != '`' && !c.is_whitespace()).collect()
}

#[test]
fn plain_text_is_one_paragraph_of_lines() {
    assert_eq!(line("one\n\ntwo"), [Text("one"), Break, Break, Text("two")]);
}

#[test]
fn an_address_is_a_link_without_the_sentence_around_it() {
    for (body, href) in [
        ("see https://example.org.", "https://example.org"),
        ("(https://example.org/a_(b))", "https://example.org/a_(b)"),
        ("https://example.org/?q=1,", "https://example.org/?q=1"),
        ("<http://example.org>", "http://example.org"),
        ("HTTPS://EXAMPLE.ORG/x!", "HTTPS://EXAMPLE.ORG/x"),
        ("看https://example.org/中文。好", "https://example.org/中文"),
        ("[x](https://example.org/[1])", "https://example.org/[1]"),
        ("http://[::1]:3000/", "http://[::1]:3000/"),
    ] {
        let links: Vec<_> = line(body).into_iter().filter(|i| matches!(i, Link(_))).collect();
        assert_eq!(links, [Link(href)], "{body}");
    }
}

#[test]
fn what_only_looks_like_an_address_is_text() {
    for body in [
        "https://",
        "xhttps://example.org",
        "javascript:alert(1)",
        "http:// x",
        "https://.",
        "hhttps:/x",
    ] {
        assert_eq!(line(body), [Text(body)]);
    }
}

#[test]
fn code_keeps_what_is_in_it() {
    assert_eq!(
        line("a `@ada https://x.y` b"),
        [Text("a "), Code("@ada https://x.y"), Text(" b")]
    );
    assert_eq!(line("``a`b``"), [Code("a`b")]);
    assert_eq!(line("`open"), [Text("`open")]);
    assert_eq!(line("``a`"), [Text("``a`")]);
}

#[test]
fn a_fence_makes_a_block_and_an_open_one_is_text() {
    assert_eq!(
        tree("hi\n```rust\nfn `a` @ada\n\n  x\n```\n\nend"),
        [
            Block::Paragraph(vec![Text("hi")]),
            Block::Code {
                language: "rust",
                text: "fn `a` @ada\n\n  x"
            },
            Block::Paragraph(vec![Text("end")]),
        ]
    );
    assert_eq!(
        tree("````\n```\n````"),
        [Block::Code {
            language: "",
            text: "```"
        }]
    );
    assert_eq!(tree("```\n```"), [Block::Code { language: "", text: "" }]);
    assert_eq!(line("```\nopen"), [Text("```"), Break, Text("open")]);
}

#[test]
fn a_mention_is_marked_where_it_stands() {
    assert_eq!(
        line("hi @Ada!"),
        [
            Text("hi "),
            Inline::Mention {
                user: ADA,
                text: "@Ada"
            },
            Text("!")
        ]
    );
}

/// A quadratic reading of these would take minutes.
#[test]
fn full_bodies_of_nasty_text_are_read_in_a_blink() {
    let full = |piece: &str| piece.repeat(16 * 1024 / piece.len());
    let rising: String = (1..180).map(|n| "`".repeat(n) + " ").collect();
    let fences: String = (3..180).rev().map(|n| "`".repeat(n) + "x\n").collect();
    for body in [
        full("`"),
        full("` "),
        full("`\n"),
        full("```\n"),
        full("```x\n"),
        full("@"),
        full("@a."),
        full("http://a"),
        full("http://)"),
        full("https://a)"),
        full("(("),
        full("h"),
        full("\n"),
        rising,
        fences,
        String::from("http://a") + &full(")"),
    ] {
        for _ in 0..20 {
            assert_eq!(bare(&shown(&tree(&body))), bare(&body));
        }
    }
}

proptest! {
    #[test]
    fn no_text_is_lost_or_made_up(body in "(`{1,4}|[a@. \n()]|http://x|@ada|é|```\n){0,60}") {
        prop_assert_eq!(bare(&shown(&tree(&body))), bare(&body));
    }

    #[test]
    fn text_without_markup_is_shown_as_it_is(body in "[a-z中]([a-z ,.中\n]{0,80}[a-z中])?") {
        prop_assert_eq!(shown(&tree(&body)), body);
    }
}
