//! What was killed when, and what came of it: the table for whoever reads the run.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    time::Duration,
};

use tests::{Backend, stack::SERVICES};

use super::plan::Kill;

/// The rows, in the order of an import.
const ROWS: [&str; 8] = [
    "listed",
    "dispatched",
    "claimed",
    "downloading",
    "uploaded",
    "row written",
    "outcome reported",
    "random moment",
];

/// The result of one run over one back end.
#[derive(Debug)]
pub(super) struct Table {
    backend: Backend,
    seed: u64,
    kills: BTreeMap<(&'static str, &'static str), u32>,
    imports: u32,
    images: usize,
    time: Duration,
    /// Kills whose moment never came.
    pub(super) left: VecDeque<Kill>,
}

impl Table {
    pub(super) fn new(backend: Backend, seed: u64) -> Self {
        let (kills, left) = (BTreeMap::new(), VecDeque::new());
        Self { backend, seed, kills, imports: 0, images: 0, time: Duration::ZERO, left }
    }

    pub(super) fn count(&mut self, kill: Kill) {
        *self.kills.entry((kill.moment.row(), kill.service)).or_default() += 1;
    }

    /// An import that was found exact.
    pub(super) fn add_import(&mut self, images: usize, time: Duration) {
        self.imports += 1;
        self.images += images;
        self.time += time;
    }

    pub(super) fn kills(&self) -> u32 {
        self.kills.values().sum()
    }

    fn row(&self, row: &str) -> Vec<u32> {
        SERVICES.map(|service| self.kills.get(&(row, service)).copied().unwrap_or(0)).to_vec()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, seed {}, two workers, two imports:", self.backend, self.seed)?;
        writeln!(f, "| killed at | {} | sum |", SERVICES.join(" | "))?;
        writeln!(f, "|---|{}", "--:|".repeat(SERVICES.len() + 1))?;
        let mut sums = vec![0; SERVICES.len()];
        for name in ROWS {
            let row = self.row(name);
            sums.iter_mut().zip(&row).for_each(|(sum, count)| *sum += count);
            writeln!(f, "| {name} | {} | {} |", joined(&row), row.iter().sum::<u32>())?;
        }
        writeln!(f, "| sum | {} | {} |", joined(&sums), self.kills())?;
        write!(
            f,
            "{} images in {} stacks, {:.0} s: every image exactly one row and one object, bytes equal, counters exact, \
             every job completed, nothing orphaned",
            self.images,
            self.imports,
            self.time.as_secs_f64(),
        )
    }
}

fn joined(counts: &[u32]) -> String {
    counts.iter().map(u32::to_string).collect::<Vec<_>>().join(" | ")
}
