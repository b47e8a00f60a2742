//! A system whose doors are all locked: for who has the tokens everything works as ever, and for a stranger no door opens.

use std::time::Duration;

use reqwest::{
    Client, Method,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use serde_json::{Value, json};
use tests::{Stack, audit, drive, process::binary};

use crate::drive_folders::folder;

const API_TOKEN: &str = "canary-token-of-the-api";
const INTERNAL_TOKEN: &str = "canary-token-of-the-services";
const IMAGES: usize = 3;

/// What the services answer one another, and nobody else.
const INSIDE: [(&str, Method, &str); 15] = [
    ("import", Method::POST, "import/google-drive"),
    ("import", Method::POST, "import/update-status"),
    ("import", Method::GET, "import/jobs"),
    ("worker", Method::POST, "process-batch"),
    ("worker", Method::POST, "process-single"),
    ("worker", Method::POST, "jobs/j/cancel"),
    ("storage", Method::POST, "upload"),
    ("storage", Method::POST, "delete"),
    ("storage", Method::GET, "objects"),
    ("storage", Method::PUT, "objects/0123abcd-89ab-4def-8123-456789abcdef?filename=a.jpg"),
    ("storage", Method::POST, "nothing/of/the/kind"),
    ("metadata", Method::GET, "images"),
    ("metadata", Method::POST, "images"),
    ("metadata", Method::DELETE, "images/1"),
    ("metadata", Method::POST, "objects/release"),
];

fn knowing(token: &str) -> Client {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).expect("a header");
    bearer.set_sensitive(true);
    let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
    let built = client::http::builder(Duration::from_secs(60)).default_headers(headers).build();
    built.expect("a client")
}

async fn status(http: &Client, method: Method, url: &str) -> u16 {
    let asked = http.request(method.clone(), url).json(&json!({})).send().await;
    asked.unwrap_or_else(|error| panic!("{method} {url}: {error}")).status().as_u16()
}

async fn body(http: &Client, url: &str) -> Value {
    http.get(url).send().await.expect("an answer").json().await.expect("JSON")
}

/// The address of a field that a browser asks for.
fn shown(stack: &Stack, image: &Value, field: &str) -> String {
    let path = image[field].as_str().unwrap_or_else(|| panic!("{field} in {image}"));
    stack.api.join(path).expect("a path on the API's origin").to_string()
}

/// The exit code of the command line with these settings.
async fn command(stack: &Stack, args: &[&str], settings: &[(&str, &str)]) -> i32 {
    let mut command = tokio::process::Command::new(binary("image-import"));
    command.args(args).env_clear().current_dir(stack.dir.path()).envs(settings.iter().copied());
    for service in ["import", "metadata", "storage", "worker"] {
        command.env(format!("{}_SERVICE_URL", service.to_uppercase()), stack.url(service));
    }
    command.env("IMAGE_IMPORT_API_URL", stack.api.as_str());
    let said = command.output().await.expect("it starts");
    assert!(!String::from_utf8_lossy(&said.stderr).contains("canary"), "{said:?}");
    said.status.code().expect("it ends by itself")
}

#[tokio::test]
async fn with_both_tokens_an_import_goes_through_and_a_stranger_through_no_door() {
    let (manifest, _) = folder("locked", IMAGES, 900);
    let mut stack = Stack::with(drive::serving(&manifest))
        .set("API_TOKEN", API_TOKEN)
        .set("API_TOKEN_READS", true)
        .set("INTERNAL_TOKEN", INTERNAL_TOKEN)
        .set("RUST_LOG", "trace")
        .start()
        .await;
    let stranger = std::mem::replace(&mut stack.http, knowing(API_TOKEN));
    let api = stack.api.to_string();

    let job_id = stack.start_job("locked").await;
    audit::assert_all_stored(&stack.finished(&job_id).await, IMAGES);

    // as a browser sees it: the page has the token, its pictures do not
    let listed = body(&stack.http, &format!("{api}/images")).await;
    let remembered = body(&stack.http, &format!("{api}/import/status/{job_id}")).await;
    for image in [&listed["images"][0], &remembered["imported"][0]] {
        // these bytes are no picture, of which there could be a small one: being told so is being let in
        for (field, let_in) in [("content_url", 200), ("thumbnail_url", 422)] {
            let url = shown(&stack, image, field);
            assert_eq!(status(&stranger, Method::GET, &url).await, let_in, "{field}: {url}");
            assert_eq!(status(&stranger, Method::DELETE, &url).await, 401, "{field}");
            let bare = url.split('?').next().expect("a part before the query");
            assert_eq!(status(&stranger, Method::GET, bare).await, 401, "{field} without its signature");
            assert_eq!(status(&stack.http, Method::GET, bare).await, let_in, "{field} with the token");
        }
    }

    // a stranger at the front door, with nothing and with a wrong token
    for http in [&stranger, &knowing("a-token-that-was-guessed")] {
        for (method, path) in [
            (Method::POST, "/import/google-drive".to_owned()),
            (Method::POST, "/import/preview".to_owned()),
            (Method::GET, format!("/import/status/{job_id}")),
            (Method::GET, format!("/import/events/{job_id}")),
            (Method::POST, format!("/import/jobs/{job_id}/retry")),
            (Method::GET, "/images/all".to_owned()),
            (Method::DELETE, "/images/1".to_owned()),
            (Method::GET, "/stats".to_owned()),
        ] {
            assert_eq!(status(http, method.clone(), &format!("{api}{path}")).await, 401, "{method} {path}");
        }
    }
    // and at every door behind it, where the token of the API is worth nothing either
    for (service, method, path) in INSIDE {
        for http in [&stranger, &stack.http] {
            let url = format!("{}/{path}", stack.url(service));
            assert_eq!(status(http, method.clone(), &url).await, 401, "{service}: {method} {path}");
        }
    }
    for service in tests::stack::SERVICES {
        for path in ["health", "ready"] {
            let url = format!("{}/{path}", stack.url(service));
            assert_eq!(status(&stranger, Method::GET, &url).await, 200, "{service}: {path}");
        }
    }

    for (args, setting, token, refused) in [
        (&["stats"][..], "API_TOKEN", API_TOKEN, 1),
        (&["verify", "--json"], "INTERNAL_TOKEN", INTERNAL_TOKEN, 3),
    ] {
        assert_eq!(command(&stack, args, &[(setting, token)]).await, 0, "{args:?}");
        assert_eq!(command(&stack, args, &[]).await, refused, "{args:?}");
        assert_eq!(command(&stack, args, &[(setting, "canary-that-was-guessed")]).await, refused, "{args:?}");
    }

    let stats = body(&stack.http, &format!("{api}/stats")).await;
    assert_eq!(stats["total_images"], IMAGES, "nothing went");
    stack.assert_no_secret_in_logs();
    for (name, process) in &stack.processes {
        assert!(!process.log().contains("canary-token"), "the log of {name} shows a token");
    }
}

#[tokio::test]
async fn who_serves_everybody_says_so_once_at_the_start() {
    let (manifest, _) = folder("open", 1, 900);
    let stack = Stack::with(drive::serving(&manifest)).start().await;
    let log = stack.processes["gateway"].log();
    let said = log.lines().filter(|line| line.contains("WARN") && line.contains("API_TOKEN is not set"));
    assert_eq!(said.count(), 1, "{log}");
}
