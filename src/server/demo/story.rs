//! All rooms together: who speaks when in the whole store, written as it is told.

use super::{
    Options, PASSWORD, Report,
    cast::{CAST, PEOPLE, YOU},
    corpus::Corpus,
    dice::Dice,
    error::Result,
    frame,
    ledger::Ledger,
    play::{Length, Month, Play},
    reading::{self, Heads},
    sql,
    stage::{Move, ROOMS, SHARES, STAGE, Span},
};
use crate::{server::messages, wire::Millis};
use sqlx::SqliteConnection;
use std::iter::Peekable;

/// Between people's arrivals on the first day.
const ARRIVAL_EVERY_MS: u64 = 60 * 1_000;
/// How long before they join their first room late ones get their account.
const ARRIVAL_AHEAD_MS: u64 = 3 * 60 * 1_000;

/// Purposes of dice. Rooms have those after the last.
const OF_LEDGER: u64 = 1;
const OF_READING: u64 = 2;
const OF_ROOMS: u64 = 10;

pub struct Story<'c> {
    month: Month,
    seed: u64,
    plays: Vec<Peekable<Play<'c>>>,
    ledger: Ledger,
    arrivals: [Millis; PEOPLE],
    /// The rooms as the one to sign in as left them.
    left: Option<Heads>,
}

impl<'c> Story<'c> {
    pub fn new(corpus: &'c Corpus, month: Month, options: Options) -> Self {
        let lengths = lengths(options.messages);
        let plays = (OF_ROOMS..)
            .zip(&STAGE)
            .zip(lengths)
            .map(|((purpose, scene), length)| {
                Play::new(corpus, scene, month, length, Dice::new(options.seed, purpose)).peekable()
            })
            .collect();
        let arrivals = std::array::from_fn(|person| arrival(person, month));
        Self {
            month,
            seed: options.seed,
            plays,
            ledger: Ledger::new([month.opening(); ROOMS], arrivals, Dice::new(options.seed, OF_LEDGER)),
            arrivals,
            left: None,
        }
    }

    /// Writes all of it into empty tables.
    pub async fn write(mut self, conn: &mut SqliteConnection, password_hash: &str) -> Result<Report> {
        sql::insert_users(conn, &frame::users(&self.ledger, &self.arrivals, password_hash)).await?;
        sql::insert_rooms(conn, &frame::rooms(&self.ledger)).await?;
        while self.go_on() {
            if self.ledger.rows.is_full() {
                self.flush(conn).await?;
            }
        }
        self.flush(conn).await?;
        sql::set_heads(conn, &frame::heads(&self.ledger)).await?;
        sql::insert_memberships(conn, &frame::memberships(&self.ledger)).await?;
        self.write_reading(conn).await
    }

    /// Takes the earliest act of all rooms; false after the last.
    fn go_on(&mut self) -> bool {
        let next = (0..).zip(&mut self.plays);
        let next = next.filter_map(|(place, play)| Some((play.peek()?.at, place))).min();
        let Some((at, place)) = next else {
            return false;
        };
        if at >= self.month.left && self.left.is_none() {
            self.left = Some(reading::heads(&self.ledger));
        }
        if let Some(act) = self.plays[place].next() {
            self.ledger.record(place, act);
        }
        true
    }

    async fn flush(&mut self, conn: &mut SqliteConnection) -> Result<()> {
        let rows = std::mem::take(&mut self.ledger.rows);
        sql::insert_entries(conn, &rows.entries).await?;
        sql::insert_messages(conn, &rows.messages).await?;
        sql::insert_mentions(conn, &rows.mentions).await?;
        sql::insert_keys(conn, &rows.keys).await?;
        Ok(())
    }

    async fn write_reading(&self, conn: &mut SqliteConnection) -> Result<Report> {
        let left = self.left.unwrap_or_else(|| reading::heads(&self.ledger));
        let mut dice = Dice::new(self.seed, OF_READING);
        let values = reading::user_values(&self.ledger, &left, self.month, &mut dice);
        sql::insert_user_values(conn, &values).await?;
        sql::insert_left_vector(conn, &reading::left_vector(&self.ledger, &left)).await?;
        self.report(conn).await
    }

    /// What waits is counted as it will be when they sign in.
    async fn report(&self, conn: &mut SqliteConnection) -> Result<Report> {
        let rooms = self.ledger.rooms.each_ref().map(|room| room.id);
        let counts = messages::counts_of(conn, self.ledger.users[YOU], &rooms).await?;
        Ok(Report {
            people: PEOPLE as u64,
            rooms: ROOMS as u64,
            messages: self.ledger.messages(),
            entries: self.ledger.entries,
            username: CAST[YOU].username,
            password: PASSWORD,
            unread: counts.values().map(|counts| u64::from(counts.unread)).sum(),
            mentions: counts.values().map(|counts| u64::from(counts.mentions)).sum(),
        })
    }
}

/// How many messages each room has before and after the leaving. What does not
/// divide is said in the first room.
fn lengths(messages: u64) -> [Length; ROOMS] {
    let shares = STAGE.each_ref().map(|scene| messages * scene.share / SHARES);
    let rest = messages - shares.iter().sum::<u64>();
    std::array::from_fn(|place| {
        let all = shares[place] + if place == 0 { rest } else { 0 };
        let after = match STAGE[place].absence.messages {
            Span::Exactly(count) => count,
            Span::AtLeast(least) => least.max(all / 100),
        };
        Length {
            before: all.saturating_sub(after),
            after,
        }
    })
}

/// When a person gets an account: on the first day, or shortly before they join the first room.
fn arrival(person: usize, month: Month) -> Millis {
    let joins = STAGE[0].turns.iter().find(|turn| match turn.doing {
        Move::Join => turn.actor == CAST[person].username,
        _ => false,
    });
    if let Some(turn) = joins {
        return Millis(month.due(turn).0.saturating_sub(ARRIVAL_AHEAD_MS));
    }
    let ahead = (PEOPLE - person) as u64 * ARRIVAL_EVERY_MS;
    Millis(month.opening().0.saturating_sub(ahead))
}
