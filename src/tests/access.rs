//! Who may pass which door. Every door of the router and every server function has
//! its row here; one without fails the story.

use super::{
    http::{Reply, post_form, request},
    server::{Account, Server},
};
use crate::{
    server::{http::doors, memberships, rooms},
    wire::{
        ClientKey, Cursor, DirectorySeq, Enveloped, InviteId, Ordinal, RoomId, RoomKind, Seq, SessionId, UserId,
        UserSeq, command,
        fetch::{Around, Ask, CatchUp, Have, History, MarkReadAs, Question, Range, Want, Whoami},
    },
};
use server_fn::axum::server_fn_paths;
use std::collections::BTreeSet;

/// Status for nobody, a stranger, a former member, a member, the room's admin, and the
/// owner of the server, who is not in the room.
type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    [u16; 6],
);

const TO_ALL: [u16; 6] = [200; 6];
const NOWHERE: [u16; 6] = [404; 6];
/// To the sign-in page, or the page.
const SIGNED_IN: [u16; 6] = [303, 200, 200, 200, 200, 200];
const OF_THE_ROOM: [u16; 6] = [303, 404, 404, 200, 200, 404];
const OF_THE_OWNER: [u16; 6] = [303, 404, 404, 404, 404, 200];
const DONE_BY_SIGNED_IN: [u16; 6] = [303; 6];
const DONE_BY_MEMBERS: [u16; 6] = [303, 404, 404, 303, 303, 404];
const DONE_BY_ROOM_ADMIN: [u16; 6] = [303, 404, 404, 403, 303, 404];
const DONE_BY_OWNER: [u16; 6] = [303, 404, 404, 404, 404, 303];

const KEY: (&str, &str) = ("client_key", "{key}");

const ROWS: &[Row] = &[
    ("GET", "/", &[], SIGNED_IN),
    ("GET", "/setup", &[], NOWHERE),
    ("GET", "/join/{code}", &[], NOWHERE),
    ("GET", "/reset/{code}", &[], NOWHERE),
    ("GET", "/sign-in", &[], [200, 303, 303, 303, 303, 303]),
    ("GET", "/r/{room}", &[], OF_THE_ROOM),
    ("GET", "/r/{room}/{seq}", &[], OF_THE_ROOM),
    ("GET", "/r/{room}/people", &[], OF_THE_ROOM),
    ("GET", "/new-room", &[], SIGNED_IN),
    ("GET", "/new-message", &[], SIGNED_IN),
    ("GET", "/settings", &[], SIGNED_IN),
    ("GET", "/admin", &[], OF_THE_OWNER),
    ("GET", "/shell", &[], TO_ALL),
    ("GET", "/sw.js", &[], TO_ALL),
    ("GET", "/healthz", &[], TO_ALL),
    // No upgrade is asked for; sockets have stories of their own.
    ("GET", "/ws", &[], [400; 6]),
    (
        "POST",
        "/setup",
        &[("name", "Eve"), ("username", "eve"), ("password", "correct horse")],
        NOWHERE,
    ),
    (
        "POST",
        "/join/{code}",
        &[("name", "Eve"), ("username", "eve"), ("password", "correct horse")],
        NOWHERE,
    ),
    ("POST", "/reset/{code}", &[("password", "correct horse")], NOWHERE),
    (
        "POST",
        "/sign-in",
        &[("username", "extra"), ("password", "wrong horse")],
        [422; 6],
    ),
    ("POST", "/sign-out", &[], DONE_BY_SIGNED_IN),
    // Who is not signed in gets the text back.
    (
        "POST",
        "/r/{room}",
        &[KEY, ("body", "hello")],
        [401, 404, 404, 303, 303, 404],
    ),
    (
        "POST",
        "/r/{room}/read",
        &[("version", "0"), ("ordinal", "1")],
        DONE_BY_MEMBERS,
    ),
    ("POST", "/r/{room}/join", &[KEY], DONE_BY_MEMBERS),
    ("POST", "/r/{room}/leave", &[KEY], DONE_BY_MEMBERS),
    (
        "POST",
        "/r/{room}/rename",
        &[KEY, ("name", "cellar")],
        DONE_BY_ROOM_ADMIN,
    ),
    ("POST", "/r/{room}/delete", &[KEY], DONE_BY_ROOM_ADMIN),
    (
        "POST",
        "/r/{room}/people/add",
        &[KEY, ("username", "extra")],
        DONE_BY_ROOM_ADMIN,
    ),
    (
        "POST",
        "/r/{room}/people/remove",
        &[KEY, ("user", "{member}")],
        DONE_BY_ROOM_ADMIN,
    ),
    ("POST", "/r/{room}/people/invite", &[], [303, 404, 404, 403, 403, 404]),
    (
        "POST",
        "/new-room",
        &[KEY, ("name", "own"), ("kind", "closed")],
        DONE_BY_SIGNED_IN,
    ),
    ("POST", "/new-message", &[KEY, ("username", "extra")], DONE_BY_SIGNED_IN),
    (
        "POST",
        "/away/dismiss",
        &[("episode", "{key}")],
        [303, 404, 404, 404, 404, 404],
    ),
    ("POST", "/settings/name", &[("name", "New")], DONE_BY_SIGNED_IN),
    (
        "POST",
        "/settings/password",
        &[("current", "wrong horse"), ("password", "battery staple")],
        [303, 422, 422, 422, 422, 422],
    ),
    // One that is nobody's.
    (
        "POST",
        "/settings/sessions/{id}/revoke",
        &[],
        [303, 404, 404, 404, 404, 404],
    ),
    ("POST", "/admin/people/{id}/role", &[("role", "admin")], DONE_BY_OWNER),
    ("POST", "/admin/people/{id}/remove", &[], DONE_BY_OWNER),
    ("POST", "/admin/people/{id}/ban", &[], DONE_BY_OWNER),
    ("POST", "/admin/people/{id}/unban", &[], DONE_BY_OWNER),
    ("POST", "/admin/people/{id}/reset", &[], OF_THE_OWNER),
    ("POST", "/admin/invites", &[("uses", "1"), ("days", "1")], OF_THE_OWNER),
    ("POST", "/admin/invites/{id}/revoke", &[], NOWHERE_BUT_THE_DOOR),
];
const NOWHERE_BUT_THE_DOOR: [u16; 6] = [303, 404, 404, 404, 404, 404];

/// A house with a closed room, and everybody who may stand before a door.
struct Stage {
    server: Server,
    room: RoomId,
    extra: Account,
    callers: [Option<Account>; 6],
}

impl Stage {
    async fn is_set() -> Self {
        let server = Server::starts().await;
        let owner = server.sets_up("ada").await;
        let mut people = Vec::new();
        for name in ["stranger", "former", "member", "keeper", "extra"] {
            people.push(server.welcomes(&owner, name).await);
        }
        let [stranger, former, member, keeper, extra] = people.try_into().unwrap_or_else(|_| unreachable!());
        let app = &server.app;
        let key = |number: u8| ClientKey::from_bytes([number; 16]);
        let name = "vault".to_owned();
        let make = command::CreateRoom {
            client_key: key(1),
            kind: RoomKind::Closed,
            name,
        };
        let room = rooms::create(app, &keeper.signed, &make).await.unwrap().room;
        for (number, user) in [(2, former.user), (3, member.user)] {
            let add = command::AddPerson {
                client_key: key(number),
                room,
                user,
            };
            memberships::add(app, &keeper.signed, &add).await.unwrap();
        }
        let remove = command::RemovePerson {
            client_key: key(4),
            room,
            user: former.user,
        };
        memberships::remove(app, &keeper.signed, &remove).await.unwrap();
        let callers = [
            None,
            Some(stranger),
            Some(former),
            Some(member),
            Some(keeper),
            Some(owner),
        ];
        Self {
            server,
            room,
            extra,
            callers,
        }
    }

    async fn knock(&self, row: &Row, caller: Option<&Account>) -> Reply {
        let (method, path, fields, _) = row;
        let nobody = InviteId::from_bytes([9; 16]).to_string();
        let id = if path.starts_with("/admin/people") {
            self.extra.user.to_string()
        } else {
            nobody.clone()
        };
        let path = path
            .replace("{room}", &self.room.to_string())
            .replace("{seq}", "1")
            .replace("{code}", &nobody)
            .replace("{id}", &id);
        let member = self.callers[3]
            .as_ref()
            .map(|member| member.user.to_string())
            .unwrap_or_default();
        let filled: Vec<(&str, String)> = fields
            .iter()
            .map(|(name, value)| (*name, value.replace("{key}", &nobody).replace("{member}", &member)))
            .collect();
        let filled: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let addr = self.server.addr.to_string();
        let cookie = caller.map(Account::cookie);
        if *method == "GET" {
            let headers: Vec<_> = cookie.iter().map(|cookie| ("cookie", cookie.as_str())).collect();
            return request(&addr, "GET", &path, &headers, b"").await.unwrap();
        }
        post_form(&addr, &path, cookie.as_deref(), &filled).await.unwrap()
    }
}

#[tokio::test]
async fn every_door_lets_in_whom_its_row_says_and_nobody_else() {
    let mut wrong = Vec::new();
    for row in ROWS {
        // A door that changes something must not change what the next caller finds.
        let mut stage = Stage::is_set().await;
        for place in 0..stage.callers.len() {
            if place > 3 && row.0 == "POST" {
                stage = Stage::is_set().await;
            }
            let caller = stage.callers[place].clone();
            let reply = stage.knock(row, caller.as_ref()).await;
            if reply.status != row.3[place] {
                wrong.push(format!(
                    "{} {} for caller {place}: {}, not {}",
                    row.0, row.1, reply.status, row.3[place]
                ));
            }
            let to = reply.header("location").unwrap_or_default();
            if caller.is_none() && reply.status == 303 && !to.starts_with("/sign-in") {
                wrong.push(format!("{} {} sends nobody to {to}", row.0, row.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_door_has_a_row_and_every_row_a_door() {
    let doors: BTreeSet<(String, &str)> = doors()
        .into_iter()
        .map(|door| (door.method.to_string(), door.path))
        .collect();
    let rows: BTreeSet<(String, &str)> = ROWS.iter().map(|row| (row.0.to_owned(), row.1)).collect();
    assert_eq!(without_row(&doors, &rows), Vec::<&(String, &str)>::new());
    assert_eq!(without_row(&rows, &doors), Vec::<&(String, &str)>::new());
}

#[test]
fn a_door_without_a_row_is_seen() {
    let rows: BTreeSet<(String, &str)> = ROWS.iter().map(|row| (row.0.to_owned(), row.1)).collect();
    let mut doors = rows.clone();
    doors.insert(("GET".to_owned(), "/back-door"));
    assert_eq!(without_row(&doors, &rows).len(), 1);
}

fn without_row<'a>(
    doors: &'a BTreeSet<(String, &'static str)>,
    rows: &'a BTreeSet<(String, &'static str)>,
) -> Vec<&'a (String, &'static str)> {
    doors.difference(rows).collect()
}

/// The questions about the room, and who is answered: status as in [`ROWS`].
fn asks(room: RoomId) -> Vec<(&'static str, Ask, [u16; 6])> {
    const OF_MEMBERS: [u16; 6] = [401, 404, 404, 200, 200, 404];
    const OF_SIGNED_IN: [u16; 6] = [401, 200, 200, 200, 200, 200];
    // The question names a user, and none of the callers is that one.
    const OF_ONE_USER: [u16; 6] = [401, 403, 403, 403, 403, 403];
    let have = Have {
        room,
        cursor: None,
        want: Want::Rows,
    };
    let catch_up = CatchUp {
        epoch: None,
        user: UserSeq::ZERO,
        directory: DirectorySeq::ZERO,
        rooms: vec![have],
    };
    let range = Range {
        room,
        after: Cursor::default(),
        to: Seq(1),
    };
    vec![
        ("/api/catch_up", catch_up.into(), OF_SIGNED_IN),
        (
            "/api/history",
            History {
                room,
                before: Ordinal(9),
                limit: 10,
            }
            .into(),
            OF_MEMBERS,
        ),
        ("/api/range", range.into(), OF_MEMBERS),
        ("/api/around", Around { room, seq: Seq(1) }.into(), OF_MEMBERS),
        ("/api/whoami", Whoami {}.into(), OF_SIGNED_IN),
        (
            "/api/mark_read",
            MarkReadAs {
                user: UserId::from_bytes([1; 16]),
                marks: vec![],
            }
            .into(),
            OF_ONE_USER,
        ),
    ]
}

#[test]
fn the_server_functions_keep_their_addresses() {
    let registered: BTreeSet<String> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let known: BTreeSet<String> = asks(RoomId::from_bytes([1; 16]))
        .into_iter()
        .map(|(path, ..)| path.to_owned())
        .collect();
    assert_eq!(registered, known);
}

#[tokio::test]
async fn server_functions_answer_whom_their_rows_say_and_a_strangers_room_like_none_at_all() {
    let stage = Stage::is_set().await;
    let addr = stage.server.addr.to_string();
    let origin = stage.server.origin();
    let never = asks(RoomId::from_bytes([1; 16]));
    for ((path, ask, expected), (_, of_nowhere, _)) in asks(stage.room).into_iter().zip(never) {
        for (place, caller) in stage.callers.iter().enumerate() {
            let cookie = caller.as_ref().map(Account::cookie).unwrap_or_default();
            let headers = [
                ("content-type", "application/x-postcard"),
                ("origin", origin.as_str()),
                ("cookie", &cookie),
            ];
            let asked = async |ask: &Ask| {
                // A server function takes its arguments as a struct of one field.
                let body = crate::wire::envelope::encode(&Question::current(ask.clone()).pack());
                request(&addr, "POST", path, &headers, &body).await.unwrap()
            };
            let reply = asked(&ask).await;
            assert_eq!(
                reply.status,
                expected[place],
                "{path} for caller {place}: {}",
                reply.text()
            );
            if expected[place] == 404 {
                assert_eq!(
                    asked(&of_nowhere).await.body,
                    reply.body,
                    "{path} tells that the room is there"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_form_from_another_site_is_refused_before_its_door() {
    let stage = Stage::is_set().await;
    let addr = stage.server.addr.to_string();
    let cookie = stage.callers[3].as_ref().map(Account::cookie).unwrap();
    let form = format!("client_key={}&body=hi", SessionId::from_bytes([8; 16]));
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for from in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("origin", "null"),
    ] {
        let headers = [kind, ("cookie", cookie.as_str()), from];
        let reply = request(&addr, "POST", &format!("/r/{}", stage.room), &headers, form.as_bytes())
            .await
            .unwrap();
        assert_eq!(reply.status, 403, "{from:?}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_others_out() {
    let stage = Stage::is_set().await;
    let addr = stage.server.addr.to_string();
    let cookie = stage.callers[3].as_ref().map(Account::cookie).unwrap();
    for path in [
        "/",
        "/sign-in",
        "/nowhere",
        "/shell",
        "/sw.js",
        "/healthz",
        "/api/whoami",
        "/pkg/none.js",
    ] {
        let reply = request(&addr, "GET", path, &[("cookie", &cookie)], b"").await.unwrap();
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(
            reply.header("cross-origin-opener-policy"),
            Some("same-origin"),
            "{path}"
        );
        let cache = reply.header("cache-control").unwrap_or_default();
        let kept = if path.starts_with("/api/") {
            "no-store"
        } else {
            "no-cache"
        };
        assert!(cache.contains(kept), "{path}: {cache}");
    }
}

#[tokio::test]
async fn forms_have_the_pace_of_commands_and_give_the_text_back() {
    let server = Server::starts_with("[limits]\ncommands_burst = 3\ncommands_per_second = 1").await;
    let ada = server.sets_up("ada").await;
    let mut read = server.app.store.read().await.unwrap();
    let room = rooms::list_for(&mut read, &ada.signed).await.unwrap()[0].room;
    drop(read);
    let addr = server.addr.to_string();
    let path = format!("/r/{room}");
    let mut answers = Vec::new();
    for nth in 0_u8..5 {
        let key = ClientKey::from_bytes([nth; 16]).to_string();
        let fields = [("client_key", key.as_str()), ("body", "a word")];
        answers.push(post_form(&addr, &path, Some(&ada.cookie()), &fields).await.unwrap());
    }
    let statuses: Vec<u16> = answers.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [303, 303, 303, 429, 429]);
    assert!(answers[3].text().contains("a word"));
}

#[tokio::test]
async fn what_was_written_in_a_form_comes_back_to_who_is_signed_out_or_no_member() {
    let stage = Stage::is_set().await;
    let addr = stage.server.addr.to_string();
    let key = ClientKey::from_bytes([9; 16]).to_string();
    let fields = [("client_key", key.as_str()), ("body", "a word to keep")];
    for (caller, status) in [(None, 401), (stage.callers[1].as_ref().map(Account::cookie), 404)] {
        let path = format!("/r/{}", stage.room);
        let reply = post_form(&addr, &path, caller.as_deref(), &fields).await.unwrap();
        assert_eq!(reply.status, status);
        assert!(reply.text().contains("a word to keep"), "{}", reply.text());
    }
}
