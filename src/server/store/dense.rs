//! Numbers that are stored without holes. A row that is missing is a fault of the store, never
//! the end of what there is.

use crate::wire::RoomId;

/// Rows of which at least one is missing.
#[derive(Debug, thiserror::Error)]
#[error("of the rows for {what} {first} to {last} of room {room} at least one is missing")]
pub struct Hole {
    pub what: &'static str,
    pub room: RoomId,
    pub first: u64,
    pub last: u64,
}

impl Hole {
    pub fn at(what: &'static str, room: RoomId, number: u64) -> Self {
        let (first, last) = (number, number);
        Self {
            what,
            room,
            first,
            last,
        }
    }
}

impl From<Hole> for sqlx::Error {
    fn from(hole: Hole) -> Self {
        Self::Decode(hole.into())
    }
}

/// Follows rows as they are read and finds the first that is missing.
#[derive(Debug)]
pub struct Dense {
    what: &'static str,
    room: RoomId,
    next: u64,
    is_rising: bool,
}

impl Dense {
    pub fn rising(what: &'static str, room: RoomId, first: u64) -> Self {
        let (next, is_rising) = (first, true);
        Self {
            what,
            room,
            next,
            is_rising,
        }
    }

    pub fn falling(what: &'static str, room: RoomId, first: u64) -> Self {
        let (next, is_rising) = (first, false);
        Self {
            what,
            room,
            next,
            is_rising,
        }
    }

    /// The next row has this number.
    ///
    /// # Errors
    /// If another should come first.
    pub fn take(&mut self, number: u64) -> Result<(), Hole> {
        if number != self.next {
            return Err(self.hole());
        }
        self.next = if self.is_rising {
            number.saturating_add(1)
        } else {
            number.saturating_sub(1)
        };
        Ok(())
    }

    /// No more rows come, and the last one has this number, or none was to come.
    ///
    /// # Errors
    /// If more should have come.
    pub fn end_at(self, last: u64) -> Result<(), Hole> {
        let is_there = if self.is_rising {
            self.next > last
        } else {
            self.next < last
        };
        if is_there { Ok(()) } else { Err(self.hole()) }
    }

    fn hole(&self) -> Hole {
        Hole::at(self.what, self.room, self.next)
    }
}

/// The same for rows that are counted and not read: so many between two numbers.
///
/// # Errors
/// If there are fewer.
pub fn demand_all_between(
    what: &'static str,
    room: RoomId,
    (after, before): (u64, u64),
    counted: u64,
) -> Result<(), Hole> {
    let (first, last) = (after.saturating_add(1), before.saturating_sub(1));
    if counted == (last + 1).saturating_sub(first) {
        return Ok(());
    }
    Err(Hole {
        what,
        room,
        first,
        last,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(mut dense: Dense, numbers: &[u64], last: u64) -> Option<u64> {
        let taken = numbers.iter().try_for_each(|number| dense.take(*number));
        taken.and_then(|()| dense.end_at(last)).err().map(|hole| hole.first)
    }

    #[test]
    fn missing_row_is_found_at_either_end_and_in_the_middle() {
        let room = RoomId::from_bytes([1; 16]);
        let rising = |numbers: &[u64]| follow(Dense::rising("entry", room, 3), numbers, 6);
        assert_eq!(rising(&[3, 4, 5, 6]), None);
        assert_eq!(rising(&[4, 5, 6]), Some(3));
        assert_eq!(rising(&[3, 4, 6]), Some(5));
        assert_eq!(rising(&[3, 4, 5]), Some(6));
        assert_eq!(rising(&[]), Some(3));
        let falling = |numbers: &[u64]| follow(Dense::falling("message", room, 6), numbers, 3);
        assert_eq!(falling(&[6, 5, 4, 3]), None);
        assert_eq!(falling(&[5, 4, 3]), Some(6));
        assert_eq!(falling(&[6, 4, 3]), Some(5));
        assert_eq!(falling(&[6, 5, 4]), Some(3));
    }

    #[test]
    fn nothing_is_missing_where_nothing_was_to_come() {
        let room = RoomId::from_bytes([1; 16]);
        assert_eq!(follow(Dense::rising("entry", room, 7), &[], 6), None);
        assert_eq!(follow(Dense::falling("message", room, 0), &[], 1), None);
    }

    #[test]
    fn count_below_the_span_is_a_hole() {
        let room = RoomId::from_bytes([1; 16]);
        let is_whole = |after, before, counted| demand_all_between("entry", room, (after, before), counted).is_ok();
        assert!(is_whole(0, 1, 0) && is_whole(3, 7, 3) && is_whole(5, 5, 0));
        assert!(!is_whole(3, 7, 2) && !is_whole(0, 2, 0));
    }
}
