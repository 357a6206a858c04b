//! R7: what is sent twice at once, by two tabs of one account, and once more after the
//! server was started anew, is one message and gets one answer.

use super::{
    binary::{Binary, free_addr},
    checker::Said,
    senders::{Notes, Socket, connect, hear, key_of, say},
    town::Town,
    verdict::demand_kept,
};
use crate::wire::{ClientItem, ClientKey, Command, RoomId, Seq, ServerItem, command::Send};

const MESSAGES: u64 = 400;
const PEOPLE: usize = 2;
const SENDER: u32 = 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r07_what_is_sent_again_gets_the_first_answer() {
    let town = Town::founded(PEOPLE, 1).await;
    let addr = free_addr();
    let server = Binary::starts(&town, &addr).await;
    let notes = Notes::default();
    let who = &town.people[0];
    let sends: Vec<Send> = (0..MESSAGES)
        .map(|nth| Send {
            client_key: key_of(SENDER, nth),
            room: town.rooms[0],
            body: format!("said again {nth}"),
        })
        .collect();
    let (mut desk, _) = connect(&addr, who, 1).await.unwrap();
    let (mut phone, _) = connect(&addr, who, 2).await.unwrap();
    let mut answers = 0;
    for send in &sends {
        notes.invoke(who, send);
        for socket in [&mut desk, &mut phone] {
            say(socket, ClientItem::Command(Command::Send(send.clone())))
                .await
                .unwrap();
        }
        for socket in [&mut desk, &mut phone] {
            answers += told(socket, send, &notes).await;
        }
    }
    drop((desk, phone));
    server.dies();
    let server = Binary::starts(&town, &addr).await;
    let (mut late, _) = connect(&addr, who, 3).await.unwrap();
    for send in sends.iter().rev() {
        say(&mut late, ClientItem::Command(Command::Send(send.clone())))
            .await
            .unwrap();
        answers += told(&mut late, send, &notes).await;
    }
    server.stops().await;
    assert_eq!(answers, 3 * MESSAGES);
    demand_kept(&notes.history(), &town.store().await);
    println!("fault R7: {MESSAGES} messages sent three times each, from three sockets and after a crash, 0 violations");
}

/// Waits for the answer to this one; the second socket may have heard it as an event.
async fn told(socket: &mut Socket, send: &Send, notes: &Notes) -> u64 {
    loop {
        for item in hear(socket).await.unwrap() {
            if let Some((key, room, seq)) = answer(&item)
                && key == send.client_key
            {
                notes.answer(key, Said::Accepted { room, seq });
                return 1;
            }
        }
    }
}

fn answer(item: &ServerItem) -> Option<(ClientKey, RoomId, Seq)> {
    match item {
        ServerItem::Room(event) => {
            let row = event.row.as_ref()?;
            Some((row.client_key, event.room, event.entry.seq))
        }
        ServerItem::Accepted(told) => Some((told.client_key, told.room, told.seq)),
        _ => None,
    }
}
