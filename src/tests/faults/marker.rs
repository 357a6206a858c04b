//! Commands without a client key on a store that fails: a read marker and a card's dismissal.
//! Their one write fails, or the server dies before it; soon after the fault all devices of the
//! user agree, a new one included.

use super::{
    AGAIN, PATIENCE,
    binary::{Binary, free_addr, without_size_signal},
    senders::{connect, hear, key_of, say},
    sql::Hold,
    tab::Browser,
    town::{Citizen, Town},
};
use crate::{
    client::{Input, Tab},
    wire::{ClientItem, Command, DeviceId, Millis, Ordinal, RoomId, ServerItem, command::Send},
};
use std::{
    fs,
    process::{Child, Command as Process, Stdio},
    time::Duration,
};
use tokio::time::Instant;

const AGREE_WITHIN: Duration = Duration::from_secs(5);
/// Longer than the writer waits for a lock.
const HELD: Duration = Duration::from_secs(7);
/// By then a command has reached the server.
const A_MOMENT: Duration = Duration::from_millis(500);
/// Longer than an absence takes to be one, by the settings of these tests.
const ABSENCE: Duration = Duration::from_secs(3);
const START: Millis = Millis(1_800_000_000_000);
const MISSED: u64 = 5;
const AUTHOR: u32 = 4_000_000;
/// Beyond this no file may grow: more than the server's log has, less than the store's.
const FULL_BYTES: &str = "16384";

#[derive(Debug, Clone, Copy)]
enum Fault {
    SyncsFail,
    WritesFail,
    DiskIsFull,
    StoreIsHeld,
    ServerDies,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marker_and_dismissal_survive_syncs_that_fail() {
    survive(Fault::SyncsFail).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marker_and_dismissal_survive_writes_that_fail() {
    survive(Fault::WritesFail).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marker_and_dismissal_survive_a_full_disk() {
    survive(Fault::DiskIsFull).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marker_and_dismissal_survive_a_store_that_is_held() {
    survive(Fault::StoreIsHeld).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marker_and_dismissal_survive_a_server_that_dies() {
    survive(Fault::ServerDies).await;
}

async fn survive(fault: Fault) {
    let mut town = Town::founded(2, 1).await;
    town.settings = vec![
        ("WHILST_AWAY_MIN_ABSENCE_SECONDS", "1"),
        ("WHILST_AWAY_FULL_CARD_SECONDS", "1"),
    ];
    let addr = free_addr();
    let mut server = Binary::starts_within(&town, &addr, &without_size_signal()).await;
    let (reader, room) = (&town.people[0], town.rooms[0]);
    let device = |nth| {
        Browser::at(
            addr.clone(),
            reader.cookie.clone(),
            DeviceId::from_bytes([nth; 16]),
            START,
        )
    };
    let (mut desk, mut phone) = (device(1), device(2));
    tokio::join!(desk.settles(), phone.settles());
    for tab in [&mut desk, &mut phone] {
        tab.step(Input::Hidden);
    }
    tokio::join!(desk.lives_for(ABSENCE), phone.lives_for(ABSENCE));
    sends_what_is_missed(&addr, &town.people[1], room).await;
    for tab in [&mut desk, &mut phone] {
        tab.step(Input::Shown);
    }
    tokio::join!(desk.waits(has_card), phone.waits(has_card));
    // The devices are to agree by the clock on the wall.
    (desk.haste, phone.haste) = (1, 1);

    server = fault.strikes(server, &town, &mut desk, Input::DismissCard).await;
    let dismissed = agreed_after(&mut desk, &mut phone, |tab| !has_card(tab)).await;

    desk.opens(room).await;
    let to = phone.tab.head_of(room).unwrap();
    let from = Ordinal(to.0 + 1 - MISSED);
    let read = Input::Displayed { room, from, to };
    server = fault.strikes(server, &town, &mut desk, read).await;
    let is_read = |tab: &Tab| tab.room(room).is_some_and(|line| line.unread == 0);
    let read = agreed_after(&mut desk, &mut phone, is_read).await;

    let mut new = device(3);
    new.waits(|tab| tab.is_settled() && is_read(tab)).await;
    assert!(!has_card(&new.tab), "a new device shows the card again");
    server.stops().await;
    println!(
        "fault marker: {fault:?}: devices agree {dismissed} ms after a failed dismissal, {read} ms after a failed marker"
    );
}

fn has_card(tab: &Tab) -> bool {
    tab.card().is_some()
}

/// Both devices agree in time, and nothing waits to be sent; gives the milliseconds it took.
async fn agreed_after(desk: &mut Browser, phone: &mut Browser, agree: impl Fn(&Tab) -> bool) -> u128 {
    let fault_ended = Instant::now();
    let both = async {
        tokio::join!(
            desk.waits(|tab| agree(tab) && tab.is_settled()),
            phone.waits(|tab| agree(tab))
        )
    };
    let in_time = tokio::time::timeout(AGREE_WITHIN, both).await;
    in_time.expect("the devices agree in time");
    fault_ended.elapsed().as_millis()
}

/// Messages that the reader finds when they are back.
async fn sends_what_is_missed(addr: &str, author: &Citizen, room: RoomId) {
    let (mut socket, _) = connect(addr, author, AUTHOR).await.unwrap();
    for nth in 0..MISSED {
        let (client_key, body) = (key_of(AUTHOR, nth), "missed".to_owned());
        let send = Send { client_key, room, body };
        say(&mut socket, ClientItem::Command(Command::Send(send)))
            .await
            .unwrap();
        let is_stored = |item: &ServerItem| matches!(item, ServerItem::Room(event) if event.row.as_ref().is_some_and(|row| row.client_key == client_key));
        while !hear(&mut socket).await.unwrap().iter().any(is_stored) {}
    }
}

impl Browser {
    /// Goes on for this long by the clock on the wall.
    async fn lives_for(&mut self, time: Duration) {
        let begun = Instant::now();
        self.waits(|_| begun.elapsed() >= time).await;
    }

    /// Goes on until something else has happened.
    async fn lives_through<T>(&mut self, other: impl Future<Output = T>) -> T {
        tokio::select! {
            done = other => done,
            () = self.lives_for(PATIENCE) => panic!("it did not happen"),
        }
    }
}

impl Fault {
    /// The write of what the tab sends for this input fails; then all is well again.
    async fn strikes(self, server: Binary, town: &Town, tab: &mut Browser, input: Input) -> Binary {
        let failed_before = failures(town);
        let fails = async {
            // The server is another process: its log is all that can be watched.
            while failures(town) == failed_before {
                tokio::time::sleep(AGAIN).await;
            }
        };
        match self {
            Self::SyncsFail | Self::WritesFail => {
                let calls = match self {
                    Self::SyncsFail => "fdatasync,fsync",
                    _ => "pwrite64",
                };
                let mut tracer = Self::attach(&server, calls).await;
                tab.step(input);
                tab.lives_through(fails).await;
                detach(&mut tracer);
            }
            Self::DiskIsFull => {
                server.limit_files(FULL_BYTES);
                tab.step(input);
                tab.lives_through(fails).await;
                server.limit_files("unlimited");
            }
            Self::StoreIsHeld => {
                let hold = Hold::of(&town.data()).await;
                tab.step(input);
                tab.lives_through(hold.ends_after(HELD)).await;
                assert!(failures(town) > failed_before, "the write waited and went through");
            }
            Self::ServerDies => {
                let hold = Hold::of(&town.data()).await;
                tab.step(input);
                tab.lives_for(A_MOMENT).await;
                let addr = server.addr.clone();
                server.dies();
                hold.ends_after(Duration::ZERO).await;
                return Binary::starts(town, &addr).await;
            }
        }
        assert!(!tab.tab.is_settled(), "the write was acknowledged");
        server
    }

    /// Makes these calls of the running server fail.
    async fn attach(server: &Binary, calls: &str) -> Child {
        let pid = server.pid().to_string();
        let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error=EIO"));
        let tracer = Process::new("strace")
            .args(["-f", "-p", &pid, "-o", "/dev/null", "-e", &trace, "-e", &inject])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let is_traced = || threads(&pid).iter().all(|status| !status.contains("TracerPid:\t0"));
        let attached = async {
            // Only /proc says when the tracer has attached.
            while !is_traced() {
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::time::timeout(PATIENCE, attached).await.expect("it is traced");
        tracer
    }
}

/// Ends the tracer; the server goes on by itself.
fn detach(tracer: &mut Child) {
    let ended = Process::new("kill").args(["-INT", &tracer.id().to_string()]).status();
    assert!(ended.unwrap().success());
    tracer.wait().unwrap();
}

/// The status of each thread of a process.
fn threads(pid: &str) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok())
        .collect()
}

/// How many commits failed.
fn failures(town: &Town) -> usize {
    let log = fs::read_to_string(town.folder().join("log")).unwrap();
    log.matches("the writer's connection failed").count()
}
