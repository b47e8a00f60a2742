//! What must hold, and the table that says whether it does. Pure.

use std::fmt::Write as _;

use super::{ask::Taken, measure::Figures};

/// At a million rows a request may take so many times what it takes at a thousand.
const TIMES: f64 = 2.0;
/// Of these.
const SAME: [&str; 6] =
    ["page 1", "cursor", "cursor in the middle", "stats", "insert", "insert during reads"];
/// Milliseconds for the page in the middle of nowhere.
const DEEP_MS: f64 = 50.0;
/// Milliseconds within which 95 % of the searches are answered.
const SEARCH_MS: f64 = 100.0;
/// Ten times the rows may take so many times as long.
const LINEAR: f64 = 15.0;
/// `/images/all` may need so much memory, however many rows there are.
const FLAT: u64 = 32 << 20;
/// Shorter than that is noise.
const NOISE_SECS: f64 = 0.1;

/// The outcome.
pub(crate) struct Verdict {
    pub(crate) table: String,
    pub(crate) missed: Vec<String>,
    pub(crate) is_well: bool,
}

/// Compares the last figures with the first, and with the one before for what must be linear.
pub(crate) fn verdict(figures: &[Figures]) -> Verdict {
    let [few, tenth, many] = figures else { unreachable!("three numbers of rows are measured") };
    let mut missed = Vec::new();
    let mut table = format!(
        "| request, ms | {} rows: median | 95 % | {} rows: median | 95 % | ratio | |\n|---|--:|--:|--:|--:|--:|---|\n",
        few.rows, many.rows
    );
    for (name, taken) in &many.taken {
        let Some(before) = few.of(name) else { continue };
        let ratio = taken.percent(50) / before.percent(50);
        let verdict = judge(name, taken, ratio);
        if verdict == Some(false) {
            missed.push(format!("{name}: 95 % {:.1} ms, ratio {ratio:.2}", taken.percent(95)));
        }
        let word = match verdict {
            None => "",
            Some(true) => "ok",
            Some(false) => "MISSED",
        };
        let [a, b, c, d] = [before.percent(50), before.percent(95), taken.percent(50), taken.percent(95)];
        writeln!(table, "| {name} | {a:.2} | {b:.2} | {c:.2} | {d:.2} | {ratio:.2} | {word} |")
            .expect("a text takes everything");
    }
    if many.all_secs > LINEAR * tenth.all_secs.max(NOISE_SECS) {
        missed.push(format!("/images/all: {:.2} s, {:.2} s at a tenth", many.all_secs, tenth.all_secs));
    }
    if many.all_grew > FLAT {
        missed.push(format!("/images/all: {} MiB more memory", many.all_grew >> 20));
    }
    for figures in figures {
        missed.extend(figures.wrong.iter().map(|wrong| format!("{} rows: {wrong}", figures.rows)));
    }
    for figures in figures {
        writeln!(
            table,
            "{} rows: filled in {:.1} s, taken over in {:.1} s; /images/all {:.2} s, {} MiB of JSON, {} MiB more memory",
            figures.rows,
            figures.filled_secs,
            figures.ready_secs,
            figures.all_secs,
            figures.all_bytes >> 20,
            figures.all_grew >> 20
        )
        .expect("a text takes everything");
    }
    for line in &missed {
        writeln!(table, "MISSED {line}").expect("a text takes everything");
    }
    Verdict { table, is_well: missed.is_empty(), missed }
}

/// Whether a request is quick enough, where something must hold of it.
fn judge(name: &str, taken: &Taken, ratio: f64) -> Option<bool> {
    if SAME.contains(&name) {
        return Some(ratio <= TIMES);
    }
    if name.starts_with("page 40,000") {
        return Some(taken.percent(95) <= DEEP_MS);
    }
    name.starts_with("search").then(|| taken.percent(95) <= SEARCH_MS)
}
