//! A running system, asked through its gateway. Answers are kept as they came, so that `--json` shows all of them.

use std::time::Duration;

use anyhow::Context;
use client::{ErrorBody, Secret, http::failure_kind};
use serde_json::Value;
use service::Env;
use url::Url;

use crate::exit::{Unreachable, Usage};

/// Where the gateway is unless somebody says otherwise.
const DEFAULT: &str = "http://localhost:8080";
/// Longest silence: an import may list a big folder before it answers.
const SILENCE: Duration = Duration::from_secs(300);

/// Which system to ask.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ApiArgs {
    /// Where the gateway is [default: `IMAGE_IMPORT_API_URL`, else <http://localhost:8080>]
    #[arg(long, value_name = "URL")]
    api: Option<String>,
    /// The API's token, where it wants one; other users of this computer can see it here [default: `API_TOKEN`]
    #[arg(long, value_name = "TOKEN")]
    token: Option<Secret>,
}

/// The API of a running system.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    base: Url,
    http: reqwest::Client,
    token: Option<Secret>,
}

/// An answer whose status is an error.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    /// Its status.
    pub(crate) status: u16,
    message: String,
}

impl ApiArgs {
    /// The API that is meant.
    pub(crate) fn open(&self) -> anyhow::Result<Api> {
        let env = Env::from_process()?;
        let text = self.api.as_deref().or_else(|| env.get("IMAGE_IMPORT_API_URL")).unwrap_or(DEFAULT);
        let url: Option<Url> = text.trim().parse().ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let wrong = || Usage(format!("{text:?} is no address of a gateway: write one like {DEFAULT}"));
        let token = self.token.clone().or_else(|| env.get("API_TOKEN").map(Secret::new));
        Ok(Api { token, ..Api::at(url.ok_or_else(wrong)?) })
    }
}

impl Api {
    /// The API behind the gateway at `base`; `/api` is added where it is missing.
    pub(crate) fn at(mut base: Url) -> Self {
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&if path.ends_with("/api") { path } else { path + "/api" });
        base.set_query(None);
        base.set_fragment(None);
        Self { base, http: client::http::service_client(SILENCE), token: None }
    }

    /// `GET`.
    pub(crate) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(self.http.get(url)).await
    }

    /// `POST` of JSON, or of nothing.
    pub(crate) async fn post(&self, path: &[&str], body: Option<&Value>) -> anyhow::Result<Value> {
        let request = self.http.post(self.url(path));
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// `DELETE`.
    pub(crate) async fn delete(&self, path: &[&str]) -> anyhow::Result<Value> {
        self.send(self.http.delete(self.url(path))).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        };
        let answer = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| self.unreachable(&error))?;
        if status.is_success() {
            return serde_json::from_slice(&body).context("the answer is not JSON: is this the gateway?");
        }
        let advice = if status == 401 { ". Set API_TOKEN, or say it with --token." } else { "" };
        let message = match serde_json::from_slice::<ErrorBody>(&body) {
            Ok(ours) => format!("{}{advice}", ours.error.trim_end_matches('.')),
            Err(_) => format!("the server answered {status}{advice}"),
        };
        Err(Refused { status: status.as_u16(), message }.into())
    }

    fn unreachable(&self, error: &reqwest::Error) -> Unreachable {
        let (server, why) = (self.base.origin().ascii_serialization(), failure_kind(error));
        Unreachable(format!(
            "{server} does not answer ({why}). Start the system with `image-import up` or docker compose, or say where \
             it is with --api or IMAGE_IMPORT_API_URL"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_found_below_any_address() {
        for (given, base) in [
            ("http://localhost:8080", "http://localhost:8080/api"),
            ("http://localhost:8080/", "http://localhost:8080/api"),
            ("https://x.example/images/api/", "https://x.example/images/api"),
            ("https://x.example/images?x#y", "https://x.example/images/api"),
        ] {
            assert_eq!(Api::at(given.parse().unwrap()).base.as_str(), base);
        }
        let api = Api::at("http://h".parse().unwrap());
        assert_eq!(api.url(&["import", "status", "a/b?c"]).as_str(), "http://h/api/import/status/a%2Fb%3Fc");
    }
}
