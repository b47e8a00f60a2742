//! `POST /images/delete {ids, keep_object?}`: drops many rows.

use std::collections::HashSet;

use axum::extract::{Request, State};
use serde_json::{Value, json};
use service::{
    ApiError,
    extract::{Json, json_value},
};

use crate::{
    App,
    store::{DeleteMany, ObjectFate},
};

/// Most rows in one request.
const MOST: usize = 1000;
/// Rows in one transaction, so that others need not wait long.
const AT_ONCE: usize = 100;

/// Drops the rows and their objects, as one DELETE after the other would. What was done before a failure stays done, and the
/// error says what that is: the same again does the rest.
pub(crate) async fn delete_images(State(app): State<App>, request: Request) -> Result<Json<Value>, ApiError> {
    let body = json_value(request).await?;
    let (asked, object) = (ids(&body)?, fate(&body)?);
    let mut ids: Vec<_> = asked.iter().filter_map(Value::as_i64).collect();
    ids.sort_unstable();
    let store = app.store().await?;
    let mut gone = HashSet::new();
    for some in ids.chunks(AT_ONCE) {
        match store.delete_many(DeleteMany { ids: some.to_vec(), object }).await {
            Ok(deleted) => gone.extend(deleted.0),
            Err(error) => {
                let mut deleted: Vec<_> = gone.into_iter().collect();
                deleted.sort_unstable();
                return Err(ApiError::from(error).with("deleted", deleted));
            }
        }
        app.wake_release();
    }
    let is_gone = |id: &&Value| id.as_i64().is_some_and(|id| gone.contains(&id));
    let (deleted, not_found): (Vec<_>, Vec<_>) = asked.iter().partition(is_gone);
    let noun = if deleted.len() == 1 { "image" } else { "images" };
    let message = format!("{} {noun} deleted", deleted.len());
    Ok(Json(json!({"message": message, "deleted": deleted, "not_found": not_found})))
}

/// The distinct whole numbers that are asked for, as they came.
fn ids(body: &Value) -> Result<&Vec<Value>, ApiError> {
    let wrong = |text: String| Err(ApiError::bad_request(text));
    let Some(ids) = body["ids"].as_array() else {
        return wrong(format!("`ids` must be a list of 1 to {MOST} numbers of images."));
    };
    if ids.is_empty() || ids.len() > MOST {
        return wrong(format!("`ids` has {} entries: send 1 to {MOST}.", ids.len()));
    }
    let mut seen = HashSet::new();
    for (place, id) in ids.iter().enumerate() {
        if !id.is_i64() && !id.is_u64() {
            return wrong(format!("`ids[{place}]` must be a whole number."));
        }
        if !seen.insert(id.to_string()) {
            return wrong(format!("`ids[{place}]` is in the list already: {id}."));
        }
    }
    Ok(ids)
}

fn fate(body: &Value) -> Result<ObjectFate, ApiError> {
    match &body["keep_object"] {
        Value::Null | Value::Bool(false) => Ok(ObjectFate::Release),
        Value::Bool(true) => Ok(ObjectFate::Keep),
        _ => Err(ApiError::bad_request("`keep_object` must be true or false.")),
    }
}
