//! Settings of the traces: the names and meanings are OpenTelemetry's, as far as they go. What would do for other programs
//! but not for this one is no reason not to start: it is said once, and there are no traces.

use std::sync::Once;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use client::{Secret, trace::Sampler};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::env::Reader;

/// Where spans go, and which.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces` below it.
    pub(super) endpoint: Url,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`, percent-encoded.
    pub(super) headers: HeaderMap,
    /// `OTEL_TRACES_SAMPLER` (`parentbased_always_on`) with `OTEL_TRACES_SAMPLER_ARG` (1).
    pub(super) sampler: Sampler,
    /// `OTEL_SERVICE_NAME`: in place of the service's own.
    pub(super) service_name: Option<String>,
}

impl Reader<'_> {
    /// Where traces go; nowhere, unless a collector is set.
    pub fn traces(&self) -> Option<Settings> {
        let endpoint = self.url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| {
            let mut base = self.url("OTEL_EXPORTER_OTLP_ENDPOINT")?;
            base.path_segments_mut().ok()?.pop_if_empty().extend(["v1", "traces"]);
            Some(base)
        })?;
        let headers = match self.secret("OTEL_EXPORTER_OTLP_HEADERS").map(|text| headers(&text)) {
            None => HeaderMap::new(),
            Some(Some(headers)) => headers,
            Some(None) => {
                self.reject(
                    "OTEL_EXPORTER_OTLP_HEADERS",
                    "must be headers such as name=value,other=value; what is special in a value is percent-encoded",
                );
                return None;
            }
        };
        let protocol = self.text("OTEL_EXPORTER_OTLP_PROTOCOL");
        let compression = self.text("OTEL_EXPORTER_OTLP_COMPRESSION");
        if protocol.is_some_and(|protocol| protocol != "http/json")
            || compression.is_some_and(|compression| compression != "none")
        {
            warn_once(
                "there are no traces: they are sent as http/json without compression only; OTEL_EXPORTER_OTLP_PROTOCOL \
                 or OTEL_EXPORTER_OTLP_COMPRESSION says otherwise",
            );
            return None;
        }
        let sampler = sampler(self.text("OTEL_TRACES_SAMPLER"), self.text("OTEL_TRACES_SAMPLER_ARG"));
        let sampler = sampler.unwrap_or_else(|| {
            warn_once("every trace is kept: OTEL_TRACES_SAMPLER or OTEL_TRACES_SAMPLER_ARG is none that is known here");
            Sampler::default()
        });
        Some(Settings { endpoint, headers, sampler, service_name: self.text("OTEL_SERVICE_NAME") })
    }
}

/// Once in a process, which may be five services.
fn warn_once(what: &'static str) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::warn!("{what}"));
}

/// `None` for a name that is not known, or an argument that is no share.
fn sampler(name: Option<String>, argument: Option<String>) -> Option<Sampler> {
    let ratio = argument.map_or(Some(1.0), |text| text.parse().ok())?;
    if !(0.0..=1.0).contains(&ratio) {
        return None;
    }
    name.map_or(Some(Sampler::default()), |name| Sampler::named(&name.to_ascii_lowercase(), ratio))
}

fn headers(text: &Secret) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for pair in text.expose().split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        headers.append(HeaderName::from_bytes(name.trim().as_bytes()).ok()?, value);
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Env;

    const BASE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

    fn read(pairs: &[(&str, &str)]) -> anyhow::Result<Option<Settings>> {
        let env = Env::from_pairs(pairs.iter().copied());
        let read = env.reader();
        let settings = read.traces();
        read.finish(settings)
    }

    #[test]
    fn without_a_collector_there_are_no_traces() {
        assert!(read(&[]).unwrap().is_none());
        assert!(
            read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " "), ("OTEL_TRACES_SAMPLER", "always_on")])
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn the_path_of_traces_is_added_to_the_base_and_to_nothing_else() {
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c/own?x=y");
        for (pairs, endpoint) in [
            (vec![BASE], "http://collector:4318/v1/traces"),
            (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/otlp/")], "https://c/otlp/v1/traces"),
            (vec![own], "https://c/own?x=y"),
            (vec![BASE, own], "https://c/own?x=y"),
        ] {
            assert_eq!(read(&pairs).unwrap().unwrap().endpoint.as_str(), endpoint, "{pairs:?}");
        }
        let error = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")]).unwrap_err().to_string();
        assert!(error.contains("OTEL_EXPORTER_OTLP_ENDPOINT must be a URL"), "{error}");
    }

    #[test]
    fn headers_are_decoded_and_never_shown() {
        let given = ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Basic%20canary%3D%3D, x-org = a%2Cb ,");
        let settings = read(&[BASE, given]).unwrap().unwrap();
        assert_eq!(settings.headers["authorization"], "Basic canary==");
        assert_eq!(settings.headers["x-org"], "a,b");
        assert!(!format!("{settings:?}").contains("canary"), "{settings:?}");
        for bad in ["canary", "canary header=x", "a=canary%0A", "a=%FFcanary"] {
            let error = read(&[BASE, ("OTEL_EXPORTER_OTLP_HEADERS", bad)]).unwrap_err().to_string();
            assert!(error.contains("OTEL_EXPORTER_OTLP_HEADERS") && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn what_only_other_programs_can_do_means_no_traces() {
        for (name, value, is_on) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", true),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", false),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", false),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "none", true),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", false),
        ] {
            assert_eq!(read(&[BASE, (name, value)]).unwrap().is_some(), is_on, "{name}={value}");
        }
    }

    #[test]
    fn the_sampler_is_the_one_that_is_named() {
        let named = |name: &str, argument: &str| {
            let pairs = [BASE, ("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument)];
            read(&pairs).unwrap().unwrap().sampler
        };
        assert_eq!(named("", ""), Sampler::default());
        assert_eq!(Some(named("traceidratio", "0.25")), Sampler::named("traceidratio", 0.25));
        assert_eq!(Some(named("Always_Off", "")), Sampler::named("always_off", 1.0));
        for (name, argument) in
            [("jaeger_remote", ""), ("traceidratio", "2"), ("traceidratio", "NaN"), ("traceidratio", "x")]
        {
            assert_eq!(named(name, argument), Sampler::default(), "{name} {argument}");
        }
    }
}
