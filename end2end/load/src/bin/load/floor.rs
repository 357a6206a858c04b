//! The floor of this run: what it costs to write frames to sockets and nothing else.

use crate::process::{SERVER_CORE, busy};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};
use tokio::task::JoinSet;
use whilst_load::{Result, Socket};

const WARM_UP: Duration = Duration::from_millis(300);

pub struct Floor {
    pub micros_per_delivery: f64,
}

/// Runs the floor for a while on the core of the server.
///
/// # Errors
/// Where it is not built.
pub async fn measure(connections: usize, frame_bytes: usize, per_write: usize, time: Duration) -> Result<Floor> {
    let binary = std::env::current_exe()?.with_file_name("floor");
    let mut floor = Command::new("taskset")
        .args(["-c", SERVER_CORE])
        .arg(binary)
        .args([connections, frame_bytes, per_write].map(|number| number.to_string()))
        .stdout(Stdio::piped())
        .spawn()?;
    let pid = floor.id();
    let mut addr = String::new();
    let said = floor.stdout.take().ok_or("the floor is silent")?;
    BufReader::new(said).read_line(&mut addr)?;
    let counter = std::rc::Rc::new(std::cell::Cell::new(0_u64));
    let listening = tokio::task::LocalSet::new();
    listening
        .run_until(async {
            let mut readers = JoinSet::new();
            for _ in 0..connections {
                let mut socket = Socket::open_bare(addr.trim()).await?;
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
