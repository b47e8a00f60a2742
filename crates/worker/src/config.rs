//! Settings of the worker.

use std::{path::PathBuf, str::FromStr};

use client::{InternalToken, Secret};
use service::{Env, traces};
use url::Url;

/// How images go to the storage service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadMode {
    /// `PUT /objects/{uuid}`: streamed, nothing is held.
    Stream,
    /// `POST /upload`, as in the original: the whole image in memory. Needed with the original's storage service.
    Base64,
}

impl FromStr for UploadMode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "stream" => Ok(Self::Stream),
            "base64" => Ok(Self::Base64),
            _ => Err(()),
        }
    }
}

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// `GOOGLE_API_KEY`: without it no image can be fetched, and jobs fail saying so.
    pub google_api_key: Option<Secret>,
    /// `GOOGLE_DRIVE_API_URL`, default `https://www.googleapis.com/drive/v3`.
    pub drive_url: Url,
    /// `STORAGE_PROVIDER`, default `aws`: passed on to the storage service and stored in the rows.
    pub storage_provider: String,
    /// `STORAGE_SERVICE_URL`, default `http://localhost:5003`.
    pub storage_url: Url,
    /// `METADATA_SERVICE_URL`, default `http://localhost:5002`.
    pub metadata_url: Url,
    /// `IMPORT_SERVICE_URL`, default `http://localhost:5001`.
    pub import_url: Url,
    /// `DATA_DIR`, default `./.data`: holds the task queue, `worker.db`, and with Redis the worker's name there.
    pub data_dir: PathBuf,
    /// `WORKER_CONCURRENCY`, default 50: images in work at once.
    pub concurrency: usize,
    /// `UPLOAD_MODE`, `stream` (default) or `base64`.
    pub upload_mode: UploadMode,
    /// `MAX_IMAGE_MB`: images of more MiB fail, saying so; unset: none is too large. In bytes here.
    pub max_image_bytes: Option<u64>,
    /// `REDIS_URL`, else `DEFAULT_REDIS_URL`: the task queue is there, shared by the workers of all machines; without it in
    /// `DATA_DIR`.
    pub redis_url: Option<Secret>,
    /// `INTERNAL_TOKEN`: what the other services know us by, and we them; unset, everybody is answered.
    pub internal_token: Option<InternalToken>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and what goes with it: where traces go; unset, nowhere.
    pub traces: Option<traces::Settings>,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every bad value, by name, in one text.
    pub fn from_env(env: &Env) -> anyhow::Result<Self> {
        let read = env.reader();
        let config = Self {
            google_api_key: read.secret("GOOGLE_API_KEY"),
            drive_url: read.url_or("GOOGLE_DRIVE_API_URL", "https://www.googleapis.com/drive/v3"),
            storage_provider: read.text_or("STORAGE_PROVIDER", "aws"),
            storage_url: read.url_or("STORAGE_SERVICE_URL", "http://localhost:5003"),
            metadata_url: read.url_or("METADATA_SERVICE_URL", "http://localhost:5002"),
            import_url: read.url_or("IMPORT_SERVICE_URL", "http://localhost:5001"),
            data_dir: read.text_or("DATA_DIR", "./.data").into(),
            concurrency: read.count_or("WORKER_CONCURRENCY", 50),
            upload_mode: read.parse_or("UPLOAD_MODE", UploadMode::Stream, "stream or base64"),
            max_image_bytes: read.limit("MAX_IMAGE_MB").map(|mib| mib.saturating_mul(1 << 20)),
            redis_url: read.secret_or("REDIS_URL", "DEFAULT_REDIS_URL"),
            internal_token: read.internal_token(),
            traces: read.traces(),
        };
        if let Some(Err(error)) = config.redis_url.as_ref().map(|url| service::redis::check_url(url.expose()))
        {
            read.reject("REDIS_URL", error);
        }
        read.finish(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_originals() {
        let config = Config::from_env(&Env::default()).unwrap();
        assert_eq!(config.storage_url.as_str(), "http://localhost:5003/");
        assert_eq!((config.concurrency, config.upload_mode), (50, UploadMode::Stream));
        assert_eq!(config.storage_provider, "aws");
    }

    #[test]
    fn every_bad_setting_is_named() {
        let env = Env::from_pairs([
            ("UPLOAD_MODE", "pigeon"),
            ("WORKER_CONCURRENCY", "0"),
            ("REDIS_URL", "http://u:canary@host"),
        ]);
        let error = Config::from_env(&env).unwrap_err().to_string();
        for name in ["UPLOAD_MODE", "WORKER_CONCURRENCY", "REDIS_URL must be"] {
            assert!(error.contains(name), "{error}");
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
