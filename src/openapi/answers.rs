//! Answers of operations, and what becomes of two with one status.

use std::collections::btree_map::Entry;

use http::StatusCode;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AnyOf, Schema};
use utoipa::openapi::{Content, Object, RefOr, Response, Type};

/// A header of answers. One that is not always there is not required.
pub(crate) fn header(description: &str, example: Option<&str>, required: bool) -> Header {
    let mut header = Header::new(Object::with_type(Type::String));
    header.description = Some(description.to_owned());
    header.example = example.map(Into::into);
    if required {
        // The type has no such member.
        header.extensions = Some([("required", true)].into_iter().collect());
    }
    header
}

/// Adds an answer. Where the operation has one with this status, either may come.
pub(crate) fn add_answer(operation: &mut Operation, status: StatusCode, answer: Response) {
    match operation.responses.responses.entry(status.as_str().to_owned()) {
        Entry::Vacant(place) => {
            place.insert(answer.into());
        }
        Entry::Occupied(mut place) => match place.get_mut() {
            RefOr::T(own) => merge(own, answer),
            // What is shared with others stays as it is.
            RefOr::Ref(_) => {}
        },
    }
}

fn merge(own: &mut Response, other: Response) {
    if own.description.is_empty() {
        own.description = other.description;
    } else if !own.description.contains(&other.description) {
        own.description = format!("{}\n\n{}", own.description, other.description);
    }
    for (name, header) in &mut own.headers {
        if !other.headers.contains_key(name) {
            make_optional(header);
        }
    }
    let was_empty = own.headers.is_empty() && own.content.is_empty();
    for (name, mut header) in other.headers {
        if !was_empty && !own.headers.contains_key(&name) {
            make_optional(&mut header);
        }
        own.headers.entry(name).or_insert(header);
    }
    for (media_type, content) in other.content {
        match own.content.get_mut(&media_type) {
            Some(RefOr::T(own)) => merge_content(own, content),
            Some(RefOr::Ref(_)) => {}
            None => {
                own.content.insert(media_type, content);
            }
        }
    }
}

fn make_optional(header: &mut RefOr<Header>) {
    if let RefOr::T(header) = header {
        header.extensions = None;
    }
}

fn merge_content(own: &mut Content, other: RefOr<Content>) {
    let RefOr::T(other) = other else { return };
    own.schema = match (own.schema.take(), other.schema) {
        (Some(one), Some(two)) if one != two => Some(either(one, two)),
        (one, two) => one.or(two),
    };
}

fn either(one: RefOr<Schema>, two: RefOr<Schema>) -> RefOr<Schema> {
    let mut any = match one {
        RefOr::T(Schema::AnyOf(any)) => any,
        one => AnyOf::builder().item(one).build(),
    };
    if !any.items.contains(&two) {
        any.items.push(two);
    }
    Schema::AnyOf(any).into()
}
