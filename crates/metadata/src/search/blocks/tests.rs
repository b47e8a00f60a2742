//! Which hits are certain, and where a request may stop.

use super::*;
use crate::{names::ROWS_PER_BLOCK, store::Sort};

fn time(day: i64) -> String {
    format!("2026-11-{day:02} 01:58:12")
}

/// Blocks of which each has rows from one day to another, none of them looked through.
fn blocks(order: Order, days: &[(i64, i64)]) -> Blocks {
    let head = |(block, (oldest, newest)): (usize, &(i64, i64))| BlockHead {
        block: i64::try_from(block).unwrap(),
        newest: Some(time(*newest)),
        oldest: Some(time(*oldest)),
    };
    let mut heads: Vec<_> = days.iter().enumerate().map(head).collect();
    heads.sort_by(|one, other| placed(order, earliest(order, one), earliest(order, other)));
    Blocks {
        order,
        needle: Needle::new("a"),
        after: None,
        has_moved: false,
        skip: 0,
        heads,
        next: 0,
        width: FIRST_FILTERS,
        changed: Vec::new(),
        looked_at_changed: true,
        hits: Hits::new(order),
        budget: Budget::full(),
    }
}

#[test]
fn of_rows_of_one_second_those_whose_turn_it_is_need_no_other_block() {
    let ascending = Order { sort: Sort::Imported, descending: false };
    for (order, id, is_certain) in [
        (Order::NEWEST_FIRST, 2 * ROWS_PER_BLOCK, true),
        (Order::NEWEST_FIRST, 2 * ROWS_PER_BLOCK - 2, false),
        (ascending, -1, true),
        (ascending, 1, false),
    ] {
        let mut blocks = blocks(order, &[(1, 1), (1, 1)]);
        blocks.hits.add([(Some(time(1)), id)]);
        let certain = blocks.take_certain(1, &Filters::default());
        assert_eq!(certain.len(), usize::from(is_certain), "{order:?} {id}");
    }
}

#[test]
fn a_request_stops_only_where_the_next_one_has_less_to_do() {
    let day = |at: Option<Position>| at.and_then(|at| at.key.into_text());
    let mut apart = blocks(Order::NEWEST_FIRST, &[(1, 2), (3, 4), (5, 6), (7, 8)]);
    apart.next = 2;
    assert_eq!(day(apart.stop()), Some(time(4)));
    apart.skip = 1;
    assert_eq!(apart.stop(), None, "hits that are to be passed over are not counted again");
    let mut mixed = blocks(Order::NEWEST_FIRST, &[(1, 7), (1, 8), (2, 6), (2, 9)]);
    mixed.next = 2;
    assert_eq!(mixed.stop(), None);
    mixed.after = Some((Some(time(8)), 7));
    assert_eq!(mixed.stop(), None, "that is where it began");
    mixed.has_moved = true;
    assert_eq!(day(mixed.stop()), Some(time(8)));
}
