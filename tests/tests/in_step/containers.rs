//! What holds for every container: bounded, pinned, probed, out of reach, and as many workers as one likes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{COMPOSE, DOCKERFILE, compose, environment, lines_of, stage, text};

/// Whom other machines reach.
const PUBLISHED: [&str; 2] = ["api-gateway", "frontend"];

fn services(compose: &Value) -> impl Iterator<Item = (&str, &Value)> {
    compose["services"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, definition)| (name.as_str(), definition))
}

/// Images of others.
pub(super) fn is_of_others(definition: &Value) -> bool {
    !definition["image"].as_str().unwrap_or_default().starts_with("${IMAGE_PREFIX:-")
}

#[test]
fn memory_logs_processes_and_the_time_to_stop_are_bounded() {
    let compose = compose();
    for (service, definition) in services(&compose) {
        let limit = definition["mem_limit"].as_str().unwrap_or_default();
        assert!(limit.ends_with(['m', 'g']), "{service}: mem_limit {limit:?}");
        assert!(definition["pids_limit"].as_u64().is_some(), "{service}: pids_limit");
        assert!(definition["ulimits"]["nofile"].as_u64() >= Some(65_536), "{service}: nofile");
        assert_eq!(definition["logging"]["driver"], "json-file", "{service}");
        for option in ["max-size", "max-file"] {
            assert!(definition["logging"]["options"][option].is_string(), "{service}: logs, {option}");
        }
        let grace = definition["stop_grace_period"].as_str().and_then(|time| time.strip_suffix('s'));
        // shutdown.rs gives work in hand 20 s
        assert!(grace.and_then(|time| time.parse().ok()) > Some(20), "{service}: {grace:?}");
    }
}

#[test]
fn images_of_others_are_pinned_and_not_root() {
    let compose = compose();
    let mut others = 0;
    for (service, definition) in services(&compose).filter(|(_, definition)| is_of_others(definition)) {
        let image = definition["image"].as_str().unwrap_or_default();
        assert!(is_pinned(image), "{service}: {image} names no version");
        let user = definition["user"].as_str().unwrap_or_default();
        assert!(user.starts_with(|c: char| ('1'..='9').contains(&c)), "{service}: user {user:?}");
        assert!(definition["healthcheck"]["test"].is_array(), "{service} is not probed");
        others += 1;
    }
    assert!(others > 1, "the images of others are not found any more");
}

#[test]
fn each_image_is_built_by_one_service_that_is_always_there() {
    let compose = compose();
    let is_ours = |(_, definition): &(&str, &Value)| !is_of_others(definition);
    let images: BTreeSet<_> = services(&compose)
        .filter(is_ours)
        .filter_map(|(_, definition)| definition["image"].as_str())
        .collect();
    let mut built = BTreeSet::new();
    for (service, definition) in services(&compose).filter(|(_, definition)| definition["build"].is_object())
    {
        // several would be exported at the same time, and all but the first fail: "already exists"
        assert!(built.insert(definition["image"].as_str().unwrap_or_default()), "{service}: built twice");
        assert!(definition["profiles"].is_null(), "{service}: others wait for its image");
    }
    assert_eq!(built, images);
}

#[test]
fn the_guide_carries_every_image_to_a_host_that_builds_none() {
    let (compose, guide) = (compose(), text("crates/gateway/deploy/cloud.md"));
    let saved = guide.lines().find(|line| line.starts_with("docker save ")).expect("images go as a file");
    for (service, definition) in services(&compose).filter(|(_, definition)| !is_of_others(definition)) {
        let image = definition["image"].as_str().unwrap_or_default();
        let image = image.replace("${IMAGE_PREFIX:-image-import}", "image-import");
        let image = image.replace("${IMAGE_TAG:-local}", "local");
        assert!(saved.split(' ').any(|word| word == image), "{service}: {image}");
    }
}

/// A tag that begins with two numbers: `:latest` moves, and so does `:7`.
fn is_pinned(image: &str) -> bool {
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    let mut numbers = tag.trim_start_matches('v').splitn(3, ['.', '-']);
    let mut is_number =
        || numbers.next().is_some_and(|n| !n.is_empty() && n.bytes().all(|c| c.is_ascii_digit()));
    image.contains("@sha256:") || is_number() && is_number()
}

#[test]
fn what_is_built_is_built_from_pinned_images_on_any_processor() {
    for (path, builder) in [(DOCKERFILE, "rust:"), ("frontend/Dockerfile", "node:")] {
        let dockerfile = text(path);
        let versions: BTreeSet<_> =
            dockerfile.lines().filter_map(|line| line.strip_prefix("ARG ")?.split_once('=')).collect();
        let mut built = 0;
        for line in dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")) {
            let image = line.split(' ').find(|word| !word.starts_with("--")).unwrap_or_default();
            if !image.contains([':', '/']) {
                continue; // an earlier stage
            }
            let image = versions.iter().fold(image.to_owned(), |image, (name, version)| {
                image.replace(&format!("${{{name}}}"), version)
            });
            // distroless has no versions, but each line of Debian is one
            let is_distroless = image.starts_with("gcr.io/distroless/") && image.contains("-debian13:");
            assert!(is_pinned(&image) || is_distroless, "{path}: {image} names no version");
            assert_eq!(
                image.starts_with(builder),
                line.contains("--platform=$BUILDPLATFORM"),
                "{path}: {line}"
            );
            built += 1;
        }
        assert_eq!(built, 2, "{path}");
    }
    let build = stage("build");
    for word in ["ARG TARGETARCH", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"] {
        assert!(build.contains(word), "{DOCKERFILE}: {word}");
    }
}

#[test]
fn any_number_of_workers_and_imports_can_run() {
    let compose = compose();
    for (service, definition) in services(&compose) {
        assert!(
            definition["container_name"].is_null(),
            "{service}: a name stands in the way of a second one"
        );
        let mut ports = definition["ports"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let is_reached = ports.any(|port| !port.starts_with("127.0.0.1:"));
        assert_eq!(is_reached, PUBLISHED.contains(&service), "{service}: who outside reaches it");
    }
    for service in ["worker-service", "import-service"] {
        // files would be shared by all of them
        let default = &environment(&compose, service)["DEFAULT_REDIS_URL"];
        assert_eq!(default, "redis://redis:6379/0", "{service}");
    }
}

#[test]
fn everything_that_runs_is_probed() {
    let compose = compose();
    for (service, definition) in services(&compose).filter(|(service, _)| *service != "cli") {
        let in_compose = definition["healthcheck"]["test"].is_array();
        let in_image = match definition["build"]["target"].as_str() {
            Some(target) => stage(target).contains("HEALTHCHECK"),
            None => service == "frontend" && text("frontend/Dockerfile").contains("HEALTHCHECK"),
        };
        assert!(in_compose || in_image, "{service} is not probed");
    }
}

#[test]
fn the_mysql_of_the_profile_is_the_one_that_metadata_asks() {
    let compose = compose();
    let mysql = environment(&compose, "mysql");
    for (theirs, ours) in
        [("MYSQL_DATABASE", "DB_NAME"), ("MYSQL_USER", "DB_USER"), ("MYSQL_PASSWORD", "DB_PASSWORD")]
    {
        assert_eq!(mysql[theirs], environment(&compose, "metadata-service")[ours], "{theirs}");
    }
    assert_eq!(compose["services"]["mysql"]["profiles"], serde_json::json!(["mysql"]));
}

#[test]
fn every_secret_in_a_file_goes_where_it_is_read_and_nowhere_else() {
    const OVERLAY: &str = "crates/gateway/deploy/compose.secrets.yml";
    let (compose, overlay) =
        (compose(), serde_saphyr::from_str::<Value>(&text(OVERLAY)).expect("it is YAML"));
    let secrets = overlay["secrets"].as_object().expect("it has secrets");
    for name in service::env::SECRETS {
        let (setting, secret) = (format!("{name}_FILE"), name.to_lowercase().replace('_', "-"));
        if !lines_of(".env.example").contains_key(&setting) {
            continue; // not read by anything
        }
        assert_eq!(secrets[&secret]["file"], format!("${{{setting}:-./{OVERLAY}}}"), "{OVERLAY}");
        for (service, definition) in services(&compose) {
            let given = &overlay["services"][service];
            let reads = definition["environment"].get(&setting).is_some();
            let path = format!("${{{setting}:+/run/secrets/{secret}}}");
            let told = given["environment"].get(&setting).and_then(Value::as_str);
            assert_eq!(told, reads.then_some(path.as_str()), "{OVERLAY}, {service}: {setting}");
            if reads {
                let mounted = given["secrets"]
                    .as_array()
                    .is_some_and(|list| list.contains(&Value::from(secret.as_str())));
                assert!(mounted, "{OVERLAY}, {service}: {secret} is not there");
            }
        }
    }
    assert!(secrets.len() > 4, "{OVERLAY} and {COMPOSE} have nothing to do with each other");
}
