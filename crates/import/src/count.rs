//! Counters as the original's language adds them: whole numbers stay whole until a fraction is added, then they are
//! fractions for good (`1.5 - 0.5` is `1.0`).

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// A number of images. Fractions come only from foreign callers of `/import/update-status`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Count {
    /// A whole number.
    Whole(i64),
    /// A number that a fraction was added to.
    Fraction(f64),
}

impl Default for Count {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Count {
    /// None.
    pub(crate) const ZERO: Self = Self::Whole(0);

    /// So many.
    pub(crate) fn of(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Fraction(f64::MAX), Self::Whole)
    }

    /// A JSON value as an increment: any number, and `true` as 1. `None` for all else.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(yes) => Some(Self::Whole(i64::from(*yes))),
            Value::Number(number) => {
                number.as_i64().map(Self::Whole).or_else(|| number.as_f64().map(Self::Fraction))
            }
            _ => None,
        }
    }

    /// As a JSON number.
    pub(crate) fn to_json(self) -> Number {
        match self {
            Self::Whole(number) => number.into(),
            Self::Fraction(number) => Number::from_f64(number).unwrap_or_else(|| 0.into()),
        }
    }

    /// As a floating-point number, for comparisons.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 images")]
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Fraction(number) => number,
        }
    }

    /// The whole part; 0 for what is below.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, which is meant")]
    pub(crate) fn floor(self) -> u64 {
        match self {
            Self::Whole(number) => u64::try_from(number).unwrap_or(0),
            Self::Fraction(number) => number.floor().max(0.0) as u64,
        }
    }
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        if let (Self::Whole(one), Self::Whole(two)) = (self, other)
            && let Some(sum) = one.checked_add(two)
        {
            return Self::Whole(sum);
        }
        // infinity is no JSON
        Self::Fraction((self.as_f64() + other.as_f64()).clamp(f64::MIN, f64::MAX))
    }
}

impl Sub for Count {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + match other {
            Self::Whole(number) => Self::Whole(number.saturating_neg()),
            Self::Fraction(number) => Self::Fraction(-number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_fraction_turns_the_counter_into_one_for_good() {
        let count = |value: Value| Count::from_json(&value).unwrap();
        let mut sum = count(json!(1));
        for (add, expected) in
            [(json!(0.5), "1.5"), (json!(-0.5), "1.0"), (json!(true), "2.0"), (json!(10), "12.0")]
        {
            sum = sum + count(add);
            assert_eq!(sum.to_json().to_string(), expected);
        }
        assert_eq!((count(json!(3)) - count(json!(5))).to_json().to_string(), "-2");
    }

    #[test]
    fn only_numbers_and_truth_values_are_increments() {
        for bad in [json!(null), json!("1"), json!([1]), json!({})] {
            assert_eq!(Count::from_json(&bad), None, "{bad}");
        }
        assert_eq!(Count::from_json(&json!(false)), Some(Count::ZERO));
    }

    #[test]
    fn the_stored_form_keeps_whole_numbers_and_fractions_apart() {
        for count in [Count::Whole(2), Count::Fraction(2.0), Count::Whole(-7)] {
            let text = serde_json::to_string(&count).unwrap();
            assert_eq!(serde_json::from_str::<Count>(&text).unwrap(), count, "{text}");
        }
    }

    #[test]
    fn overflow_stays_a_number() {
        let huge = Count::Whole(i64::MAX) + Count::Whole(1);
        assert!(matches!(huge, Count::Fraction(_)));
        let most = Count::Fraction(f64::MAX) + Count::Fraction(f64::MAX);
        assert_eq!(most, Count::Fraction(f64::MAX));
    }
}
