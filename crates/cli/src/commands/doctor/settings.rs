//! The settings of all services, as far as they can be read.

use std::{collections::BTreeMap, path::Path};

use service::{Env, env::BadSettings, finding::Finding};
use url::{Host, Url};

const CHECK: &str = "settings";

/// What was read. A service's settings are missing where they cannot be read even without the bad ones.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// All that is set, without bad values: defaults take their places, so that the other checks can run.
    pub(super) env: Env,
    /// What is wrong.
    pub(super) findings: Vec<Finding>,
    pub(super) gateway: Option<gateway::Config>,
    pub(super) import: Option<import::Config>,
    pub(super) metadata: Option<metadata::Config>,
    pub(super) storage: Option<storage::Config>,
    pub(super) worker: Option<worker::Config>,
    bad: Vec<String>,
}

impl Settings {
    /// Reads the settings of every service.
    pub(super) fn read(mut env: Env) -> Self {
        let mut bad = BTreeMap::new();
        keep(&mut bad, gateway::Config::from_env(&env));
        keep(&mut bad, import::Config::from_env(&env));
        keep(&mut bad, metadata::Config::from_env(&env));
        keep(&mut bad, storage::Config::from_env(&env));
        keep(&mut bad, worker::Config::from_env(&env));
        env.remove(|name| bad.contains_key(name));
        Self {
            findings: findings(&bad),
            gateway: gateway::Config::from_env(&env).ok(),
            import: import::Config::from_env(&env).ok(),
            metadata: metadata::Config::from_env(&env).ok(),
            storage: storage::Config::from_env(&env).ok(),
            worker: worker::Config::from_env(&env).ok(),
            bad: bad.into_keys().collect(),
            env,
        }
    }

    /// True if the value of a setting with one of these beginnings is bad: what it leads to is not looked at then.
    pub(super) fn is_bad(&self, beginnings: &[&str]) -> bool {
        self.bad.iter().any(|name| beginnings.iter().any(|beginning| name.starts_with(beginning)))
    }

    /// True if the metadata service is looked for on this machine.
    pub(super) fn is_metadata_here(&self) -> bool {
        self.gateway.as_ref().is_none_or(|gateway| is_here(&gateway.metadata_url))
    }

    /// True if all services that keep files are looked for on this machine.
    pub(super) fn are_files_here(&self) -> bool {
        let import = self.gateway.as_ref().is_none_or(|gateway| is_here(&gateway.import_url));
        let worker = self.import.as_ref().is_none_or(|import| is_here(&import.worker_url));
        import && worker && self.is_metadata_here()
    }
}

/// What is said where a bad setting is in the way.
pub(super) fn not_looked_at(check: &'static str) -> Finding {
    Finding::skipped(check, "not looked at: correct the settings first")
}

/// `.env` is there and cannot be read.
pub(super) fn unreadable(error: &anyhow::Error) -> Finding {
    Finding::failed(CHECK, format!("{error:#}"), "Correct .env, and its owner and rights.")
}

fn keep<T>(bad: &mut BTreeMap<String, String>, read: anyhow::Result<T>) {
    let Err(error) = read else { return };
    match error.downcast::<BadSettings>() {
        Ok(settings) => bad.extend(settings.0.into_iter().map(|value| (value.name, value.why))),
        Err(error) => {
            bad.insert(CHECK.to_owned(), format!("{error:#}"));
        }
    }
}

fn findings(bad: &BTreeMap<String, String>) -> Vec<Finding> {
    if bad.is_empty() {
        let file = if Path::new(".env").is_file() {
            "the environment and .env"
        } else {
            "the environment; no .env here"
        };
        return vec![Finding::ok(CHECK, format!("every setting can be read ({file})"))];
    }
    let finding = |(name, why): (&String, &String)| {
        let fix = format!("Correct {name} in .env, or in the environment.");
        Finding::failed(CHECK, format!("{name} {why}"), fix)
    };
    bad.iter().map(finding).collect()
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use service::finding::Verdict;

    use super::*;

    #[test]
    fn every_bad_value_is_named_and_the_others_still_count() {
        let env = Env::from_pairs([
            ("BATCH_SIZE", "many"),
            ("AWS_ENDPOINT_URL", "nonsense"),
            ("AWS_BUCKET_NAME", "b"),
            ("DB_PORT", "canary"),
        ]);
        let settings = Settings::read(env);
        let named: Vec<_> = settings.findings.iter().map(|finding| finding.found.as_str()).collect();
        assert_eq!(named.len(), 3, "{named:?}");
        for (finding, name) in settings.findings.iter().zip(["AWS_ENDPOINT_URL", "BATCH_SIZE", "DB_PORT"]) {
            assert!(finding.found.starts_with(name) && finding.verdict == Verdict::Failed, "{finding:?}");
            assert!(!finding.found.contains("canary"), "{finding:?}");
        }
        assert!(settings.is_bad(&["AWS_"]) && settings.is_bad(&["DB_"]) && !settings.is_bad(&["GOOGLE_"]));
        assert_eq!(settings.import.unwrap().batch_size, 100);
        assert_eq!(settings.storage.unwrap().bucket.unwrap().name, "b");
    }

    #[test]
    fn files_are_looked_at_only_where_their_services_are() {
        let here = |name: &str, url: &str| Settings::read(Env::from_pairs([(name, url)])).are_files_here();
        assert!(Settings::read(Env::default()).are_files_here());
        assert!(here("WORKER_SERVICE_URL", "http://127.0.0.1:18084"));
        for name in ["WORKER_SERVICE_URL", "IMPORT_SERVICE_URL", "METADATA_SERVICE_URL"] {
            assert!(!here(name, "http://there:5004"), "{name}");
        }
    }
}
