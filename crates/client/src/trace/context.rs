//! The place of a span in its trace, as `traceparent` of W3C Trace Context writes it.

use std::fmt;

/// Which trace, which span, and whether it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// The trace; never 0.
    pub trace_id: u128,
    /// The span; never 0.
    pub span_id: u64,
    /// False for a trace that nobody keeps: it is passed on so that nobody begins another one.
    pub is_sampled: bool,
}

impl Context {
    /// The first span of a new trace.
    pub(super) fn root(trace_id: u128, is_sampled: bool) -> Self {
        Self { trace_id, span_id: random_span(), is_sampled }
    }

    /// Another span of the same trace.
    pub(super) fn child(self) -> Self {
        Self { span_id: random_span(), ..self }
    }

    /// The id of its trace, for a log line; none for a trace that nobody keeps.
    pub fn for_logs(self) -> Option<String> {
        self.is_sampled.then(|| format!("{:032x}", self.trace_id))
    }

    /// Reads `traceparent`. Versions after the first may have more at the end.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(5, '-');
        let version = hex(parts.next()?, 2)?;
        let (trace_id, span_id) = (hex(parts.next()?, 32)?, hex(parts.next()?, 16)?);
        let flags = hex(parts.next()?, 2)?;
        let has_more = parts.next().is_some();
        if version == 0xff || (version == 0 && has_more) || trace_id == 0 || span_id == 0 {
            return None;
        }
        Some(Self { trace_id, span_id: u64::try_from(span_id).ok()?, is_sampled: flags & 1 == 1 })
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.is_sampled))
    }
}

/// So many hexadecimal digits, in small letters.
pub(super) fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(is_hex) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

pub(super) fn random_trace() -> u128 {
    rand::random::<u128>().max(1)
}

fn random_span() -> u64 {
    rand::random::<u64>().max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_traceparent_is_none() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(Context::parse(good).unwrap().is_sampled);
        assert!(!Context::parse(&good.replace("-01", "-00")).unwrap().is_sampled);
        assert!(Context::parse(&good.replace("00-4", "cc-4").replace("-01", "-09-more-of-it")).is_some());
        for bad in [
            "",
            "00",
            "00-0-0-0",
            &good.to_uppercase(),
            &good.replace("00-4", "ff-4"),
            &format!("{good}-more"),
            &good.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &good.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &good.replace("00f067aa0ba902b7", "+0f067aa0ba902b7"),
            &good.replace("-01", "-1"),
        ] {
            assert_eq!(Context::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(trace_id in 1_u128.., span_id in 1_u64.., is_sampled: bool) {
            let context = Context { trace_id, span_id, is_sampled };
            prop_assert_eq!(Context::parse(&context.to_string()), Some(context));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(00-)?[0-9a-f]{0,33}-?[0-9a-f]{0,17}-?\\PC{0,4}") {
            if let Some(context) = Context::parse(&text) {
                prop_assert!(context.trace_id != 0 && context.span_id != 0);
            }
        }
    }
}
