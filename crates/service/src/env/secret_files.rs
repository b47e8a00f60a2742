//! Secrets in files: `NAME_FILE` names a file that holds the value of the secret `NAME`, as container engines mount them.
//!
//! What is wrong with one is kept beside the settings and said when `NAME` is read, so that nobody stumbles over the
//! secret of another service. Neither the content nor the path is repeated: somebody may have put the secret itself there.

use std::{collections::HashMap, fs::File, io::Read, path::Path};

use super::BadValue;

/// The settings that are secrets, each of which may be given by a file.
pub const SECRETS: [&str; 10] = [
    "GOOGLE_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "EMBEDDED_S3_SECRET_KEY",
    "DB_PASSWORD",
    "REDIS_URL",
    "API_TOKEN",
    "INTERNAL_TOKEN",
    "OTEL_EXPORTER_OTLP_HEADERS",
];

/// Bytes that no secret is longer than; a wrong path may lead to a file without an end.
const LONGEST: u64 = 64 * 1024;

/// Puts the secrets that `values` names files for among them: what is wrong, by the name of the secret.
pub(super) fn resolve(values: &mut HashMap<String, String>) -> HashMap<String, BadValue> {
    let mut problems = HashMap::new();
    for name in SECRETS {
        let setting = format!("{name}_FILE");
        let Some(path) = values.get(&setting).map(|path| path.trim().to_owned()) else { continue };
        let read = match values.remove(name) {
            Some(_) => Err(format!("is set, and so is {name}: keep one of the two")),
            None => read(Path::new(&path)),
        };
        match read {
            Ok(secret) => _ = values.insert(name.to_owned(), secret),
            Err(why) => _ = problems.insert(name.to_owned(), BadValue { name: setting, why }),
        }
    }
    problems
}

/// The one line in the file at `path`, without its line end.
fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    file.map_err(|error| format!("names a file that cannot be read: {}", error.kind()))?;
    if bytes.len() as u64 > LONGEST {
        return Err("names a file that is too long for a secret".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "names a file that is not text in UTF-8".to_owned())?;
    // some editors of Windows begin every file with it
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.trim().is_empty() {
        return Err("names a file that is empty".to_owned());
    }
    if line.contains(['\n', '\r', '\0']) {
        return Err("names a file with more than one line".to_owned());
    }
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use crate::Env;

    /// Settings with `GOOGLE_API_KEY` in a file of these bytes.
    fn with_file(bytes: &[u8]) -> (TempDir, Env) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs::write(&path, bytes).unwrap();
        let env = Env::from_pairs([("GOOGLE_API_KEY_FILE", path.to_str().unwrap())]).with_secret_files();
        (dir, env)
    }

    /// What is said to whoever reads the secret.
    fn complaint(env: &Env, name: &str) -> String {
        let read = env.reader();
        assert_eq!(read.secret(name), None);
        read.finish(()).unwrap_err().to_string()
    }

    #[test]
    fn a_secret_is_read_from_its_file_without_the_line_end() {
        for bytes in ["canary", "canary\n", "canary\r\n", "\u{feff}canary\r\n"] {
            let (_dir, env) = with_file(bytes.as_bytes());
            assert_eq!(env.get("GOOGLE_API_KEY"), Some("canary"), "{bytes:?}");
            assert!(env.reader().finish(()).is_ok());
        }
    }

    #[test]
    fn a_file_that_holds_no_secret_is_refused_by_the_name_of_its_setting() {
        let utf_16: Vec<u8> = "\u{feff}canary".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let endless = vec![b'c'; 100_000];
        for (bytes, why) in [
            (b"".as_slice(), "is empty"),
            (b" \n", "is empty"),
            (b"\r\n", "is empty"),
            (b"canary\ncanary\n", "more than one line"),
            (b"canary\n\n", "more than one line"),
            (&utf_16, "UTF-8"),
            (&endless, "too long"),
        ] {
            let (dir, env) = with_file(bytes);
            let text = complaint(&env, "GOOGLE_API_KEY");
            assert!(text.contains("GOOGLE_API_KEY_FILE") && text.contains(why), "{text}");
            assert!(!text.contains("canary") && !text.contains(dir.path().to_str().unwrap()), "{text}");
            assert_eq!(env.get("GOOGLE_API_KEY"), None);
        }
    }

    #[test]
    fn a_path_that_cannot_be_read_is_not_repeated() {
        let dir = tempfile::tempdir().unwrap();
        for path in ["canary-no-such-file", dir.path().to_str().unwrap()] {
            let env = Env::from_pairs([("DB_PASSWORD_FILE", path)]).with_secret_files();
            let text = complaint(&env, "DB_PASSWORD");
            assert!(text.contains("DB_PASSWORD_FILE names a file that cannot be read"), "{text}");
            assert!(!text.contains(path), "{text}");
        }
    }

    #[test]
    fn a_secret_given_twice_is_neither() {
        let (dir, _) = with_file(b"canary-1");
        let path = dir.path().join("key");
        let pairs = [("REDIS_URL", "redis://:canary-2@h"), ("REDIS_URL_FILE", path.to_str().unwrap())];
        let env = Env::from_pairs(pairs).with_secret_files();
        let text = complaint(&env, "REDIS_URL");
        assert!(text.contains("REDIS_URL_FILE is set, and so is REDIS_URL"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }

    #[test]
    fn a_default_takes_the_place_of_a_secret_that_is_not_there_and_of_no_other() {
        let (dir, _) = with_file(b"redis://:canary@h");
        let path = dir.path().join("key");
        let default = ("DEFAULT_REDIS_URL", "redis://redis");
        let read = |file: &str| {
            let env = Env::from_pairs([("REDIS_URL_FILE", file), default]).with_secret_files();
            let read = env.reader();
            let url = read.secret_or("REDIS_URL", "DEFAULT_REDIS_URL");
            read.finish(url.map(|url| url.expose().to_owned()))
        };
        assert_eq!(read(path.to_str().unwrap()).unwrap().as_deref(), Some("redis://:canary@h"));
        assert_eq!(read("").unwrap().as_deref(), Some("redis://redis"));
        assert!(read("absent").unwrap_err().to_string().contains("REDIS_URL_FILE"));
    }

    #[test]
    fn the_secret_of_another_service_is_in_nobodys_way() {
        let env = Env::from_pairs([("DB_PASSWORD_FILE", "absent"), ("PORT", "7")]).with_secret_files();
        let read = env.reader();
        assert_eq!(read.parse_or("PORT", 1, "a port"), 7);
        assert!(read.finish(()).is_ok());
    }

    #[test]
    fn what_is_forgotten_is_wrong_no_more() {
        let mut env = Env::from_pairs([("DB_PASSWORD_FILE", "absent")]).with_secret_files();
        env.remove(|name| name == "DB_PASSWORD_FILE");
        let read = env.reader();
        assert_eq!(read.secret("DB_PASSWORD"), None);
        assert!(read.finish(()).is_ok());
    }

    #[test]
    fn only_secrets_have_files() {
        let (dir, _) = with_file(b"7");
        let path = dir.path().join("key");
        let path = path.to_str().unwrap();
        let pairs = [("PORT_FILE", path), ("AWS_WEB_IDENTITY_TOKEN_FILE", path)];
        let env = Env::from_pairs(pairs).with_secret_files();
        assert_eq!((env.get("PORT"), env.get("AWS_WEB_IDENTITY_TOKEN")), (None, None));
    }

    proptest! {
        #[test]
        fn any_one_line_comes_out_as_it_was_put_in(line in "[^\\s\u{feff}\0]([^\\r\\n\0]{0,40}[^\\s\0])?", end in "(\r?\n)?") {
            let (_dir, env) = with_file(format!("{line}{end}").as_bytes());
            prop_assert_eq!(env.get("GOOGLE_API_KEY"), Some(line.as_str()));
        }
    }
}
