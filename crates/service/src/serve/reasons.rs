//! Why connections are ended or turned away: values of the label `reason`.

/// Longer without a request than connections are kept.
pub(super) const IDLE: &str = "idle";
/// The head of a request did not come in time, or not even its first byte.
pub(super) const SLOW_HEAD: &str = "slow-head";
/// The client took too little of an answer that waits for it.
pub(super) const SLOW_READER: &str = "slow-reader";
/// Ended for another one, as all seats were taken.
pub(super) const MADE_ROOM: &str = "made-room";
/// Turned away: all seats were taken, and none could be made free.
pub(super) const FULL: &str = "full";
/// The head of a request could not be read.
pub(super) const BAD_HEAD: &str = "bad-head";

pub(super) const ALL: [&str; 6] = [IDLE, SLOW_HEAD, SLOW_READER, MADE_ROOM, FULL, BAD_HEAD];
