//! The reasons that Drive's errors are reduced to, with their names and advice.

/// Why Drive did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The API key is wrong or expired.
    KeyInvalid,
    /// No API key was sent.
    KeyMissing,
    /// The API key is restricted to other sites, addresses or APIs.
    KeyRestricted,
    /// The Drive API is not switched on in the key's project.
    ApiDisabled,
    /// Too many calls just now.
    RateLimited,
    /// The project's own daily cap is reached.
    DailyLimit,
    /// Google's page against "automated queries": this address is blocked for a while.
    AutomatedQueries,
    /// A refusal that is not in Drive's words: another page, an empty or a cut answer.
    Unexplained,
    /// This file was downloaded too often by everybody; frees in about a day.
    DownloadQuota,
    /// Google calls the file malware or spam.
    Abusive,
    /// The owner has switched downloads off.
    DownloadForbidden,
    /// A folder, a shortcut or a Google document: there are no bytes.
    NotDownloadable,
    /// No permission, by the file or by its domain.
    Forbidden,
    /// Does not exist, or is not shared with everybody: Drive does not tell which.
    NotFound,
    /// The asked-for range starts at or after the end.
    RangeNotSatisfiable,
    /// The page token is not accepted (any more): the listing must start over.
    PageTokenRefused,
    /// The call itself was wrong.
    BadRequest,
    /// Drive's own trouble (5xx).
    ServerError,
    /// Any other status.
    UnexpectedStatus,
    /// An answer that is not what Drive answers: no JSON, a wrong range.
    UnexpectedBody,
    /// Pages of a listing that go round in circles, or bring nothing for ever.
    EndlessListing,
    /// Refused, reset, timed out, or cut.
    Network,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::KeyInvalid,
        Self::KeyMissing,
        Self::KeyRestricted,
        Self::ApiDisabled,
        Self::RateLimited,
        Self::DailyLimit,
        Self::AutomatedQueries,
        Self::Unexplained,
        Self::DownloadQuota,
        Self::Abusive,
        Self::DownloadForbidden,
        Self::NotDownloadable,
        Self::Forbidden,
        Self::NotFound,
        Self::RangeNotSatisfiable,
        Self::PageTokenRefused,
        Self::BadRequest,
        Self::ServerError,
        Self::UnexpectedStatus,
        Self::UnexpectedBody,
        Self::EndlessListing,
        Self::Network,
    ];

    /// Stable name in kebab-case.
    pub fn code(self) -> &'static str {
        match self {
            Self::KeyInvalid => "api-key-invalid",
            Self::KeyMissing => "api-key-missing",
            Self::KeyRestricted => "api-key-restricted",
            Self::ApiDisabled => "drive-api-disabled",
            Self::RateLimited => "rate-limited",
            Self::DailyLimit => "daily-limit",
            Self::AutomatedQueries => "automated-queries",
            Self::Unexplained => "refused-without-reason",
            Self::DownloadQuota => "download-quota-exceeded",
            Self::Abusive => "flagged-as-abusive",
            Self::DownloadForbidden => "download-forbidden",
            Self::NotDownloadable => "not-downloadable",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::RangeNotSatisfiable => "range-not-satisfiable",
            Self::PageTokenRefused => "page-token-refused",
            Self::BadRequest => "bad-request",
            Self::ServerError => "drive-unavailable",
            Self::UnexpectedStatus => "unexpected-status",
            Self::UnexpectedBody => "unexpected-answer",
            Self::EndlessListing => "endless-listing",
            Self::Network => "connection-broken",
        }
    }

    /// What a person can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::KeyInvalid => {
                "Set GOOGLE_API_KEY to a valid key (Google Cloud console, APIs & Services, Credentials)."
            }
            Self::KeyMissing => "Set GOOGLE_API_KEY (Google Cloud console, APIs & Services, Credentials).",
            Self::KeyRestricted => {
                "Remove the key's website or address restriction, and allow the Google Drive API in its API restrictions."
            }
            Self::ApiDisabled => {
                "Enable the Google Drive API for the key's project in the Google Cloud console."
            }
            Self::RateLimited | Self::AutomatedQueries => {
                "Nothing: it goes on by itself when Google allows. A higher quota can be asked for in the Google Cloud console."
            }
            Self::DailyLimit => "Raise the daily cap in the Google Cloud console, or retry tomorrow.",
            Self::DownloadQuota => "Retry in about 24 hours, or ask the owner for a copy of the file.",
            Self::Abusive => "Google refuses to hand out this file; ask the owner about it.",
            Self::DownloadForbidden => "Ask the owner to allow viewers to download the file.",
            Self::NotDownloadable => "It is no image file; export it by hand if it is needed.",
            Self::Forbidden => "Ask the owner to share it with 'Anyone with the link'.",
            Self::NotFound => "Check the link, and that it is shared with 'Anyone with the link'.",
            Self::Unexplained => {
                "Check that GOOGLE_DRIVE_API_URL is Google Drive and that no proxy answers in its place, then retry."
            }
            Self::RangeNotSatisfiable | Self::PageTokenRefused | Self::BadRequest | Self::UnexpectedBody => {
                "Retry; if it fails again, report it with the request id."
            }
            Self::EndlessListing => {
                "Check that GOOGLE_DRIVE_API_URL is Google Drive; if it is, start the import again later."
            }
            Self::ServerError | Self::UnexpectedStatus | Self::Network => "Retry later.",
        }
    }

    /// True when the same call may succeed later by itself.
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::AutomatedQueries
                | Self::Unexplained
                | Self::ServerError
                | Self::UnexpectedBody
                | Self::Network
                // seen when a file changes while it is read: the next try starts at its beginning
                | Self::RangeNotSatisfiable
        )
    }

    /// True when no call with this key can succeed until somebody changes the settings.
    pub fn is_configuration(self) -> bool {
        matches!(
            self,
            Self::KeyInvalid | Self::KeyMissing | Self::KeyRestricted | Self::ApiDisabled | Self::DailyLimit
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Reason;

    #[test]
    fn the_list_has_every_reason_once() {
        let code = include_str!("reason.rs");
        let (_, names) = code.split_once("fn code(self)").unwrap();
        let names = names.split_once("\n    }").unwrap().0.matches("=> \"").count();
        let listed: HashSet<_> = Reason::ALL.map(Reason::code).into();
        assert_eq!((listed.len(), Reason::ALL.len()), (names, names));
    }
}
