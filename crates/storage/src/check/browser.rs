//! The bucket as a browser sees it: an object by its public URL, asked for by nobody in particular.

use service::finding::{Finding, in_time};

use super::{PICTURE, PICTURE_TYPE, SILENCE, advice::public_policy};
use crate::{bucket::Bucket, config::BucketConfig, object_key::ObjectKey};

const PUBLIC: &str = "bucket.public";
const TYPE: &str = "bucket.content-type";
const CORS: &str = "bucket.cors";

/// What a browser gets to see.
pub(super) struct View {
    pub(super) is_public: bool,
    pub(super) findings: Vec<Finding>,
}

/// An answer, as far as it matters.
struct Seen {
    status: u16,
    content_type: String,
    allowed_origin: Option<String>,
    is_whole: bool,
}

/// Opens the object by its public URL; pages of `origin` may want to read it.
pub(super) async fn view(bucket: &Bucket, settings: &BucketConfig, key: &ObjectKey, origin: &str) -> View {
    let url = bucket.urls().url(key);
    match open(&url, origin).await {
        Ok(seen) => judge(&seen, settings, "by its public URL"),
        Err(why) => {
            // a name for browsers need not lead anywhere from where this runs
            if let Some(inside) = seen_from_inside(settings, key, &url)
                && let Ok(seen) = open(&inside, origin).await
            {
                let how = format!(
                    "at the address that the services use; {} is for browsers on this computer, and cannot be tried \
                     from in here",
                    base(&url)
                );
                return judge(&seen, settings, &how);
            }
            let finding = Finding::warning(
                PUBLIC,
                format!("nothing answers at the public URL of objects, {} ({why})", base(&url)),
                "Check S3_PUBLIC_URL: what public URLs begin with, bucket included. If only browsers can reach it, \
                 open the URL of an imported image in one.",
            );
            View { is_public: false, findings: vec![finding] }
        }
    }
}

async fn open(url: &str, origin: &str) -> Result<Seen, &'static str> {
    let asking = async {
        let http = client::http::service_client(SILENCE);
        let answer = http.get(url).header("origin", origin).send().await?;
        let header =
            |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (content_type, allowed_origin) = (header("content-type"), header("access-control-allow-origin"));
        let status = answer.status().as_u16();
        let is_whole = status == 200 && answer.bytes().await? == PICTURE;
        Ok(Seen { status, content_type: content_type.unwrap_or_default(), allowed_origin, is_whole })
    };
    in_time(asking).await.ok_or("no answer in time")?.map_err(|error| client::http::failure_kind(&error))
}

/// The same object at the address that the services use, where that is another machine and the public one is this.
fn seen_from_inside(settings: &BucketConfig, key: &ObjectKey, public: &str) -> Option<String> {
    let endpoint = settings.endpoint.as_deref()?;
    let local = |url: &str| url.contains("://localhost") || url.contains("://127.0.0.1");
    (local(public) && !local(endpoint)).then(|| format!("{endpoint}/{}/{}", settings.name, key.escaped()))
}

/// The URL without the object.
fn base(url: &str) -> &str {
    url.rsplit_once('/').map_or(url, |(base, _)| base)
}

fn judge(seen: &Seen, settings: &BucketConfig, how: &str) -> View {
    let mut findings = Vec::new();
    let is_public = seen.status == 200 && seen.is_whole;
    findings.push(match seen.status {
        200 if is_public => Finding::ok(PUBLIC, format!("a browser sees an object {how}")),
        401 | 403 => private(settings),
        status => Finding::warning(
            PUBLIC,
            format!("the public URL of an object does not lead to it (status {status})"),
            "Check S3_PUBLIC_URL: what public URLs begin with, bucket included. It must lead to the same bucket.",
        ),
    });
    if is_public {
        findings.push(content_type(&seen.content_type));
        findings.push(match &seen.allowed_origin {
            Some(_) => Finding::ok(CORS, "scripts of web pages may read objects"),
            None => Finding::skipped(
                CORS,
                "scripts of web pages may not read objects (no CORS rule); to show images none is needed",
            ),
        });
    }
    View { is_public, findings }
}

/// As new buckets of AWS are, and nothing to mend: the gateway shows the images.
fn private(settings: &BucketConfig) -> Finding {
    let policy = public_policy(settings);
    Finding::ok(
        PUBLIC,
        format!(
            "the bucket is private: images are shown through the gateway (`content_url`, `thumbnail_url`). Their own \
             URLs (`storage_path`, which the original's page uses) answer 403; if everybody may open those too, allow \
             bucket policies under 'Block public access' and paste this one: {policy}"
        ),
    )
}

fn content_type(content_type: &str) -> Finding {
    if content_type == PICTURE_TYPE {
        return Finding::ok(TYPE, "objects keep their Content-Type");
    }
    Finding::warning(
        TYPE,
        format!(
            "an object was stored as {PICTURE_TYPE} and came back as {content_type:?}: browsers may not show it"
        ),
        "Look for a proxy or CDN behind S3_PUBLIC_URL that changes headers.",
    )
}

#[cfg(test)]
mod tests {
    use service::finding::Verdict;
    use uuid::Uuid;

    use super::*;
    use crate::config::RequestChecksums;

    fn settings(endpoint: &str) -> BucketConfig {
        BucketConfig {
            name: "images".to_owned(),
            region: "us-east-1".to_owned(),
            endpoint: Some(endpoint.to_owned()),
            credentials: None,
            profile: String::new(),
            checksums: RequestChecksums::WhenRequired,
            public_url: None,
        }
    }

    #[test]
    fn a_container_asks_where_services_do_for_what_only_browsers_of_its_host_can_open() {
        let key = ObjectKey::new(Uuid::nil(), "a b", 0);
        let inside = |endpoint, public| seen_from_inside(&settings(endpoint), &key, public);
        let found = inside("http://s3:9000", "http://localhost:9000/images/x").unwrap();
        assert_eq!(found, format!("http://s3:9000/images/{}_a%20b", Uuid::nil()));
        assert_eq!(inside("http://127.0.0.1:9000", "http://localhost:9000/images/x"), None);
        assert_eq!(inside("http://s3:9000", "https://cdn.example/x"), None);
    }

    #[test]
    fn what_a_browser_gets_instead_of_the_picture_is_told() {
        let seen = |status, content_type: &str, is_whole| Seen {
            status,
            content_type: content_type.to_owned(),
            allowed_origin: None,
            is_whole,
        };
        let worst = |seen: Seen| {
            let view = judge(&seen, &settings("http://s3"), "by its public URL");
            let worst = view.findings.into_iter().max_by_key(|finding| finding.verdict).unwrap();
            (worst.check, worst.verdict)
        };
        assert_eq!(worst(seen(200, PICTURE_TYPE, true)), (CORS, Verdict::Skipped));
        assert_eq!(worst(seen(200, "text/plain", true)), (TYPE, Verdict::Warning));
        assert_eq!(worst(seen(403, "", false)), (PUBLIC, Verdict::Ok));
        for (status, is_whole) in [(404, false), (200, false), (301, false)] {
            assert_eq!(worst(seen(status, PICTURE_TYPE, is_whole)), (PUBLIC, Verdict::Warning), "{status}");
        }
    }
}
