//! How many connections there may be: per user and in all.

use crate::wire::{Problem, UserId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Connections of one server. Each may hold a full lane and a write, so their number bounds its memory.
pub const CONNECTIONS_MAX: u32 = 10_000;

/// The places there are; taken before anything else is made for a connection.
#[derive(Clone, Default)]
pub struct Seats {
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    all: u32,
    by_user: HashMap<UserId, u32>,
}

/// One place, given back when dropped.
pub struct Seat {
    seats: Seats,
    user: UserId,
}

impl Seats {
    /// # Errors
    /// [`Problem::TooMany`] with the bound that was reached.
    pub fn take(&self, user: UserId, per_user_max: u32) -> Result<Seat, Problem> {
        let mut taken = self.lock();
        let own = taken.by_user.get(&user).copied().unwrap_or(0);
        for (number, max) in [(own, per_user_max), (taken.all, CONNECTIONS_MAX)] {
            if number >= max {
                return Err(Problem::TooMany { max });
            }
        }
        taken.all += 1;
        taken.by_user.insert(user, own + 1);
        Ok(Seat {
            seats: self.clone(),
            user,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.all -= 1;
        if let Some(own) = taken.by_user.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                taken.by_user.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_takes_so_many_seats_and_leaves_others_theirs() {
        let seats = Seats::default();
        let (ada, bo) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let mut held = vec![seats.take(ada, 2).unwrap(), seats.take(ada, 2).unwrap()];
        assert_eq!(seats.take(ada, 2).err(), Some(Problem::TooMany { max: 2 }));
        held.push(seats.take(bo, 2).unwrap());
        held.remove(0);
        held.push(seats.take(ada, 2).unwrap());
        drop(held);
        let taken = seats.lock();
        assert_eq!((taken.all, taken.by_user.len()), (0, 0));
    }

    #[test]
    fn all_users_together_take_so_many_seats() {
        let seats = Seats::default();
        let user = |n: u32| UserId::new(crate::wire::Millis(u64::from(n)), [0; 10]);
        let held: Vec<_> = (0..CONNECTIONS_MAX).map(|n| seats.take(user(n), 1).unwrap()).collect();
        let problem = Problem::TooMany { max: CONNECTIONS_MAX };
        assert_eq!(seats.take(user(CONNECTIONS_MAX), 1).err(), Some(problem));
        drop(held);
    }
}
