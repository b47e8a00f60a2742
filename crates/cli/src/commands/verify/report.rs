//! What a person or a program reads: findings as they are made, and the counts at the end. Nothing is kept.

use std::collections::HashMap;

use serde_json::json;

use super::finding::{Counts, Finding, Kind, Repair};
use crate::output;

/// Says findings as they come.
#[derive(Debug)]
pub(super) struct Report {
    as_json: bool,
    /// Shown to a person of each kind.
    most: u64,
    shown: HashMap<Kind, u64>,
}

impl Report {
    /// For a program, one line of JSON for each finding; for a person at most `most` of each kind.
    pub(super) fn new(as_json: bool, most: u64) -> Self {
        Self { as_json, most, shown: HashMap::new() }
    }

    /// Says one.
    pub(super) fn finding(&mut self, finding: &Finding) {
        if self.as_json {
            output::json(&json!(finding));
            return;
        }
        let shown = self.shown.entry(finding.kind).or_default();
        *shown += 1;
        if *shown <= self.most {
            output::line(&text(finding));
        } else if *shown == self.most + 1 {
            output::line(&format!("{}  … and more; --json shows all", name(finding.kind)));
        }
    }

    /// Says the counts.
    pub(super) fn end(&self, counts: &Counts, is_repair: bool) {
        if counts.moved > 0 {
            output::say(&format!(
                "{} rows have URLs with another beginning than this bucket's, and their objects are here. They were not \
                 compared and are not touched. Was S3_PUBLIC_URL, AWS_ENDPOINT_URL or a port changed?",
                counts.moved
            ));
        }
        if self.as_json {
            output::json(&json!({"summary": counts, "ok": counts.is_all_well()}));
            return;
        }
        let mut rows = vec![
            ("rows", counts.rows),
            ("objects", counts.objects),
            ("objects read", counts.read),
            ("missing", counts.missing),
            ("damaged", counts.damaged),
            ("orphaned", counts.orphaned),
        ];
        if is_repair {
            rows.push(("repaired", counts.repaired));
        }
        let others = [
            ("in progress", counts.in_progress),
            ("being deleted", counts.going),
            ("without MD5", counts.unverified),
            ("in another bucket", counts.foreign - counts.moved),
            ("under another address", counts.moved),
        ];
        rows.extend(others.into_iter().filter(|(_, count)| *count > 0));
        let cells: Vec<_> =
            rows.iter().map(|(name, count)| vec![(*name).to_owned(), count.to_string()]).collect();
        output::line(&output::table(&["what", "count"], &cells));
        let word = output::paint(
            if counts.is_all_well() { "all well" } else { "not all is well" },
            counts.is_all_well(),
        );
        output::line(&word);
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "missing",
        Kind::Damaged => "damaged",
        Kind::Orphaned => "orphaned",
        Kind::InProgress => "in progress",
    }
}

/// One line about a finding; names and keys are a stranger's.
fn text(finding: &Finding) -> String {
    let mut words = vec![output::paint(name(finding.kind), finding.kind == Kind::InProgress)];
    if let Some(row) = &finding.image {
        words.push(format!("{} (image {})", output::shown(&row.name), row.id));
    }
    // a path that names nothing has no key
    let place = if finding.key.is_empty() { &finding.storage_path } else { &finding.key };
    words.push(if place.is_empty() { "(no path)".to_owned() } else { output::shown(place) });
    words.extend(differences(finding));
    match &finding.repair {
        None => {}
        Some(Repair::Repaired) => words.push("repaired".to_owned()),
        Some(Repair::NotRepaired { reason, .. }) => {
            words.push(format!("not repaired: {}", output::sentence(reason)));
        }
    }
    words.join("  ")
}

fn differences(finding: &Finding) -> Vec<String> {
    let Some(expected) = &finding.expected else {
        return finding.found.iter().map(|found| format!("{} bytes", found.size)).collect();
    };
    let found = finding.found.as_ref();
    let size = found.map(|found| found.size.to_string());
    let md5 = found.and_then(|found| found.md5.clone());
    let of = |name: &&str| match *name {
        "size" => differing("size", size.as_deref(), expected.size.map(|size| size.to_string())),
        "md5" => differing("MD5", md5.as_deref(), expected.md5.clone()),
        "source_md5" => {
            differing("MD5", md5.as_deref(), expected.source_md5.clone().map(|md5| md5 + " in Drive"))
        }
        _ => format!("cannot be read: {}", output::sentence(finding.why.as_deref().unwrap_or_default())),
    };
    finding.differs.iter().map(of).collect()
}

fn differing(what: &str, found: Option<&str>, due: Option<String>) -> String {
    format!("{what} is {}, not {}", found.unwrap_or("unknown"), due.unwrap_or_default())
}
