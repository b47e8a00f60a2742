//! `preview`: what an import would do.

use client::import::ImportPreview;
use indicatif::DecimalBytes;
use serde::Deserialize;
use serde_json::json;

use crate::{api::ApiArgs, exit::Verdict, output};

/// Look what an import of a folder would bring, without importing anything
#[derive(Debug, clap::Args)]
pub(crate) struct Preview {
    /// A link to the folder, or its id
    url: String,
    /// Look into subfolders too, and at what shortcuts point to
    #[arg(long)]
    recursive: bool,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Preview {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let body = json!({"folder_url": self.url, "recursive": self.recursive});
        let answer = self.api.open()?.post(&["import", "preview"], Some(&body)).await?;
        if self.json {
            output::json(&answer);
            return Ok(Verdict::Good);
        }
        let preview = ImportPreview::deserialize(&answer)?;
        for line in lines(&preview) {
            output::line(&line);
        }
        preview.hint.iter().for_each(|hint| output::say(&output::sentence(hint)));
        Ok(Verdict::Good)
    }
}

fn lines(preview: &ImportPreview) -> Vec<String> {
    let name = output::shown(preview.folder_name.as_deref().unwrap_or(&preview.folder_id));
    let at_least = if preview.complete { "" } else { "at least " };
    let mut lines =
        vec![format!("{name}: {at_least}{} images, {}", preview.images, DecimalBytes(preview.bytes))];
    lines.push(match (preview.known, preview.to_import) {
        (Some(known), Some(new)) => format!("{known} are stored already, {new} would be imported"),
        _ => "how many are stored already cannot be told just now".to_owned(),
    });
    let skipped = &preview.skipped;
    for (number, what) in [
        (skipped.subfolders, "subfolders left out (--recursive takes them too)"),
        (skipped.shortcuts, "shortcuts left out"),
        (skipped.other_files, "files left out that are no images"),
        (skipped.not_downloadable, "images whose owner does not let others download them"),
        (skipped.unreadable_folders, "subfolders that cannot be read"),
    ] {
        if number > 0 {
            lines.push(format!("{number} {what}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use client::import::SkippedByPreview;

    use super::*;

    #[test]
    fn a_preview_says_what_is_certain_and_what_is_not() {
        let mut preview = ImportPreview {
            folder_id: "f".into(),
            folder_name: Some("Album\u{1b}".into()),
            folder_url: "u".into(),
            recursive: false,
            folders: 1,
            images: 5,
            bytes: 2000,
            known: Some(2),
            to_import: Some(3),
            skipped: SkippedByPreview { subfolders: 1, ..SkippedByPreview::default() },
            complete: true,
            hint: None,
        };
        let text = lines(&preview).join("\n");
        assert_eq!(
            text,
            "Album\u{fffd}: 5 images, 2.00 kB\n2 are stored already, 3 would be imported\n\
             1 subfolders left out (--recursive takes them too)"
        );
        (preview.complete, preview.known) = (false, None);
        let text = lines(&preview).join("\n");
        assert!(text.contains("at least 5 images") && text.contains("cannot be told"), "{text}");
    }
}
