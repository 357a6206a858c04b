//! Fan-out: what one says in a room reaches everybody there, stored first.

use crate::{
    disk::ms,
    floor,
    ledger::{self, Ledger, Shared, look_up},
    process::{Calls, busy},
    profile::Profile,
    report::{
        Bound::{AtLeast, AtMost},
        Report,
    },
    scale::Scale,
    seed::{Room, room, seed},
    server::Server,
};
use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::mpsc,
    task::{JoinSet, LocalSet},
};
use whilst::wire::Seq;
use whilst_load::{Client, Result, Visitor};

/// Messages under way at once when as much as possible is said.
pub const WINDOW: usize = 64;
/// How often half of the maximum is said.
const PACED_RUNS: usize = 3;
const SPEAKERS_MAX: usize = 64;
const WARM_UP: Duration = Duration::from_millis(700);
const SETTLE_MAX: Duration = Duration::from_secs(20);
const LONE: u32 = 40;
const LONE_EVERY: Duration = Duration::from_millis(40);
/// Frames that a good server has ready for one write when it is busy: the wider the
/// room, the fewer messages a second there can be.
pub const FLOOR_FRAMES_PER_WRITE: [(usize, usize); 2] = [(100, 8), (1_000, 3)];

pub async fn run(scale: &Scale, report: &mut Report) -> Result<()> {
    for (listeners, per_write) in FLOOR_FRAMES_PER_WRITE {
        LocalSet::new()
            .run_until(fan_out(scale, listeners, per_write, report))
            .await?;
    }
    Ok(())
}

async fn fan_out(scale: &Scale, listeners: usize, per_write: usize, report: &mut Report) -> Result<()> {
    let everybody = (0..listeners).collect();
    let seeded = seed("fan-out", listeners, &[Room::of(everybody)]).await?;
    let server = Server::start(&seeded.folder).await?;
    let mut hall = Hall::fill(&server.addr, &seeded.visitors).await?;
    let title = |what: &str| format!("fan-out to {listeners}: {what}");

    // As much as there can be.
    hall.ledger.borrow().window.add_permits(WINDOW);
    let look = report.look(server.pid(), &title("busy"));
    hall.saturate(WARM_UP).await?;
    let calls = Calls::of(server.pid());
    let (before, busy_before, begun) = (hall.deliveries(), busy(server.pid())?, Instant::now());
    hall.saturate(scale.saturated_for).await?;
    let deliveries = (hall.deliveries() - before) as f64;
    let spent = busy(server.pid())?.saturating_sub(busy_before).as_secs_f64();
    let seconds = begun.elapsed().as_secs_f64();
    let counted = calls.stop();
    hall.settle().await?;
    report.looked(look);
    let per_delivery = spent * 1e6 / deliveries;
    let said_per_second = deliveries / seconds / listeners as f64;
    let frame_bytes = hall.ledger.borrow().frame_bytes;

    let floor = floor::measure(listeners, frame_bytes, per_write, scale.saturated_for).await?;
    report.note(title("deliveries"), deliveries / seconds, "/s");
    report.note(title("CPU a delivery"), per_delivery, "µs");
    report.note(title("CPU a delivery of the floor"), floor.micros_per_delivery, "µs");
    let part = floor.micros_per_delivery / per_delivery;
    let title_of_part = title("part of the floor, by CPU");
    report
        .hold(title_of_part, part, "", AtLeast(0.5), AtLeast(0.9))
        .seen_by(look);
    if let Some(counted) = counted {
        let frames = deliveries / counted.writes;
        report.hold(title("frames a write, busy"), frames, "", AtLeast(3.0), AtLeast(3.0));
        report.note(
            title("messages an fsync, busy"),
            deliveries / listeners as f64 / counted.syncs,
            "",
        );
    }

    // Half of it, at times that nobody's answer moves. One time that the disk of a shared machine
    // holds its breath is more than a hundredth of a run: the middle of some counts.
    let every = Duration::from_secs_f64(2.0 / said_per_second);
    let look = report.look(server.pid(), &title("half"));
    Profile::ready().await;
    let mut runs = Vec::new();
    for _ in 0..PACED_RUNS {
        hall.ledger.borrow_mut().micros.reset();
        hall.pace(every, scale.paced_for).await?;
        runs.push(hall.quantiles());
    }
    report.looked(look);
    runs.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let (p50, p99) = runs[runs.len() / 2];
    report.note(title("p50 at half of that"), p50, "ms");
    report.note(title("p99 at half of that, the best run"), runs[0].1, "ms");
    report.note(
        title("p99 at half of that, the worst run"),
        runs[runs.len() - 1].1,
        "ms",
    );
    let title_of_p99 = title("p99 at half of that");
    if listeners == 1_000 {
        report
            .hold(title_of_p99, p99, "ms", AtMost(40.0), AtMost(15.0))
            .seen_by(look);
    } else {
        report.note(title_of_p99, p99, "ms");
    }

    // One message, and nothing to wait for but the disk.
    hall.ledger.borrow_mut().micros.reset();
    hall.pace(LONE_EVERY, LONE_EVERY * LONE).await?;
    report.note(title("a lone message, p50"), hall.quantiles().0, "ms");

    let ledger = hall.leave();
    server.kill()?;
    let looked_up = look_up(&seeded.folder, &[ledger]).await?;
    report.note(title("acknowledged and found stored"), looked_up as f64, "");
    Ok(())
}

/// The runtime's timers come up to two milliseconds late, which is as long as what is
/// measured: the last of it is spent looking at the clock, while others have their turns.
async fn until(at: Instant) {
    const EARLY: Duration = Duration::from_millis(3);
    if let Some(early) = at.checked_sub(EARLY) {
        tokio::time::sleep_until(early.into()).await;
    }
    while Instant::now() < at {
        tokio::task::yield_now().await;
    }
}

/// A room full of connected people.
pub struct Hall {
    pub ledger: Shared,
    speakers: Vec<mpsc::UnboundedSender<Instant>>,
    next_speaker: usize,
    members: JoinSet<Result<()>>,
}

impl Hall {
    pub async fn fill(addr: &str, visitors: &[Visitor]) -> Result<Self> {
        let after = Seq(visitors.len() as u64 + 1);
        let ledger = Ledger::new(room(0), visitors.len(), after);
        let mut hall = Self {
            ledger: ledger.clone(),
            speakers: Vec::new(),
            next_speaker: 0,
            members: JoinSet::new(),
        };
        for visitor in visitors {
            let client = Client::connect(addr, visitor).await?;
            if client.cursor(room(0)).map(|cursor| cursor.seq) != Some(after) {
                return Err("the welcome has another head of the room".into());
            }
            let (speaker, orders) = mpsc::unbounded_channel();
            hall.members.spawn_local(sit(client, ledger.clone(), after, orders));
            if hall.speakers.len() < SPEAKERS_MAX {
                hall.speakers.push(speaker);
            }
        }
        Ok(hall)
    }

    pub fn deliveries(&self) -> u64 {
        self.ledger.borrow().deliveries
    }

    /// Keeps the window full for so long.
    pub async fn saturate(&mut self, time: Duration) -> Result<()> {
        let window: Arc<_> = self.ledger.borrow().window.clone();
        let end = tokio::time::sleep(time);
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => return Ok(()),
                failed = self.members.join_next() => return failure(failed),
                permit = window.acquire() => {
                    permit?.forget();
                    self.say(Instant::now())?;
                }
            }
        }
    }

    /// Says something at fixed times, whatever the answers do, and waits for them at the end.
    async fn pace(&mut self, every: Duration, time: Duration) -> Result<()> {
        let begun = Instant::now();
        let mut at = begun;
        while at < begun + time {
            tokio::select! {
                () = until(at) => {}
                failed = self.members.join_next() => return failure(failed),
            }
            self.say(at)?;
            at += every;
        }
        self.settle().await
    }

    fn say(&mut self, at: Instant) -> Result<()> {
        let speaker = &self.speakers[self.next_speaker];
        self.next_speaker = (self.next_speaker + 1) % self.speakers.len();
        Ok(speaker.send(at)?)
    }

    pub async fn settle(&mut self) -> Result<()> {
        let begun = Instant::now();
        tokio::time::sleep(Duration::from_millis(20)).await;
        while !self.ledger.borrow().is_settled() {
            if begun.elapsed() > SETTLE_MAX {
                return Err("not everybody has heard everything".into());
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
                failed = self.members.join_next() => return failure(failed),
            }
        }
        Ok(())
    }

    fn quantiles(&self) -> (f64, f64) {
        let ledger = self.ledger.borrow();
        (ms(&ledger.micros, 0.5), ms(&ledger.micros, 0.99))
    }

    pub fn leave(mut self) -> Shared {
        self.members.abort_all();
        Rc::clone(&self.ledger)
    }
}

fn failure(ended: Option<std::result::Result<Result<()>, tokio::task::JoinError>>) -> Result<()> {
    match ended {
        Some(Ok(outcome)) => outcome,
        Some(Err(panicked)) => Err(panicked.into()),
        None => Err("nobody is left".into()),
    }
}

/// One member: speaks when told to, checks everything that comes.
async fn sit(
    mut client: Client,
    ledger: Shared,
    mut last: Seq,
    mut orders: mpsc::UnboundedReceiver<Instant>,
) -> Result<()> {
    let mut is_speaker = true;
    loop {
        let said = tokio::select! {
            at = orders.recv(), if is_speaker => {
                is_speaker = at.is_some();
                at.map(|at| ledger.borrow_mut().say(at))
            }
            frame = client.hear_frame() => {
                hear(frame?, &ledger, &mut last)?;
                None
            }
        };
        if let Some((_, key, body)) = said {
            client.send(room(0), key, &body).await?;
        }
        while client.has_heard() {
            hear(client.hear_frame().await?, &ledger, &mut last)?;
        }
    }
}

fn hear(frame: &[u8], ledger: &Shared, last: &mut Seq) -> Result<()> {
    for item in ledger::items(frame) {
        let item = item?;
        if ledger::tells_of_a_room(item) {
            ledger.borrow_mut().hear(last.next(), item, Instant::now())?;
            *last = last.next();
        } else if ledger::refuses(item) {
            return Err("a message was refused".into());
        }
    }
    Ok(())
}
