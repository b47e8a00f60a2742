//! Which bucket is meant, and what is to be said about it.

use serde_json::Value;
use service::finding::Finding;
use url::Url;

use super::settings::{Settings, not_looked_at};

const CHECK: &str = "bucket.exists";
/// Where pages come from unless a setting says otherwise.
const PAGES: &str = "http://localhost:8080";

/// Looks at the bucket of the settings; where none is set, at the S3 server of `image-import up`, if it runs.
pub(super) async fn check(settings: Settings, embedded: String) -> Vec<Finding> {
    let Some(storage) =
        settings.storage.as_ref().filter(|_| !settings.is_bad(&["AWS_", "S3_", "EMBEDDED_S3_"]))
    else {
        return vec![not_looked_at(CHECK)];
    };
    let pages = settings.env.get("IMAGE_IMPORT_API_URL").and_then(|url| url.parse::<Url>().ok());
    let origin = &pages.map_or_else(|| PAGES.to_owned(), |url| url.origin().ascii_serialization());
    if storage.bucket.is_some() {
        return storage::check(storage, origin).await;
    }
    if !is_embedded_server_at(&embedded).await {
        return vec![Finding::skipped(
            CHECK,
            "AWS_BUCKET_NAME is not set: `image-import up` keeps objects in an S3 server of its own, which does not run \
             now",
        )];
    }
    let mut env = settings.env;
    env.set("EMBEDDED_S3_URL", embedded);
    match storage::Config::from_env(&env) {
        Ok(storage) => storage::check(&storage, origin).await,
        Err(_) => vec![not_looked_at(CHECK)],
    }
}

async fn is_embedded_server_at(url: &str) -> bool {
    let http = client::http::service_client(std::time::Duration::from_secs(3));
    let Ok(answer) = http.get(format!("{url}/_health")).send().await else { return false };
    let said = answer.json::<Value>().await;
    said.is_ok_and(|said| said["service"] == "embedded-s3")
}
