//! Which traces are kept. The rules, and the names of the settings behind them, are OpenTelemetry's.

/// Decides for each new span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampler {
    /// So many of 2⁶³ traces are kept.
    share: u64,
    /// What was decided before counts.
    follows_parent: bool,
}

const ALL: u64 = 1 << 63;

impl Default for Sampler {
    /// `parentbased_always_on`.
    fn default() -> Self {
        Self { share: ALL, follows_parent: true }
    }
}

impl Sampler {
    /// The sampler that OpenTelemetry calls `name`, which may keep the share `ratio`; `None` for other names.
    pub fn named(name: &str, ratio: f64) -> Option<Self> {
        let (name, follows_parent) = match name.strip_prefix("parentbased_") {
            Some(root) => (root, true),
            None => (name, false),
        };
        let share = match name {
            "always_on" => ALL,
            "always_off" => 0,
            "traceidratio" => share(ratio),
            _ => return None,
        };
        Some(Self { share, follows_parent })
    }

    /// Whether a span is kept, whose parent was, was not, or is not there.
    pub(super) fn keeps(self, trace_id: u128, parent: Option<bool>) -> bool {
        match parent.filter(|_| self.follows_parent) {
            Some(is_sampled) => is_sampled,
            None => low_bits(trace_id) < self.share,
        }
    }
}

/// As other implementations take them, so that all services decide alike.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
fn low_bits(trace_id: u128) -> u64 {
    (trace_id as u64) >> 1
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "between 0 and 2⁶³, where a few more or less do not matter"
)]
fn share(ratio: f64) -> u64 {
    (ratio.clamp(0.0, 1.0) * ALL as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sampler_keeps_what_its_name_says() {
        let low = 1_u128 << 100 | 7;
        let high = u128::MAX;
        for (name, ratio, alone, after_kept, after_dropped) in [
            ("always_on", 0.0, [true, true], true, true),
            ("always_off", 1.0, [false, false], false, false),
            ("traceidratio", 0.5, [true, false], true, true),
            ("parentbased_always_on", 0.0, [true, true], true, false),
            ("parentbased_always_off", 1.0, [false, false], true, false),
            ("parentbased_traceidratio", 0.5, [true, false], true, false),
            ("traceidratio", 1.0, [true, true], true, true),
            ("traceidratio", 0.0, [false, false], false, false),
        ] {
            let sampler = Sampler::named(name, ratio).unwrap();
            assert_eq!([low, high].map(|id| sampler.keeps(id, None)), alone, "{name} {ratio}");
            assert_eq!(sampler.keeps(low, Some(true)), after_kept, "{name} {ratio}");
            assert_eq!(sampler.keeps(low, Some(false)), after_dropped, "{name} {ratio}");
        }
        assert_eq!(Sampler::named("parentbased_always_on", 0.0), Some(Sampler::default()));
        assert_eq!(Sampler::named("jaeger_remote", 1.0), None);
    }
}
