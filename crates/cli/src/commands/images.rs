//! `images`: the gallery as a table.

use client::metadata::ImagePage;
use indicatif::DecimalBytes;
use serde::Deserialize;

use crate::{api::ApiArgs, exit::Verdict, output};

/// List the images that are stored, newest first
#[derive(Debug, clap::Args)]
pub(crate) struct Images {
    /// Which page
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    page: u64,
    /// Images on a page
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    per_page: u64,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Images {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let (page, per_page) = (self.page.to_string(), self.per_page.to_string());
        let query = [("page", page.as_str()), ("per_page", per_page.as_str())];
        let answer = self.api.open()?.get(&["images"], &query).await?;
        if self.json {
            output::json(&answer);
            return Ok(Verdict::Good);
        }
        let page = ImagePage::deserialize(&answer)?;
        let rows: Vec<_> = page
            .images
            .iter()
            .map(|image| {
                let size = image.size_bytes().map(|bytes| DecimalBytes(bytes).to_string());
                vec![
                    image.id.to_string(),
                    output::shown(&image.name),
                    size.unwrap_or_default(),
                    output::shown(&image.mime_type),
                    image.storage_path.clone(),
                ]
            })
            .collect();
        output::line(&output::table(&["id", "name", "size", "type", "url"], &rows));
        output::say(&format!("Page {} of {}, {} images in all", page.page, page.total_pages, page.total));
        Ok(Verdict::Good)
    }
}
