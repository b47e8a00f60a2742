//! What bytes are, told by their first ones, and how a browser may treat them. Pure.
//!
//! What the uploader says about a file is not believed: a page with a script that calls itself a picture must not run
//! at the address the pictures have.

/// How many first bytes are looked at.
pub(crate) const HEAD_BYTES: usize = 4096;

/// A media type, and whether a browser may show it in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// For `Content-Type`.
    pub media_type: String,
    /// True for pictures made of pixels: nothing in them can run.
    pub is_raster: bool,
}

/// What bytes with this `head` are. Where they tell nothing, `declared` holds if it is a type that nothing runs in.
pub(crate) fn sniff(head: &[u8], declared: &str) -> Content {
    if let Some(raster) = raster(head) {
        return Content { media_type: raster.to_owned(), is_raster: true };
    }
    let media_type = other(head).unwrap_or_else(|| harmless(declared).unwrap_or("application/octet-stream"));
    Content { media_type: media_type.to_owned(), is_raster: false }
}

fn raster(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        // a bitmap says how long its second header is: two letters alone are too little
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, _, _, _, _, 12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0, ..] => {
            "image/bmp"
        }
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => "image/tiff",
        [0, 0, 1, 0, count, 0, ..] if *count > 0 => "image/x-icon",
        [0, 0, 0, 12, b'J', b'X', b'L', b' ', b'\r', b'\n', 0x87, b'\n', ..] | [0xff, 0x0a, ..] => {
            "image/jxl"
        }
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', b'\r', b'\n', 0x87, b'\n', ..] => "image/jp2",
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => return isobmff(brand),
        _ => return None,
    })
}

/// The container of AVIF and HEIF: its kind is among the brands at its beginning.
fn isobmff(brands: &[u8]) -> Option<&'static str> {
    // major brand, minor version, then compatible brands; a few are enough
    let known = |brand: &[u8]| match brand {
        b"avif" | b"avis" => Some("image/avif"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some("image/heic"),
        b"mif1" | b"msf1" => Some("image/heif"),
        _ => None,
    };
    let mut found = brands.chunks_exact(4).take(8).filter_map(known);
    let first = found.next()?;
    // `mif1` comes before the brand that says which codec it is
    Some(if first == "image/heif" { found.find(|kind| *kind != first).unwrap_or(first) } else { first })
}

fn other(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"8BPS") {
        return Some("image/vnd.adobe.photoshop");
    }
    if head.starts_with(b"%PDF-") {
        return Some("application/pdf");
    }
    markup(head)
}

/// HTML, SVG and other XML, as leniently as browsers recognise them.
fn markup(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let html = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<script",
        "<iframe",
        "<h1",
        "<div",
        "<font",
        "<table",
        "<a ",
        "<a>",
        "<style",
        "<title",
        "<b>",
        "<br",
        "<p>",
        "<p ",
        "<img",
        "<form",
        "<object",
        "<embed",
        "<meta",
        "<link",
    ];
    if html.iter().any(|start| text.starts_with(start)) {
        return Some("text/html");
    }
    if text.starts_with("<svg") || text.starts_with("<!doctype svg") {
        return Some("image/svg+xml");
    }
    if text.starts_with("<?xml") || text.starts_with("<!--") || text.starts_with("<!doctype") {
        return Some(if text.contains("<svg") {
            "image/svg+xml"
        } else if text.contains("<html") || text.contains("<script") {
            "text/html"
        } else {
            "application/xml"
        });
    }
    // an SVG may begin with an entity or namespace prefix: in doubt it is one
    (text.starts_with('<') && text.contains("www.w3.org/2000/svg")).then_some("image/svg+xml")
}

/// `declared` if it is a well-formed type that no browser runs anything in and that is no picture a browser shows:
/// those are known by their bytes.
fn harmless(declared: &str) -> Option<&str> {
    let (kind, subtype) = declared.split_once('/')?;
    let token = |text: &str| {
        !text.is_empty()
            && text.len() <= 100
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&c))
    };
    let subtype_lower = subtype.to_ascii_lowercase();
    let harmless = match kind.to_ascii_lowercase().as_str() {
        "image" | "audio" | "video" => true,
        "text" => subtype_lower == "plain",
        _ => false,
    };
    // to a browser, anything that ends in `+xml` is a document
    let is_document = subtype_lower.contains("xml");
    (token(kind) && token(subtype) && harmless && !is_document).then_some(declared)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pictures_are_known_by_their_bytes_whatever_they_are_called() {
        for (head, media_type) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n", "image/png"),
            (b"GIF89a", "image/gif"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
            (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "image/bmp"),
            (b"II*\0", "image/tiff"),
            (b"MM\0*", "image/tiff"),
            (b"\0\0\x01\0\x01\0", "image/x-icon"),
            (b"\0\0\0\x1cftypavif\0\0\0\0mif1", "image/avif"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf", "image/heif"),
        ] {
            let content = sniff(head, "text/html");
            assert_eq!((content.media_type.as_str(), content.is_raster), (media_type, true), "{head:?}");
        }
    }

    #[test]
    fn what_can_run_is_never_a_picture() {
        for (head, media_type) in [
            (&b"<svg xmlns='http://www.w3.org/2000/svg'>"[..], "image/svg+xml"),
            (b"\xef\xbb\xbf <?xml version='1.0'?><!-- x --><svg>", "image/svg+xml"),
            (b"<x:svg xmlns:x='http://www.w3.org/2000/svg'>", "image/svg+xml"),
            (b"\n<!DOCTYPE HTML><script>", "text/html"),
            (b"<SCRIPT>alert(1)</SCRIPT>", "text/html"),
            (b"<!-- --><script>", "text/html"),
            (b"<?xml version='1.0'?><a/>", "application/xml"),
            (b"%PDF-1.7", "application/pdf"),
            (b"8BPS", "image/vnd.adobe.photoshop"),
        ] {
            let content = sniff(head, "image/jpeg");
            assert_eq!((content.media_type.as_str(), content.is_raster), (media_type, false), "{head:?}");
        }
    }

    #[test]
    fn where_the_bytes_tell_nothing_a_harmless_declaration_holds() {
        for (declared, media_type) in [
            ("text/plain", "text/plain"),
            ("image/x-canon-cr3", "image/x-canon-cr3"),
            ("video/mp4", "video/mp4"),
            ("text/html", "application/octet-stream"),
            ("image/svg+xml", "application/octet-stream"),
            ("application/javascript", "application/octet-stream"),
            ("image/png\r\nX-A: b", "application/octet-stream"),
            ("image/", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            let content = sniff(b"hello world", declared);
            assert_eq!((content.media_type.as_str(), content.is_raster), (media_type, false), "{declared}");
        }
        assert_eq!(sniff(b"", "image/gif").media_type, "image/gif");
        assert_eq!(sniff(b"BMW is a car", "").media_type, "application/octet-stream");
    }

    proptest! {
        #[test]
        fn nothing_runs_because_somebody_calls_it_so(
            head in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                "[ \t\n]{0,3}<[!?a-z]{1,9}[ a-z>]{0,30}".prop_map(String::into_bytes),
            ],
            declared in prop_oneof![
                "\\PC{0,30}",
                "(image|text|application|audio|Image)/(svg[+]xml|html|xhtml[+]xml|javascript|png|plain|x-[a-z]{1,5})",
            ],
        ) {
            let (by_bytes, found) = (sniff(&head, ""), sniff(&head, &declared));
            prop_assert!(http::HeaderValue::from_str(&found.media_type).is_ok());
            if found != by_bytes {
                prop_assert_eq!(by_bytes.media_type, "application/octet-stream");
                prop_assert!(!found.is_raster && found.media_type == declared);
                let lower = declared.to_lowercase();
                let passive = ["image/", "audio/", "video/"].iter().any(|kind| lower.starts_with(kind));
                prop_assert!(lower == "text/plain" || passive && !lower.contains("xml"), "{}", declared);
            }
        }
    }
}
