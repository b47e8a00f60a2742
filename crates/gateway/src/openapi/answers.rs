//! What operations answer alike, added to all of them here: whoever changes what the gateway says before a service is
//! asked changes it in this file.

use client::ErrorBody;
use utoipa::{
    Modify, ToSchema,
    openapi::{
        HeaderBuilder, OpenApi, Ref, RefOr,
        content::ContentBuilder,
        path::{Operation, ParameterIn, PathItem},
        response::{Response, ResponseBuilder},
        schema::{ObjectBuilder, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

/// The name of the token.
const TOKEN: &str = "token";

/// Adds them.
pub(super) struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            [&mut item.get, &mut item.delete].into_iter().flatten().for_each(|one| complete(one, false));
            item.post.iter_mut().for_each(|one| complete(one, true));
        }
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "`API_TOKEN` of the gateway, where one is set: for what changes something, or for all.",
        ));
        if let Some(components) = &mut document.components {
            components.add_security_scheme(TOKEN, SecurityScheme::Http(token.build()));
        }
        // the first of them: nothing
        let needs = [SecurityRequirement::default(), SecurityRequirement::new(TOKEN, [""; 0])];
        document.security = Some(needs.into());
    }
}

/// All operations of a path.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten()
}

/// What an operation says of a status itself stays. `takes_body`: a body is read, even where none is needed.
fn complete(operation: &mut Operation, takes_body: bool) {
    let has_path_parameters = operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| matches!(parameter, RefOr::T(one) if one.parameter_in == ParameterIn::Path));
    let mut add = |status: &str, answer: Response| {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(answer));
    };
    add(
        "405",
        error("Another method than this path has.").header("Allow", text("The methods it has.")).build(),
    );
    add(
        "401",
        error("The token is missing, or is another.").header("WWW-Authenticate", text("`Bearer`.")).build(),
    );
    add("429", later(error("Too many requests.")));
    add("414", error("The URL is too long.").build());
    add("431", error("The headers are too many, or too long.").build());
    add(
        "503",
        later(error(
            "A service that is needed does not answer, or has too much to do; or too many connections are open.",
        )),
    );
    if has_path_parameters {
        add("404", error("There is no such thing, or no such path.").build());
    }
    if takes_body {
        add("400", error("The body is no JSON, or not what is asked for.").build());
        add("403", error("The page that sent it is of an origin that `CORS_ORIGINS` does not list.").build());
        add("408", error("The rest of the body did not come in time.").build());
        add("413", error("The body is longer than 1 MiB, or what `MAX_BODY_KB` says.").build());
        add("415", error("The body is not announced as JSON by `Content-Type: application/json`.").build());
    }
    add("400", error("The request cannot be read: it is no HTTP.").build());
}

/// An answer with the one body of errors.
fn error(description: &str) -> ResponseBuilder {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorBody::name()))).build();
    ResponseBuilder::new().description(description).content("application/json", body)
}

fn later(answer: ResponseBuilder) -> Response {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).build();
    let header = HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("When to ask again, in seconds, where known."));
    answer.header("Retry-After", header.build()).build()
}

fn text(description: &str) -> utoipa::openapi::Header {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}
