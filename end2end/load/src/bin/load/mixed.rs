//! People as they are: they switch rooms, scroll back, read, now and then say something,
//! and some come and go. The weights are those that a large chat counted in production,
//! relative to one message said; the pauses are a twentieth of theirs.

use crate::{
    disk::ms,
    ledger::{body, number_of},
    process::busy,
    report::{Bound::AtMost, Report},
    scale::Scale,
    seed::{Room, room, seed},
    server::Server,
};
use hdrhistogram::Histogram;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::{JoinSet, LocalSet};
use whilst::wire::{
    ClientKey, Cursor, Ordinal, RoomId, Seq, ServerItem, command::MarkRead, fetch::News, user_log::Marker,
};
use whilst_load::{Client, Door, Result, Visitor};

const PAUSE: Duration = Duration::from_secs(1);
const SMALL_ROOM: usize = 50;
const SMALL_ROOMS_EACH: usize = 5;
/// Said in each room before.
const SAID_BEFORE: u64 = 300;

#[derive(Clone, Copy)]
enum Deed {
    Say,
    Switch,
    ScrollBack,
    Read,
    Reconnect,
}

const WEIGHTS: [(Deed, u32); 5] = [
    (Deed::Say, 1_000),
    (Deed::Switch, 6_500),
    (Deed::ScrollBack, 2_000),
    (Deed::Read, 1_400),
    (Deed::Reconnect, 144),
];

#[derive(Default)]
struct Tally {
    said: RefCell<Vec<(ClientKey, RoomId)>>,
    deeds: Cell<u64>,
    deliveries: Cell<u64>,
    keys: Cell<u64>,
}

pub async fn run(scale: &Scale, report: &mut Report) -> Result<()> {
    let users = scale.mixed_users;
    let small = users / SMALL_ROOM * SMALL_ROOMS_EACH;
    let mut rooms: Vec<Room> = (0..small)
        .map(|nth| {
            // Neighbours share one room and strangers the others.
            let stride = 1 + nth % SMALL_ROOMS_EACH;
            let start = nth / SMALL_ROOMS_EACH * SMALL_ROOM;
            let mut members: Vec<usize> = (0..SMALL_ROOM).map(|k| (start + k * stride) % users).collect();
            members.sort_unstable();
            members.dedup();
            Room::of(members)
        })
        .collect();
    rooms.push(Room::of((0..users).collect()));
    for room in &mut rooms {
        room.messages = SAID_BEFORE;
    }
    let seeded = seed("mixed", users, &rooms).await?;
    let server = Server::start(&seeded.folder).await?;
    let tally = Rc::new(Tally::default());
    let micros = Rc::new(RefCell::new(Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?));
    let (busy_before, begun) = (busy(server.pid())?, Instant::now());
    LocalSet::new()
        .run_until(async {
            let mut members = JoinSet::new();
            for (nth, visitor) in seeded.visitors.iter().enumerate() {
                let person = Person::come(&server.addr, visitor, nth, tally.clone(), micros.clone()).await?;
                members.spawn_local(person.live(scale.mixed_for));
            }
            while let Some(ended) = members.join_next().await {
                ended??;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        })
        .await?;
    let spent = busy(server.pid())?.saturating_sub(busy_before).as_secs_f64();
    let seconds = begun.elapsed().as_secs_f64();
    report.note(
        format!("mixed, {users} users: deeds"),
        tally.deeds.get() as f64 / seconds,
        "/s",
    );
    report.note("mixed: deliveries checked", tally.deliveries.get() as f64, "");
    report.note("mixed: the server's core is busy", spent / seconds * 100.0, "%");
    report.note("mixed: p50 of a deed", ms(&micros.borrow(), 0.5), "ms");
    report.hold(
        "mixed: p99 of a deed",
        ms(&micros.borrow(), 0.99),
        "ms",
        AtMost(2_000.0),
        AtMost(100.0),
    );
    server.kill()?;
    let stored = crate::sql::stored(&seeded.folder).await?;
    for (key, room) in tally.said.borrow().iter() {
        let found = stored.get(key).ok_or("an acknowledged message is not stored")?;
        if found.0 != *room || found.2 != body(number_of(*key)) {
            return Err("an acknowledged message is stored as something else".into());
        }
    }
    report.note(
        "mixed: acknowledged and found stored",
        tally.said.borrow().len() as f64,
        "",
    );
    Ok(())
}

struct Person {
    addr: String,
    visitor: Visitor,
    client: Client,
    door: Door,
    /// Where each room's log ends, as heard so far.
    heads: HashMap<RoomId, (Cursor, Ordinal)>,
    rooms: Vec<RoomId>,
    dice: u64,
    tally: Rc<Tally>,
    micros: Rc<RefCell<Histogram<u64>>>,
}

impl Person {
    async fn come(
        addr: &str,
        visitor: &Visitor,
        nth: usize,
        tally: Rc<Tally>,
        micros: Rc<RefCell<Histogram<u64>>>,
    ) -> Result<Self> {
        let client = Client::connect(addr, visitor).await?;
        let mut person = Self {
            addr: addr.to_owned(),
            visitor: visitor.clone(),
            door: Door::open(addr, visitor).await?,
            client,
            heads: HashMap::new(),
            rooms: Vec::new(),
            dice: nth as u64 + 1,
            tally,
            micros,
        };
        person.take_welcome();
        Ok(person)
    }

    fn take_welcome(&mut self) {
        let heads = self.client.welcome.rooms.iter();
        self.heads = heads.map(|head| (head.room, (head.cursor, head.ordinal))).collect();
        self.rooms = self.client.welcome.rooms.iter().map(|head| head.room).collect();
    }

    /// Does one thing after another, each at its time whatever the last one took.
    async fn live(mut self, time: Duration) -> Result<()> {
        let begun = Instant::now();
        let mut at = begun + PAUSE.mul_f64(self.roll(1_000) as f64 / 1_000.0);
        while at < begun + time {
            tokio::select! {
                () = tokio::time::sleep_until(at.into()) => {
                    self.act().await?;
                    self.micros.borrow_mut().saturating_record(at.elapsed().as_micros() as u64);
                    self.tally.deeds.set(self.tally.deeds.get() + 1);
                    at += PAUSE.mul_f64(0.5 + self.roll(1_000) as f64 / 1_000.0);
                }
                item = self.client.hear() => {
                    let item = item?;
                    self.hear(&item)?;
                }
            }
        }
        Ok(())
    }

    async fn act(&mut self) -> Result<()> {
        let all = WEIGHTS.iter().map(|(_, weight)| weight).sum::<u32>();
        let mut left = self.roll(u64::from(all)) as u32;
        let mut deed = Deed::Switch;
        for (one, weight) in WEIGHTS {
            if left < weight {
                deed = one;
                break;
            }
            left -= weight;
        }
        let nth = self.roll(self.rooms.len() as u64) as usize;
        let room = self.rooms[nth];
        let (cursor, ordinal) = self.heads[&room];
        match deed {
            Deed::Say => self.say(room).await,
            Deed::Switch => {
                let caught_up = self
                    .door
                    .catch_up(self.client.welcome.epoch, room, Some(cursor))
                    .await?;
                match caught_up.rooms.first().map(|answer| &answer.news) {
                    Some(News::Same(_) | News::Delta(..) | News::Jump(..)) => Ok(()),
                    _ => Err("a member's own cursor was not taken".into()),
                }
            }
            Deed::ScrollBack => {
                let page = self.door.history(room, ordinal, 50).await?;
                match page.messages.len() {
                    50 => Ok(()),
                    other => Err(format!("a page of {other} messages").into()),
                }
            }
            Deed::Read => {
                let marker = Marker { version: 1, ordinal };
                self.client.say(MarkRead { room, marker }.into()).await
            }
            Deed::Reconnect => {
                self.client = Client::connect(&self.addr, &self.visitor).await?;
                self.take_welcome();
                Ok(())
            }
        }
    }

    async fn say(&mut self, to: RoomId) -> Result<()> {
        let number = self.tally.keys.get();
        self.tally.keys.set(number + 1);
        let key = crate::ledger::key(room(0), number);
        self.client.send(to, key, &body(number)).await?;
        loop {
            let item = self.client.hear().await?;
            self.hear(&item)?;
            if matches!(&item, ServerItem::Room(event) if event.row.as_ref().is_some_and(|row| row.client_key == key)) {
                self.tally.said.borrow_mut().push((key, to));
                return Ok(());
            }
        }
    }

    /// Every event is the next of its room, and says what its key says it should.
    fn hear(&mut self, item: &ServerItem) -> Result<()> {
        let event = match item {
            ServerItem::Room(event) => event,
            ServerItem::Rejected(_) | ServerItem::TooFast(_) => return Err(format!("refused: {item:?}").into()),
            _ => return Ok(()),
        };
        let (cursor, ordinal) = self.heads.get_mut(&event.room).ok_or("of a room that is not theirs")?;
        let row = event.row.as_ref().ok_or("an event without a message")?;
        // What was committed between registration and welcome is told twice.
        if event.entry.seq > cursor.seq {
            let is_next = event.entry.seq == Seq(cursor.seq.0 + 1) && row.ordinal == ordinal.next();
            if !is_next || row.text() != body(number_of(row.client_key)) {
                return Err(format!("not the next of its room: {event:?}").into());
            }
            (*cursor, *ordinal) = (event.entry.cursor(), row.ordinal);
        }
        self.tally.deliveries.set(self.tally.deliveries.get() + 1);
        Ok(())
    }

    fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.dice ^ (self.dice >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}
