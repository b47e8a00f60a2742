//! The findings for a person: what belongs together under one heading, and what to do below each trouble.

use service::finding::{Finding, Verdict};

use crate::output::{self, Colour};

/// First part of a check's name, and its heading.
const HEADINGS: [(&str, &str); 8] = [
    ("settings", "Settings"),
    ("drive", "Google Drive"),
    ("bucket", "Bucket"),
    ("database", "Database"),
    ("redis", "Redis"),
    ("files", "Files"),
    ("services", "Services"),
    ("doctor", "This command"),
];

/// All of it.
pub(super) fn text(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for (group, heading) in HEADINGS {
        let mut of_group = findings.iter().filter(|finding| group_of(finding) == group).peekable();
        if of_group.peek().is_some() {
            lines.push(heading.to_owned());
            lines.extend(of_group.flat_map(paragraph));
            lines.push(String::new());
        }
    }
    lines.push(sum(findings));
    lines.join("\n")
}

fn group_of(finding: &Finding) -> &str {
    finding.check.split('.').next().unwrap_or_default()
}

fn paragraph(finding: &Finding) -> Vec<String> {
    let word = output::coloured(&format!("{:<7}", word(finding.verdict)), colour(finding.verdict));
    // the name of a folder is a stranger's
    let mut lines = vec![format!("  {word}  {}: {}", finding.check, output::sentence(&finding.found))];
    lines.extend(finding.fix.as_ref().map(|fix| format!("           -> {}", output::sentence(fix))));
    lines
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Skipped => "skipped",
        Verdict::Warning => "warning",
        Verdict::Failed => "FAILED",
    }
}

fn colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Ok => Colour::Green,
        Verdict::Skipped => Colour::Grey,
        Verdict::Warning => Colour::Yellow,
        Verdict::Failed => Colour::Red,
    }
}

fn sum(findings: &[Finding]) -> String {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (failed, warnings) = (count(Verdict::Failed), count(Verdict::Warning));
    let (ok, skipped) = (count(Verdict::Ok), count(Verdict::Skipped));
    format!("{ok} ok, {warnings} with a warning, {failed} failed, {skipped} skipped")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_is_under_its_heading_with_its_remedy() {
        let findings = [
            Finding::failed("bucket.put", "no", "do it"),
            Finding::ok("settings", "fine"),
            Finding::ok("bucket.get", "yes"),
        ];
        let expected = "Settings\n  ok       settings: fine\n\nBucket\n  FAILED   bucket.put: no\n           -> do it\n  \
                        ok       bucket.get: yes\n\n2 ok, 0 with a warning, 1 failed, 0 skipped";
        assert_eq!(text(&findings), expected);
    }
}
