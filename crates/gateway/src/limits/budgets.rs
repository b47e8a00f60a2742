//! What each client has left of its rate. Pure: whoever asks says when.
//!
//! A client's budget is one time: when all of it will be there again. One that has not asked for a minute has all of it, as
//! one that never asked, so nothing is lost when it is forgotten. That happens by generations: each minute the young ones
//! become the old, and the old are dropped who did not come again. Nobody is ever forgotten sooner, or a flood of addresses
//! could win new budgets; when there is no room, newcomers share what is left.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    time::{Duration, Instant},
};

/// In which a whole budget comes back.
const MINUTE: Duration = Duration::from_secs(60);
/// Clients of one generation that have a budget of their own. There are two generations.
const OWN_BUDGETS: usize = 100_000;
/// Budgets for all others.
const SHARED_BUDGETS: u64 = 1024;

/// Whose budget it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Client(IpAddr),
    /// Clients that came when there was no room.
    Several(u64),
}

type Generation = HashMap<Owner, Instant>;

/// The budgets of all clients.
#[derive(Debug)]
pub(super) struct Budgets {
    /// In which one request's worth comes back.
    step: Duration,
    own: usize,
    /// Those that asked in this minute, or since the last turn; when each budget is whole again.
    young: Generation,
    old: Generation,
    turned: Instant,
    /// Not to be guessed: nobody shall choose with whom to share.
    hasher: RandomState,
}

impl Budgets {
    /// So many requests a minute, all of which may come at once.
    pub(super) fn new(per_minute: NonZeroU32, now: Instant) -> Self {
        Self {
            step: MINUTE / per_minute.get(),
            own: OWN_BUDGETS,
            young: Generation::default(),
            old: Generation::default(),
            turned: now,
            hasher: RandomState::new(),
        }
    }

    /// Takes a request out of the budget of `client`; if there is none left, how long until there is.
    pub(super) fn take(&mut self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        self.turn(now);
        let owner = self.owner(client, now);
        let known = self.young.get(&owner).or_else(|| self.old.get(&owner));
        let whole_at = known.map_or(now, |at| (*at).max(now)) + self.step;
        if whole_at > now + MINUTE {
            return Err(whole_at - (now + MINUTE));
        }
        self.young.insert(owner, whole_at);
        Ok(())
    }

    /// Gives back what was taken just now, for a request that came to nothing.
    pub(super) fn give_back(&mut self, client: IpAddr, now: Instant) {
        let owner = self.owner(client, now);
        if let Some(whole_at) = self.young.get_mut(&owner) {
            *whole_at = (*whole_at).checked_sub(self.step).unwrap_or(now);
        }
    }

    fn turn(&mut self, now: Instant) {
        if now.saturating_duration_since(self.turned) >= MINUTE {
            let idle = now.saturating_duration_since(self.turned) >= MINUTE * 2;
            self.old = std::mem::take(&mut self.young);
            if idle {
                self.old = Generation::default();
            }
            self.turned = now;
        }
    }

    fn owner(&self, client: IpAddr, now: Instant) -> Owner {
        let own = Owner::Client(client);
        // a budget that is whole again is that of a newcomer
        let has_room = self.young.len() < self.own
            || self.young.contains_key(&own)
            || self.old.get(&own).is_some_and(|whole_at| *whole_at > now);
        if has_room { own } else { Owner::Several(self.hasher.hash_one(client) % SHARED_BUDGETS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budgets(per_minute: u32, now: Instant) -> Budgets {
        Budgets::new(NonZeroU32::new(per_minute).unwrap(), now)
    }

    fn client(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    fn after(start: Instant, secs: u64) -> Instant {
        start + Duration::from_secs(secs)
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_then_one_at_a_time() {
        let start = Instant::now();
        let mut budgets = budgets(6, start);
        for _ in 0..6 {
            assert_eq!(budgets.take(client(1), start), Ok(()));
        }
        assert_eq!(budgets.take(client(1), start), Err(Duration::from_secs(10)));
        assert_eq!(budgets.take(client(2), start), Ok(()));
        assert_eq!(
            budgets.take(client(1), after(start, 9)),
            Err(Duration::from_secs(1)),
            "a refusal costs nothing"
        );
        assert_eq!(budgets.take(client(1), after(start, 10)), Ok(()));
        assert!(budgets.take(client(1), after(start, 10)).is_err());
        // over any time and all turns: a minute's worth at once, and then the rate
        let taken = (10..3600).filter(|&secs| budgets.take(client(1), after(start, secs)).is_ok()).count();
        assert_eq!(taken, 358);
    }

    #[test]
    fn what_came_to_nothing_is_given_back() {
        let start = Instant::now();
        let mut budgets = budgets(1, start);
        for _ in 0..3 {
            assert_eq!(budgets.take(client(1), start), Ok(()));
            budgets.give_back(client(1), start);
        }
        assert_eq!(budgets.take(client(1), start), Ok(()));
        assert!(budgets.take(client(1), start).is_err());
        budgets.give_back(client(2), start);
        assert_eq!(budgets.take(client(2), start), Ok(()));
        assert!(budgets.take(client(2), start).is_err(), "who took nothing is given nothing");
    }

    #[test]
    fn who_comes_again_each_minute_takes_no_more_room_than_there_is() {
        let start = Instant::now();
        let mut budgets = budgets(1, start);
        budgets.own = 10;
        for minute in 0..20 {
            let at = after(start, minute * 61);
            // new ones first: those who come again must not stand beside them
            for number in (0..10 * (u32::try_from(minute).unwrap() + 1)).rev() {
                let _ = budgets.take(client(number), at);
            }
            let own = budgets.young.keys().filter(|owner| matches!(owner, Owner::Client(_))).count();
            assert!(own <= 10, "{own}");
        }
    }

    #[test]
    fn who_has_not_asked_for_long_is_forgotten_and_nobody_sooner() {
        let start = Instant::now();
        let mut budgets = budgets(1, start);
        budgets.turned = start;
        assert_eq!(budgets.take(client(1), after(start, 59)), Ok(()));
        assert!(budgets.take(client(1), after(start, 61)).is_err(), "kept over a turn");
        assert_eq!(budgets.take(client(2), after(start, 118)), Ok(()));
        assert_eq!(budgets.take(client(2), after(start, 179)), Ok(()));
        assert!(!budgets.old.contains_key(&Owner::Client(client(1))));
        assert_eq!(budgets.take(client(3), after(start, 600)), Ok(()));
        assert_eq!(budgets.young.len() + budgets.old.len(), 1);
    }

    #[test]
    fn a_flood_of_addresses_wins_no_new_budget_and_takes_none_away() {
        let start = Instant::now();
        let mut budgets = budgets(1, start);
        budgets.own = 10;
        assert_eq!(budgets.take(client(0), start), Ok(()));
        let taken = (1..100_000).filter(|&number| budgets.take(client(number), start).is_ok()).count();
        assert!(taken <= 9 + usize::try_from(SHARED_BUDGETS).unwrap(), "{taken}");
        assert!(budgets.young.len() <= 10 + usize::try_from(SHARED_BUDGETS).unwrap());
        assert!(budgets.take(client(0), start).is_err(), "the first one is not forgotten");
        // it has its own again as soon as it is there
        assert_eq!(budgets.take(client(0), after(start, 60)), Ok(()));
    }
}
