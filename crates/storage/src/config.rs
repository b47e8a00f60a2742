//! Settings of the storage service.

mod memory;
mod thumbnails;

use std::time::Duration;

use client::{InternalToken, Secret};
use service::{Env, env::Reader, traces};

pub use self::thumbnails::ThumbnailConfig;

/// Longest `S3_PUBLIC_URL` or endpoint: keys need what is left of a stored URL.
const MAX_BASE_CHARS: usize = 300;
/// The default of `MAX_UPLOAD_MB`.
const MAX_UPLOAD_MB: usize = 256;
const DEFAULT_REGION: &str = "us-east-1";

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `STORAGE_PROVIDER`: what a request without `provider` means; `aws`, the only one that works, by default.
    pub provider: String,
    /// The bucket, unless none is set: then the service runs, and uploads say what is missing.
    pub bucket: Option<BucketConfig>,
    /// `S3_OBJECT_ACL`.
    pub object_acl: ObjectAcl,
    /// `MAX_UPLOAD_MB`: longest body of `POST /upload`, in MiB there, in bytes here; 256 MiB by default.
    pub max_upload_bytes: usize,
    /// `MAX_IMAGE_MB`: larger images are not stored, in MiB there, in bytes here; unset: none is too large.
    pub max_image_bytes: Option<u64>,
    /// How thumbnails are made.
    pub thumbnails: ThumbnailConfig,
    /// `INTERNAL_TOKEN`: what the other services prove themselves by; unset, everybody is answered.
    pub internal_token: Option<InternalToken>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and what goes with it: where traces go; unset, nowhere.
    pub traces: Option<traces::Settings>,
    /// Limits that are no settings; tests make them smaller.
    pub limits: Limits,
}

/// Which bucket, where, and as whom.
#[derive(Debug, Clone)]
pub struct BucketConfig {
    /// `AWS_BUCKET_NAME`, or `images` on the embedded server.
    pub name: String,
    /// `AWS_REGION`, else `AWS_DEFAULT_REGION`, else `us-east-1`.
    pub region: String,
    /// `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`, or `EMBEDDED_S3_URL`: another server than AWS'. Without a slash
    /// at the end.
    pub endpoint: Option<String>,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, or those of the embedded server. Without them
    /// the other sources of the AWS SDK are asked: profile, web identity, container and machine roles.
    pub credentials: Option<AccessKey>,
    /// `AWS_PROFILE`: the profile to use where no key is given; `default` by default.
    pub profile: String,
    /// `AWS_REQUEST_CHECKSUM_CALCULATION`: `when_required` (default: every S3 server works with it) or
    /// `when_supported`, which sends a CRC with every body.
    pub checksums: RequestChecksums,
    /// `S3_PUBLIC_URL`: what public URLs start with, bucket included; else `EMBEDDED_S3_PUBLIC_URL` on the embedded
    /// server (a browser may not know it by the name that this service knows), the original's
    /// `https://<bucket>.s3.<region>.amazonaws.com`, or `<endpoint>/<bucket>`.
    pub public_url: Option<String>,
}

/// An access key and its secret.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// The id of the key.
    pub id: Secret,
    /// The secret to it.
    pub secret: Secret,
    /// The token of a temporary key.
    pub session_token: Option<Secret>,
}

/// Which ACL objects get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ObjectAcl {
    /// `auto`: `public-read`, and none from the first time on that the bucket refuses ACLs.
    #[default]
    Auto,
    /// `public-read`, always.
    PublicRead,
    /// `none`: no ACL is sent.
    None,
}

/// When a checksum of the SDK's own choice goes with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestChecksums {
    /// Only where the operation demands one.
    #[default]
    WhenRequired,
    /// Always.
    WhenSupported,
}

/// Limits that are no settings.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of images that all requests together may hold in memory, but for those that come in JSON.
    pub memory_bytes: usize,
    /// Bytes of bodies of `POST /upload`, and of the images in them, that are held in memory. One of them may need all
    /// of it, which must keep no other upload waiting.
    pub json_memory_bytes: usize,
    /// Longest silence of a client in the middle of its body, of S3 in the middle of a request, and longest wait for
    /// memory.
    pub silence: Duration,
    /// Objects that are read at once for browsers and caches; uploads are to get their part of the network.
    pub streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 24 * 1024 * 1024,
            json_memory_bytes: 64 * 1024 * 1024,
            silence: Duration::from_secs(60),
            streams: 256,
        }
    }
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All bad values at once, by name.
    pub fn from_env(env: &Env) -> anyhow::Result<Self> {
        let read = env.reader();
        let bucket = read_bucket(&read);
        let object_acl = match read.text_or("S3_OBJECT_ACL", "auto").to_ascii_lowercase().as_str() {
            "auto" => ObjectAcl::Auto,
            "public-read" => ObjectAcl::PublicRead,
            "none" => ObjectAcl::None,
            _ => {
                read.reject("S3_OBJECT_ACL", "must be auto, public-read or none");
                ObjectAcl::Auto
            }
        };
        let max_upload_bytes = read.count_or("MAX_UPLOAD_MB", MAX_UPLOAD_MB).saturating_mul(1024 * 1024);
        let provider = read.text_or("STORAGE_PROVIDER", "aws");
        let (thumbnails, limits) = (ThumbnailConfig::read(&read), Limits::default());
        let max_image_bytes = read.limit("MAX_IMAGE_MB").map(|mib| mib.saturating_mul(1 << 20));
        let (internal_token, traces) = (read.internal_token(), read.traces());
        read.finish(Self {
            provider,
            bucket,
            object_acl,
            max_upload_bytes,
            max_image_bytes,
            thumbnails,
            internal_token,
            traces,
            limits,
        })
    }
}

fn read_bucket(read: &Reader<'_>) -> Option<BucketConfig> {
    let public_url = base_url(read, "S3_PUBLIC_URL");
    let checksums = read_checksums(read);
    let embedded = base_url(read, "EMBEDDED_S3_URL");
    let embedded_public_url = base_url(read, "EMBEDDED_S3_PUBLIC_URL");
    if let Some(name) = read.text("AWS_BUCKET_NAME") {
        let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
        if name.len() > 255 || !name.bytes().all(fits) {
            read.reject("AWS_BUCKET_NAME", "must be the name of a bucket: letters, digits, dots and hyphens");
        }
        let any_endpoint = base_url(read, "AWS_ENDPOINT_URL");
        return Some(BucketConfig {
            name,
            region: read
                .text("AWS_REGION")
                .or_else(|| read.text("AWS_DEFAULT_REGION"))
                .unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            endpoint: base_url(read, "AWS_ENDPOINT_URL_S3").or(any_endpoint),
            credentials: access_key(read),
            profile: read.text_or("AWS_PROFILE", "default"),
            checksums,
            public_url,
        });
    }
    embedded.map(|endpoint| BucketConfig {
        name: "images".to_owned(),
        region: DEFAULT_REGION.to_owned(),
        endpoint: Some(endpoint),
        credentials: Some(AccessKey {
            id: Secret::new(read.text_or("EMBEDDED_S3_ACCESS_KEY", "image-import")),
            secret: Secret::new(read.text_or("EMBEDDED_S3_SECRET_KEY", "image-import-local")),
            session_token: None,
        }),
        profile: String::new(),
        checksums,
        public_url: public_url.or(embedded_public_url),
    })
}

fn access_key(read: &Reader<'_>) -> Option<AccessKey> {
    let (id, secret) = (read.secret("AWS_ACCESS_KEY_ID"), read.secret("AWS_SECRET_ACCESS_KEY"));
    match (id, secret) {
        (Some(id), Some(secret)) => {
            Some(AccessKey { id, secret, session_token: read.secret("AWS_SESSION_TOKEN") })
        }
        (Some(_), None) => {
            read.reject("AWS_SECRET_ACCESS_KEY", "is missing, though AWS_ACCESS_KEY_ID is set");
            None
        }
        (None, Some(_)) => {
            read.reject("AWS_ACCESS_KEY_ID", "is missing, though AWS_SECRET_ACCESS_KEY is set");
            None
        }
        (None, None) => None,
    }
}

fn read_checksums(read: &Reader<'_>) -> RequestChecksums {
    const NAME: &str = "AWS_REQUEST_CHECKSUM_CALCULATION";
    match read.text_or(NAME, "when_required").to_ascii_lowercase().as_str() {
        "when_supported" => RequestChecksums::WhenSupported,
        "when_required" => RequestChecksums::WhenRequired,
        _ => {
            read.reject(NAME, "must be when_required or when_supported");
            RequestChecksums::WhenRequired
        }
    }
}

/// A URL that paths are put after: without query, without a slash at the end.
fn base_url(read: &Reader<'_>, name: &str) -> Option<String> {
    let url = read.url(name)?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        read.reject(name, "must be a plain URL: no query, no fragment, no user name");
    }
    let text = url.as_str().trim_end_matches('/').to_owned();
    if text.len() > MAX_BASE_CHARS {
        read.reject(name, format_args!("must be at most {MAX_BASE_CHARS} characters long"));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(pairs: &[(&str, &str)]) -> Option<BucketConfig> {
        Config::from_env(&Env::from_pairs(pairs.iter().copied())).unwrap().bucket
    }

    #[test]
    fn a_real_bucket_wins_over_the_embedded_server() {
        let embedded = ("EMBEDDED_S3_URL", "http://s3:9000/");
        let own = bucket(&[embedded, ("AWS_BUCKET_NAME", " ")]).unwrap();
        assert_eq!((own.name.as_str(), own.endpoint.as_deref()), ("images", Some("http://s3:9000")));
        assert_eq!(own.credentials.unwrap().id.expose(), "image-import");
        let real = bucket(&[embedded, ("AWS_BUCKET_NAME", "b"), ("AWS_REGION", "eu-west-1")]).unwrap();
        assert_eq!((real.name.as_str(), real.region.as_str(), real.endpoint), ("b", "eu-west-1", None));
        assert!(real.credentials.is_none());
        assert!(bucket(&[]).is_none());
    }

    #[test]
    fn the_public_url_of_the_embedded_server_is_never_that_of_a_real_bucket() {
        let embedded = [
            ("EMBEDDED_S3_URL", "http://s3:9000"),
            ("EMBEDDED_S3_PUBLIC_URL", "http://localhost:9000/images"),
        ];
        let public_url = |more: &[(&str, &str)]| bucket(&[&embedded, more].concat()).unwrap().public_url;
        assert_eq!(public_url(&[]).as_deref(), Some("http://localhost:9000/images"));
        assert_eq!(public_url(&[("S3_PUBLIC_URL", "https://cdn.x/i")]).as_deref(), Some("https://cdn.x/i"));
        assert_eq!(public_url(&[("AWS_BUCKET_NAME", "real")]), None);
    }

    #[test]
    fn every_bad_value_is_named_and_none_is_quoted() {
        let env = Env::from_pairs([
            ("AWS_BUCKET_NAME", "a b"),
            ("AWS_ENDPOINT_URL", "nonsense"),
            ("AWS_ACCESS_KEY_ID", "canary"),
            ("S3_PUBLIC_URL", "https://h/?x"),
            ("S3_OBJECT_ACL", "canary"),
            ("MAX_UPLOAD_MB", "0"),
            ("MAX_IMAGE_MB", "0"),
            ("THUMBNAIL_WORKERS", "0"),
            ("AWS_REQUEST_CHECKSUM_CALCULATION", "canary"),
        ]);
        let error = Config::from_env(&env).unwrap_err().to_string();
        for name in [
            "AWS_BUCKET_NAME",
            "AWS_ENDPOINT_URL",
            "AWS_SECRET_ACCESS_KEY",
            "S3_PUBLIC_URL",
            "S3_OBJECT_ACL",
            "MAX_UPLOAD_MB",
            "MAX_IMAGE_MB",
            "THUMBNAIL_WORKERS",
            "AWS_REQUEST_CHECKSUM_CALCULATION",
        ] {
            assert!(error.contains(name), "{name} is missing in: {error}");
        }
        assert!(!error.contains("canary"), "{error}");
    }
}
