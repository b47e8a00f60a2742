//! Where rows and blocks stand in a list by time.

use std::cmp::Ordering;

use crate::{
    names::ROWS_PER_BLOCK,
    store::{BlockHead, Order},
};

/// Where a row stands by time: its time and its number.
pub(super) type Place = (Option<String>, i64);

/// The time of the block's first row in this order.
fn first(order: Order, head: &BlockHead) -> Option<&str> {
    if order.descending { head.newest.as_deref() } else { head.oldest.as_deref() }
}

/// The time of the block's last row in this order.
pub(super) fn last(order: Order, head: &BlockHead) -> Option<&str> {
    if order.descending { head.oldest.as_deref() } else { head.newest.as_deref() }
}

/// The first place that a row of the block can have in this order.
pub(super) fn earliest(order: Order, head: &BlockHead) -> (Option<&str>, i64) {
    let from = head.block.saturating_mul(ROWS_PER_BLOCK);
    (first(order, head), if order.descending { from.saturating_add(ROWS_PER_BLOCK - 1) } else { from })
}

/// Which of two places comes first.
pub(super) fn placed(order: Order, one: (Option<&str>, i64), other: (Option<&str>, i64)) -> Ordering {
    let by_id = if order.descending { other.1.cmp(&one.1) } else { one.1.cmp(&other.1) };
    directed(order, one.0, other.0).then(by_id)
}

/// Which of two times comes first.
pub(super) fn directed(order: Order, one: Option<&str>, other: Option<&str>) -> Ordering {
    if order.descending { other.cmp(&one) } else { one.cmp(&other) }
}
