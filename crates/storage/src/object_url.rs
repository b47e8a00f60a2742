//! Public URLs of objects, both ways: from a key to the URL that is stored and opened in a browser, and from a stored
//! URL, ours or the original's, back to the keys it can mean. Pure.

use percent_encoding::percent_decode_str;

use crate::object_key::{Kind, MAX_URL_CHARS, ObjectKey, escaped, kind_of};

/// Where the objects of one bucket are found.
#[derive(Debug, Clone)]
pub(crate) struct ObjectUrls {
    bucket: String,
    /// What every URL that we make starts with; no slash at the end.
    base: String,
    /// What URLs of this bucket may start with, `host[:port]/path` without scheme, a slash at the end.
    known: Vec<String>,
}

/// What a stored path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// Objects of ours, in our bucket. Two where the path reads differently with and without percent-decoding: the
    /// original wrote URLs without encoding them.
    Ours(Vec<String>),
    /// Something in our bucket that this system did not write: a key of another shape.
    NotOurs,
    /// Something in another bucket, or nowhere.
    Elsewhere,
}

impl ObjectUrls {
    /// URLs of `bucket` in `region`; on another server than AWS' where `endpoint` is given; told to the public as
    /// `public` (bucket included) where that is given.
    pub(crate) fn new(bucket: &str, region: &str, endpoint: Option<&str>, public: Option<&str>) -> Self {
        let endpoint = endpoint.map(|url| url.trim_end_matches('/'));
        let public = public.map(|url| url.trim_end_matches('/'));
        let base = match (public, endpoint) {
            (Some(public), _) => public.to_owned(),
            (None, Some(endpoint)) => format!("{endpoint}/{bucket}"),
            (None, None) => {
                // the Chinese regions have a domain of their own
                let china = if region.starts_with("cn-") { ".cn" } else { "" };
                format!("https://{bucket}.s3.{region}.amazonaws.com{china}")
            }
        };
        let mut known = vec![rest_of(&base)];
        if let Some(endpoint) = endpoint {
            let host = rest_of(endpoint);
            known.push(format!("{host}{bucket}/"));
            known.push(format!("{bucket}.{host}"));
        }
        Self { bucket: bucket.to_owned(), base, known }
    }

    /// Length of what comes before the slash and the key, in characters.
    pub(crate) fn base_chars(&self) -> usize {
        self.base.chars().count()
    }

    /// The public URL of `key`.
    pub(crate) fn url(&self, key: &ObjectKey) -> String {
        format!("{}/{}", self.base, key.escaped())
    }

    /// A public URL of `key`, whoever made it, that [`ObjectUrls::named_by`] leads back to it: escaped, unless that is too
    /// long for a database.
    pub(crate) fn url_of(&self, key: &str) -> String {
        let url = format!("{}/{}", self.base, escaped(key));
        if url.len() <= MAX_URL_CHARS { url } else { format!("{}/{key}", self.base) }
    }

    /// The keys of images in our bucket that a row's `path` can mean.
    pub(crate) fn images_named_by(&self, path: &str) -> Vec<String> {
        match self.named_by(path) {
            Named::Ours(mut keys) => {
                keys.retain(|key| kind_of(key) == Some(Kind::Image));
                keys
            }
            Named::NotOurs | Named::Elsewhere => Vec::new(),
        }
    }

    /// What `path` names: a public URL in any form this bucket ever had, or a bare key.
    pub(crate) fn named_by(&self, path: &str) -> Named {
        let Some(literal) = self.key_in(path) else { return Named::Elsewhere };
        let mut keys = vec![literal.to_owned()];
        if let Ok(decoded) = percent_decode_str(literal).decode_utf8()
            && decoded != literal
        {
            keys.push(decoded.into_owned());
        }
        keys.retain(|key| kind_of(key).is_some());
        if keys.is_empty() { Named::NotOurs } else { Named::Ours(keys) }
    }

    /// All that follows the bucket. Not a URL parser's work: in the original's URLs `?` and `#` are part of the key.
    fn key_in<'p>(&self, path: &'p str) -> Option<&'p str> {
        let Some((scheme, rest)) = path.split_once("://") else {
            return Some(path.trim_start_matches('/'));
        };
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let (host, in_host) = rest.split_once('/')?;
        let host = without_default_port(&host.to_ascii_lowercase());
        for base in &self.known {
            let (base_host, base_path) = base.split_once('/').unwrap_or((base, ""));
            if base_host == host
                && let Some(key) = in_host.strip_prefix(base_path)
            {
                return Some(key);
            }
        }
        match aws_bucket(&host)? {
            "" => in_host.strip_prefix(self.bucket.as_str())?.strip_prefix('/'),
            bucket => (bucket == self.bucket.to_ascii_lowercase()).then_some(in_host),
        }
    }
}

/// `url` without scheme and default port, the host in lower case, a slash at the end.
fn rest_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = without_default_port(&host.to_ascii_lowercase());
    let slash = if path.is_empty() || path.ends_with('/') { "" } else { "/" };
    format!("{host}/{path}{slash}")
}

fn without_default_port(host: &str) -> String {
    host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host).to_owned()
}

/// The bucket that a host of AWS' S3 names in any region; an empty text where the path names it; none for other hosts.
fn aws_bucket(host: &str) -> Option<&str> {
    let name = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    // `s3`, `s3.<region>`, `s3-<region>`, `s3.dualstack.<region>`, each with or without a bucket before it
    let is_service = |text: &str| text == "s3" || text.starts_with("s3.") || text.starts_with("s3-");
    if is_service(name) {
        return Some("");
    }
    name.match_indices('.').map(|(dot, _)| name.split_at(dot)).find_map(|(bucket, service)| {
        let service = &service[1..];
        let labels = service.split('.').count();
        (is_service(service) && labels <= 3).then_some(bucket)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const ID: &str = "0123abcd-89ab-4def-8123-456789abcdef";

    fn aws() -> ObjectUrls {
        ObjectUrls::new("images", "eu-west-1", None, None)
    }

    fn ours(keys: &[&str]) -> Named {
        Named::Ours(keys.iter().map(|key| format!("{ID}{key}")).collect())
    }

    #[test]
    fn a_url_starts_with_what_opens_in_a_browser() {
        let key = ObjectKey::new(ID.parse().unwrap(), "a b.jpg", 0);
        for (urls, base) in [
            (aws(), "https://images.s3.eu-west-1.amazonaws.com"),
            (
                ObjectUrls::new("images", "cn-north-1", None, None),
                "https://images.s3.cn-north-1.amazonaws.com.cn",
            ),
            (
                ObjectUrls::new("images", "x", Some("http://localhost:9000/"), None),
                "http://localhost:9000/images",
            ),
            (
                ObjectUrls::new("images", "x", Some("http://s3:9000"), Some("https://cdn.example/i/")),
                "https://cdn.example/i",
            ),
        ] {
            assert_eq!(urls.url(&key), format!("{base}/{ID}_a%20b.jpg"));
            assert_eq!(urls.base_chars(), base.len());
            assert_eq!(urls.named_by(&urls.url(&key)), ours(&["_a%20b.jpg", "_a b.jpg"]));
        }
    }

    #[test]
    fn every_form_of_our_bucket_is_known() {
        for form in [
            "https://images.s3.eu-west-1.amazonaws.com/",
            "http://images.s3.us-east-1.amazonaws.com/",
            "https://IMAGES.s3.amazonaws.com:443/",
            "https://images.s3-eu-west-1.amazonaws.com/",
            "https://images.s3.dualstack.eu-west-1.amazonaws.com/",
            "https://s3.eu-west-1.amazonaws.com/images/",
            "https://s3.amazonaws.com/images/",
            "",
            "/",
        ] {
            assert_eq!(aws().named_by(&format!("{form}{ID}_a.jpg")), ours(&["_a.jpg"]), "{form}");
        }
        let local =
            ObjectUrls::new("images", "x", Some("http://127.0.0.1:9000"), Some("http://LocalHost:80/img"));
        for form in [
            "http://127.0.0.1:9000/images/",
            "http://images.127.0.0.1:9000/",
            "http://localhost/img/",
            // the original names AWS whatever its endpoint is
            "https://images.s3.us-east-1.amazonaws.com/",
        ] {
            assert_eq!(local.named_by(&format!("{form}{ID}_a.jpg")), ours(&["_a.jpg"]), "{form}");
        }
    }

    #[test]
    fn the_originals_raw_urls_are_read_whole() {
        for (key, also) in [
            ("_with space.jpg", None),
            ("_quest?ion#tag.jpg", None),
            ("_a/b/slash.jpg", None),
            ("_100%.jpg", None),
            ("_100%25.jpg", Some("_100%.jpg")),
            ("_plus+plus.jpg", None),
        ] {
            let named = aws().named_by(&format!("https://images.s3.us-east-1.amazonaws.com/{ID}{key}"));
            let both: Vec<_> = [Some(key), also].into_iter().flatten().collect();
            assert_eq!(named, ours(&both), "{key}");
        }
    }

    #[test]
    fn what_is_not_ours_is_told_from_what_is() {
        for path in [
            format!("https://other.s3.eu-west-1.amazonaws.com/{ID}_a.jpg"),
            format!("https://s3.eu-west-1.amazonaws.com/other/{ID}_a.jpg"),
            format!("https://s3.eu-west-1.amazonaws.com/images2/{ID}_a.jpg"),
            format!("https://images.s3.eu-west-1.amazonaws.com.evil.example/{ID}_a.jpg"),
            format!("https://example.com/images/{ID}_a.jpg"),
            format!("ftp://images.s3.eu-west-1.amazonaws.com/{ID}_a.jpg"),
            "https://images.s3.eu-west-1.amazonaws.com".to_owned(),
        ] {
            assert_eq!(aws().named_by(&path), Named::Elsewhere, "{path}");
        }
        for path in [
            format!("https://images.s3.eu-west-1.amazonaws.com/folder/{ID}_a.jpg"),
            "https://images.s3.eu-west-1.amazonaws.com/photo.jpg".to_owned(),
            format!("../other/{ID}_a.jpg"),
            "photo.jpg".to_owned(),
        ] {
            assert_eq!(aws().named_by(&path), Named::NotOurs, "{path}");
        }
    }

    #[test]
    fn a_row_names_images_only_and_every_listed_key_has_a_url() {
        let named = |path: &str| aws().images_named_by(path);
        let base = "https://images.s3.eu-west-1.amazonaws.com";
        assert_eq!(
            named(&format!("{base}/{ID}_a%20b.jpg")),
            [format!("{ID}_a%20b.jpg"), format!("{ID}_a b.jpg")]
        );
        assert!(named(&format!("{base}/thumbnails/{ID}/320.webp")).is_empty());
        assert!(named(&format!("https://other.example/{ID}_a.jpg")).is_empty());
        for key in [format!("{ID}_a/b c.jpg"), format!("{ID}_{}.jpg", "é".repeat(200))] {
            let url = aws().url_of(&key);
            assert!(url.chars().count() <= MAX_URL_CHARS && named(&url).contains(&key), "{url}");
        }
        let thumbnail = format!("thumbnails/{ID}/320.webp");
        let Named::Ours(keys) = aws().named_by(&aws().url_of(&thumbnail)) else { panic!("not ours") };
        assert!(keys.contains(&thumbnail));
    }

    proptest! {
        #[test]
        fn the_key_comes_back_from_its_url(name in any::<String>(), id in any::<u128>()) {
            let key = ObjectKey::new(Uuid::from_u128(id), &name, aws().base_chars());
            let Named::Ours(keys) = aws().named_by(&aws().url(&key)) else { panic!("not ours") };
            prop_assert!(keys.contains(&key.as_str().to_owned()));
        }
    }
}
