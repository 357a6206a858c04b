//! R10: a thousand sockets that never read. They cost little, are told to start over,
//! and hold up nobody.

use super::{
    AGAIN, PATIENCE,
    binary::{Binary, free_addr},
    senders::{Socket, connect_narrow, hear, key_of, say},
    times,
    town::Town,
};
use crate::wire::{ClientItem, Command, ServerItem, command::Send};
use futures_util::future::join_all;
use std::fs;

const PEOPLE: usize = 40;
const BODY_BYTES: usize = 8 * 1024;
/// More than the kernel takes for a reader, and then more than the server keeps for one.
const MESSAGES: u64 = 900;
const GROWTH_MAX_KIB: u64 = 32 * 1024;
const SENDER: u32 = 2_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_thousand_that_never_read_cost_little_and_are_let_go() {
    let readers = times("WHILST_FAULTS_READERS", 1_000);
    let town = Town::founded(PEOPLE, 1).await;
    let addr = free_addr();
    let server = Binary::starts(&town, &addr).await;
    let deaf: Vec<Socket> = join_all((0..readers).map(async |nth| {
        let who = &town.people[1 + usize::try_from(nth).unwrap() % (PEOPLE - 1)];
        connect_narrow(&addr, who, u32::try_from(nth).unwrap()).await.unwrap()
    }))
    .await;
    let (mut talker, _) = super::senders::connect(&addr, &town.people[0], SENDER).await.unwrap();
    let before = memory_kib(&server);
    let mut most = before;
    for nth in 0..MESSAGES {
        let send = Send {
            client_key: key_of(SENDER, nth),
            room: town.rooms[0],
            body: "x".repeat(BODY_BYTES),
        };
        let key = send.client_key;
        say(&mut talker, ClientItem::Command(Command::Send(send)))
            .await
            .unwrap();
        let answered = async {
            while !hear(&mut talker).await.unwrap().iter().any(|item| {
                matches!(item, ServerItem::Room(event) if event.row.as_ref().is_some_and(|row| row.client_key == key))
            }) {}
        };
        tokio::time::timeout(PATIENCE, answered)
            .await
            .expect("who reads is not held up");
        most = most.max(memory_kib(&server));
    }
    let grown = most.saturating_sub(before);
    assert!(
        grown <= GROWTH_MAX_KIB,
        "{grown} KiB more for {readers} that do not read"
    );
    let let_go = async {
        while sockets(&server) > 50 {
            tokio::time::sleep(AGAIN).await;
        }
    };
    tokio::time::timeout(PATIENCE, let_go).await.expect("they are let go");
    drop(deaf);
    server.stops().await;
    println!("fault R10: {readers} sockets that never read: {grown} KiB at most, all let go, 0 held up");
}

fn memory_kib(server: &Binary) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn sockets(server: &Binary) -> usize {
    let files = fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap();
    files
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .filter(|to| to.to_string_lossy().starts_with("socket:"))
        .count()
}
