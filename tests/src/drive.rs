//! The Drive emulator beside a stack, and what tests tell it.

use emulators::drive::{Config, Manifest, QuotaWindow, Rule, Stats};
use service::Shutdown;
use tokio::net::TcpListener;

/// A running emulator.
#[derive(Debug)]
pub struct DriveEmulator {
    /// What the services take as `GOOGLE_DRIVE_API_URL`.
    pub url: String,
    /// What was asked of it.
    pub stats: Stats,
    faults: emulators::drive::Faults,
    stop: Shutdown,
}

impl DriveEmulator {
    /// Serves `config`.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind a port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (stats, faults, stop) = (config.stats.clone(), config.faults.clone(), Shutdown::new());
        let stopping = stop.clone();
        tokio::spawn(async move {
            if let Err(error) = emulators::drive::run(listener, config, stopping).await {
                eprintln!("Drive emulator: {error:#}");
            }
        });
        Self { url: format!("http://{address}{}", emulators::drive::BASE_PATH), stats, faults, stop }
    }

    /// Adds rules to the fault book, as JSON (see the emulator).
    ///
    /// # Panics
    /// When a rule is wrong.
    pub fn fail(&self, rules: &serde_json::Value) {
        let list = if rules.is_array() { rules.clone() } else { serde_json::json!([rules]) };
        let rules: Vec<Rule> = serde_json::from_value(list).expect("fault rules are well-formed");
        for rule in rules {
            self.faults.add(rule);
        }
    }

    /// How often each rule fired, in order.
    pub fn fired(&self) -> Vec<u64> {
        self.faults.report().into_iter().map(|rule| rule.fired).collect()
    }

    /// The windows of a quota in the fault book so far, the one that runs last.
    pub fn windows(&self) -> Vec<QuotaWindow> {
        self.faults.report().into_iter().flat_map(|rule| rule.windows).collect()
    }

    /// Everything goes well again.
    pub fn heal(&self) {
        self.faults.clear();
    }
}

impl Drop for DriveEmulator {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// A configuration that serves `manifest`.
///
/// # Panics
/// When the manifest is wrong.
pub fn serving(manifest: &serde_json::Value) -> Config {
    Config::default()
        .with_manifest(Manifest::parse(&manifest.to_string()).expect("the manifest is well-formed"))
}

/// The folders of the recordings.
///
/// # Panics
/// When the fixture is damaged.
pub fn fixtures() -> Config {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/fixtures.json");
    Config::default().with_manifest_file(&path).expect("the fixtures are well-formed")
}
