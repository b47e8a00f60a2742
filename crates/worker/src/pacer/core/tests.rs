//! The rules against simulated quotas.

use super::*;

const MS: Duration = Duration::from_millis(1);
const DOWNLOAD: u32 = 200;

/// A quota as servers enforce them.
enum Quota {
    /// So many units, all back at the end of a window.
    Window { units: f64, length: Duration, used: f64, start: Duration },
    /// So many units per second, saved up to a limit.
    Bucket { per_second: f64, limit: f64, left: f64, at: Duration },
}

impl Quota {
    fn window(units: f64, length: Duration) -> Self {
        Self::Window { units, length, used: 0.0, start: Duration::ZERO }
    }

    fn allows(&mut self, now: Duration) -> bool {
        match self {
            Self::Window { units, length, used, start } => {
                while now >= *start + *length {
                    (*start, *used) = (*start + *length, 0.0);
                }
                // refused calls cost too, as with Google
                *used += f64::from(DOWNLOAD);
                *used <= *units
            }
            Self::Bucket { per_second, limit, left, at } => {
                *left = (*left + *per_second * now.saturating_sub(*at).as_secs_f64()).min(*limit);
                *at = now;
                let allowed = *left >= f64::from(DOWNLOAD);
                *left -= if allowed { f64::from(DOWNLOAD) } else { 0.0 };
                allowed
            }
        }
    }
}

#[derive(Debug, Default)]
struct Run {
    granted: f64,
    /// Granted in the second half, when everything is learned.
    granted_late: f64,
    refused: u64,
    worst_image: u32,
}

/// Downloads for `time` with 50 slots; each download takes 20 ms to be answered.
fn simulate(core: &mut Core, quota: &mut Quota, time: Duration) -> Run {
    let mut run = Run::default();
    let mut flying: Vec<(Duration, Ticket, u64)> = Vec::new();
    let mut waiting: std::collections::VecDeque<u64> = (0..50).collect();
    let mut next_image = 50;
    let mut refusals = std::collections::HashMap::<u64, (u64, u32)>::new();
    let mut now = Duration::ZERO;
    while now < time {
        flying.sort_by_key(|(at, ..)| *at);
        while flying.first().is_some_and(|(at, ..)| *at <= now) {
            let (_, ticket, image) = flying.remove(0);
            if quota.allows(now) {
                core.succeeded(now, ticket);
                run.granted += f64::from(DOWNLOAD);
                if now > time / 2 {
                    run.granted_late += f64::from(DOWNLOAD);
                }
                refusals.remove(&image);
                waiting.push_back(next_image);
                next_image += 1;
            } else {
                core.refused(now, ticket, None);
                run.refused += 1;
                let entry = refusals.entry(image).or_insert((core.successes(), 0));
                if core.successes() > entry.0 {
                    *entry = (core.successes(), entry.1 + 1);
                }
                run.worst_image = run.worst_image.max(entry.1);
                waiting.push_back(image);
            }
        }
        while let Some(image) = waiting.front().copied() {
            let Ask::Go(ticket) = core.ask(now, DOWNLOAD) else { break };
            waiting.pop_front();
            flying.push((now + 20 * MS, ticket, image));
        }
        now += MS;
    }
    run
}

#[test]
fn nothing_is_limited_until_drive_says_so() {
    let mut core = Core::default();
    for _ in 0..10_000 {
        assert!(matches!(core.ask(MS, DOWNLOAD), Ask::Go(_)));
    }
}

#[test]
fn a_quota_per_window_is_used_up_without_failing_images() {
    for (units, secs) in
        [(10_000.0, 60.0), (100_000.0, 60.0), (2_000.0, 2.0), (400.0, 2.0), (200_000.0, 100.0)]
    {
        let mut quota = Quota::window(units, Duration::from_secs_f64(secs));
        let time = Duration::from_secs_f64(secs * 10.0);
        let run = simulate(&mut Core::default(), &mut quota, time);
        let used = run.granted / (units * 10.0);
        assert!(used >= 0.95, "{units} per {secs} s: {used:.3} used, {run:?}");
        assert!(run.worst_image < 10, "{units} per {secs} s: {run:?}");
    }
}

#[test]
fn a_steady_quota_is_used_up_without_failing_images() {
    for (per_second, limit) in [(4_000.0, 4_000.0), (1_000.0, 400.0), (300.0, 1_000.0), (20_000.0, 20_000.0)]
    {
        let mut quota = Quota::Bucket { per_second, limit, left: limit, at: Duration::ZERO };
        let time = Duration::from_secs(300);
        let run = simulate(&mut Core::default(), &mut quota, time);
        let used = run.granted_late / (per_second * 150.0);
        assert!(used >= 0.95, "{per_second}/s: {used:.3} used, {run:?}");
        assert!(run.worst_image < 10, "{per_second}/s: {run:?}");
    }
}

#[test]
fn any_first_rate_ends_at_the_quota() {
    for first_rate in [10.0, 500.0, 5_000.0, 500_000.0] {
        let mut core = Core { rate: Some(first_rate), ..Core::default() };
        let mut quota = Quota::window(20_000.0, Duration::from_secs(10));
        let run = simulate(&mut core, &mut quota, Duration::from_secs(400));
        let used = run.granted_late / (2_000.0 * 200.0);
        assert!(used >= 0.95, "from {first_rate}: {used:.3} used, {run:?}");
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
    assert_eq!(core.ask(now, DOWNLOAD), Ask::AfterProbe);
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
fn a_probe_without_an_answer_lets_the_next_one_try() {
    let mut core = Core::default();
    let Ask::Go(ticket) = core.ask(MS, DOWNLOAD) else { panic!("open") };
    core.refused(MS, ticket, None);
    let later = MS + FIRST_PROBE;
    let Ask::Go(probe) = core.ask(later, DOWNLOAD) else { panic!("time for a probe") };
    core.unanswered(probe);
    assert!(matches!(core.ask(later, DOWNLOAD), Ask::Go(_)));
}
