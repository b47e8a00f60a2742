//! Turns an image into a thumbnail.

/// How a thumbnail is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

/// What is wished for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Longest side.
    pub(crate) longest_side: u32,
    /// Format.
    pub(crate) format: Format,
}

/// Limits.
#[derive(Debug, Default)]
pub(crate) struct Limits {}

/// A thumbnail.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Bytes.
    pub(crate) bytes: Vec<u8>,
}

/// Why not.
#[derive(Debug)]
pub(crate) struct Refusal(String);

impl From<Refusal> for super::failure::Refused {
    fn from(refusal: Refusal) -> Self {
        Self { unsupported: false, code: "broken-image".into(), message: refusal.0 }
    }
}

/// Whether a type is read.
pub(crate) fn reads(media_type: &str) -> bool {
    matches!(media_type, "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/bmp" | "image/tiff")
}

/// Makes it.
pub(crate) fn make(source: &[u8], wanted: &Wanted, _limits: &Limits) -> Result<Picture, Refusal> {
    let image = image::load_from_memory(source).map_err(|error| Refusal(error.to_string()))?;
    let small = image.thumbnail(wanted.longest_side, wanted.longest_side);
    let format = match wanted.format {
        Format::Jpeg => image::ImageFormat::Jpeg,
        Format::Webp => image::ImageFormat::WebP,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    small.to_rgb8().write_to(&mut bytes, format).map_err(|error| Refusal(error.to_string()))?;
    Ok(Picture { bytes: bytes.into_inner() })
}
