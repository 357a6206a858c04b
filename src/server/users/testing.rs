//! People in tests, who come and go through the true verbs.

use super::{NewPerson, join_by_invite, set_up};
use crate::{
    server::{
        app::App,
        error::{Error, Result},
        invites,
        sessions::{self, Browser, Entered, Signed},
        testing::House,
    },
    wire::{Problem, UserId},
};
use std::net::{IpAddr, Ipv4Addr};

pub const PASSWORD: &str = "correct horse";

pub fn browser() -> Browser {
    Browser::new("a test", None, IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)))
}

pub fn person(username: &str) -> NewPerson {
    NewPerson::parse(username, username, PASSWORD).unwrap()
}

/// The refusal, where something is to be refused.
pub fn problem<T: std::fmt::Debug>(result: Result<T>) -> Problem {
    match result {
        Err(Error::Problem(problem)) => problem,
        other => panic!("not a refusal: {other:?}"),
    }
}

pub async fn proof(app: &App, entered: &Entered) -> Signed {
    sessions::authenticate(app, Some(&entered.token)).await.unwrap()
}

impl House {
    pub async fn sets_up(&self, username: &str) -> Signed {
        let entered = set_up(&self.app, person(username), &browser()).await.unwrap();
        proof(&self.app, &entered).await
    }

    /// The code of an invite that this admin makes.
    pub async fn invite(&self, admin: &Signed, uses_max: u32) -> String {
        let wanted = invites::Wanted {
            uses_max,
            lifetime_days: None,
            room: None,
        };
        invites::make(&self.app, admin, &wanted).await.unwrap().code.reveal()
    }

    /// Somebody new, by an invite of this admin.
    pub async fn comes(&self, admin: &Signed, username: &str) -> Signed {
        let code = self.invite(admin, 1).await;
        let entered = join_by_invite(&self.app, &code, person(username), &browser())
            .await
            .unwrap();
        proof(&self.app, &entered).await
    }

    pub async fn signs_in(&self, username: &str) -> Result<Signed> {
        let entered = sessions::sign_in(&self.app, username, PASSWORD, &browser()).await?;
        Ok(proof(&self.app, &entered).await)
    }

    pub async fn is_signed_in(&self, who: &Signed) -> bool {
        sessions::recheck(&self.app, who).await.is_ok()
    }

    pub async fn role_is(&self, who: &Signed) -> crate::wire::membership::ServerRole {
        sessions::recheck(&self.app, who).await.unwrap().role()
    }

    pub async fn rooms_of(&self, user: UserId) -> usize {
        let mut conn = self.app.store.read().await.unwrap();
        crate::server::memberships::sql::rooms_of(&mut conn, user)
            .await
            .unwrap()
            .len()
    }
}
