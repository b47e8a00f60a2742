//! What may be absent is never `null`: the services leave such fields out, and no parameter can be `null`. The derived schemas allow both of every
//! `Option`; fields that are always there, and then may be `null`, are marked as required where they are declared.

use utoipa::{
    Modify,
    openapi::{
        OpenApi, RefOr,
        path::Parameter,
        schema::{AllOf, Object, OneOf, Schema, SchemaType, Type},
    },
};

use super::answers::operations;

/// Takes `null` away from what may be absent.
pub(super) struct AbsentIsNotNull;

impl Modify for AbsentIsNotNull {
    fn modify(&self, document: &mut OpenApi) {
        for schema in document.components.iter_mut().flat_map(|components| components.schemas.values_mut()) {
            tidy(schema);
        }
        let operations = document.paths.paths.values_mut().flat_map(operations);
        for parameter in operations.flat_map(|operation| operation.parameters.iter_mut().flatten()) {
            if let RefOr::T(Parameter { schema: Some(schema), .. }) = parameter {
                not_null(schema);
            }
        }
    }
}

fn tidy(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            let Object { required, properties, .. } = object;
            let optional = properties.iter_mut().filter(|(name, _)| !required.contains(name));
            optional.for_each(|(_, property)| not_null(property));
        }
        RefOr::T(Schema::AllOf(AllOf { items, .. })) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn not_null(property: &mut RefOr<Schema>) {
    match property {
        RefOr::T(Schema::Object(Object { schema_type, .. })) => only(schema_type),
        RefOr::T(Schema::Array(array)) => only(&mut array.schema_type),
        RefOr::T(Schema::OneOf(OneOf { items, .. })) => {
            items.retain(|item| !is_null(item));
            if let [only] = items.as_slice() {
                *property = only.clone();
            }
        }
        _ => {}
    }
}

fn only(schema_type: &mut SchemaType) {
    let SchemaType::Array(types) = schema_type else { return };
    types.retain(|one| *one != Type::Null);
    if let [one] = types.as_slice() {
        *schema_type = SchemaType::Type(one.clone());
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(Object { schema_type: SchemaType::Type(Type::Null), .. })))
}
