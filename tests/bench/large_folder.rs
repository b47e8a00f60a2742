//! A folder of 200,000 images is listed, queued, imported and shown: how long that takes, and how much memory every
//! process occupies meanwhile.
//!
//! ```sh
//! cargo build --release --workspace --bins && cargo bench -p tests --bench large_folder
//! ```
//! | variable | meaning |
//! |---|---|
//! | `LARGE_FILES` | how many images (200,000) |
//! | `LARGE_BYTES` | bytes of each (1,000) |
//! | `LARGE_BACKEND` | `files` (default) or `servers`: a MariaDB and a Redis of its own |
//! | `TEST_BIN_DIR` | where the services' binaries are, if not beside the benchmark |
//!
//! Ends with an error when an image is missing or doubled, or when a service's memory grew with the folder.

use std::{collections::BTreeMap, process::ExitCode, time::Duration};

use client::import::JobState;
use serde_json::json;
use tests::{Backend, Stack, drive};
use tokio::time::{Instant, sleep};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(2);
/// More than that between a tenth of the folder and its end is growth.
const MAY_GROW: u64 = 48 << 20;
/// Images on a page of the gallery.
const PER_PAGE: u64 = 100;

#[tokio::main]
async fn main() -> ExitCode {
    let env = service::Env::from_process_without_file();
    let number = |name: &str, default: usize| {
        env.get(name).map_or(default, |value| value.parse().expect("a whole number"))
    };
    let (files, bytes) = (number("LARGE_FILES", 200_000), number("LARGE_BYTES", 1000));
    let backend = match env.get("LARGE_BACKEND") {
        Some("servers") => Backend::Servers,
        _ => Backend::Files,
    };
    eprintln!("{files} images of {bytes} bytes, {backend}");
    let stack = Stack::with(drive::serving(&json!({}))).backend(backend).start().await;
    let mut run = Run { stack, files: files as u64, started: Instant::now(), samples: Vec::new() };
    let job_id = run.stack.start_job(&format!("bench-{files}-{bytes}")).await;
    let exact = run.import(&job_id).await;
    let shown = run.show().await;
    run.report();
    let flat = run.is_flat();
    eprintln!("every image once: {exact}; all shown: {shown}; memory flat: {flat}");
    if exact && shown && flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was seen at one moment.
struct Sample {
    done: u64,
    resident: BTreeMap<String, u64>,
}

struct Run {
    stack: Stack,
    files: u64,
    started: Instant,
    samples: Vec<Sample>,
}

impl Run {
    /// Watches the job to its end; true when every image is there exactly once.
    async fn import(&mut self, job_id: &str) -> bool {
        let import = client::import::Client::new(self.stack.api.clone(), self.stack.http.clone());
        let mut listed = None;
        loop {
            let job = import.job_status(job_id, false).await.expect("the job is known");
            let done = job.processed.as_u64().unwrap_or(0);
            let seconds = self.started.elapsed().as_secs_f64();
            if job.state != Some(JobState::Listing) && listed.is_none() {
                listed = Some(seconds);
                eprintln!("listed after {seconds:.0} s");
            }
            self.sample(done);
            if job.state.is_some_and(JobState::is_final) {
                eprintln!(
                    "imported after {seconds:.0} s: {:.0} images a second",
                    done_per_second(done, seconds)
                );
                let objects = self.stack.bucket.objects().await.len() as u64;
                let metadata = client::metadata::Client::new(self.stack.api.clone(), self.stack.http.clone());
                let rows = metadata.stats().await.expect("metadata answers").total_images;
                eprintln!("processed {done}, failed {}, rows {rows}, objects {objects}", job.failed);
                return [done, rows, objects] == [self.files; 3];
            }
            sleep(EVERY).await;
        }
    }

    /// Reads the whole gallery as the UI does, and the contract's list of all images; true when all were there.
    async fn show(&mut self) -> bool {
        let started = Instant::now();
        let metadata = client::metadata::Client::new(self.stack.api.clone(), self.stack.http.clone());
        let mut shown = 0;
        for page in 1.. {
            let images = metadata.list_images(page, PER_PAGE).await.expect("metadata answers").images;
            shown += images.len();
            if images.is_empty() {
                break;
            }
        }
        self.sample(self.files);
        eprintln!("shown page by page: {shown} in {:.1} s", started.elapsed().as_secs_f64());
        let started = Instant::now();
        let all = self.stack.images().await.len();
        self.sample(self.files);
        eprintln!("shown at once: {all} in {:.1} s", started.elapsed().as_secs_f64());
        [shown, all].map(|count| count as u64) == [self.files; 2]
    }

    fn sample(&mut self, done: u64) {
        let mut resident: BTreeMap<String, u64> = BTreeMap::new();
        for (name, process) in &self.stack.processes {
            resident.extend(process.resident_bytes().map(|bytes| (name.clone(), bytes)));
        }
        let servers = [
            ("mariadb", self.stack.mariadb.as_ref().and_then(tests::server::MariaDb::resident_bytes)),
            ("redis", self.stack.redis.as_ref().and_then(tests::server::RedisServer::resident_bytes)),
        ];
        for (name, bytes) in servers {
            resident.extend(bytes.map(|bytes| (name.to_owned(), bytes)));
        }
        self.samples.push(Sample { done, resident });
    }

    /// Memory of a process when so many percent of the images were done.
    fn at(&self, name: &str, percent: u64) -> u64 {
        let due = self.files * percent / 100;
        let sample = self.samples.iter().find(|sample| sample.done >= due);
        sample.and_then(|sample| sample.resident.get(name)).copied().unwrap_or(0)
    }

    fn most(&self, name: &str) -> u64 {
        self.samples.iter().filter_map(|sample| sample.resident.get(name)).copied().max().unwrap_or(0)
    }

    fn names(&self) -> Vec<&String> {
        self.samples.first().map(|sample| sample.resident.keys().collect()).unwrap_or_default()
    }

    fn report(&self) {
        eprintln!(
            "| resident MiB at | 1 % | 10 % | 50 % | 90 % | end | most |\n|---|--:|--:|--:|--:|--:|--:|"
        );
        for name in self.names() {
            let cells = [1, 10, 50, 90, 100].map(|percent| self.at(name, percent));
            let cells = cells.into_iter().chain([self.most(name)]).map(|bytes| (bytes >> 20).to_string());
            eprintln!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
        }
    }

    /// Whether no service grew with the folder. What a database server keeps is its own affair.
    fn is_flat(&self) -> bool {
        let services = self.names().into_iter().filter(|name| !matches!(name.as_str(), "mariadb" | "redis"));
        let grown: Vec<_> =
            services.filter(|name| self.most(name).saturating_sub(self.at(name, 10)) > MAY_GROW).collect();
        if !grown.is_empty() {
            eprintln!("memory grew with the folder: {grown:?}");
        }
        grown.is_empty()
    }
}

fn done_per_second(done: u64, seconds: f64) -> f64 {
    f64::from(u32::try_from(done).unwrap_or(u32::MAX)) / seconds
}
