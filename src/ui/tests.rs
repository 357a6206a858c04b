//! Pages as the server draws them: what stands on them, and what never does.

use super::{
    page_data::{ChatPage, FormReply, Gate, Inside, NewRoom, NotSent},
    place,
    shell::{Files, document, offline_shell},
};
use crate::wire::{
    Body, ClientKey, Cursor, DirectorySeq, Emoji, Entry, Enveloped, EpisodeId, Epoch, Limits, Message, Millis, Ordinal,
    Person, Position, Problem, Reaction, RoomId, RoomKind, Seq, Tail, UserId, UserSeq,
    event::{Change, MemberJoined},
    fetch::{CaughtUp, News, Page as Rows, Preview, RoomAnswer, Summary},
    membership::{RoomRole, ServerRole},
    person::Me,
    room::RoomMeta,
    user_log::{Counts, Episode, Marker, ReadMarker, UserItem, UserValue},
};
use crate::{client::FirstPicture, ui::Page};

const ADA: UserId = UserId::from_bytes([1; 16]);
const BO: UserId = UserId::from_bytes([2; 16]);
const GENERAL: RoomId = RoomId::from_bytes([3; 16]);
const DIRECT: RoomId = RoomId::from_bytes([4; 16]);
const NOW: Millis = Millis(1_795_449_642_000);
const HOUR: u64 = 60 * 60 * 1_000;

fn files() -> Files {
    Files {
        css: "/pkg/whilst.1.css".to_owned(),
        js: "/pkg/whilst.1.js".to_owned(),
        wasm: "/pkg/whilst.1.wasm".to_owned(),
    }
}

fn person(user: UserId, dseq: u64, name: &str, username: &str) -> Person {
    Person {
        user,
        dseq: DirectorySeq(dseq),
        name: name.to_owned(),
        username: username.to_owned(),
        hue: 3,
        active: true,
    }
}

fn message(ordinal: u64, author: UserId, body: &str, mentions: Vec<UserId>) -> Message {
    Message {
        ordinal: Ordinal(ordinal),
        seq: Seq(ordinal + 1),
        revision: Seq(ordinal + 1),
        author,
        client_key: ClientKey::from_bytes([u8::try_from(ordinal).unwrap(); 16]),
        at: Millis(NOW.0 - HOUR + ordinal * 1_000),
        body: Some(Body::parse(body).unwrap()),
        mentions,
        edited_at: None,
        reactions: vec![],
    }
}

fn summary(kind: RoomKind, with: Option<UserId>, read: u64, unread: u32, mentions: u32) -> Summary {
    let head = Cursor {
        seq: Seq(4),
        tail: Tail(9),
    };
    Summary {
        meta: RoomMeta {
            kind,
            name: if with.is_some() {
                String::new()
            } else {
                "general".to_owned()
            },
            with,
            role: RoomRole::Member,
        },
        head,
        ordinal: Ordinal(3),
        counts: Counts {
            marker: Marker {
                version: 1,
                ordinal: Ordinal(read),
            },
            as_of: head.seq,
            unread,
            mentions,
            first_mention: (mentions > 0).then_some(Seq(4)),
            since_left: unread,
            left: Ordinal(read),
            mentions_since_left: mentions,
            first_mention_since_left: (mentions > 0).then_some(Seq(4)),
            returned: None,
        },
        preview: Some(Preview {
            seq: Seq(4),
            author: BO,
            at: NOW,
            words: "the last words".to_owned(),
        }),
        mention: None,
        away: Some(Preview {
            seq: Seq(4),
            author: BO,
            at: NOW,
            words: "the last words".to_owned(),
        }),
    }
}

fn rows() -> Rows {
    let joined = Entry {
        seq: Seq(1),
        tail: Tail(1),
        at: Millis(NOW.0 - HOUR),
        actor: BO,
        change: Change::from(MemberJoined {
            user: BO,
            role: RoomRole::Member,
        })
        .pack(),
    };
    Rows {
        room: GENERAL,
        from: Ordinal(1),
        to: Ordinal(3),
        messages: vec![
            message(1, ADA, "<script>alert(1)</script> & \"quotes\"", vec![]),
            message(2, BO, "see https://example.org/a?b=1&c=2.", vec![]),
            message(3, BO, "@ada `code` too", vec![ADA]),
        ],
        notes: vec![joined],
        people: vec![],
        as_of: Cursor {
            seq: Seq(4),
            tail: Tail(9),
        },
    }
}

/// Ada reads; Bo said two things in "general", one of them to her by name, and something to her alone.
fn picture(open: Option<RoomId>) -> FirstPicture {
    let general = summary(RoomKind::Open, None, 1, 2, 1);
    let general = match open {
        Some(_) => News::Reset(general, rows()),
        None => News::Summary(general),
    };
    let marker = UserItem {
        useq: UserSeq(1),
        value: UserValue::from(ReadMarker {
            room: GENERAL,
            marker: Marker {
                version: 1,
                ordinal: Ordinal(1),
            },
        })
        .pack(),
        counts: None,
    };
    let episode = UserItem {
        useq: UserSeq(2),
        value: UserValue::from(Episode {
            episode: EpisodeId::from_bytes([8; 16]),
            last_active: Millis(NOW.0 - 2 * HOUR),
            back: Some(NOW),
            returned: Some(Position(1)),
        })
        .pack(),
        counts: None,
    };
    FirstPicture {
        now: NOW,
        limits: Limits::default(),
        me: Me {
            user: ADA,
            name: "Ada".to_owned(),
            username: "ada".to_owned(),
            hue: 3,
            role: ServerRole::Owner,
        },
        caught_up: CaughtUp {
            epoch: Epoch([5; 16]),
            user: vec![marker, episode],
            user_to: UserSeq(2),
            people: vec![person(ADA, 1, "Ada", "ada"), person(BO, 2, "Bo <b>", "bo")],
            directory_to: DirectorySeq(2),
            rooms: vec![
                RoomAnswer {
                    room: GENERAL,
                    news: general,
                },
                RoomAnswer {
                    room: DIRECT,
                    news: News::Summary(summary(RoomKind::Direct, Some(BO), 0, 3, 0)),
                },
            ],
        },
        open,
        at: None,
        around: None,
    }
}

fn chat(open: Option<RoomId>) -> ChatPage {
    ChatPage {
        picture: picture(open),
        joinable: None,
        client_key: ClientKey::from_bytes([6; 16]),
        reply: None,
    }
}

fn draw(page: ChatPage) -> String {
    document(Page::Chat(page), &files())
}

/// The text of a page, without its elements.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

#[test]
fn a_room_is_drawn_with_its_names() {
    let html = draw(chat(Some(GENERAL)));
    for name in [
        "role=\"log\"",
        "aria-label=\"Messages in general\"",
        "aria-label=\"Message general\"",
        "role=\"separator\" aria-label=\"New\"",
        "<nav aria-label=\"Rooms\" class=\"sidebar__rooms\"",
        "class=\"mention mention--you\"",
        "<title>(5) general · Whilst</title>",
    ] {
        assert!(html.contains(name), "{name}");
    }
    let text = text_of(&html);
    for words in [
        "general  2 unread @1 mention",
        "Bo &lt;b&gt;  3 unread",
        "joined the room",
        "Mark as read",
        "Send",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

/// The page of the room with its second message, Bo's, changed like this.
fn with_changed(change: impl FnOnce(&mut Message)) -> String {
    let mut page = chat(Some(GENERAL));
    let News::Reset(_, rows) = &mut page.picture.caught_up.rooms[0].news else {
        panic!("the room that is open comes with its rows");
    };
    change(&mut rows.messages[1]);
    let html = draw(page);
    let (_, rest) = html.split_once("id=\"m-3\"").unwrap();
    let (row, _) = rest.split_once("</article>").unwrap();
    row.to_owned()
}

#[test]
fn a_changed_message_says_so_and_when() {
    let row = with_changed(|message| message.edited_at = Some(NOW));
    assert!(
        row.contains("title=\"Edited 23 Nov, 16:00\"") && row.contains(">edited<"),
        "{row}"
    );
    assert!(!with_changed(|_| {}).contains("edited<"));
}

#[test]
fn a_deleted_message_leaves_its_place_and_nothing_to_do() {
    let row = with_changed(|message| {
        message.body = None;
        message.mentions.clear();
    });
    assert!(text_of(&row).contains("Message deleted") && !row.contains("example.org"));
    assert!(!row.contains("Message actions"));
    assert!(with_changed(|_| {}).contains("aria-label=\"Message actions\""));
}

#[test]
fn a_reaction_tells_its_number_its_people_and_whether_it_is_ones_own() {
    let row = with_changed(|message| {
        let put = |sign: &str, users: &[UserId]| Reaction {
            emoji: Emoji::parse(sign).unwrap(),
            users: users.to_vec(),
        };
        message.reactions = vec![put("👍", &[ADA, BO]), put("🎉", &[BO])];
    });
    for part in [
        "aria-label=\"👍 2, you reacted\"",
        "title=\"Ada, Bo &lt;b&gt;\"",
        "aria-label=\"🎉 1\"",
    ] {
        assert!(row.contains(part), "{part} in {row}");
    }
    assert_eq!(row.matches("aria-pressed=\"true\"").count(), 1);
}

#[test]
fn what_people_write_is_text_and_never_an_element() {
    let html = draw(chat(Some(GENERAL)));
    assert!(!html.contains("<script>alert"));
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; \"quotes\""));
    assert!(html.contains("href=\"https://example.org/a?b=1&amp;c=2\" target=\"_blank\""));
    assert!(!html.contains("Bo <b>"));
}

#[test]
fn the_browser_reads_back_what_the_server_drew_from() {
    let page = chat(Some(GENERAL));
    let html = draw(page.clone());
    let (_, rest) = html.split_once("id=\"page-data\">").unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    assert_eq!(draw(ChatPage::decode(data).unwrap()), html);
    assert!(ChatPage::decode("AAAA").is_err());
}

fn new_room() -> Inside {
    Inside::NewRoom(NewRoom {
        open: vec![],
        client_key: ClientKey::from_bytes([6; 16]),
        reply: None,
    })
}

#[test]
fn a_page_of_forms_has_the_unread_number_in_its_title() {
    let html = document(Page::Inside(picture(None), new_room()), &files());
    assert!(html.contains("<title>(5) New room · Whilst</title>"), "{html}");
}

#[test]
fn no_page_has_a_script_or_a_style_of_its_own() {
    let inside = new_room();
    let pages = [
        Page::Chat(chat(Some(GENERAL))),
        Page::Inside(picture(None), inside),
        Page::Gate(Gate::SetUp { reply: None }),
        Page::NotSent(NotSent {
            problem: Problem::Gone,
            text: "words".to_owned(),
            sign_in: None,
        }),
        Page::NotFound,
        Page::Unavailable,
    ];
    let drawn = pages.map(|page| document(page, &files())).into_iter();
    for html in drawn.chain([offline_shell(&files())]) {
        for script in html.split("<script").skip(1) {
            let is_file = script.starts_with(" type=\"module\" src=\"/boot.js\"></script>");
            assert!(
                is_file || script.starts_with(" type=\"application/octet-stream\""),
                "{script}"
            );
        }
        assert!(!html.contains(" style=") && !html.contains("<style") && !html.contains(" onclick"));
        assert!(html.starts_with("<!DOCTYPE html><html"));
    }
}

#[test]
fn the_card_tells_every_room_but_the_one_that_is_open() {
    let at_home = text_of(&draw(chat(None)));
    for words in ["While you were away", "2 h", "1 mention", "Jump to mention", "Dismiss"] {
        assert!(at_home.contains(words), "{words} in {at_home}");
    }
    let in_general = draw(chat(Some(GENERAL)));
    assert!(in_general.contains("class=\"away\"") && !in_general.contains("Jump to mention"));
}

#[test]
fn a_refused_text_is_shown_again_with_its_reason() {
    let mut page = chat(Some(GENERAL));
    page.reply = Some(FormReply {
        to: place::room_path(GENERAL),
        problem: Problem::BodyUnreadable,
        fields: vec![("body".to_owned(), "my words </textarea>".to_owned())],
    });
    let html = draw(page);
    assert!(html.contains("my words &lt;/textarea&gt;</textarea>"), "{html}");
    assert!(html.contains("role=\"alert\" id=\"composer-problem\""));
}

#[test]
fn an_empty_field_is_empty() {
    let html = draw(chat(Some(GENERAL)));
    let (_, rest) = html.split_once("<textarea").unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    assert!(rest.starts_with("</textarea>"), "{}", &rest[..40]);
}

#[test]
fn a_password_is_never_shown_again() {
    let reply = FormReply {
        to: "/sign-in".to_owned(),
        problem: Problem::WrongPassword,
        fields: vec![("username".to_owned(), "ada".to_owned())],
    };
    let page = Gate::SignIn {
        next: Some("/settings".to_owned()),
        reply: Some(reply),
    };
    let html = document(Page::Gate(page), &files());
    assert!(html.contains("value=\"ada\"") && html.contains("name=\"next\" value=\"/settings\""));
    let (_, field) = html.split_once("id=\"password\"").unwrap();
    assert!(
        field
            .split_once("/>")
            .map_or(field, |(field, _)| field)
            .contains("value=\"\"")
    );
    assert!(html.contains("The username or the password is wrong."));
}

#[test]
fn a_room_that_is_not_there_and_one_that_is_not_yours_look_alike() {
    let stranger = RoomId::from_bytes([9; 16]);
    let mut page = chat(Some(stranger));
    let gone = RoomAnswer {
        room: stranger,
        news: News::Gone,
    };
    page.picture.caught_up.rooms.push(gone);
    let html = draw(page);
    assert!(text_of(&html).contains("There is nothing here for you"));
    assert!(!html.contains("role=\"log\""));
}

#[test]
fn the_shell_knows_nobody() {
    let html = offline_shell(&files());
    assert!(
        html.contains("data-boot=\"shell\"") && html.contains("<body></body>"),
        "{html}"
    );
}
