//! The server under test: a child process on one core, on a folder of its own.

use crate::process::SERVER_CORE;
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::net::TcpStream;
use whilst_load::Result;

/// Beside the build, so that the stores lie on the disk that is measured.
pub const FOLDER: &str = "target/load";
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Server {
    child: Child,
    pub addr: String,
}

/// An empty folder at this path.
///
/// # Errors
/// Where it cannot be emptied.
pub fn fresh_folder(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The binary that is measured.
pub fn binary() -> String {
    std::env::var("APP_BIN").unwrap_or_else(|_| "target/release/whilst".to_owned())
}

/// An address that nobody listens on.
///
/// # Errors
/// Where there is no port left.
pub fn free_addr() -> Result<String> {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    Ok(format!("127.0.0.1:{port}"))
}

/// A command that ends with a server's binary, made to serve. One person may say as much
/// as the settings allow: what is measured is the server, not its patience.
pub fn serving<'a>(command: &'a mut Command, addr: &str, data: &Path) -> &'a mut Command {
    command
        .args(["serve", "--addr", addr, "--data"])
        .arg(data)
        .env("WHILST_SERVER_LOG", "error")
        .env("WHILST_LIMITS_COMMANDS_BURST", "1000")
        .env("WHILST_LIMITS_COMMANDS_PER_SECOND", "1000")
}

/// # Errors
/// When the server ends, or takes too long.
pub async fn wait_until_it_listens(server: &mut Child, addr: &str) -> Result<()> {
    let begun = Instant::now();
    while TcpStream::connect(addr).await.is_err() {
        if let Some(status) = server.try_wait()? {
            return Err(format!("the server ended with {status}").into());
        }
        if begun.elapsed() > PATIENCE {
            return Err("the server does not listen".into());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

impl Server {
    /// Starts on a data folder and waits until it listens.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn start(data: &Path) -> Result<Self> {
        let mut server = Self::spawn(data)?;
        wait_until_it_listens(&mut server.child, &server.addr).await?;
        Ok(server)
    }

    /// Starts and does not wait.
    ///
    /// # Errors
    /// Where there is no such binary.
    pub fn spawn(data: &Path) -> Result<Self> {
        let addr = free_addr()?;
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE, &binary()]);
        let child = serving(&mut command, &addr, data).stdout(Stdio::null()).spawn()?;
        Ok(Self { child, addr })
    }

    /// `taskset` becomes the server, so this is the server's.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would.
    ///
    /// # Errors
    /// Where it was gone before.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A run that failed leaves no server behind.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
