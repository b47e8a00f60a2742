//! Who may do what under `/api`, where `API_TOKEN` is set: one check before the routes, and none at all where it is not.
//!
//! What changes something needs the token, and with `API_TOKEN_READS` so does what reads. An `<img>` cannot send it: for
//! objects and their thumbnails the signature of their address is as good (see [`client::signature`]). The page that shows
//! the description of the API opens to everybody: it holds no data, and asks for the token itself.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::{IntoResponse, Response},
};
use client::{
    Secret,
    signature::{self, EXPIRES, Refusal, SIGNATURE, UrlSigner},
};
use percent_encoding::percent_decode_str;
use service::ApiError;
use subtle::ConstantTimeEq;
use tower::ServiceExt;

use crate::openapi;

/// How a token is sent.
const SCHEME: &str = "Bearer";

/// Who is let in.
#[derive(Debug)]
pub(crate) struct Access {
    token: Secret,
    /// Tells which addresses of objects were made for browsers; only where reading needs the token too.
    reads: Option<UrlSigner>,
}

impl Access {
    /// The check for `token`: of what changes something, and of all else if `guards_reads`.
    pub(crate) fn new(token: Secret, guards_reads: bool) -> Self {
        let reads = guards_reads.then(|| UrlSigner::new(&token));
        Self { token, reads }
    }

    /// Whether `request` may go on.
    fn check(&self, request: &Request) -> Result<(), ApiError> {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = request.uri().path();
        let is_open = self.reads.is_none() || openapi::is_page(path);
        let needs_none = *request.method() == Method::OPTIONS || (is_read && is_open);
        if needs_none || !is_api(path) {
            return Ok(());
        }
        let refused = match self.token_in(request.headers()) {
            Some(true) => return Ok(()),
            Some(false) => refuse("The token that was sent is not the one of this API."),
            None => refuse("This needs the token of this API: send it as `Authorization: Bearer <token>`."),
        };
        match self.reads.as_ref().filter(|_| is_read).and_then(|signer| signed(signer, request.uri())) {
            None => Err(refused),
            Some(Ok(())) => Ok(()),
            Some(Err(Refusal::Expired)) => Err(refuse(
                "This address has expired. Ask the API for the image again: its answer has an address that is good for another hour.",
            )
            .code("address-expired")),
            Some(Err(Refusal::Forged)) => Err(refuse(
                "The signature of this address is not one of this API. Use `content_url` and `thumbnail_url` as they are.",
            )
            .code("address-not-signed")),
        }
    }

    /// Whether the token that was sent is the right one; `None` where none was.
    fn token_in(&self, headers: &HeaderMap) -> Option<bool> {
        let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        let is_right = || token.trim().as_bytes().ct_eq(self.token.expose().as_bytes()).into();
        scheme.eq_ignore_ascii_case(SCHEME).then(is_right)
    }
}

/// Puts the check before `routes`; without one nothing changes.
pub(crate) fn before(access: Option<Access>, routes: Router) -> Router {
    let Some(access) = access else { return routes };
    let guarded = Arc::new((access, routes));
    Router::new().fallback(move |request: Request| answer(Arc::clone(&guarded), request))
}

async fn answer(guarded: Arc<(Access, Router)>, mut request: Request) -> Response {
    let (access, routes) = &*guarded;
    if let Err(refused) = access.check(&request) {
        return refused.into_response();
    }
    let is_guarded_object = access.reads.is_some() && signature::key_in(request.uri().path()).is_some();
    if is_guarded_object {
        drop_signature(&mut request);
    }
    let Ok(mut answer) = routes.clone().oneshot(request).await;
    if is_guarded_object {
        keep_private(answer.headers_mut());
    }
    answer
}

/// True for what is the API, and no page.
pub(crate) fn is_api(path: &str) -> bool {
    path.strip_prefix("/api").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn refuse(message: &str) -> ApiError {
    ApiError::unauthorized(SCHEME, message)
}

/// What the signature of this address says; `None` where it has none, or is not that of an object.
fn signed(signer: &UrlSigner, uri: &Uri) -> Option<Result<(), Refusal>> {
    let key = signature::key_in(uri.path())?;
    let value = |wanted| pairs(uri).find_map(|(name, value)| (name == wanted).then_some(value));
    Some(signer.check(&key, value(EXPIRES)?, value(SIGNATURE)?))
}

/// The parameters of `uri`: names decoded, values as they came.
fn pairs(uri: &Uri) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    let pairs = uri.query().unwrap_or_default().split('&');
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (percent_decode_str(name).decode_utf8_lossy(), value))
}

/// Takes the signature out of the query: it is for this check alone.
fn drop_signature(request: &mut Request) {
    let uri = request.uri();
    let Some(query) = uri.query() else { return };
    let is_ours = |pair: &&str| {
        let name = percent_decode_str(pair.split('=').next().unwrap_or_default()).decode_utf8_lossy();
        name == EXPIRES || name == SIGNATURE
    };
    let kept: Vec<_> = query.split('&').filter(|pair| !is_ours(pair)).collect();
    let path = uri.path();
    let without = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    if let Ok(uri) = without.parse() {
        *request.uri_mut() = uri;
    }
}

/// What only some may read is kept by the browser that asked, and by no cache that others share.
fn keep_private(headers: &mut HeaderMap) {
    let kept = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let Some(rest) = kept.and_then(|value| value.strip_prefix("public")) else { return };
    if let Ok(private) = HeaderValue::from_str(&format!("private{rest}")) {
        headers.insert(header::CACHE_CONTROL, private);
    }
}
