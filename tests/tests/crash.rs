//! `kill -9` of each process at every boundary between two steps and at random moments, with two workers and two import
//! services: every image ends as exactly one row and one object.
//!
//! The everyday run kills each process a few times. `CRASH_KILLS=250` makes it a long one over both back ends (with
//! `CRASH_SEED`, 1 unless given), which prints what it did.

mod all_in_one;
mod chaos;
mod endings;
mod moment;
mod plan;
mod table;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tests::{Backend, Stack, audit::assert_all_stored, drive, link::Caught};
use tokio::time::{Instant, sleep};

use self::{
    moment::Moment,
    plan::{Kill, one_of_each, whole_matrix},
    table::Table,
};
use crate::drive_folders::{folder, generated};

/// Images of one import.
const FILES: usize = 240;
/// Bytes of each.
const LENGTH: usize = 5000;
/// How long a moment is waited for.
const MOMENT: Duration = Duration::from_secs(4);
/// Longer than a lease lasts: the other replica takes over.
const LONG: Duration = Duration::from_secs(35);

/// An image that goes to the bucket in parts.
const LARGE: usize = 17 * 1024 * 1024;

/// An import that takes a while, with every step in it again and again.
async fn start(backend: Backend) -> (Stack, String, BTreeMap<String, Vec<u8>>) {
    let (manifest, expected) = folder("crashing", FILES, LENGTH);
    let stack = stack_of(backend, &manifest).await;
    let job_id = stack.start_job("crashing").await;
    (stack, job_id, expected)
}

async fn stack_of(backend: Backend, manifest: &Value) -> Stack {
    let stack = Stack::with(drive::serving(manifest))
        .backend(backend)
        .replicas("worker", 2)
        .replicas("import", 2)
        .set("WORKER_CONCURRENCY", 2)
        .set("BATCH_SIZE", 5)
        .set("DISPATCH_WINDOW", 20)
        .set("LIST_WAIT_SECS", 1)
        .start()
        .await;
    stack.drive.fail(&json!([
        {"kind": "latency", "on": "media", "seconds": 0.05},
        {"kind": "latency", "on": "list", "seconds": 0.4},
        {"kind": "short-page", "items": 10, "on": "list"},
    ]));
    stack
}

/// Two imports of one folder at once; a few of its images are large.
async fn start_two(backend: Backend) -> (Stack, Vec<String>, BTreeMap<String, Vec<u8>>) {
    let (mut manifest, mut expected) = folder("crashing", FILES, LENGTH);
    for number in [40, 140] {
        let file = format!("crashing_f{number}");
        manifest["folders"]["crashing"][number]["bytes"] = json!(LARGE);
        expected.insert(file.clone(), generated(&file, LARGE));
    }
    let stack = stack_of(backend, &manifest).await;
    let jobs = vec![stack.start_job("crashing").await, stack.start_job("crashing").await];
    (stack, jobs, expected)
}

/// Kills as planned, in as many imports as it takes. A `long` run has two imports at once, large images, and processes
/// that stay dead for longer than their leases.
async fn run(backend: Backend, plan: Vec<Kill>, seed: u64, long: bool) -> Table {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut table = Table::new(backend, seed);
    let mut left = VecDeque::from(plan);
    let mut imports_without_a_kill = 0;
    while !left.is_empty() && imports_without_a_kill < 3 {
        let started = Instant::now();
        let before = table.kills();
        let (mut stack, jobs, expected) = if long {
            start_two(backend).await
        } else {
            let (stack, job, expected) = start(backend).await;
            (stack, vec![job], expected)
        };
        let mut missed = VecDeque::new();
        let mut early_is_over = false;
        while let Some(kill) = left.pop_front() {
            if have_ended(&stack, &jobs).await {
                missed.push_back(kill);
                break;
            }
            if early_is_over && kill.moment.is_early() {
                missed.push_back(kill);
                continue;
            }
            if let Some(caught) = at(&stack, kill.moment, &mut rng).await {
                let stays_dead = long && rng.random_bool(0.03);
                execute(&mut stack, kill, caught, stays_dead, &mut rng).await;
                table.count(kill);
            } else {
                early_is_over |= kill.moment.is_early();
                missed.push_back(kill);
            }
        }
        missed.append(&mut left);
        left = missed;
        is_exact(&stack, &jobs, &expected).await;
        table.add_import(FILES * jobs.len(), started.elapsed());
        eprintln!(
            "{backend}: {} kills in {:.0} s, {} left",
            table.kills() - before,
            started.elapsed().as_secs_f64(),
            left.len()
        );
        imports_without_a_kill = if table.kills() == before { imports_without_a_kill + 1 } else { 0 };
    }
    table.left = left;
    table
}

/// Waits for the moment; `None` when it does not come, `Some(None)` when nothing stands still at it.
async fn at(stack: &Stack, moment: Moment, rng: &mut StdRng) -> Option<Option<Caught>> {
    match moment {
        Moment::Whenever => {
            sleep(Duration::from_millis(rng.random_range(0..600))).await;
            Some(None)
        }
        Moment::At(step, point) => {
            let (asking, asked) = step.parts();
            let trap = stack.network.catch(asking, asked, step.request(), point);
            trap.caught(MOMENT).await.map(Some)
        }
    }
}

/// Kills the process while the request stands still, and starts it again before or after that goes on.
async fn execute(stack: &mut Stack, kill: Kill, caught: Option<Caught>, stays_dead: bool, rng: &mut StdRng) {
    let (asking, asked) = match kill.moment {
        Moment::At(step, _) => step.parts(),
        Moment::Whenever => ("", ""),
    };
    let replica = match &caught {
        Some(caught) if kill.service == asking => caught.caller,
        Some(caught) if kill.service == asked => caught.callee,
        _ => rng.random_range(0..stack.replicas(kill.service)),
    };
    stack.replica(kill.service, replica).kill();
    if rng.random_bool(0.5) {
        drop(caught);
    }
    if stays_dead && stack.replicas(kill.service) > 1 {
        sleep(LONG).await;
    } else if rng.random_bool(0.3) {
        sleep(Duration::from_millis(rng.random_range(0..1000))).await;
    }
    stack.replica(kill.service, replica).start_again();
    // a request of the dead process that was still on its way may arrive only now
}

async fn have_ended(stack: &Stack, jobs: &[String]) -> bool {
    let import = client::import::Client::new(stack.api.clone(), stack.http.clone());
    for job_id in jobs {
        let job = import.job_status(job_id, false).await;
        if !job.is_ok_and(|job| job.state.is_some_and(client::import::JobState::is_final)) {
            return false;
        }
    }
    true
}

async fn is_exact(stack: &Stack, jobs: &[String], expected: &BTreeMap<String, Vec<u8>>) {
    for job_id in jobs {
        assert_all_stored(&stack.finished(job_id).await, expected.len());
    }
    stack.all_ready().await;
    stack.assert_stored_exactly(expected).await;
    stack.assert_nothing_left_to_do().await;
    stack.assert_no_secret_in_logs();
    stack.assert_no_panic_in_logs();
}

/// The everyday run, or the long one where the environment asks for it.
async fn kills_lose_nothing(backend: Backend) {
    let env = service::Env::from_process_without_file();
    let number = |name: &str| env.get(name).map(|value| value.parse().expect("a number"));
    let seed: u64 = number("CRASH_SEED").unwrap_or(1);
    let table = match number("CRASH_KILLS") {
        // half of them over each back end
        Some(kills) => {
            let kills = usize::try_from(kills).expect("not that many").div_ceil(2);
            run(backend, whole_matrix(kills, seed), seed, true).await
        }
        None => run(backend, one_of_each(seed), seed, false).await,
    };
    eprintln!("{table}");
    assert!(table.left.is_empty(), "moments that never came: {:?}", table.left);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_at_every_step_lose_nothing_on_files() {
    kills_lose_nothing(Backend::Files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_at_every_step_lose_nothing_on_servers() {
    kills_lose_nothing(Backend::Servers).await;
}

#[tokio::test]
async fn everything_killed_at_once_goes_on_where_it_was() {
    let (mut stack, job_id, expected) = start(Backend::Files).await;
    stack.stored(50).await;
    for process in stack.processes.values_mut() {
        process.kill();
    }
    for process in stack.processes.values_mut() {
        process.start_again();
    }
    is_exact(&stack, &[job_id], &expected).await;
}
