//! People as they are: they switch rooms, scroll back, read, now and then say something,
//! and some come and go. The weights are those that a large chat counted in production,
//! relative to one message said; the pauses are a twentieth of theirs. Nobody is seen
//! typing and nobody sends a file: there is neither on the wire yet.

use crate::{
    disk::ms,
    ledger::{body, number_of},
    process::busy,
    profile::Profile,
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
    ClientKey, Cursor, Message, Ordinal, RoomId, Seq, ServerItem, command::MarkRead, fetch::News, user_log::Marker,
};
use whilst_load::{Client, Door, Result, Visitor};

const PAUSE: Duration = Duration::from_secs(1);
/// Everybody is in one room of each size; who shares one of them shares few others,
/// because each takes the people in another order, by steps of so many.
const ROOM_SIZES: [(usize, usize); 5] = [(10, 1), (50, 7), (50, 3), (100, 11), (200, 13)];
/// And in the one great room, with many who are not there. One deed in so many is in it.
const GREAT_ROOM: usize = 2_000;
const GREAT_ROOM_EVERY: u64 = 10;
/// So many of ten people are on a phone, whose network goes away now and then.
const PHONES_OF_TEN: usize = 3;
const PHONE_STAYS: Duration = Duration::from_secs(9);
const PHONE_IS_GONE: Duration = Duration::from_secs(1);
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

struct Tally {
    deed_micros: RefCell<Histogram<u64>>,
    return_micros: RefCell<Histogram<u64>>,
    said: RefCell<Vec<(ClientKey, RoomId)>>,
    deeds: Cell<u64>,
    deliveries: Cell<u64>,
    keys: Cell<u64>,
    /// How long it took until all who joined at once were in.
    joined: Cell<Duration>,
}

impl Tally {
    fn new() -> Result<Self> {
        let micros = Histogram::new_with_bounds(1, 60_000_000, 3)?;
        Ok(Self {
            deed_micros: RefCell::new(micros.clone()),
            return_micros: RefCell::new(micros),
            said: RefCell::default(),
            deeds: Cell::default(),
            deliveries: Cell::default(),
            keys: Cell::default(),
            joined: Cell::default(),
        })
    }
}

/// The great room is the first.
fn rooms(users: usize) -> Vec<Room> {
    let mut rooms = vec![Room::of((0..GREAT_ROOM.max(users)).collect())];
    for (size, step) in ROOM_SIZES {
        let order: Vec<usize> = (0..users).map(|nth| nth * step % users).collect();
        rooms.extend(order.chunks(size).map(|members| Room::of(members.to_vec())));
    }
    for room in &mut rooms {
        room.messages = SAID_BEFORE;
    }
    rooms
}

pub async fn run(scale: &Scale, report: &mut Report) -> Result<()> {
    let users = scale.mixed_users;
    let seeded = seed("mixed", GREAT_ROOM.max(users), &rooms(users)).await?;
    let server = Server::start(&seeded.folder).await?;
    let tally = Rc::new(Tally::new()?);
    let look = report.look(server.pid(), "mixed");
    Profile::ready().await;
    let (busy_before, begun) = (busy(server.pid())?, Instant::now());
    LocalSet::new()
        .run_until(async {
            let mut members = JoinSet::new();
            for (nth, visitor) in seeded.visitors.iter().take(users).enumerate() {
                let person = Person::come(&server.addr, visitor, nth, tally.clone()).await?;
                members.spawn_local(person.live(scale.mixed_for));
            }
            let joining: Vec<Visitor> = seeded.visitors[users..].iter().take(users).cloned().collect();
            let joined = tokio::task::spawn_local(join_at_once(server.addr.clone(), joining, scale.mixed_for / 2));
            while let Some(ended) = members.join_next().await {
                ended??;
            }
            tally.joined.set(joined.await??);
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        })
        .await?;
    let spent = busy(server.pid())?.saturating_sub(busy_before).as_secs_f64();
    let seconds = begun.elapsed().as_secs_f64();
    report.looked(look);
    report.note(
        format!("mixed, {users} users: deeds"),
        tally.deeds.get() as f64 / seconds,
        "/s",
    );
    report.note("mixed: deliveries checked", tally.deliveries.get() as f64, "");
    report.note("mixed: the server's core is busy", spent / seconds * 100.0, "%");
    let deeds = tally.deed_micros.borrow().clone();
    let returns = tally.return_micros.borrow().clone();
    report.note("mixed: p50 of a deed", ms(&deeds, 0.5), "ms");
    let p99 = ms(&deeds, 0.99);
    report
        .hold("mixed: p99 of a deed", p99, "ms", AtMost(2_000.0), AtMost(100.0))
        .seen_by(look);
    report.note("mixed: phones came back and caught up", returns.len() as f64, "");
    report.note("mixed: p99 of that", ms(&returns, 0.99), "ms");
    let joined = tally.joined.get();
    report.note(
        "mixed: as many more joined at once, within",
        joined.as_secs_f64() * 1e3,
        "ms",
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

/// People of the great room who all come in one moment, while the others go on with what they do,
/// and who listen from then on.
async fn join_at_once(addr: String, visitors: Vec<Visitor>, after: Duration) -> Result<Duration> {
    tokio::time::sleep(after).await;
    let begun = Instant::now();
    let mut coming = JoinSet::new();
    for visitor in visitors {
        let addr = addr.clone();
        coming.spawn_local(async move { Client::connect(&addr, &visitor).await });
    }
    while let Some(client) = coming.join_next().await {
        let mut client = client??;
        tokio::task::spawn_local(async move { while client.hear_frame().await.is_ok() {} });
    }
    Ok(begun.elapsed())
}

struct Person {
    addr: String,
    visitor: Visitor,
    client: Client,
    door: Door,
    /// Where each room's log ends, as heard so far.
    heads: HashMap<RoomId, (Cursor, Ordinal)>,
    /// All but the great one.
    rooms: Vec<RoomId>,
    is_on_a_phone: bool,
    dice: u64,
    tally: Rc<Tally>,
}

impl Person {
    async fn come(addr: &str, visitor: &Visitor, nth: usize, tally: Rc<Tally>) -> Result<Self> {
        let client = Client::connect(addr, visitor).await?;
        let heads = &client.welcome.rooms;
        Ok(Self {
            addr: addr.to_owned(),
            visitor: visitor.clone(),
            door: Door::open(addr, visitor).await?,
            heads: heads
                .iter()
                .map(|head| (head.room, (head.cursor, head.ordinal)))
                .collect(),
            rooms: heads
                .iter()
                .map(|head| head.room)
                .filter(|small| *small != room(0))
                .collect(),
            client,
            is_on_a_phone: nth % 10 < PHONES_OF_TEN,
            dice: nth as u64 + 1,
            tally,
        })
    }

    /// Does one thing after another, each at its time whatever the last one took.
    async fn live(mut self, time: Duration) -> Result<()> {
        let begun = Instant::now();
        let mut at = begun + PAUSE.mul_f64(self.roll(1_000) as f64 / 1_000.0);
        let mut goes_at = begun + PHONE_STAYS.mul_f64(self.roll(1_000) as f64 / 1_000.0);
        while at < begun + time {
            tokio::select! {
                () = tokio::time::sleep_until(goes_at.into()), if self.is_on_a_phone => {
                    self = self.drop_and_return().await?;
                    goes_at += PHONE_STAYS;
                    // Who is not there does nothing.
                    at = at.max(Instant::now());
                }
                () = tokio::time::sleep_until(at.into()) => {
                    self.act().await?;
                    self.tally.deed_micros.borrow_mut().saturating_record(at.elapsed().as_micros() as u64);
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
        let room = if self.roll(GREAT_ROOM_EVERY) == 0 {
            room(0)
        } else {
            let nth = self.roll(self.rooms.len() as u64) as usize;
            self.rooms[nth]
        };
        let (cursor, ordinal) = self.heads[&room];
        match deed {
            Deed::Say => self.say(room).await,
            Deed::Switch => {
                let caught_up = self.door.catch_up(self.client.held(), room, Some(cursor)).await?;
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
                self.catch_up().await
            }
        }
    }

    /// The network is gone, without a word, and is there again.
    async fn drop_and_return(self) -> Result<Self> {
        drop(self.client);
        tokio::time::sleep(PHONE_IS_GONE).await;
        let begun = Instant::now();
        let client = Client::connect(&self.addr, &self.visitor).await?;
        let mut back = Self { client, ..self };
        back.catch_up().await?;
        let micros = begun.elapsed().as_micros() as u64;
        back.tally.return_micros.borrow_mut().saturating_record(micros);
        Ok(back)
    }

    /// Asks for each room of which the welcome knows more, and checks what comes: it
    /// follows what was heard before, and is what was said.
    async fn catch_up(&mut self) -> Result<()> {
        for head in &self.client.welcome.rooms {
            let known = self.heads.get_mut(&head.room).ok_or("of a room that is not theirs")?;
            let (cursor, ordinal) = *known;
            if head.cursor == cursor {
                continue;
            }
            let held = self.client.held();
            let caught_up = self.door.catch_up(held, head.room, Some(cursor)).await?;
            let Some(News::Delta(summary, delta)) = caught_up.rooms.first().map(|answer| &answer.news) else {
                return Err("what was missed should be a delta".into());
            };
            let is_whole = delta.from == cursor.seq
                && delta.to == summary.head
                && delta.to.seq >= head.cursor.seq
                && delta.entries.len() as u64 == delta.to.seq.0 - cursor.seq.0
                && delta.messages.len() as u64 == summary.ordinal.0 - ordinal.0;
            let is_right = |message: &Message| message.text() == body(number_of(message.client_key));
            if !is_whole || !delta.messages.iter().all(is_right) {
                return Err(format!("what was missed is not what was said: {delta:?}").into());
            }
            self.tally
                .deliveries
                .set(self.tally.deliveries.get() + delta.messages.len() as u64);
            *known = (summary.head, summary.ordinal);
        }
        Ok(())
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
