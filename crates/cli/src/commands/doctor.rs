//! `doctor`: is everything set up that an import needs? Each check belongs to whoever owns the thing; here they are put
//! together.

mod bucket;
mod places;
mod report;
mod secrets;
mod services;
mod settings;

use serde_json::json;
use service::{
    Env,
    finding::{Finding, Verdict as Judged},
    redis::Redis,
};
use tokio::task::JoinHandle;

use self::{secrets::Secrets, settings::Settings};
use crate::{all_in_one::PortArgs, exit::Verdict, output};

/// Check the configuration: Google Drive, bucket, database, Redis, clock, services
///
/// Reads the same settings as the services, from the environment and `.env`, and says what is wrong and what to do about
/// it. A small object is written to the bucket and removed again; nothing that is there is changed. The exit code is 1
/// if a check failed; warnings leave it 0. No secret is shown.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Look at this folder too: is it public, are there images?
    #[arg(long, value_name = "LINK")]
    folder: Option<String>,
    #[command(flatten)]
    ports: PortArgs,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let (mut env, unreadable) = match Env::from_process() {
            Ok(env) => (env, None),
            Err(error) => (Env::from_process_without_file(), Some(settings::unreadable(&error))),
        };
        // `up --port-base` wires its own services, whatever the settings say
        for (name, url) in self.ports.service_urls() {
            env.set(name, url);
        }
        let secrets = Secrets::of(&env);
        let settings = Settings::read(env);
        let mut findings: Vec<_> = unreadable.into_iter().collect();
        findings.extend(self.look(&settings).await);
        for finding in &mut findings {
            secrets.hide(finding);
        }
        let failed = findings.iter().filter(|finding| finding.verdict == Judged::Failed).count();
        if self.json {
            output::json(&json!({"ok": failed == 0, "checks": findings}));
        } else {
            output::line(&report::text(&findings));
        }
        Ok(Verdict::of(failed == 0))
    }

    /// Everything at once: the slowest decides how long it takes.
    async fn look(&self, settings: &Settings) -> Vec<Finding> {
        // whatever ends this command early, what these two make to try a right is removed first
        let mut bucket = tokio::spawn(bucket::check(settings.clone(), self.ports.embedded_s3_url()));
        let mut database = tokio::spawn(database(settings.clone()));
        let looking = async {
            let (drive, redis, places, services, bucket, database) = tokio::join!(
                self.drive(settings),
                redis(settings),
                places::check(settings),
                services::check(settings),
                ended("bucket.exists", &mut bucket),
                ended("database.reach", &mut database),
            );
            [settings.findings.clone(), drive, bucket, database, redis, places, services].concat()
        };
        tokio::select! {
            findings = looking => return findings,
            _ = tokio::signal::ctrl_c() => {}
        }
        output::say("Stopping: what was made in bucket and database to try them is removed.");
        for task in [bucket, database] {
            // its own time is bounded; one that has ended must not be asked again
            if !task.is_finished() {
                let _ = task.await;
            }
        }
        vec![Finding::failed("doctor", "stopped before all checks had ended", "Run it again.")]
    }

    async fn drive(&self, settings: &Settings) -> Vec<Finding> {
        match &settings.import {
            Some(import) if !settings.is_bad(&["GOOGLE_"]) => {
                import::check(import, self.folder.as_deref()).await
            }
            _ => vec![settings::not_looked_at("drive.key")],
        }
    }
}

/// What a check of its own task found.
async fn ended(check: &'static str, task: &mut JoinHandle<Vec<Finding>>) -> Vec<Finding> {
    task.await.unwrap_or_else(|error| {
        let found = format!("the check came to no end: {error}");
        vec![Finding::failed(check, found, "Report it: this is a mistake in the program.")]
    })
}

async fn database(settings: Settings) -> Vec<Finding> {
    let Some(metadata) = settings.metadata.as_ref().filter(|_| !settings.is_bad(&["DB_"])) else {
        return vec![settings::not_looked_at("database.reach")];
    };
    let mut findings: Vec<_> = metadata::check_settings(&settings.env).into_iter().collect();
    let is_file = matches!(metadata.database, metadata::Database::Sqlite { .. });
    if is_file && !settings.is_metadata_here() {
        findings.push(Finding::skipped(
            "database.reach",
            "SQLite, in a file of the metadata service, which runs elsewhere: it says itself whether it is ready",
        ));
    } else {
        findings.extend(metadata::check(&metadata.database).await);
    }
    findings
}

async fn redis(settings: &Settings) -> Vec<Finding> {
    const REACH: &str = "redis.reach";
    if settings.is_bad(&["REDIS_"]) {
        return vec![settings::not_looked_at(REACH)];
    }
    let Some(url) = settings.env.reader().secret_or("REDIS_URL", "DEFAULT_REDIS_URL") else {
        return vec![Finding::skipped(
            REACH,
            "REDIS_URL is not set: jobs and tasks are kept in files, for import and worker on one machine",
        )];
    };
    match Redis::new(&url) {
        Ok(redis) => redis.findings().await,
        Err(error) => vec![Finding::failed(REACH, format!("REDIS_URL {error}"), "Correct REDIS_URL.")],
    }
}
