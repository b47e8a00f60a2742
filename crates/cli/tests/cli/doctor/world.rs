//! Stand-ins for everything that `doctor` looks at, and its answers.

use std::net::{Ipv4Addr, SocketAddr};

use client::Secret;
use emulators::{drive, s3};
use serde_json::{Value, json};
use service::Shutdown;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::program::{Ended, image_import, run};

const API_KEY: &str = "canary-api-key";
const SECRET_KEY: &str = "canary-aws-secret";
/// A folder with two images.
pub(crate) const FOLDER: &str = "https://drive.google.com/drive/folders/1PublicFolderOfTheTests000";

/// Stand-ins that run, and the settings that lead to them.
pub(crate) struct World {
    settings: Vec<(&'static str, String)>,
    pub(crate) faults: s3::Faults,
    pub(crate) drive_faults: drive::Faults,
    pub(crate) dir: TempDir,
    stop: Shutdown,
    _runtime: Runtime,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

impl World {
    /// Everything as it should be.
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// A bucket that is set up otherwise.
    pub(crate) fn with(adjust: impl FnOnce(&mut s3::Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let stop = Shutdown::new();
        let mut bucket =
            s3::Config::new(dir.path().join("s3"), "images", "key-of-tests", Secret::new(SECRET_KEY));
        // as a bucket of AWS: what is not public by its ACL is private
        bucket.anonymous_reads = false;
        adjust(&mut bucket);
        let folder = json!({"folders": {
            "1PublicFolderOfTheTests000": [
                {"id": "a1", "name": "a.jpg", "mimeType": "image/jpeg", "bytes": 9},
                {"id": "a2", "name": "b.jpg", "mimeType": "image/jpeg", "bytes": 9},
            ],
            "1EmptyFolderOfTheTests0000": [],
        }});
        let manifest = drive::Manifest::parse(&folder.to_string()).unwrap();
        let google = drive::Config::default().with_manifest(manifest).with_key(API_KEY);
        let (faults, drive_faults) = (bucket.faults.clone(), google.faults.clone());
        let (s3, s3_at) = listener(&runtime);
        let (drive, drive_at) = listener(&runtime);
        runtime.spawn(s3::run(s3, bucket, stop.clone()));
        runtime.spawn(drive::run(drive, google, stop.clone()));
        let settings = vec![
            ("GOOGLE_API_KEY", API_KEY.to_owned()),
            ("GOOGLE_DRIVE_API_URL", format!("http://{drive_at}{}", drive::BASE_PATH)),
            ("AWS_BUCKET_NAME", "images".to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://{s3_at}")),
            ("AWS_ACCESS_KEY_ID", "key-of-tests".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            // nothing runs there, whatever runs on this machine
            ("IMAGE_IMPORT_API_URL", "http://127.0.0.1:1".to_owned()),
            ("IMPORT_SERVICE_URL", "http://127.0.0.1:1".to_owned()),
            ("WORKER_SERVICE_URL", "http://127.0.0.1:1".to_owned()),
            ("STORAGE_SERVICE_URL", "http://127.0.0.1:1".to_owned()),
            ("METADATA_SERVICE_URL", "http://127.0.0.1:1".to_owned()),
        ];
        Self { settings, faults, drive_faults, dir, stop, _runtime: runtime }
    }

    pub(crate) fn doctor(&self, changes: &[(&str, &str)], arguments: &[&str]) -> Ended {
        let mut command = image_import(self.dir.path());
        command.arg("doctor").args(arguments);
        command.envs(self.settings.iter().map(|(name, value)| (*name, value.as_str())));
        command.envs(changes.iter().copied());
        let ended = run(&mut command);
        for secret in ["canary", "key-of-tests"] {
            assert!(!ended.out.contains(secret) && !ended.err.contains(secret), "{ended:?}");
        }
        ended
    }

    /// Starts it, and does not wait for its end.
    #[cfg(unix)]
    pub(crate) fn start(&self, arguments: &[&str]) -> std::process::Child {
        std::process::Command::new(assert_cmd::cargo::cargo_bin!("image-import"))
            .arg("doctor")
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (*name, value.as_str())))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap()
    }

    /// What `--json` says.
    pub(crate) fn told(&self, changes: &[(&str, &str)], arguments: &[&str]) -> Told {
        let ended = self.doctor(changes, &[&["--json"], arguments].concat());
        let said: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
        assert_eq!((said["ok"].as_bool(), ended.code), (Some(ended.code == 0), i32::from(ended.code != 0)));
        Told(said)
    }
}

fn listener(runtime: &Runtime) -> (TcpListener, SocketAddr) {
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The answer for programs.
pub(crate) struct Told(pub(crate) Value);

impl Told {
    /// The worst that is said about one thing; an empty text where nothing is.
    pub(crate) fn about(&self, check: &str) -> String {
        let of_check =
            self.0["checks"].as_array().unwrap().iter().filter(|finding| finding["check"] == check);
        let mut verdicts: Vec<_> = of_check.map(|finding| finding["verdict"].as_str().unwrap()).collect();
        let rank =
            |verdict: &&str| ["ok", "skipped", "warning", "failed"].iter().position(|word| word == verdict);
        verdicts.sort_by_key(rank);
        verdicts.pop().unwrap_or_default().to_owned()
    }

    /// What is found and advised about one thing.
    pub(crate) fn words(&self, check: &str) -> String {
        let of_check =
            self.0["checks"].as_array().unwrap().iter().filter(|finding| finding["check"] == check);
        of_check
            .map(|finding| format!("{} {}", finding["found"], finding["fix"]))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The checks with this verdict.
    pub(crate) fn all(&self, verdict: &str) -> Vec<&str> {
        let all = self.0["checks"].as_array().unwrap().iter();
        all.filter(|finding| finding["verdict"] == verdict)
            .map(|finding| finding["check"].as_str().unwrap())
            .collect()
    }
}
