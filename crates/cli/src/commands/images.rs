//! `images`: the gallery as a table.

use client::metadata::{ImageFilters, ImagePage};
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
    /// Only images with this in their names, in capitals or not
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only images of this type, for example image/png
    #[arg(long = "type", value_name = "TYPE")]
    mime_type: Option<String>,
    /// Only images that this job stored
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// Sort by the time of the import (newest first), the name (A first) or the size (largest first)
    #[arg(long, value_parser = ["imported", "name", "size"])]
    sort: Option<String>,
    /// The other way round, or as said
    #[arg(long, value_parser = ["asc", "desc"])]
    order: Option<String>,
    /// Go on where a page ended, as it said itself
    #[arg(long, conflicts_with = "page")]
    cursor: Option<String>,
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
        let filters = ImageFilters {
            q: self.search,
            mime_type: self.mime_type,
            job_id: self.job,
            sort: self.sort,
            order: self.order,
            storage_provider: None,
        };
        let mut query = vec![("page", page.as_str()), ("per_page", per_page.as_str())];
        query.extend(filters.pairs());
        query.extend(self.cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let answer = self.api.open()?.get(&["images"], &query).await?;
        if self.json {
            output::json(&answer);
            return Ok(Verdict::Good);
        }
        let page = ImagePage::deserialize(&answer)?;
        output::line(&output::table(&["id", "name", "size", "type", "url"], &rows(&page)));
        output::say(&foot(&page));
        Ok(Verdict::Good)
    }
}

fn rows(page: &ImagePage) -> Vec<Vec<String>> {
    let row = |image: &client::metadata::Image| {
        let size = image.size_bytes().map(|bytes| DecimalBytes(bytes).to_string());
        vec![
            image.id.to_string(),
            output::shown(&image.name),
            size.unwrap_or_default(),
            output::shown(&image.mime_type),
            image.storage_path.clone(),
        ]
    };
    page.images.iter().map(row).collect()
}

/// Where this is, and how to go on where pages have no numbers.
fn foot(page: &ImagePage) -> String {
    match (page.total_pages, page.total, &page.next_cursor) {
        (Some(pages), Some(total), _) => format!("Page {} of {pages}, {total} images in all", page.page),
        (_, _, Some(cursor)) => format!("There may be more: --cursor {cursor}"),
        _ => "That is all".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_line_says_how_to_go_on() {
        for (total, next, said) in [
            (json!(7), json!(null), "Page 1 of 2, 7 images in all"),
            (json!(null), json!("abc"), "There may be more: --cursor abc"),
            (json!(null), json!(null), "That is all"),
        ] {
            let pages = if total.is_null() { json!(null) } else { json!(2) };
            let page = json!({"images": [], "page": 1, "per_page": 5, "total": total, "total_pages": pages, "next_cursor": next});
            assert_eq!(foot(&ImagePage::deserialize(&page).unwrap()), said);
        }
    }
}
