//! A server that says what it allocates, and, under `strace`, what it asks of the kernel.

use crate::{
    counted::MARK,
    process::SERVER_CORE,
    server::{free_addr, serving, wait_until_it_listens},
};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};
use whilst_load::Result;

const CALM: Duration = Duration::from_millis(150);
const CALM_WITHIN: u32 = 40;

/// A counting server, until it is dropped.
pub struct Counting {
    child: Child,
    orders: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
    pub addr: String,
}

/// What was allocated since the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allocated {
    pub times: f64,
    pub bytes: f64,
    /// Of the bytes, those that were not given back.
    pub held: f64,
}

impl Counting {
    /// Starts on a data folder and waits until it listens.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn start(data: &Path) -> Result<Self> {
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]);
        Self::start_by(command, data).await
    }

    /// The same, with a log of every system call. Whoever starts a program may trace it,
    /// where tracing one that runs already is often not allowed.
    ///
    /// # Errors
    /// Where there is no `strace`.
    pub async fn start_traced(data: &Path, log: &Path) -> Result<Self> {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o"]).arg(log);
        command.args(["taskset", "-c", SERVER_CORE]);
        Self::start_by(command, data).await
    }

    async fn start_by(mut command: Command, data: &Path) -> Result<Self> {
        let addr = free_addr()?;
        command.arg(std::env::current_exe()?);
        let mut child = serving(&mut command, &addr, data)
            // It serves no page here, so it needs none of the files that it would name.
            .env("LEPTOS_HASH_FILES", "false")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        wait_until_it_listens(&mut child, &addr).await?;
        Ok(Self {
            orders: child.stdin.take(),
            said: BufReader::new(child.stdout.take().ok_or("the server is silent")?),
            child,
            addr,
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has allocated by now. In a log of its system calls this leaves a mark.
    ///
    /// # Errors
    /// When it is gone.
    pub fn allocated(&mut self) -> Result<Allocated> {
        self.orders
            .as_mut()
            .ok_or("the server was told to end")?
            .write_all(b"\n")?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.said.read_line(&mut line)? == 0 {
                return Err("the server is gone".into());
            }
            if let Some(numbers) = line.strip_prefix(MARK) {
                let numbers: Vec<f64> = numbers
                    .split_whitespace()
                    .map(str::parse)
                    .collect::<std::result::Result<_, _>>()?;
                let [times, bytes, held] = numbers[..] else {
                    return Err(format!("not what a counting server says: {line}").into());
                };
                return Ok(Allocated { times, bytes, held });
            }
        }
    }

    /// Waits until nothing is allocated any more: what began is over.
    ///
    /// # Errors
    /// Where there is no end to it.
    pub async fn calm(&mut self) -> Result<Allocated> {
        let mut before = self.allocated()?;
        for _ in 0..CALM_WITHIN {
            tokio::time::sleep(CALM).await;
            let now = self.allocated()?;
            // Being asked costs a line.
            if now.times - before.times < 8.0 {
                return Ok(now);
            }
            before = now;
        }
        Err("the server does not come to rest".into())
    }

    /// Ends it, and what traces it.
    ///
    /// # Errors
    /// Where it cannot be waited for.
    pub fn end(mut self) -> Result<()> {
        self.orders = None;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        // Its input ends first, and with that it ends itself; a tracer that is killed
        // might leave it behind.
        self.orders = None;
        let _gone = self.child.wait();
    }
}
