//! Finds the settings that the code reads, by reading the code.

use std::{collections::BTreeMap, fs, path::PathBuf};

use service::env::SECRETS;

use super::top;

/// The methods of `service::env::Reader` and `service::Env` that read a setting.
const READS: [&str; 10] =
    ["text", "text_or", "secret", "parse_or", "count_or", "seconds_or", "switch_or", "url", "url_or", "get"];

/// Read by the AWS SDK, in the storage service, where no key is set.
pub(super) const OF_THE_AWS_SDK: [&str; 10] = [
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED",
];

/// All Rust files of a crate, without the tests beside them.
fn sources(krate: &str) -> Vec<PathBuf> {
    let mut folders = vec![top().join("crates").join(krate).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a crate has sources") {
            let path = entry.expect("sources can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// Names like `DATA_DIR`; what only tests read (`TEST_MYSQL_URL`) is no setting.
pub(super) fn is_setting(name: &str) -> bool {
    name.len() > 3
        && !name.starts_with("TEST_")
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The settings that `code` reads, each with its default where that is written beside it. In a file of settings every
/// text that looks like one counts, so that a name in a constant is not missed; elsewhere only those of [`READS`].
fn settings_in(code: &str, every_text: bool) -> BTreeMap<String, Option<String>> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeMap::new();
    for (at, _) in code.match_indices('"') {
        let Some((name, after)) = code[at + 1..].split_once('"') else { continue };
        let method = reading_method(&code[..at]);
        if is_setting(name) && (every_text || method.is_some()) {
            let has_default = method.is_some_and(|method| method.ends_with("_or"));
            let default = after.strip_prefix(',').filter(|_| has_default).and_then(literal);
            let known: &mut Option<String> = found.entry(name.to_owned()).or_default();
            *known = known.take().or(default);
        }
    }
    found
}

/// The method, if `before` ends with the beginning of a call that reads a setting; `env` for clap's `env =`.
fn reading_method(before: &str) -> Option<&str> {
    let before = before.trim_end();
    let Some(callee) = before.strip_suffix('(') else { return before.ends_with("env =").then_some("env") };
    // generic arguments: `parse_or::<u16>("PORT", …)`
    let callee = callee.rsplit_once("::<").map_or(callee, |(method, _)| method);
    let (_, method) = callee.rsplit_once('.')?;
    READS.contains(&method).then_some(method)
}

/// The text or number that `code` begins with.
fn literal(code: &str) -> Option<String> {
    let code = code.trim_start();
    if let Some(text) = code.strip_prefix('"') {
        return text.split_once('"').map(|(text, _)| text.to_owned());
    }
    let number: String = code.chars().take_while(|c| c.is_ascii_digit() || *c == '_').collect();
    (!number.is_empty()).then(|| number.replace('_', ""))
}

/// The settings that the code of a crate reads, with their defaults.
pub(super) fn read_by(krate: &str) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    for file in sources(krate) {
        let is_config = file.file_name().is_some_and(|name| name == "config.rs")
            || file.parent().is_some_and(|folder| folder.ends_with("config"));
        found.extend(settings_in(&fs::read_to_string(&file).expect("sources can be read"), is_config));
    }
    // each secret may be in a file
    let secrets: Vec<_> = found.keys().filter(|name| SECRETS.contains(&name.as_str())).cloned().collect();
    found.extend(secrets.into_iter().map(|name| (format!("{name}_FILE"), None)));
    found
}

/// The settings that any crate reads, with their defaults.
pub(super) fn read_by_any() -> BTreeMap<String, Option<String>> {
    let crates = fs::read_dir(top().join("crates")).expect("there are crates");
    let crates = crates.map(|entry| entry.expect("crates can be listed"));
    crates
        .filter(|entry| entry.path().is_dir())
        .flat_map(|entry| read_by(&entry.file_name().to_string_lossy()))
        .collect()
}
