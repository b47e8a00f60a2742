//! LZW as in TIFF: codes of 9 to 12 bits, the highest bit first, that grow one code early.
//!
//! What a code stands for is never copied aside: it has been written to the picture when the code is made, so a code is a
//! place there and a length.

const CLEAR: usize = 256;
const END: usize = 257;
/// The first code that stands for more than one byte.
const FIRST: usize = 258;
const MOST_CODES: usize = 4096;
const NARROWEST: u32 = 9;
const WIDEST: u32 = 12;
/// As many bytes are copied at once.
const PIECE: usize = 8;

/// Fills `out` with what `packed` holds. None where that makes no sense, or ends before.
pub(super) fn unpack(packed: &[u8], out: &mut [u8]) -> Option<()> {
    let mut bits = Bits { rest: packed, held: 0, count: 0 };
    let mut places = vec![(0_usize, 0_usize); MOST_CODES];
    let (mut width, mut next, mut at) = (NARROWEST, FIRST, 0);
    // what the code before stands for
    let mut before: Option<(usize, usize)> = None;
    while at < out.len() {
        let code = bits.take(width)?;
        if code == CLEAR {
            (width, next, before) = (NARROWEST, FIRST, None);
            continue;
        }
        if code == END {
            return None;
        }
        if let Some((start, length)) = before
            && next < MOST_CODES
        {
            // the same and one byte more: that which comes now
            places[next] = (start, length + 1);
            next += 1;
            if next + 1 == 1 << width && width < WIDEST {
                width += 1;
            }
        }
        let length = if code < CLEAR {
            out[at] = u8::try_from(code).ok()?;
            1
        } else if code < next {
            let (start, length) = places[code];
            let length = length.min(out.len() - at);
            copy(out, start, at, length);
            length
        } else {
            return None;
        };
        before = Some((at, length));
        at += length;
    }
    Some(())
}

/// Copies `length` bytes from `from` to `to`, which comes after and may begin within them.
fn copy(out: &mut [u8], from: usize, to: usize, length: usize) {
    if length <= PIECE && to - from >= length && to + PIECE <= out.len() {
        // what is too much will be written over
        let mut piece = [0; PIECE];
        piece.copy_from_slice(&out[from..from + PIECE]);
        out[to..to + PIECE].copy_from_slice(&piece);
    } else if to - from >= length {
        out.copy_within(from..from + length, to);
    } else {
        for n in 0..length {
            out[to + n] = out[from + n];
        }
    }
}

/// Bits, the highest of each byte first.
struct Bits<'p> {
    rest: &'p [u8],
    held: u64,
    /// How many of the lowest bits of `held` are still to be taken.
    count: u32,
}

impl Bits<'_> {
    fn take(&mut self, width: u32) -> Option<usize> {
        if self.count < width {
            if let Some((four, rest)) = self.rest.split_first_chunk() {
                self.held = self.held << 32 | u64::from(u32::from_be_bytes(*four));
                (self.rest, self.count) = (rest, self.count + 32);
            } else {
                while self.count < width {
                    let (byte, rest) = self.rest.split_first()?;
                    self.held = self.held << 8 | u64::from(*byte);
                    (self.rest, self.count) = (rest, self.count + 8);
                }
            }
        }
        self.count -= width;
        usize::try_from(self.held >> self.count & ((1 << width) - 1)).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tiff::encoder::{Compression, TiffEncoder, colortype};

    use super::*;

    /// The bytes as an encoder of others packs them.
    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut file = std::io::Cursor::new(Vec::new());
        let width = u32::try_from(bytes.len()).unwrap();
        let encoder = TiffEncoder::new(&mut file).unwrap().with_compression(Compression::Lzw);
        let mut encoder = encoder;
        encoder.write_image::<colortype::Gray8>(width, 1, bytes).unwrap();
        let file = file.into_inner();
        let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(&file)).unwrap();
        let mut number = |tag| usize::try_from(decoder.get_tag_u64_vec(tag).unwrap()[0]).unwrap();
        let start = number(tiff::tags::Tag::StripOffsets);
        let length = number(tiff::tags::Tag::StripByteCounts);
        file[start..start + length].to_vec()
    }

    #[track_caller]
    fn comes_back(bytes: &[u8]) {
        let mut out = vec![0; bytes.len()];
        unpack(&packed(bytes), &mut out).unwrap();
        assert!(out == bytes);
    }

    #[test]
    fn what_others_pack_comes_back() {
        comes_back(b"a");
        comes_back(&vec![7; 100_000]);
        // all widths of codes, and clearing
        let mixed: Vec<u8> = (0..200_000_u32).map(|n| (n.wrapping_mul(n) >> 7).to_le_bytes()[0]).collect();
        comes_back(&mixed);
        comes_back(&b"abcabcabcabcabcabcaaaaabbbbb".repeat(500));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut out = [0; 100];
        for packed in
            [&b""[..], b"\x80", b"\x80\x00", b"\xff\xff\xff\xff", b"\x80\x40\x40\x00", &[0x80, 0x7f, 0xff]]
        {
            assert_eq!(unpack(packed, &mut out), None, "{packed:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(0_u8..4, 1..3000)) {
            comes_back(&bytes);
        }

        #[test]
        fn any_codes_end(packed in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = unpack(&packed, &mut [0; 5000]);
        }
    }
}
