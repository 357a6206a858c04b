//! A storm: everybody was cut off, some messages were said meanwhile, everybody comes
//! back in the same moment.

use crate::{
    ledger::{body, key},
    process::resident_bytes,
    report::{Bound::AtMost, Report},
    scale::Scale,
    seed::{Room, room, seed},
    server::Server,
};
use std::time::Instant;
use tokio::task::{JoinSet, LocalSet};
use whilst::wire::{Cursor, ServerItem, fetch::News};
use whilst_load::{Client, Door, Result, Visitor};

pub async fn run(scale: &Scale, report: &mut Report) -> Result<()> {
    let (people, missed) = scale.storm;
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
    let steady = resident_bytes(server.pid())?;
    drop(there);
    for number in 0..missed {
        let key = key(room(0), number);
        speaker.send(room(0), key, &body(number)).await?;
        while !matches!(speaker.hear().await?, ServerItem::Room(event) if event.row.as_ref().is_some_and(|row| row.client_key == key))
        {
        }
    }
    let (millis, peak) = LocalSet::new()
        .run_until(async {
            let begun = Instant::now();
            let mut coming = JoinSet::new();
            for visitor in others.iter().cloned() {
                coming.spawn_local(come_back(server.addr.clone(), visitor, left_at, missed));
            }
            let mut back = Vec::new();
            while let Some(client) = coming.join_next().await {
                back.push(client??);
            }
            let millis = begun.elapsed().as_secs_f64() * 1_000.0;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((millis, resident_bytes(server.pid())?))
        })
        .await?;
    report.hold(
        format!("storm: {people} back and caught up with {missed} each"),
        millis,
        "ms",
        AtMost(scale.storm_must_ms),
        AtMost(scale.storm_goal_ms),
    );
    report.note("storm: memory after it by memory before", peak / steady, "");
    server.kill()
}

/// As a tab does it: the socket first, then what the welcome says is new.
async fn come_back(addr: String, visitor: Visitor, left_at: Cursor, missed: u64) -> Result<(Client, Door)> {
    let client = Client::connect(&addr, &visitor).await?;
    let head = client.cursor(room(0)).ok_or("not in the room")?;
    let mut door = Door::open(&addr, &visitor).await?;
    let caught_up = door.catch_up(client.welcome.epoch, room(0), Some(left_at)).await?;
    let Some(News::Delta(_, delta)) = caught_up.rooms.first().map(|answer| &answer.news) else {
        return Err("what was missed should be a delta".into());
    };
    let said: Vec<_> = delta.messages.iter().map(|message| message.text().to_owned()).collect();
    if delta.to != head || said != (0..missed).map(body).collect::<Vec<_>>() {
        return Err("what was missed is not what was said".into());
    }
    Ok((client, door))
}
