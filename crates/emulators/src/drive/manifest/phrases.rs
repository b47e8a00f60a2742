//! Faults in the words of a recording, as rules: `403 userRateLimitExceeded`, `connection closed without an answer`.

use crate::drive::faults::{Call, Kind, Length, Rule};
use anyhow::{Context, bail};

/// The word for a folder error that holds for "… and any unknown id": those are 404 anyway.
const ANY_UNKNOWN: &str = " and any unknown id";

/// The rule for a folder, whose name may carry an explanation.
pub(super) fn folder_error(name: &str, words: &str) -> anyhow::Result<(String, Rule)> {
    let id = name.strip_suffix(ANY_UNKNOWN).unwrap_or(name);
    let rule = rule(words).with_context(|| format!("read the error of folder {id}"))?;
    Ok((id.to_owned(), rule.on(Call::List).file(id)))
}

/// The rule for downloads of a file.
pub(super) fn file_fault(id: &str, words: &str) -> anyhow::Result<Rule> {
    let rule = rule(words).with_context(|| format!("read the fault of file {id}"))?;
    Ok(rule.on(Call::Media).file(id))
}

fn rule(words: &str) -> anyhow::Result<Rule> {
    let words = words.strip_suffix(", always").unwrap_or(words);
    if let Some(seconds) = words.strip_prefix("answers after ").and_then(|rest| rest.strip_suffix(" s")) {
        let seconds = seconds.parse().context("read the number of seconds")?;
        return Ok(Rule { seconds: Some(seconds), ..Rule::new(Kind::Latency) });
    }
    match words {
        "502 with an HTML body" => return Ok(Rule::new(Kind::Html502)),
        "200 with the body 'not json'" => return Ok(Rule::new(Kind::NotJson)),
        "connection closed without an answer" => return Ok(Rule::new(Kind::Close)),
        "Content-Length of the whole, half of the bytes, then the connection closes" => {
            return Ok(Rule { length: Length::Announced, ..Rule::new(Kind::Truncate) });
        }
        _ => {}
    }
    let (status, reason) = words.split_once(' ').context("expected a status and a reason")?;
    let (reason, message) = match reason.split_once(" '") {
        Some((reason, message)) => (reason, Some(message.trim_end_matches('\'').to_owned())),
        None => (reason, None),
    };
    let reason = reason.strip_suffix(" (no key)").unwrap_or(reason);
    let Ok(kind @ Kind::Reason(_)) = reason.parse() else { bail!("unknown words {words:?}") };
    let mut rule = Rule::new(kind).status(status.parse().context("read the status")?);
    // The recorded answers have details for a bad key only, and do not name the file here.
    rule.details = (reason != "API_KEY_INVALID").then_some(false);
    rule.message = message;
    if reason == "insufficientFilePermissions" {
        rule.message = Some("The user does not have sufficient permissions for this file.".into());
    }
    Ok(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_recording_are_understood() {
        let cases = [
            ("400 API_KEY_INVALID", "API_KEY_INVALID", Some(400)),
            ("403 forbidden (no key)", "forbidden", Some(403)),
            ("404 notFound 'File not found: .'", "notFound", Some(404)),
            ("429 rateLimitExceeded, always", "rateLimitExceeded", Some(429)),
            ("502 with an HTML body", "html-502", None),
            ("answers after 75 s", "latency", None),
            ("connection closed without an answer", "close", None),
        ];
        for (words, kind, status) in cases {
            let rule = rule(words).unwrap();
            assert_eq!((rule.kind.to_string().as_str(), rule.status), (kind, status), "{words}");
        }
        assert!(rule("explodes").is_err());
        assert!(rule("403 noSuchReason").is_err());
        assert!(rule("403 html-403").is_err());
    }
}
