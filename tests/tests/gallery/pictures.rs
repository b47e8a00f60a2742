//! A folder of real pictures in several formats, and of files that say they are some.

use std::{collections::BTreeMap, io::Cursor, path::Path};

use emulators::drive::{Config, Manifest};
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A drawing that can run scripts.
const SVG: &str =
    r#"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><script>alert(1)</script></svg>"#;
/// A page that calls itself a picture.
const HTML: &str = "<!DOCTYPE html><html><script>alert(document.domain)</script></html>";

/// What a file is, not what it says.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// Announced by Drive.
    pub(crate) announced: &'static str,
    /// What the bytes are.
    pub(crate) is: &'static str,
    /// Width and height, for pictures made of pixels.
    pub(crate) pixels: Option<(u32, u32)>,
}

/// The folder, by name of the file.
pub(crate) struct Album {
    /// What is in it.
    pub(crate) files: BTreeMap<&'static str, Picture>,
    dir: TempDir,
}

impl Album {
    /// Its id in Drive.
    pub(crate) const FOLDER: &str = "gallery";

    /// Paints it.
    pub(crate) fn new() -> Self {
        let mut files = BTreeMap::new();
        let pictures = [
            ("photo.jpg", "image/jpeg", ImageFormat::Jpeg, (1600, 1200)),
            ("größe 日本 & #1 100%.jpg", "image/jpeg", ImageFormat::Jpeg, (400, 300)),
            ("drawing.png", "image/png", ImageFormat::Png, (300, 200)),
            ("moving.gif", "image/gif", ImageFormat::Gif, (120, 90)),
            ("modern.webp", "image/webp", ImageFormat::WebP, (200, 150)),
            ("scan.tiff", "image/tiff", ImageFormat::Tiff, (150, 210)),
            ("old.bmp", "image/bmp", ImageFormat::Bmp, (64, 48)),
        ];
        for (name, is, format, pixels) in pictures {
            let bytes = painted(pixels, format);
            files.insert(name, Picture { bytes, announced: is, is, pixels: Some(pixels) });
        }
        let png = painted((90, 60), ImageFormat::Png);
        let liar = Picture { bytes: png, announced: "image/jpeg", is: "image/png", pixels: Some((90, 60)) };
        files.insert("says jpeg.jpg", liar);
        let text = |text: &str, announced, is| Picture {
            bytes: text.as_bytes().to_vec(),
            announced,
            is,
            pixels: None,
        };
        files.insert("vector.svg", text(SVG, "image/svg+xml", "image/svg+xml"));
        files.insert("page.jpg", text(HTML, "image/jpeg", "text/html"));
        let dir = tempfile::tempdir().expect("make a folder");
        for (name, picture) in &files {
            std::fs::write(dir.path().join(name), &picture.bytes).expect("write a picture");
        }
        Self { files, dir }
    }

    /// Drive with this folder. It lists the sizes in pixels of every other file only; of the rest the bytes must tell.
    pub(crate) fn drive(&self) -> Config {
        let items: Vec<Value> = (self.files.iter().enumerate())
            .map(|(number, (name, picture))| {
                let mut item = json!({"id": format!("picture_{number}"), "name": name,
                    "mimeType": picture.announced, "size": "auto", "path": name});
                if number % 2 == 1 {
                    item["imageMediaMetadata"] = json!({});
                }
                item
            })
            .collect();
        let manifest = json!({"folders": {Self::FOLDER: items}});
        let place = self.dir.path().join("manifest.json");
        std::fs::write(&place, manifest.to_string()).expect("write the manifest");
        Config::default().with_manifest(Manifest::read(Path::new(&place)).expect("it is well-formed"))
    }
}

/// A picture whose pixels all differ from their neighbours, so that no two sizes are the same bytes.
fn painted((width, height): (u32, u32), format: ImageFormat) -> Vec<u8> {
    let level = |at: u32, of: u32| u8::try_from(at * 255 / of.max(1)).unwrap_or(u8::MAX);
    let picture = RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([level(x, width), level(y, height), level((x / 16 + y / 16) % 2, 1) / 2])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, format).expect("write a picture");
    bytes.into_inner()
}
