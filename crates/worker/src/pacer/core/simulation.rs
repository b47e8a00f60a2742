//! Workers with a core each, 50 downloads at once, against a quota: how much of it is used. No clock, no chance.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
};

use super::{Ask, CALL, Core, Duration, Ticket};

/// Downloads that one worker runs at once.
const SLOTS: u32 = 50;
/// What is done with an image besides the call.
const WORK: f64 = 0.02;
const UNITS: u32 = 200;

/// How a server counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// In windows; each begins with the first call after the one before.
    FromFirstCall,
    /// In windows by the clock.
    ByTheClock,
    /// What went through in the time of a window before each call.
    Sliding,
    /// Units come back all the time, up to those of a window.
    Bucket,
}

/// How it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Start {
    /// With workers that know nothing, all at once.
    Fresh,
    /// The same, each a while after the one before.
    Apart,
    /// After a quota ten times as large.
    Lowered,
    /// After a tenth of the quota.
    Raised,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) kind: Kind,
    pub(super) units: f64,
    pub(super) window: f64,
    /// Seconds from a call to its answer.
    pub(super) latency: f64,
    pub(super) workers: usize,
    pub(super) start: Start,
    /// Some downloads break and go on by another call, and somebody else calls now and then.
    pub(super) is_mixed: bool,
    /// `Retry-After`, in whole seconds.
    pub(super) tells: bool,
}

/// What came of it, after the first window.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Part of the quota that was used.
    pub(super) used: f64,
    /// Part of the calls that were refused.
    pub(super) refused: f64,
}

struct Server {
    case: Case,
    units: f64,
    used: f64,
    start: f64,
    log: VecDeque<(f64, f64)>,
    /// Beginnings of windows, and what went through in each.
    windows: Vec<(f64, f64)>,
}

impl Server {
    /// Whether a call goes through, and else how long to wait.
    fn call(&mut self, now: f64, cost: f64) -> Result<(), f64> {
        let window = self.case.window;
        let measured = ((now / window).floor() * window).max(0.0);
        match self.case.kind {
            Kind::FromFirstCall if now - self.start >= window => self.begin(now),
            // their beginnings do not fall together with the first call
            Kind::ByTheClock => {
                let start = ((now / window + 0.37).floor() - 0.37) * window;
                if start > self.start {
                    self.begin(start);
                }
            }
            Kind::Sliding => {
                while let Some((at, units)) = self.log.front().copied().filter(|(at, _)| now - at >= window) {
                    debug_assert!(at <= now);
                    self.used -= units;
                    self.log.pop_front();
                }
            }
            Kind::Bucket => {
                let back = self.units / window * (now - self.start);
                (self.used, self.start) = ((self.used - back).max(0.0), now);
            }
            Kind::FromFirstCall => {}
        }
        let in_windows = matches!(self.case.kind, Kind::FromFirstCall | Kind::ByTheClock);
        if !in_windows && self.windows.last().is_none_or(|(start, _)| *start < measured) {
            self.windows.push((measured, 0.0));
        }
        let goes_through = self.used + cost <= self.units;
        // refused calls cost too, where that makes a difference
        if goes_through || in_windows {
            self.used += cost;
        }
        if !goes_through {
            let first = self.log.front().map_or(self.start, |(at, _)| *at);
            return Err(if self.case.kind == Kind::Bucket { 0.1 } else { first + window - now });
        }
        if self.case.kind == Kind::Sliding {
            self.log.push_back((now, cost));
        }
        if let Some((_, sum)) = self.windows.last_mut() {
            *sum += cost;
        }
        Ok(())
    }

    fn begin(&mut self, start: f64) {
        (self.start, self.used) = (start, 0.0);
        self.windows.push((start, 0.0));
    }

    /// Part of the quota used in whole windows from `from` on, by the time they took.
    fn used_from(&self, from: f64) -> f64 {
        let windows: Vec<_> = self.windows.iter().filter(|(start, _)| *start >= from).collect();
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else { return 0.0 };
        let sum: f64 = windows[..windows.len() - 1].iter().map(|(_, sum)| sum).sum();
        sum / self.case.units / ((last.0 - first.0) / self.case.window)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Wake(usize),
    Arrives(usize, usize),
    Answered(usize, usize),
    Freed(usize),
    OthersCall,
}

#[derive(Clone, Copy)]
struct Call {
    ticket: Ticket,
    is_rest: bool,
    answer: Result<(), f64>,
}

struct World {
    case: Case,
    events: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    number: u64,
    dice: u64,
    calls: Vec<Call>,
    cores: Vec<Core>,
    /// Images that wait for their turn: true where only the rest is missing.
    waiting: Vec<VecDeque<bool>>,
    wakes: HashMap<usize, Duration>,
}

impl World {
    fn at(&mut self, time: Duration, event: Event) {
        self.number += 1;
        self.events.push(Reverse((time, self.number, event)));
    }

    fn draw(&mut self) -> f64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.dice >> 33).unwrap()) / f64::from(u32::MAX >> 1)
    }

    fn half_way(&mut self) -> Duration {
        let jitter = 0.9 + 0.2 * self.draw();
        Duration::from_secs_f64(self.case.latency / 2.0 * jitter)
    }

    /// Makes all calls that may be made.
    fn go_on(&mut self, now: Duration, worker: usize) {
        while let Some(is_rest) = self.waiting[worker].front().copied() {
            match self.cores[worker].ask(now, UNITS) {
                Ask::Go(ticket) => {
                    self.waiting[worker].pop_front();
                    self.calls.push(Call { ticket, is_rest, answer: Ok(()) });
                    let arrives = now + self.half_way();
                    self.at(arrives, Event::Arrives(worker, self.calls.len() - 1));
                }
                Ask::At(time) => {
                    let time = time.max(now + Duration::from_micros(1));
                    if self.wakes.get(&worker).is_none_or(|at| time < *at || *at <= now) {
                        self.wakes.insert(worker, time);
                        self.at(time, Event::Wake(worker));
                    }
                    break;
                }
                Ask::AfterProbe => break,
            }
        }
    }

    fn answered(&mut self, now: Duration, worker: usize, call: Call) {
        match call.answer {
            Ok(()) => {
                self.cores[worker].succeeded(now, call.ticket);
                if self.case.is_mixed && !call.is_rest && self.draw() < 0.05 {
                    self.waiting[worker].push_front(true);
                } else {
                    self.at(now + Duration::from_secs_f64(WORK), Event::Freed(worker));
                }
            }
            Err(wait) => {
                let wait = Duration::from_secs_f64(wait.ceil().max(1.0));
                self.cores[worker].refused(now, call.ticket, self.case.tells.then_some(wait));
                self.waiting[worker].push_back(call.is_rest);
            }
        }
    }
}

/// Runs twelve windows, and some before where the quota changes.
pub(super) fn simulate(case: Case) -> Outcome {
    let secs = Duration::from_secs_f64;
    let (before, change) = match case.start {
        Start::Fresh | Start::Apart => (case.units, 0.0),
        Start::Lowered => (case.units * 10.0, 4.3 * case.window),
        Start::Raised => ((case.units / 10.0).max(2.0 * CALL), 4.3 * case.window),
    };
    let mut server =
        Server { case, units: before, used: 0.0, start: -1e9, log: VecDeque::new(), windows: Vec::new() };
    if case.kind == Kind::Bucket {
        server.start = 0.0;
    }
    let mut world = World {
        case,
        events: BinaryHeap::new(),
        number: 0,
        dice: 12_345,
        calls: Vec::new(),
        cores: (0..case.workers).map(|_| Core::default()).collect(),
        waiting: vec![(0..SLOTS).map(|_| false).collect(); case.workers],
        wakes: HashMap::new(),
    };
    for (worker, late) in (0_u32..).take(case.workers).enumerate() {
        let apart = if case.start == Start::Apart { 0.37 * case.window } else { 0.001 };
        world.at(secs(apart * f64::from(late)), Event::Wake(worker));
    }
    if case.is_mixed {
        world.at(secs(0.01), Event::OthersCall);
    }
    let (mut refused, mut made) = (0.0, 0.0);
    while let Some(Reverse((now, _, event))) = world.events.pop() {
        let seconds = now.as_secs_f64();
        if seconds > change + 12.2 * case.window {
            break;
        }
        if seconds >= change {
            server.units = case.units;
        }
        match event {
            Event::OthersCall => {
                let _ = server.call(seconds, 100.0);
                world.at(now + secs(case.window / 3.0), event);
            }
            Event::Arrives(worker, call) => {
                let answer = server.call(seconds, CALL);
                world.calls[call].answer = answer;
                if seconds > change + case.window {
                    made += 1.0;
                    refused += f64::from(u8::from(answer.is_err()));
                }
                let back = now + world.half_way();
                world.at(back, Event::Answered(worker, call));
            }
            Event::Wake(worker) => world.go_on(now, worker),
            Event::Freed(worker) => {
                world.waiting[worker].push_back(false);
                world.go_on(now, worker);
            }
            Event::Answered(worker, call) => {
                world.answered(now, worker, world.calls[call]);
                world.go_on(now, worker);
            }
        }
    }
    Outcome { used: server.used_from(change + 0.99 * case.window), refused: refused / made }
}
