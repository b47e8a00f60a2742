//! When a process is killed: at a boundary between two steps of an import, or whenever.

use std::fmt;

use tests::link::{Pattern, Point};

/// The steps of an import, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    /// Drive answers a page of the folder.
    Listed,
    /// The worker takes a batch.
    Dispatched,
    /// The worker asks which images of those that it claimed are known.
    Claimed,
    /// Drive sends an image.
    Downloading,
    /// Storage says that the object is whole.
    Uploaded,
    /// Metadata says that the row is there.
    RowWritten,
    /// Import takes an outcome.
    OutcomeReported,
}

impl Step {
    pub(super) const ALL: [Self; 7] = [
        Self::Listed,
        Self::Dispatched,
        Self::Claimed,
        Self::Downloading,
        Self::Uploaded,
        Self::RowWritten,
        Self::OutcomeReported,
    ];

    /// Whose request it is, and whom it asks.
    pub(super) fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Listed => ("import", "drive"),
            Self::Dispatched => ("import", "worker"),
            Self::Claimed | Self::RowWritten => ("worker", "metadata"),
            Self::Downloading => ("worker", "drive"),
            Self::Uploaded => ("worker", "storage"),
            Self::OutcomeReported => ("worker", "import"),
        }
    }

    pub(super) fn request(self) -> Pattern {
        match self {
            Self::Listed => Pattern::beginning("GET", "/drive/v3/files?"),
            Self::Dispatched => Pattern::exactly("POST", "/process-batch"),
            Self::Claimed => Pattern::exactly("POST", "/images/known"),
            Self::Downloading => Pattern::beginning("GET", "/drive/v3/files/"),
            Self::Uploaded => Pattern::beginning("PUT", "/objects/"),
            Self::RowWritten => Pattern::exactly("POST", "/images"),
            Self::OutcomeReported => Pattern::exactly("POST", "/import/update-status"),
        }
    }

    /// Before it, when it is done but not known to be, and after it.
    pub(super) fn points(self) -> &'static [Point] {
        match self {
            // what Drive does is no step of ours: only its answer counts
            Self::Listed => &[Point::Answered, Point::Passed],
            Self::Downloading => &[Point::Answered, Point::Middle(2000)],
            _ => &[Point::Asked, Point::Answered, Point::Passed],
        }
    }

    /// True for the steps that come to an end long before the last image.
    pub(super) fn is_early(self) -> bool {
        self == Self::Listed
    }
}

/// When.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Moment {
    /// At a boundary.
    At(Step, Point),
    /// At no particular time.
    Whenever,
}

impl Moment {
    /// The row of the table that it belongs to.
    pub(super) fn row(self) -> &'static str {
        match self {
            Self::At(Step::Listed, _) => "listed",
            Self::At(Step::Dispatched, _) => "dispatched",
            Self::At(Step::Claimed, _) => "claimed",
            Self::At(Step::Downloading, _) => "downloading",
            Self::At(Step::Uploaded, _) => "uploaded",
            Self::At(Step::RowWritten, _) => "row written",
            Self::At(Step::OutcomeReported, _) => "outcome reported",
            Self::Whenever => "random moment",
        }
    }

    pub(super) fn is_early(self) -> bool {
        matches!(self, Self::At(step, _) if step.is_early())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(_, point) => write!(f, "{} ({point:?})", self.row()),
            Self::Whenever => f.write_str(self.row()),
        }
    }
}
