//! Four servers may serve the web page: the gateway, nginx in its container, a static host, and the one of development.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{compose, environment, text};

const NGINX: &str = "frontend/nginx.conf";
const STATIC_HOST: &str = "frontend/vercel.json";
/// What the policies have in common: everything but what the page may call.
const RULES: [&str; 8] = [
    "default-src 'self'",
    "img-src 'self' data: blob:",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
];

/// The headers of pages that the gateway adds to a file, with their values.
fn of_the_gateway() -> Vec<(String, String)> {
    let code = text("crates/gateway/src/pages/headers.rs");
    let value = |name: &str, constant: &str| {
        let (_, after) = code.split_once(constant).unwrap_or_else(|| panic!("{constant} is added"));
        let (_, after) = after.split_once("from_static(\"").expect("a value follows");
        (name.to_owned(), after.split_once('"').expect("it ends").0.to_owned())
    };
    vec![
        value("X-Content-Type-Options", "(X_CONTENT_TYPE_OPTIONS,"),
        value("X-Frame-Options", "(X_FRAME_OPTIONS,"),
        value("Referrer-Policy", "(REFERRER_POLICY,"),
        value("Permissions-Policy", "HeaderName::from_static(\"permissions-policy\"),"),
    ]
}

/// Those of the static host, for every path.
fn of_the_static_host() -> Vec<(String, String)> {
    let settings: Value = serde_json::from_str(&text(STATIC_HOST)).expect("the settings are JSON");
    let headers = settings["headers"][0]["headers"].as_array().expect("headers for every path");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    headers.iter().map(|header| (word(&header["key"]), word(&header["value"]))).collect()
}

#[test]
fn whoever_serves_the_page_serves_it_with_the_same_headers() {
    let (nginx, hosted) = (text(NGINX), of_the_static_host());
    for (name, value) in of_the_gateway() {
        let plain = format!("add_header {name} {value} always;");
        let quoted = format!("add_header {name} \"{value}\" always;");
        assert!(nginx.contains(&plain) || nginx.contains(&quoted), "{NGINX}: {name}: {value}");
        assert!(hosted.contains(&(name.clone(), value)), "{STATIC_HOST}: {name}");
    }
    let policy = |(name, value): (String, String)| (name == "Content-Security-Policy").then_some(value);
    let hosted = hosted.into_iter().find_map(policy).expect("it has a policy");
    let gateway = text("crates/gateway/src/pages/headers.rs");
    for rule in RULES.into_iter().chain(["form-action 'self'"]) {
        for (place, policy) in [(NGINX, &nginx), (STATIC_HOST, &hosted), ("the gateway", &gateway)] {
            assert!(policy.contains(rule), "{place}: {rule}");
        }
    }
    let of_nginx = nginx.lines().find(|line| line.contains("Content-Security-Policy")).expect("a policy");
    assert_eq!(of_nginx.matches(" ${API_ORIGIN};").count(), 2, "pictures and calls may go to another API");
}

#[test]
fn the_build_puts_the_page_where_everybody_looks_for_it() {
    let settings: Value = serde_json::from_str(&text(STATIC_HOST)).expect("the settings are JSON");
    assert_eq!(settings["outputDirectory"], "dist");
    assert_eq!(settings["rewrites"][0]["destination"], "/index.html");
    let package: Value = serde_json::from_str(&text("frontend/package.json")).expect("it is JSON");
    let sources = text("crates/cli/src/pages/sources.rs");
    let name = package["name"].as_str().expect("it has a name");
    assert!(
        sources.contains(&format!("const NAME: &str = \"{name}\";")),
        "`up` knows the folder by {name:?}"
    );
    let ignored: BTreeSet<_> = text(".gitignore").lines().map(str::to_owned).collect();
    assert!(ignored.contains("/frontend/dist") && ignored.contains("/frontend/.build-lock"));
}

#[test]
fn the_container_of_the_page_finds_the_gateway_and_is_given_what_its_build_reads() {
    let compose = compose();
    let dockerfile = text("frontend/Dockerfile");
    let gateway = &environment(&compose, "frontend")["API_GATEWAY"];
    assert!(dockerfile.contains(&format!("API_GATEWAY={gateway} ")), "the same without compose: {gateway}");
    assert_eq!(gateway, environment(&compose, "cli")["IMAGE_IMPORT_API_URL"].trim_start_matches("http://"));
    let arguments = &compose["services"]["frontend"]["build"]["args"];
    assert_eq!(arguments["REACT_APP_API_URL"], "${REACT_APP_API_URL:-}");
    assert!(dockerfile.contains("\nARG REACT_APP_API_URL="));
    assert!(dockerfile.contains("\nUSER 101:101"), "it is not root");
    // every name that the image's start fills in has a value
    for name in text(NGINX).split("${").skip(1).filter_map(|rest| rest.split('}').next()) {
        let is_known = dockerfile.contains(&format!("{name}=")) || name == "NGINX_LOCAL_RESOLVERS";
        assert!(is_known || name == "API_ORIGIN", "{NGINX}: {name}");
    }
}
