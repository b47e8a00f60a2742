//! What the dashboard and the alert rules ask Prometheus, read as Prometheus reads it.

use std::collections::BTreeSet;

use promql_parser::{
    label::{Labels, MatchOp},
    parser::{self, Expr, LabelModifier, VectorSelector},
};
use serde_json::Value;
use service::metrics::{Kind, Metric, catalogue};

use super::{DEPLOY, text};

/// What Prometheus adds to each number, and what each of our services does.
const OF_ALL: [&str; 3] = ["instance", "job", "service"];

/// One expression, with where it stands and the labels that its text names: `{{code}}`, `$labels.code`.
pub(super) struct Asked {
    pub(super) place: String,
    pub(super) expression: Expr,
    named: BTreeSet<String>,
}

impl Asked {
    fn new(place: &str, expression: &str, named: BTreeSet<String>) -> Self {
        // Grafana's own word for a time that fits
        let plain = expression.replace("$__rate_interval", "5m");
        let expression =
            parser::parse(&plain).unwrap_or_else(|error| panic!("{place}: {expression}: {error}"));
        Self { place: place.to_owned(), expression, named }
    }

    /// The series that it reads.
    pub(super) fn selectors(&self) -> Vec<&VectorSelector> {
        let mut found = Vec::new();
        selectors(&self.expression, &mut found);
        found
    }
}

fn texts(rule: &Value, field: &str) -> String {
    rule["annotations"][field].as_str().unwrap_or_else(|| panic!("{field} of {}", rule["alert"])).to_owned()
}

/// The words between `open` and whatever no label has.
fn words_after(text: &str, open: &str) -> BTreeSet<String> {
    let after = text.match_indices(open).map(|(at, _)| text[at + open.len()..].trim_start());
    after
        .map(|rest| {
            rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

pub(super) fn rules() -> Vec<Value> {
    let file: Value =
        serde_saphyr::from_str(&text(&format!("{DEPLOY}/alerts.yml"))).expect("the rules are YAML");
    let groups = file["groups"].as_array().expect("groups");
    groups.iter().flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect()
}

/// Every expression of the alert rules and of the dashboard.
pub(super) fn all() -> Vec<Asked> {
    let mut asked = Vec::new();
    for rule in rules() {
        let alert = rule["alert"].as_str().expect("a name");
        assert!(rule["labels"]["severity"].is_string(), "how severe {alert} is");
        let said = texts(&rule, "summary") + &texts(&rule, "description");
        asked.push(Asked::new(
            alert,
            rule["expr"].as_str().expect("an expression"),
            words_after(&said, "$labels."),
        ));
    }
    let dashboard = text(&format!("{DEPLOY}/grafana/dashboards/image-import.json"));
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    for panel in dashboard["panels"].as_array().expect("panels").iter().filter(|panel| panel["type"] != "row")
    {
        let title = panel["title"].as_str().expect("a title");
        for target in panel["targets"].as_array().expect("what a panel shows") {
            assert_eq!(target["datasource"]["uid"], "prometheus", "{title}");
            let legend = target["legendFormat"].as_str().unwrap_or_default();
            asked.push(Asked::new(
                title,
                target["expr"].as_str().expect("an expression"),
                words_after(legend, "{{"),
            ));
        }
    }
    asked
}

fn selectors<'a>(expression: &'a Expr, found: &mut Vec<&'a VectorSelector>) {
    match expression {
        Expr::VectorSelector(selector) => found.push(selector),
        Expr::MatrixSelector(matrix) => found.push(&matrix.vs),
        Expr::Aggregate(of) => selectors(&of.expr, found),
        Expr::Unary(of) => selectors(&of.expr, found),
        Expr::Paren(of) => selectors(&of.expr, found),
        Expr::Subquery(of) => selectors(&of.expr, found),
        Expr::Binary(of) => [&of.lhs, &of.rhs].into_iter().for_each(|side| selectors(side, found)),
        Expr::Call(call) => call.args.args.iter().for_each(|argument| selectors(argument, found)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

/// The labels of a stored series, if there is one of this name.
fn labels_of(name: &str) -> Option<BTreeSet<String>> {
    let labels = |own: &[&str]| own.iter().chain(&OF_ALL).map(|label| (*label).to_owned()).collect();
    if name == "up" {
        return Some(BTreeSet::from(["instance".to_owned(), "job".to_owned()]));
    }
    catalogue::ALL.iter().find_map(|metric| match metric.kind {
        Kind::Histogram(_) => match name.strip_prefix(metric.name)? {
            "_bucket" => Some(labels(&[metric.labels, &["le"]].concat())),
            "_sum" | "_count" => Some(labels(metric.labels)),
            _ => None,
        },
        Kind::Counter | Kind::Gauge => (metric.name == name).then(|| labels(metric.labels)),
    })
}

fn names(labels: &Labels) -> BTreeSet<String> {
    labels.labels.iter().cloned().collect()
}

/// The labels of what comes out; panics where it asks for one that is not there.
fn result(place: &str, expression: &Expr) -> BTreeSet<String> {
    let within = |wanted: BTreeSet<String>, there: &BTreeSet<String>| {
        assert!(wanted.is_subset(there), "{place} goes by {wanted:?}, but there is only {there:?}");
        wanted
    };
    match expression {
        Expr::VectorSelector(selector) => of_selector(place, selector),
        Expr::MatrixSelector(matrix) => of_selector(place, &matrix.vs),
        Expr::Aggregate(of) => {
            let there = result(place, &of.expr);
            match &of.modifier {
                Some(LabelModifier::Include(by)) => within(names(by), &there),
                Some(LabelModifier::Exclude(without)) => {
                    let without = within(names(without), &there);
                    there.difference(&without).cloned().collect()
                }
                None => BTreeSet::new(),
            }
        }
        Expr::Binary(of) => {
            let (left, right) = (result(place, &of.lhs), result(place, &of.rhs));
            if of.op.to_string() == "or" {
                left.union(&right).cloned().collect()
            } else if left.is_empty() {
                right
            } else {
                left
            }
        }
        Expr::Unary(of) => result(place, &of.expr),
        Expr::Paren(of) => result(place, &of.expr),
        Expr::Subquery(of) => result(place, &of.expr),
        Expr::Call(call) => {
            let arguments = call.args.args.iter().map(|argument| result(place, argument));
            let mut labels: BTreeSet<String> = arguments.flatten().collect();
            match call.func.name {
                "absent" => labels = equal(&call.args.args[0]),
                "histogram_quantile" => assert!(labels.remove("le"), "{place}: a quantile without `le`"),
                _ => {}
            }
            labels
        }
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => BTreeSet::new(),
    }
}

/// What `absent` can say: the labels that are asked for with one value.
fn equal(expression: &Expr) -> BTreeSet<String> {
    let mut found = Vec::new();
    selectors(expression, &mut found);
    let matchers = found.iter().flat_map(|selector| &selector.matchers.matchers);
    matchers
        .filter(|matcher| matches!(matcher.op, MatchOp::Equal))
        .map(|matcher| matcher.name.clone())
        .collect()
}

fn of_selector(place: &str, selector: &VectorSelector) -> BTreeSet<String> {
    let name = selector.name.as_deref().unwrap_or_else(|| panic!("{place} asks for no metric by its name"));
    let labels = labels_of(name).unwrap_or_else(|| panic!("{place} asks for {name}, which nobody counts"));
    for matcher in selector.matchers.matchers.iter().chain(selector.matchers.or_matchers.iter().flatten()) {
        assert!(labels.contains(&matcher.name), "{place} asks for {}, which {name} has not", matcher.name);
    }
    labels
}

#[test]
fn the_dashboard_and_the_alerts_ask_for_what_is_counted() {
    let asked = all();
    assert!(asked.len() > 30, "expressions are not found any more");
    for one in &asked {
        let labels = result(&one.place, &one.expression);
        assert!(one.named.is_subset(&labels), "{} names {:?}, and has {labels:?}", one.place, one.named);
    }
    let shown: BTreeSet<_> =
        asked.iter().flat_map(Asked::selectors).filter_map(|one| one.name.as_deref()).collect();
    let is_shown = |metric: &&&Metric| shown.iter().any(|name| name.starts_with(metric.name));
    let hidden: Vec<_> =
        catalogue::ALL.iter().filter(|metric| !is_shown(metric)).map(|metric| metric.name).collect();
    assert!(hidden.is_empty(), "on no panel and in no rule: {hidden:?}");
}

#[test]
#[should_panic(expected = "which nobody counts")]
fn a_metric_of_another_name_is_noticed() {
    result(
        "a rule",
        &Asked::new("a rule", "rate(image_import_image_total[5m]) > 1", BTreeSet::new()).expression,
    );
}

#[test]
#[should_panic(expected = "goes by")]
fn a_label_of_another_name_is_noticed() {
    let expression = "sum by (why) (rate(image_import_retries_total[5m]))";
    result("a rule", &Asked::new("a rule", expression, BTreeSet::new()).expression);
}
