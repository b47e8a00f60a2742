//! What is wished for: a picture of which image, how large, in which format; and where it is kept. Pure.

use md5::{Digest as _, Md5};

use super::engine::Format;
use crate::{
    digest::Md5Digest,
    object_key::{thumbnail_key, uuid_of},
};

/// The longest sides that a thumbnail can have.
const SIZES: [u32; 4] = [160, 320, 640, 1280];
const DEFAULT_SIZE: u32 = 320;

/// A thumbnail of one image.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Wish {
    /// The key of the image.
    pub(crate) image: String,
    /// How large.
    pub(crate) size: Size,
    /// In which format.
    pub(crate) format: Format,
}

impl Wish {
    /// Where it is kept; none for keys that are not those of our images.
    pub(super) fn place(&self) -> Option<String> {
        Some(place(uuid_of(&self.image)?, self.size, self.format))
    }

    /// What tells the image from others with the same uuid, in ASCII.
    pub(super) fn of(&self) -> String {
        let mut hash = Md5::new();
        hash.update(&self.image);
        Md5Digest::finish(hash).to_string()
    }

    /// How the file is called when it is saved.
    pub(crate) fn file_name(&self) -> String {
        let name = self.image.split_once('_').map_or("", |(_, name)| name);
        let name = name.rsplit('/').next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let stem = if stem.is_empty() { "image" } else { stem };
        format!("{stem}-{}.{}", self.size.longest_side(), extension(self.format))
    }
}

/// All places at which thumbnails of the image with this uuid can be.
pub(crate) fn places(uuid: &str) -> Vec<String> {
    let formats = [Format::Webp, Format::Jpeg];
    let of_size = |side| formats.map(|format| place(uuid, Size(side), format));
    SIZES.into_iter().flat_map(of_size).collect()
}

fn place(uuid: &str, size: Size, format: Format) -> String {
    thumbnail_key(uuid, &format!("{}.{}", size.longest_side(), extension(format)))
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::Webp => "webp",
        Format::Jpeg => "jpg",
    }
}

/// The media type of a format.
pub(crate) fn media_type(format: Format) -> &'static str {
    match format {
        Format::Webp => "image/webp",
        Format::Jpeg => "image/jpeg",
    }
}

/// One of the sizes that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Size(u32);

impl Size {
    /// The size that a query asks for; the usual one where it says nothing.
    pub(crate) fn parse(text: Option<&str>) -> Option<Self> {
        let text = text.unwrap_or_default().trim();
        if text.is_empty() {
            return Some(Self(DEFAULT_SIZE));
        }
        SIZES.into_iter().find(|size| size.to_string() == text).map(Self)
    }

    /// In pixels.
    pub(crate) fn longest_side(self) -> u32 {
        self.0
    }
}

/// The format for a client that accepts this: WebP only where it is named. Programs that cannot show it say `*/*` too.
pub(crate) fn format_for<'h>(accept: impl IntoIterator<Item = &'h str>) -> Format {
    let takes_webp = accept.into_iter().flat_map(|line| line.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_webp = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("image/webp"));
        let refused = |part: &str| {
            part.split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("q")
                    && value.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0)
            })
        };
        is_webp && !parts.any(refused)
    });
    if takes_webp { Format::Webp } else { Format::Jpeg }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object_key::{Kind, kind_of};

    const ID: &str = "0123abcd-89ab-4def-8123-456789abcdef";

    #[test]
    fn webp_is_for_those_who_name_it() {
        for (accept, format) in [
            (&["image/avif,image/webp,image/*,*/*;q=0.8"][..], Format::Webp),
            (&["image/png", "IMAGE/WEBP ; q=0.1"], Format::Webp),
            (&["image/webp;q=0"], Format::Jpeg),
            (&["image/webp; q=0.000, image/jpeg"], Format::Jpeg),
            (&["image/*"], Format::Jpeg),
            (&["*/*"], Format::Jpeg),
            (&["image/webpx"], Format::Jpeg),
            (&[""], Format::Jpeg),
            (&[], Format::Jpeg),
        ] {
            assert_eq!(format_for(accept.iter().copied()), format, "{accept:?}");
        }
    }

    #[test]
    fn only_four_sizes_are_known() {
        let side = |text| Size::parse(text).map(Size::longest_side);
        for (text, size) in [
            (None, Some(320)),
            (Some(""), Some(320)),
            (Some("160"), Some(160)),
            (Some("1280"), Some(1280)),
            (Some("161"), None),
            (Some("0320"), None),
            (Some("-320"), None),
            (Some("large"), None),
        ] {
            assert_eq!(side(text), size, "{text:?}");
        }
    }

    #[test]
    fn every_place_is_one_that_is_cleared_away_and_told_from_images() {
        let all = places(ID);
        assert_eq!(all.len(), 8);
        for size in SIZES {
            for format in [Format::Jpeg, Format::Webp] {
                let wish = Wish { image: format!("{ID}_a.png"), size: Size(size), format };
                let place = wish.place().unwrap();
                assert!(all.contains(&place), "{place}");
                assert_eq!(kind_of(&place), Some(Kind::Thumbnail));
            }
        }
        let foreign = Wish { image: all[0].clone(), size: Size(160), format: Format::Jpeg };
        assert_eq!(foreign.place(), None, "a thumbnail has none of its own");
    }

    #[test]
    fn a_saved_thumbnail_is_called_after_its_image() {
        for (key, name) in [
            ("_Ferien am Meer.heic.png", "Ferien am Meer.heic-320.webp"),
            ("_a/b", "b-320.webp"),
            ("_", "image-320.webp"),
            ("_.png", "image-320.webp"),
        ] {
            let wish = Wish { image: format!("{ID}{key}"), size: Size(320), format: Format::Webp };
            assert_eq!(wish.file_name(), name);
        }
    }
}
