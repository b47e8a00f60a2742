//! An import under a quota: which part of the allowed units it uses, and whether an image fails.
//!
//! ```sh
//! cargo build --release --workspace --bins && cargo bench -p tests --bench quota
//! ```
//! | variable | meaning |
//! |---|---|
//! | `QUOTA_UNITS` | units that a window allows (20,000); a download costs 200, also one that is refused |
//! | `QUOTA_SECS` | seconds of a window (5) |
//! | `QUOTA_BEFORE` | units that the first three windows allow, if not the same: the import starts at another rate |
//! | `QUOTA_WORKERS` | workers (1) |
//! | `QUOTA_LATENCY_MS` | milliseconds that Drive takes for an answer (20) |
//! | `QUOTA_RETRY_AFTER` | seconds that a refusal asks to wait; none by default |
//! | `TEST_BIN_DIR` | where the services' binaries are, if not beside the benchmark |
//!
//! Measures ten windows after the first one, or after those of `QUOTA_BEFORE`, by the units that they allow in the time
//! that they took. Ends with an error below 95 %, or when an image failed.

use std::{process::ExitCode, time::Duration};

use emulators::drive::QuotaWindow;
use serde_json::{Value, json};
use tests::{Stack, drive, wait_for};

/// Windows that are measured.
const MEASURED: usize = 10;
/// Part of the allowed units that must be used.
const ENOUGH: f64 = 0.95;
/// Units of a download.
const DOWNLOAD: u64 = 200;

struct Settings {
    units: u64,
    before: u64,
    secs: f64,
    workers: usize,
    latency_ms: u64,
    retry_after: Option<String>,
}

impl Settings {
    fn from_env(env: &service::Env) -> Self {
        let number = |name: &str, default: u64| {
            env.get(name).map_or(default, |value| value.parse().expect("a whole number"))
        };
        let units = number("QUOTA_UNITS", 20_000);
        Self {
            units,
            before: number("QUOTA_BEFORE", units),
            secs: env.get("QUOTA_SECS").map_or(5.0, |value| value.parse().expect("a number")),
            workers: usize::try_from(number("QUOTA_WORKERS", 1)).expect("a few"),
            latency_ms: number("QUOTA_LATENCY_MS", 20),
            retry_after: env.get("QUOTA_RETRY_AFTER").map(str::to_owned),
        }
    }

    fn rule(&self, units: u64) -> Value {
        let mut rule = json!({"kind": "quota", "units": units, "seconds": self.secs, "status": 403});
        if let Some(retry_after) = &self.retry_after {
            rule["retryAfter"] = retry_after.as_str().into();
        }
        rule
    }

    fn patience(&self, windows: usize) -> Duration {
        Duration::from_secs_f64(
            self.secs * f64::from(u32::try_from(windows).unwrap_or(u32::MAX)) * 3.0 + 120.0,
        )
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::from_env(&service::Env::from_process_without_file());
    let stack = Stack::with(drive::serving(&json!({}))).replicas("worker", settings.workers).start().await;
    let latency = json!({"kind": "latency", "seconds": as_float(settings.latency_ms) / 1000.0});
    // more than can be imported in the time that is measured
    let files = (settings.units.max(settings.before) * 20).div_ceil(DOWNLOAD);
    let set = |units: u64| {
        stack.drive.heal();
        stack.drive.fail(&json!([settings.rule(units), latency]));
    };
    set(settings.before);
    let job_id = stack.start_job(&format!("bench-{files}-1000")).await;
    if settings.before != settings.units {
        after(&stack, &settings, 3).await;
        set(settings.units);
    }
    let windows = after(&stack, &settings, MEASURED + 1).await;
    let job = stack.job(&job_id).await;
    let failed = job.failed.as_u64().unwrap_or(u64::MAX);
    let used = report(&windows, &settings);
    eprintln!("{:.1} % used, {failed} images failed", used * 100.0);
    if used >= ENOUGH && failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The windows of the quota, once so many are over.
async fn after(stack: &Stack, settings: &Settings, windows: usize) -> Vec<QuotaWindow> {
    let look = || async { stack.drive.windows() };
    wait_for("windows pass", settings.patience(windows), look, |seen| seen.len() > windows).await
}

/// Prints every window; the part that was used of those after the first.
fn report(windows: &[QuotaWindow], settings: &Settings) -> f64 {
    eprintln!("window  begins at   units used   refused calls");
    for (number, window) in windows[..=MEASURED].iter().enumerate() {
        let begins = Duration::from_millis(window.started_ms);
        eprintln!("{:6} {begins:>10.2?} {:>12} {:>15}", number + 1, window.units, window.refused);
    }
    let measured = &windows[1..=MEASURED];
    let units: u64 = measured.iter().map(|window| window.units).sum();
    let took = Duration::from_millis(windows[MEASURED + 1].started_ms - windows[1].started_ms);
    let allowed = took.as_secs_f64() / settings.secs * as_float(settings.units);
    as_float(units) / allowed
}

fn as_float(number: u64) -> f64 {
    f64::from(u32::try_from(number).expect("a number of this world"))
}
