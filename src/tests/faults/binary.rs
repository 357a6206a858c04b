//! The true binary as a process.

use super::{AGAIN, PATIENCE, http, town::Town};
use std::{
    fs,
    process::{Child, Command, ExitStatus, Stdio},
};

pub struct Binary {
    child: Child,
    pub addr: String,
}

/// What stands between us and the process: a tracer, a shell that sets bounds.
pub type Wrapping = Vec<String>;

/// A shell that ignores the signal of a file-size limit, which would end the process.
pub fn without_size_signal() -> Wrapping {
    ["bash", "-c", "trap '' XFSZ; exec \"$@\"", "bounded"]
        .map(str::to_owned)
        .into()
}

impl Binary {
    /// A server on the town's folder, at an address that stays the same over restarts.
    pub async fn starts(town: &Town, addr: &str) -> Self {
        Self::starts_within(town, addr, &Wrapping::new()).await
    }

    pub async fn starts_within(town: &Town, addr: &str, wrapping: &Wrapping) -> Self {
        let mut words = wrapping
            .iter()
            .map(String::as_str)
            .chain([env!("CARGO_BIN_EXE_whilst")]);
        let child = Command::new(words.next().unwrap())
            .args(words)
            .args(["serve", "--addr", addr, "--data"])
            .arg(town.data())
            // Those are for the tests, and no settings.
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("WHILST_FAULTS_")))
            .env("WHILST_LIMITS_COMMANDS_BURST", "1000")
            .env("WHILST_LIMITS_COMMANDS_PER_SECOND", "1000")
            .env("LEPTOS_HASH_FILES", "false")
            .envs(town.settings.iter().copied())
            .envs(town.public_url.as_ref().map(|url| ("WHILST_SERVER_PUBLIC_URL", url)))
            .current_dir(town.folder())
            .stdout(Stdio::null())
            .stderr(fs::File::create(town.folder().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut binary = Self {
            child,
            addr: addr.to_owned(),
        };
        let up = async {
            while !binary.is_well().await {
                if let Some(status) = binary.child.try_wait().unwrap() {
                    let log = fs::read_to_string(town.folder().join("log")).unwrap();
                    panic!("the server ended with {status}: {log}");
                }
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::time::timeout(PATIENCE, up).await.expect("the server came up");
        binary
    }

    async fn is_well(&self) -> bool {
        let reply = http::request(&self.addr, "GET", "/healthz", &[], b"").await;
        reply.is_ok_and(|reply| reply.status == 200)
    }

    /// Of the server itself, whoever runs it.
    pub fn pid(&self) -> u32 {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let first = children.split_whitespace().next();
        first.map_or(own, |pid| pid.parse().unwrap())
    }

    /// From now on no file of the process grows beyond this; "unlimited" ends it.
    pub fn limit_files(&self, bytes: &str) {
        let (pid, bound) = (self.pid().to_string(), format!("--fsize={bytes}:unlimited"));
        let set = Command::new("prlimit").args(["--pid", &pid, &bound]).status();
        assert!(set.unwrap().success());
    }

    /// Kill -9: not a word more.
    pub fn dies(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asked to stop, as a service manager does; gives how it ended.
    pub async fn stops(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status();
        assert!(asked.unwrap().success());
        tokio::task::spawn_blocking(move || self.child.wait().unwrap())
            .await
            .unwrap()
    }
}

/// One that nobody listens at.
pub fn free_addr() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
