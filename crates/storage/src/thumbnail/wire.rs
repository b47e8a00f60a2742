//! How the service and the processes that make thumbnails talk: each message is the length of a JSON text (four bytes,
//! the highest first), the text, and the bytes that the text announces.

use std::io::{self, Read};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{engine::Format, failure::Refused};

/// What a process says first, so that no other program is taken for one.
pub(super) const GREETING: &[u8; 8] = b"thumbs 1";

/// What a process that asked for leave waits for.
pub(super) const GO: u8 = b'!';

/// Longest text.
const MOST_TEXT: u32 = 64 * 1024;

/// A thumbnail to make of the bytes that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    /// How many bytes follow.
    pub(super) length: u64,
    /// Its longest side, in pixels.
    pub(super) longest_side: u32,
    /// True for WebP, false for JPEG.
    webp: bool,
}

impl Order {
    pub(super) fn new(length: u64, longest_side: u32, format: Format) -> Self {
        Self { length, longest_side, webp: format == Format::Webp }
    }

    pub(super) fn format(self) -> Format {
        if self.webp { Format::Webp } else { Format::Jpeg }
    }
}

/// What becomes of it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// The picture takes much memory: the process waits for [`GO`] first, and replies again then.
    Heavy,
    /// The thumbnail follows.
    Made {
        /// How many bytes follow.
        length: u64,
    },
    /// Nothing follows.
    Refused(Refused),
}

/// The beginning of a message, without the bytes that it announces.
pub(super) fn frame(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let text = serde_json::to_vec(message)?;
    let length = u32::try_from(text.len()).ok().filter(|length| *length <= MOST_TEXT);
    let length = length.ok_or_else(|| io::Error::other("the message is too long"))?;
    Ok([&length.to_be_bytes()[..], &text].concat())
}

/// Reads the beginning of a message; none where the other side has closed before.
pub(super) fn read<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut text = vec![0; text_length(length)?];
    input.read_exact(&mut text)?;
    Ok(Some(serde_json::from_slice(&text)?))
}

/// [`read`], where an end is an error too.
pub(super) async fn receive<T: DeserializeOwned>(input: &mut (impl AsyncRead + Unpin)) -> io::Result<T> {
    let mut length = [0; 4];
    input.read_exact(&mut length).await?;
    let mut text = vec![0; text_length(length)?];
    input.read_exact(&mut text).await?;
    Ok(serde_json::from_slice(&text)?)
}

fn text_length(bytes: [u8; 4]) -> io::Result<usize> {
    let length = Some(u32::from_be_bytes(bytes)).filter(|length| *length <= MOST_TEXT);
    let length = length.and_then(|length| usize::try_from(length).ok());
    length.ok_or_else(|| io::Error::other("the message makes no sense"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thumbnail::engine::Refusal;

    #[tokio::test]
    async fn what_is_written_is_read_on_both_sides() {
        let order = Order::new(7, 320, Format::Webp);
        let bytes = frame(&order).unwrap();
        assert_eq!(read::<Order>(&mut &bytes[..]).unwrap(), Some(order));
        for reply in [Reply::Refused(Refusal::TookTooLong.into()), Reply::Heavy, Reply::Made { length: 3 }] {
            let bytes = frame(&reply).unwrap();
            assert_eq!(receive::<Reply>(&mut &bytes[..]).await.unwrap(), reply);
        }
    }

    #[tokio::test]
    async fn an_end_is_an_end_and_nonsense_an_error() {
        assert_eq!(read::<Order>(&mut &b""[..]).unwrap(), None);
        assert!(receive::<Reply>(&mut &b""[..]).await.is_err());
        for nonsense in [&b"\xff\xff\xff\xff"[..], b"\0\0\0\x05{", b"\0\0\0\x02{}"] {
            assert!(read::<Order>(&mut &nonsense[..]).is_err(), "{nonsense:?}");
            assert!(receive::<Reply>(&mut &nonsense[..]).await.is_err(), "{nonsense:?}");
        }
    }
}
