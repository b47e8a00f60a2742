//! The `code`s of errors: a list that may grow, in the document as the open enumeration `x-extensible-enum`.

use utoipa::{
    Modify, ToSchema,
    openapi::{OpenApi, RefOr, extensions::ExtensionsBuilder, schema::Schema},
};

/// Every code that the API answers with, and what it says.
const CODES: &[(&str, &str)] = &[
    // of requests
    ("bad-request", "the request cannot be understood, by us or by Google Drive; `error` says what to send"),
    ("not-a-folder-link", "the link is none of a Drive folder"),
    ("not-a-folder", "the link leads to something that is no folder"),
    ("unauthorized", "the token is missing, or is another"),
    ("cross-site", "the page that sent it is of an origin that may not call"),
    ("address-expired", "a signed address is too old"),
    ("address-not-signed", "the signature of an address is not ours"),
    ("not-found", "there is no such path, job, image, or Drive folder that everybody may see"),
    ("no-such-object", "there is no such object, or it is none of this system"),
    ("method-not-allowed", "the path has other methods"),
    ("uri-too-long", "the URL is too long"),
    ("headers-too-large", "the headers are too many, or too long"),
    ("request-timeout", "the body did not come in time"),
    ("too-large", "the body is too long"),
    ("unsupported-media-type", "the body is not announced as JSON"),
    ("precondition-failed", "the object has another `ETag`, or has changed"),
    ("range-not-satisfiable", "the object has no such part"),
    ("rate-limited", "too many requests, of ours or of Google Drive's; see `Retry-After`"),
    ("too-many-requests", "the same, of another kind"),
    ("too-many-streams", "too many streams of events of one client"),
    ("too-many-jobs", "too many imports run already"),
    ("too-many-images", "more images than one import may take"),
    ("too-many-connections", "too many connections are open"),
    ("too-many-bodies", "too many long bodies are on their way at once; see `Retry-After`"),
    // of jobs
    ("job-ended", "the job has ended already"),
    ("job-not-ended", "the job runs still"),
    // of thumbnails
    ("unsupported-image", "there are no thumbnails of this format"),
    ("broken-image", "the image is damaged, or of a kind that is not read"),
    ("too-many-bytes", "the image is too large for a thumbnail"),
    ("too-many-pixels", "likewise"),
    ("side-too-long", "likewise"),
    ("too-many-scans", "likewise"),
    ("too-much-memory", "likewise"),
    ("took-too-long", "likewise"),
    ("thumbnails-busy", "too many thumbnails are being made"),
    ("thumbnailer-failed", "no thumbnails can be made at the moment"),
    // of services, and of what they need
    ("service-unavailable", "a service does not answer, or answers no JSON"),
    ("stopping", "the service is being stopped"),
    ("internal", "a fault of the service; its log says more"),
    ("database-unavailable", "the database of the images does not answer"),
    ("job-store-unavailable", "what keeps the jobs does not answer"),
    ("storage-busy", "too many objects are being read"),
    ("bucket-not-set", "no bucket is set"),
    ("s3-unavailable", "the bucket does not answer"),
    ("s3-read-denied", "the bucket does not let the service read; `hint` says what to do"),
    ("s3-error", "the bucket refuses something else"),
    // of Google Drive
    ("api-key-missing", "no API key is set"),
    ("api-key-invalid", "the API key is wrong or expired"),
    ("api-key-restricted", "the API key is restricted to other sites, addresses or APIs"),
    ("drive-api-disabled", "the Drive API is not enabled in the project of the key"),
    ("daily-limit", "the daily limit of the project is reached"),
    ("automated-queries", "Google has shut this address out for a while"),
    ("refused-without-reason", "something refuses that does not speak as Google Drive does"),
    ("forbidden", "the folder is not shared with everybody who has the link"),
    ("page-token-refused", "the listing has to begin anew"),
    ("drive-unavailable", "trouble of Google's own"),
    ("unexpected-status", "Google Drive answers something unknown"),
    ("unexpected-answer", "likewise"),
    ("endless-listing", "Google Drive's pages lead back to each other, or bring nothing new for ever"),
    ("connection-broken", "Google Drive cannot be reached"),
    // of files, in Google's words; of folders seldom
    ("download-quota-exceeded", "the file was downloaded too often"),
    ("flagged-as-abusive", "Google calls it malware or spam"),
    ("download-forbidden", "the owner has switched downloads off"),
    ("not-downloadable", "there are no bytes to download"),
];

/// Adds them to the body of errors.
pub(super) struct Codes;

impl Modify for Codes {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = document.components.as_mut().map(|components| &mut components.schemas);
        let body = schemas.and_then(|schemas| schemas.get_mut(&*client::ErrorBody::name()));
        let Some(RefOr::T(Schema::Object(body))) = body else { return };
        let Some(RefOr::T(Schema::Object(code))) = body.properties.get_mut("code") else { return };
        let lines = CODES.iter().map(|(code, says)| format!("\n- `{code}`: {says}"));
        let description = code.description.get_or_insert_default();
        description.push_str(" More may be added:\n");
        description.extend(lines);
        let names: Vec<_> = CODES.iter().map(|(code, _)| *code).collect();
        code.extensions = Some(ExtensionsBuilder::new().add("x-extensible-enum", names).build());
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::CODES;

    /// What only services hear from one another, or who asks for the web page.
    const ELSEWHERE: [&str; 13] = [
        "body-timeout",
        "checksum-mismatch",
        "image",
        "image-exists",
        "image-gone",
        "image-too-large",
        "internal-token",
        "length-mismatch",
        "nothing-to-share",
        "object-released",
        "page-not-built",
        "queue-unavailable",
        "unknown-provider",
    ];

    fn read(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                codes_in(&fs::read_to_string(&path).unwrap(), found);
            }
        }
    }

    /// The texts that errors are made with.
    fn codes_in(source: &str, found: &mut BTreeSet<String>) {
        let program = source.split("#[cfg(test)]").next().unwrap();
        for call in ["ApiError::", "Self::", ".code(", "Self::new(StatusCode::"] {
            for (at, _) in program.match_indices(call) {
                let rest = &program[at + call.len()..];
                let arguments =
                    if call == ".code(" { rest } else { rest.split_once('(').map_or("", |(_, after)| after) };
                let arguments = arguments.trim_start();
                let is_error = call == ".code("
                    || ["conflict(", "internal(", "unavailable(", "unprocessable("]
                        .iter()
                        .any(|kind| rest.starts_with(kind));
                if let Some((code, _)) = arguments.strip_prefix('"').and_then(|text| text.split_once('"'))
                    && is_error
                {
                    found.insert(code.to_owned());
                }
            }
        }
    }

    #[test]
    fn every_code_that_is_answered_is_in_the_list() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut found = BTreeSet::new();
        for name in ["gateway", "import", "metadata", "storage", "service"] {
            read(&crates.join(name).join("src"), &mut found);
        }
        assert!(found.len() > 15, "{found:?}");
        let listed: BTreeSet<_> = CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(listed.len(), CODES.len(), "a code is listed twice");
        let missing: Vec<_> = found
            .iter()
            .filter(|code| !listed.contains(&***code) && !ELSEWHERE.contains(&&***code))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
