//! The doors of people, sessions and invites, as a browser without scripts finds them.

use super::testing::{PASSWORD, browser};
use crate::{
    server::{
        app::App,
        form::{Done, Door, FormReply, Post, Shown},
        invites, sessions,
        testing::House,
        users,
    },
    wire::Problem,
};
use axum::http::HeaderMap;
use std::net::{IpAddr, Ipv4Addr};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn doors() -> impl Iterator<Item = &'static Door> {
    [sessions::http::DOORS, users::http::DOORS, invites::http::DOORS]
        .into_iter()
        .flatten()
}

/// Who comes here need not be signed in.
const OPEN_TO_ALL: [&str; 5] = ["/setup", "/sign-in", "/sign-out", "/join/{code}", "/reset/{code}"];

/// A browser with its cookie.
#[derive(Default)]
struct Visitor {
    cookie: Option<String>,
}

impl Visitor {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("origin", "http://127.0.0.1:3000".parse().unwrap());
        headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        if let Some(cookie) = &self.cookie {
            headers.insert("cookie", cookie.parse().unwrap());
        }
        headers
    }

    /// Posts to the address of a door, with what stands in place of its parameter.
    async fn posts(&mut self, app: &App, path: &str, parameter: &str, body: &str) -> Result<Done, FormReply> {
        let door = doors().find(|door| door.path == path).expect(path);
        let parameter = Some(parameter.to_owned());
        let post = Post::read(app, self.headers(), PEER, parameter, body.as_bytes()).unwrap();
        let done = (door.handle)(app, &post).await;
        if let Ok(Done::GoTo {
            cookie: Some(cookie), ..
        }) = &done
        {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        done
    }

    async fn goes(&mut self, app: &App, path: &str, parameter: &str, body: &str) -> String {
        match self.posts(app, path, parameter, body).await {
            Ok(Done::GoTo { path, .. }) => path,
            other => panic!("{path}: {other:?}"),
        }
    }

    async fn is_shown_a_link(&mut self, app: &App, path: &str, parameter: &str, body: &str) -> String {
        match self.posts(app, path, parameter, body).await {
            Ok(Done::ShowLink(Shown::Invite(link) | Shown::Reset(_, link))) => link.0,
            other => panic!("{path}: {other:?}"),
        }
    }
}

fn code_of(link: &str) -> &str {
    link.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn from_an_empty_server_to_two_people_by_plain_forms() {
    let house = House::open().await;
    let app = &house.app;
    let (mut ada, mut bo) = (Visitor::default(), Visitor::default());
    let body = format!("name=Ada&username=ada&password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(ada.goes(app, "/setup", "", &body).await, "/");
    let link = ada.is_shown_a_link(app, "/admin/invites", "", "uses=2&days=").await;
    assert!(link.starts_with("http://127.0.0.1:3000/join/"), "{link}");

    let body = body.replace("Ada", "Bo").replace("ada", "bo");
    assert_eq!(bo.goes(app, "/join/{code}", code_of(&link), &body).await, "/");
    let id = sessions::authenticate(app, token(&bo).as_ref())
        .await
        .unwrap()
        .user()
        .to_string();
    assert_eq!(
        bo.goes(app, "/settings/name", "", "name=Bo+B.").await,
        "/settings?done=name"
    );
    assert_eq!(bo.goes(app, "/sign-out", "", "").await, "/sign-in");
    assert_eq!(bo.cookie.as_deref(), Some("whilst="));
    assert_eq!(
        bo.goes(app, "/sign-out", "", "").await,
        "/sign-in",
        "once more is no mistake"
    );

    let link = ada.is_shown_a_link(app, "/admin/people/{id}/reset", &id, "").await;
    assert_eq!(
        bo.goes(app, "/reset/{code}", code_of(&link), "password=a+new+one")
            .await,
        "/sign-in"
    );
    let body = "username=bo&password=a+new+one&next=%2Fr%2Fgeneral";
    assert_eq!(bo.goes(app, "/sign-in", "", body).await, "/r/general");
    assert_eq!(
        ada.goes(app, "/admin/people/{id}/role", &id, "role=admin").await,
        "/admin"
    );
    assert_eq!(ada.goes(app, "/admin/people/{id}/ban", &id, "").await, "/admin");
    let refused = bo.posts(app, "/settings/name", "", "name=Bo").await.unwrap_err();
    assert_eq!(refused.problem, Problem::SignedOut);
    assert_eq!(ada.goes(app, "/admin/people/{id}/unban", &id, "").await, "/admin");
}

fn token(visitor: &Visitor) -> Option<sessions::Token> {
    sessions::Token::parse(visitor.cookie.as_deref()?.split_once('=')?.1)
}

#[tokio::test]
async fn a_refused_form_gives_the_typed_text_back_and_never_a_password() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let code = house.invite(&ada, 1).await;
    let canary = "canary-canary";
    let mut visitor = Visitor::default();
    let typed = format!("name=A&username=b!&password={canary}&current={canary}&next=%2F");
    for door in doors().filter(|door| door.path != "/sign-out") {
        let parameter = if door.path == "/join/{code}" {
            code.as_str()
        } else {
            "nothing"
        };
        let refused = visitor
            .posts(&house.app, door.path, parameter, &typed)
            .await
            .unwrap_err();
        let passwords = refused.fields.iter().filter(|(_, text)| text.contains(canary));
        assert_eq!(passwords.count(), 0, "{}", door.path);
    }
    let refused = visitor
        .posts(&house.app, "/join/{code}", &code, &typed)
        .await
        .unwrap_err();
    assert_eq!(refused.problem, Problem::UsernameUnreadable);
    assert_eq!(
        refused.fields,
        [
            ("name".to_owned(), "A".to_owned()),
            ("username".to_owned(), "b!".to_owned())
        ]
    );
}

#[tokio::test]
async fn every_door_that_needs_somebody_is_closed_to_nobody_and_to_members_where_admins_go() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    house.comes(&ada, "bo").await;
    let bo = sessions::sign_in(&house.app, "bo", PASSWORD, &browser()).await.unwrap();
    let mut bo = Visitor {
        cookie: Some(format!("whilst={}", bo.token.reveal())),
    };
    let mut nobody = Visitor::default();
    let target = ada.user().to_string();
    for door in doors() {
        let refused = |reply: Result<Done, FormReply>| reply.unwrap_err().problem;
        let body = "role=admin&uses=1&name=x";
        if !OPEN_TO_ALL.contains(&door.path) {
            let reply = nobody.posts(&house.app, door.path, &target, body).await;
            assert_eq!(refused(reply), Problem::SignedOut, "{}", door.path);
        }
        if door.path.starts_with("/admin") || door.path.starts_with("/r/") {
            let reply = bo.posts(&house.app, door.path, &target, body).await;
            assert_eq!(refused(reply), Problem::NotAllowed, "{}", door.path);
        }
    }
}

#[tokio::test]
async fn what_does_not_come_from_a_page_of_ours_does_not_reach_a_door() {
    let house = House::open().await;
    let read = |change: fn(&mut HeaderMap)| {
        let mut headers = Visitor::default().headers();
        change(&mut headers);
        Post::read(&house.app, headers, PEER, None, b"name=x").map(drop)
    };
    assert_eq!(read(|_| ()), Ok(()));
    let evil = |headers: &mut HeaderMap| drop(headers.insert("origin", "https://evil.org".parse().unwrap()));
    assert_eq!(read(evil), Err(Problem::NotAllowed));
    assert_eq!(read(|headers| drop(headers.remove("origin"))), Err(Problem::NotAllowed));
    let plain = |headers: &mut HeaderMap| drop(headers.insert("content-type", "text/plain".parse().unwrap()));
    assert_eq!(read(plain), Err(Problem::Malformed));
    assert_eq!(
        read(|headers| drop(headers.remove("content-type"))),
        Err(Problem::Malformed)
    );
}

#[tokio::test]
async fn revoking_the_session_at_hand_takes_its_cookie_back() {
    let house = House::open().await;
    house.sets_up("ada").await;
    let entered = sessions::sign_in(&house.app, "ada", PASSWORD, &browser())
        .await
        .unwrap();
    let other = house.signs_in("ada").await.unwrap().session().to_string();
    let mut ada = Visitor {
        cookie: Some(format!("whilst={}", entered.token.reveal())),
    };
    let path = "/settings/sessions/{id}/revoke";
    assert_eq!(ada.goes(&house.app, path, &other, "").await, "/settings");
    assert_eq!(
        ada.goes(&house.app, path, &entered.session.to_string(), "").await,
        "/sign-in"
    );
    assert_eq!(ada.cookie.as_deref(), Some("whilst="));
}
