use super::*;
use crate::{
    server::{
        app::{App, Parts},
        config::{Config, Layer, SignIn},
        testing::{House, cheap_passwords},
        users::testing::{PASSWORD, browser, person, problem, proof},
        writer::Told,
    },
    wire::SessionId,
};
use std::net::Ipv4Addr;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

fn from_address(last: u8) -> Browser {
    Browser::new("a test", None, IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)))
}

fn ended(house: &House) -> Vec<SessionId> {
    let ended = |told: &Told| match told {
        Told::SessionsEnded { sessions, .. } => sessions.clone(),
        _ => Vec::new(),
    };
    house.heard().iter().flat_map(ended).collect()
}

fn with_gate(house: &House, costs: &SignIn) -> App {
    App::from(Parts {
        gate: Gate::new(costs).unwrap(),
        ..Parts::clone(&house.app)
    })
}

#[tokio::test]
async fn who_knows_the_password_gets_in_and_who_does_not_gets_one_answer() {
    let house = House::open().await;
    house.sets_up("ada").await;
    let ada = house.signs_in("Ada").await.unwrap();
    assert!(house.is_signed_in(&ada).await);
    let tries = [
        ("ada", "wrong password"),
        ("ada", ""),
        ("nobody", PASSWORD),
        ("no body!", PASSWORD),
        ("", ""),
        ("ada", &"x".repeat(5_000)),
    ];
    for (username, password) in tries {
        let answer = sign_in(&house.app, username, password, &browser()).await;
        assert_eq!(problem(answer), Problem::WrongPassword, "{username}");
    }
}

#[tokio::test]
async fn a_token_that_nobody_gave_is_signed_out() {
    let house = House::open().await;
    house.sets_up("ada").await;
    let token = Token::draw(&house.app.ambience);
    for token in [None, Some(&token)] {
        assert_eq!(problem(authenticate(&house.app, token).await), Problem::SignedOut);
    }
}

#[tokio::test]
async fn signing_in_ends_the_session_that_the_browser_held_before() {
    let house = House::open().await;
    let before = house.sets_up("ada").await;
    let first = sign_in(&house.app, "ada", PASSWORD, &browser()).await.unwrap();
    let again = Browser::new("a test", Some(first.token.clone()), browser().address());
    house.heard();
    let second = sign_in(&house.app, "ada", PASSWORD, &again).await.unwrap();
    assert_ne!(first.token, second.token);
    assert_eq!(
        problem(authenticate(&house.app, Some(&first.token)).await),
        Problem::SignedOut
    );
    assert_eq!(ended(&house), [first.session]);
    assert!(house.is_signed_in(&before).await, "other browsers stay");
}

#[tokio::test]
async fn sessions_are_listed_and_revoked_one_by_one_and_only_ones_own() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    house.clock.advance(1_000);
    let phone = house.signs_in("ada").await.unwrap();
    let lines = list(&house.app, &phone).await.unwrap();
    let shown: Vec<_> = lines
        .iter()
        .map(|line| (line.session, line.current, line.agent.as_str()))
        .collect();
    assert_eq!(
        shown,
        [(phone.session(), true, "a test"), (ada.session(), false, "a test")]
    );

    house.heard();
    assert_eq!(problem(revoke(&house.app, &bo, phone.session()).await), Problem::Gone);
    assert!(house.is_signed_in(&phone).await, "not bo's to end");
    revoke(&house.app, &phone, ada.session()).await.unwrap();
    assert!(!house.is_signed_in(&ada).await);
    assert!(house.is_signed_in(&phone).await);
    assert_eq!(ended(&house), [ada.session()]);
    assert_eq!(
        problem(revoke(&house.app, &ada, phone.session()).await),
        Problem::SignedOut
    );
}

#[tokio::test]
async fn signing_out_ends_this_session_alone() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let phone = house.signs_in("ada").await.unwrap();
    house.heard();
    sign_out(&house.app, &phone).await.unwrap();
    assert!(!house.is_signed_in(&phone).await);
    assert!(house.is_signed_in(&ada).await);
    assert_eq!(ended(&house), [phone.session()]);
}

#[tokio::test]
async fn a_session_lives_while_it_is_used_and_ends_when_it_is_not() {
    let house = House::open().await;
    let entered = {
        house.sets_up("ada").await;
        sign_in(&house.app, "ada", PASSWORD, &browser()).await.unwrap()
    };
    let lifetime = u64::from(house.app.config.sessions.lifetime_days) * DAY_MS;
    house.clock.advance(lifetime - 1);
    let ada = proof(&house.app, &entered).await;
    house.app.tasks.close();
    house.app.tasks.wait().await;
    house.clock.advance(lifetime - 1);
    assert_eq!(
        proof(&house.app, &entered).await.session(),
        ada.session(),
        "its use was remembered"
    );
    house.app.tasks.wait().await;
    house.clock.advance(lifetime);
    assert_eq!(
        problem(authenticate(&house.app, Some(&entered.token)).await),
        Problem::SignedOut
    );
}

#[tokio::test]
async fn sessions_that_expired_are_swept_and_their_connections_told() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    house
        .clock
        .advance(u64::from(house.app.config.sessions.lifetime_days) * DAY_MS);
    let fresh = house.signs_in("ada").await.unwrap();
    house.heard();
    assert!(!sweep(&house.app).await.unwrap());
    assert_eq!(ended(&house), [ada.session()]);
    assert!(house.is_signed_in(&fresh).await);
}

#[tokio::test]
async fn one_session_too_many_ends_the_one_used_longest_ago() {
    let house = House::open().await;
    let mut config = Config::clone(&house.app.config);
    config.sessions.per_user_max = 2;
    let app = App::from(Parts {
        config: config.into(),
        ..Parts::clone(&house.app)
    });
    let first = house.sets_up("ada").await;
    for _ in 0..2 {
        house.clock.advance(1);
        sign_in(&app, "ada", PASSWORD, &browser()).await.unwrap();
    }
    assert!(!house.is_signed_in(&first).await);
    assert_eq!(house.number_by_sql("SELECT count(*) FROM sessions").await, 2);
}

#[tokio::test]
async fn passwords_are_tried_a_few_times_and_then_in_their_own_time() {
    let house = House::open().await;
    house.sets_up("ada").await;
    let app = with_gate(
        &house,
        &SignIn {
            attempts_per_account: 3,
            attempts_per_address: 4,
            attempt_refill_seconds: 20,
            ..cheap_passwords()
        },
    );
    let too_fast = Problem::TooFast {
        retry_after: Millis(20_000),
    };
    for username in ["ada", "nobody"] {
        for last in 1..=3 {
            let answer = sign_in(&app, username, "wrong password", &from_address(last)).await;
            assert_eq!(problem(answer), Problem::WrongPassword, "{username}");
        }
        let answer = sign_in(&app, username, PASSWORD, &from_address(4)).await;
        assert_eq!(problem(answer), too_fast, "{username}, known or not");
    }
    for username in ["a1", "a2"] {
        let answer = sign_in(&app, username, PASSWORD, &from_address(4)).await;
        assert_eq!(problem(answer), Problem::WrongPassword);
    }
    let answer = sign_in(&app, "a3", PASSWORD, &from_address(4)).await;
    assert_eq!(problem(answer), too_fast, "the address is limited too");
    house.clock.advance(20_000);
    assert!(sign_in(&app, "ada", PASSWORD, &from_address(4)).await.is_ok());
}

#[tokio::test]
async fn signing_in_uses_up_no_try() {
    let house = House::open().await;
    house.sets_up("ada").await;
    let limits = SignIn {
        attempts_per_account: 2,
        ..cheap_passwords()
    };
    let app = with_gate(&house, &limits);
    for _ in 0..5 {
        sign_in(&app, "ada", PASSWORD, &from_address(1)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_passwords_at_once_are_asked_to_come_back() {
    let house = House::open().await;
    house.sets_up("ada").await;
    let app = with_gate(
        &house,
        &SignIn {
            argon2_memory_kib: 8 * 1_024,
            argon2_iterations: 4,
            hashes_at_once: 1,
            hashes_waiting_max: 3,
            ..cheap_passwords()
        },
    );
    let tries = (0..32).map(|_| {
        let app = app.clone();
        tokio::spawn(async move { sign_in(&app, "nobody", PASSWORD, &browser()).await })
    });
    let mut answers = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        answers.push(problem(one.await.unwrap()));
    }
    let turned_away = answers
        .iter()
        .filter(|answer| matches!(answer, Problem::TooFast { .. }))
        .count();
    assert!((1..=28).contains(&turned_away), "{turned_away} of 32");
    let answer = sign_in(&app, "nobody", PASSWORD, &browser()).await;
    assert_eq!(problem(answer), Problem::WrongPassword, "the queue is free again");
}

#[tokio::test]
async fn a_stored_password_follows_a_raised_cost_at_the_next_sign_in() {
    let house = House::open().await;
    house.sets_up("ada").await;
    let dearer = SignIn {
        argon2_memory_kib: 16,
        ..cheap_passwords()
    };
    let app = with_gate(&house, &dearer);
    sign_in(&app, "ada", PASSWORD, &browser()).await.unwrap();
    let dear =
        house.number_by_sql("SELECT count(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=16,t=1,p=1$%'");
    assert_eq!(dear.await, 1);
    sign_in(&app, "ada", PASSWORD, &browser()).await.unwrap();
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the time it takes is what is tested")]
async fn a_name_that_is_not_there_takes_as_long_as_one_that_is() {
    let house = House::open().await;
    let app = with_gate(
        &house,
        &SignIn {
            argon2_memory_kib: 8 * 1_024,
            argon2_iterations: 2,
            ..cheap_passwords()
        },
    );
    crate::server::users::set_up(&app, person("ada"), &browser())
        .await
        .unwrap();
    let seconds = async |name: &str| {
        let began = std::time::Instant::now();
        let answer = sign_in(&app, name, "wrong password", &browser()).await;
        assert_eq!(problem(answer), Problem::WrongPassword);
        began.elapsed().as_secs_f64()
    };
    // In pairs, each other one the other way round: what else the machine does then
    // falls on both alike.
    let mut ratios = Vec::new();
    for _ in 0..24 {
        let (known, unknown) = (seconds("ada").await, seconds("nobody").await);
        ratios.push(known / unknown);
        let (unknown, known) = (seconds("nobody").await, seconds("ada").await);
        ratios.push(known / unknown);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    assert!((0.8..1.25).contains(&median), "{median}");
}

#[tokio::test]
async fn neither_a_password_nor_a_token_is_printed_or_stored() {
    let house = House::open().await;
    let canary = "the canary sings at noon";
    let newcomer = crate::server::users::NewPerson::parse("Ada", "ada", canary).unwrap();
    let printed = format!("{newcomer:?}");
    let entered = crate::server::users::set_up(&house.app, newcomer, &browser())
        .await
        .unwrap();
    let again = Browser::new("a test", Some(entered.token.clone()), browser().address());
    let hash = house
        .app
        .gate
        .hasher
        .hash(Password::parse(canary).unwrap(), [1; 16])
        .await
        .unwrap();
    let printed = format!(
        "{printed} {entered:?} {again:?} {:?} {hash:?} {:?} {:?}",
        Password::parse(canary),
        proof(&house.app, &entered).await,
        house.heard(),
    );
    let token = entered.token.reveal();
    assert_eq!(Token::parse(&token).as_ref(), Some(&entered.token));
    for secret in [canary, token.as_str(), hash.as_str()] {
        assert!(!printed.contains(secret), "{printed}");
    }
    let raw_token = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &token).unwrap();
    for file in std::fs::read_dir(house.folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [canary.as_bytes(), token.as_bytes(), &raw_token] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[test]
fn the_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts() {
    let of = |url: &str| {
        let variable = ("WHILST_SERVER_PUBLIC_URL".to_owned(), url.to_owned());
        Config::from_layers(&[Layer::of_environment([variable]).unwrap()]).unwrap()
    };
    let (https, http) = (of("https://chat.example.org"), of("http://127.0.0.1:3000"));
    let text = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let token = Token::parse(text).unwrap();
    assert_eq!(
        cookie::give(&token, &https),
        format!("__Host-whilst={text}; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure")
    );
    assert_eq!(
        cookie::give(&token, &http),
        format!("whilst={text}; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax")
    );
    assert_eq!(
        cookie::take_back(&https),
        "__Host-whilst=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
    );
    let token_in = |cookies: &[&str], config: &Config| {
        let mut headers = axum::http::HeaderMap::new();
        for cookie in cookies {
            headers.append("cookie", cookie.parse().unwrap());
        }
        cookie::token(&headers, config)
    };
    let good = format!("theme=dark; __Host-whilst={text}");
    assert_eq!(token_in(&[&good], &https), Some(token.clone()));
    assert_eq!(token_in(&[&good], &http), None, "another name");
    assert_eq!(
        token_in(&[&format!("whilst={text}")], &https),
        None,
        "one that plain http may have set"
    );
    assert_eq!(token_in(&[&good, &good], &https), None, "one of two was planted");
    for bad in [
        "",
        "__Host-whilst=",
        "__Host-whilst=AAAA",
        &format!("__Host-whilst={text}A"),
    ] {
        assert_eq!(token_in(&[bad], &https), None, "{bad}");
    }
}
