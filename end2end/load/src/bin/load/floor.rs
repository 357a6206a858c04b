//! The floor of this run: what it costs to write frames to sockets and nothing else.

use crate::process::{SERVER_CORE, busy};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
use whilst_load::{Result, Socket};

const WARM_UP: Duration = Duration::from_millis(300);
/// About what a short message has.
const WORD_BYTES: usize = 120;

pub struct Floor {
    pub micros_per_delivery: f64,
}

/// Runs the floor for a while on the core of the server.
///
/// # Errors
/// Where it is not built.
pub async fn measure(connections: usize, frame_bytes: usize, per_write: usize, time: Duration) -> Result<Floor> {
    let arguments = [connections, frame_bytes, per_write].map(|number| number.to_string());
    let (mut floor, addr) = start(&arguments)?;
    let pid = floor.id();
    let counter = std::rc::Rc::new(std::cell::Cell::new(0_u64));
    let listening = tokio::task::LocalSet::new();
    listening
        .run_until(async {
            let mut readers = JoinSet::new();
            for _ in 0..connections {
                let mut socket = Socket::open_bare(&addr).await?;
                let counter = counter.clone();
                readers.spawn_local(async move {
                    while socket.next().await.is_ok_and(|frame| frame.len() == frame_bytes) {
                        counter.set(counter.get() + 1);
                    }
                });
            }
            tokio::time::sleep(WARM_UP).await;
            let (before, busy_before) = (counter.get(), busy(pid)?);
            tokio::time::sleep(time).await;
            let deliveries = (counter.get() - before) as f64;
            let spent = busy(pid)?.saturating_sub(busy_before);
            floor.kill()?;
            floor.wait()?;
            Ok(Floor {
                micros_per_delivery: spent.as_secs_f64() * 1e6 / deliveries,
            })
        })
        .await
}

/// The floor of an answer: one speaks, two hear it, and nothing is stored.
pub struct Answering {
    floor: Child,
    pair: [Socket; 2],
}

impl Answering {
    /// Starts it, with frames of so many bytes.
    ///
    /// # Errors
    /// Where it is not built.
    pub async fn start(frame_bytes: usize) -> Result<Self> {
        let (floor, addr) = start(&["answer".to_owned(), frame_bytes.to_string()])?;
        let pair = [Socket::open_bare(&addr).await?, Socket::open_bare(&addr).await?];
        Ok(Self { floor, pair })
    }

    /// So many answers, each from the word to the second who hears it.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn rounds(&mut self, times: usize) -> Result<Vec<Duration>> {
        let mut taken = Vec::with_capacity(times);
        for _ in 0..times {
            let begun = Instant::now();
            self.pair[0].send(&[0x2a; WORD_BYTES]).await?;
            for socket in &mut self.pair {
                socket.next().await?;
            }
            taken.push(begun.elapsed());
        }
        Ok(taken)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let _gone = self.floor.kill();
        let _gone = self.floor.wait();
    }
}

fn start(arguments: &[String]) -> Result<(Child, String)> {
    let binary = std::env::current_exe()?.with_file_name("floor");
    let mut floor = Command::new("taskset")
        .args(["-c", SERVER_CORE])
        .arg(binary)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut addr = String::new();
    let said = floor.stdout.take().ok_or("the floor is silent")?;
    BufReader::new(said).read_line(&mut addr)?;
    Ok((floor, addr.trim().to_owned()))
}
