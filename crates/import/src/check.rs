//! What is to be said about Google Drive before an import relies on it: for `image-import doctor`. A few calls of the
//! cheapest kind, and nothing is downloaded.

use client::{
    drive::{self, Children, Client, DriveRef, File, FilePage, Reason},
    http,
    ids::DriveId,
};
use service::finding::{Finding, LIMIT, Verdict, clock, in_time};

use crate::{
    Config,
    diagnosis::{self, INVISIBLE},
    folder_url,
};

const KEY: &str = "drive.key";
const REACH: &str = "drive.reach";
const CLOCK: &str = "drive.clock";
const FOLDER: &str = "drive.folder";
/// An id that nothing in Drive has: whoever gets "not found" for it has a key that works.
const NOBODYS_ID: &str = "1imageImportDoctorAsksForNothing0";
/// Shortcuts to shortcuts are followed this far.
const MAX_SHORTCUTS: usize = 3;
/// The first characters of a folder's name that are told.
const SHOWN_NAME: usize = 60;

/// Looks at the key, the way to Drive and, where a link is given, at what is behind it.
pub async fn check(config: &Config, folder: Option<&str>) -> Vec<Finding> {
    let server = config.drive_url.host_str().unwrap_or("Google Drive").to_owned();
    let mut findings = vec![];
    if config.google_api_key.is_none() {
        findings.push(Finding::failed(
            KEY,
            "GOOGLE_API_KEY is not set: nothing can be imported",
            "Make a key at https://console.cloud.google.com/apis/credentials, enable the Google Drive API in the same \
             project (https://console.cloud.google.com/apis/library/drive.googleapis.com), and put GOOGLE_API_KEY=… \
             into .env.",
        ));
    }
    match date(config).await {
        Ok(date) => findings.push(clock(CLOCK, &server, date.as_deref())),
        Err(why) => {
            findings.push(Finding::failed(
                REACH,
                format!("{server} does not answer ({why})"),
                format!(
                    "Let this machine open connections to {}; the services use no proxy. Check GOOGLE_DRIVE_API_URL if \
                     it is set.",
                    config.drive_url.origin().ascii_serialization()
                ),
            ));
            findings.extend(folder.map(|_| not_looked_at()));
            return findings;
        }
    }
    let drive = Client::new(config.drive_url.clone(), config.google_api_key.clone());
    let key_works = config.google_api_key.is_some() && {
        let key = try_key(&drive, &server).await;
        let works = key.verdict == Verdict::Ok;
        findings.push(key);
        works
    };
    if let Some(link) = folder {
        findings.extend(if key_works { look_at(&drive, link).await } else { vec![not_looked_at()] });
    }
    findings
}

fn not_looked_at() -> Finding {
    Finding::skipped(FOLDER, "not looked at: Google Drive cannot be asked")
}

/// What time it is there; an answer without a key is enough.
async fn date(config: &Config) -> Result<Option<String>, &'static str> {
    let answer = http::service_client(LIMIT).get(config.drive_url.clone()).send();
    let answer = in_time(answer).await.ok_or("no answer in time")?;
    let answer = answer.map_err(|error| http::failure_kind(&error))?;
    Ok(answer.headers().get("date").and_then(|date| date.to_str().ok()).map(str::to_owned))
}

async fn try_key(drive: &Client, server: &str) -> Finding {
    let Some(id) = DriveId::parse(NOBODYS_ID) else {
        return Finding::skipped(KEY, "the id to ask for is none");
    };
    match in_time(drive.get(&DriveRef { id, resource_key: None })).await {
        None => Finding::too_slow(KEY, "Google Drive"),
        Some(Ok(_)) => Finding::ok(KEY, format!("{server} takes the key")),
        Some(Err(error)) if error.reason == Reason::NotFound => {
            Finding::ok(KEY, format!("{server} takes the key, and the Drive API is enabled"))
        }
        Some(Err(error)) => trouble(KEY, &error),
    }
}

fn trouble(check: &'static str, error: &drive::Error) -> Finding {
    let advice = error.reason.advice();
    let found = format!("Google Drive answered: {error}");
    match error.reason {
        Reason::RateLimited | Reason::AutomatedQueries => Finding::warning(check, found, advice),
        // a server that answers otherwise is probably another one
        Reason::UnexpectedBody | Reason::UnexpectedStatus | Reason::BadRequest => Finding::failed(
            check,
            found,
            "Check GOOGLE_DRIVE_API_URL: it must lead to Drive v3, path included; Google's own is the default.",
        ),
        _ => Finding::failed(check, found, advice),
    }
}

/// The folder behind a link, as an import would see it.
async fn look_at(drive: &Client, link: &str) -> Vec<Finding> {
    const PASTE: &str = "Paste the link of a folder that is shared with 'Anyone with the link'.";
    let mut folder = match folder_url::parse(link) {
        Ok(folder) => folder,
        Err(refusal) => {
            let words = refusal.to_string();
            let found = words.split_once(" Paste ").map_or(words.as_str(), |(found, _)| found);
            return vec![Finding::failed(FOLDER, found, PASTE)];
        }
    };
    let mut findings = Vec::new();
    for _ in 0..MAX_SHORTCUTS {
        match in_time(drive.list_children(&folder, Children::Images, None)).await {
            None => return vec![Finding::too_slow(FOLDER, "Google Drive")],
            Some(Ok(page)) if !page.files.is_empty() || page.next_page_token.is_some() => {
                findings.push(images(drive, &folder, &page).await);
                findings.extend(downloads(&page.files));
                return findings;
            }
            Some(Err(error)) if error.reason != Reason::NotFound => return vec![trouble(FOLDER, &error)],
            _ => {}
        }
        let record = in_time(drive.get(&folder)).await;
        let Some(record) = record else { return vec![Finding::too_slow(FOLDER, "Google Drive")] };
        match diagnosis::finding(record, Children::Images) {
            diagnosis::Finding::ShortcutTo(target) => {
                findings.push(Finding::ok(
                    FOLDER,
                    "the link is to a shortcut; the folder that it stands for is used",
                ));
                folder = target;
            }
            other => {
                findings.push(empty(other, &folder));
                return findings;
            }
        }
    }
    vec![Finding::failed(FOLDER, "the shortcuts behind the link lead nowhere", PASTE)]
}

async fn images(drive: &Client, folder: &DriveRef, page: &FilePage) -> Finding {
    let name = match in_time(drive.get(folder)).await {
        Some(Ok(File { name: Some(name), .. })) => name.chars().take(SHOWN_NAME).collect(),
        _ => "without a name".to_owned(),
    };
    let more = if page.next_page_token.is_some() { " on the first page, and more" } else { "" };
    let key = if folder.resource_key.is_some() {
        "; its link carries the resource key that it may need"
    } else {
        ""
    };
    Finding::ok(
        FOLDER,
        format!("the folder '{name}' is public and holds {} images{more}{key}", page.files.len()),
    )
}

/// A warning where owners have switched downloads off.
fn downloads(files: &[File]) -> Option<Finding> {
    let closed = |file: &&File| file.capabilities.and_then(|may| may.can_download) == Some(false);
    let closed = files.iter().filter(closed).count();
    (closed > 0).then(|| {
        Finding::warning(
            "drive.downloads",
            format!("{closed} of these images may not be downloaded, and will fail"),
            Reason::DownloadForbidden.advice(),
        )
    })
}

fn empty(what: diagnosis::Finding, folder: &DriveRef) -> Finding {
    use diagnosis::Finding as What;
    match what {
        What::EmptyFolder(hint) => Finding::warning(
            FOLDER,
            hint,
            "If there should be images, look at the folder in a private window of a browser: what is not seen there \
             is not public.",
        ),
        What::NotAFolder(why) => Finding::failed(FOLDER, why, "Paste the link of the folder."),
        What::Invisible | What::ShortcutTo(_) => {
            let resource_key = if folder.resource_key.is_none() {
                " Links to folders shared before September 2021 need their resource key: copy the whole link from \
                 Google Drive, with `resourcekey=`."
            } else {
                " The link carries a resource key: check that it is whole."
            };
            Finding::failed(
                FOLDER,
                INVISIBLE.split_once(": ").map_or(INVISIBLE, |(found, _)| found),
                format!(
                    "Open it in Google Drive, choose Share, and set General access to 'Anyone with the link'.{resource_key}"
                ),
            )
        }
        What::Unknown => {
            Finding::warning(FOLDER, "Google Drive would not say what is behind the link", "Try again later.")
        }
    }
}
