//! Signs in with a cookie, says something in a room and hears it come back.
//!
//! ```sh
//! cargo run --release --package whilst-load --example say_and_hear -- 127.0.0.1:3000 "whilst=…" "hello"
//! ```
//!
//! The cookie is that of a browser that is signed in. It speaks in the first room that
//! the welcome names.

use whilst::wire::{ClientKey, DeviceId, ServerItem, UserId};
use whilst_load::{Client, Result, Visitor};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [addr, cookie, text] = &arguments[..] else {
        return Err("usage: say_and_hear HOST:PORT COOKIE TEXT".into());
    };
    let visitor = Visitor {
        user: UserId::from_bytes([0; 16]),
        cookie: cookie.clone(),
        device: DeviceId::from_bytes(random()?),
    };
    let mut client = Client::connect(addr, &visitor).await?;
    println!("signed in as {}", client.welcome.me.name);
    let room = client.welcome.rooms.first().ok_or("in no room")?.room;
    let key = ClientKey::from_bytes(random()?);
    client.send(room, key, text).await?;
    loop {
        match client.hear().await? {
            ServerItem::Room(event) if event.row.as_ref().is_some_and(|row| row.client_key == key) => {
                println!("stored as {} in {room}", event.entry.seq);
                return Ok(());
            }
            ServerItem::Rejected(refused) => return Err(format!("{:?}", refused.problem).into()),
            _ => {}
        }
    }
}

fn random() -> std::io::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(bytes)
}
