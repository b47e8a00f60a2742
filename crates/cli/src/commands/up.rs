//! `up`: the whole system, as the settings say.

use std::path::PathBuf;

use serde_json::json;
use service::{Env, Shutdown, telemetry};

use crate::{
    all_in_one::{self, Plan, PortArgs, Ports, System},
    exit::Verdict,
    output,
    pages::{self, BuildArgs, State},
};

/// Start the whole system on this computer, until Ctrl-C
///
/// Needs no settings. Reads the same ones as the services, from the environment and `.env`: `AWS_BUCKET_NAME` makes it
/// use real S3 instead of the embedded server, all four of `DB_SERVER`, `DB_NAME`, `DB_USER` and `DB_PASSWORD` MySQL
/// instead of SQLite. Imports need `GOOGLE_API_KEY`. The services' own addresses (`PORT`, `*_SERVICE_URL`) are ignored.
///
/// A web page that is not built yet, or is older than its sources in `frontend`, is built by npm meanwhile.
#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    #[command(flatten)]
    ports: PortArgs,
    /// Where everything is kept [default: `DATA_DIR`, else ./.data]
    #[arg(long, value_name = "PATH")]
    data_dir: Option<PathBuf>,
    /// Say where everything is in one line of JSON, once it runs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    page: BuildArgs,
}

impl Up {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let mut env = Env::from_process()?;
        quiet(&mut env);
        telemetry::init(&env);
        let stop = Shutdown::on_signals();
        let data_dir = self.data_dir.unwrap_or_else(|| env.get("DATA_DIR").unwrap_or("./.data").into());
        let ports = self.ports.ports(Ports::STANDARD);
        let plan =
            Plan { env: env.clone(), ports, data_dir: data_dir.clone(), drive: None, page: self.page.wish() };
        let system = all_in_one::start(plan).await?;
        let ended = tokio::select! {
            () = stop.stopping() => Ok(()),
            failure = system.failure() => Err(failure),
            ready = system.ready() => ready,
        };
        if ended.is_err() || stop.is_stopping() {
            system.stop().await;
            return ended.map(|()| Verdict::Good);
        }
        if self.json {
            output::json(&addresses(&system));
        }
        say(&system, &env, &data_dir);
        until_stopped(system, &stop).await
    }
}

/// Logs of five services in one terminal are too much, unless somebody asks for them.
pub(crate) fn quiet(env: &mut Env) {
    if env.get("RUST_LOG").is_none() {
        env.set("RUST_LOG", "warn");
    }
}

/// Serves until Ctrl-C, or until a part fails.
pub(crate) async fn until_stopped(system: System, stop: &Shutdown) -> anyhow::Result<Verdict> {
    let ended = tokio::select! {
        () = stop.stopping() => Ok(Verdict::Good),
        failure = system.failure() => Err(failure),
    };
    output::say("Stopping: what runs is finished. Ctrl-C again ends it at once; nothing is lost.");
    tokio::select! {
        () = system.stop() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    ended
}

/// Where everything is, for a program.
pub(crate) fn addresses(system: &System) -> serde_json::Value {
    let at = &system.addresses;
    json!({
        "gateway": at.gateway, "import": at.import, "metadata": at.metadata, "storage": at.storage,
        "worker": at.worker, "s3": at.s3, "drive": at.drive,
    })
}

fn say(system: &System, env: &Env, data_dir: &std::path::Path) {
    let at = &system.addresses;
    let objects = match &at.s3 {
        Some(s3) => format!("in {} (embedded S3 server at {s3})", data_dir.join("s3").display()),
        None => format!("in the bucket {}", env.get("AWS_BUCKET_NAME").unwrap_or_default()),
    };
    output::say("Everything runs. Ctrl-C stops it.\n");
    say_pages(system);
    output::say(&format!("  Images    {objects}"));
    output::say(&format!("  Database  in {}", system.database));
    if env.get("GOOGLE_API_KEY").is_none() {
        output::say(
            "\nImports need an API key for Google Drive: make one at https://console.cloud.google.com/apis/credentials,\n\
             put GOOGLE_API_KEY=… into .env and start again. `image-import demo` shows everything without one.",
        );
    }
}

/// The addresses that a person opens.
pub(crate) fn say_pages(system: &System) {
    let gateway = pages::page_address(&system.addresses.gateway);
    match system.pages.state() {
        State::Served => output::say(&format!("  Web page  {gateway}")),
        State::Building => {
            output::say(&format!("  Web page  {gateway} (being built: it appears there by itself)"));
        }
        State::Missing(why) => output::say(&format!("  Web page  not built: {why}")),
        State::Absent => {}
    }
    output::say(&format!("  API       {gateway}/api"));
}
