//! Sums of sizes: exact beyond 64 bits, with a float beside for the odd sizes that a SQLite file of the original may hold.

use std::ops::AddAssign;

use serde_json::Value;

/// A sum of sizes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in super::super) struct Bytes {
    /// Of the whole numbers.
    pub(in super::super) whole: i128,
    /// Of all others, if there are any.
    pub(in super::super) odd: Option<f64>,
}

impl From<i128> for Bytes {
    fn from(whole: i128) -> Self {
        Self { whole, odd: None }
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        self.whole += other.whole;
        self.odd = match (self.odd, other.odd) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
    }
}

impl From<Bytes> for Value {
    /// A whole number where it is one and fits 64 bits, as both engines answer a SUM.
    fn from(bytes: Bytes) -> Self {
        match (i64::try_from(bytes.whole), bytes.odd) {
            (Ok(whole), None) => whole.into(),
            (_, odd) => (to_float(bytes.whole) + odd.unwrap_or(0.0)).into(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a sum of more than 64 bits is told as a float")]
fn to_float(whole: i128) -> f64 {
    whole as f64
}

/// The upper and the lower 32 bits, whose sums over all rows stay within 64 bits.
pub(in super::super) fn halves(whole: i128) -> (i64, i64) {
    let low = whole & 0xffff_ffff;
    (i64::try_from(whole >> 32).unwrap_or(i64::MAX), i64::try_from(low).unwrap_or(0))
}

/// What [`halves`] were made of, or sums of them.
pub(in super::super) fn from_halves(high: i64, low: i64) -> i128 {
    (i128::from(high) << 32) + i128::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_whole_numbers_as_long_as_they_can_be() {
        let mut bytes = Bytes::from(5);
        bytes += 7.into();
        assert_eq!(Value::from(bytes), Value::from(12));
        bytes += Bytes { whole: 0, odd: Some(1.5) };
        bytes += Bytes { whole: 0, odd: Some(12.0) };
        assert_eq!(Value::from(bytes), Value::from(25.5));
        assert_eq!(Value::from(Bytes::from(1 << 70)), Value::from(2_f64.powi(70)));
    }

    #[test]
    fn halves_add_up_to_the_whole() {
        let sizes =
            [i128::from(i64::MIN), -1, 0, 1, 4_294_967_296, i128::from(i64::MAX), i128::from(i64::MAX) << 20];
        let (mut high, mut low) = (0, 0);
        for size in sizes {
            let (upper, lower) = halves(size);
            assert_eq!(from_halves(upper, lower), size);
            (high, low) = (high + upper, low + lower);
        }
        assert_eq!(from_halves(high, low), sizes.iter().sum());
    }
}
