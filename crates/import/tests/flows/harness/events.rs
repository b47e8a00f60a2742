//! A reader of Server-Sent Events.

use serde_json::Value;
use tokio::time::timeout;

use super::{Import, PATIENCE};

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

/// A stream of events.
pub(crate) struct Events {
    answer: reqwest::Response,
    text: String,
}

impl Import {
    /// Watches a job; `last` is the id of the last event that was seen.
    pub(crate) async fn watch(&self, job: &str, last: Option<&str>) -> Events {
        let answer = self.connect(&format!("import/events/{job}"), last).await;
        assert_eq!(answer.status(), 200);
        let head = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(head("content-type").starts_with("text/event-stream"));
        assert_eq!((head("cache-control").as_str(), head("x-accel-buffering").as_str()), ("no-store", "no"));
        Events { answer, text: String::new() }
    }

    /// Asks for events, whatever the answer is.
    pub(crate) async fn connect(&self, path: &str, last: Option<&str>) -> reqwest::Response {
        let mut request = client::http::service_client(PATIENCE).get(self.url(path));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        request.send().await.unwrap()
    }
}

impl Events {
    /// The next event; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (parse(block), rest.to_owned());
                self.text = rest;
                if event.is_some() {
                    return event;
                }
            }
            let chunk = timeout(PATIENCE, self.answer.chunk()).await.expect("events come").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Everything up to the first event that `is_last`, that one included.
    pub(crate) async fn until(&mut self, is_last: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut seen = Vec::new();
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("ended after {seen:?}"));
            seen.push(event);
            if seen.last().is_some_and(&is_last) {
                return seen;
            }
        }
    }
}

/// `None` for comments and settings.
fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let name = field("event: ")?;
    let data = serde_json::from_str(&field("data: ")?).unwrap();
    Some(Event { name, id: field("id: "), data })
}

/// The ids of the stored images among events.
pub(crate) fn image_ids(events: &[Event]) -> Vec<String> {
    events.iter().filter(|event| event.name == "image").filter_map(|event| event.id.clone()).collect()
}
