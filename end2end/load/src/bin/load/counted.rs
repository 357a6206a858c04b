//! The server itself, inside this program, so that what it allocates can be counted: the
//! same code as in the server's own binary, over an allocator that keeps count. What
//! SQLite allocates is C's and is not in it.

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::{alloc::System, io::stdin, path::PathBuf, process::ExitCode};
use whilst::server::{serve::serve, store::OnDamage};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What stands before the numbers, on a line of their own.
pub const MARK: &str = "counted";

/// Serves like the server's binary. For each line that it is given it says how often it
/// has allocated, how many bytes in all, and how many of them it still holds. It ends
/// with its input, so that it never outlives who drives it.
pub fn serve_counted(addr: String, data: PathBuf) -> ExitCode {
    std::thread::spawn(|| {
        for _line in stdin().lines() {
            let stats = COUNTED.stats();
            let allocations = stats.allocations + stats.reallocations;
            let held = stats.bytes_allocated - stats.bytes_deallocated;
            println!("{MARK} {allocations} {} {held}", stats.bytes_allocated);
        }
        std::process::exit(0);
    });
    match serve(Some(addr), Some(data), OnDamage::Refuse) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}
