//! Settings of the gateway.

mod limits;
mod proxies;

use std::path::PathBuf;

use client::{InternalToken, Secret};
use service::{Env, cors::Cors, env::Reader, traces};
use url::{Origin, Url};

pub(crate) use self::{
    limits::{Limits, Rates},
    proxies::{Network, TrustedProxies},
};

/// Where the other services are, who may call, and what else is served.
#[derive(Debug, Clone)]
pub struct Config {
    /// `IMPORT_SERVICE_URL`, default `http://localhost:5001`.
    pub import_url: Url,
    /// `METADATA_SERVICE_URL`, default `http://localhost:5002`.
    pub metadata_url: Url,
    /// `STORAGE_SERVICE_URL`, default `http://localhost:5003`.
    pub storage_url: Url,
    /// `CORS_ORIGINS`: origins with commas between them, each exact or with `*` for one label of the host; unset or `*`
    /// is any.
    pub cors: Cors,
    /// `API_TOKEN`: what changes something needs it. Unset, everybody may do everything.
    pub api_token: Option<Secret>,
    /// `API_TOKEN_READS`: so does what reads; false. Objects may be read by a signed address too.
    pub api_token_reads: bool,
    /// `INTERNAL_TOKEN`: what the other services know us by; unset, they answer everybody.
    pub internal_token: Option<InternalToken>,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and what goes with it: where traces go; unset, nowhere.
    pub traces: Option<traces::Settings>,
    /// How much clients may take.
    pub limits: Limits,
    /// `UI_DIR`: the directory of the built web UI. Unset: no UI. A directory that is set here by a program may also
    /// appear later, or change: each request looks.
    pub ui_dir: Option<PathBuf>,
    /// `REACT_APP_API_URL`, as the web UI was built with it: whose API its pages may call. Unset, or a path: this one's.
    pub ui_api: Option<Origin>,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All bad values at once, by name.
    pub fn from_env(env: &Env) -> anyhow::Result<Self> {
        let read = env.reader();
        let ui_dir = read.text("UI_DIR").map(PathBuf::from);
        if ui_dir.as_ref().is_some_and(|dir| !dir.join("index.html").is_file()) {
            read.reject("UI_DIR", "must be the directory of the built web UI; there is no index.html in it");
        }
        let (api_token, api_token_reads) =
            (read.token("API_TOKEN"), read.switch_or("API_TOKEN_READS", false));
        if api_token_reads && env.get("API_TOKEN").is_none() {
            read.reject("API_TOKEN_READS", "needs a token that readers can send: set API_TOKEN too");
        }
        let config = Self {
            import_url: read.url_or("IMPORT_SERVICE_URL", "http://localhost:5001"),
            metadata_url: read.url_or("METADATA_SERVICE_URL", "http://localhost:5002"),
            storage_url: read.url_or("STORAGE_SERVICE_URL", "http://localhost:5003"),
            cors: Cors::from_setting(read.text("CORS_ORIGINS").as_deref()),
            api_token,
            api_token_reads,
            internal_token: read.internal_token(),
            traces: read.traces(),
            limits: Limits::read(&read),
            ui_dir,
            ui_api: ui_api(&read),
        };
        read.finish(config)
    }
}

fn ui_api(read: &Reader<'_>) -> Option<Origin> {
    let is_path = read.text("REACT_APP_API_URL").is_some_and(|text| text.starts_with('/'));
    if is_path { None } else { read.url("REACT_APP_API_URL").map(|url| url.origin()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_setting_is_named() {
        let env = Env::from_pairs([
            ("IMPORT_SERVICE_URL", "import:5001"),
            ("METADATA_SERVICE_URL", "http://metadata:5002"),
            ("UI_DIR", "/there/is/no/such/directory"),
        ]);
        let error = Config::from_env(&env).unwrap_err().to_string();
        assert!(error.contains("IMPORT_SERVICE_URL") && error.contains("UI_DIR"), "{error}");
        assert!(!error.contains("METADATA_SERVICE_URL"), "{error}");
    }

    #[test]
    fn readers_need_a_token_that_they_can_send() {
        let env = Env::from_pairs([("API_TOKEN_READS", "true")]);
        let error = Config::from_env(&env).unwrap_err().to_string();
        assert!(error.contains("API_TOKEN_READS needs") && error.contains("set API_TOKEN"), "{error}");
        let env = Env::from_pairs([("API_TOKEN_READS", "true"), ("API_TOKEN", "canary-canary-12")]);
        let config = Config::from_env(&env).unwrap();
        assert!(config.api_token_reads && !format!("{config:?}").contains("canary"), "{config:?}");
    }

    #[test]
    fn no_setting_is_needed() {
        let config = Config::from_env(&Env::default()).unwrap();
        assert_eq!(config.storage_url.as_str(), "http://localhost:5003/");
        assert_eq!(config.cors, Cors::any());
        assert_eq!(config.ui_api, None);
        assert!(config.api_token.is_none() && config.internal_token.is_none());
    }

    #[test]
    fn pages_may_call_the_api_that_they_were_built_for() {
        let origin = |url| {
            let config = Config::from_env(&Env::from_pairs([("REACT_APP_API_URL", url)])).unwrap();
            config.ui_api.map(|origin| origin.ascii_serialization())
        };
        assert_eq!(origin("https://api.example:8443/v1/api/").as_deref(), Some("https://api.example:8443"));
        assert_eq!(origin("/api"), None);
        let wrong = Env::from_pairs([("REACT_APP_API_URL", "api.example; script-src *")]);
        assert!(Config::from_env(&wrong).unwrap_err().to_string().contains("REACT_APP_API_URL"));
    }
}
