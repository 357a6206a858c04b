//! Starting and stopping: opens what there is to open, runs the tasks, serves, and
//! when asked to stop finishes what is in hand.

use super::{
    app::{App, Parts},
    away::Away,
    backup::{self, Existing},
    clock::Ambience,
    config::{self, Config, Layer, Loaded, Surroundings},
    demo,
    http::{Site, serve_connections},
    hub::{Hub, RingBounds},
    messages::Recent,
    rooms,
    sessions::{self, Gate, Known},
    socket::Paces,
    store::{OnDamage, Store},
    writer::Writer,
};
use crate::wire::Millis;
use leptos::config::{LeptosOptions, get_configuration};
use std::{
    error::Error as StdError,
    io::IsTerminal,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections that wait to be taken. With more at once, as when everybody comes back after a
/// restart, the kernel lets the others try again a second later. It has a bound of its own too.
const BACKLOG: u32 = 4_096;
/// After this the stop waits for nobody any more.
const GOODBYE_MAX: Duration = Duration::from_secs(10);
/// The framework's own settings, in the same file.
const PAGES_SECTION: &str = "[package.metadata.leptos]";
const SWEEP_EVERY_MS: u64 = 60 * 60 * 1_000;

/// Why a start came to nothing, in words for the operator.
pub type StartError = Box<dyn StdError + Send + Sync>;

/// A server that runs.
pub struct Running {
    pub app: App,
    writer: JoinHandle<()>,
    last_call: CancellationToken,
}

impl Running {
    /// Starts the writer, the hub and the jobs over an open store.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub async fn start(config: Config, ambience: Ambience, store: Store, site: Site) -> Result<Self, StartError> {
        let (hub, publications, hub_task) = Hub::open(RingBounds::from(&config.rings), ambience.clone());
        let (away, away_task) = Away::open();
        let (writer, writer_task) = Writer::new(store.clone(), ambience.clone(), publications)
            .await
            .map_err(|error| error.chain())?;
        let app = App::from(Parts {
            gate: Gate::new(&config.sign_in).map_err(|error| error.chain())?,
            limits: Arc::new(config.limits()),
            config: Arc::new(config),
            ambience,
            store,
            writer,
            hub,
            away,
            paces: Paces::default(),
            recent: Recent::default(),
            known: Known::default(),
            site,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        // The writer goes on until everybody who may still write has left.
        let last_call = CancellationToken::new();
        let writer = on_its_own_thread(writer_task.run(last_call.clone()));
        tokio::spawn(hub_task.run());
        app.tasks.spawn(away_task.run(app.clone()));
        app.tasks.spawn(sweep(app.clone()));
        app.tasks.spawn(clean(app.clone()));
        app.tasks.spawn(checkpoint(app.clone()));
        // A crash may have come between the end of a room and the end of its words.
        app.tasks.spawn(rooms::empty_deleted(app.clone()));
        Ok(Self { app, writer, last_call })
    }

    /// Serves until the app is told to stop, then lets everybody go in order: no new
    /// requests, sockets told to come back, the last batch, the store.
    pub async fn serve(self, listener: TcpListener) {
        let app = self.app;
        let late = async {
            app.stopping.cancelled().await;
            tokio::time::sleep(GOODBYE_MAX).await;
        };
        tokio::select! {
            () = serve_connections(&app, listener) => {}
            () = late => tracing::warn!("some requests were not over when the server stopped"),
        }
        app.tasks.close();
        if tokio::time::timeout(GOODBYE_MAX, app.tasks.wait()).await.is_err() {
            tracing::warn!("some connections were not over when the server stopped");
        }
        self.last_call.cancel();
        if let Err(error) = self.writer.await {
            tracing::error!(%error, "the writer ended badly");
        }
        app.store.close().await;
    }
}

/// Forgets sessions that have expired, now and then.
async fn sweep(app: App) {
    loop {
        let next = Millis(app.ambience.now().0 + SWEEP_EVERY_MS);
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = app.ambience.clock.sleep_until(next) => {}
        }
        while let Ok(true) = sessions::sweep(&app).await {}
    }
}

/// Sees to it that what was deleted leaves the disk.
async fn clean(app: App) {
    app.store.keep_clean(&app.ambience, app.stopping.clone()).await;
}

async fn checkpoint(app: App) {
    app.store.keep_checkpointed(app.stopping.clone()).await;
}

/// Everybody waits for the writer, and its every statement comes back from another thread:
/// among the tasks of thousands of connections it would stand in line each time.
fn on_its_own_thread(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(task))
}

/// `whilst serve`.
///
/// # Errors
/// What is wrong, where, and what would be right.
pub fn serve(addr: Option<String>, data: Option<PathBuf>, on_damage: OnDamage) -> Result<(), StartError> {
    let (config, leptos) = configured(addr, data)?;
    let filter = tracing_subscriber::EnvFilter::try_new(&config.server.log)?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // A log that cannot be written, as on a disk without room, would be complained of on the
        // same stderr by a macro that panics: the writer's task ended by it, and with it the server.
        .log_internal_errors(false)
        .init();
    runtime()?.block_on(serve_configured(config, &leptos, on_damage))
}

async fn serve_configured(config: Config, leptos: &LeptosOptions, on_damage: OnDamage) -> Result<(), StartError> {
    let site = Site::open(Path::new(&*leptos.site_root), leptos.hash_files)?;
    let listener = listen(config.server.addr).map_err(|error| {
        format!(
            "{}: {error}; choose another with --addr HOST:PORT or server.addr",
            config.server.addr
        )
    })?;
    let config = config.bound_to(listener.local_addr()?);
    let ambience = Ambience::of_the_machine();
    let store = Store::open_despite(&config.server.data, &ambience, on_damage).await?;
    let running = Running::start(config, ambience, store, site).await?;
    let app = running.app.clone();
    println!("Whilst listens on {}", app.config.public_url());
    tokio::spawn(async move {
        asked_to_stop().await;
        app.stopping.cancel();
    });
    running.serve(listener).await;
    Ok(())
}

fn listen(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Else a restart would have to wait until the connections of the one before are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// `whilst demo`.
///
/// # Errors
/// Why the folder could not be filled.
pub fn fill_demo(data: &Path, messages: u64, seed: u64) -> Result<(), StartError> {
    let options = demo::Options { messages, seed };
    let report = runtime()?.block_on(demo::fill(data, options, &Ambience::of_the_machine()))?;
    println!("{report}");
    Ok(())
}

/// `whilst backup`.
///
/// # Errors
/// Why there is none.
pub fn back_up(data: Option<PathBuf>, to: &Path) -> Result<(), StartError> {
    let data = loaded(None, data)?.config.server.data;
    let manifest = runtime()?.block_on(backup::make(&data, to, &Ambience::of_the_machine()))?;
    println!("{} holds {manifest}", to.display());
    Ok(())
}

/// `whilst restore --verify`.
///
/// # Errors
/// What is wrong with the backup.
pub fn verify(from: &Path) -> Result<(), StartError> {
    let manifest = runtime()?.block_on(backup::verify(from))?;
    println!("{} is whole: {manifest}", from.display());
    Ok(())
}

/// `whilst restore`.
///
/// # Errors
/// Why nothing was restored.
pub fn restore(from: &Path, data: Option<PathBuf>, existing: Existing) -> Result<(), StartError> {
    let data = loaded(None, data)?.config.server.data;
    let ambience = Ambience::of_the_machine();
    let restored = runtime()?.block_on(backup::restore(from, &data, existing, &ambience))?;
    println!("{} holds {}", data.display(), restored.manifest);
    if let Some(kept) = restored.kept {
        println!("What was there before is in {}", kept.display());
    }
    Ok(())
}

/// What is configured, and where the built pages lie, which is for the framework to say.
fn configured(addr: Option<String>, data: Option<PathBuf>) -> Result<(Config, LeptosOptions), StartError> {
    let Loaded { config, file } = loaded(addr, data)?;
    Ok((config, built_pages(file.as_deref())?))
}

/// The file, the environment over it, the command line over both.
fn loaded(addr: Option<String>, data: Option<PathBuf>) -> Result<Loaded, StartError> {
    let surroundings = Surroundings {
        variables: std::env::vars_os(),
        started_in: std::env::current_dir()?,
        beside: std::env::current_exe()?.parent().map(Path::to_owned),
    };
    let mut arguments = Vec::new();
    arguments.extend(addr.map(|addr| Layer::of_argument("--addr", "server", "addr", &addr)));
    arguments.extend(data.map(|data| Layer::of_argument("--data", "server", "data", &data.to_string_lossy())));
    Ok(config::load(surroundings, arguments)?)
}

/// Where the built pages lie, by the file if it says so. Their names hold a hash unless it
/// is said that they do not: a start without them would serve pages without a program.
fn built_pages(file: Option<&Path>) -> Result<LeptosOptions, StartError> {
    let text = file.map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    let file = file.filter(|_| text.contains(PAGES_SECTION)).and_then(Path::to_str);
    let mut leptos = get_configuration(file)?.leptos_options;
    let is_said = std::env::var_os("LEPTOS_HASH_FILES").is_some() || text.contains("hash-files");
    leptos.hash_files |= !is_said;
    Ok(leptos)
}

/// On one core one queue of tasks: it is cheaper, and fair. A worker of several has room for
/// 256 tasks, and when a room of a thousand is told something the others stand behind those
/// who are woken again and again.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    use tokio::runtime::Builder;
    let cores = std::thread::available_parallelism()?.get();
    let mut builder = if cores == 1 {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    builder.enable_all().build()
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
