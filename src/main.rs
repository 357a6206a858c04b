//! The one binary: reads the command line, does one thing, says how it went.

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};
use whilst::server;

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
}

fn main() -> ExitCode {
    let run = match Arguments::parse().command {
        Command::Serve { addr, data } => server::serve::serve(addr, data),
        Command::Demo { data, messages, seed } => server::serve::fill_demo(&data, messages, seed),
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("whilst: {problem}");
            ExitCode::FAILURE
        }
    }
}
