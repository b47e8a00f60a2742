//! `emulators`: the stand-ins for Google Drive and S3 alone, for those who run the services themselves.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::ValueEnum;
use emulators::{drive, s3};
use serde_json::json;
use service::{Env, Shutdown, telemetry};
use tempfile::TempDir;

use super::demo::folders::{self, Folder};
use crate::{
    all_in_one::{self, Parts, bind, url},
    exit::{Usage, Verdict},
    output,
};

/// Start stand-ins for Google Drive and S3, until Ctrl-C
#[derive(Debug, clap::Args)]
pub(crate) struct Emulators {
    /// Which
    #[arg(value_enum, default_value_t = Which::Both)]
    which: Which,
    /// Serve this folder as Google Drive, instead of sample pictures
    #[arg(long, value_name = "PATH")]
    folder: Option<PathBuf>,
    /// Serve what this JSON file says as Google Drive (ids, listings, faults): alone, or over --folder
    #[arg(long, value_name = "PATH")]
    manifest: Option<PathBuf>,
    /// The interface to listen on; 0.0.0.0 is all of them
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    host: IpAddr,
    /// Port of the Drive emulator
    #[arg(long, default_value_t = 9100, value_name = "PORT")]
    drive_port: u16,
    /// Port of the S3 server
    #[arg(long, default_value_t = 9000, value_name = "PORT")]
    s3_port: u16,
    /// Where the S3 server keeps its objects, in `s3` [default: `DATA_DIR`, else ./.data]
    #[arg(long, value_name = "PATH")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    s3: S3Manners,
    /// Say where everything is in one line of JSON
    #[arg(long)]
    json: bool,
}

/// How the S3 server behaves.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[expect(clippy::struct_field_names, reason = "they are the names of the switches")]
#[derive(Debug, Clone, clap::Args)]
struct S3Manners {
    /// S3 refuses reads without a key, but for objects with the ACL `public-read`
    #[arg(long)]
    s3_private: bool,
    /// S3 refuses ACLs, as every new AWS bucket does
    #[arg(long)]
    s3_refuse_acls: bool,
    /// S3 denies writes that would make an object public, as buckets with "Block public access" do
    #[arg(long, conflicts_with = "s3_refuse_acls")]
    s3_block_public_acls: bool,
    /// S3 has a fault book at `/__faults`, as the Drive emulator always has; it asks for no key
    #[arg(long)]
    s3_faults: bool,
    /// S3 refuses writes, as to a key that may only read
    #[arg(long)]
    s3_read_only: bool,
    /// S3 takes only requests that are signed for this region
    #[arg(long, value_name = "REGION")]
    s3_region: Option<String>,
    /// The clock of S3 is ahead by so many seconds, or behind
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_hyphen_values = true)]
    s3_clock_ahead: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Google Drive
    Drive,
    /// S3
    S3,
    /// Google Drive and S3
    Both,
}

impl Emulators {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let env = Env::from_process()?;
        telemetry::init(&env);
        let stop = Shutdown::on_signals();
        let mut parts = Parts::new();
        let mut said = json!({});
        let pictures = tempfile::tempdir().context("make a temporary directory")?;
        if self.which != Which::S3 {
            let (url, folders) = self.start_drive(&mut parts, &pictures).await?;
            let links: Vec<_> = folders.iter().map(Folder::link).collect();
            said["drive"] = json!({"url": url, "folders": links});
            say_drive(&url, &folders);
        }
        if self.which != Which::Drive {
            let url = self.start_s3(&mut parts, &env).await?;
            said["s3"] = json!({"url": url});
            say_s3(&url, &env);
        }
        if self.json {
            output::json(&said);
        }
        let ended = tokio::select! {
            () = stop.stopping() => Ok(Verdict::Good),
            failure = parts.failure() => Err(failure),
        };
        parts.stop().await;
        ended
    }

    async fn start_drive(
        &self,
        parts: &mut Parts,
        pictures: &TempDir,
    ) -> anyhow::Result<(String, Vec<Folder>)> {
        let (config, folders) = match &self.manifest {
            Some(manifest) => self.with_manifest(manifest)?,
            None => folders::prepare(self.folder.as_deref(), pictures.path())?,
        };
        let socket =
            bind("Drive emulator", self.host, self.drive_port, "choose another with --drive-port").await?;
        let url = format!("{}{}", url(&socket)?, drive::BASE_PATH);
        parts.stage().serve("Drive emulator", |stop| drive::run(socket, config, stop));
        Ok((url, folders))
    }

    /// The folders of `--folder`, if any, and over them what a manifest says.
    fn with_manifest(&self, manifest: &Path) -> anyhow::Result<(drive::Config, Vec<Folder>)> {
        let (below, folders) = match &self.folder {
            Some(own) => folders::own(own)?,
            None => Default::default(),
        };
        let config = below.with_manifest_file(manifest).map_err(|error| Usage(format!("{error:#}")))?;
        Ok((config, folders))
    }

    async fn start_s3(&self, parts: &mut Parts, env: &Env) -> anyhow::Result<String> {
        let data_dir =
            self.data_dir.clone().unwrap_or_else(|| env.get("DATA_DIR").unwrap_or("./.data").into());
        let socket = bind("S3 server", self.host, self.s3_port, "choose another with --s3-port").await?;
        let (url, mut config) = (url(&socket)?, all_in_one::s3_config(env, &data_dir));
        config.anonymous_reads = !self.s3.s3_private;
        config.fault_control = self.s3.s3_faults;
        config.manners = s3::Manners {
            clock_ahead_secs: self.s3.s3_clock_ahead,
            read_only: self.s3.s3_read_only,
            region: self.s3.s3_region.clone(),
        };
        if self.s3.s3_refuse_acls {
            config.acls = s3::AclMode::Refuse;
        } else if self.s3.s3_block_public_acls {
            config.acls = s3::AclMode::BlockPublic;
        }
        parts.stage().serve("S3 server", |stop| s3::run(socket, config, stop));
        Ok(url)
    }
}

fn say_drive(url: &str, folders: &[Folder]) {
    output::say(&format!(
        "Google Drive: set GOOGLE_DRIVE_API_URL={url} and GOOGLE_API_KEY to anything, and import"
    ));
    for folder in folders {
        output::say(&format!("  {}  {}", folder.link(), output::shown(&folder.name)));
    }
}

fn say_s3(url: &str, env: &Env) {
    let config = all_in_one::s3_config(env, &PathBuf::new());
    output::say(&format!(
        "S3: set AWS_ENDPOINT_URL={url}, AWS_BUCKET_NAME={}, AWS_ACCESS_KEY_ID={} and AWS_SECRET_ACCESS_KEY to \
         EMBEDDED_S3_SECRET_KEY (image-import-local where that is not set)",
        config.bucket, config.access_key
    ));
}
