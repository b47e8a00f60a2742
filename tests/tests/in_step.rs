//! Keeps what says the same thing in several places in step: the settings that the code reads, `.env.example`, the compose
//! file, the Dockerfiles, the ports, and what is said of the web page to each server that may serve it.

mod containers;
mod settings;
mod web_page;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

use settings::{OF_THE_AWS_SDK, is_setting, read_by, read_by_any};

const COMPOSE: &str = "docker-compose.microservices.yml";
const DOCKERFILE: &str = "crates/Dockerfile";

/// The five services: name in compose, crate (and program).
const SERVICES: [(&str, &str); 5] = [
    ("api-gateway", "gateway"),
    ("import-service", "import"),
    ("metadata-service", "metadata"),
    ("storage-service", "storage"),
    ("worker-service", "worker"),
];

/// Read by compose itself.
const OF_COMPOSE: [&str; 2] = ["IMAGE_PREFIX", "IMAGE_TAG"];

/// Conventions of terminals that the command line follows; nothing to put into a file.
const OF_THE_TERMINAL: [&str; 1] = ["NO_COLOR"];

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie below the top")
}

fn text(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("read {path}: {error}"))
}

/// What every service reads, through the crate that all of them share. Containers keep the default of `PORT`.
fn of_every_service() -> BTreeSet<String> {
    read_by("service").into_keys().filter(|name| name != "PORT").collect()
}

/// The lines of `.env.example`: name, value, and whether the line is commented out.
fn example() -> BTreeMap<String, (String, bool)> {
    lines_of(".env.example")
}

fn lines_of(path: &str) -> BTreeMap<String, (String, bool)> {
    let mut lines = BTreeMap::new();
    for line in text(path).lines() {
        let setting = line.strip_prefix('#').unwrap_or(line);
        if let Some((name, value)) = setting.split_once('=')
            && is_setting(name)
        {
            let twice = lines.insert(name.to_owned(), (value.to_owned(), line.starts_with('#')));
            assert!(twice.is_none(), "{name} is in {path} twice");
        }
    }
    lines
}

fn compose() -> Value {
    serde_saphyr::from_str(&text(COMPOSE)).expect("the compose file is YAML")
}

fn environment(compose: &Value, service: &str) -> BTreeMap<String, String> {
    let variables = compose["services"][service]["environment"].as_object();
    let variables = variables.unwrap_or_else(|| panic!("{service} has no environment"));
    let value = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    variables.iter().map(|(name, text)| (name.clone(), value(text))).collect()
}

/// The port in `default_port: N` of a service's `main.rs`.
fn default_port(krate: &str) -> u16 {
    let main = text(&format!("crates/{krate}/src/main.rs"));
    let (_, port) = main.split_once("default_port: ").expect("main.rs names its port");
    let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a port")
}

/// What belongs to a stage of the Dockerfile.
fn stage(target: &str) -> String {
    let dockerfile = text(DOCKERFILE);
    let name = format!(" AS {target}");
    let mut stages = dockerfile.split("\nFROM ");
    let found = stages.find(|stage| stage.lines().next().is_some_and(|line| line.ends_with(&name)));
    found.unwrap_or_else(|| panic!("{DOCKERFILE} has no target {target}")).to_owned()
}

#[test]
fn every_setting_is_in_the_example_and_every_line_of_it_is_read() {
    let (example, settings) = (example(), read_by_any());
    assert!(settings.len() > 30, "settings are not found any more: {settings:?}");
    for name in settings.keys().filter(|name| !OF_THE_TERMINAL.contains(&name.as_str())) {
        assert!(example.contains_key(name), "{name} is read, but .env.example has no line for it");
    }
    for name in example.keys() {
        let known = settings.contains_key(name)
            || OF_COMPOSE.contains(&name.as_str())
            || OF_THE_AWS_SDK.contains(&name.as_str());
        assert!(known, "{name} is in .env.example, but nothing reads it");
    }
}

#[test]
fn the_example_names_the_defaults_of_the_code() {
    let example = example();
    let mut compared = 0;
    for (name, default) in read_by_any() {
        let Some(default) = default else { continue };
        let (value, is_comment) = &example[&name];
        // a blank line that is not commented out is there to be filled in
        if *is_comment || !value.is_empty() {
            assert_eq!(*value, default, "{name} in .env.example");
            compared += 1;
        }
    }
    assert!(compared > 10, "defaults are not found any more");
}

#[test]
fn what_differs_from_machine_to_machine_is_commented_out_in_the_example() {
    for (name, (_, is_comment)) in example() {
        if name.ends_with("_URL") || ["PORT", "DATA_DIR"].contains(&name.as_str()) {
            assert!(is_comment, "{name}: a copy of .env.example must work everywhere");
        }
    }
}

#[test]
fn every_service_is_given_the_settings_it_reads_and_no_others() {
    let compose = compose();
    for (service, krate) in SERVICES {
        let given: BTreeSet<_> = environment(&compose, service).into_keys().collect();
        let mut read = of_every_service();
        read.extend(read_by(krate).into_keys());
        if krate == "storage" {
            read.extend(OF_THE_AWS_SDK.map(str::to_owned));
        }
        let missing: Vec<_> = read.difference(&given).collect();
        assert!(missing.is_empty(), "{service} reads {missing:?}, which {COMPOSE} does not give it");
        let idle: Vec<_> = given.difference(&read).collect();
        assert!(idle.is_empty(), "{COMPOSE} gives {service} {idle:?}, which it does not read");
    }
}

#[test]
fn the_command_line_is_given_what_the_services_are_given() {
    let compose = compose();
    let given = environment(&compose, "cli");
    for (service, _) in SERVICES {
        for (name, value) in environment(&compose, service) {
            // files of a container are its own, and so is the page
            if !["DATA_DIR", "UI_DIR", "REACT_APP_API_URL"].contains(&name.as_str()) {
                assert_eq!(given.get(&name), Some(&value), "cli: {name}, as in {service}");
            }
        }
    }
}

#[test]
fn settings_are_passed_on_under_their_own_names() {
    let compose = compose();
    for (service, definition) in compose["services"].as_object().unwrap() {
        // images of others have names of their own for them
        if containers::is_of_others(definition) || !definition["environment"].is_object() {
            continue;
        }
        for (name, value) in environment(&compose, service) {
            if let Some(inner) = value.strip_prefix("${") {
                assert_eq!(inner, format!("{name}:-}}"), "{service}: {name} where it is blank");
            }
        }
    }
}

#[test]
fn the_services_find_each_other_where_they_listen() {
    let compose = compose();
    let ports: BTreeMap<_, _> = SERVICES.map(|(service, krate)| (service, default_port(krate))).into();
    let mut urls = 0;
    for (service, _) in SERVICES {
        for (name, value) in environment(&compose, service) {
            let Some(kind) = name.strip_suffix("_SERVICE_URL") else { continue };
            let host = format!("{}-service", kind.to_ascii_lowercase());
            assert_eq!(value, format!("http://{host}:{}", ports[host.as_str()]), "{service}: {name}");
            urls += 1;
        }
    }
    assert!(urls > 5, "the addresses of the services are gone");
    assert_eq!(environment(&compose, "cli")["IMAGE_IMPORT_API_URL"], "http://api-gateway:5000");
}

#[test]
fn the_settings_of_the_demo_lead_to_the_emulator() {
    let (compose, demo, example) = (compose(), lines_of("crates/emulators/demo.env"), example());
    for name in demo.keys().filter(|name| !name.starts_with("COMPOSE_")) {
        assert!(example.contains_key(name), "{name} is no setting");
    }
    assert_eq!(demo["GOOGLE_DRIVE_API_URL"].0, "http://drive-emulator:9100/drive/v3");
    assert_eq!(compose["services"]["drive-emulator"]["profiles"][0], demo["COMPOSE_PROFILES"].0);
    assert_ne!(compose["name"], demo["COMPOSE_PROJECT_NAME"].0, "the demo must not touch real data");
}

#[test]
fn the_readme_names_the_folders_of_the_demo() {
    let readme = text("README.md");
    for folder in ["Sample pictures", "Awkward names"] {
        let id = emulators::drive::id_of(folder);
        assert!(readme.contains(&id), "README.md does not name {folder:?}, {id}");
    }
}

#[test]
fn the_emulators_are_probed_where_they_listen() {
    let compose = compose();
    let command = text("crates/cli/src/commands/emulators.rs");
    for (service, port) in [("s3", 9000), ("drive-emulator", 9100)] {
        assert!(command.contains(&format!("default_value_t = {port},")), "{port} is no default any more");
        let definition = &compose["services"][service];
        assert_eq!(definition["healthcheck"]["test"][3], port.to_string(), "{service}");
        assert_eq!(definition["command"].as_array().unwrap()[2..], ["--host", "0.0.0.0"], "{service}");
    }
}

#[test]
fn only_the_page_the_gateway_the_embedded_s3_server_and_the_dashboard_are_published() {
    let compose = compose();
    for (service, definition) in compose["services"].as_object().unwrap() {
        let expected = match service.as_str() {
            "api-gateway" => serde_json::json!([format!("8080:{}", default_port("gateway"))]),
            "frontend" => serde_json::json!(["3000:80"]),
            "grafana" => serde_json::json!(["127.0.0.1:3001:3000"]),
            "s3" => serde_json::json!(["127.0.0.1:9000:9000"]),
            _ => Value::Null,
        };
        assert_eq!(definition["ports"], expected, "{service}");
    }
}

#[test]
fn every_image_is_a_target_of_the_dockerfile_with_its_program_and_port() {
    let compose = compose();
    let build = stage("build");
    for (service, definition) in compose["services"].as_object().unwrap() {
        let Some(target) = definition["build"]["target"].as_str() else { continue };
        assert_eq!(definition["build"]["dockerfile"], DOCKERFILE, "{service}");
        stage(target);
    }
    for (service, krate) in SERVICES {
        assert_eq!(compose["services"][service]["build"]["target"], service);
        let stage = stage(service);
        let program = format!("/usr/local/bin/{krate}");
        for line in [
            format!("COPY --from=build /out/{krate} {program}"),
            format!("EXPOSE {}", default_port(krate)),
            format!("CMD [\"{program}\", \"healthcheck\"]"),
            format!("ENTRYPOINT [\"{program}\"]"),
        ] {
            assert!(stage.contains(&line), "{DOCKERFILE}, {service}: {line}");
        }
        assert!(build.contains(&format!("--package {krate}")), "{krate} is not built");
    }
    assert_eq!(stage("image-import").matches("/usr/local/bin/image-import").count(), 2);
}

#[test]
fn every_container_is_hardened_and_data_lie_in_volumes() {
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    for (service, definition) in services {
        assert_eq!(definition["read_only"], true, "{service}");
        assert_eq!(definition["cap_drop"], serde_json::json!(["ALL"]), "{service}");
        assert_eq!(definition["security_opt"], serde_json::json!(["no-new-privileges:true"]), "{service}");
    }
    for service in ["import-service", "metadata-service", "redis", "s3", "worker-service"] {
        let volume = services[service]["volumes"][0].as_str().unwrap_or_default();
        let (name, place) = volume.split_once(':').unwrap_or_default();
        assert_eq!(place, "/data", "{service}");
        assert!(compose["volumes"].as_object().unwrap().contains_key(name), "{service}: {name}");
        assert_eq!(services[service]["restart"], "unless-stopped", "{service}");
    }
    assert!(stage("runtime").contains("USER 65532:65532"));
}
