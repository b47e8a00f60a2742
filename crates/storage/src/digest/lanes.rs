//! MD5's compression function (RFC 1321) over four messages at once, written so that compilers turn it into vector code
//! on every machine of today. One message alone cannot be hashed faster: each step waits for the one before. Pure.

use std::array::from_fn;

/// Messages that are hashed at once.
pub(super) const LANES: usize = 4;
/// Where the hash of one message stands: the words A, B, C and D.
pub(super) type State = [u32; 4];
/// What a message is cut into.
pub(super) type Block = [u8; 64];

/// The same word of all messages.
type Words = [u32; LANES];

/// The state before the first block.
pub(super) const START: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// The sine table: of step i (from 1), the whole part of 2³² × |sin i|.
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// Hashes one message on.
pub(super) fn compress_one(state: &mut State, blocks: &[Block]) {
    md5::block_api::compress(state, blocks);
}

/// Hashes as many blocks of each message as the shortest has.
pub(super) fn compress(states: &mut [State; LANES], messages: [&[Block]; LANES]) {
    let shortest = messages.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    let messages = messages.map(|blocks| &blocks[..shortest]);
    let mut lanes: [Words; 4] = from_fn(|word| from_fn(|lane| states[lane][word]));
    #[expect(clippy::needless_range_loop, reason = "one block of each message, not each block of one")]
    for n in 0..shortest {
        let block: [Words; 16] = from_fn(|word| from_fn(|lane| word_of(&messages[lane][n], word)));
        step_through(&mut lanes, &block);
    }
    for (lane, state) in states.iter_mut().enumerate() {
        *state = from_fn(|word| lanes[word][lane]);
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "outside of the loop it would not become vector code")]
fn word_of(block: &Block, word: usize) -> u32 {
    u32::from_le_bytes(from_fn(|byte| block[4 * word + byte]))
}

/// Four rounds of sixteen steps. Step n of a round takes word `first + n * stride` of the block.
macro_rules! round {
    ($mix:expr, rotate $rotate:tt, words from $first:literal by $stride:literal, sines from $sines:literal,
     $state:ident, $block:ident) => {
        round!(@four $mix, $rotate, $first, $stride, $sines, 0, $state, $block);
        round!(@four $mix, $rotate, $first, $stride, $sines, 4, $state, $block);
        round!(@four $mix, $rotate, $first, $stride, $sines, 8, $state, $block);
        round!(@four $mix, $rotate, $first, $stride, $sines, 12, $state, $block);
    };
    (@four $mix:expr, [$r0:literal, $r1:literal, $r2:literal, $r3:literal], $first:literal, $stride:literal,
     $sines:literal, $n:literal, $state:ident, $block:ident) => {
        let [a, b, c, d] = $state;
        let a = step::<$r0>($mix, [a, b, c, d], &$block[($first + $n * $stride) % 16], SINES[$sines + $n]);
        let d = step::<$r1>($mix, [d, a, b, c], &$block[($first + ($n + 1) * $stride) % 16], SINES[$sines + $n + 1]);
        let c = step::<$r2>($mix, [c, d, a, b], &$block[($first + ($n + 2) * $stride) % 16], SINES[$sines + $n + 2]);
        let b = step::<$r3>($mix, [b, c, d, a], &$block[($first + ($n + 3) * $stride) % 16], SINES[$sines + $n + 3]);
        $state = [a, b, c, d];
    };
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "outside of the loop it would not become vector code")]
fn step_through(lanes: &mut [Words; 4], block: &[Words; 16]) {
    let mut state = *lanes;
    round!(|x, y, z| z ^ (x & (y ^ z)), rotate [7, 12, 17, 22], words from 0 by 1, sines from 0, state, block);
    round!(|x, y, z| (x & z) | (y & !z), rotate [5, 9, 14, 20], words from 1 by 5, sines from 16, state, block);
    round!(|x, y, z| x ^ y ^ z, rotate [4, 11, 16, 23], words from 5 by 3, sines from 32, state, block);
    round!(|x, y, z| y ^ (x | !z), rotate [6, 10, 15, 21], words from 0 by 7, sines from 48, state, block);
    for (sum, word) in lanes.iter_mut().zip(state) {
        *sum = from_fn(|lane| sum[lane].wrapping_add(word[lane]));
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "outside of the loop it would not become vector code")]
fn step<const ROTATE: u32>(
    mix: impl Fn(u32, u32, u32) -> u32,
    [a, b, c, d]: [Words; 4],
    word: &Words,
    sine: u32,
) -> Words {
    from_fn(|lane| {
        let added = a[lane].wrapping_add(word[lane]).wrapping_add(sine);
        mix(b[lane], c[lane], d[lane]).wrapping_add(added).rotate_left(ROTATE).wrapping_add(b[lane])
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn four_at_once_are_what_each_is_alone(
            states: [State; LANES],
            bytes in prop::collection::vec(any::<u8>(), 0..4096),
            starts: [prop::sample::Index; LANES],
        ) {
            let blocks = bytes.as_chunks::<64>().0;
            let messages = starts.map(|start| &blocks[start.index(blocks.len() + 1)..]);
            let shortest = messages.iter().map(|message| message.len()).min().unwrap();
            let mut together = states;
            compress(&mut together, messages);
            for lane in 0..LANES {
                let mut alone = states[lane];
                compress_one(&mut alone, &messages[lane][..shortest]);
                prop_assert_eq!(together[lane], alone);
            }
        }
    }
}
