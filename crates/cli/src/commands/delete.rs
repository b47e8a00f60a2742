//! `delete`: removes images.

use serde_json::{Value, json};

use crate::{
    api::{Api, ApiArgs, Refused},
    exit::Verdict,
    output,
};

/// Images deleted with one request.
const AT_ONCE: usize = 1000;

/// Delete images: their entries and their objects
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The numbers of the images, as `images` shows them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<u64>,
    /// Answer with one line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    api: ApiArgs,
}

impl Delete {
    /// Runs the command. One image is deleted as ever: its absence is an error.
    pub(crate) async fn run(mut self) -> anyhow::Result<Verdict> {
        self.ids.sort_unstable();
        self.ids.dedup();
        let api = self.api.open()?;
        let answer = match self.ids.as_slice() {
            [id] => delete_one(&api, *id).await?,
            ids => delete_many(&api, ids).await?,
        };
        if self.json {
            output::json(&answer);
            return Ok(Verdict::Good);
        }
        output::line(answer["message"].as_str().unwrap_or("Deleted"));
        let missing = answer["not_found"].as_array().map_or(&[][..], Vec::as_slice);
        if !missing.is_empty() {
            let ids: Vec<_> = missing.iter().map(Value::to_string).collect();
            output::say(&format!("Not there: {}", ids.join(", ")));
        }
        Ok(Verdict::Good)
    }
}

async fn delete_one(api: &Api, id: u64) -> anyhow::Result<Value> {
    api.delete(&["images", &id.to_string()]).await
}

async fn delete_many(api: &Api, ids: &[u64]) -> anyhow::Result<Value> {
    let (mut deleted, mut not_found) = (Vec::new(), Vec::new());
    for some in ids.chunks(AT_ONCE) {
        match api.post(&["images", "delete"], Some(&json!({"ids": some}))).await {
            Ok(answer) => {
                let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
                deleted.extend(list("deleted"));
                not_found.extend(list("not_found"));
            }
            // a gateway or a metadata service of the original, which deletes one by one
            Err(error) if matches!(status_of(&error), Some(404 | 405)) => {
                for id in some {
                    match delete_one(api, *id).await {
                        Ok(_) => deleted.push(json!(id)),
                        Err(error) if status_of(&error) == Some(404) => not_found.push(json!(id)),
                        Err(error) => return Err(error),
                    }
                }
            }
            Err(error) => return Err(error),
        }
    }
    let noun = if deleted.len() == 1 { "image" } else { "images" };
    let message = format!("{} {noun} deleted", deleted.len());
    Ok(json!({"message": message, "deleted": deleted, "not_found": not_found}))
}

fn status_of(error: &anyhow::Error) -> Option<u16> {
    error.downcast_ref::<Refused>().map(|refused| refused.status)
}
