//! Which requests to S3 one request makes, and what they come to.
//!
//! A plain read, also of a range, is one request: conditions are weighed against the headers of its own answer. The
//! object is looked at first where it may well not be read at all (conditions, `HEAD`) or where its size must be known
//! (the last so many bytes). No server need know conditions, and what is sent comes from one answer only.

use super::{Asked, conditions::Verdict};
use crate::bucket::{About, Bucket, Opened, S3Error};

/// What is to be answered.
#[derive(Debug)]
pub(super) enum Found {
    /// 200 or 206.
    Body(Box<Opened>),
    /// 200 without the body.
    Head(About),
    /// 304.
    NotModified(About),
    /// 412.
    Failed,
    /// 416.
    Unsatisfiable {
        /// Bytes of the whole object.
        size: u64,
    },
}

/// Looks the object `key` up; none if there is none.
pub(super) async fn look_up(bucket: &Bucket, key: &str, asked: &Asked) -> Result<Option<Found>, S3Error> {
    let mut span = asked.range.and_then(super::Wanted::as_span);
    let needs_size = asked.range.is_some() && span.is_none();
    if asked.is_head || needs_size || asked.conditions.decide_whether_to_read() {
        let Some(about) = bucket.about(key).await? else { return Ok(None) };
        let about = match weighed(asked, about) {
            Ok(about) => about,
            Err(found) => return Ok(Some(found)),
        };
        if asked.is_head {
            return Ok(Some(Found::Head(about)));
        }
        span = match part_of(asked, &about) {
            Part::Whole => None,
            Part::Outside => return Ok(Some(Found::Unsatisfiable { size: about.size })),
            Part::Within(first, last) => Some(crate::bucket::Span { first, last: Some(last) }),
        };
    }
    let opened = match bucket.open(key, span).await {
        // S3 does not tell the size then
        Err(error) if span.is_some() && error.is_unsatisfiable() => {
            let Some(about) = bucket.about(key).await? else { return Ok(None) };
            if part_of(asked, &about) == Part::Outside {
                return Ok(Some(
                    weighed(asked, about)
                        .map_or_else(|found| found, |about| Found::Unsatisfiable { size: about.size }),
                ));
            }
            bucket.open(key, None).await?
        }
        opened => opened?,
    };
    let Some(opened) = opened else { return Ok(None) };
    match part_of(asked, &opened.about) {
        Part::Outside if opened.part.is_none() => Ok(Some(Found::Unsatisfiable { size: opened.about.size })),
        Part::Within(first, last) if opened.part == Some((first, last)) => Ok(Some(judged(asked, opened))),
        _ if opened.part.is_none() => Ok(Some(judged(asked, opened))),
        // another object than the client has a part of
        _ => Ok(bucket.open(key, None).await?.map(|opened| judged(asked, opened))),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// First and last byte.
    Within(u64, u64),
    Outside,
}

/// The part of this object that is asked for.
fn part_of(asked: &Asked, about: &About) -> Part {
    match asked.range.filter(|_| asked.conditions.range_is_meant_of(about)) {
        None => Part::Whole,
        Some(range) => {
            range.within(about.size).map_or(Part::Outside, |(first, last)| Part::Within(first, last))
        }
    }
}

/// The object, unless the conditions forbid or spare sending it.
fn weighed(asked: &Asked, about: About) -> Result<About, Found> {
    match asked.conditions.weigh(&about) {
        Verdict::Proceed => Ok(about),
        Verdict::NotModified => Err(Found::NotModified(about)),
        Verdict::Failed => Err(Found::Failed),
    }
}

/// The same for one that is being read: it may have been replaced since it was looked at.
fn judged(asked: &Asked, opened: Opened) -> Found {
    match asked.conditions.weigh(&opened.about) {
        Verdict::Proceed => Found::Body(Box::new(opened)),
        Verdict::NotModified => Found::NotModified(opened.about),
        Verdict::Failed => Found::Failed,
    }
}
