//! Where a process spends its time, for the figures that miss what they should be.
//!
//! `perf` looks at the process' core some hundred times a second. It looks at the core and not at
//! the process, because it would have to do something at each change of threads otherwise, which
//! made a storm half as long again. What it saw is read when nothing is measured any more, and
//! only where somebody wants to know. Where there is no `perf`, nobody knows.

use crate::{process::SERVER_CORE, server::FOLDER};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// No multiple of what a timer in the server might beat with.
const LOOKS_PER_SECOND: &str = "499";
/// Until `perf` looks. It takes the clients' core meanwhile, so nothing is measured before.
const READY_AFTER: Duration = Duration::from_millis(400);
/// Parts of a profile that are told; what is less than so much of it is not.
const PARTS_MAX: usize = 9;
const PART_MIN: f64 = 0.01;

/// A look at one process on the server's core for a while.
pub struct Profile {
    pid: u32,
    perf: Option<Child>,
    file: PathBuf,
    /// What was seen lies in the file.
    is_there: bool,
}

impl Profile {
    /// Begins to look. `name` tells it from others of this run.
    pub fn of(pid: u32, name: &str) -> Self {
        let file = Path::new(FOLDER).join(format!("{}.perf", name.replace(|c: char| !c.is_alphanumeric(), "-")));
        let perf = Command::new("perf")
            .args([
                "record",
                "-q",
                "--no-buildid",
                "--no-buildid-cache",
                "-e",
                "cpu-clock",
                "-F",
                LOOKS_PER_SECOND,
                "-g",
            ])
            .args(["-C", SERVER_CORE, "-o"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self {
            pid,
            perf: perf.ok(),
            file,
            is_there: false,
        }
    }

    /// Waits until it looks, while others do what they do.
    pub async fn ready() {
        tokio::time::sleep(READY_AFTER).await;
    }

    /// Looks no more. It takes a moment, in which this program does nothing else.
    pub fn end(&mut self) {
        if let Some(mut perf) = self.perf.take() {
            let interrupted = Command::new("kill").args(["-INT", &perf.id().to_string()]).status();
            self.is_there = interrupted.and_then(|_| perf.wait()).is_ok();
        }
    }

    /// The greatest parts of what was seen, as one line; none if nothing was.
    pub fn told(mut self) -> Option<String> {
        self.end();
        if !self.is_there {
            return None;
        }
        let script = Command::new("perf")
            .args(["script", "--no-inline", "-F", "comm,ip,sym", "--pid"])
            .arg(self.pid.to_string())
            .arg("-i")
            .arg(&self.file)
            .stderr(Stdio::null())
            .output();
        told(&String::from_utf8_lossy(&script.ok()?.stdout))
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        self.end();
        let _a_file_less = std::fs::remove_file(&self.file);
    }
}

/// Samples are parted by empty lines: a thread's name, then addresses with their functions, the
/// innermost first.
fn told(script: &str) -> Option<String> {
    let mut parts: HashMap<String, usize> = HashMap::new();
    let mut all = 0;
    for sample in script.split("\n\n") {
        let functions: Vec<&str> = sample
            .lines()
            .filter(|line| line.starts_with(char::is_whitespace))
            .filter_map(|line| Some(line.trim().split_once(' ')?.1.trim()))
            .collect();
        if !functions.is_empty() {
            *parts.entry(part(&functions)).or_default() += 1;
            all += 1;
        }
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), name.clone()));
    let shares = parts
        .iter()
        .map(|(name, count)| (name, *count as f64 / f64::from(all)))
        .take_while(|(_, share)| *share >= PART_MIN)
        .take(PARTS_MAX);
    let told: Vec<_> = shares
        .map(|(name, share)| format!("{:.0} % {name}", share * 100.0))
        .collect();
    (all > 0).then(|| told.join(", "))
}

/// Which part of the program a stack belongs to: the system call that it is in, or the crate.
fn part(functions: &[&str]) -> String {
    let call = functions.iter().find_map(|function| {
        let at = function.find("_sys_")?;
        function.starts_with("__").then(|| &function[at + "_sys_".len()..])
    });
    if let Some(call) = call {
        return format!("kernel: {call}");
    }
    if functions.iter().any(|function| function.contains("page_fault")) {
        return "kernel: page faults".to_owned();
    }
    let innermost = functions[0];
    if ["softirq", "irq_exit", "sysvec_", "asm_", "net_rx_action"]
        .iter()
        .any(|of| functions.iter().any(|function| function.contains(of)))
    {
        return "kernel: interrupts".to_owned();
    }
    match innermost {
        "malloc" | "free" | "calloc" | "realloc" | "cfree" => "allocator".to_owned(),
        inner if inner.starts_with("_int_") || inner.contains("malloc") || inner.contains("unlink_chunk") => {
            "allocator".to_owned()
        }
        inner if inner.starts_with("sqlite3") => "SQLite".to_owned(),
        inner if inner.contains("::") => crate_of(inner),
        // What is C here and no libc is SQLite's.
        inner if inner.starts_with("__mem") || inner.starts_with("__str") => "copying and comparing".to_owned(),
        inner if inner.starts_with("__") || inner == "[unknown]" => "libc and kernel".to_owned(),
        _ => "SQLite".to_owned(),
    }
}

/// `<a::B as c::D>::e` is a's, and so is `a::b::<c::D>`.
fn crate_of(function: &str) -> String {
    let name = function.trim_start_matches(['<', '&', '*', '(', '[', '_']);
    let name = name.strip_prefix("dyn ").unwrap_or(name);
    let end = name.find("::").unwrap_or(name.len());
    match &name[..end] {
        "core" | "alloc" | "std" => inner_crate(name).unwrap_or("standard library").to_owned(),
        name => name.to_owned(),
    }
}

/// Whom the standard library works for: `core::ptr::drop_in_place::<a::B>`.
fn inner_crate(name: &str) -> Option<&str> {
    let at = name.find('<')?;
    let inner = name[at..].trim_start_matches(['<', '&', '*', '(', '[']);
    let first = &inner[..inner.find("::")?];
    (!["core", "alloc", "std"].contains(&first) && first.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .then_some(first)
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn what_was_seen_is_told_by_system_call_and_by_crate() {
        let script = "tokio-rt-worker \n\tffffffff81 tcp_sendmsg\n\tffffffff82 __x64_sys_sendto\n\n\
                      sqlx-sqlite-wor \n\t55aa sqlite3VdbeExec\n\n\
                      sqlx-sqlite-wor \n\t55ab walChecksumBytes\n\n\
                      tokio-rt-worker \n\t55ac <whilst::server::hub::Outlet as core::fmt::Debug>::fmt\n\n\
                      tokio-rt-worker \n\t7f00 malloc\n\n";
        assert_eq!(
            told(script).unwrap(),
            "40 % SQLite, 20 % allocator, 20 % kernel: sendto, 20 % whilst"
        );
        assert_eq!(told(""), None);
    }
}
