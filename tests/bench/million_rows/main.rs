//! The gallery with 1,000,000 rows beside 1,000: lists, search, sums and inserts, through the gateway.
//!
//! ```sh
//! cargo build --release --workspace --bins && cargo bench -p tests --bench million_rows
//! ```
//! | variable | meaning |
//! |---|---|
//! | `ROWS` | how many rows (1,000,000); a tenth of them and 1,000 are measured beside them |
//! | `ROWS_BACKEND` | `files` (SQLite), `servers` (MariaDB), or both where it is not set |
//! | `ROWS_TIMES` | `spread` over years, `same` (all in one second), `mixed` (in no order); the first two where it is not set |
//! | `BENCH_JSON` | a file for the figures |
//! | `TEST_BIN_DIR` | where the services' binaries are, if not beside the benchmark |
//!
//! The rows are those of the version before the sums were kept, so what is measured first is the take-over of such a
//! database. Ends with an error when an answer is wrong or a bar is missed.

mod ask;
mod bars;
mod measure;
mod place;
mod rows;

use std::process::ExitCode;

use serde_json::{Value, json};
use tests::Backend;

use self::{measure::Figures, rows::Times};

/// What is compared with.
const FEW: u64 = 1000;

#[tokio::main]
async fn main() -> ExitCode {
    let env = service::Env::from_process_without_file();
    let count = env.get("ROWS").map_or(1_000_000, |value| value.parse().expect("a whole number"));
    let backends = match env.get("ROWS_BACKEND") {
        Some("files") => vec![Backend::Files],
        Some("servers") => vec![Backend::Servers],
        _ => vec![Backend::Files, Backend::Servers],
    };
    let times = match env.get("ROWS_TIMES") {
        Some("spread") => vec![Times::Spread],
        Some("same") => vec![Times::Same],
        Some("mixed") => vec![Times::Mixed],
        _ => vec![Times::Spread, Times::Same],
    };
    let (mut all_well, mut written) = (true, Vec::new());
    for backend in backends {
        for &times in &times {
            let mut figures: Vec<Figures> = Vec::new();
            for rows in [FEW, count / 10, count] {
                eprintln!("{rows} rows, {times}, {backend}");
                figures.push(measure::measure(backend, times, rows).await);
            }
            let verdict = bars::verdict(&figures);
            eprintln!("\n{backend}, {times}\n{}", verdict.table);
            all_well &= verdict.is_well;
            let figures: Vec<Value> = figures.iter().map(Figures::to_json).collect();
            written.push(json!({"backend": backend.to_string(), "times": times.to_string(),
                "figures": figures, "missed": verdict.missed}));
        }
    }
    if let Some(path) = env.get("BENCH_JSON") {
        let text = serde_json::to_string_pretty(&written).expect("figures are JSON");
        std::fs::write(path, text).expect("write the figures");
    }
    eprintln!("{}", if all_well { "every bar is met" } else { "something is wrong or too slow" });
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
