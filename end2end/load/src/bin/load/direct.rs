//! Direct messages: many pairs talk at once, each message on the disk before its answer.

use crate::{
    disk::{Disk, ms},
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
use hdrhistogram::Histogram;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::task::{JoinSet, LocalSet};
use whilst::wire::{RoomId, Seq};
use whilst_load::{Client, Result};

const SENDERS: usize = 256;
const WARM_UP: Duration = Duration::from_millis(700);
const ALONE: usize = 200;
/// Everybody joined a room of two by its third entry.
const JOINED: Seq = Seq(3);

/// What all senders share.
struct Talk {
    goes_on: Cell<bool>,
    answered: Cell<u64>,
    micros: RefCell<Histogram<u64>>,
}

pub async fn run(scale: &Scale, disk: &Disk, report: &mut Report) -> Result<()> {
    let rooms: Vec<Room> = (0..SENDERS / 2)
        .map(|nth| Room {
            is_direct: true,
            ..Room::of(vec![2 * nth, 2 * nth + 1])
        })
        .collect();
    let seeded = seed("direct", SENDERS, &rooms).await?;
    let server = Server::start(&seeded.folder).await?;
    let ledgers: Vec<Shared> = (0..rooms.len()).map(|nth| Ledger::new(room(nth), 2, JOINED)).collect();
    let talk = Rc::new(Talk {
        goes_on: Cell::new(true),
        answered: Cell::new(0),
        micros: RefCell::new(Histogram::new_with_bounds(1, 60_000_000, 3)?),
    });
    LocalSet::new()
        .run_until(async {
            let mut members = JoinSet::new();
            let mut clients = Vec::new();
            for visitor in &seeded.visitors {
                clients.push(Client::connect(&server.addr, visitor).await?);
            }
            // Nobody talks before everybody listens.
            for (nth, client) in clients.into_iter().enumerate() {
                let ledger = ledgers[nth / 2].clone();
                members.spawn_local(converse(client, room(nth / 2), ledger, talk.clone()));
            }
            let look = report.look(server.pid(), "direct");
            pass(WARM_UP, &mut members).await?;
            talk.micros.borrow_mut().reset();
            let calls = Calls::of(server.pid());
            let (before, busy_before, begun) = (talk.answered.get(), busy(server.pid())?, Instant::now());
            pass(scale.direct_for, &mut members).await?;
            let answered = (talk.answered.get() - before) as f64;
            let spent = busy(server.pid())?.saturating_sub(busy_before).as_secs_f64();
            let seconds = begun.elapsed().as_secs_f64();
            let counted = calls.stop();
            talk.goes_on.set(false);
            // Everybody has heard the last of both.
            let mut left = Vec::new();
            while let Some(member) = members.join_next().await {
                left.push(member??);
            }
            report.looked(look);
            report
                .hold(
                    "direct, 256 senders: acknowledged",
                    answered / seconds,
                    "/s",
                    AtLeast(10_000.0),
                    AtLeast(20_000.0),
                )
                .seen_by(look);
            report.note("direct, 256 senders: CPU a message", spent * 1e6 / answered, "µs");
            if let Some(counted) = counted {
                report.hold(
                    "direct, 256 senders: messages an fsync",
                    answered / counted.syncs,
                    "",
                    AtLeast(20.0),
                    AtLeast(40.0),
                );
            }
            report.note("direct, 256 senders: p50", ms(&talk.micros.borrow(), 0.5), "ms");
            report.note("direct, 256 senders: p99", ms(&talk.micros.borrow(), 0.99), "ms");
            alone((server.pid(), disk), &mut left, &ledgers, &talk, report).await
        })
        .await?;
    server.kill()?;
    let looked_up = look_up(&seeded.folder, &ledgers).await?;
    report.note("direct: acknowledged and found stored", looked_up as f64, "");
    Ok(())
}

/// One who talks while all others are silent.
async fn alone(
    (server, disk): (u32, &Disk),
    left: &mut [Left],
    ledgers: &[Shared],
    talk: &Talk,
    report: &mut Report,
) -> Result<()> {
    talk.micros.borrow_mut().reset();
    let pair = left.first().ok_or("nobody is left")?.room;
    let ledger = ledgers
        .iter()
        .find(|ledger| ledger.borrow().room() == pair)
        .ok_or("no such room")?;
    // The other of the pair has to hear it too, or the ledger would not be closed.
    let mut two: Vec<&mut Left> = left.iter_mut().filter(|member| member.room == pair).collect();
    let look = report.look(server, "direct, one sender");
    Profile::ready().await;
    for _ in 0..ALONE {
        let begun = Instant::now();
        let (_, key, body) = ledger.borrow_mut().say(begun);
        two[0].client.send(pair, key, &body).await?;
        two[0].hear(ledger, None).await?;
        talk.micros.borrow_mut().record(begun.elapsed().as_micros() as u64)?;
        two[1].hear(ledger, None).await?;
    }
    report.looked(look);
    let p50 = ms(&talk.micros.borrow(), 0.5);
    let (must, goal) = (disk.p50_ms * 1.3 + 1.0, disk.p50_ms * 1.3 + 0.3);
    report
        .hold("direct, one sender: p50", p50, "ms", AtMost(must), AtMost(goal))
        .seen_by(look);
    report.note("direct, one sender: p99", ms(&talk.micros.borrow(), 0.99), "ms");
    Ok(())
}

async fn pass(time: Duration, members: &mut JoinSet<Result<Left>>) -> Result<()> {
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(()),
        ended = members.join_next() => match ended {
            Some(ended) => ended?.and(Err("somebody left early".into())),
            None => Err("nobody is left".into()),
        },
    }
}

/// Who has stopped talking, and how far they have heard.
struct Left {
    client: Client,
    room: RoomId,
    last: Seq,
}

impl Left {
    /// Hears the next frame. True if the message of this number was in it.
    async fn hear(&mut self, ledger: &Shared, number: Option<u64>) -> Result<bool> {
        let mut is_there = false;
        for item in ledger::items(self.client.hear_frame().await?) {
            let item = item?;
            if ledger::tells_of_a_room(item) {
                self.last = self.last.next();
                let heard = ledger.borrow_mut().hear(self.last, item, Instant::now())?;
                is_there |= number == Some(heard);
            } else if ledger::refuses(item) {
                return Err("a message was refused".into());
            }
        }
        Ok(is_there)
    }
}

/// Says the next as soon as the last was answered; at the end hears what is on its way.
async fn converse(client: Client, room: RoomId, ledger: Shared, talk: Rc<Talk>) -> Result<Left> {
    let mut left = Left {
        client,
        room,
        last: JOINED,
    };
    while talk.goes_on.get() {
        let begun = Instant::now();
        let (own, key, body) = ledger.borrow_mut().say(begun);
        left.client.send(room, key, &body).await?;
        while !left.hear(&ledger, Some(own)).await? {}
        talk.answered.set(talk.answered.get() + 1);
        talk.micros.borrow_mut().record(begun.elapsed().as_micros() as u64)?;
    }
    while left.last.0 < JOINED.0 + ledger.borrow().said() {
        left.hear(&ledger, None).await?;
    }
    Ok(left)
}
