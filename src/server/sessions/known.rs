//! Sessions that were looked up, for as long as nothing was stored that can have ended one.
//!
//! What is stored all the time - messages, what is changed of them, markers, who is here - says of
//! itself that it ends none; whatever else is stored empties the list. So nobody has to remember
//! here what ends a session, or changes a role.

use super::{secret::CodeHash, sql::LiveRow};
use crate::wire::Millis;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The list begins anew when there are so many: some 2 MiB.
const KNOWN_MAX: usize = 16_384;

#[derive(Clone, Default)]
pub struct Known(Arc<Mutex<AsOf>>);

#[derive(Default)]
struct AsOf {
    changes: u64,
    rows: HashMap<CodeHash, LiveRow>,
}

impl Known {
    /// The session of a token, if it was live after so many changes and has not expired since.
    pub fn find(&self, token: &CodeHash, changes: u64, now: Millis) -> Option<LiveRow> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = (known.changes == changes).then_some(&known.rows)?;
        rows.get(token).filter(|row| row.expires_at > now).copied()
    }

    /// Remembers a session that was looked up when there had been so many changes.
    pub fn keep(&self, token: CodeHash, row: LiveRow, changes: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if changes < known.changes {
            return;
        }
        if changes > known.changes || known.rows.len() >= KNOWN_MAX {
            known.rows.clear();
        }
        known.changes = changes;
        known.rows.insert(token, row);
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        server::{
            sessions::{self, Browser, Entered, authenticate, sign_in},
            testing::House,
            users::{
                self,
                testing::{PASSWORD, browser, problem, proof},
            },
        },
        wire::{Problem, membership::ServerRole},
    };

    async fn enters(house: &House, username: &str) -> Entered {
        let entered = sign_in(&house.app, username, PASSWORD, &browser()).await.unwrap();
        // From here on they are known.
        proof(&house.app, &entered).await;
        entered
    }

    async fn is_out(house: &House, entered: &Entered) -> bool {
        let asked = authenticate(&house.app, Some(&entered.token)).await;
        asked.is_err() && problem(asked) == Problem::SignedOut
    }

    #[tokio::test]
    async fn whatever_ends_a_session_ends_it_for_who_is_known() {
        let house = House::open().await;
        let ada = house.sets_up("ada").await;
        house.comes(&ada, "bo").await;

        let left = enters(&house, "bo").await;
        let who = proof(&house.app, &left).await;
        sessions::sign_out(&house.app, &who).await.unwrap();
        assert!(is_out(&house, &left).await);

        let (phone, desk) = (enters(&house, "bo").await, enters(&house, "bo").await);
        let who = proof(&house.app, &desk).await;
        sessions::revoke(&house.app, &who, phone.session).await.unwrap();
        assert!(is_out(&house, &phone).await);

        let held = Browser::new("a test", Some(desk.token.clone()), browser().address());
        sign_in(&house.app, "bo", PASSWORD, &held).await.unwrap();
        assert!(is_out(&house, &desk).await);

        let banned = enters(&house, "bo").await;
        users::ban(&house.app, &ada, banned.user).await.unwrap();
        assert!(is_out(&house, &banned).await);
    }

    #[tokio::test]
    async fn who_is_known_has_the_role_that_was_given_to_them_since() {
        let house = House::open().await;
        let ada = house.sets_up("ada").await;
        house.comes(&ada, "bo").await;
        let entered = enters(&house, "bo").await;
        assert_eq!(proof(&house.app, &entered).await.role(), ServerRole::Member);
        let role = ServerRole::Admin;
        users::change_role(&house.app, &ada, entered.user, role).await.unwrap();
        assert_eq!(proof(&house.app, &entered).await.role(), role);
    }

    #[tokio::test]
    async fn nobody_is_known_for_longer_than_their_session_lasts() {
        let house = House::open().await;
        house.sets_up("ada").await;
        let entered = enters(&house, "ada").await;
        let expires_at = proof(&house.app, &entered).await.expires_at();
        house.clock.set(expires_at);
        assert!(is_out(&house, &entered).await);
    }

    #[tokio::test]
    async fn what_is_said_has_nobody_looked_up_again_and_what_may_end_a_session_has() {
        let house = House::open().await;
        let ada = house.sets_up("ada").await;
        let bo = house.comes(&ada, "bo").await;
        let room = house.open_room(&bo, "hall").await;
        let entered = enters(&house, "ada").await;
        house
            .execute_sql("DELETE FROM sessions WHERE user = (SELECT id FROM users WHERE username = 'ada')")
            .await;
        house.say(&bo, room, "hello").await;
        assert!(!is_out(&house, &entered).await);
        house.open_room(&bo, "attic").await;
        assert!(is_out(&house, &entered).await);
    }
}
