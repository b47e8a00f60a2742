//! What is said of the numbers and of the alerts, and where Prometheus looks for them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use service::metrics::catalogue;

use super::{DEPLOY, asked, text};

const METRICS: &str = "crates/gateway/deploy/metrics.md";
const ALERTS: &str = "crates/gateway/deploy/alerts.md";

#[test]
fn every_number_is_documented_with_its_labels_and_no_other_is() {
    let text = text(METRICS);
    let rows: BTreeMap<_, _> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `image_import_"))
        .map(|row| row.split_once('`').expect("a name in backticks"))
        .collect();
    for metric in catalogue::ALL {
        let row = rows.get(metric.name.trim_start_matches("image_import_"));
        let row = row.unwrap_or_else(|| panic!("{} is not in the table of {METRICS}", metric.name));
        let labels = row.split('|').nth(1).expect("a column for labels");
        let listed: BTreeSet<_> = labels.split(',').map(|label| label.trim().trim_matches('`')).collect();
        let listed: Vec<_> = listed.into_iter().filter(|label| !label.is_empty()).collect();
        let own: Vec<_> = metric.labels.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        assert_eq!(listed, own, "labels of {} in {METRICS}", metric.name);
    }
    assert_eq!(rows.len(), catalogue::ALL.len(), "the table of {METRICS} names what nobody counts");
}

#[test]
fn every_alert_has_a_section_that_says_what_to_do() {
    let text = text(ALERTS);
    let sections: BTreeMap<_, _> =
        text.split("\n## ").skip(1).map(|section| section.split_once('\n').expect("a heading")).collect();
    let rules = asked::rules();
    for rule in &rules {
        let alert = rule["alert"].as_str().expect("a name");
        let section = sections.get(alert).unwrap_or_else(|| panic!("{alert} has no section in {ALERTS}"));
        for part in ["**Means**: ", "**Do**: "] {
            let said = section.split_once(part).map_or("", |(_, said)| said);
            assert!(said.trim().len() > 40, "{ALERTS} does not say {part} of {alert}");
        }
        let runbook = format!("{ALERTS}#{}", alert.to_lowercase());
        assert_eq!(rule["annotations"]["runbook"], runbook, "{alert} does not lead to its section");
    }
    assert_eq!(sections.len(), rules.len(), "{ALERTS} speaks of alerts that there are not");
}

#[test]
fn the_alerts_are_documented_with_numbers_that_there_are() {
    let text = text(ALERTS);
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    for word in words.filter(|word| word.starts_with("image_import_")) {
        assert!(catalogue::ALL.iter().any(|metric| metric.name == word), "{ALERTS} names {word}");
    }
}

#[test]
fn prometheus_asks_every_service_where_it_listens() {
    let file: Value = serde_saphyr::from_str(&text(&format!("{DEPLOY}/prometheus.yml"))).expect("YAML");
    let found = file["scrape_configs"][0]["dns_sd_configs"].as_array().expect("services");
    let asked: BTreeSet<_> =
        found.iter().map(|one| (one["names"][0].as_str().expect("a name"), one["port"].as_u64())).collect();
    let listening = [
        ("api-gateway", 5000),
        ("import-service", 5001),
        ("metadata-service", 5002),
        ("storage-service", 5003),
        ("worker-service", 5004),
    ];
    assert_eq!(asked, listening.map(|(name, port)| (name, Some(port))).into());
}
