//! What comes next in a run of the model.

/// Numbers that look random and are the same in every run: xorshift.
pub(super) struct Dice(u64);

impl Dice {
    /// The same throws whenever the seed is the same.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number less than `most`.
    pub(super) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % most
    }

    /// True once in `most` times.
    pub(super) fn one_in(&mut self, most: u64) -> bool {
        self.below(most) == 0
    }

    /// A place in a list of `most`.
    pub(super) fn index(&mut self, most: usize) -> usize {
        usize::try_from(self.below(most as u64)).unwrap()
    }
}
