//! Who gives way when all seats are taken. Pure.

use std::time::{Duration, Instant};

use super::seat::Standing;

/// Of this many idle connections one is ended at once, and at least one: to look for it takes time.
const ROOM: usize = 64;
/// How long a client may be awaited in the middle of a request before it gives way.
const PATIENCE: Duration = Duration::from_secs(1);

/// A connection that could be ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) number: u64,
    pub(super) standing: Standing,
    pub(super) since: Instant,
    /// How many seats its address holds.
    pub(super) held: usize,
}

/// Which of `candidates` give way to one more connection of an address that holds `held` seats already.
///
/// Whose address holds most comes first, and of these who has stood so for longest: so addresses take turns, whatever one
/// of them does. Idle ones give way to anybody. Somebody's running request goes only if its address keeps no fewer
/// seats than the newcomer's gets; event streams, whose clients come back by themselves, go when nothing else is left.
pub(super) fn giving_way(mut candidates: Vec<Candidate>, held: usize, now: Instant) -> Vec<Candidate> {
    candidates.retain(|candidate| match candidate.standing {
        Standing::Idle | Standing::Events => true,
        Standing::ClientsTurn => {
            candidate.held > held + 1 && now.saturating_duration_since(candidate.since) >= PATIENCE
        }
    });
    let Some(least) = candidates.iter().map(|candidate| candidate.standing).min() else { return candidates };
    candidates.retain(|candidate| candidate.standing == least);
    let some = if least == Standing::Idle { (candidates.len() / ROOM).max(1) } else { 1 };
    if some < candidates.len() {
        candidates.select_nth_unstable_by_key(some, |candidate| {
            (std::cmp::Reverse(candidate.held), candidate.since)
        });
        candidates.truncate(some);
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(standing, seconds since when, seats of its address)`, numbered as they come.
    fn chosen(candidates: &[(Standing, u64, usize)], held: usize) -> Vec<u64> {
        let now = Instant::now() + Duration::from_secs(1000);
        let candidates = (0..).zip(candidates).map(|(number, &(standing, age, held))| Candidate {
            number,
            standing,
            since: now.checked_sub(Duration::from_secs(age)).unwrap(),
            held,
        });
        giving_way(candidates.collect(), held, now).iter().map(|chosen| chosen.number).collect()
    }

    #[test]
    fn the_address_that_holds_most_gives_way_and_of_it_who_idles_longest() {
        use Standing::Idle;
        assert_eq!(chosen(&[(Idle, 9, 1), (Idle, 2, 5), (Idle, 3, 5), (Idle, 1, 5)], 0), [2]);
        assert_eq!(chosen(&[(Idle, 1, 1), (Idle, 2, 1)], 9), [1]);
        assert!(chosen(&[], 0).is_empty());
    }

    #[test]
    fn nothing_that_runs_goes_while_somebody_idles() {
        use Standing::{ClientsTurn, Events, Idle};
        assert_eq!(chosen(&[(ClientsTurn, 50, 90), (Events, 90, 90), (Idle, 0, 1)], 0), [2]);
    }

    #[test]
    fn slow_clients_go_only_where_their_address_keeps_as_many_as_the_newcomer_gets() {
        use Standing::ClientsTurn;
        assert_eq!(chosen(&[(ClientsTurn, 50, 3), (ClientsTurn, 60, 4)], 2), [1]);
        assert!(chosen(&[(ClientsTurn, 50, 3)], 2).is_empty());
        assert!(chosen(&[(ClientsTurn, 0, 9)], 0).is_empty(), "it has just begun to wait");
    }

    #[test]
    fn event_streams_go_last_and_take_turns() {
        use Standing::{ClientsTurn, Events};
        assert_eq!(chosen(&[(Events, 90, 9), (ClientsTurn, 2, 9)], 0), [1]);
        assert_eq!(chosen(&[(Events, 9, 2), (Events, 8, 2), (ClientsTurn, 5, 2)], 2), [0]);
    }

    #[test]
    fn where_many_idle_many_make_room_at_once() {
        let many: Vec<_> = (0..640).map(|age| (Standing::Idle, age, 640)).collect();
        let mut gone = chosen(&many, 640);
        gone.sort_unstable();
        assert_eq!(gone, (630..640).collect::<Vec<_>>());
    }
}
