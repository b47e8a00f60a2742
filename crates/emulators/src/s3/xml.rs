//! Control characters in the XML of answers. Keys may hold them; the protocol crate writes them as they are, and an
//! XML parser then reads a carriage return as a line feed. S3 writes them as character references.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use http::{StatusCode, header};
use http_body_util::BodyExt as _;

/// Writes control characters as references, in an answer that this server words itself.
pub(super) async fn escape_controls(response: Response) -> Response {
    if response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/xml") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(xml) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let xml = escape(xml);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(xml))
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 && byte != b'\n' && byte != b'\t'
}

fn escape(xml: Bytes) -> Bytes {
    if !xml.iter().copied().any(is_control) {
        return xml;
    }
    let mut escaped = Vec::with_capacity(xml.len() + 64);
    for byte in xml {
        if is_control(byte) {
            escaped.extend_from_slice(format!("&#x{byte:X};").as_bytes());
        } else {
            escaped.push(byte);
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_carriage_return_stays_one() {
        assert_eq!(escape("<Key>a\r\u{1}b\n</Key>".into()), "<Key>a&#xD;&#x1;b\n</Key>");
        assert_eq!(escape("<Key>é\t</Key>".into()), "<Key>é\t</Key>");
    }
}
