//! What the kernel of this machine allows: prepared frames written to the same kind of
//! sockets, with no storage, no hub and no session.
//!
//! `floor CONNECTIONS FRAME_BYTES FRAMES_PER_WRITE` listens on a port of its own, says
//! which, waits for the connections, and then writes rounds of frames to all of them at a
//! pace that their readers keep: a reader that is behind is not woken, and a write to it
//! would seem cheaper than it is. It is the number that the fan-out is divided by.

use std::{
    io::{ErrorKind, Write},
    net::TcpListener,
    thread::sleep,
    time::{Duration, Instant},
};

const FRAMES_PER_SECOND: usize = 40_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?;
    let [connections, frame_bytes, frames_per_write] = numbers[..] else {
        return Err("usage: floor CONNECTIONS FRAME_BYTES FRAMES_PER_WRITE".into());
    };
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?);
    let mut readers = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        readers.push(stream);
    }
    let round = frame(frame_bytes).repeat(frames_per_write);
    let every = Duration::from_secs_f64((connections * frames_per_write) as f64 / FRAMES_PER_SECOND as f64);
    let mut next = Instant::now();
    loop {
        sleep(next.saturating_duration_since(Instant::now()));
        next += every;
        for reader in &mut readers {
            match reader.write_all(&round) {
                Ok(()) => {}
                // The measurement is over.
                Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// A binary WebSocket frame whose payload has so many bytes.
fn frame(bytes: usize) -> Vec<u8> {
    let mut frame = vec![0x82];
    match u8::try_from(bytes) {
        Ok(short) if short < 126 => frame.push(short),
        _ => {
            frame.push(126);
            frame.extend_from_slice(&u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    frame.resize(frame.len() + bytes, 0x2a);
    frame
}
