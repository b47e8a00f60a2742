//! `files.list` and `files.get`: from parameters to JSON.

use super::answer::{self, Style};
use super::errors::DriveError;
use super::faults::{self, Plan, Target};
use super::fields::Mask;
use super::item::Item;
use super::library::Viewer;
use super::order::Order;
use super::pages::Search;
use super::query::Query;
use super::request::Call;
use super::resource;
use super::schema::{FILE, FILE_LIST};
use super::token::{Binding, Cursor};
use super::{Drive, parallel};
use axum::response::Response;
use serde_json::{Map, Value, json};
use std::io;
use std::time::{Duration, Instant};

const DEFAULT_LIST_FIELDS: &str =
    "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType,resourceKey)";
const DEFAULT_FILE_FIELDS: &str = "kind,id,name,mimeType,resourceKey";
const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// When reading the files of a page takes longer, the page ends early, as Drive's pages may.
const PAGE_TIME: Duration = Duration::from_secs(10);

/// Answers `files.list`. Blocks while the disk works.
pub(crate) fn list(drive: &Drive, call: &Call, plan: &Plan) -> Result<Response, DriveError> {
    let mask = mask(call, DEFAULT_LIST_FIELDS, &FILE_LIST)?;
    let page_size = page_size(call)?;
    let search = search(call)?;
    if let Some(id) = search.drive_id.as_ref().filter(|id| !drive.library.has_shared_drive(id)) {
        return Err(DriveError::shared_drive_not_found(id));
    }
    let binding = Binding::to(&[&search.identity]);
    let start = match call.parameter("pageToken").filter(|token| !token.is_empty()) {
        None => Cursor::default(),
        Some(_) if plan.paging.refuse_token => return Err(DriveError::invalid_value("pageToken")),
        Some(token) => binding.cursor(token).ok_or_else(|| DriveError::invalid_value("pageToken"))?,
    };
    let wanted = page_size.min(plan.paging.limit.unwrap_or(page_size));
    let page = search.page(&drive.library, &drive.sorted, start, wanted)?;
    let (files, unread) = files(drive, &page.items, mask.within("files"));
    let next = if plan.paging.repeat { Some(start) } else { unread.or(page.next) };

    let mut body = Map::new();
    body.insert("kind".into(), json!("drive#fileList"));
    body.insert("incompleteSearch".into(), json!(false));
    body.extend(next.map(|cursor| ("nextPageToken".to_owned(), json!(binding.token(cursor)))));
    body.insert("files".into(), Value::Array(files));
    // The files themselves are filtered already.
    body.retain(|name, _| mask.wants(name));
    Ok(answer::styled(200, &Value::Object(body), style(call, plan)))
}

/// Answers `files.get` for metadata. Blocks while the disk works.
pub(crate) fn get(drive: &Drive, call: &Call, plan: &Plan, id: &str) -> Result<Response, DriveError> {
    let mask = mask(call, DEFAULT_FILE_FIELDS, &FILE)?;
    let item = readable(drive, &call.viewer()?, id)?;
    let wrong = mask.wants("md5Checksum") && wrong_md5(drive, faults::Call::Get, &item);
    let body =
        resource::file(&item, &mask, &drive.checksums, wrong).map_err(|_| DriveError::file_not_found(id))?;
    Ok(answer::styled(200, &body, style(call, plan)))
}

/// The item, if it exists and the caller may see it.
pub(crate) fn readable(drive: &Drive, viewer: &Viewer, id: &str) -> Result<Item, DriveError> {
    let found = drive.library.find(id).filter(|item| viewer.may_read(item) && viewer.has_key(item));
    found.ok_or_else(|| DriveError::file_not_found(id))
}

/// The JSON of a page's items, and the place of the first that there was no time for. Files that have gone
/// meanwhile are left out.
fn files(drive: &Drive, items: &[(Cursor, Item)], mask: &Mask) -> (Vec<Value>, Option<Cursor>) {
    let deadline = Instant::now() + PAGE_TIME;
    let object = |(_, item): &(Cursor, Item)| -> Option<io::Result<Value>> {
        let wrong = mask.wants("md5Checksum") && wrong_md5(drive, faults::Call::List, item);
        Some(resource::file(item, mask, &drive.checksums, wrong))
    };
    let made = if resource::reads_content(mask) {
        // The first is always read, so that every page gets further.
        parallel::map(
            items,
            |index, item| if index > 0 && Instant::now() > deadline { None } else { object(item) },
        )
    } else {
        items.iter().map(object).collect()
    };
    let read = made.iter().take_while(|made| made.is_some()).count();
    let files = made.into_iter().take(read).flatten().filter_map(Result::ok).collect();
    (files, items.get(read).map(|(cursor, _)| *cursor))
}

fn wrong_md5(drive: &Drive, call: faults::Call, item: &Item) -> bool {
    let names: Vec<_> = item.name.iter().cloned().chain([item.id.clone()]).collect();
    let target = Target { call, id: &item.id, names: &names, has_token: false };
    let by_hand = drive.faults.wrong_md5(target);
    drive.manifest_faults.wrong_md5(target) || by_hand
}

fn mask(call: &Call, default: &str, schema: &Mask) -> Result<Mask, DriveError> {
    let text = call.parameter("fields").filter(|text| !text.trim().is_empty()).unwrap_or(default);
    Mask::parse_for(text, schema).map_err(|error| DriveError::invalid_parameter("fields", error.to_string()))
}

fn page_size(call: &Call) -> Result<usize, DriveError> {
    let Some(text) = call.parameter("pageSize") else { return Ok(DEFAULT_PAGE) };
    match text.parse::<i32>().map(usize::try_from) {
        Ok(Ok(size)) if size > 0 => Ok(size.min(LARGEST_PAGE)),
        _ => {
            let message =
                format!("Invalid value '{text}'. Values must be within the range: [1, {LARGEST_PAGE}]");
            Err(DriveError::invalid_parameter("pageSize", message))
        }
    }
}

fn search(call: &Call) -> Result<Search, DriveError> {
    let parameter = |name| call.parameter(name).unwrap_or_default();
    let query = Query::parse(parameter("q")).map_err(|_| DriveError::invalid_value("q"))?;
    let order = Order::parse(parameter("orderBy")).map_err(|_| DriveError::invalid_value("orderBy"))?;
    if query.searches_full_text() && !order.is_default() {
        return Err(DriveError::order_with_full_text());
    }
    let drive_id = call.parameter("driveId").filter(|id| !id.is_empty()).map(str::to_owned);
    match (parameter("corpora"), &drive_id) {
        ("drive", Some(_)) | ("" | "user" | "domain" | "allDrives", None) => {}
        ("" | "drive" | "user" | "domain" | "allDrives", _) => {
            return Err(DriveError::invalid_value("driveId"));
        }
        _ => return Err(DriveError::invalid_value("corpora")),
    }
    let names = ["q", "orderBy", "corpora", "driveId", "supportsAllDrives", "includeItemsFromAllDrives"];
    let identity = names.map(parameter).join("\0");
    Ok(Search { query, order, viewer: call.viewer()?, drive_id, identity })
}

fn style(call: &Call, plan: &Plan) -> Style {
    Style {
        compact: call.parameter("prettyPrint") == Some("false"),
        gzip: plan.gzip || answer::wants_gzip(&call.headers),
        cut: plan.cut_json,
    }
}
