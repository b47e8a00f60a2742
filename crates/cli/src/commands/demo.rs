//! `demo`: everything on this computer, with pictures to import. Nothing real is touched.

pub(crate) mod folders;
mod report;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use client::import::ImportStarted;
use serde::Deserialize;
use serde_json::json;
use service::{Env, Shutdown, telemetry};
use tempfile::TempDir;

use crate::{
    all_in_one::{self, Plan, PortArgs, Ports, System},
    api::Api,
    commands::{import::say_failures, up},
    exit::Verdict,
    output,
    pages::{BuildArgs, Wish},
    progress,
};

use folders::Folder;
use report::Report;

/// So many links are shown.
const MOST_LINKS: usize = 10;

/// Start everything with sample pictures and import them, until Ctrl-C
///
/// Runs the whole system with stand-ins for Google Drive and S3, on this computer only. No `.env` and no settings of the
/// services are read, nothing outside is called, and everything is kept in a temporary directory that is removed at the
/// end, unless --data-dir names one.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Import the pictures of this folder, and of all folders in it, instead of the samples
    #[arg(long, value_name = "PATH")]
    folder: Option<PathBuf>,
    /// End after the import; exit code 0 only if every picture was stored. Takes whatever ports are free, unless
    /// --port-base or --data-dir is given
    #[arg(long)]
    exit: bool,
    /// Tell the result in one line of JSON: `{"status":"completed","processed":24,"failed":0,…}`
    #[arg(long)]
    json: bool,
    /// Keep everything here, also after the end
    #[arg(long, value_name = "PATH")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    ports: PortArgs,
    #[command(flatten)]
    page: BuildArgs,
}

impl Demo {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let env = harmless(&Env::from_process_without_file());
        telemetry::init(&env);
        let stop = Shutdown::on_signals();
        let home = Home::open(self.data_dir.as_deref())?;
        let (drive, folders) = folders::prepare(self.folder.as_deref(), home.path())?;
        // the links in a directory that is kept must lead somewhere the next time too
        let is_passing = self.exit && self.data_dir.is_none();
        let ports = self.ports.ports(if is_passing { Ports::ANY } else { Ports::STANDARD });
        // nobody looks at the page of one that ends by itself
        let page = if self.exit { Wish::AsItIs } else { self.page.wish() };
        let plan = Plan { env, ports, data_dir: home.path().to_owned(), drive: Some(drive), page };
        let system = all_in_one::start(plan).await.inspect_err(|error| {
            if self.json {
                output::json(&Report::failed(error).json());
            }
        })?;
        let imported = tokio::select! {
            () = stop.stopping() => Err(anyhow::anyhow!("stopped before the import had ended")),
            failure = system.failure() => Err(failure),
            imported = import_all(&system, &folders) => imported,
        };
        let report = imported.unwrap_or_else(|error| Report::failed(&error));
        if self.json {
            output::json(&report.json());
        } else {
            output::line(&report.text());
        }
        let verdict = Verdict::of(report.all_well);
        if self.exit || stop.is_stopping() {
            system.stop().await;
            return Ok(verdict);
        }
        say(&system, &folders, &home);
        up::until_stopped(system, &stop).await?;
        Ok(verdict)
    }
}

/// Of the settings around us only those that say how to log.
fn harmless(inherited: &Env) -> Env {
    let log = ["RUST_LOG", "LOG_FORMAT"].iter().filter_map(|name| Some((*name, inherited.get(name)?)));
    let mut env = Env::from_pairs(log);
    up::quiet(&mut env);
    env
}

/// Where the demo keeps everything.
enum Home {
    Temporary(TempDir),
    Given(PathBuf),
}

impl Home {
    fn open(given: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = given {
            return Ok(Self::Given(path.to_owned()));
        }
        let dir = tempfile::Builder::new().prefix("image-import-demo-").tempdir();
        dir.map(Self::Temporary).context("make a temporary directory")
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(dir) => dir.path(),
            Self::Given(path) => path,
        }
    }
}

/// Imports every folder, and looks whether all of it is there.
async fn import_all(system: &System, folders: &[Folder]) -> anyhow::Result<Report> {
    system.ready().await?;
    let started = Instant::now();
    let api = Api::at(system.addresses.gateway.parse().context("read the address of the gateway")?);
    let mut jobs = Vec::new();
    for folder in folders {
        let body = json!({"folder_url": folder.link()});
        let answer = api.post(&["import", "google-drive"], Some(&body)).await;
        let answer =
            ImportStarted::deserialize(answer.with_context(|| format!("import {:?}", folder.name))?)?;
        if let Some(job) = answer.job_id {
            output::say(&format!("{}: {}", output::shown(&folder.name), answer.message));
            jobs.push(job);
        }
    }
    let ended = progress::watch(&api, &jobs, started).await?;
    ended.iter().for_each(say_failures);
    let gallery = api.get(&["images"], &[("per_page", "1")]).await?;
    Ok(Report::of(&ended, jobs, gallery["total"].as_u64().unwrap_or_default(), started.elapsed()))
}

fn say(system: &System, folders: &[Folder], home: &Home) {
    output::say("\nEverything runs. Ctrl-C stops it.\n");
    up::say_pages(system);
    if matches!(home, Home::Temporary(_)) {
        output::say("  Data      in a temporary directory, removed at the end");
    } else {
        output::say(&format!("  Data      in {}", home.path().display()));
    }
    output::say("\nLinks to import (they lead to the emulator, not to Google):");
    for folder in folders.iter().take(MOST_LINKS) {
        output::say(&format!("  {}  {}", folder.link(), output::shown(&folder.name)));
    }
    if folders.len() > MOST_LINKS {
        output::say(&format!("  and {} more", folders.len() - MOST_LINKS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_real_is_inherited() {
        let names = [
            "GOOGLE_API_KEY",
            "GOOGLE_DRIVE_API_URL",
            "AWS_BUCKET_NAME",
            "AWS_ENDPOINT_URL",
            "AWS_ACCESS_KEY_ID",
            "S3_PUBLIC_URL",
            "DB_SERVER",
            "DB_ENGINE",
            "REDIS_URL",
            "DATA_DIR",
            "UPLOAD_MODE",
        ];
        let inherited = Env::from_pairs(names.map(|name| (name, "http://real.example")));
        let env = harmless(&inherited);
        assert!(names.iter().all(|name| env.get(name).is_none()));
    }
}
