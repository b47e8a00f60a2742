//! The whole `/api` table: what the outside can reach, and where it goes. Everything else is a 404: what the services
//! say to one another (`update-status`, `process-batch`, `upload`, new rows, writes to the bucket) has no way in.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::Uri,
    routing::{MethodFilter, MethodRouter, on},
};
use service::{ApiError, extract};

use crate::{
    App,
    backend::Backend,
    forward, openapi,
    target::{self, Query},
};

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Route {
    /// What is asked for; `GET` answers `HEAD` too.
    pub(crate) method: MethodFilter,
    /// The path here; `{id}` takes digits only, other placeholders any one segment.
    pub(crate) path: &'static str,
    /// Whose it is.
    pub(crate) to: Service,
    /// The path there.
    pub(crate) at: &'static str,
    /// Which parameters go on.
    pub(crate) query: Query,
    /// What comes back.
    pub(crate) answers: Answers,
}

/// The service that a route goes to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Service {
    /// Import.
    Import,
    /// Import, given more time.
    SlowImport,
    /// Metadata.
    Metadata,
    /// Storage.
    Storage,
}

/// What a route answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// A route of the original: JSON always; anything else from the service is a 503.
    Json,
    /// An addition: whatever the service says.
    Anything,
    /// An addition: a stream of events.
    Events,
}

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const DELETE: MethodFilter = MethodFilter::DELETE;

/// The routes of the original.
static ORIGINAL: [Route; 7] = {
    use Service::{Import, Metadata, SlowImport};
    [
        original(POST, "/api/import/google-drive", SlowImport, "/import/google-drive", &[]),
        original(GET, "/api/import/status/{job_id}", Import, "/import/status/{job_id}", &["imported"]),
        Route { query: Query::AsReceived, ..original(GET, "/api/images", Metadata, "/images", &[]) },
        original(GET, "/api/images/all", Metadata, "/images/all", &[]),
        original(GET, "/api/images/{id}", Metadata, "/images/{id}", &[]),
        original(DELETE, "/api/images/{id}", Metadata, "/images/{id}", &["keep_object"]),
        original(GET, "/api/stats", Metadata, "/stats", &[]),
    ]
};

/// Our additions.
static ADDITIONS: [Route; 12] = {
    use Service::{Import, Metadata, SlowImport, Storage};
    [
        addition(POST, "/api/import/preview", SlowImport, "/import/preview"),
        Route {
            answers: Answers::Events,
            ..addition(GET, "/api/import/events/{job_id}", Import, "/import/events/{job_id}")
        },
        addition(GET, "/api/import/jobs", Import, "/import/jobs"),
        addition(GET, "/api/import/jobs/{job_id}", Import, "/import/jobs/{job_id}"),
        addition(POST, "/api/import/jobs/{job_id}/cancel", Import, "/import/jobs/{job_id}/cancel"),
        addition(POST, "/api/import/jobs/{job_id}/retry", Import, "/import/jobs/{job_id}/retry"),
        addition(GET, "/api/import/jobs/{job_id}/failures", Import, "/import/jobs/{job_id}/failures"),
        addition(GET, "/api/images/counts", Metadata, "/images/counts"),
        addition(GET, "/api/images/histogram", Metadata, "/images/histogram"),
        addition(POST, "/api/images/delete", Metadata, "/images/delete"),
        addition(GET, "/api/objects/{key}", Storage, "/objects/{key}"),
        addition(GET, "/api/objects/{key}/thumbnail", Storage, "/objects/{key}/thumbnail"),
    ]
};

const fn original(
    method: MethodFilter,
    path: &'static str,
    to: Service,
    at: &'static str,
    parameters: &'static [&'static str],
) -> Route {
    Route { method, path, to, at, query: Query::Only(parameters), answers: Answers::Json }
}

const fn addition(method: MethodFilter, path: &'static str, to: Service, at: &'static str) -> Route {
    Route { method, path, to, at, query: Query::AsReceived, answers: Answers::Anything }
}

/// Every line of the table.
pub(crate) fn table() -> impl Iterator<Item = &'static Route> {
    ORIGINAL.iter().chain(&ADDITIONS)
}

/// The table as a router, and beside it what describes it.
pub(crate) fn api() -> Router<Arc<App>> {
    let router = Router::new().route("/api/images/{id}", MethodRouter::new().fallback(other_method));
    table().fold(router.merge(openapi::routes()), |router, route| {
        let forward = move |State(app): State<Arc<App>>, request: Request| async move {
            forward::forward(&app, route, request).await
        };
        router.route(route.path, on(route.method, forward))
    })
}

/// Any other method: on an image it is not allowed, and what is no number is no image.
async fn other_method(uri: Uri) -> ApiError {
    match target::path("/api/images/{id}", "/images/{id}", uri.path()) {
        Ok(_) => ApiError::method_not_allowed(),
        Err(_) => extract::not_found(),
    }
}

impl Service {
    /// The service itself.
    pub(crate) fn of(self, app: &App) -> &Backend {
        match self {
            Self::Import => &app.import,
            Self::SlowImport => &app.slow_import,
            Self::Metadata => &app.metadata,
            Self::Storage => &app.storage,
        }
    }
}
