//! What S3, or the way to it, has to say against a request, in the words of the contract.

use std::error::Error as StdError;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::retry::MAX_RETRIES;

type Source = Box<dyn StdError + Send + Sync>;

/// Why a request to S3 failed. `Display` holds no host, no key and no account.
#[derive(Debug, thiserror::Error)]
pub(crate) enum S3Error {
    /// S3 answered no.
    #[error("{0}")]
    Refused(Refusal),
    /// No answer: refused, reset, cut or timed out.
    #[error("Could not connect to the endpoint URL")]
    Unreachable {
        /// What was asked.
        operation: &'static str,
        /// The error below; it may name hosts.
        #[source]
        source: Source,
    },
    /// A connection, but no sign of life on it.
    #[error("S3 did not answer in time when calling the {operation} operation")]
    Silent {
        /// What was asked.
        operation: &'static str,
    },
    /// Success was answered before the body had been sent.
    #[error("S3 answered before it had the whole body of the {operation} operation")]
    Hasty {
        /// What was asked.
        operation: &'static str,
    },
    /// An answer that nothing can be made of.
    #[error("S3 gave an answer that makes no sense to the {operation} operation")]
    Senseless {
        /// What was asked.
        operation: &'static str,
    },
    /// There is no access key, and no other source of credentials.
    #[error("Unable to locate credentials")]
    NoCredentials {
        /// The error below.
        #[source]
        source: Source,
    },
    /// The bucket took ACLs before and refuses them now; the next try goes without.
    #[error("The bucket refuses ACLs since a moment ago; send the object again")]
    AclsTurnedOff,
    /// What S3 says it stored is not what it was sent.
    #[error("S3 stored other bytes than it was sent; the object was removed")]
    Corrupted,
}

/// An answer that says no.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// What was asked.
    pub(super) operation: &'static str,
    /// The HTTP status of the answer.
    pub(super) status: u16,
    /// S3's error code, or the status where the answer has none.
    pub(super) code: String,
    /// S3's words, or those of the status.
    pub(super) message: String,
    /// How often it was asked again.
    pub(super) retries: u32,
    /// What the operator can do.
    pub(super) hint: Option<&'static str>,
}

impl std::fmt::Display for Refusal {
    /// As the original's library says it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { operation, code, message, .. } = self;
        let retried = if self.retries == MAX_RETRIES { " (reached max retries: 4)" } else { "" };
        write!(f, "An error occurred ({code}) when calling the {operation} operation{retried}: {message}")
    }
}

impl Refusal {
    /// The same refusal, known to be about the bucket.
    pub(super) fn no_such_bucket(self) -> Self {
        Self {
            code: "NoSuchBucket".to_owned(),
            message: "The specified bucket does not exist".to_owned(),
            hint: hint_for("NoSuchBucket"),
            ..self
        }
    }
}

impl S3Error {
    /// What the SDK says about `operation`.
    pub(super) fn of<E>(operation: &'static str, error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        match (&error, status) {
            (SdkError::ServiceError(_) | SdkError::ResponseError(_), Some(status)) => {
                let words =
                    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
                let code =
                    error.code().filter(|code| is_code(code)).map_or(status.to_string(), str::to_owned);
                let said = error.message().filter(|said| !repeats_credentials(said));
                let message = readable(said.or(words).unwrap_or("Unknown"));
                let (message, hint) = (public(message), hint_for(&code));
                Self::Refused(Refusal { operation, status, code, message, retries: 0, hint })
            }
            _ if mentions_credentials(&error) => Self::NoCredentials { source: Box::new(error) },
            _ => Self::Unreachable { operation, source: Box::new(error) },
        }
    }

    /// S3's error code, or the status where there is none.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(&refusal.code),
            _ => None,
        }
    }

    /// What the operator can do.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => refusal.hint,
            _ => None,
        }
    }

    /// True when S3, not what was asked of it, is the trouble: it may pass by itself.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } | Self::Hasty { .. } => true,
            Self::AclsTurnedOff | Self::Corrupted => true,
            Self::NoCredentials { .. } | Self::Senseless { .. } => false,
            Self::Refused(refusal) => {
                // 501 says that the server cannot do this at all
                let servers_fault = refusal.status >= 500 && refusal.status != 501;
                // a completion can answer 200 with an error in the body
                let late = refusal.status == 200;
                let code = matches!(
                    refusal.code.as_str(),
                    "SlowDown"
                        | "InternalError"
                        | "ServiceUnavailable"
                        | "RequestTimeout"
                        | "OperationAborted"
                );
                servers_fault || late || code || matches!(refusal.status, 408 | 429)
            }
        }
    }

    /// True when the answer is about a key that is not there.
    pub(super) fn is_missing_key(&self) -> bool {
        matches!(self, Self::Refused(refusal)
            if refusal.code == "NoSuchKey" || (refusal.status == 404 && matches!(refusal.code.as_str(), "404" | "NotFound")))
    }

    /// True when the object ends before the part that was asked for begins.
    pub(crate) fn is_unsatisfiable(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 416 || refusal.code == "InvalidRange")
    }

    /// True when the right to do this is missing. S3 says the same of objects that are not there to whoever may not list
    /// the bucket.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self, Self::Refused(refusal)
            if matches!(refusal.code.as_str(), "AccessDenied" | "AllAccessDisabled" | "403"))
    }

    /// True when this server does not know the operation: it says so, or refuses in words that are not S3's, as a plain
    /// web server does.
    pub(crate) fn is_unknown_operation(&self) -> bool {
        let Self::Refused(refusal) = self else { return false };
        let has_no_code = refusal.code == refusal.status.to_string();
        match refusal.status {
            405 | 501 => true,
            408 | 429 => false,
            400..=499 => has_no_code,
            _ => false,
        }
    }

    pub(super) fn after_retries(mut self, retries: u32) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.retries = retries;
        }
        self
    }
}

/// Longest message of a server's that is passed on, in characters.
const MAX_MESSAGE: usize = 500;

/// Codes of S3 are one word; whatever else stands there may be anything.
fn is_code(code: &str) -> bool {
    (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// One line of text, not too long: it goes into answers, logs and terminals.
fn readable(message: &str) -> String {
    message.chars().take(MAX_MESSAGE).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// True when a server says to us what we said to it, as some do "for debugging": that is for nobody to read.
fn repeats_credentials(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["aws4-hmac-sha256", "credential=", "signature=", "security-token"]
        .iter()
        .any(|mark| message.contains(mark))
}

/// What the operator can do about an error code.
fn hint_for(code: &str) -> Option<&'static str> {
    Some(match code {
        "NoSuchBucket" => "Check AWS_BUCKET_NAME and AWS_REGION.",
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "301" => {
            "The bucket is in another region: set AWS_REGION."
        }
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" => {
            "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        }
        "ExpiredToken" | "InvalidToken" => "Get new temporary credentials; check AWS_SESSION_TOKEN.",
        "RequestTimeTooSkewed" => "Set the clock of the machine that the storage service runs on.",
        _ => return None,
    })
}

/// `message` unless it names accounts or hosts.
fn public(message: String) -> String {
    if message.contains("arn:") || message.contains("://") {
        tracing::warn!(message, "S3 refused");
        let short = message.split([':', ',']).next().unwrap_or_default();
        return if short.starts_with("User") { "Access Denied".to_owned() } else { short.to_owned() };
    }
    message
}

fn mentions_credentials(error: &(dyn StdError + 'static)) -> bool {
    let mut below = Some(error);
    while let Some(error) = below {
        if error.to_string().contains("credentials") {
            return true;
        }
        below = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str) -> S3Error {
        S3Error::Refused(Refusal {
            operation: "PutObject",
            status,
            code: code.to_owned(),
            message: "Words.".to_owned(),
            retries: 0,
            hint: None,
        })
    }

    #[test]
    fn a_refusal_reads_as_in_the_original() {
        assert_eq!(
            refused(403, "AccessDenied").to_string(),
            "An error occurred (AccessDenied) when calling the PutObject operation: Words."
        );
        assert_eq!(
            refused(503, "SlowDown").after_retries(MAX_RETRIES).to_string(),
            "An error occurred (SlowDown) when calling the PutObject operation (reached max retries: 4): Words."
        );
    }

    #[test]
    fn only_what_may_pass_is_transient() {
        for (status, code, transient) in [
            (503, "SlowDown", true),
            (500, "InternalError", true),
            (502, "502", true),
            (200, "InternalError", true),
            (400, "RequestTimeout", true),
            (403, "AccessDenied", false),
            (404, "NoSuchBucket", false),
            (400, "AccessControlListNotSupported", false),
            (501, "NotImplemented", false),
        ] {
            assert_eq!(refused(status, code).is_transient(), transient, "{status} {code}");
        }
    }

    #[test]
    fn a_plain_web_server_knows_no_multipart() {
        for (status, code, unknown) in [
            (405, "MethodNotAllowed", true),
            (501, "NotImplemented", true),
            (404, "404", true),
            (404, "NoSuchBucket", false),
            (403, "AccessDenied", false),
            (429, "429", false),
            (500, "500", false),
        ] {
            assert_eq!(refused(status, code).is_unknown_operation(), unknown, "{status} {code}");
        }
    }

    #[test]
    fn what_a_server_says_is_one_line_and_short() {
        assert_eq!(readable("a\r\nb\u{1b}[31m\u{9b}c"), "a  b [31m c");
        assert_eq!(readable(&"é".repeat(10_000)).chars().count(), MAX_MESSAGE);
        for (code, is_one) in [("SlowDown", true), ("403", true), ("", false), ("a b", false), ("<x>", false)]
        {
            assert_eq!(is_code(code), is_one, "{code}");
        }
        assert!(!is_code(&"a".repeat(65)));
    }

    #[test]
    fn what_we_said_ourselves_is_not_repeated() {
        for echo in [
            "got authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request",
            "X-Amz-Security-Token=abc",
            "canonical request: … x-amz-security-token:abc",
            "…&X-Amz-Signature=abc",
        ] {
            assert!(repeats_credentials(echo), "{echo}");
        }
        // S3's own words
        for words in [
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            "The provided token has expired.",
        ] {
            assert!(!repeats_credentials(words), "{words}");
        }
    }

    #[test]
    fn accounts_and_hosts_are_not_told() {
        let arn = "User: arn:aws:iam::123456789012:user/x is not authorized to perform: s3:PutObject";
        assert_eq!(public(arn.to_owned()), "Access Denied");
        assert_eq!(public("See http://internal:9000".to_owned()), "See http");
        assert_eq!(public("Access Denied".to_owned()), "Access Denied");
    }
}
