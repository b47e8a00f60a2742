//! Settings: names and texts, from the process and its `.env` file, or from pairs in a test.
//!
//! A blank value is unset. [`Reader`] collects every bad value, so that all are reported at once, by name.

mod dotenv;
mod secret_files;
mod token;

use std::{
    cell::RefCell, collections::HashMap, fmt::Display, num::NonZeroU64, path::Path, str::FromStr,
    time::Duration,
};

use client::Secret;

pub use secret_files::SECRETS;

/// All settings of a process.
#[derive(Clone, Default)]
pub struct Env {
    values: HashMap<String, String>,
    /// Secrets whose files will not do, by name.
    unusable: HashMap<String, BadValue>,
}

impl std::fmt::Debug for Env {
    /// Names only: some values are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Env {
    /// The variables of the process, over those of `.env` in the working directory. Each of [`SECRETS`] may be in a file
    /// instead, which `<name>_FILE` names; one that will not do is reported when the secret is read.
    ///
    /// # Errors
    /// When `.env` is there but cannot be read.
    pub fn from_process() -> anyhow::Result<Self> {
        let mut env = Self::from_pairs(dotenv::read(Path::new(".env"))?);
        env.extend_from_process();
        Ok(env.with_secret_files())
    }

    /// The variables of the process alone.
    pub fn from_process_without_file() -> Self {
        let mut env = Self::default();
        env.extend_from_process();
        env
    }

    /// Settings from pairs of name and value.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut env = Self::default();
        for (name, value) in pairs {
            env.set(name, value);
        }
        env
    }

    /// Sets one value; a blank one changes nothing.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        if !value.trim().is_empty() {
            self.values.insert(name.into(), value);
        }
    }

    /// Forgets every setting whose name `unwanted` holds for.
    pub fn remove(&mut self, unwanted: impl Fn(&str) -> bool) {
        self.values.retain(|name, _| !unwanted(name));
        self.unusable.retain(|name, bad| !unwanted(name) && !unwanted(&bad.name));
    }

    /// The value of `name`, unless it is unset or blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim())
    }

    /// Starts reading settings into a typed struct.
    pub fn reader(&self) -> Reader<'_> {
        Reader { env: self, problems: RefCell::default() }
    }

    fn with_secret_files(mut self) -> Self {
        self.unusable = secret_files::resolve(&mut self.values);
        self
    }

    fn extend_from_process(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the process environment")]
        // names and values that are not Unicode cannot be ours
        for (name, value) in std::env::vars_os() {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                self.set(name, value);
            }
        }
    }
}

/// Reads settings one by one and keeps count of the bad ones.
#[derive(Debug)]
pub struct Reader<'a> {
    env: &'a Env,
    problems: RefCell<Vec<BadValue>>,
}

/// A setting whose value will not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadValue {
    /// Its name.
    pub name: String,
    /// What it must be. The value itself is not in it: it may be a secret.
    pub why: String,
}

/// All settings whose values will not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSettings(pub Vec<BadValue>);

impl Display for BadSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let problems: Vec<_> = self.0.iter().map(|BadValue { name, why }| format!("{name} {why}")).collect();
        write!(f, "settings: {}", problems.join("; "))
    }
}

impl std::error::Error for BadSettings {}

impl Reader<'_> {
    /// A text, if set.
    pub fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(str::to_owned)
    }

    /// A text, or `default`.
    pub fn text_or(&self, name: &str, default: &str) -> String {
        self.value(name).unwrap_or(default).to_owned()
    }

    /// A secret text, if set.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.value(name).map(Secret::new)
    }

    /// A secret text, if set, or else the one under the name `default`.
    pub fn secret_or(&self, name: &str, default: &str) -> Option<Secret> {
        self.secret(name).or_else(|| self.secret(default))
    }

    /// The value; a secret whose file will not do is rejected.
    fn value(&self, name: &str) -> Option<&str> {
        if let Some(bad) = self.env.unusable.get(name) {
            self.problems.borrow_mut().push(bad.clone());
        }
        self.env.get(name)
    }

    /// A value of any type that can be parsed, or `default`. `must_be` says what is expected, for the error.
    pub fn parse_or<T: FromStr>(&self, name: &str, default: T, must_be: &str) -> T {
        let Some(text) = self.env.get(name) else { return default };
        text.parse().unwrap_or_else(|_| {
            self.reject(name, format_args!("must be {must_be}"));
            default
        })
    }

    /// A whole number of at least 1, or `default`.
    pub fn count_or(&self, name: &str, default: usize) -> usize {
        let count = self.parse_or(name, default, "a whole number of at least 1");
        if count == 0 {
            self.reject(name, "must be a whole number of at least 1");
            return default;
        }
        count
    }

    /// A whole number of at least 1, if set: the most that there may be of something.
    pub fn limit(&self, name: &str) -> Option<u64> {
        self.env.get(name)?;
        Some(self.parse_or(name, NonZeroU64::MIN, "a whole number of at least 1").get())
    }

    /// A time in whole seconds, or `default`.
    pub fn seconds_or(&self, name: &str, default: Duration) -> Duration {
        Duration::from_secs(self.parse_or(name, default.as_secs(), "a whole number of seconds"))
    }

    /// A switch (`true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off`), or `default`.
    pub fn switch_or(&self, name: &str, default: bool) -> bool {
        match self.env.get(name).map(str::to_ascii_lowercase).as_deref() {
            None => default,
            Some("true" | "1" | "yes" | "on") => true,
            Some("false" | "0" | "no" | "off") => false,
            Some(_) => {
                self.reject(name, "must be true or false");
                default
            }
        }
    }

    /// An `http` or `https` URL, or `default`.
    ///
    /// # Panics
    /// When `default`, a constant of ours, is no URL.
    pub fn url_or(&self, name: &str, default: &str) -> url::Url {
        self.url(name).unwrap_or_else(|| default.parse().expect("defaults are URLs"))
    }

    /// An `http` or `https` URL, if set.
    pub fn url(&self, name: &str) -> Option<url::Url> {
        let text = self.env.get(name)?;
        let url = text
            .parse::<url::Url>()
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if url.is_none() {
            self.reject(name, "must be a URL such as http://localhost:5001");
        }
        url
    }

    /// Notes that the value of `name` will not do, and why. The value itself is not repeated: it may be a secret.
    pub fn reject(&self, name: &str, why: impl Display) {
        self.problems.borrow_mut().push(BadValue { name: name.to_owned(), why: why.to_string() });
    }

    /// `config`, if nothing was rejected.
    ///
    /// # Errors
    /// [`BadSettings`]: all that was rejected, in one text.
    pub fn finish<T>(self, config: T) -> anyhow::Result<T> {
        let problems = self.problems.into_inner();
        if problems.is_empty() { Ok(config) } else { Err(BadSettings(problems).into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_value_is_unset() {
        let env = Env::from_pairs([("A", " "), ("B", " x ")]);
        assert_eq!(env.get("A"), None);
        assert_eq!(env.get("B"), Some("x"));
    }

    #[test]
    fn every_bad_value_is_reported_at_once_by_name() {
        let env = Env::from_pairs([
            ("PORT", "many"),
            ("N", "0"),
            ("U", "ftp://x"),
            ("S", "maybe"),
            ("OK", "7"),
            ("LIMIT", "0"),
        ]);
        let read = env.reader();
        assert_eq!(read.parse_or("OK", 1, "a number"), 7);
        read.parse_or::<u16>("PORT", 1, "a port number");
        read.count_or("N", 1);
        assert_eq!((read.limit("OK"), read.limit("UNSET")), (Some(7), None));
        read.limit("LIMIT");
        read.url("U");
        read.switch_or("S", false);
        let error = read.finish(()).unwrap_err().to_string();
        for name in ["PORT", "N must", "U must", "S must", "LIMIT must"] {
            assert!(error.contains(name), "{name} is missing in: {error}");
        }
        assert!(!error.contains("many"), "a value may be a secret: {error}");
    }
}
