//! Field masks: `fields=nextPageToken,files(id,imageMediaMetadata/width)`.
//!
//! `mask = item {"," item}`, `item = path ["(" mask ")"]`, `path = name {"/" name}`, `*` = everything at that
//! level; blanks are tolerated. A name that the resource does not know is an error, as at Google: a client that
//! misspells a field, or forgets `nextPageToken`, must notice here and not in production.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use thiserror::Error;

/// Deeper nesting than any resource has, and shallow enough for the stack.
const MAX_DEPTH: usize = 32;

/// In a schema: stands for the free keys of an object.
pub(crate) const ANY_KEY: &str = "ANY_KEY";

/// The selection at one level: everything, or the named fields with the selection below each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mask {
    all: bool,
    names: BTreeMap<String, Mask>,
}

/// A field that cannot be selected; holds its name, or the text where the mask stopped making sense.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("Invalid field selection {0}")]
pub(crate) struct InvalidField(pub(crate) String);

static EVERYTHING: Mask = Mask { all: true, names: BTreeMap::new() };

impl Mask {
    /// Reads the mask language, whatever the names.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidField> {
        let mut parser = Parser { rest: text };
        let mask = parser.mask(0)?;
        if parser.rest.is_empty() { Ok(mask) } else { Err(parser.stuck()) }
    }

    /// Reads a mask and refuses every name that `schema` does not have.
    pub(crate) fn parse_for(text: &str, schema: &Self) -> Result<Self, InvalidField> {
        let mask = Self::parse(text)?;
        mask.check(schema)?;
        Ok(mask)
    }

    fn check(&self, schema: &Self) -> Result<(), InvalidField> {
        self.names.iter().try_for_each(|(name, below)| {
            let known = schema.names.get(name).or_else(|| schema.names.get(ANY_KEY));
            match (known, below.names.keys().next()) {
                (None, _) => Err(InvalidField(name.clone())),
                (Some(scalar), Some(inside)) if scalar.all => Err(InvalidField(inside.clone())),
                (Some(object), _) => below.check(object),
            }
        })
    }

    /// Whether the field is selected, as a whole or in part.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.all || self.names.contains_key(name)
    }

    /// What is selected below a field.
    pub(crate) fn within(&self, name: &str) -> &Self {
        if self.all { &EVERYTHING } else { self.names.get(name).unwrap_or(&EVERYTHING) }
    }

    /// Leaves only the selected fields of an object, in their order; arrays are filtered element by element.
    pub(crate) fn keep(&self, value: Value) -> Value {
        match value {
            _ if self.all => value,
            Value::Object(object) => Value::Object(self.keep_fields(object)),
            Value::Array(elements) => elements.into_iter().map(|element| self.keep(element)).collect(),
            scalar => scalar,
        }
    }

    fn keep_fields(&self, object: Map<String, Value>) -> Map<String, Value> {
        let selected = object.into_iter().filter(|(name, _)| self.wants(name));
        selected.map(|(name, value)| (name.clone(), self.within(&name).keep(value))).collect()
    }

    fn add(&mut self, name: &str, below: Self) {
        if name == "*" {
            self.all = true;
        } else {
            self.names.entry(name.to_owned()).or_default().merge(below);
        }
    }

    fn merge(&mut self, other: Self) {
        self.all |= other.all;
        for (name, below) in other.names {
            self.names.entry(name).or_default().merge(below);
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn mask(&mut self, depth: usize) -> Result<Mask, InvalidField> {
        let mut mask = Mask::default();
        loop {
            self.item(&mut mask, depth)?;
            if !self.eat(',') {
                return Ok(mask);
            }
        }
    }

    fn item(&mut self, into: &mut Mask, depth: usize) -> Result<(), InvalidField> {
        let name = self.name()?;
        let below = if depth == MAX_DEPTH {
            return Err(self.stuck());
        } else if self.eat('/') {
            let mut below = Mask::default();
            self.item(&mut below, depth + 1)?;
            below
        } else if self.eat('(') {
            let below = self.mask(depth + 1)?;
            if !self.eat(')') {
                return Err(self.stuck());
            }
            below
        } else {
            EVERYTHING.clone()
        };
        if name == "*" && below != EVERYTHING {
            return Err(InvalidField(name));
        }
        into.add(&name, below);
        Ok(())
    }

    fn name(&mut self) -> Result<String, InvalidField> {
        self.skip_blanks();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !"*_-$.".contains(c));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if name.is_empty() || (name.contains('*') && name != "*") {
            return Err(self.stuck());
        }
        self.rest = rest;
        self.skip_blanks();
        Ok(name.to_owned())
    }

    fn eat(&mut self, wanted: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(wanted) else { return false };
        self.rest = rest;
        self.skip_blanks();
        true
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn stuck(&self) -> InvalidField {
        InvalidField(self.rest.chars().take(60).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{FILE, FILE_LIST};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn list() -> Value {
        json!({"kind": "drive#fileList", "nextPageToken": "t", "files": [
            {"id": "1", "name": "a", "imageMediaMetadata": {"width": 2, "height": 3}},
            {"id": "2", "name": "b"}]})
    }

    #[test]
    fn only_what_is_named_is_kept() {
        let cases = [
            ("files(id)", json!({"files": [{"id": "1"}, {"id": "2"}]})),
            ("files/id", json!({"files": [{"id": "1"}, {"id": "2"}]})),
            ("files/id,files/name", json!({"files": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]})),
            (
                " nextPageToken , files ( id ) ",
                json!({"nextPageToken": "t", "files": [{"id": "1"}, {"id": "2"}]}),
            ),
            ("files(imageMediaMetadata/width)", json!({"files": [{"imageMediaMetadata": {"width": 2}}, {}]})),
            (
                "files/imageMediaMetadata(width,height)",
                json!({"files": [{"imageMediaMetadata": {"width": 2, "height": 3}}, {}]}),
            ),
            ("nextPageToken", json!({"nextPageToken": "t"})),
            ("files", json!({"files": list()["files"]})),
            ("files,files/id", json!({"files": list()["files"]})),
            ("files/*", json!({"files": list()["files"]})),
            ("*", list()),
        ];
        for (text, expected) in cases {
            let mask = Mask::parse_for(text, &FILE_LIST).unwrap();
            assert_eq!(mask.keep(list()), expected, "{text}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_by_that_name() {
        let cases = [
            ("files(id,nope)", "nope"),
            ("items", "items"),
            ("files(id,capabilities,canAddChildren)", "canAddChildren"),
            ("files/id/x", "x"),
            ("files(imageMediaMetadata/megapixels)", "megapixels"),
        ];
        for (text, name) in cases {
            assert_eq!(Mask::parse_for(text, &FILE_LIST), Err(InvalidField(name.into())), "{text}");
        }
        assert!(Mask::parse_for("files(id,capabilities/canAddChildren)", &FILE_LIST).is_ok());
        assert!(Mask::parse_for("id,properties/anything", &FILE).is_ok(), "properties have free keys");
    }

    #[test]
    fn what_is_not_a_mask_is_refused() {
        for text in [
            "",
            " ",
            ",",
            "files(",
            "files(id",
            "files)",
            "files(id))",
            "a b",
            "files/",
            "/id",
            "f*",
            "*(id)",
        ] {
            assert!(Mask::parse(text).is_err(), "{text:?}");
        }
        assert!(Mask::parse(&"a(".repeat(100_000)).is_err(), "depth is bounded");
    }

    /// Whether every leaf of `part` stands in `whole` at the same place, members of lists aside.
    fn is_part(part: &Value, whole: &Value) -> bool {
        match (part, whole) {
            (Value::Object(part), Value::Object(whole)) => {
                part.iter().all(|(name, value)| whole.get(name).is_some_and(|of| is_part(value, of)))
            }
            (Value::Array(part), Value::Array(whole)) => {
                part.iter().all(|value| whole.iter().any(|of| is_part(value, of)))
            }
            _ => part == whole,
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,60}") {
            let _ = Mask::parse_for(&text, &FILE_LIST);
        }

        #[test]
        fn what_a_mask_keeps_it_keeps_again_and_makes_nothing_up(
            text in "[a-c*](/[a-c*])?([(][a-c*](,[a-c](/[a-c])?)?[)])?(,[a-c](/[a-c])?){0,2}",
        ) {
            let whole = json!({
                "a": {"a": 1, "b": {"a": 2, "c": [3, {"a": 4}]}, "c": "x"},
                "b": [{"a": 5, "b": null}, {"b": {"c": 6}}, 7],
                "c": 8,
            });
            if let Ok(mask) = Mask::parse(&text) {
                let kept = mask.keep(whole.clone());
                prop_assert!(is_part(&kept, &whole), "{}: {}", text, kept);
                prop_assert_eq!(mask.keep(kept.clone()), kept);
            }
        }

        #[test]
        fn a_mask_of_known_names_keeps_exactly_these(names in prop::sample::subsequence(
            vec!["id", "name", "mimeType", "size", "md5Checksum"], 1..5)) {
            let mask = Mask::parse_for(&names.join(","), &FILE).unwrap();
            let whole = json!({"id": 1, "name": 1, "mimeType": 1, "size": 1, "md5Checksum": 1});
            let kept = mask.keep(whole);
            let kept: Vec<_> = kept.as_object().unwrap().keys().map(String::as_str).collect();
            prop_assert_eq!(kept, names);
        }
    }
}
