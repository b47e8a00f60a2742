//! Which process is killed at which moment: the whole matrix in an order that a seed decides.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use tests::stack::SERVICES;

use super::moment::{Moment, Step};

/// One kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kill {
    pub(super) service: &'static str,
    pub(super) moment: Moment,
}

/// So many kills: every boundary with every process, and a fifth at random moments, over and over.
pub(super) fn whole_matrix(kills: usize, seed: u64) -> Vec<Kill> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut plan = Vec::new();
    while plan.len() < kills {
        let mut round = boundaries();
        for _ in 0..round.len() / 4 {
            let service = SERVICES[rng.random_range(0..SERVICES.len())];
            round.push(Kill { service, moment: Moment::Whenever });
        }
        round.shuffle(&mut rng);
        plan.extend(round);
    }
    plan.truncate(kills);
    plan
}

/// Every step and every process at least once, and a few random moments: for the everyday run.
pub(super) fn one_of_each(seed: u64) -> Vec<Kill> {
    let mut rng = StdRng::seed_from_u64(seed);
    let turn = rng.random_range(0..SERVICES.len());
    let mut plan = Vec::new();
    for (number, step) in Step::ALL.into_iter().enumerate() {
        let (asking, asked) = step.parts();
        let points = step.points();
        let other = SERVICES[(turn + number) % SERVICES.len()];
        let mut victims = vec![asking, asked, other];
        victims.retain(|victim| SERVICES.contains(victim));
        for (index, service) in victims.into_iter().enumerate() {
            let point = points[(turn + number + index) % points.len()];
            plan.push(Kill { service, moment: Moment::At(step, point) });
        }
    }
    plan.extend(SERVICES.map(|service| Kill { service, moment: Moment::Whenever }));
    plan.shuffle(&mut rng);
    plan
}

fn boundaries() -> Vec<Kill> {
    let points = |step: Step| step.points().iter().map(move |&point| Moment::At(step, point));
    let moments = Step::ALL.into_iter().flat_map(points);
    moments.flat_map(|moment| SERVICES.map(|service| Kill { service, moment })).collect()
}

#[test]
fn the_matrix_holds_every_process_at_every_boundary() {
    let plan = whole_matrix(500, 1);
    for kill in boundaries() {
        assert!(plan.contains(&kill), "{kill:?}");
    }
    assert_eq!(plan, whole_matrix(500, 1), "a seed says everything");
    assert_ne!(plan, whole_matrix(500, 2));
}
