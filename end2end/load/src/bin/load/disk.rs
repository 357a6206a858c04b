//! What this disk takes for one fdatasync, in the folder that the stores lie in.

use hdrhistogram::Histogram;
use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::Instant,
};
use whilst_load::Result;

const TIMES: u32 = 300;
/// About what a small commit adds to the log of SQLite.
const BYTES: usize = 16 * 1024;

pub struct Disk {
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Appends and syncs, so many times.
pub fn measure() -> Result<Disk> {
    let path = Path::new(super::server::FOLDER).join("fdatasync");
    std::fs::create_dir_all(super::server::FOLDER)?;
    let mut file = File::create(&path)?;
    // A log that is written over, as SQLite does after a checkpoint, does not grow.
    file.write_all(&vec![1; BYTES * TIMES as usize])?;
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let mut micros = Histogram::<u64>::new(3)?;
    for _ in 0..TIMES {
        file.write_all(&[2; BYTES])?;
        let begun = Instant::now();
        file.sync_data()?;
        micros.record(begun.elapsed().as_micros() as u64)?;
    }
    std::fs::remove_file(path)?;
    Ok(Disk {
        p50_ms: ms(&micros, 0.5),
        p99_ms: ms(&micros, 0.99),
    })
}

/// A quantile of microseconds in milliseconds.
pub fn ms(micros: &Histogram<u64>, quantile: f64) -> f64 {
    micros.value_at_quantile(quantile) as f64 / 1_000.0
}
