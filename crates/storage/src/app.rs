//! What all requests share.

use std::sync::Arc;

use service::{
    ApiError, Metrics, Shutdown,
    metrics::catalogue::{STORED_BYTES, STORED_OBJECTS},
};
use tokio::sync::Semaphore;

use crate::{
    bucket::{Bucket, S3Error},
    budget::Budget,
    config::Config,
    content::Content,
    digest::Hashers,
    thumbnail::Thumbnails,
    upload::{FIRSTS_AT_ONCE, Uploads},
};

/// What is wrong when there is no bucket.
pub(crate) const NO_BUCKET: &str =
    "Invalid bucket name \"\": set AWS_BUCKET_NAME, or EMBEDDED_S3_URL for the embedded S3 server";

/// Objects that are read at once for their checksums; uploads are to get the larger part of the network.
const READS_AT_ONCE: usize = 8;

/// The service.
#[derive(Debug, Clone)]
pub struct App {
    /// Its settings.
    pub(crate) config: Arc<Config>,
    /// The bucket, if one is set.
    pub(crate) bucket: Option<Arc<Bucket>>,
    /// Memory for image bytes, shared by all requests but those with JSON.
    pub(crate) budget: Budget,
    /// Memory for images in JSON.
    pub(crate) json_budget: Budget,
    /// Who computes the MD5s of bodies.
    pub(crate) hashers: Hashers,
    /// Turns to be among the first uploads.
    pub(crate) firsts: Arc<Semaphore>,
    /// Small pictures of what is in the bucket, if one is set.
    pub(crate) thumbnails: Option<Thumbnails>,
    /// What browsers and caches read.
    pub(crate) content: Content,
    /// Turns to read a whole object.
    pub(crate) reads: Arc<Semaphore>,
    /// What is counted, for `/metrics`.
    pub(crate) metrics: Metrics,
    /// Tells when to stop, and waits for uploads that run.
    pub(crate) shutdown: Shutdown,
}

impl App {
    /// Sets everything up. Nothing is asked of S3 yet.
    pub async fn build(config: Config, shutdown: Shutdown) -> Self {
        let bucket = match &config.bucket {
            Some(bucket) => {
                Some(Arc::new(Bucket::connect(bucket, config.object_acl, config.limits.silence).await))
            }
            None => None,
        };
        let metrics = Metrics::start(crate::NAME, &shutdown);
        let thumbnails = bucket.as_ref().map(|bucket| {
            Thumbnails::new(Arc::clone(bucket), config.thumbnails.clone(), &metrics, shutdown.clone())
        });
        let budget = Budget::new(config.limits.memory_bytes);
        let json_budget = Budget::new(config.limits.json_memory_bytes);
        let content = Content::new(config.limits.streams, config.limits.silence);
        let reads = Arc::new(Semaphore::new(READS_AT_ONCE));
        let (memory, json_memory, turns) = (budget.clone(), json_budget.clone(), Arc::clone(&reads));
        metrics.from_zero(&STORED_OBJECTS, [[]]);
        metrics.from_zero(&STORED_BYTES, [[]]);
        metrics.pool("upload-memory", move || memory.in_use());
        metrics.pool("json-memory", move || json_memory.in_use());
        metrics.pool("object-reads", move || (READS_AT_ONCE - turns.available_permits(), READS_AT_ONCE));
        Self {
            config: Arc::new(config),
            bucket,
            budget,
            json_budget,
            hashers: Hashers::default(),
            firsts: Arc::new(Semaphore::new(FIRSTS_AT_ONCE)),
            thumbnails,
            content,
            reads,
            metrics,
            shutdown,
        }
    }

    /// The bucket, or the answer that says which setting is missing.
    pub(crate) fn bucket(&self) -> Result<&Arc<Bucket>, ApiError> {
        self.bucket.as_ref().ok_or_else(no_bucket)
    }

    /// The thumbnails, or the same answer.
    pub(crate) fn thumbnails(&self) -> Result<&Thumbnails, ApiError> {
        self.thumbnails.as_ref().ok_or_else(no_bucket)
    }

    /// What uploads need.
    pub(crate) fn uploads(&self) -> Result<Uploads, ApiError> {
        Ok(Uploads {
            bucket: Arc::clone(self.bucket()?),
            budget: self.budget.clone(),
            hashers: self.hashers.clone(),
            firsts: Arc::clone(&self.firsts),
            most_bytes: self.config.max_image_bytes,
            silence: self.config.limits.silence,
            stored_objects: self.metrics.counter(&STORED_OBJECTS, &[]),
            stored_bytes: self.metrics.counter(&STORED_BYTES, &[]),
            tasks: self.shutdown.clone(),
        })
    }

    /// `given`, or the setting, if it is a provider that there is.
    pub(crate) fn provider(&self, given: Option<&str>) -> Result<&'static str, ApiError> {
        match given.unwrap_or(&self.config.provider) {
            "aws" => Ok("aws"),
            _ => Err(ApiError::bad_request("Invalid storage provider")),
        }
    }

    /// What is wrong with the bucket, for `/ready`.
    pub(crate) async fn probe(&self) -> Result<(), String> {
        let Some(bucket) = &self.bucket else { return Err(NO_BUCKET.to_owned()) };
        bucket.probe().await.map_err(|error| match error {
            S3Error::Unreachable { .. } => "could not connect".to_owned(),
            error => match error.hint() {
                Some(hint) => format!("{error}. {hint}"),
                None => error.to_string(),
            },
        })
    }
}

fn no_bucket() -> ApiError {
    ApiError::internal("bucket-not-set", format!("Parameter validation failed:\n{NO_BUCKET}"))
}
