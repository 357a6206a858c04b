//! What the kernel knows about a process: its memory, its time, its system calls.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};
use whilst_load::Result;

/// The core of the server, or of the floor.
pub const SERVER_CORE: &str = "0";
const OWN_CORE: &str = "1";

/// Moves this program away from the server's core.
///
/// # Errors
/// Where there is no `taskset`, or no second core.
pub fn stay_on_own_core() -> Result<()> {
    let own = std::process::id().to_string();
    let moved = Command::new("taskset")
        .args(["-acp", OWN_CORE, &own])
        .stdout(Stdio::null())
        .status()?;
    if moved.success() {
        Ok(())
    } else {
        Err("this needs two cores: one for the server, one for its clients".into())
    }
}

/// Lets this program, and what it starts, open as many files as the machine's settings allow.
///
/// # Errors
/// Where there is no `prlimit`.
pub fn open_as_many_as_allowed() -> Result<()> {
    let own = std::process::id().to_string();
    let hard = descriptors_allowed()?;
    let raised = Command::new("prlimit")
        .args(["--pid", &own, &format!("--nofile={hard}:{hard}")])
        .status()?;
    if raised.success() {
        Ok(())
    } else {
        Err("prlimit could not raise the limit of open files".into())
    }
}

/// How many files a process here may open at most.
///
/// # Errors
/// Where the kernel does not say.
pub fn descriptors_allowed() -> Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let hard = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(hard.ok_or("no limit of open files")?.parse()?)
}

/// Files and sockets that a process holds open.
///
/// # Errors
/// When the process is gone.
pub fn descriptors(pid: u32) -> Result<usize> {
    Ok(std::fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// Where the resident memory of a process lies, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    pub heap: f64,
    /// The program, its libraries, mapped files.
    pub files: f64,
    /// Stacks of threads, and what the allocator keeps for threads of its own.
    pub other: f64,
}

impl Memory {
    /// # Errors
    /// When the process is gone.
    pub fn of(pid: u32) -> Result<Self> {
        let mut all = Self::default();
        let mut name = String::new();
        for line in std::fs::read_to_string(format!("/proc/{pid}/smaps"))?.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("Rss:") => {
                    let bytes = words.next().unwrap_or_default().parse::<f64>()? * 1_024.0;
                    let part = match name.as_str() {
                        "[heap]" => &mut all.heap,
                        path if path.starts_with('/') => &mut all.files,
                        _ => &mut all.other,
                    };
                    *part += bytes;
                }
                // The first line of a map: addresses, rights, offset, device, inode, name.
                Some(first) if !first.ends_with(':') => words.nth(4).unwrap_or_default().clone_into(&mut name),
                _ => {}
            }
        }
        Ok(all)
    }

    pub fn resident(self) -> f64 {
        self.heap + self.files + self.other
    }
}

/// Time that all threads spent on a core so far. A neighbour on the same core slows a
/// process down, but costs it no time of its own: ratios of this hold where ratios of
/// rates do not.
///
/// # Errors
/// When the process is gone.
pub fn busy(pid: u32) -> Result<Duration> {
    let mut nanos = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread that ended meanwhile has nothing to say.
        let Ok(schedstat) = std::fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        nanos += schedstat.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// System calls of a process, counted from outside without stopping it.
pub struct Calls {
    perf: Option<Child>,
}

const COUNTED: [&str; 4] = ["fsync", "fdatasync", "sendto", "writev"];

/// What was counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// However the file was synced.
    pub syncs: f64,
    /// Writes to sockets.
    pub writes: f64,
}

impl Calls {
    /// Begins to count, where `perf` may.
    pub fn of(pid: u32) -> Self {
        let events: Vec<_> = COUNTED
            .iter()
            .map(|call| format!("syscalls:sys_enter_{call}"))
            .collect();
        let perf = Command::new("perf")
            .args(["stat", "-x", ",", "-e", &events.join(","), "-p", &pid.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        Self { perf: perf.ok() }
    }

    /// What there was since; none where nobody counted.
    pub fn stop(self) -> Option<Counted> {
        let perf = self.perf?;
        let interrupted = Command::new("kill").args(["-INT", &perf.id().to_string()]).status();
        let output = perf.wait_with_output().ok()?;
        interrupted.ok()?;
        let lines = String::from_utf8_lossy(&output.stderr).into_owned();
        let count = |call: &str| {
            let name = format!("syscalls:sys_enter_{call}");
            let line = lines
                .lines()
                .find(|line| line.split(',').nth(2) == Some(name.as_str()))?;
            line.split(',').next()?.parse::<f64>().ok()
        };
        Some(Counted {
            syncs: count("fsync")? + count("fdatasync")?,
            writes: count("sendto")? + count("writev")?,
        })
    }
}
