//! Putting a card away.

use super::sql;
use crate::{
    server::{
        error::Result,
        writer::{Batch, Write},
    },
    wire::{
        EpisodeId, Problem, SessionId, UserId,
        limits::DISMISSED_MAX,
        user_log::{Dismissed, UserValue},
    },
};
use futures_util::future::{BoxFuture, FutureExt};

pub(super) struct Dismissal {
    pub user: UserId,
    pub session: SessionId,
    pub episode: EpisodeId,
}

impl Write for Dismissal {
    type Output = ();
    const LEAVES_SESSIONS: bool = true;

    fn apply<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, Result<()>> {
        self.put_away(batch).boxed()
    }
}

impl Dismissal {
    async fn put_away(&self, batch: &mut Batch<'_>) -> Result<()> {
        batch.demand_session(self.user, self.session).await?;
        // Ids rise with time; one above the newest absence names none of this user's
        // and would only push real ones out.
        let newest = sql::episode(batch.conn(), self.user).await?;
        if newest.is_none_or(|newest| self.episode > newest.episode) {
            return Err(Problem::Gone.into());
        }
        let before = sql::dismissed(batch.conn(), self.user).await?;
        if let Some(after) = union(&before, self.episode) {
            batch.put_user_value(self.user, &UserValue::Dismissed(after)).await?;
        }
        Ok(())
    }
}

/// The set with the episode in it, the oldest beyond the bound dropped; none if that
/// changes nothing.
fn union(before: &Dismissed, episode: EpisodeId) -> Option<Dismissed> {
    let mut episodes = before.episodes.clone();
    let at = episodes.binary_search(&episode).err()?;
    episodes.insert(at, episode);
    let surplus = episodes.len().saturating_sub(DISMISSED_MAX as usize);
    episodes.drain(..surplus);
    (episodes != before.episodes).then_some(Dismissed { episodes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Millis;

    fn episode(n: u64) -> EpisodeId {
        EpisodeId::new(Millis(n), [0; 10])
    }

    #[test]
    fn dismissing_twice_changes_nothing_and_order_does_not_matter() {
        let none = Dismissed::default();
        let ab = union(&union(&none, episode(1)).unwrap(), episode(2)).unwrap();
        let ba = union(&union(&none, episode(2)).unwrap(), episode(1)).unwrap();
        assert_eq!(ab, ba);
        assert_eq!(union(&ab, episode(1)), None);
    }

    #[test]
    fn the_oldest_beyond_the_bound_is_dropped_and_one_older_still_is_not_taken() {
        let max = u64::from(DISMISSED_MAX);
        let full = (1..=max).fold(Dismissed::default(), |set, n| union(&set, episode(n)).unwrap());
        let next = union(&full, episode(max + 1)).unwrap();
        assert_eq!(next.episodes.len() as u64, max);
        assert_eq!(next.episodes[0], episode(2));
        assert_eq!(union(&next, episode(1)), None);
    }
}
