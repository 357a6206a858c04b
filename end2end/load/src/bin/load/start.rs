//! Killed and started with much in the store: how soon somebody is let in, how much
//! memory it takes, and whether a long room opens like a short one.

use crate::{
    process::Memory,
    report::{Bound::AtMost, Report},
    returning::median_ms,
    scale::Scale,
    seed::sign_in,
    server::{FOLDER, Server, binary},
    sql::stored_after,
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use whilst::wire::{ClientKey, Ordinal, RoomId, ServerItem, fetch::News};
use whilst_load::{Client, Door, Result, Socket, Visitor};

const STARTS: u64 = 5;
/// Said before each crash, and acknowledged when it comes; of the others nobody knows.
const SAID: u64 = 20;
const ACKNOWLEDGED: usize = 10;
const SETTLE: Duration = Duration::from_secs(2);
const TIMES: usize = 60;
const PAGE: u32 = 50;

pub async fn run(scale: &Scale, report: &mut Report) -> Result<()> {
    let (small, great) = scale.stored;
    let small = Demo::of(small).await?;
    let demo = Demo::of(great).await?;
    let (mut times, mut looked_up) = (Vec::new(), 0);
    for nth in 0..STARTS {
        let server = crash_and_start(&demo, nth, &mut times, &mut looked_up).await?;
        server.kill()?;
    }
    let title = |what: &str| format!("start with {great} messages: {what}");
    report.hold(
        title("first accepted socket"),
        median_ms(&mut times),
        "ms",
        AtMost(200.0),
        AtMost(50.0),
    );
    report.note(
        "start: acknowledged before crashes and found stored",
        looked_up as f64,
        "",
    );
    let server = Server::start(&demo.folder).await?;
    tokio::time::sleep(SETTLE).await;
    let idle = Memory::of(server.pid())?;
    report
        .hold(
            title("memory, idle"),
            idle.resident() / 1e6,
            "MB",
            AtMost(40.0),
            AtMost(12.0),
        )
        .because(format!(
            "{:.1} MB of the program and its libraries, {:.1} of the heap, {:.1} of threads' stacks and other maps",
            idle.files / 1e6,
            idle.heap / 1e6,
            idle.other / 1e6,
        ));
    let long = demo.look(&server).await?;
    server.kill()?;
    let server = Server::start(&small.folder).await?;
    let short = small.look(&server).await?;
    server.kill()?;
    report.note(title("a room's page"), long.0, "ms");
    report.note(title("a page before the middle"), long.1, "ms");
    let page = long.0 / short.0;
    report.hold(
        "a room's page, great store by small",
        page,
        "",
        AtMost(1.5),
        AtMost(1.2),
    );
    let older = long.1 / short.1;
    report.hold(
        "an older page, great store by small",
        older,
        "",
        AtMost(1.5),
        AtMost(1.2),
    );
    Ok(())
}

/// Says something, kills the server in the midst, starts it again: what was acknowledged
/// before is stored.
async fn crash_and_start(demo: &Demo, nth: u64, times: &mut Vec<Duration>, looked_up: &mut usize) -> Result<Server> {
    let server = Server::start(&demo.folder).await?;
    let mut client = Client::connect(&server.addr, &demo.visitor).await?;
    let before = client.cursor(demo.room).ok_or("not in the room")?.seq;
    let mut said = HashMap::new();
    for number in 0..SAID {
        let key = ClientKey::from_bytes(random()?);
        let text = format!("before crash {nth}, {number}");
        client.send(demo.room, key, &text).await?;
        said.insert(key, text);
    }
    let mut acknowledged = Vec::new();
    while acknowledged.len() < ACKNOWLEDGED {
        if let ServerItem::Room(event) = client.hear().await?
            && let Some(row) = event.row
        {
            acknowledged.push((row.client_key, row.seq));
        }
    }
    server.kill()?;
    let begun = Instant::now();
    let server = Server::spawn(&demo.folder)?;
    while Socket::open(&server.addr, &demo.visitor.cookie).await.is_err() {
        if begun.elapsed() > Duration::from_secs(30) {
            return Err("nobody is let in".into());
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    times.push(begun.elapsed());
    let stored = stored_after(&demo.folder, demo.room, before).await?;
    for (key, seq) in &acknowledged {
        let found = stored.get(key).ok_or("an acknowledged message was lost in the crash")?;
        if found.1 != *seq || Some(&found.2) != said.get(key) {
            return Err("an acknowledged message is another one after the crash".into());
        }
    }
    *looked_up += acknowledged.len();
    Ok(server)
}

fn random() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(bytes)
}

/// A demo's folder, kept between runs.
struct Demo {
    folder: PathBuf,
    room: RoomId,
    visitor: Visitor,
}

impl Demo {
    async fn of(messages: u64) -> Result<Self> {
        let folder = Path::new(FOLDER).join(format!("demo-{messages}"));
        if !folder.join("whilst.db").exists() {
            let made = Command::new(binary())
                .args(["demo", "--messages", &messages.to_string(), "--data"])
                .arg(&folder)
                .stdout(Stdio::null())
                .status()?;
            if !made.success() {
                return Err("the demo could not be made".into());
            }
        }
        let (room, member) = crate::sql::greatest_room(&folder).await?;
        let visitor = sign_in(&folder, member).await?;
        Ok(Self { folder, room, visitor })
    }

    /// How long the newest page takes, and one from the middle.
    async fn look(&self, server: &Server) -> Result<(f64, f64)> {
        let client = Client::connect(&server.addr, &self.visitor).await?;
        let held = client.held();
        let mut door = Door::open(&server.addr, &self.visitor).await?;
        let (mut newest, mut older) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let begun = Instant::now();
            let caught_up = door.catch_up(held, self.room, None).await?;
            newest.push(begun.elapsed());
            let Some(News::Jump(summary, page) | News::Reset(summary, page)) =
                caught_up.rooms.first().map(|answer| &answer.news)
            else {
                return Err("who holds nothing should be given a page".into());
            };
            if page.messages.len() < PAGE as usize {
                return Err("a page that is not full".into());
            }
            let middle = Ordinal(summary.ordinal.0 / 2 + u64::from(PAGE));
            let begun = Instant::now();
            let page = door.history(self.room, middle, PAGE).await?;
            older.push(begun.elapsed());
            if page.messages.len() != PAGE as usize {
                return Err("an older page that is not full".into());
            }
        }
        Ok((median_ms(&mut newest), median_ms(&mut older)))
    }
}
