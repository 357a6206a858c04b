//! Coming back after much or little was missed: the first screen, and all of it.

use crate::{
    ledger::FILLER,
    profile::Profile,
    report::{Bound::AtMost, Report},
    scale::Scale,
    seed::{Room, cursor_before_messages, room, seed},
    server::Server,
};
use std::time::{Duration, Instant};
use whilst::wire::{Cursor, Message, RoomId, Seq, fetch::News, limits::PAGE_SIZE};
use whilst_load::{Client, Door, Result};

const TIMES: usize = 60;
const TIMES_ALL: usize = 3;
const READER: usize = 1;

pub async fn run(scale: &Scale, report: &mut Report) -> Result<()> {
    let rooms: Vec<Room> = scale
        .missed
        .iter()
        .map(|missed| Room {
            messages: *missed,
            ..Room::of(vec![0, READER])
        })
        .collect();
    let seeded = seed("returning", 2, &rooms).await?;
    let server = Server::start(&seeded.folder).await?;
    let reader = Client::connect(&server.addr, &seeded.visitors[READER]).await?;
    let held = reader.held();
    let mut door = Door::open(&server.addr, &seeded.visitors[READER]).await?;
    let left_at = cursor_before_messages(2);
    // Rooms take turns, so that what disturbs the machine disturbs them alike.
    let mut times = vec![Vec::new(); rooms.len()];
    for _ in 0..TIMES {
        for (nth, missed) in scale.missed.iter().enumerate() {
            let begun = Instant::now();
            let caught_up = door.catch_up(held, room(nth), Some(left_at)).await?;
            times[nth].push(begun.elapsed());
            let [answer] = &caught_up.rooms[..] else {
                return Err("an answer for another number of rooms".into());
            };
            let News::Jump(summary, page) = &answer.news else {
                return Err(format!("{missed} missed should be a jump").into());
            };
            let is_whole = u64::from(summary.counts.unread) == *missed
                && summary.head.seq.0 == left_at.seq.0 + missed
                && page.messages.len() == PAGE_SIZE as usize
                && page.messages.iter().all(is_seeded);
            if !is_whole {
                return Err(format!("the first screen after {missed} is not what was said").into());
            }
        }
    }
    // To be looked at costs some of these a third of their time, so others are looked at.
    let look = report.look(server.pid(), "return, first screens");
    Profile::ready().await;
    for nth in 0..TIMES {
        door.catch_up(held, room(nth % rooms.len()), Some(left_at)).await?;
    }
    report.looked(look);
    let medians: Vec<f64> = times.iter_mut().map(|times| median_ms(times)).collect();
    for (missed, ms) in scale.missed.iter().zip(&medians) {
        let title = format!("return: first screen after {missed}");
        report.hold(title, *ms, "ms", AtMost(20.0), AtMost(10.0)).seen_by(look);
    }
    let flat = medians.iter().copied().fold(f64::MIN, f64::max) / medians.iter().copied().fold(f64::MAX, f64::min);
    let title = "return: slowest first screen by quickest";
    report.hold(title, flat, "", AtMost(1.2), AtMost(1.2)).seen_by(look);
    for (nth, missed) in scale.missed.iter().enumerate() {
        let mut times = Vec::new();
        for _ in 0..TIMES_ALL {
            times.push(fetch_all(&mut door, room(nth), left_at, *missed).await?);
        }
        let look = report.look(server.pid(), &format!("return, all {missed}"));
        Profile::ready().await;
        fetch_all(&mut door, room(nth), left_at, *missed).await?;
        report.looked(look);
        let (title, ms) = (format!("return: all {missed}"), median_ms(&mut times));
        if *missed == 10_000 {
            report.hold(title, ms, "ms", AtMost(150.0), AtMost(60.0)).seen_by(look);
        } else {
            report.note(title, ms, "ms");
        }
    }
    server.kill()
}

async fn fetch_all(door: &mut Door, room: RoomId, left_at: Cursor, missed: u64) -> Result<Duration> {
    let begun = Instant::now();
    let head = Seq(left_at.seq.0 + missed);
    let (mut at, mut messages) = (left_at, 0);
    while at.seq < head {
        let delta = door.range(room, at, head).await?;
        let is_next = delta.from == at.seq
            && delta.entries.len() as u64 == delta.to.seq.0 - at.seq.0
            && delta.messages.iter().all(is_seeded);
        if !is_next {
            return Err("a piece of the log is not what was said".into());
        }
        messages += delta.messages.len() as u64;
        at = delta.to;
    }
    if messages != missed {
        return Err("some of what was missed did not come".into());
    }
    Ok(begun.elapsed())
}

fn is_seeded(message: &Message) -> bool {
    let number = message
        .text()
        .strip_prefix("seeded message ")
        .and_then(|rest| rest.strip_suffix(FILLER));
    number.and_then(|number| number.parse().ok()) == Some(message.ordinal.0)
}

pub fn median_ms(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}
