//! Runs the command as a program would.

use std::time::Duration;

use serde_json::Value;
use tests::{Stack, process::binary};

/// What a run of the command said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) findings: Vec<Value>,
    pub(crate) summary: Value,
    pub(crate) said: String,
}

impl Run {
    /// `finding name-or-key`, in order.
    pub(crate) fn found(&self) -> Vec<String> {
        let about = |finding: &Value| {
            let what = finding["image"]["name"].as_str().or(finding["key"].as_str()).unwrap_or_default();
            format!("{} {what}", finding["finding"].as_str().unwrap_or_default())
        };
        let mut found: Vec<_> = self.findings.iter().map(about).collect();
        found.sort();
        found
    }
}

/// The command, not started yet.
pub(crate) fn command(stack: &Stack, args: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(binary("image-import"));
    command.arg("verify").arg("--json").args(args).env_clear().current_dir(stack.dir.path());
    for service in ["import", "metadata", "storage", "worker"] {
        command.env(format!("{}_SERVICE_URL", service.to_uppercase()), stack.url(service));
    }
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    command
}

/// Runs the command to its end.
pub(crate) async fn verify(stack: &Stack, args: &[&str]) -> Run {
    let run = tokio::time::timeout(Duration::from_secs(180), command(stack, args).output()).await;
    let run = run.expect("it ends").expect("it starts");
    let text = String::from_utf8(run.stdout).expect("it says text");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let (summaries, findings): (Vec<_>, Vec<_>) = lines.partition(|line| line["summary"].is_object());
    Run {
        code: run.status.code().expect("it ends by itself"),
        findings,
        summary: summaries.first().map(|line| line["summary"].clone()).unwrap_or_default(),
        said: String::from_utf8_lossy(&run.stderr).into_owned(),
    }
}
