//! Everything that is counted: the one list that the code, the dashboard, the alert rules and the documentation share.
//!
//! Names begin with `image_import_`; units are seconds and bytes; what only grows ends in `_total`. No label has a value
//! that a user or Google made up: routes are patterns, reasons are codes.

/// Something that is counted.
#[derive(Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// Its labels, beside `service`.
    pub labels: &'static [&'static str],
    /// What it says, in one sentence.
    pub help: &'static str,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Values, sorted into buckets with these upper ends.
    Histogram(&'static [f64]),
}

/// From what a cache answers to what a browser gives up on.
const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Requests that were answered.
pub static HTTP_REQUESTS: Metric = Metric {
    name: "image_import_http_requests_total",
    kind: Kind::Counter,
    labels: &["route", "method", "status"],
    help: "Requests answered, by the pattern of the route (`other`: none of ours, or refused before it was looked for), method and status.",
};

/// How long answers took.
pub static HTTP_SECONDS: Metric = Metric {
    name: "image_import_http_request_duration_seconds",
    kind: Kind::Histogram(SECONDS),
    labels: &["route"],
    help: "Time from a request's head to its answer's head, by the pattern of the route.",
};

/// Errors that a service answered.
pub static HTTP_ERRORS: Metric = Metric {
    name: "image_import_http_errors_total",
    kind: Kind::Counter,
    labels: &["code"],
    help: "Errors that this service answered, by the `code` in their body; what the gateway only passes on is counted where it was made.",
};

/// Streams of events that are open.
pub static EVENT_STREAMS: Metric = Metric {
    name: "image_import_event_streams",
    kind: Kind::Gauge,
    labels: &[],
    help: "Streams of events that are open.",
};

/// Jobs that have not ended.
pub static OPEN_JOBS: Metric = Metric {
    name: "image_import_open_jobs",
    kind: Kind::Gauge,
    labels: &[],
    help: "Jobs in the store, which all import services may share, that have not ended.",
};

/// Jobs that have.
pub static JOBS: Metric = Metric {
    name: "image_import_jobs_total",
    kind: Kind::Counter,
    labels: &["state"],
    help: "Jobs whose end this process has seen: completed, cancelled or failed.",
};

/// Connections that are open.
pub static CONNECTIONS_OPEN: Metric = Metric {
    name: "image_import_connections_open",
    kind: Kind::Gauge,
    labels: &[],
    help: "Connections that clients have open, the idle ones too.",
};

/// Connections that were ended, or turned away.
pub static CONNECTIONS_REFUSED: Metric = Metric {
    name: "image_import_connections_refused_total",
    kind: Kind::Counter,
    labels: &["reason"],
    help: "Connections that the service ended or turned away: idle, slow-head, slow-reader, bad-head (not HTTP/1.1), made-room (for another one), full (all were in use).",
};

/// Images whose outcome was written down.
pub static IMAGES: Metric = Metric {
    name: "image_import_images_total",
    kind: Kind::Counter,
    labels: &["outcome", "reason"],
    help: "Images that came to an end: imported, known (also those that import finds known while it lists), failed (with the reason) or cancelled.",
};

/// Bytes of images that are new.
pub static IMAGE_BYTES: Metric = Metric {
    name: "image_import_image_bytes_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Bytes of the images whose outcome is imported.",
};

/// Tries that are followed by another one.
pub static RETRIES: Metric = Metric {
    name: "image_import_retries_total",
    kind: Kind::Counter,
    labels: &["reason"],
    help: "Tries of an image that failed and are made again, by the reason.",
};

/// Tasks in the queue.
pub static QUEUE_TASKS: Metric = Metric {
    name: "image_import_queue_tasks",
    kind: Kind::Gauge,
    labels: &["state"],
    help: "Tasks in the queue that all workers share: ready, delayed (wait for a try, a file or Drive), leased (in work), ended (to be reported).",
};

/// Age of the oldest task that could run.
pub static QUEUE_OLDEST: Metric = Metric {
    name: "image_import_queue_oldest_seconds",
    kind: Kind::Gauge,
    labels: &[],
    help: "How long the oldest task that may run has been waiting for a worker; 0 when none waits.",
};

/// Calls of Google Drive.
pub static DRIVE_CALLS: Metric = Metric {
    name: "image_import_drive_calls_total",
    kind: Kind::Counter,
    labels: &["call", "result"],
    help: "Calls of Google Drive that were answered or given up: list, record or download, with `ok` or the reason of the refusal.",
};

/// What they cost.
pub static DRIVE_UNITS: Metric = Metric {
    name: "image_import_drive_units_total",
    kind: Kind::Counter,
    labels: &["call"],
    help: "Quota units of the calls of Google Drive, by Google's price list: list 100, record 5, download 200.",
};

/// How fast the pacer lets calls through.
pub static PACER_RATE: Metric = Metric {
    name: "image_import_drive_pacer_units_per_second",
    kind: Kind::Gauge,
    labels: &[],
    help: "Quota units per second that the worker allows itself at Google Drive; +Inf while no limit is known.",
};

/// Whether Drive lets anybody in.
pub static DRIVE_PAUSED: Metric = Metric {
    name: "image_import_drive_paused_seconds",
    kind: Kind::Gauge,
    labels: &[],
    help: "How long Google Drive has been letting no call through; 0 while it does.",
};

/// Bytes of stored objects.
pub static STORED_BYTES: Metric = Metric {
    name: "image_import_stored_bytes_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Bytes of the objects that the storage service has written to the bucket, whole and verified.",
};

/// Stored objects.
pub static STORED_OBJECTS: Metric = Metric {
    name: "image_import_stored_objects_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Objects that the storage service has written to the bucket, whole and verified.",
};

/// Thumbnails that were wished for.
pub static THUMBNAILS: Metric = Metric {
    name: "image_import_thumbnails_total",
    kind: Kind::Counter,
    labels: &["result"],
    help: "Thumbnails that were wished for: kept (found in the bucket), made, refused (nothing can be made of the image), missing (no such image), busy (too many waited), failed.",
};

/// How long making one takes.
pub static THUMBNAIL_SECONDS: Metric = Metric {
    name: "image_import_thumbnail_duration_seconds",
    kind: Kind::Histogram(SECONDS),
    labels: &[],
    help: "Time from the wish for a thumbnail that is not kept to its bytes, the wait for a turn included.",
};

/// What is taken of a pool.
pub static POOL_IN_USE: Metric = Metric {
    name: "image_import_pool_in_use",
    kind: Kind::Gauge,
    labels: &["pool"],
    help: "How much of a pool is taken: image-slots, database (connections), upload-memory and json-memory (bytes), object-reads.",
};

/// How much a pool has.
pub static POOL_CAPACITY: Metric = Metric {
    name: "image_import_pool_capacity",
    kind: Kind::Gauge,
    labels: &["pool"],
    help: "How much of it there is at most.",
};

/// Spans that nobody will see.
pub static TRACE_SPANS_DROPPED: Metric = Metric {
    name: "image_import_trace_spans_dropped_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Spans of traces that were dropped: the collector was away for long, or refused them. Only where one is set.",
};

/// All of them.
pub static ALL: &[&Metric] = &[
    &HTTP_REQUESTS,
    &HTTP_SECONDS,
    &CONNECTIONS_OPEN,
    &CONNECTIONS_REFUSED,
    &HTTP_ERRORS,
    &EVENT_STREAMS,
    &OPEN_JOBS,
    &JOBS,
    &IMAGES,
    &IMAGE_BYTES,
    &RETRIES,
    &QUEUE_TASKS,
    &QUEUE_OLDEST,
    &DRIVE_CALLS,
    &DRIVE_UNITS,
    &PACER_RATE,
    &DRIVE_PAUSED,
    &STORED_BYTES,
    &STORED_OBJECTS,
    &THUMBNAILS,
    &THUMBNAIL_SECONDS,
    &POOL_IN_USE,
    &POOL_CAPACITY,
    &TRACE_SPANS_DROPPED,
];
