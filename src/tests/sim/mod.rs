//! Worlds in which everything breaks, each made from one number.
//!
//! The true tab, the true verbs, the true writer, hub and conversations, over real
//! SQLite files, on wires and clocks that are simulated. One thing happens after
//! another in one thread, chosen by dice, so that a world that breaks a promise can be
//! seen again: `WHILST_SIM_SEED=4711 cargo test --features ssr sim`.

mod absence;
mod dice;
mod end;
mod first_level;
mod house;
mod people;
mod record;
mod screen;
mod seat;
mod sql;
mod stories;
mod tally;
mod trouble;
mod turn;
mod wire;
mod world;

use super::{
    checker::{Promise, Violation},
    drawer::Drawer,
};
use crate::server::testing::House as PlainHouse;
use house::Image;
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};
use tally::{ALL, Seen, Tally};
use world::{Ground, World};

/// What a change must pass; a release passes a hundred times as many.
const SEEDS: u64 = 500;
const STEPS_PER_SEED: u64 = 1_700;
/// Each kind of trouble comes at least so often in a run of [`SEEDS`].
const EACH_MIN: u64 = 100;

/// What became of a seed.
struct Fate {
    seed: u64,
    violations: Vec<Violation>,
    tally: Tally,
    trace: u64,
}

/// A store with three people in two rooms, who have talked before.
async fn ground() -> Ground {
    let house = PlainHouse::open().await;
    let mut people = Vec::new();
    for name in ["ada", "bo", "cy"] {
        people.push((house.insert_person(name).await, name.to_owned()));
    }
    let hall = house.open_room(&people[0].0, "Hall").await;
    let attic = house.closed_room(&people[1].0, "Attic").await;
    house.join(&people[1].0, hall).await;
    house.join(&people[2].0, hall).await;
    house.app.store.close().await;
    Ground {
        image: Image::of(house.folder()),
        people: people.into_iter().map(|(who, name)| (who.user(), name)).collect(),
        rooms: vec![hall, attic],
    }
}

async fn live(seed: u64, ground: &Ground, folder: &Path) -> Fate {
    let folder = folder.join(seed.to_string());
    let mut world = World::new(seed, ground, folder.clone()).await;
    let seats = 4 + world.dice.index(3);
    world.tally.saw(Seen::SeveralTabs);
    for nth in 0..seats {
        let user = world.people[nth % world.people.len()].user;
        let level = world.a_level();
        world.sits_down_at(level, user, Drawer::default()).await;
    }
    let steps = STEPS_PER_SEED;
    while world.tally.steps < steps {
        world.one_thing_happens(true).await;
    }
    let violations = world.ends().await;
    let fate = Fate {
        seed,
        violations,
        tally: world.tally.clone(),
        trace: world.trace,
    };
    drop(world);
    drop(std::fs::remove_dir_all(folder));
    fate
}

/// Memory, where there is a folder of it.
fn workplace() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    folder.expect("a folder for a while")
}

fn in_one_thread<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn live_alone(seed: u64, ground: &Ground, folder: &Path) -> Fate {
    let lived = catch_unwind(AssertUnwindSafe(|| in_one_thread(live(seed, ground, folder))));
    lived.unwrap_or_else(|panic| {
        eprintln!("seed {seed} panicked");
        std::panic::resume_unwind(panic)
    })
}

/// Lives all these seeds in order, on as many threads as there are cores. After a break only
/// seeds that have begun are lived to their end, which includes every lower one.
fn live_all(seeds: std::ops::Range<u64>, each: &(dyn Fn(&Fate) -> ControlFlow<()> + Sync)) -> Tally {
    let ground = in_one_thread(ground());
    let place = workplace();
    let next = AtomicU64::new(seeds.start);
    let tallies = thread::scope(|scope| {
        let work = || {
            let mut tally = Tally::default();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= seeds.end {
                    return tally;
                }
                let fate = live_alone(seed, &ground, place.path());
                tally.add(&fate.tally);
                if each(&fate).is_break() {
                    next.fetch_max(seeds.end, Ordering::Relaxed);
                }
            }
        };
        let workers: Vec<_> = (0..cores()).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker"))
            .collect::<Vec<_>>()
    });
    let mut whole = Tally::default();
    for tally in &tallies {
        whole.add(tally);
    }
    whole
}

fn cores() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

fn number_from(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

#[test]
fn no_seed_breaks_a_promise() {
    let (seeds, alone) = match number_from("WHILST_SIM_SEED") {
        Some(seed) => (seed..seed + 1, true),
        None => (0..number_from("WHILST_SIM_SEEDS").unwrap_or(SEEDS), false),
    };
    // Of a broken tree one seed is enough to know.
    let stops_when_found = env::var_os("WHILST_SIM_UNTIL_FOUND").is_some();
    let count = seeds.end - seeds.start;
    println!();
    let found: Mutex<BTreeMap<u64, Vec<Violation>>> = Mutex::default();
    let tally = live_all(seeds, &|fate| {
        if fate.violations.is_empty() {
            return ControlFlow::Continue(());
        }
        for violation in &fate.violations {
            println!("seed {}: {violation}", fate.seed);
        }
        found.lock().unwrap().insert(fate.seed, fate.violations.clone());
        if stops_when_found {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let found = found.into_inner().unwrap();
    let broken: usize = found.values().map(Vec::len).sum();
    println!("sim: {count} seeds, {} steps, {broken} violations", tally.steps);
    println!("sim: {tally}");
    if let Some((seed, violations)) = found.first_key_value() {
        println!("sim: found by seed {seed} ({})", promises_in(violations));
    }
    assert_eq!(broken, 0, "see the seeds above");
    if !alone {
        for what in ALL {
            let min = EACH_MIN * count / SEEDS;
            assert!(tally.count(*what) >= min, "{what:?} came {} times", tally.count(*what));
        }
    }
}

/// Each broken promise once: `K2, K7`.
fn promises_in(violations: &[Violation]) -> String {
    let promises: BTreeSet<Promise> = violations.iter().map(|violation| violation.promise).collect();
    let names: Vec<_> = promises.iter().map(|promise| format!("{promise:?}")).collect();
    names.join(", ")
}

#[test]
fn a_seed_comes_to_the_same_end_each_time() {
    let ground = in_one_thread(ground());
    for seed in [3, 14] {
        let traces: Vec<u64> = (0..2)
            .map(|_| live_alone(seed, &ground, workplace().path()).trace)
            .collect();
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}
