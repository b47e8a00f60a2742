//! The pictures of the demo: two folders with one file of every kind that people keep in Drive, and of every kind that
//! importers trip over. Made here, the same bytes each time.

mod paint;
mod write;

use std::path::Path;

use anyhow::Context;
use emulators::drive;
use serde_json::{Map, Value, json};

use write::Kind;

/// One file.
#[derive(Debug)]
struct Sample {
    folder: &'static str,
    /// Its name on the disk, which every file system takes.
    file: String,
    /// Its name in Drive, where it is another one.
    name: Option<String>,
    kind: Kind,
    /// What is painted.
    scene: u32,
}

/// The folder with one file of each format.
const FORMATS: &str = "Sample pictures";
/// The folder with what importers trip over.
const AWKWARD: &str = "Awkward names";

/// Writes the pictures below `root`, where they are not there yet, and tells how to serve them.
pub(crate) fn prepare(root: &Path) -> anyhow::Result<drive::Config> {
    let samples = all();
    for sample in &samples {
        let folder = root.join(sample.folder);
        std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let path = folder.join(&sample.file);
        let bytes = write::bytes(sample.kind, sample.scene).context("draw a sample picture")?;
        // an unchanged file keeps its date, so that a second demo on the same data finds everything known
        if std::fs::read(&path).ok().as_ref() != Some(&bytes) {
            std::fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
        }
    }
    let manifest = json!({"overrides": names_in_drive(&samples)}).to_string();
    let manifest = drive::Manifest::parse(&manifest).context("describe the sample pictures")?;
    Ok(drive::Config::default().with_root(root).with_manifest(manifest))
}

/// The names that no file system would take everywhere.
fn names_in_drive(samples: &[Sample]) -> Map<String, Value> {
    let named = samples.iter().filter_map(|sample| Some((sample, sample.name.as_ref()?)));
    named
        .map(|(sample, name)| (format!("{}/{}", sample.folder, sample.file), json!({"name": name})))
        .collect()
}

fn all() -> Vec<Sample> {
    let plain = [
        ("photo.jpg", Kind::Jpeg),
        ("drawing.png", Kind::Png),
        ("animation.gif", Kind::Gif),
        ("modern.webp", Kind::WebP),
        ("bitmap.bmp", Kind::Bmp),
        ("scan.tiff", Kind::Tiff),
        ("vector.svg", Kind::Svg),
    ];
    let plain = plain.map(|(file, kind)| (FORMATS, file.to_owned(), None, kind));
    let turned = (1..=8).map(|turn| (FORMATS, format!("orientation-{turn}.jpg"), None, Kind::Turned(turn)));
    let awkward = [
        ("empty.jpg", "nothing in it.jpg".to_owned(), Kind::Empty),
        ("twin-1.png", "twin.png".to_owned(), Kind::Twin),
        ("twin-2.png", "twin (1).png".to_owned(), Kind::Twin),
        ("emoji.png", "🌈 rainbow 🎉👩‍🚀.png".to_owned(), Kind::Png),
        ("right-to-left.jpg", "صورة من العطلة — תמונה.jpg".to_owned(), Kind::Jpeg),
        ("spaces.jpg", "  two  spaces  everywhere  .jpg".to_owned(), Kind::Jpeg),
        ("symbols.jpg", "100% #1 + a&b=c?.jpg".to_owned(), Kind::Jpeg),
        ("quotes.webp", "it's \"quoted\" <&> back\\slash.webp".to_owned(), Kind::WebP),
        ("long.jpg", format!("{}.jpg", "a very long name ".repeat(18).trim_end()), Kind::Jpeg),
    ];
    let awkward = awkward.map(|(file, name, kind)| (AWKWARD, file.to_owned(), Some(name), kind));
    let samples = plain.into_iter().chain(turned).chain(awkward);
    (0..)
        .zip(samples)
        .map(|(scene, (folder, file, name, kind))| Sample { folder, file, name, kind, scene })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_24_pictures_in_two_folders_and_they_stay_the_same() {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path()).unwrap();
        let files = |folder: &str| std::fs::read_dir(dir.path().join(folder)).unwrap().count();
        assert_eq!((files(FORMATS), files(AWKWARD)), (15, 9));
        let photo = dir.path().join(FORMATS).join("photo.jpg");
        let before = std::fs::metadata(&photo).unwrap().modified().unwrap();
        prepare(dir.path()).unwrap();
        assert_eq!(std::fs::metadata(&photo).unwrap().modified().unwrap(), before);
    }

    #[test]
    fn the_awkward_cases_are_all_there() {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path()).unwrap();
        let read = |file: &str| std::fs::read(dir.path().join(AWKWARD).join(file)).unwrap();
        assert!(read("empty.jpg").is_empty());
        assert_eq!(read("twin-1.png"), read("twin-2.png"));
        let names: Vec<_> = all().into_iter().filter_map(|sample| sample.name).collect();
        assert!(names.iter().any(|name| name.chars().count() > 300));
        for awkward in ["🌈", "صورة", "תמונה", "#", "?", "%", "+", "&", "'", "\"", "\\", "  "] {
            assert!(names.iter().any(|name| name.contains(awkward)), "{awkward}");
        }
    }
}
