//! Idle: people who are signed in, in fifty rooms each, and say nothing.

use crate::{
    process::{Memory, busy},
    profile::Profile,
    report::{Bound::AtMost, Report},
    scale::Scale,
    seed::{Room, seed},
    server::Server,
};
use std::time::{Duration, Instant};
use tokio::task::{JoinSet, LocalSet};
use whilst_load::{Client, Result, Visitor};

const ROOMS: usize = 500;
const ROOMS_EACH: usize = 50;
const AT_ONCE: usize = 50;
/// Until what only the beginning of a connection takes is over.
const SETTLE: Duration = Duration::from_secs(3);

pub async fn run(scale: &Scale, report: &mut Report) -> Result<()> {
    let (few, many) = scale.idle;
    let step = ROOMS / ROOMS_EACH;
    let rooms: Vec<Room> = (0..ROOMS)
        .map(|nth| Room::of((0..many).filter(|user| user % step == nth % step).collect()))
        .collect();
    let seeded = seed("idle", many, &rooms).await?;
    let server = Server::start(&seeded.folder).await?;
    LocalSet::new()
        .run_until(async {
            let mut members = JoinSet::new();
            connect(&server, &seeded.visitors[..few], &mut members).await?;
            tokio::time::sleep(SETTLE).await;
            let before = Memory::of(server.pid())?;
            connect(&server, &seeded.visitors[few..], &mut members).await?;
            tokio::time::sleep(SETTLE).await;
            let after = Memory::of(server.pid())?;
            let each = |bytes: f64| bytes / (many - few) as f64 / 1_000.0;
            report
                .hold(
                    format!("idle: memory of a connection, {few} to {many}"),
                    each(after.resident() - before.resident()),
                    "KB",
                    AtMost(10.0),
                    AtMost(5.0),
                )
                .because(format!(
                    "{:.2} KB of the heap, {:.2} of threads' stacks and other maps, {:.2} of files",
                    each(after.heap - before.heap),
                    each(after.other - before.other),
                    each(after.files - before.files),
                ));
            report.note("idle: memory in all", after.resident() / 1e6, "MB");
            let look = report.look(server.pid(), "idle");
            Profile::ready().await;
            let (busy_before, begun) = (busy(server.pid())?, Instant::now());
            tokio::time::sleep(scale.idle_for).await;
            let spent = busy(server.pid())?.saturating_sub(busy_before).as_secs_f64() * 1e6;
            let each = spent / begun.elapsed().as_secs_f64() / many as f64;
            report.looked(look);
            let title = "idle: CPU of a connection a second";
            report.hold(title, each, "µs", AtMost(3.0), AtMost(1.0)).seen_by(look);
            if members.try_join_next().is_some() {
                return Err("a connection was lost".into());
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        })
        .await?;
    server.kill()
}

async fn connect(server: &Server, visitors: &[Visitor], members: &mut JoinSet<()>) -> Result<()> {
    for some in visitors.chunks(AT_ONCE) {
        let mut connecting = JoinSet::new();
        for visitor in some {
            let (addr, visitor) = (server.addr.clone(), visitor.clone());
            connecting.spawn_local(async move { Client::connect(&addr, &visitor).await });
        }
        while let Some(client) = connecting.join_next().await {
            let mut client = client??;
            if client.welcome.rooms.len() != ROOMS_EACH {
                return Err("the welcome has another number of rooms".into());
            }
            members.spawn_local(async move { while client.hear_frame().await.is_ok() {} });
        }
    }
    Ok(())
}
