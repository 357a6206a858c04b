//! When people talk: by day, less at night and on weekends, some days more than others.

use super::dice::Dice;
use crate::wire::Millis;

const SLOT_MS: u64 = 15 * 60 * 1_000;
const HOUR_MS: u64 = 60 * 60 * 1_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// How lively each hour of a day is (UTC): asleep, breakfast, noon, a slow afternoon, evening.
const HOURS: [u64; 24] = [
    1, 0, 0, 0, 0, 1, 6, 14, 22, 26, 24, 20, 26, 22, 20, 22, 22, 18, 14, 14, 16, 15, 9, 3,
];
/// Saturdays and Sundays, in tenths of a working day.
const WEEKEND_TENTHS: u64 = 4;

/// Spreads any number of things over a stretch of time, in order and exactly.
pub struct Calendar {
    start: u64,
    end: u64,
    /// Weight of all slots up to and with each.
    sums: Vec<u64>,
}

impl Calendar {
    /// A stretch with nights, weekends and moods.
    pub fn of_days(start: Millis, end: Millis, dice: &mut Dice) -> Self {
        let mut today = 0;
        let mut mood = 0;
        Self::new(start, end, |at| {
            if at / DAY_MS != today || mood == 0 {
                today = at / DAY_MS;
                mood = 5 + dice.below(11);
            }
            rhythm(at) * mood * spark(dice)
        })
    }

    /// A stretch of hours, in which it does not matter what time of day it is.
    pub fn of_hours(start: Millis, end: Millis, dice: &mut Dice) -> Self {
        Self::new(start, end, |_| spark(dice))
    }

    fn new(start: Millis, end: Millis, mut weight: impl FnMut(u64) -> u64) -> Self {
        let mut sum = 0;
        let mut sums = Vec::new();
        let mut at = start.0;
        while at < end.0 {
            sum += weight(at);
            sums.push(sum);
            at += SLOT_MS;
        }
        Self {
            start: start.0,
            end: end.0,
            sums,
        }
    }

    /// The moment of the n-th of so many, counted from zero; never falls as n rises.
    pub fn moment(&self, nth: u64, of: u64) -> Millis {
        let total = self.sums.last().copied().unwrap_or_default();
        let wanted = u128::from(total) * u128::from(nth) / u128::from(of.max(1));
        let wanted = u64::try_from(wanted).unwrap_or(total);
        let slot = self.sums.partition_point(|sum| *sum <= wanted);
        let Some(sum) = self.sums.get(slot) else {
            return Millis(self.end);
        };
        let before = slot.checked_sub(1).map_or(0, |slot| self.sums[slot]);
        let within = SLOT_MS * (wanted - before) / (sum - before).max(1);
        Millis((self.start + slot as u64 * SLOT_MS + within).min(self.end))
    }
}

fn rhythm(at: u64) -> u64 {
    let hour = usize::try_from(at % DAY_MS / HOUR_MS).unwrap_or_default();
    // The first day of Unix time was a Thursday.
    let weekday = (at / DAY_MS + 3) % 7;
    let tenths = if weekday >= 5 { WEEKEND_TENTHS } else { 10 };
    HOURS[hour] * tenths
}

/// Talk comes in bursts: most quarters of an hour are calm, a few are not.
fn spark(dice: &mut Dice) -> u64 {
    let throw = 1 + dice.below(6);
    throw * throw
}
