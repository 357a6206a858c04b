use super::*;
use crate::{
    server::{
        app::Parts,
        testing::House,
        users::{
            self, join_by_invite,
            testing::{browser, person, problem, proof},
        },
    },
    wire::membership::ServerRole,
};

fn wanted(uses_max: u32) -> Wanted {
    Wanted {
        uses_max,
        lifetime_days: None,
        room: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_who_come_at_once_exactly_as_many_get_in_as_the_invite_says() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let code = house.invite(&ada, 7).await;
    let tries = (0..100).map(|n| {
        let (app, code) = (house.app.clone(), code.clone());
        tokio::spawn(async move { join_by_invite(&app, &code, person(&format!("guest{n}")), &browser()).await })
    });
    let mut came_in = 0;
    for one in tries.collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok(_) => came_in += 1,
            refused => assert_eq!(problem(refused), Problem::InviteGone),
        }
    }
    assert_eq!(came_in, 7);
    assert_eq!(house.number_by_sql("SELECT count(*) FROM users").await, 8);
    assert_eq!(house.number_by_sql("SELECT uses FROM invites").await, 7);
}

#[tokio::test]
async fn used_up_expired_revoked_and_never_made_are_one_answer() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let used_up = house.invite(&ada, 1).await;
    join_by_invite(&house.app, &used_up, person("bo"), &browser())
        .await
        .unwrap();
    let revoked = make(&house.app, &ada, &wanted(1)).await.unwrap();
    look(&house.app, &revoked.code.reveal()).await.unwrap();
    revoke(&house.app, &ada, revoked.invite).await.unwrap();
    let expired = make(&house.app, &ada, &wanted(1)).await.unwrap();
    house.clock.set(expired.expires_at);
    let codes = [
        used_up,
        revoked.code.reveal(),
        expired.code.reveal(),
        "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "no code".to_owned(),
        String::new(),
    ];
    for code in codes {
        assert_eq!(problem(look(&house.app, &code).await), Problem::InviteGone, "{code}");
        let join = join_by_invite(&house.app, &code, person("cleo"), &browser()).await;
        assert_eq!(problem(join), Problem::InviteGone, "{code}");
    }
}

#[tokio::test]
async fn who_comes_is_in_general_and_in_the_room_of_the_invite() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let crew = house.closed_room(&ada, "crew").await;
    let to_crew = Wanted {
        room: Some(crew),
        ..wanted(1)
    };
    let made = make(&house.app, &ada, &to_crew).await.unwrap();
    let welcoming = look(&house.app, &made.code.reveal()).await.unwrap();
    assert_eq!(welcoming.invited_by, "ada");
    assert_eq!(welcoming.room.as_deref(), Some("crew"));
    let bo = join_by_invite(&house.app, &made.code.reveal(), person("bo"), &browser())
        .await
        .unwrap();
    let bo = proof(&house.app, &bo).await;
    assert_eq!(bo.role(), ServerRole::Member);
    assert_eq!(house.rooms_of(bo.user()).await, 2);
}

#[tokio::test]
async fn only_admins_invite_and_only_into_rooms_they_are_in() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    assert_eq!(problem(make(&house.app, &bo, &wanted(1)).await), Problem::NotAllowed);
    assert_eq!(problem(list(&house.app, &bo).await), Problem::NotAllowed);
    let secret = house.closed_room(&bo, "secret").await;
    let to_secret = Wanted {
        room: Some(secret),
        ..wanted(1)
    };
    assert_eq!(problem(make(&house.app, &ada, &to_secret).await), Problem::Gone);

    users::change_role(&house.app, &ada, bo.user(), ServerRole::Admin)
        .await
        .unwrap();
    make(&house.app, &bo, &to_secret).await.unwrap();
    let lines = list(&house.app, &ada).await.unwrap();
    assert_eq!(lines[0].leads_to, LeadsTo::OtherRoom, "its name is the members'");
    assert_eq!(lines[0].made_by, "bo");
}

#[tokio::test]
async fn who_may_no_longer_invite_leaves_no_open_link_behind() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    for end in 0..2 {
        users::change_role(&house.app, &ada, bo.user(), ServerRole::Admin)
            .await
            .unwrap();
        let code = house.invite(&bo, 5).await;
        match end {
            0 => users::change_role(&house.app, &ada, bo.user(), ServerRole::Member)
                .await
                .unwrap(),
            _ => users::remove(&house.app, &ada, bo.user()).await.unwrap(),
        }
        assert_eq!(problem(look(&house.app, &code).await), Problem::InviteGone);
    }
    assert_eq!(list(&house.app, &ada).await.unwrap(), []);
}

#[tokio::test]
async fn uses_days_and_open_links_have_bounds() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    assert_eq!(problem(make(&house.app, &ada, &wanted(0)).await), Problem::Malformed);
    let too_many = make(&house.app, &ada, &wanted(USES_MAX + 1)).await;
    assert_eq!(problem(too_many), Problem::TooMany { max: USES_MAX });
    let too_long = Wanted {
        lifetime_days: Some(LIFETIME_MAX_DAYS + 1),
        ..wanted(1)
    };
    assert_eq!(
        problem(make(&house.app, &ada, &too_long).await),
        Problem::TooMany { max: 365 }
    );

    let mut config = crate::server::config::Config::clone(&house.app.config);
    config.invites.open_max = 2;
    let app = App::from(Parts {
        config: config.into(),
        ..Parts::clone(&house.app)
    });
    let first = make(&app, &ada, &wanted(1)).await.unwrap();
    make(&app, &ada, &wanted(1)).await.unwrap();
    assert_eq!(problem(make(&app, &ada, &wanted(1)).await), Problem::TooMany { max: 2 });
    revoke(&app, &ada, first.invite).await.unwrap();
    make(&app, &ada, &wanted(1)).await.unwrap();
    assert_eq!(
        problem(revoke(&app, &ada, InviteId::from_bytes([1; 16])).await),
        Problem::Gone
    );
}

#[tokio::test]
async fn a_code_is_shown_once_and_neither_printed_nor_stored() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let made = make(&house.app, &ada, &wanted(3)).await.unwrap();
    let code = made.code.reveal();
    assert_eq!(made.link(&house.app), format!("http://127.0.0.1:3000/join/{code}"));
    assert_eq!(code.len(), 22, "128 bits");
    let printed = format!("{made:?} {:?}", list(&house.app, &ada).await.unwrap());
    assert!(!printed.contains(&code));
    let raw = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &code).unwrap();
    for file in std::fs::read_dir(house.folder()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for secret in [code.as_bytes(), &raw] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}
