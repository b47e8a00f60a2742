//! Spans as the JSON of OTLP: ids in hexadecimal, large numbers as text.

use std::time::{SystemTime, UNIX_EPOCH};

use client::trace::{Kind, Span, Value};
use serde_json::{Value as Json, json};

/// The status code of what failed.
const ERROR: u8 = 2;

/// The body of one export: spans of one service.
pub(super) fn export(service: &str, spans: &[Span]) -> Vec<u8> {
    let resource = json!({"attributes": [text("service.name", service), text("service.version", env!("CARGO_PKG_VERSION"))]});
    let spans: Vec<Json> = spans.iter().map(span).collect();
    let scope = json!({"name": "image-import", "version": env!("CARGO_PKG_VERSION")});
    let scope_spans = json!([{"scope": scope, "spans": spans}]);
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": scope_spans}]}).to_string().into_bytes()
}

fn span(span: &Span) -> Json {
    let mut json = json!({
        "traceId": format!("{:032x}", span.context.trace_id),
        "spanId": format!("{:016x}", span.context.span_id),
        "name": span.name,
        "kind": match span.kind {
            Kind::Internal => 1,
            Kind::Server => 2,
            Kind::Client => 3,
        },
        "startTimeUnixNano": nanos(span.start),
        "endTimeUnixNano": nanos(span.end.max(span.start)),
        "attributes": span.attributes.iter().map(|(key, value)| attribute(key, value)).collect::<Vec<_>>(),
    });
    if let Some(parent) = span.parent {
        json["parentSpanId"] = format!("{parent:016x}").into();
    }
    if let Some(why) = &span.failure {
        json["status"] =
            if why.is_empty() { json!({"code": ERROR}) } else { json!({"code": ERROR, "message": why}) };
    }
    json
}

fn attribute(key: &str, value: &Value) -> Json {
    match value {
        Value::Text(value) => text(key, value),
        Value::Number(number) => json!({"key": key, "value": {"intValue": number.to_string()}}),
    }
}

fn text(key: &str, value: &str) -> Json {
    json!({"key": key, "value": {"stringValue": value}})
}

fn nanos(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use client::trace::Context;

    use super::*;

    #[test]
    fn a_span_is_written_as_the_standard_says() {
        let start = UNIX_EPOCH + Duration::from_nanos(1_544_712_660_000_000_001);
        let spans = [Span {
            context: Context {
                trace_id: 0x5b8e_fff7_9803_8103_d269_b633_813f_c60c,
                span_id: 0xee_e19b_7ec3_c1b1,
                is_sampled: true,
            },
            parent: Some(0xeee1_9b7e_c3c1_b173),
            name: "GET /images".into(),
            kind: Kind::Server,
            start,
            end: start + Duration::from_nanos(5),
            attributes: vec![("a", "b".into()), ("n", 7_u64.into())],
            failure: Some("why".to_owned()),
        }];
        let body: Json = serde_json::from_slice(&export("a-service", &spans)).unwrap();
        let resource = &body["resourceSpans"][0];
        assert_eq!(
            resource["resource"]["attributes"][0],
            json!({"key": "service.name", "value": {"stringValue": "a-service"}})
        );
        let expected = json!({
            "traceId": "5b8efff798038103d269b633813fc60c",
            "spanId": "00eee19b7ec3c1b1",
            "parentSpanId": "eee19b7ec3c1b173",
            "name": "GET /images",
            "kind": 2,
            "startTimeUnixNano": "1544712660000000001",
            "endTimeUnixNano": "1544712660000000006",
            "attributes": [
                {"key": "a", "value": {"stringValue": "b"}},
                {"key": "n", "value": {"intValue": "7"}},
            ],
            "status": {"code": 2, "message": "why"},
        });
        assert_eq!(resource["scopeSpans"][0]["spans"], json!([expected]));
    }
}
