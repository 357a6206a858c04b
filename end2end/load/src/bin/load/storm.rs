//! A storm: everybody was cut off, some messages were said meanwhile, everybody comes
//! back in the same moment.

use crate::{
    ledger::{body, key},
    process::{Memory, busy, descriptors, descriptors_allowed},
    profile::Profile,
    report::{Bound::AtMost, Report},
    scale::Scale,
    seed::{Room, room, seed},
    server::Server,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::Semaphore,
    task::{JoinSet, LocalSet},
};
use whilst::wire::{Cursor, ServerItem, fetch::News};
use whilst_load::{Client, Door, Held, Result, Visitor};

/// Until the server has seen that everybody is gone: it has so many places and no more.
const GONE_WITHIN: Duration = Duration::from_secs(20);
/// What a process holds open besides its connections.
const OTHER_DESCRIPTORS: usize = 200;

/// So many come back after so many messages, and how long they may take for it.
pub struct Storm {
    pub people: usize,
    pub missed: u64,
    pub must_ms: f64,
    pub goal_ms: f64,
}

pub async fn run(scale: &Scale, report: &mut Report) -> Result<()> {
    for storm in scale.storms {
        break_out(storm, report).await?;
    }
    Ok(())
}

async fn break_out(storm: &Storm, report: &mut Report) -> Result<()> {
    let Storm { people, missed, .. } = *storm;
    // Those who ask for what they missed hold a second connection meanwhile.
    let doors = descriptors_allowed()?.saturating_sub(people + OTHER_DESCRIPTORS);
    if doors == 0 {
        return Err(format!("{people} connections are more than the limit of open files allows").into());
    }
    let doors = Arc::new(Semaphore::new(doors));
    // One more, who is there all the time.
    let seeded = seed("storm", people + 1, &[Room::of((0..=people).collect())]).await?;
    let server = Server::start(&seeded.folder).await?;
    let (speaker, others) = seeded.visitors.split_last().ok_or("nobody")?;
    let mut speaker = Client::connect(&server.addr, speaker).await?;
    let left_at = speaker.cursor(room(0)).ok_or("not in the room")?;
    let mut there = Vec::new();
    for visitor in others {
        there.push(Client::connect(&server.addr, visitor).await?);
    }
    let steady = Memory::of(server.pid())?.resident();
    let held: Vec<Held> = there.iter().map(Client::held).collect();
    drop(there);
    let begun = Instant::now();
    while descriptors(server.pid())? > OTHER_DESCRIPTORS {
        if begun.elapsed() > GONE_WITHIN {
            return Err("the server holds on to those who are gone".into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut acknowledged = Vec::new();
    for number in 0..missed {
        let key = key(room(0), number);
        speaker.send(room(0), key, &body(number)).await?;
        let seq = loop {
            match speaker.hear().await? {
                ServerItem::Room(event) if event.row.as_ref().is_some_and(|row| row.client_key == key) => {
                    break event.entry.seq;
                }
                _ => {}
            }
        };
        acknowledged.push((key, seq, number));
    }
    let look = report.look(server.pid(), &format!("storm of {people}"));
    Profile::ready().await;
    let busy_before = busy(server.pid())?;
    let (millis, peak) = LocalSet::new()
        .run_until(async {
            let awake = tokio::task::spawn_local(never_sleep());
            let begun = Instant::now();
            let mut coming = JoinSet::new();
            for (visitor, held) in others.iter().cloned().zip(held) {
                let before = (held, left_at);
                coming.spawn_local(come_back(server.addr.clone(), visitor, before, missed, doors.clone()));
            }
            let mut back = Vec::new();
            while let Some(client) = coming.join_next().await {
                back.push(client??);
            }
            let millis = begun.elapsed().as_secs_f64() * 1_000.0;
            awake.abort();
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((millis, Memory::of(server.pid())?.resident()))
        })
        .await?;
    let spent = busy(server.pid())?.saturating_sub(busy_before);
    report.looked(look);
    report
        .hold(
            format!("storm: {people} back and caught up with {missed} each"),
            millis,
            "ms",
            AtMost(storm.must_ms),
            AtMost(storm.goal_ms),
        )
        .seen_by(look);
    let title = |what: &str| format!("storm of {people}: {what}");
    report.note(title("CPU for each"), spent.as_secs_f64() * 1e6 / people as f64, "µs");
    report.note(title("memory after it by memory before"), peak / steady, "");
    server.kill()?;
    let stored = crate::sql::stored(&seeded.folder).await?;
    for (key, seq, number) in &acknowledged {
        if stored.get(key) != Some(&(room(0), *seq, body(*number))) {
            return Err(format!("{seq} was acknowledged and is not stored, or as something else").into());
        }
    }
    report.note(title("acknowledged and found stored"), acknowledged.len() as f64, "");
    Ok(())
}

/// A core that sleeps is woken by the other, at a price that is paid there: 12 µs for each of
/// the three answers to who comes back, a tenth of all. No network asks that of a server.
async fn never_sleep() {
    loop {
        tokio::task::yield_now().await;
    }
}

/// As a tab does it: the socket first, then what the welcome says is new.
async fn come_back(
    addr: String,
    visitor: Visitor,
    (held, left_at): (Held, Cursor),
    missed: u64,
    doors: Arc<Semaphore>,
) -> Result<Client> {
    let client = Client::connect(&addr, &visitor).await?;
    let end = client.cursor(room(0)).ok_or("not in the room")?;
    let _permit = doors.acquire().await?;
    let mut door = Door::open(&addr, &visitor).await?;
    let caught_up = door.catch_up(held, room(0), Some(left_at)).await?;
    let Some(News::Delta(_, delta)) = caught_up.rooms.first().map(|answer| &answer.news) else {
        return Err("what was missed should be a delta".into());
    };
    let said: Vec<_> = delta.messages.iter().map(|message| message.text().to_owned()).collect();
    if delta.to != end || said != (0..missed).map(body).collect::<Vec<_>>() {
        return Err("what was missed is not what was said".into());
    }
    Ok(client)
}
