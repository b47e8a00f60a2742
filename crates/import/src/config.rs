//! Settings of the import service.

use std::{path::PathBuf, time::Duration};

use client::{InternalToken, Secret, drive::MAX_PAGE_SIZE, signature::UrlSigner};
use service::{Env, traces};
use url::Url;

/// Settings; [`Config::from_env`] reads and checks them all at once.
#[derive(Debug, Clone)]
pub struct Config {
    /// `GOOGLE_API_KEY`: reads public folders. Without it the service starts, and every import answers what to set.
    pub google_api_key: Option<Secret>,
    /// `GOOGLE_DRIVE_API_URL`: the Drive API, path included; Google's own.
    pub drive_url: Url,
    /// `WORKER_SERVICE_URL`: where batches of images go; `http://localhost:5004`.
    pub worker_url: Url,
    /// `METADATA_SERVICE_URL`: knows which images are stored already; `http://localhost:5002`.
    pub metadata_url: Url,
    /// `DATA_DIR`: where `import.db` is; `./.data`.
    pub data_dir: PathBuf,
    /// `BATCH_SIZE`: images per call to the worker, at most 1,000; 100.
    pub batch_size: usize,
    /// `DISPATCH_WINDOW`: images of one job that may be unfinished at the worker; 1,000.
    pub dispatch_window: usize,
    /// `LIST_WAIT_SECS`: how long an import waits for the listing before it answers; 20 s.
    pub list_wait: Duration,
    /// `RESEND_AFTER_SECS`: after how long an image without an outcome is sent to the worker again; 10 min.
    pub resend_after: Duration,
    /// How long a job may go without any outcome before it ends as failed; 24 h. Not a setting.
    pub silence_limit: Duration,
    /// `REDIS_URL`, else `DEFAULT_REDIS_URL`: where jobs are kept, shared by all replicas; without it they are in `import.db`.
    pub redis_url: Option<Secret>,
    /// `MAX_JOBS`: imports and retries that may run at once; unset: any number.
    pub max_jobs: Option<u64>,
    /// `MAX_IMAGES_PER_JOB`: images that one import may take, known ones included; unset: any number.
    pub max_images: Option<u64>,
    /// `JOB_KEEP_DAYS`: for how many days an ended job is kept; 30.
    pub job_keep: Duration,
    /// `INTERNAL_TOKEN`: what the other services know us by, and we them; unset, everybody is answered.
    pub internal_token: Option<InternalToken>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and what goes with it: where traces go; unset, nowhere.
    pub traces: Option<traces::Settings>,
    /// `API_TOKEN`, where `API_TOKEN_READS` is true: signs the addresses of stored images anew, which jobs keep for longer
    /// than a signature is good.
    pub url_signer: Option<UrlSigner>,
}

impl Config {
    /// Reads all settings.
    ///
    /// # Errors
    /// Every bad value, by name.
    pub fn from_env(env: &Env) -> anyhow::Result<Self> {
        let read = env.reader();
        let batch_size = read.count_or("BATCH_SIZE", 100);
        if batch_size > MAX_PAGE_SIZE as usize {
            read.reject("BATCH_SIZE", "must be at most 1000");
        }
        let redis_url = read.secret_or("REDIS_URL", "DEFAULT_REDIS_URL");
        if let Some(Err(error)) = redis_url.as_ref().map(|url| service::redis::check_url(url.expose())) {
            read.reject("REDIS_URL", error);
        }
        let seconds = |name, default| Duration::from_secs(read.count_or(name, default) as u64);
        let config = Self {
            google_api_key: read.secret("GOOGLE_API_KEY"),
            drive_url: read.url_or("GOOGLE_DRIVE_API_URL", "https://www.googleapis.com/drive/v3"),
            worker_url: read.url_or("WORKER_SERVICE_URL", "http://localhost:5004"),
            metadata_url: read.url_or("METADATA_SERVICE_URL", "http://localhost:5002"),
            data_dir: read.text_or("DATA_DIR", "./.data").into(),
            batch_size,
            dispatch_window: read.count_or("DISPATCH_WINDOW", 1000),
            list_wait: seconds("LIST_WAIT_SECS", 20),
            resend_after: seconds("RESEND_AFTER_SECS", 10 * 60),
            silence_limit: Duration::from_secs(24 * 60 * 60),
            redis_url,
            max_jobs: read.limit("MAX_JOBS"),
            max_images: read.limit("MAX_IMAGES_PER_JOB"),
            job_keep: Duration::from_secs(read.count_or("JOB_KEEP_DAYS", 30) as u64 * 24 * 60 * 60),
            internal_token: read.internal_token(),
            traces: read.traces(),
            url_signer: read.url_signer("API_TOKEN", "API_TOKEN_READS"),
        };
        read.finish(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_environment_is_enough() {
        let config = Config::from_env(&Env::default()).unwrap();
        assert!(config.google_api_key.is_none());
        assert_eq!((config.max_jobs, config.max_images), (None, None), "as in the original");
        assert_eq!((config.batch_size, config.dispatch_window), (100, 1000));
        assert!(config.redis_url.is_none());
        assert_eq!(config.job_keep.as_secs(), 30 * 24 * 60 * 60);
        assert_eq!(config.drive_url.as_str(), "https://www.googleapis.com/drive/v3");
    }

    #[test]
    fn bad_values_are_reported_together() {
        let env = Env::from_pairs([
            ("BATCH_SIZE", "1001"),
            ("LIST_WAIT_SECS", "0"),
            ("GOOGLE_API_KEY", "k"),
            ("REDIS_URL", "http://:canary@host"),
            ("JOB_KEEP_DAYS", "-1"),
            ("MAX_JOBS", "0"),
            ("MAX_IMAGES_PER_JOB", "many"),
        ]);
        let error = Config::from_env(&env).unwrap_err().to_string();
        for name in
            ["BATCH_SIZE", "LIST_WAIT_SECS", "REDIS_URL", "JOB_KEEP_DAYS", "MAX_JOBS", "MAX_IMAGES_PER_JOB"]
        {
            assert!(error.contains(name), "{name}: {error}");
        }
        assert!(!error.contains("canary"), "{error}");
    }

    #[test]
    fn the_redis_of_the_deployment_is_used_until_another_is_named() {
        let url = |pairs: &[(&str, &str)]| {
            let config = Config::from_env(&Env::from_pairs(pairs.iter().copied())).unwrap();
            config.redis_url.map(|url| url.expose().to_owned())
        };
        let own = ("DEFAULT_REDIS_URL", "redis://redis:6379/0");
        assert_eq!(url(&[own]).as_deref(), Some("redis://redis:6379/0"));
        assert_eq!(url(&[own, ("REDIS_URL", "redis://other/1")]).as_deref(), Some("redis://other/1"));
        assert_eq!(url(&[("DEFAULT_REDIS_URL", "")]), None);
    }
}
