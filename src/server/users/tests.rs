use super::{passwords::RESET_LIFETIME_MS, testing::*, *};
use crate::{
    server::{
        sessions::{self, sign_in},
        testing::House,
        writer::{Committed, Publication, Told},
    },
    wire::membership::ServerRole,
};

#[tokio::test]
async fn the_first_account_owns_the_server_and_comes_into_general() {
    let house = House::open().await;
    assert!(!is_set_up(&house.app).await.unwrap());
    let ada = house.sets_up("ada").await;
    assert!(is_set_up(&house.app).await.unwrap());
    assert_eq!(ada.role(), ServerRole::Owner);
    let general = house.number_by_sql(
        "SELECT count(*)
           FROM rooms AS r
           JOIN memberships AS m ON m.room = r.id
          WHERE r.name = 'general' AND r.kind = 0 AND m.role = 1 AND m.state = 0",
    );
    assert_eq!(general.await, 1);
    let again = set_up(&house.app, person("bo"), &browser()).await;
    assert_eq!(problem(again), Problem::AlreadySetUp);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_set_ups_at_once_one_wins_and_nothing_is_left_of_the_other() {
    let house = House::open().await;
    let ada_browser = browser();
    let (one, two) = tokio::join!(
        set_up(&house.app, person("ada"), &ada_browser),
        set_up(&house.app, person("bo"), &ada_browser),
    );
    assert!(one.is_ok() != two.is_ok());
    let lost = [one, two].into_iter().find(Result::is_err).unwrap();
    assert_eq!(problem(lost), Problem::AlreadySetUp);
    for (sql, number) in [
        ("SELECT count(*) FROM users", 1),
        ("SELECT count(*) FROM rooms", 1),
        ("SELECT count(*) FROM sessions", 1),
    ] {
        assert_eq!(house.number_by_sql(sql).await, number, "{sql}");
    }
}

#[test]
fn what_somebody_says_about_themselves_is_read_before_anything_is_done() {
    let parse = |name, username, password| NewPerson::parse(name, username, password).map(drop);
    assert_eq!(parse("Ada", "ada", "12345678"), Ok(()));
    assert_eq!(parse("\u{200b}", "ada", "12345678"), Err(Problem::NameEmpty));
    assert_eq!(parse("Ada", "a da", "12345678"), Err(Problem::UsernameUnreadable));
    assert_eq!(
        parse("Ada", "ada", "1234567"),
        Err(Problem::PasswordTooShort { min_chars: 8 })
    );
    assert_eq!(parse("Ada", "ada", "ÄÖÜäöüß€"), Ok(()), "characters, not bytes");
    assert_eq!(parse("Ada", "ada", &"x".repeat(1_025)), Err(Problem::PasswordTooLong));
}

#[tokio::test]
async fn a_name_taken_up_to_case_is_taken_and_costs_no_use_of_the_invite() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let code = house.invite(&ada, 1).await;
    let taken = join_by_invite(&house.app, &code, person("ADA"), &browser()).await;
    assert_eq!(problem(taken), Problem::UsernameTaken);
    assert!(
        join_by_invite(&house.app, &code, person("bo"), &browser())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn who_is_removed_is_out_of_everything_at_once() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    house.open_room(&bo, "boats").await;
    house.heard();
    remove(&house.app, &ada, bo.user()).await.unwrap();

    assert!(!house.is_signed_in(&bo).await);
    assert_eq!(house.rooms_of(bo.user()).await, 0);
    assert_eq!(problem(house.signs_in("bo").await), Problem::WrongPassword);
    let told = house.heard();
    assert!(told.contains(&Told::SessionsEnded {
        user: bo.user(),
        sessions: vec![bo.session()]
    }));
    assert!(
        told.iter()
            .any(|told| matches!(told, Told::Person { person, .. } if person.user == bo.user() && !person.active))
    );
    assert!(!told.contains(&Told::Banned { user: bo.user() }));
}

#[tokio::test]
async fn a_ban_is_one_commit_and_is_told_before_the_sessions_it_ends() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    house.publications();
    ban(&house.app, &ada, bo.user()).await.unwrap();
    let publications = house.publications();
    let [Publication::Batch(told)] = publications.as_slice() else {
        panic!("one commit: {publications:?}");
    };
    let told: Vec<_> = told.iter().cloned().map(Committed::into_inner).collect();
    assert_eq!(told[0], Told::Banned { user: bo.user() });
    assert!(matches!(&told[1], Told::SessionsEnded { user, .. } if *user == bo.user()));
    assert!(
        told.iter().any(|told| matches!(told, Told::Room(_))),
        "the room is told"
    );
    assert_eq!(problem(house.signs_in("bo").await), Problem::WrongPassword);
}

#[tokio::test]
async fn who_is_readmitted_signs_in_again_and_joins_rooms_anew() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    ban(&house.app, &ada, bo.user()).await.unwrap();
    readmit(&house.app, &ada, bo.user()).await.unwrap();
    let back = house.signs_in("bo").await.unwrap();
    assert_eq!(back.user(), bo.user());
    assert_eq!(house.rooms_of(bo.user()).await, 0);
}

#[tokio::test]
async fn the_owner_makes_admins_and_an_admin_governs_members_alone() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    let cleo = house.comes(&ada, "cleo").await;
    let not_allowed = |result: Result<()>| assert_eq!(problem(result), Problem::NotAllowed);
    not_allowed(remove(&house.app, &bo, cleo.user()).await);
    not_allowed(change_role(&house.app, &bo, bo.user(), ServerRole::Admin).await);

    change_role(&house.app, &ada, bo.user(), ServerRole::Admin)
        .await
        .unwrap();
    assert_eq!(house.role_is(&bo).await, ServerRole::Admin);
    not_allowed(change_role(&house.app, &bo, cleo.user(), ServerRole::Admin).await);
    not_allowed(change_role(&house.app, &bo, ada.user(), ServerRole::Member).await);
    not_allowed(change_role(&house.app, &ada, bo.user(), ServerRole::Owner).await);
    not_allowed(ban(&house.app, &bo, ada.user()).await);
    not_allowed(ban(&house.app, &bo, bo.user()).await);
    remove(&house.app, &bo, cleo.user()).await.unwrap();

    change_role(&house.app, &ada, bo.user(), ServerRole::Member)
        .await
        .unwrap();
    // The proof still says admin; the store does not.
    let stale = Signed::past_the_door(bo.user(), bo.session(), ServerRole::Admin);
    not_allowed(readmit(&house.app, &stale, cleo.user()).await);
}

#[tokio::test]
async fn a_member_learns_of_nobody_whether_they_are_there() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    let nobody = UserId::from_bytes([9; 16]);
    assert_eq!(problem(remove(&house.app, &bo, nobody).await), Problem::NotAllowed);
    assert_eq!(problem(remove(&house.app, &ada, nobody).await), Problem::Gone);
    assert_eq!(problem(list_people(&house.app, &bo, None).await), Problem::NotAllowed);
}

#[tokio::test]
async fn a_removal_that_commits_first_wins_over_what_the_removed_one_does() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    change_role(&house.app, &ada, bo.user(), ServerRole::Admin)
        .await
        .unwrap();
    let cleo = house.comes(&ada, "cleo").await;
    remove(&house.app, &ada, bo.user()).await.unwrap();
    // bo's proof was made before.
    assert_eq!(problem(remove(&house.app, &bo, cleo.user()).await), Problem::SignedOut);
    assert_eq!(problem(change_name(&house.app, &bo, "Bo").await), Problem::SignedOut);
    assert!(house.is_signed_in(&cleo).await);
}

#[tokio::test]
async fn changing_the_password_needs_the_old_one_and_ends_all_other_sessions() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let phone = house.signs_in("ada").await.unwrap();
    let address = browser().address();
    let change = |old, new| change_password(&house.app, &ada, old, new, address);
    assert_eq!(
        problem(change("wrong password", "another one").await),
        Problem::WrongPassword
    );
    assert_eq!(
        problem(change(PASSWORD, "short").await),
        Problem::PasswordTooShort { min_chars: 8 }
    );
    assert!(house.is_signed_in(&phone).await);
    change(PASSWORD, "another one").await.unwrap();
    assert!(house.is_signed_in(&ada).await);
    assert!(!house.is_signed_in(&phone).await);
    assert_eq!(problem(house.signs_in("ada").await), Problem::WrongPassword);
    assert!(sign_in(&house.app, "ada", "another one", &browser()).await.is_ok());
}

#[tokio::test]
async fn a_reset_link_works_once_within_a_day_and_ends_all_sessions() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    let link = make_reset(&house.app, &ada, bo.user()).await.unwrap();
    let code = link.code.reveal();
    assert_eq!(link.link(&house.app), format!("http://127.0.0.1:3000/reset/{code}"));
    assert!(!format!("{link:?}").contains(&code));
    assert_eq!(look_at_reset(&house.app, &code).await.unwrap(), "bo");
    reset_password(&house.app, &code, "a new password").await.unwrap();
    assert!(!house.is_signed_in(&bo).await);
    assert!(sign_in(&house.app, "bo", "a new password", &browser()).await.is_ok());
    let again = reset_password(&house.app, &code, "a third password").await;
    assert_eq!(problem(again), Problem::InviteGone);

    let late = make_reset(&house.app, &ada, bo.user()).await.unwrap().code.reveal();
    house.clock.advance(RESET_LIFETIME_MS);
    for code in [late.as_str(), "", "never made", "AAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(
            problem(look_at_reset(&house.app, code).await),
            Problem::InviteGone,
            "{code}"
        );
        let answer = reset_password(&house.app, code, "a third password").await;
        assert_eq!(problem(answer), Problem::InviteGone, "{code}");
    }
}

#[tokio::test]
async fn a_second_reset_link_voids_the_first_and_a_new_role_voids_both() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    let first = make_reset(&house.app, &ada, bo.user()).await.unwrap().code.reveal();
    let second = make_reset(&house.app, &ada, bo.user()).await.unwrap().code.reveal();
    assert_eq!(problem(look_at_reset(&house.app, &first).await), Problem::InviteGone);
    look_at_reset(&house.app, &second).await.unwrap();
    change_role(&house.app, &ada, bo.user(), ServerRole::Admin)
        .await
        .unwrap();
    assert_eq!(problem(look_at_reset(&house.app, &second).await), Problem::InviteGone);
}

#[tokio::test]
async fn a_changed_name_is_told_and_numbered_in_the_directory() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    house.heard();
    change_name(&house.app, &ada, " Ada   L. ").await.unwrap();
    let told = house.heard();
    let [Told::Person { person, .. }] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!((person.name.as_str(), person.dseq.0), ("Ada L.", 2));
    assert_eq!(
        problem(change_name(&house.app, &ada, "\u{202e}").await),
        Problem::NameEmpty
    );
}

#[tokio::test]
async fn admins_see_everybody_with_what_they_may_do_and_no_room_of_others() {
    let house = House::open().await;
    let ada = house.sets_up("ada").await;
    let bo = house.comes(&ada, "bo").await;
    let cleo = house.comes(&ada, "cleo").await;
    change_role(&house.app, &ada, bo.user(), ServerRole::Admin)
        .await
        .unwrap();
    remove(&house.app, &ada, cleo.user()).await.unwrap();
    let rights = |page: PeoplePage| -> Vec<_> {
        let rights = |line: PersonLine| (line.person.username, line.may_change_role, line.may_end, line.may_reset);
        page.people.into_iter().map(rights).collect()
    };
    let line = |name: &str, role, end, reset| (name.to_owned(), role, end, reset);
    let page = list_people(&house.app, &ada, None).await.unwrap();
    assert!(!page.more);
    assert_eq!(
        rights(page),
        [
            line("ada", false, false, true),
            line("bo", true, true, true),
            line("cleo", false, true, false)
        ]
    );
    let bo = sessions::recheck(&house.app, &bo).await.unwrap();
    let page = list_people(&house.app, &bo, Some("ada")).await.unwrap();
    assert_eq!(
        rights(page),
        [line("bo", false, false, false), line("cleo", false, true, false)]
    );

    let secret = house.closed_room(&ada, "secret").await;
    let mut conn = house.app.store.read().await.unwrap();
    let answer = crate::server::memberships::access(&mut conn, &bo, secret).await;
    assert_eq!(problem(answer), Problem::Gone);
}
