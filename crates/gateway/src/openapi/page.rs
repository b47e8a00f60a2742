//! The page that shows the document: Swagger UI, out of this program. It needs no other host, and may ask none. It holds
//! nothing of what is imported, so it opens without the token, and asks for the one that the document may need.

use std::sync::Arc;

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use service::extract;
use utoipa_swagger_ui::Config;

/// The page; it names its files relative to itself.
const PAGE: &str = include_str!("page.html");
/// Our own files, by name and type: what starts Swagger UI on the page, and how its form looks.
const OURS: [(&str, &str, &str); 2] = [
    ("start.js", "text/javascript", include_str!("page.js")),
    ("page.css", "text/css", include_str!("page.css")),
];
/// The files of Swagger UI that the page needs.
const FILES: [&str; 3] = ["favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css"];

/// Swagger UI writes styles into its elements, and draws its icons from `data:`.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
const GUARD: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// The page itself.
pub(super) fn page() -> Response {
    (GUARD, [(header::CACHE_CONTROL, "no-cache")], Html(PAGE)).into_response()
}

/// One of its files.
pub(super) fn file(name: &str) -> Response {
    if let Some((_, kind, text)) = OURS.into_iter().find(|(known, ..)| *known == name) {
        let head = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")];
        return (GUARD, head, text).into_response();
    }
    let found = FILES.contains(&name).then(|| utoipa_swagger_ui::serve(name, Arc::new(Config::default())));
    let Some(Ok(Some(file))) = found else { return extract::not_found().into_response() };
    let head = [
        (header::CONTENT_TYPE, file.content_type),
        (header::CACHE_CONTROL, "public, max-age=86400".to_owned()),
    ];
    // whoever runs scripts takes gzip
    let encoding = file.gzpipped.then_some([(header::CONTENT_ENCODING, "gzip")]);
    let mut response = (GUARD, head, file.bytes.into_owned()).into_response();
    response
        .headers_mut()
        .extend(encoding.into_iter().flatten().map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request, http::Method};
    use http_body_util::BodyExt;
    use service::cors::Cors;
    use tower::ServiceExt;

    use super::*;

    async fn ask(method: Method, path: &str) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let routes = service::serve::finish(super::super::routes(), Cors::any());
        let request = Request::builder().method(method).uri(path).header("origin", "https://other.example");
        let response = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let headers =
            response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        (status, headers, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
        headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    #[tokio::test]
    async fn the_document_is_served_as_every_other_answer() {
        let (status, headers, body) = ask(Method::GET, "/api/openapi.json").await;
        assert_eq!((status, value(&headers, "content-type")), (200, "application/json"));
        assert_eq!(value(&headers, "access-control-allow-origin"), "https://other.example");
        assert!(!value(&headers, "x-request-id").is_empty());
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
        assert_eq!(ask(Method::HEAD, "/api/openapi.json").await.0, 200);
        assert_eq!(ask(Method::OPTIONS, "/api/docs").await.0, 200);
        assert_eq!(ask(Method::POST, "/api/openapi.json").await.0, 405);
    }

    #[tokio::test]
    async fn the_page_needs_and_may_ask_no_other_host() {
        let (status, headers, body) = ask(Method::GET, "/api/docs").await;
        let page = String::from_utf8(body).unwrap();
        assert_eq!((status, value(&headers, "content-type")), (200, "text/html; charset=utf-8"));
        let policy = value(&headers, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("http") && !page.contains("//"), "{policy} {page}");
        let named: Vec<_> = page.split(['"', '\'']).filter_map(|text| text.strip_prefix("docs/")).collect();
        assert_eq!(named.len(), 5);
        for name in named {
            let (status, headers, body) = ask(Method::GET, &format!("/api/docs/{name}")).await;
            assert!(status == 200 && !body.is_empty(), "{name} {status}");
            assert_eq!(value(&headers, "x-content-type-options"), "nosniff", "{name}");
        }
    }

    #[tokio::test]
    async fn only_the_files_of_the_page_are_there() {
        for name in ["index.html", "swagger-initializer.js", "swagger-ui.js.map", "..%2Fpage.rs", ""] {
            assert_eq!(ask(Method::GET, &format!("/api/docs/{name}")).await.0, 404, "{name}");
        }
    }
}
