//! The rules against simulated quotas.

use super::{
    simulation::{Case, Kind, Outcome, Start, simulate},
    *,
};

const MS: Duration = Duration::from_millis(1);
const DOWNLOAD: u32 = 200;
/// Units per minute: small projects to Google's largest quota.
const QUOTAS: [f64; 4] = [2_000.0, 12_000.0, 60_000.0, 325_000.0];
const WINDOWS: [f64; 4] = [1.0, 5.0, 10.0, 60.0];
const LATENCIES: [f64; 4] = [0.005, 0.05, 0.5, 2.0];

/// All cases that can be: at least ten calls in a window, answers within a tenth of it, and enough slots to use it up.
fn cases(kind: Kind, workers: usize, start: Start) -> Vec<Case> {
    let mut cases = Vec::new();
    for per_minute in QUOTAS {
        for window in WINDOWS {
            for latency in LATENCIES {
                for is_mixed in [false, true] {
                    let units = (per_minute / 60.0 * window / CALL).round() * CALL;
                    let slots = 50.0 * f64::from(u8::try_from(workers).unwrap());
                    let possible = slots * CALL * window / (latency + 0.02);
                    // what others leave of a small quota is no whole call
                    let is_fair = units >= if is_mixed { 10_000.0 } else { 2000.0 };
                    let is_fair = is_fair && (!is_mixed || (latency - 0.05).abs() < 0.01);
                    if is_fair && latency <= window / 10.0 && possible >= 1.3 * units {
                        let case =
                            Case { kind, units, window, latency, workers, start, is_mixed, tells: false };
                        cases.push(case);
                    }
                }
            }
        }
    }
    assert!(cases.len() >= 25);
    cases
}

/// What of a quota is used: at least in any case, and in half of all cases.
fn assert_used(cases: Vec<Case>, at_least: f64, half: f64) {
    let mut outcomes: Vec<(Case, Outcome)> = cases.into_iter().map(|case| (case, simulate(case))).collect();
    outcomes.sort_by(|(_, one), (_, other)| one.used.total_cmp(&other.used));
    let (worst, median) = (&outcomes[0], &outcomes[outcomes.len() / 2]);
    assert!(worst.1.used >= at_least, "{worst:?}");
    assert!(median.1.used >= half, "{median:?}");
}

#[test]
fn nothing_is_limited_until_drive_says_so() {
    let mut core = Core::default();
    for _ in 0..10_000 {
        assert!(matches!(core.ask(MS, DOWNLOAD), Ask::Go(_)));
    }
}

#[test]
fn windows_from_the_first_call_are_used_up() {
    for start in [Start::Fresh, Start::Lowered] {
        assert_used(cases(Kind::FromFirstCall, 1, start), 0.95, 0.99);
    }
}

#[test]
fn windows_by_the_clock_are_used_up() {
    for start in [Start::Fresh, Start::Lowered] {
        assert_used(cases(Kind::ByTheClock, 1, start), 0.95, 0.99);
    }
}

#[test]
fn two_workers_that_know_nothing_of_each_other_use_windows_up() {
    for kind in [Kind::FromFirstCall, Kind::ByTheClock] {
        for start in [Start::Fresh, Start::Apart, Start::Lowered] {
            assert_used(cases(kind, 2, start), 0.95, 0.99);
        }
    }
}

#[test]
fn a_quota_that_is_raised_is_found_within_a_window() {
    for kind in [Kind::FromFirstCall, Kind::ByTheClock] {
        for workers in [1, 2] {
            let cases = cases(kind, workers, Start::Raised);
            // a tenth of a small quota is two calls in a window: nothing can be learnt from that
            let cases = cases.into_iter().filter(|case| case.units >= 50_000.0).collect();
            assert_used(cases, 0.90, 0.99);
        }
    }
}

#[test]
fn other_ways_to_count_are_served_too() {
    for workers in [1, 2] {
        let near = |kind| {
            let cases = cases(kind, workers, Start::Fresh);
            cases
                .into_iter()
                .filter(|case| case.window >= 5.0 && case.latency <= case.window / 50.0)
                .collect::<Vec<_>>()
        };
        assert_used(near(Kind::Sliding), 0.90, 0.96);
        assert_used(near(Kind::Bucket), 0.95, 0.99);
    }
}

#[test]
fn a_large_quota_is_used_up_with_few_refusals() {
    for kind in [Kind::FromFirstCall, Kind::ByTheClock] {
        let case = Case {
            kind,
            units: 325_000.0,
            window: 60.0,
            latency: 0.2,
            workers: 1,
            start: Start::Fresh,
            is_mixed: true,
            tells: false,
        };
        let outcome = simulate(case);
        assert!(outcome.refused < 0.03, "{case:?} {outcome:?}");
    }
}

#[test]
fn a_window_is_used_up_also_where_its_end_is_told_in_whole_seconds() {
    for kind in [Kind::FromFirstCall, Kind::ByTheClock] {
        let told = cases(kind, 1, Start::Fresh).into_iter().filter(|case| case.window >= 60.0);
        assert_used(told.map(|case| Case { tells: true, ..case }).collect(), 0.90, 0.97);
    }
}

#[test]
fn single_refusals_do_not_bring_it_to_a_halt() {
    let mut core = Core::default();
    let (mut now, mut done, mut dice) = (Duration::ZERO, 0, 7_u32);
    while now < Duration::from_secs(60) {
        if let Ask::Go(ticket) = core.ask(now, DOWNLOAD) {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if (dice >> 8) % 10 < 3 {
                core.refused(now, ticket, None);
            } else {
                core.succeeded(now, ticket);
                done += 1;
            }
        }
        now += MS;
    }
    assert!(done > 120, "only {done} calls in a minute");
}

#[test]
fn a_retry_after_is_kept() {
    let mut core = Core::default();
    let Ask::Go(ticket) = core.ask(MS, DOWNLOAD) else { panic!("open") };
    core.refused(MS, ticket, Some(Duration::from_secs(9)));
    assert_eq!(core.ask(2 * MS, DOWNLOAD), Ask::At(MS + Duration::from_secs(9)));
}

#[test]
fn a_blocked_address_waits_one_two_four_and_at_most_thirty_minutes() {
    let mut core = Core::default();
    let mut now = MS;
    for minutes in [1, 2, 4, 8, 16, 30, 30] {
        let Ask::Go(ticket) = core.ask(now, DOWNLOAD) else { panic!("time for a try") };
        core.blocked(now, ticket);
        let until = now + Duration::from_secs(minutes * 60);
        assert_eq!(core.ask(now + MS, DOWNLOAD), Ask::At(until));
        now = until;
    }
    let Ask::Go(ticket) = core.ask(now, DOWNLOAD) else { panic!("time for a try") };
    assert_eq!(core.ask(now, DOWNLOAD), Ask::AfterProbe, "one call at a time");
    core.succeeded(now, ticket);
    assert!(core.closed().is_none());
}

#[test]
fn calls_sent_together_count_as_one_refusal() {
    let mut core = Core::default();
    let tickets: Vec<_> = (0..50).map(|_| core.ask(MS, DOWNLOAD)).collect();
    for ask in &tickets {
        let Ask::Go(ticket) = ask else { panic!("open") };
        core.blocked(MS, *ticket);
    }
    assert_eq!(core.closed().map(|closed| closed.until), Some(MS + FIRST_BLOCK));
}

#[test]
fn probes_without_an_answer_let_the_next_ones_try() {
    let mut core = Core::default();
    let Ask::Go(ticket) = core.ask(MS, DOWNLOAD) else { panic!("open") };
    core.refused(MS, ticket, None);
    let mut now = MS;
    let mut probes = Vec::new();
    loop {
        match core.ask(now, DOWNLOAD) {
            Ask::Go(probe) => probes.push(probe),
            Ask::At(time) => now = time,
            Ask::AfterProbe => break,
        }
    }
    assert_eq!(probes.len(), 8);
    core.unanswered(probes[0]);
    assert!(!matches!(core.ask(now, DOWNLOAD), Ask::AfterProbe));
}
