//! Everything that is measured of one number of rows, and that the answers are right.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde_json::{Map, Value, json};
use tests::Backend;

use super::{
    ask::{self, Taken},
    place::Place,
    rows::{Rows, SEARCHES, Times},
};

/// Rows on a page.
const PER_PAGE: u64 = 20;
/// The page that must be quick however many are before it.
const DEEP: u64 = 40_000;
/// Requests of a kind.
const OFTEN: usize = 200;
/// Steps of the walk.
const STEPS: usize = 300;
/// Newest first.
const ORDER: &str = "ORDER BY created_at DESC, id DESC";

/// What one number of rows took.
pub(crate) struct Figures {
    pub(crate) rows: u64,
    pub(crate) taken: Vec<(String, Taken)>,
    pub(crate) filled_secs: f64,
    pub(crate) ready_secs: f64,
    pub(crate) all_secs: f64,
    pub(crate) all_bytes: u64,
    /// Bytes by which the most that the metadata service ever occupied grew through `/images/all`.
    pub(crate) all_grew: u64,
    /// Answers that were not right.
    pub(crate) wrong: Vec<String>,
}

impl Figures {
    pub(crate) fn of(&self, name: &str) -> Option<&Taken> {
        self.taken.iter().find(|(known, _)| known == name).map(|(_, taken)| taken)
    }

    pub(crate) fn to_json(&self) -> Value {
        let row = |(name, taken): &(String, Taken)| {
            let figures = json!({"median_ms": taken.percent(50), "p95_ms": taken.percent(95)});
            (name.clone(), figures)
        };
        let requests: Map<_, _> = self.taken.iter().map(row).collect();
        json!({"rows": self.rows, "requests": requests, "fill_s": self.filled_secs, "take_over_s": self.ready_secs,
            "images_all": {"seconds": self.all_secs, "bytes": self.all_bytes, "peak_grew_bytes": self.all_grew},
            "wrong": self.wrong})
    }

    fn check(&mut self, what: &str, is: &impl std::fmt::Debug, due: &impl std::fmt::Debug) {
        let (is, due) = (format!("{is:?}"), format!("{due:?}"));
        if is != due {
            let short = |text: &str| text.chars().take(300).collect::<String>();
            eprintln!("WRONG {what}: {} instead of {}", short(&is), short(&due));
            self.wrong.push(format!("{what}: {} instead of {}", short(&is), short(&due)));
        }
    }
}

struct Run {
    place: Place,
    rows: Rows,
    figures: Figures,
}

/// Makes the rows, and measures.
pub(crate) async fn measure(backend: Backend, times: Times, count: u64) -> Figures {
    let rows = Rows { count, times };
    let place = Place::make(backend, rows).await;
    let figures = Figures {
        rows: count,
        taken: Vec::new(),
        filled_secs: place.filled_secs,
        ready_secs: place.ready_secs,
        all_secs: 0.0,
        all_bytes: 0,
        all_grew: 0,
        wrong: Vec::new(),
    };
    let mut run = Run { place, rows, figures };
    run.sums().await;
    run.pages().await;
    run.walk().await;
    run.searches().await;
    run.inserts().await;
    run.all().await;
    run.figures
}

impl Run {
    fn add(&mut self, name: &str, taken: Taken) {
        eprintln!("  {name}: median {:.2} ms, 95 % within {:.2} ms", taken.percent(50), taken.percent(95));
        self.figures.taken.push((name.to_owned(), taken));
    }

    async fn often(&mut self, name: &str, path: &str, times: usize) -> Value {
        let (first, _) = ask::get(&self.place.stack, path).await;
        let taken = ask::often(&self.place.stack, path, times).await;
        self.add(name, taken);
        first
    }

    async fn sums(&mut self) {
        let due = self.rows.sums();
        let stats = self.often("stats", "/stats", OFTEN).await;
        let is =
            [&stats["total_images"], &stats["aws_images"], &stats["total_size_bytes"]].map(Value::as_u64);
        self.figures.check("stats", &is, &[due.images, due.aws, due.bytes].map(Some));
        let counts = self.often("counts", "/images/counts", OFTEN).await;
        self.figures.check("counts", &counts["total"].as_u64(), &Some(due.images));
        let histogram = self.often("histogram", "/images/histogram", OFTEN).await;
        let days = histogram["buckets"].as_array().map(Vec::as_slice).unwrap_or_default();
        let sum = days.iter().filter_map(|day| day["images"].as_u64()).sum::<u64>();
        self.figures.check("histogram", &sum, &due.images);
    }

    async fn pages(&mut self) {
        let first = self.often("page 1", &format!("/images?page=1&per_page={PER_PAGE}"), OFTEN).await;
        self.figures.check("total", &first["total"].as_u64(), &Some(self.rows.count));
        let deep = DEEP.min(self.rows.count / PER_PAGE);
        let mut taken = Taken::default();
        for page in (deep.saturating_sub(30).max(1)..=deep).chain([1, deep / 2 + 1]) {
            let path = format!("/images?page={page}&per_page={PER_PAGE}");
            let (answer, time) = ask::get(&self.place.stack, &path).await;
            if page > 1 && page > deep - 10 {
                taken.add(time);
            }
            let rest = format!("{ORDER} LIMIT {PER_PAGE} OFFSET {}", (page - 1) * PER_PAGE);
            let due = self.place.sql.ids(&rest).await;
            self.figures.check(&format!("page {page}"), &ask::ids(&answer), &due);
        }
        for round in 0..90 {
            let page = deep - round % deep.min(1000);
            taken.add(
                ask::get(&self.place.stack, &format!("/images?page={page}&per_page={PER_PAGE}")).await.1,
            );
        }
        self.add("page 40,000 (or the last)", taken);
        let middle = self.rows.count / PER_PAGE / 2 + 1;
        let path = format!("/images?page={middle}&per_page={PER_PAGE}");
        let page = self.often("the page in the middle", &path, 50).await;
        let cursor = page["next_cursor"].as_str().unwrap_or_default();
        let path = format!("/images?per_page={PER_PAGE}&cursor={cursor}");
        let next = self.often("cursor in the middle", &path, OFTEN).await;
        let due = self.place.sql.ids(&format!("{ORDER} LIMIT {PER_PAGE} OFFSET {}", middle * PER_PAGE)).await;
        self.figures.check("the page behind the middle", &ask::ids(&next), &due);
        for (name, filter) in
            [("aws", "storage_provider=aws"), ("one type", "mime_type=image/jpeg"), ("one job", &self.job())]
        {
            self.often(&format!("page 1 of {name}"), &format!("/images?{filter}&per_page={PER_PAGE}"), 50)
                .await;
        }
        let of_aws = deep.saturating_sub(deep / 20).max(1);
        let path = format!("/images?storage_provider=aws&page={of_aws}&per_page={PER_PAGE}");
        let answer = self.often("a deep page of aws", &path, 20).await;
        let offset = (of_aws - 1) * PER_PAGE;
        let rest = format!("WHERE storage_provider = 'aws' {ORDER} LIMIT {PER_PAGE} OFFSET {offset}");
        let due = self.place.sql.ids(&rest).await;
        self.figures.check("a deep page of aws", &ask::ids(&answer), &due);
        for sort in ["name", "size"] {
            self.often(&format!("by {sort}"), &format!("/images?sort={sort}&per_page={PER_PAGE}"), 50).await;
        }
    }

    fn job(&self) -> String {
        format!("job_id=00000000-0000-4000-8000-{:012}", self.rows.count / 40_000)
    }

    async fn walk(&mut self) {
        let due = self.place.sql.ids(&format!("{ORDER} LIMIT {}", STEPS as u64 * PER_PAGE)).await;
        let (mut seen, mut taken, mut cursor) = (Vec::new(), Taken::default(), None::<String>);
        for _ in 0..STEPS {
            let mut path = format!("/images?per_page={PER_PAGE}");
            if let Some(cursor) = &cursor {
                let encoded =
                    percent_encoding::utf8_percent_encode(cursor, percent_encoding::NON_ALPHANUMERIC);
                path = format!("{path}&cursor={encoded}");
            }
            let (page, time) = ask::get(&self.place.stack, &path).await;
            if cursor.is_some() {
                taken.add(time);
            }
            seen.extend(ask::ids(&page));
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        self.add("cursor", taken);
        self.figures.check("the walk", &seen, &due);
    }

    async fn searches(&mut self) {
        for (name, text) in SEARCHES {
            let encoded = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
            let path = format!("/images?q={encoded}&per_page={PER_PAGE}");
            let found = self.often(&format!("search: {name}"), &path, OFTEN).await;
            let condition = self.place.sql.contains(text);
            let due = self.place.sql.ids(&format!("WHERE {condition} {ORDER} LIMIT {PER_PAGE}")).await;
            self.figures.check(&format!("search for {text}"), &ask::ids(&found), &due);
            if name == "common" {
                let page = self.rows.count / 40 / PER_PAGE;
                let far = self.often("far down a search", &format!("{path}&page={}", page.max(1)), 10).await;
                let offset = (page.max(1) - 1) * PER_PAGE;
                let rest = format!("WHERE {condition} {ORDER} LIMIT {PER_PAGE} OFFSET {offset}");
                let due = self.place.sql.ids(&rest).await;
                self.figures.check("a far page of a search", &ask::ids(&far), &due);
            }
        }
    }

    async fn inserts(&mut self) {
        let stack = &self.place.stack;
        let mut alone = Taken::default();
        for number in 0..OFTEN as u64 {
            alone.add(ask::insert(stack, number).await);
        }
        let (stop, reads) =
            (AtomicBool::new(false), ["/images?per_page=20", "/stats", "/images?q=holiday&per_page=20"]);
        let reading = futures::future::join_all(reads.map(|path| {
            let stop = &stop;
            async move {
                while !stop.load(Relaxed) {
                    ask::get(stack, path).await;
                }
            }
        }));
        let writing = async {
            let mut taken = Taken::default();
            for number in OFTEN as u64..2 * OFTEN as u64 {
                taken.add(ask::insert(stack, number).await);
            }
            stop.store(true, Relaxed);
            taken
        };
        let (_, during) = futures::join!(reading, writing);
        self.add("insert", alone);
        self.add("insert during reads", during);
        let (stats, _) = ask::get(&self.place.stack, "/stats").await;
        let due = self.rows.count + 2 * OFTEN as u64;
        self.figures.check("stats after inserts", &stats["total_images"].as_u64(), &Some(due));
        let (found, _) = ask::get(&self.place.stack, "/images?q=inserted%20399&per_page=20").await;
        self.figures.check("a row that was just inserted is found", &ask::ids(&found).len(), &1);
    }

    /// The list of all, from a service that has just started: the most it ever occupied is then due to the list.
    async fn all(&mut self) {
        let stack = &mut self.place.stack;
        stack.process("metadata").start_again();
        stack.ready("metadata").await;
        ask::get(stack, "/images?per_page=20").await;
        let before = stack.process("metadata").peak_bytes().unwrap_or(0);
        let all = ask::all(stack).await;
        let after = stack.process("metadata").peak_bytes().unwrap_or(0);
        self.figures.all_secs = all.seconds;
        self.figures.all_bytes = all.bytes;
        self.figures.all_grew = after.saturating_sub(before);
        let due = self.rows.count + 2 * OFTEN as u64;
        self.figures.check("rows of /images/all", &(all.rows, all.is_whole), &(due, true));
        eprintln!(
            "  /images/all: {:.2} s, {} MiB; memory at most {} MiB, {} more than before",
            all.seconds,
            all.bytes >> 20,
            after >> 20,
            self.figures.all_grew >> 20
        );
    }
}
