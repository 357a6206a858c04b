//! What is measured, and how.

use super::{
    baseline::{Figure, Measured},
    counting::Counting,
    lock_step::{Burst, LockStep},
    trace,
};
use crate::{
    fan_out::{FLOOR_FRAMES_PER_WRITE, Hall, WINDOW},
    floor::{self, Answering},
    process::busy,
    seed::{Room, Seeded, room, seed_at},
};
use std::{path::Path, process::Command, time::Duration};
use tokio::task::LocalSet;
use whilst_load::{Client, Result, Visitor};

const ALLOCATIONS_AN_ANSWER: Figure = Figure::counted(
    "allocations an acknowledgement",
    "a message between two people, said, stored and told to both, and nothing else going on",
);
const BYTES_AN_ANSWER: Figure = Figure::counted("bytes allocated an acknowledgement", "all of those together");
const ALLOCATIONS_A_DELIVERY: Figure = Figure::counted_to(
    0.05,
    "allocations a delivery",
    "what each further listener adds to one message, from 2 of them to 500",
);
const BYTES_A_DELIVERY: Figure = Figure::counted_to(8.0, "bytes allocated a delivery", "all of those together");
const ALLOCATIONS_A_BURST: Figure = Figure::counted(
    "allocations a message of a burst",
    "one of 16 that somebody says to another in as many rooms at once",
);
const BYTES_KEPT: Figure = Figure::counted(
    "bytes kept for an idle connection",
    "what the allocator holds for somebody who is signed in, in 50 rooms, from 100 of them to 500",
);
const CALLS_AN_ANSWER: Figure = Figure::counted(
    "system calls an acknowledgement",
    "the same message; waiting and waking are in it, and no more of them than it needs",
);
const CALLS_A_BURST: Figure = Figure::counted("system calls a message of a burst", "the same messages");
const CALLS_A_DELIVERY: Figure = Figure::counted_to(
    0.05,
    "system calls a delivery",
    "what each further listener adds, from 2 of them to 200",
);
const CPU_TO_100: Figure = Figure::compared(
    "CPU of a delivery to 100, by the floor",
    "64 messages under way; the floor writes 8 frames at once",
);
const CPU_TO_1_000: Figure = Figure::compared(
    "CPU of a delivery to 1,000, by the floor",
    "64 messages under way; the floor writes 3 frames at once",
);
const ANSWER: Figure = Figure::compared(
    "time of an acknowledgement, by the floor",
    "from the word to the second who hears it, the quickest tenth; the floor answers and stores nothing",
);
pub const WASM: Figure = Figure::counted("WASM, bytes", "as a browser loads it, by brotli");

/// What is measured in one go, and again if one of it is missed.
#[derive(Clone, Copy)]
pub enum Group {
    Allocations,
    SystemCalls,
    Processor,
    Answer,
    Wasm,
}

pub const GROUPS: [Group; 5] = [
    Group::Allocations,
    Group::SystemCalls,
    Group::Processor,
    Group::Answer,
    Group::Wasm,
];

/// Rooms of the two who talk, in which they say something at once.
const BURST: usize = 16;
const FEW: usize = 100;
const MANY: usize = 500;
const MANY_TRACED: usize = 200;
/// Rooms in all, and rooms of one person, besides those in which is talked.
const ROOMS: usize = 500;
const ROOMS_EACH: usize = 50;
/// Until every queue has its size and every statement is prepared.
const WARM_UP: usize = 10;
/// One person says all of these, and 1,000 in all is what the settings allow at once.
const IN_HALL: usize = 60;
const IN_PAIR: usize = 250;
const BURSTS: usize = 30;

impl Group {
    /// Nothing where there is nothing to measure, which is so where no browser's part was built.
    ///
    /// # Errors
    /// Where it cannot be measured.
    pub async fn measure(self, memory: &Path) -> Result<Vec<Measured>> {
        match self {
            Self::Allocations => allocations(memory).await,
            Self::SystemCalls => system_calls(memory).await,
            Self::Processor => LocalSet::new().run_until(processor(memory)).await,
            Self::Answer => answer(memory).await,
            Self::Wasm => wasm(),
        }
    }
}

/// Everybody is in the first room, two are in the second and in those of the bursts, and
/// all are in 50 silent ones.
async fn house(memory: &Path, people: usize) -> Result<Seeded> {
    let step = ROOMS / ROOMS_EACH;
    let mut rooms = vec![Room::of((0..people).collect())];
    rooms.push(Room {
        is_direct: true,
        ..Room::of(vec![0, 1])
    });
    rooms.extend((0..BURST).map(|_| Room::of(vec![0, 1])));
    rooms.extend((0..ROOMS).map(|nth| Room::of((0..people).filter(|user| user % step == nth % step).collect())));
    seed_at(memory.join("house"), people, &rooms).await
}

fn burst() -> Burst {
    Burst::of((2..2 + BURST).map(room))
}

async fn come(addr: &str, visitors: &[Visitor], clients: &mut Vec<Client>) -> Result<()> {
    for visitor in visitors {
        clients.push(Client::connect(addr, visitor).await?);
    }
    Ok(())
}

async fn allocations(memory: &Path) -> Result<Vec<Measured>> {
    let seeded = house(memory, MANY).await?;
    let mut server = Counting::start(&seeded.folder).await?;
    let mut clients = Vec::new();
    come(&server.addr, &seeded.visitors[..FEW], &mut clients).await?;
    let few = server.calm().await?;
    come(&server.addr, &seeded.visitors[FEW..], &mut clients).await?;
    let many = server.calm().await?;
    let kept = (many.held - few.held) / (MANY - FEW) as f64;

    let mut pair = LockStep::of(room(1), 2);
    pair.rounds(&mut clients[..2], WARM_UP).await?;
    let before = server.allocated()?;
    pair.rounds(&mut clients[..2], IN_PAIR).await?;
    let after = server.allocated()?;
    let times = (after.times - before.times) / IN_PAIR as f64;
    let bytes = (after.bytes - before.bytes) / IN_PAIR as f64;

    let mut burst = burst();
    burst.rounds(&mut clients[..2], WARM_UP).await?;
    let before = server.allocated()?.times;
    burst.rounds(&mut clients[..2], BURSTS).await?;
    let in_burst = (server.allocated()?.times - before) / (BURST * BURSTS) as f64;

    let mut hall = LockStep::of(room(0), MANY);
    hall.rounds(&mut clients, WARM_UP).await?;
    let before = server.allocated()?;
    hall.rounds(&mut clients, IN_HALL).await?;
    let after = server.allocated()?;
    let in_hall = |spent: f64| spent / IN_HALL as f64;
    let further = (MANY - 2) as f64;
    server.end()?;
    Ok(vec![
        ALLOCATIONS_AN_ANSWER.is(times),
        BYTES_AN_ANSWER.is(bytes),
        ALLOCATIONS_A_BURST.is(in_burst),
        ALLOCATIONS_A_DELIVERY.is((in_hall(after.times - before.times) - times) / further),
        BYTES_A_DELIVERY.is((in_hall(after.bytes - before.bytes) - bytes) / further),
        BYTES_KEPT.is(kept),
    ])
}

async fn system_calls(memory: &Path) -> Result<Vec<Measured>> {
    let seeded = house(memory, MANY_TRACED).await?;
    let log = memory.join("calls");
    let mut server = Counting::start_traced(&seeded.folder, &log).await?;
    let mut clients = Vec::new();
    come(&server.addr, &seeded.visitors, &mut clients).await?;
    server.calm().await?;
    let mut pair = LockStep::of(room(1), 2);
    pair.rounds(&mut clients[..2], WARM_UP).await?;
    server.allocated()?;
    pair.rounds(&mut clients[..2], IN_PAIR).await?;
    server.allocated()?;
    let mut burst = burst();
    burst.rounds(&mut clients[..2], WARM_UP).await?;
    server.allocated()?;
    burst.rounds(&mut clients[..2], BURSTS).await?;
    server.allocated()?;
    let mut hall = LockStep::of(room(0), MANY_TRACED);
    hall.rounds(&mut clients, WARM_UP).await?;
    server.allocated()?;
    hall.rounds(&mut clients, IN_HALL).await?;
    server.allocated()?;
    server.end()?;
    let spans = trace::between_marks(&log)?;
    let [.., in_pair, _, in_burst, _, in_hall, _end] = &spans[..] else {
        return Err("the log of the system calls has no marks".into());
    };
    let an_answer = in_pair / IN_PAIR as f64;
    let a_delivery = (in_hall / IN_HALL as f64 - an_answer) / (MANY_TRACED - 2) as f64;
    Ok(vec![
        CALLS_AN_ANSWER.is(an_answer),
        CALLS_A_BURST.is(in_burst / (BURST * BURSTS) as f64),
        CALLS_A_DELIVERY.is(a_delivery),
    ])
}

const SLICES: u32 = 4;
const SLICE: Duration = Duration::from_millis(600);

async fn processor(memory: &Path) -> Result<Vec<Measured>> {
    let mut figures = Vec::new();
    for ((listeners, per_write), figure) in FLOOR_FRAMES_PER_WRITE.into_iter().zip([CPU_TO_100, CPU_TO_1_000]) {
        let seeded = seed_at(memory.join("fan-out"), listeners, &[Room::of((0..listeners).collect())]).await?;
        let server = Counting::start(&seeded.folder).await?;
        let mut hall = Hall::fill(&server.addr, &seeded.visitors).await?;
        hall.ledger.borrow().window.add_permits(WINDOW);
        hall.saturate(SLICE).await?;
        // The quickest of some: a neighbour on the machine empties caches, and never fills them.
        let mut least = f64::MAX;
        for _ in 0..SLICES {
            let (deliveries, spent) = (hall.deliveries(), busy(server.pid())?);
            hall.saturate(SLICE).await?;
            let spent = busy(server.pid())?.saturating_sub(spent).as_secs_f64() * 1e6;
            least = least.min(spent / (hall.deliveries() - deliveries) as f64);
        }
        hall.settle().await?;
        let frame_bytes = hall.ledger.borrow().frame_bytes;
        hall.leave();
        server.end()?;
        let mut floor = f64::MAX;
        for _ in 0..SLICES / 2 {
            let measured = floor::measure(listeners, frame_bytes, per_write, SLICE).await?;
            floor = floor.min(measured.micros_per_delivery);
        }
        figures.push(figure.is(least / floor));
    }
    Ok(figures)
}

const TURNS: usize = 12;
const ANSWERS_A_TURN: usize = 80;

async fn answer(memory: &Path) -> Result<Vec<Measured>> {
    let pair = Room {
        is_direct: true,
        ..Room::of(vec![0, 1])
    };
    let seeded = seed_at(memory.join("pair"), 2, &[pair]).await?;
    let server = Counting::start(&seeded.folder).await?;
    let mut clients = Vec::new();
    come(&server.addr, &seeded.visitors, &mut clients).await?;
    let mut pair = LockStep::of(room(0), 2);
    pair.rounds(&mut clients, WARM_UP).await?;
    let mut floor = Answering::start(pair.frame_bytes()).await?;
    floor.rounds(WARM_UP).await?;
    let (mut answers, mut least) = (Vec::new(), Vec::new());
    // They take turns, so that what disturbs the machine disturbs them alike.
    for _ in 0..TURNS {
        answers.extend(pair.rounds(&mut clients, ANSWERS_A_TURN).await?);
        least.extend(floor.rounds(ANSWERS_A_TURN).await?);
    }
    server.end()?;
    Ok(vec![ANSWER.is(quick(&mut answers) / quick(&mut least))])
}

/// What the quickest tenth does not exceed: a wait in the code is in every one of them.
fn quick(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 10].as_secs_f64()
}

/// Of what was built last, if anything was.
fn wasm() -> Result<Vec<Measured>> {
    if !Path::new("target/site/pkg").is_dir() {
        return Ok(Vec::new());
    }
    let weighed = Command::new("node")
        .args(["tools/wasm-size.mjs", "target/site", "1000000000"])
        .output()?;
    let said = String::from_utf8(weighed.stdout)?;
    let bytes = said.strip_prefix("wasm: ").and_then(|said| said.split(' ').next());
    Ok(match bytes.map(str::parse).transpose()? {
        Some(bytes) if weighed.status.success() => vec![WASM.is(bytes)],
        _ => Vec::new(),
    })
}
