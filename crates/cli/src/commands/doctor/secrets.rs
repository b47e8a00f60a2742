//! The last line of defence: whatever a check has to say, the values of secret settings are not in it.

use service::{Env, finding::Finding};
use url::Url;

/// Settings that are secret as a whole.
const SECRET: [&str; 10] = [
    "GOOGLE_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "EMBEDDED_S3_SECRET_KEY",
    "DB_PASSWORD",
    "API_TOKEN",
    "INTERNAL_TOKEN",
    "OTEL_EXPORTER_OTLP_HEADERS",
];
/// Settings that are URLs, and may hold a password.
const URLS: [&str; 2] = ["REDIS_URL", "DEFAULT_REDIS_URL"];
/// Shorter texts stand in too many words.
const SHORTEST: usize = 8;
/// Published defaults, which are words of ours as well.
const NO_SECRETS: [&str; 2] = ["image-import", "image-import-local"];

/// Texts that must not be shown.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Those of the settings.
    pub(super) fn of(env: &Env) -> Self {
        let whole = SECRET.iter().filter_map(|name| env.get(name)).map(str::to_owned);
        let in_urls = URLS.iter().filter_map(|name| env.get(name)?.parse::<Url>().ok());
        let in_urls = in_urls.filter_map(|url| url.password().map(str::to_owned));
        let mut secrets: Vec<_> = whole.chain(in_urls).filter(|text| is_one(text)).collect();
        // a secret in a longer one must not spoil the longer one
        secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(secrets)
    }

    /// Blots them out.
    pub(super) fn hide(&self, finding: &mut Finding) {
        for secret in &self.0 {
            for text in std::iter::once(&mut finding.found).chain(finding.fix.as_mut()) {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), "***");
                }
            }
        }
    }
}

fn is_one(text: &str) -> bool {
    text.len() >= SHORTEST && !NO_SECRETS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_slips_through_is_blotted_out() {
        let env = Env::from_pairs([
            ("DB_PASSWORD", "canary-1"),
            ("REDIS_URL", "redis://u:canary-1-too@h/0"),
            ("PORT", "1"),
        ]);
        let mut finding = Finding::failed("x", "canary-1-too and canary-1", "not canary-1, 1");
        Secrets::of(&env).hide(&mut finding);
        assert_eq!((finding.found.as_str(), finding.fix.as_deref()), ("*** and ***", Some("not ***, 1")));
        let mut finding = Finding::ok("x", "image-import up");
        Secrets::of(&env).hide(&mut finding);
        assert_eq!(finding.found, "image-import up");
    }
}
