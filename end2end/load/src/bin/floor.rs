//! What the kernel of this machine allows: prepared frames written to the same kind of
//! sockets, with no storage, no hub and no session.
//!
//! `floor answer FRAME_BYTES` takes two connections and answers each word of the first
//! with a frame to both: the least that an answer takes.
//!
//! `floor CONNECTIONS FRAME_BYTES FRAMES_PER_WRITE` listens on a port of its own, says
//! which, waits for the connections, and then writes rounds of frames to all of them at a
//! pace that their readers keep: a reader that is behind is not woken, and a write to it
//! would seem cheaper than it is. It is the number that the fan-out is divided by.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    thread::sleep,
    time::{Duration, Instant},
};

const FRAMES_PER_SECOND: usize = 40_000;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "usage: floor CONNECTIONS FRAME_BYTES FRAMES_PER_WRITE, or floor answer FRAME_BYTES";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [word, frame_bytes] if word == "answer" => answer(frame_bytes.parse()?),
        [connections, frame_bytes, frames_per_write] => {
            fan_out(connections.parse()?, frame_bytes.parse()?, frames_per_write.parse()?)
        }
        _ => Err(USAGE.into()),
    }
}

fn answer(frame_bytes: usize) -> Outcome<()> {
    let mut pair = accept(2)?;
    let frame = frame(frame_bytes);
    // The next word comes when the last was answered, so each is read alone.
    let mut word = vec![0; 4 * 1024];
    while pair[0].read(&mut word).is_ok_and(|read| read > 0) {
        for stream in &mut pair {
            stream.write_all(&frame)?;
        }
    }
    Ok(())
}

/// Listens on a port of its own, says which, and takes so many connections.
fn accept(connections: usize) -> Outcome<Vec<TcpStream>> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?);
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    Ok(streams)
}

fn fan_out(connections: usize, frame_bytes: usize, frames_per_write: usize) -> Outcome<()> {
    let mut readers = accept(connections)?;
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
