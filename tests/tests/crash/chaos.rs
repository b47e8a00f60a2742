//! Everything at once, for a while: processes, MariaDB and Redis are killed, links are cut, Drive and the bucket have a bad
//! day. It takes minutes; `CRASH_SEED` decides what happens when.

use std::time::Duration;

use emulators::s3::{FaultKind, FaultRule};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use tests::{Backend, Stack, link::Weather, stack::SERVICES};
use tokio::time::{Instant, sleep};

use super::{have_ended, is_exact, start_two};

/// How long things go wrong, at most; the imports may end before.
const BAD_TIMES: Duration = Duration::from_secs(120);

/// One thing that goes wrong.
async fn strike(stack: &mut Stack, rng: &mut StdRng) {
    let pause = Duration::from_millis(rng.random_range(0..2500));
    match rng.random_range(0..10) {
        0 if stack.mariadb.is_some() => {
            let mariadb = stack.mariadb.as_mut().expect("it is there");
            mariadb.kill();
            sleep(pause).await;
            mariadb.start_again().await;
        }
        1 if stack.redis.is_some() => {
            let redis = stack.redis.as_mut().expect("it is there");
            redis.kill();
            sleep(pause).await;
            redis.start_again().await;
        }
        2..5 => {
            let pairs = stack.network.pairs();
            let &(from, to) = pairs.choose(rng).expect("there are links");
            let weather = if rng.random_bool(0.5) { Weather::Silent } else { Weather::Refused };
            let links = stack.network.between(from, to);
            // one replica, or all of them
            let some = if rng.random_bool(0.5) { &links[..1] } else { &links[..] };
            futures::future::join_all(some.iter().map(|link| link.storm(weather, pause))).await;
        }
        _ => {
            let service = SERVICES[rng.random_range(0..SERVICES.len())];
            let replica = rng.random_range(0..stack.replicas(service));
            stack.replica(service, replica).kill();
            sleep(pause / 4).await;
            stack.replica(service, replica).start_again();
        }
    }
}

async fn everything_at_once(backend: Backend) {
    let seed = service::Env::from_process_without_file()
        .get("CRASH_SEED")
        .map_or(1, |seed| seed.parse().expect("a number"));
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut stack, jobs, expected) = start_two(backend).await;
    for (number, kind) in ["internalError", "reset", "truncate", "rateLimitExceeded"].into_iter().enumerate()
    {
        stack.drive.fail(&json!({"kind": kind, "on": "media", "probability": 0.02, "seed": number}));
    }
    for (number, kind) in
        [FaultKind::SlowDown, FaultKind::LostReply, FaultKind::CutUpload].into_iter().enumerate()
    {
        stack.bucket.fail(FaultRule::new(kind).on("PutObject").part(0.02, number as u64));
    }
    let started = Instant::now();
    let mut strikes = 0;
    while started.elapsed() < BAD_TIMES && !have_ended(&stack, &jobs).await {
        strike(&mut stack, &mut rng).await;
        strikes += 1;
        sleep(Duration::from_millis(rng.random_range(0..800))).await;
    }
    stack.drive.heal();
    stack.bucket.heal();
    is_exact(&stack, &jobs, &expected).await;
    eprintln!(
        "{backend}, seed {seed}: exact after {strikes} strikes in {:.0} s",
        started.elapsed().as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_everything_at_once_on_files() {
    everything_at_once(Backend::Files).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_everything_at_once_on_servers() {
    everything_at_once(Backend::Servers).await;
}
