//! Killed and started with much in the store: how soon somebody is let in, how much
//! memory it takes, and whether a long room opens like a short one.

use crate::{
    process::resident_bytes,
    report::{Bound::AtMost, Report},
    returning::median_ms,
    scale::Scale,
    seed::sign_in,
    server::{FOLDER, Server, binary},
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use whilst::wire::{ClientKey, Ordinal, RoomId, fetch::News};
use whilst_load::{Client, Door, Result, Socket, Visitor};

const STARTS: usize = 5;
const SETTLE: Duration = Duration::from_secs(2);
const TIMES: usize = 60;
const PAGE: u32 = 50;

pub async fn run(scale: &Scale, report: &mut Report) -> Result<()> {
    let (small, great) = scale.stored;
    let small = Demo::of(small).await?;
    let demo = Demo::of(great).await?;
    let mut times = Vec::new();
    for nth in 0..STARTS {
        let server = crash_and_start(&demo, nth as u64, &mut times).await?;
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
    let server = Server::start(&demo.folder).await?;
    tokio::time::sleep(SETTLE).await;
    let idle = resident_bytes(server.pid())? / 1e6;
    report.hold(title("memory, idle"), idle, "MB", AtMost(40.0), AtMost(12.0));
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

/// Says something, kills the server in the midst, starts it again.
async fn crash_and_start(demo: &Demo, nth: u64, times: &mut Vec<Duration>) -> Result<Server> {
    let server = Server::start(&demo.folder).await?;
    let mut client = Client::connect(&server.addr, &demo.visitor).await?;
    for number in 0..20_u64 {
        let mut key = *demo.visitor.device.as_bytes();
        std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut key)?;
        let text = format!("before crash {nth}, {number}");
        client.send(demo.room, ClientKey::from_bytes(key), &text).await?;
    }
    client.hear().await?;
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
    Ok(server)
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
        let epoch = client.welcome.epoch;
        let mut door = Door::open(&server.addr, &self.visitor).await?;
        let (mut newest, mut older) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let begun = Instant::now();
            let caught_up = door.catch_up(epoch, self.room, None).await?;
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
