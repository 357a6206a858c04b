//! The one binary: reads the command line, does one thing, says how it went.

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};
use whilst::server::{self, backup::Existing, store::OnDamage};

/// A self-hosted chat: what is said while you are away is kept once, reaches
/// each of your devices exactly once, and coming back takes one glance.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the chat.
    Serve {
        /// Host and port to listen on, instead of the configured ones.
        #[arg(long, value_name = "HOST:PORT")]
        addr: Option<String>,
        /// The data folder, instead of the configured one.
        #[arg(long, value_name = "FOLDER")]
        data: Option<PathBuf>,
        /// Start on a damaged write-ahead log: keep what can be proven to be whole, and draw a new
        /// epoch. The damaged files are copied aside first.
        #[arg(long)]
        accept_loss: bool,
    },
    /// Fill an empty data folder with people, rooms and a month of history.
    Demo {
        /// The data folder to make.
        #[arg(long, value_name = "FOLDER", default_value = "data")]
        data: PathBuf,
        /// How many messages to write.
        #[arg(long, value_name = "COUNT", default_value_t = server::demo::MESSAGES_DEFAULT)]
        messages: u64,
        /// The same seed makes the same history.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Write a backup into a new folder; a server may be running and goes on.
    Backup {
        /// The folder to make.
        #[arg(value_name = "BACKUP")]
        to: PathBuf,
        /// The data folder, instead of the configured one.
        #[arg(long, value_name = "FOLDER")]
        data: Option<PathBuf>,
    },
    /// Check a backup and put it where a server finds it; no server may be running there.
    ///
    /// People stay signed in. Open tabs notice by themselves, load what is there now, and
    /// send again what they know to have sent since the backup was made.
    Restore {
        /// The folder that `whilst backup` made.
        #[arg(value_name = "BACKUP")]
        from: PathBuf,
        /// The data folder, instead of the configured one.
        #[arg(long, value_name = "FOLDER")]
        data: Option<PathBuf>,
        /// Check the backup and write nothing.
        #[arg(long, conflicts_with = "replace")]
        verify: bool,
        /// Where the data folder holds data, put that aside, into a folder within.
        #[arg(long)]
        replace: bool,
    },
}

fn main() -> ExitCode {
    let run = match Arguments::parse().command {
        Command::Serve {
            addr,
            data,
            accept_loss,
        } => {
            let on_damage = if accept_loss {
                OnDamage::AcceptLoss
            } else {
                OnDamage::Refuse
            };
            server::serve::serve(addr, data, on_damage)
        }
        Command::Demo { data, messages, seed } => server::serve::fill_demo(&data, messages, seed),
        Command::Backup { to, data } => server::serve::back_up(data, &to),
        Command::Restore { from, verify: true, .. } => server::serve::verify(&from),
        Command::Restore {
            from, data, replace, ..
        } => {
            let existing = if replace { Existing::Keep } else { Existing::Refuse };
            server::serve::restore(&from, data, existing)
        }
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("whilst: {problem}");
            ExitCode::FAILURE
        }
    }
}
