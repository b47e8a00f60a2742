//! Error bodies that nobody has seen yet: cut, garbled, or full of somebody else's words.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Reasons that mean one thing, whatever is said beside them.
const PLAIN: [(&str, Reason); 8] = [
    ("keyInvalid", Reason::KeyInvalid),
    ("accessNotConfigured", Reason::ApiDisabled),
    ("userRateLimitExceeded", Reason::RateLimited),
    ("dailyLimitExceeded", Reason::DailyLimit),
    ("downloadQuotaExceeded", Reason::DownloadQuota),
    ("cannotDownloadAbusiveFile", Reason::Abusive),
    ("notFound", Reason::NotFound),
    ("backendError", Reason::ServerError),
];

fn status() -> impl Strategy<Value = StatusCode> {
    (300_u16..600).prop_map(|code| StatusCode::from_u16(code).unwrap())
}

/// Any JSON, with the names that are looked for at every level.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        prop::sample::select(PLAIN.map(|(reason, _)| reason).to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let name = prop::sample::select(vec![
            "error", "errors", "reason", "message", "details", "metadata", "status", "location", "other",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_get_a_meaning_and_few_words(status in status(), body in prop::collection::vec(any::<u8>(), 0..300)) {
        let (_, message) = classify(status, &body);
        prop_assert!(!message.is_empty() && message.chars().count() <= MAX_MESSAGE);
    }

    #[test]
    fn any_json_gets_a_meaning_and_few_words(status in status(), body in value()) {
        let (_, message) = classify(status, body.to_string().as_bytes());
        prop_assert!(!message.is_empty() && message.chars().count() <= MAX_MESSAGE);
    }

    #[test]
    fn a_clear_reason_counts_whatever_is_said_beside_it(
        status in status(),
        (reason, meaning) in prop::sample::select(PLAIN.to_vec()),
        message in "\\PC{0,600}",
        other in value(),
    ) {
        let body = json!({"error": {"message": message, "other": other, "status": "INTERNAL",
            "errors": [{"reason": reason, "message": message}]}});
        let (found, told) = classify(status, body.to_string().as_bytes());
        prop_assert_eq!(found, meaning);
        if !message.is_empty() {
            prop_assert_eq!(told, message.chars().take(MAX_MESSAGE).collect::<String>());
        }
    }

    #[test]
    fn a_body_that_is_cut_after_its_reason_still_says_it(
        status in status(),
        (reason, meaning) in prop::sample::select(PLAIN.to_vec()),
        keep in any::<prop::sample::Index>(),
    ) {
        let whole = format!(r#"{{"error":{{"errors":[{{"domain":"usage","reason":"{reason}","message":"m"}}],"code":403}}}}"#);
        let told = whole.find(reason).unwrap() + reason.len() + 1;
        let cut = told + keep.index(whole.len() - told);
        prop_assert_eq!(classify(status, &whole.as_bytes()[..cut]).0, meaning);
    }

    #[test]
    fn googles_page_against_robots_is_known_in_any_page(status in status(), before in "[^{\\[\"]{0,60}", after in "\\PC{0,60}") {
        let page = format!("<html>{before} Our systems have detected unusual traffic {after}");
        prop_assert_eq!(classify(status, page.as_bytes()).0, Reason::AutomatedQueries);
    }
}
