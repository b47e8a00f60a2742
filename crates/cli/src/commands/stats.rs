//! `stats`: how much is stored.

use serde::Deserialize;

use crate::{api::ApiArgs, exit::Verdict, output};

/// Show how many images are stored, and how many bytes they have, also by type
#[derive(Debug, clap::Args)]
pub(crate) struct Stats {
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Stats {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let answer = self.api.open()?.get(&["stats"], &[]).await?;
        if self.json {
            output::json(&answer);
        } else {
            let stats = client::metadata::Stats::deserialize(&answer)?;
            // the original answers with texts on MySQL
            let plain = |value: &serde_json::Value| value.as_str().map_or(value.to_string(), str::to_owned);
            let (bytes, mib) = (plain(&stats.total_size_bytes), plain(&stats.total_size_mb));
            output::line(&format!("{} images, {bytes} bytes ({mib} MiB)", stats.total_images));
            let rows: Vec<_> = stats
                .by_type
                .iter()
                .map(|kind| vec![output::shown(&kind.mime_type), kind.images.to_string(), plain(&kind.bytes)])
                .collect();
            if !rows.is_empty() {
                output::line(&output::table(&["type", "images", "bytes"], &rows));
            }
        }
        Ok(Verdict::Good)
    }
}
