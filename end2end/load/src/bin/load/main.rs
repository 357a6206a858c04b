//! `load`: drives a release build of the server with many clients, checks every delivery
//! and measures. It prints one table, writes `target/load.json`, and fails if a figure
//! misses its must.
//!
//! The server is a child process on the first core, this program stays on the second, so
//! that neither takes the other's time. What depends on the disk is judged by the disk's
//! own fdatasync, measured in the same run; what depends on the kernel, by the floor.

mod counted;
mod direct;
mod disk;
mod fan_out;
mod floor;
mod gate;
mod idle;
mod ledger;
mod mixed;
mod process;
mod profile;
mod report;
mod returning;
mod scale;
mod seed;
mod server;
mod sql;
mod start;
mod storm;
mod tried;

use report::Report;
use scale::Scale;
use std::process::ExitCode;
use whilst_load::Result;

const USAGE: &str = "usage: load [--quick] [WORKLOAD]…
       load gate [--record]

Workloads: idle fan-out direct returning storm start mixed; all of them if none is named.
The server is target/release/whilst, or what APP_BIN names.

  gate      what a message costs, held against end2end/load/baseline.json
  --record  measures that, and writes the file
  --quick   smaller and shorter, under three minutes
  --help    this page";

const WORKLOADS: [&str; 7] = ["idle", "fan-out", "direct", "returning", "storm", "start", "mixed"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", "--addr", addr, "--data", data] => counted::serve_counted(addr.to_owned(), data.into()),
        ["gate"] => outcome(on_own_core(gate::check())),
        ["gate", "--record"] => outcome(on_own_core(gate::record()).map(|()| true)),
        _ => load(&arguments),
    }
}

/// Success where everything held.
fn outcome(held: Result<bool>) -> ExitCode {
    match held {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn on_own_core<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    process::stay_on_own_core()?;
    process::open_as_many_as_allowed()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}

fn load(arguments: &[&str]) -> ExitCode {
    let mut scale = Scale::FULL;
    let mut named = Vec::new();
    for argument in arguments {
        match *argument {
            "--quick" => scale = Scale::QUICK,
            "-h" | "--help" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            name => {
                let Some(workload) = WORKLOADS.iter().find(|workload| **workload == name) else {
                    eprintln!("load: unknown argument {name}\n{USAGE}");
                    return ExitCode::from(2);
                };
                named.push(*workload);
            }
        }
    }
    if named.is_empty() {
        named.extend(WORKLOADS);
    }
    outcome(run(&scale, &named).map(|report| report.is_met()))
}

fn run(scale: &Scale, named: &[&str]) -> Result<Report> {
    let mut report = Report::new(scale.name);
    on_own_core(async {
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
    report.explain();
    report.write()?;
    Ok(report)
}
