//! The fault book: what shall go wrong, how often, and for whom.
//!
//! `POST /__faults` takes one rule or a list of rules and adds them; `PUT` replaces what is there; `DELETE` clears
//! it; `GET` shows every rule with the number of calls it matched and the number it fired on. A test in the same
//! process does the same with [`Faults`].
//!
//! # A rule
//! ```json
//! {"kind": "userRateLimitExceeded", "on": "media", "file": "a.jpg", "count": 3, "retryAfter": "2"}
//! ```
//! | field | meaning |
//! |---|---|
//! | `kind` (or `reason`) | what happens, see below; required |
//! | `on` | `list`, `get` or `media`; without it the calls that the kind makes sense for |
//! | `file` | id or name of the file, or of the folder whose children are listed; without it any |
//! | `count` | fires so often, then never again; without it always |
//! | `skip` | lets so many matching calls pass first |
//! | `perFile` | `count` and `skip` hold for each file (or folder) on its own |
//! | `probability` | fires on this part of the matching calls, chosen by `seed`, file and number of the call: the same seed gives the same faults, in whatever order the files are asked for |
//! | `seed` | see there; 0 |
//!
//! # Kinds
//! Every reason of Drive's error answers: `API_KEY_INVALID`, `API_KEY_EXPIRED`, `keyInvalid`, `badRequest`,
//! `invalid`, `invalidParameter`, `CREDENTIALS_MISSING`, `authError`, `forbidden` (no key), `missingKey` (the same
//! of 2020), `dailyLimitExceededUnreg`, `accessNotConfigured`, `API_KEY_HTTP_REFERRER_BLOCKED`,
//! `API_KEY_IP_ADDRESS_BLOCKED`, `API_KEY_SERVICE_BLOCKED`, `userRateLimitExceeded`, `rateLimitExceeded`,
//! `RATE_LIMIT_EXCEEDED` (the text of 2026), `sharingRateLimitExceeded`, `dailyLimitExceeded`,
//! `downloadQuotaExceeded`, `quotaExceeded`, `cannotDownloadAbusiveFile`, `cannotDownloadFile`,
//! `fileNotDownloadable`, `insufficientFilePermissions`, `domainPolicy`, `notFound`,
//! `requestedRangeNotSatisfiable`, `internalError`, `backendError`. They take `status` (for example 429 for
//! `rateLimitExceeded`), `message`, `retryAfter` (text of the header), `format` (1 or 2) and `details`
//! (false leaves out `status` and `details`).
//!
//! | other kinds | what the caller sees | fields |
//! |---|---|---|
//! | `html-403` | the "automated queries" page | `retryAfter` |
//! | `html-502` | a proxy's error page | `status` |
//! | `empty-503` | a status and nothing else | `status`, `retryAfter` |
//! | `null-500` | `"message": null` and no `errors` | `status` |
//! | `not-json` | 200 and the text `not json` | |
//! | `cut-json` | 200, a JSON body cut in the middle, the length of which is right | `bytes` kept |
//! | `gzip` | a JSON body in gzip, asked for or not | |
//! | `close` | the connection closes without an answer | `bytes`: of the answer first |
//! | `reset` | the same with a TCP reset | `bytes`: of a download first |
//! | `latency` | every answer comes later | `seconds` (1) |
//! | `stall` | nothing happens for a while, then all goes on | `seconds` (1); `bytes`: of a download first |
//! | `bandwidth` | a slow download | `bytes` per second (65,536) |
//! | `truncate` | a download (or with `on` a listing) ends early | `bytes` sent (half); `length`: `announced` (as Content-Length; default), `none` (ended by the end of the connection: looks whole), `chunked` (no last chunk) |
//! | `wrong-bytes` | one byte of a download differs | `vary`: another byte each time |
//! | `wrong-md5` | the metadata announces another MD5 | |
//! | `file-changed` | the file is edited the moment its download is asked for, and stays so | `bytes` appended (16; 0: same length, another last byte) |
//! | `ignore-range` | 200 with everything instead of 206 | |
//! | `page-token-refused` | 400 `Invalid Value` at `pageToken`, on pages after the first | |
//! | `short-page` | no more than so many files on a page | `items` (1) |
//! | `empty-page` | a page without files before the end | |
//! | `duplicate-page` | the same page again under the next token | |
//! | `quota` | calls cost units (list 100, get 5, download 200), refused ones too; beyond the sum all are refused until the window ends; the report says what was used in each window | `units`, `seconds` (60), `status` (403 or 429) |
//!
//! A private folder that answers 404 instead of an empty list is `{"kind": "notFound", "on": "list", "file": ID}`.
//! Give `empty-page` and `duplicate-page` a `count`: a listing where they always fire never ends.
//! Several rules may hold for one call: all delays and changes add up, and of the answers the first rule's wins.

mod book;
mod kind;
mod plan;
mod quota;
mod rule;

pub(crate) use book::Target;
pub(crate) use plan::{Answer, Cut, Place, Plan, Wire};

pub use book::{Faults, RuleReport};
pub use kind::Kind;
pub use quota::QuotaWindow;
pub use rule::{Call, Length, Rule};
