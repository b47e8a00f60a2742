//! The services themselves: do they run, are they ready, and are they of one version?

use serde_json::Value;
use service::finding::{Finding, LIMIT, in_time};
use url::Url;

use super::settings::Settings;

const ALL: &str = "services";
const GATEWAY: &str = "http://localhost:8080";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One of the five.
struct Service {
    check: &'static str,
    name: &'static str,
    url: Url,
    /// The setting that says where it is.
    setting: &'static str,
}

/// What a service answered.
enum Answer {
    /// All that it needs is there.
    Ready { version: Option<String> },
    /// Something is missing: what, and why.
    NotReady(String),
    /// It lives, and has no `/ready`: one of the original.
    OnlyAlive,
    /// Something else listens there.
    Odd(u16),
    /// Nobody does.
    Silent(&'static str),
}

/// Asks all of them.
pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    let services = services(settings);
    let mut asking = tokio::task::JoinSet::new();
    for (place, service) in services.iter().enumerate() {
        let url = service.url.clone();
        asking.spawn(async move {
            let answer = in_time(ask(&url)).await.unwrap_or(Answer::Silent("no answer in time"));
            (place, answer)
        });
    }
    let mut answers = asking.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    if answers.iter().all(|(_, answer)| matches!(answer, Answer::Silent(_))) {
        return vec![Finding::skipped(
            ALL,
            "none is running here: start them with `image-import up` or docker compose",
        )];
    }
    services.iter().zip(answers).map(|(service, (_, answer))| finding(service, answer)).collect()
}

fn services(settings: &Settings) -> Vec<Service> {
    let gateway = settings.env.get("IMAGE_IMPORT_API_URL").unwrap_or(GATEWAY);
    let gateway = gateway.trim_end_matches('/').trim_end_matches("/api").parse().ok();
    let (routes, import, worker) = (&settings.gateway, &settings.import, &settings.worker);
    let at = |check, name, setting, url: Option<Url>| Some(Service { check, name, url: url?, setting });
    [
        at("services.gateway", "gateway", "IMAGE_IMPORT_API_URL", gateway),
        at(
            "services.import",
            "import service",
            "IMPORT_SERVICE_URL",
            routes.as_ref().map(|routes| routes.import_url.clone()),
        ),
        at(
            "services.worker",
            "worker",
            "WORKER_SERVICE_URL",
            import.as_ref().map(|import| import.worker_url.clone()),
        ),
        at(
            "services.storage",
            "storage service",
            "STORAGE_SERVICE_URL",
            worker.as_ref().map(|worker| worker.storage_url.clone()),
        ),
        at(
            "services.metadata",
            "metadata service",
            "METADATA_SERVICE_URL",
            worker.as_ref().map(|worker| worker.metadata_url.clone()),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

async fn ask(base: &Url) -> Answer {
    let http = client::http::service_client(LIMIT);
    let base = base.as_str().trim_end_matches('/');
    let answer = match http.get(format!("{base}/ready")).send().await {
        Ok(answer) => answer,
        Err(error) => return Answer::Silent(client::http::failure_kind(&error)),
    };
    let status = answer.status().as_u16();
    let said = answer.json::<Value>().await.unwrap_or_default();
    match (status, said["status"].as_str()) {
        (200, Some("ready")) => Answer::Ready { version: said["version"].as_str().map(str::to_owned) },
        (503, Some("not-ready")) => Answer::NotReady(missing(&said["dependencies"])),
        (404 | 405, _) => match http.get(format!("{base}/health")).send().await {
            Ok(answer) if answer.status().is_success() => Answer::OnlyAlive,
            Ok(answer) => Answer::Odd(answer.status().as_u16()),
            Err(error) => Answer::Silent(client::http::failure_kind(&error)),
        },
        _ => Answer::Odd(status),
    }
}

/// `name: reason`, of all that are down.
fn missing(dependencies: &Value) -> String {
    let down = dependencies.as_object().into_iter().flatten().filter(|(_, state)| state["status"] != "up");
    let words = down.map(|(name, state)| format!("{name}: {}", state["reason"].as_str().unwrap_or("down")));
    words.collect::<Vec<_>>().join("; ")
}

fn finding(service: &Service, answer: Answer) -> Finding {
    let Service { check, name, url, setting } = service;
    let at = url.as_str().trim_end_matches('/');
    match answer {
        Answer::Ready { version: Some(version) } if version != VERSION => Finding::warning(
            check,
            format!("the {name} is ready, and of version {version}; this program is of {VERSION}"),
            "Bring all parts to one version: they go on working together meanwhile.",
        ),
        Answer::Ready { .. } => Finding::ok(check, format!("the {name} at {at} is ready")),
        Answer::NotReady(missing) => Finding::failed(
            check,
            format!("the {name} at {at} is not ready ({missing})"),
            "See the checks of what it lacks, and its log.",
        ),
        Answer::OnlyAlive => Finding::skipped(
            check,
            format!("the {name} at {at} runs, and is an original one that does not say more"),
        ),
        Answer::Odd(status) => Finding::failed(
            check,
            format!("what answers at {at} is not the {name} (status {status})"),
            format!("Check {setting}, and which program has that port."),
        ),
        Answer::Silent(why) => Finding::failed(
            check,
            format!("the {name} does not answer at {at} ({why}), though others run"),
            format!("Start it, look at its log if it ended, and check {setting}."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_reason() {
        let dependencies = json!({
            "s3": {"status": "down", "reason": "could not connect"}, "database": {"status": "up"},
            "worker": {"status": "down"},
        });
        assert_eq!(missing(&dependencies), "s3: could not connect; worker: down");
    }
}
