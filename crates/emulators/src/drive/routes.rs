//! Every path of the emulator, and the order in which a call is judged: key, faults, then the call itself.

use super::broken::broken;
use super::errors::{DriveError, page};
use super::faults::{self, Answer, Cut, Plan, Target};
use super::query::Query;
use super::request::Call;
use super::wire::WireHandle;
use super::{Drive, control, files, media};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::any;
use std::io;

/// The whole table.
pub(crate) fn router(drive: Drive) -> Router {
    Router::new()
        .route("/drive/v3/files", any(list_files))
        .route("/drive/v3/files/{id}", any(get_file))
        .merge(control::routes())
        .fallback(async || page(404, "text/plain; charset=utf-8", "404: Not Found"))
        .with_state(drive)
}

async fn list_files(State(drive): State<Drive>, request: Request) -> Response {
    answer(drive, None, request).await
}

async fn get_file(State(drive): State<Drive>, path: RawPathParams, request: Request) -> Response {
    let id = path.iter().next().map(|(_, id)| id.to_owned());
    answer(drive, id, request).await
}

/// `id` is absent for `files.list`.
async fn answer(drive: Drive, id: Option<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let wire = parts.extensions.get::<ConnectInfo<WireHandle>>().map(|info| info.0.clone());
    let call = match Call::read(parts, body).await {
        Ok(call) => call,
        Err(error) => return error.response(super::errors::Format::One),
    };
    let format = call.format();
    drive.stats.headers(|counts| call.count(counts));
    let answered = match call.check(&drive.key) {
        Ok(()) => judge(&drive, id, call, wire).await,
        Err(error) => Ok(error.response(format)),
    };
    match answered {
        Ok(response) => {
            drive.stats.answer(response.status().as_u16());
            response
        }
        Err(NoAnswer) => Response::new(Body::from_stream(futures::stream::once(async {
            Err::<bytes::Bytes, _>(io::Error::new(io::ErrorKind::ConnectionReset, "cut on purpose"))
        }))),
    }
}

/// The connection ends without an answer.
struct NoAnswer;

async fn judge(
    drive: &Drive,
    id: Option<String>,
    call: Call,
    wire: Option<WireHandle>,
) -> Result<Response, NoAnswer> {
    let format = call.format();
    let (kind, targets) = target(&call, id.as_deref());
    let first = targets.first().cloned().unwrap_or_default();
    drive.stats.call(kind, &first, call.header("user-agent").unwrap_or_default());
    let has_token = call.parameter("pageToken").is_some_and(|token| !token.is_empty());
    let plan = plan(drive, kind, &first, targets, has_token).await;
    drive.pause(plan.delay).await;
    match &plan.answer {
        Some(Answer::Nothing(cut)) => {
            match (wire, cut) {
                (Some(wire), Cut::Reset) => wire.reset(),
                (Some(wire), Cut::Close(_)) => wire.close(),
                (None, _) => {}
            }
            return Err(NoAnswer);
        }
        Some(other) => {
            if let Some(response) = other.response(format) {
                return Ok(response);
            }
        }
        None => {}
    }
    let done = match (kind, id) {
        (faults::Call::Media, Some(id)) => media::media(drive, &call, plan, &id, wire).await,
        (_, id) => {
            let faults = plan.wire.clone();
            match metadata(drive.clone(), call, plan, id).await {
                Ok(response) => Ok(broken(drive, response, faults, wire).await),
                Err(error) => Err(error),
            }
        }
    };
    Ok(done.unwrap_or_else(|error| error.response(format)))
}

async fn metadata(drive: Drive, call: Call, plan: Plan, id: Option<String>) -> Result<Response, DriveError> {
    let work = move || match id {
        Some(id) => files::get(&drive, &call, &plan, &id),
        None => files::list(&drive, &call, &plan),
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| DriveError::of_reason("internalError", ""))?
}

/// What is asked, and about whom: the file, or the folders that are listed.
fn target(call: &Call, id: Option<&str>) -> (faults::Call, Vec<String>) {
    match id {
        Some(id) if call.parameter("alt") == Some("media") => (faults::Call::Media, vec![id.to_owned()]),
        Some(id) => (faults::Call::Get, vec![id.to_owned()]),
        None => {
            let query = Query::parse(call.parameter("q").unwrap_or_default()).ok();
            let parents = query.iter().flat_map(Query::parents).map(str::to_owned).collect();
            (faults::Call::List, parents)
        }
    }
}

async fn plan(drive: &Drive, call: faults::Call, id: &str, mut names: Vec<String>, has_token: bool) -> Plan {
    if drive.faults.ask_for_names() || drive.manifest_faults.ask_for_names() {
        let (library, ids) = (drive.clone(), names.clone());
        let found = tokio::task::spawn_blocking(move || {
            ids.iter().filter_map(|id| library.library.find(id)?.name).collect::<Vec<_>>()
        });
        names.extend(found.await.unwrap_or_default());
    }
    let target = Target { call, id, names: &names, has_token };
    let mut plan = Plan::default();
    drive.faults.plan(target, &mut plan);
    drive.manifest_faults.plan(target, &mut plan);
    plan
}
