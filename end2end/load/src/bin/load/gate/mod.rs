//! The gate: what a message costs, held against what is written down.
//!
//! What the code decides alone (allocations, system calls, bytes) is counted while one
//! message is said at a time, over a store in memory, so that neither the disk nor a
//! neighbour on the machine has a say in it. What the machine has a part in (processor
//! time, how long an answer takes) is divided by the floor of the same minute, and a miss
//! is measured a second time before it counts.

mod baseline;
mod counting;
mod lock_step;
mod measures;
mod trace;

use baseline::{Baseline, Measured, Verdict};
use std::path::PathBuf;
use whilst_load::Result;

/// How often everything is measured for the file: the middle one is written down.
const TIMES_RECORDED: usize = 3;

/// Measures and compares; true if everything holds.
///
/// # Errors
/// Where something cannot be measured, or there is no file to hold it against.
pub async fn check() -> Result<bool> {
    let memory = Memory::take()?;
    let baseline = Baseline::read()?;
    let mut holds = true;
    println!(
        "{:<52} {:>11} {:>11} {:>11}  outcome",
        "figure", "baseline", "at most", "measured"
    );
    for group in measures::GROUPS {
        let mut figures = group.measure(&memory.folder).await?;
        if figures.iter().any(|figure| baseline.verdict(figure) == Verdict::Missed) {
            // Noise only adds: what a second look does not find was none of the code's.
            let again = group.measure(&memory.folder).await?;
            for (figure, again) in figures.iter_mut().zip(again) {
                figure.value = figure.value.min(again.value);
            }
        }
        for figure in &figures {
            holds &= baseline.verdict(figure).is_held();
            println!("{}", baseline.line(figure));
        }
        if figures.is_empty() {
            println!("{:<52} not looked at: target/site holds none", measures::WASM.name);
        }
    }
    Ok(holds)
}

/// Measures everything a few times and writes the middle ones down.
///
/// # Errors
/// Where something cannot be measured.
pub async fn record() -> Result<()> {
    let memory = Memory::take()?;
    let mut runs: Vec<Vec<Measured>> = Vec::new();
    for _ in 0..TIMES_RECORDED {
        let mut run = Vec::new();
        for group in measures::GROUPS {
            run.extend(group.measure(&memory.folder).await?);
        }
        runs.push(run);
    }
    Baseline::of(&runs)?.write()
}

/// A folder that lies in memory, until it is dropped: a sync costs nothing there, but it
/// is called.
struct Memory {
    folder: PathBuf,
}

impl Memory {
    fn take() -> Result<Self> {
        let folder = PathBuf::from(format!("/dev/shm/whilst-gate-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { folder })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.folder);
    }
}
