//! Bodies of uploads as no client of ours writes them.

use base64::{Engine as _, engine::general_purpose::STANDARD as ENCODE};
use proptest::prelude::*;
use serde_json::json;

use super::UploadBody;

fn parse(body: &[u8]) -> Result<UploadBody, u16> {
    UploadBody::parse(body, |_| Ok("aws")).map_err(|error| error.status().as_u16())
}

/// `text` with line breaks before the places `at`.
fn wrapped(text: &str, at: &[prop::sample::Index], line_end: &str) -> String {
    let mut broken = text.to_owned();
    for place in at {
        broken.insert_str(place.index(broken.len() + 1), line_end);
    }
    broken
}

proptest! {
    #[test]
    fn any_bytes_under_any_name_arrive_as_they_were_sent(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        name in any::<String>(),
        breaks in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let data = wrapped(&ENCODE.encode(&bytes), &breaks, line_end);
        let body = json!({"file_data": data, "filename": name, "mime_type": "image/png"}).to_string();
        let upload = parse(body.as_bytes()).unwrap();
        prop_assert_eq!(upload.bytes.as_ref(), &bytes[..]);
        prop_assert_eq!(upload.announced.name, name);
        prop_assert_eq!(upload.announced.size, Some(bytes.len() as u64));
    }

    #[test]
    fn one_wrong_letter_anywhere_is_refused(
        bytes in prop::collection::vec(any::<u8>(), 1..60),
        any_letter in prop::char::any(),
        at in any::<prop::sample::Index>(),
    ) {
        // a right one becomes a wrong one: sorted out, they would end a long run
        let is_right = any_letter.is_ascii_alphanumeric() || "+/=\r\n".contains(any_letter);
        let wrong = if is_right { '-' } else { any_letter };
        let mut data = ENCODE.encode(&bytes);
        let at = at.index(data.len());
        data.replace_range(at..=at, &wrong.to_string());
        let body = json!({"file_data": data, "filename": "a", "mime_type": ""}).to_string();
        prop_assert_eq!(parse(body.as_bytes()).unwrap_err(), 400);
    }

    #[test]
    fn a_cut_or_garbled_body_is_an_upload_or_a_bad_request(
        keep in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut body = br#"{"file_data": "aGVsbG8=", "filename": "a\u00e9.png", "mime_type": "image/png", "uuid": null, "x": [1, {"y": 1e5}]}"#.to_vec();
        for (at, byte) in flips {
            let at = at.index(body.len());
            body[at] = byte;
        }
        body.truncate(keep.index(body.len()) + 1);
        if let Err(status) = parse(&body) {
            prop_assert_eq!(status, 400);
        }
    }

    #[test]
    fn any_bytes_are_an_upload_or_a_bad_request(body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(status) = parse(&body) {
            prop_assert_eq!(status, 400);
        }
    }
}
