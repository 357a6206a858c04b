//! `load`: drives a release build of the server with many clients, checks every delivery
//! and measures. It prints one table, writes `target/load.json`, and fails if a figure
//! misses its must.
//!
//! The server is a child process on the first core, this program stays on the second, so
//! that neither takes the other's time. What depends on the disk is judged by the disk's
//! own fdatasync, measured in the same run; what depends on the kernel, by the floor.

mod direct;
mod disk;
mod fan_out;
mod floor;
mod idle;
mod ledger;
mod mixed;
mod process;
mod report;
mod returning;
mod scale;
mod seed;
mod server;
mod sql;
mod start;
mod storm;

use report::Report;
use scale::Scale;
use std::process::ExitCode;
use whilst_load::Result;

const USAGE: &str = "usage: load [--quick] [WORKLOAD]…

Workloads: idle fan-out direct returning storm start mixed; all of them if none is named.
The server is target/release/whilst, or what APP_BIN names.

  --quick  smaller and shorter, under three minutes
  --help   this page";

const WORKLOADS: [&str; 7] = ["idle", "fan-out", "direct", "returning", "storm", "start", "mixed"];

fn main() -> ExitCode {
    let mut scale = Scale::FULL;
    let mut named = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quick" => scale = Scale::QUICK,
            "-h" | "--help" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            name => match WORKLOADS.iter().find(|workload| **workload == name) {
                Some(workload) => named.push(*workload),
                None => {
                    eprintln!("load: unknown argument {name}\n{USAGE}");
                    return ExitCode::from(2);
                }
            },
        }
    }
    if named.is_empty() {
        named.extend(WORKLOADS);
    }
    match run(&scale, &named) {
        Ok(report) if report.is_met() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(scale: &Scale, named: &[&str]) -> Result<Report> {
    process::stay_on_own_core()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::new(scale.name);
    runtime.block_on(async {
        let disk = disk::measure()?;
        report.note("fdatasync of this disk, p50", disk.p50_ms, "ms");
        report.note("fdatasync of this disk, p99", disk.p99_ms, "ms");
        for name in named {
            eprintln!("{name} …");
            let outcome = match *name {
                "idle" => idle::run(scale, &mut report).await,
                "fan-out" => fan_out::run(scale, &mut report).await,
                "direct" => direct::run(scale, &disk, &mut report).await,
                "returning" => returning::run(scale, &mut report).await,
                "storm" => storm::run(scale, &mut report).await,
                "start" => start::run(scale, &mut report).await,
                _ => mixed::run(scale, &mut report).await,
            };
            outcome.map_err(|error| format!("{name}: {error}"))?;
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    })?;
    report.print();
    report.write()?;
    Ok(report)
}
