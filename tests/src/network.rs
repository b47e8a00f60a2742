//! The links between all parts of a stack: which part calls which, and through which wire.

use std::{collections::BTreeMap, net::SocketAddr};

use crate::link::{Link, Pattern, Point, Protocol, Trap};

/// Who calls whom. The parts are the five services, `drive`, `s3`, `mariadb`, `redis`, and `client` for the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The caller.
    pub from: &'static str,
    /// Which of its replicas, from 0.
    pub replica: usize,
    /// The callee.
    pub to: &'static str,
}

/// Every call that the parts make, and the setting that says where the callee is.
const CALLS: [(&str, &str, &str); 16] = [
    ("client", "gateway", ""),
    ("gateway", "import", "IMPORT_SERVICE_URL"),
    ("gateway", "metadata", "METADATA_SERVICE_URL"),
    ("gateway", "storage", "STORAGE_SERVICE_URL"),
    ("import", "drive", "GOOGLE_DRIVE_API_URL"),
    ("import", "worker", "WORKER_SERVICE_URL"),
    ("import", "metadata", "METADATA_SERVICE_URL"),
    ("import", "redis", "REDIS_URL"),
    ("worker", "drive", "GOOGLE_DRIVE_API_URL"),
    ("worker", "import", "IMPORT_SERVICE_URL"),
    ("worker", "metadata", "METADATA_SERVICE_URL"),
    ("worker", "storage", "STORAGE_SERVICE_URL"),
    ("worker", "redis", "REDIS_URL"),
    ("storage", "s3", "AWS_ENDPOINT_URL"),
    ("metadata", "storage", "STORAGE_SERVICE_URL"),
    ("metadata", "mariadb", ""),
];

/// All links of a stack.
#[derive(Debug, Default)]
pub struct Network {
    links: BTreeMap<Edge, Link>,
}

impl Network {
    /// Makes a link for every call of every replica to a part that is there.
    pub(crate) async fn start(
        parts: &BTreeMap<&'static str, Vec<SocketAddr>>,
        replicas: impl Fn(&str) -> usize,
    ) -> Self {
        let mut links = BTreeMap::new();
        for (from, to, _) in CALLS {
            let Some(upstreams) = parts.get(to) else { continue };
            let protocol = if matches!(to, "mariadb" | "redis") { Protocol::Raw } else { Protocol::Http };
            for replica in 0..replicas(from) {
                let edge = Edge { from, replica, to };
                links.insert(edge, Link::start(protocol, upstreams.clone()).await);
            }
        }
        Self { links }
    }

    /// The settings that make a service call through its links.
    pub(crate) fn settings(&self, from: &str, replica: usize) -> Vec<(String, String)> {
        let mine = CALLS.iter().filter(|(caller, _, setting)| *caller == from && !setting.is_empty());
        let setting = |&(from, to, setting): &(&'static str, &'static str, &str)| {
            let link = self.links.get(&Edge { from, replica, to })?;
            let url = match to {
                "drive" => link.url(emulators::drive::BASE_PATH),
                "redis" => format!("redis://{}", link.address),
                _ => link.url(""),
            };
            Some((setting.to_owned(), url))
        };
        mine.filter_map(setting).collect()
    }

    /// One link.
    ///
    /// # Panics
    /// When nobody calls so.
    pub fn link(&self, from: &'static str, replica: usize, to: &'static str) -> &Link {
        let edge = Edge { from, replica, to };
        self.links.get(&edge).unwrap_or_else(|| panic!("there is no {edge:?}"))
    }

    /// The links of all replicas of one part to another.
    pub fn between(&self, from: &str, to: &str) -> Vec<&Link> {
        let fits = |edge: &Edge| edge.from == from && edge.to == to;
        self.links.iter().filter(|(edge, _)| fits(edge)).map(|(_, link)| link).collect()
    }

    /// Catches the next request that fits, from whichever replica of the caller it comes.
    pub fn catch(&self, from: &str, to: &str, pattern: Pattern, point: Point) -> Trap {
        let fits = |edge: &Edge| edge.from == from && edge.to == to;
        let links = self.links.iter().filter(|(edge, _)| fits(edge));
        Trap::set(links.map(|(edge, link)| (edge.replica, link.book())).collect(), pattern, point)
    }

    /// Every pair of parts that are linked, the way from outside left out.
    pub fn pairs(&self) -> Vec<(&'static str, &'static str)> {
        let mut pairs: Vec<_> = self.links.keys().map(|edge| (edge.from, edge.to)).collect();
        pairs.retain(|(from, _)| *from != "client");
        pairs.dedup();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }
}
