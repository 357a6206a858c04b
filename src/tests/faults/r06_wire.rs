//! R6: two hundred true tabs behind wires that fail. When the net is well again every
//! tab holds the same log, and all that was written is in it once.

use super::{
    PATIENCE,
    binary::{Binary, free_addr},
    checker::{History, Invoked},
    dice::Dice,
    proxy::Proxy,
    tab::Browser,
    times,
    town::{Citizen, Town},
    verdict::demand_kept,
};
use crate::{
    client::Row,
    wire::{Command, DeviceId, Message, Millis, RoomId, command::Send},
};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::{sync::Barrier, time::Instant};

const PEOPLE: usize = 20;
const ROOMS: usize = 4;
const START: Millis = Millis(1_800_000_000_000);
/// Between two messages of one tab.
const THINKS: Duration = Duration::from_millis(700);
const HEARS_THE_REST: Duration = Duration::from_secs(3);
const PAGE: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r06_tabs_behind_wires_that_fail_end_with_one_log_and_lose_nothing() {
    let (tabs, seconds) = (times("WHILST_FAULTS_TABS", 200), times("WHILST_FAULTS_SECONDS", 15));
    let mut town = Town::founded(PEOPLE, ROOMS).await;
    let addr = free_addr();
    let proxy = Proxy::before(addr.clone(), Dice::of_this_run()).await;
    town.public_url = Some(format!("http://{}", proxy.addr));
    let server = Binary::starts(&town, &addr).await;
    let end = Instant::now() + Duration::from_secs(seconds);
    let all_settled = Barrier::new(usize::try_from(tabs).unwrap());
    let people = (0..tabs).map(|nth| {
        let nth = usize::try_from(nth).unwrap();
        let seat = Seat {
            who: town.people[nth % PEOPLE].clone(),
            room: town.rooms[nth / PEOPLE % ROOMS],
            nth,
        };
        seat.lives(proxy.addr.clone(), end, &all_settled)
    });
    let people = join_all(people.collect::<Vec<_>>());
    let mended = async {
        tokio::time::sleep_until(end).await;
        proxy.is_mended()
    };
    let (lives, faults) = tokio::time::timeout(PATIENCE, async { tokio::join!(people, mended) })
        .await
        .expect("all tabs settle");
    server.stops().await;
    let mut history = History::default();
    let mut logs = Vec::new();
    for life in lives {
        let (commands, room, log) = life;
        history.commands.extend(commands);
        logs.push((room, log));
    }
    let store = town.store().await;
    demand_kept(&history, &store);
    for (room, log) in &logs {
        // The newest page without a hole; before it there may be a gap that is labelled.
        let stored: Vec<_> = store.rooms[room].messages.iter().map(shown).collect();
        let page = &log[log.len().saturating_sub(PAGE)..];
        assert!(!page.is_empty() && stored.ends_with(page), "a tab lacks what is newest");
        assert!(
            log.iter().all(|row| stored.contains(row)),
            "a tab shows what is not stored"
        );
    }
    println!(
        "fault R6: {tabs} tabs for {seconds} s behind {faults} wires that failed, {} messages, all tabs one log, 0 violations",
        history.commands.len()
    );
}

struct Seat {
    who: Citizen,
    room: RoomId,
    nth: usize,
}

type Log = Vec<(u64, String)>;

impl Seat {
    /// Writes until the end, come what may; then waits until all is well, and tells what
    /// was written and what is shown.
    async fn lives(self, addr: String, end: Instant, all_settled: &Barrier) -> (Vec<Invoked>, RoomId, Log) {
        let mut device = [9; 16];
        device[..8].copy_from_slice(&(self.nth as u64).to_le_bytes());
        let mut browser = Browser::at(addr, self.who.cookie.clone(), DeviceId::from_bytes(device), START);
        browser.opens(self.room).await;
        let mut commands = Vec::new();
        while Instant::now() < end {
            let body = format!("{} of {}", commands.len(), self.nth);
            browser.says(self.room, &body);
            commands.extend(self.command(&browser, &body));
            // The tab lives on meanwhile, and is stopped in the middle of whatever it does.
            let _ = tokio::time::timeout(THINKS, browser.waits(|_| false)).await;
        }
        browser.settles().await;
        // One log is what all hold when nobody writes any more.
        all_settled.wait().await;
        let _ = tokio::time::timeout(HEARS_THE_REST, browser.waits(|_| false)).await;
        browser.settles().await;
        let log = browser.log(self.room);
        (commands, self.room, log)
    }

    fn command(&self, browser: &Browser, body: &str) -> Option<Invoked> {
        let rows = browser.tab.rows(self.room, &|_| 0);
        let key = rows.iter().find_map(|row| match row {
            Row::Pending { pending, .. } if pending.body.as_str() == body => Some(pending.client_key),
            _ => None,
        })?;
        let send = Send {
            client_key: key,
            room: self.room,
            body: body.to_owned(),
        };
        Some(Invoked {
            author: self.who.user,
            command: Command::Send(send),
            answers: Vec::new(),
            pursued: true,
        })
    }
}

fn shown(message: &Message) -> (u64, String) {
    (message.seq.0, message.text().to_owned())
}
