//! Holds answers against an OpenAPI document.

use std::sync::Arc;

use http::{HeaderMap, Method};
use serde_json::Value;

#[derive(Clone)]
pub(crate) struct Document {
    api: Arc<Value>,
}

impl Document {
    pub(crate) fn new(api: &utoipa::openapi::OpenApi) -> Self {
        Self { api: Arc::new(serde_json::to_value(api).unwrap()) }
    }

    pub(crate) fn json(&self) -> &Value {
        &self.api
    }

    /// Method and path of every operation.
    pub(crate) fn operations(&self) -> Vec<(Method, String)> {
        let mut operations = Vec::new();
        for (path, item) in self.api["paths"].as_object().unwrap() {
            for name in item.as_object().unwrap().keys() {
                operations.push((name.to_uppercase().parse().unwrap(), path.clone()));
            }
        }
        operations
    }

    /// The operation for a path of a request; a parameter is one part of it.
    pub(crate) fn operation(&self, method: &Method, path: &str) -> Option<(&str, &Value)> {
        let fits = |template: &str| {
            let (template, path) = (template.split('/'), path.split('/'));
            template.clone().count() == path.clone().count()
                && template.zip(path).all(|(own, part)| own.starts_with('{') || own == part)
        };
        let paths = self.api["paths"].as_object().unwrap();
        let (path, item) =
            paths.get_key_value(path).or_else(|| paths.iter().find(|(it, _)| fits(it)))?;
        Some((path, item.get(method.as_str().to_lowercase())?))
    }

    /// What an answer has that its operation has not. Paths and methods without an operation are not
    /// looked at.
    pub(crate) fn fault(
        &self,
        (method, path): (&Method, &str),
        status: u16,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<String> {
        let (template, operation) = self.operation(method, path)?;
        let place = format!("{method} {template}: {status}");
        let answer = operation["responses"].get(status.to_string());
        let Some(answer) = answer else { return Some(format!("{place} is not documented")) };
        for (name, header) in answer["headers"].as_object().into_iter().flatten() {
            if header["required"] == true && !headers.contains_key(name) {
                return Some(format!("{place} has no {name}"));
            }
        }
        for name in ["www-authenticate", "retry-after", "set-cookie", "cache-control", "location"] {
            let documented = answer["headers"].as_object().into_iter().flat_map(|all| all.keys());
            let is_documented = documented.into_iter().any(|own| own.eq_ignore_ascii_case(name));
            if headers.contains_key(name) && !is_documented {
                return Some(format!("{place} has {name}"));
            }
        }
        let media_type = headers.get("content-type").map(|value| value.to_str().unwrap());
        let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        let Some(content) = answer["content"].get(media_type) else {
            let is_empty = body.is_empty() && answer["content"].is_null();
            return (!is_empty).then(|| format!("{place} is {media_type:?}"));
        };
        let value = match media_type {
            "application/json" | "application/problem+json" => {
                serde_json::from_slice(body).unwrap()
            }
            _ => Value::from(String::from_utf8(body.to_vec()).unwrap()),
        };
        let fault = self.mismatch(&content["schema"], &value)?;
        Some(format!("{place}: {fault}: {value}"))
    }

    /// Where a value breaks a schema. Of JSON Schema it knows what is in these documents, and stops at
    /// what it does not know: schemathesis, which looks at the same documents, knows all of it.
    pub(crate) fn mismatch(&self, schema: &Value, value: &Value) -> Option<String> {
        let number = |limit: &Value| limit.as_f64().unwrap();
        let length = |text: &str| text.chars().count() as u64;
        schema.as_object().unwrap().iter().find_map(|(keyword, rule)| {
            let holds = match (keyword.as_str(), value) {
                ("$ref", _) => {
                    let reference = rule.as_str().unwrap().trim_start_matches('#');
                    return self.mismatch(self.api.pointer(reference).unwrap(), value);
                }
                ("allOf", _) => {
                    return rule.as_array().unwrap().iter().find_map(|it| self.mismatch(it, value));
                }
                ("anyOf", _) => self.fitting(rule, value) > 0,
                ("oneOf", _) => self.fitting(rule, value) == 1,
                ("properties", Value::Object(members)) => {
                    return rule.as_object().unwrap().iter().find_map(|(name, schema)| {
                        let fault = self.mismatch(schema, members.get(name)?)?;
                        Some(format!("{name}: {fault}"))
                    });
                }
                ("items", Value::Array(items)) => {
                    return items.iter().find_map(|item| self.mismatch(rule, item));
                }
                ("type", _) => match rule {
                    Value::Array(types) => types.iter().any(|rule| is_of(value, rule)),
                    rule => is_of(value, rule),
                },
                ("enum", _) => rule.as_array().unwrap().contains(value),
                ("required", Value::Object(members)) => rule
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|it| members.contains_key(it.as_str().unwrap())),
                ("minLength", Value::String(text)) => length(text) >= rule.as_u64().unwrap(),
                ("maxLength", Value::String(text)) => length(text) <= rule.as_u64().unwrap(),
                ("minimum", Value::Number(it)) => it.as_f64().unwrap() >= number(rule),
                ("maximum", Value::Number(it)) => it.as_f64().unwrap() <= number(rule),
                ("minItems", Value::Array(items)) => items.len() as u64 >= rule.as_u64().unwrap(),
                ("properties" | "items" | "required", _)
                | ("minLength" | "maxLength" | "minimum" | "maximum" | "minItems", _)
                | ("description" | "format" | "default" | "additionalProperties", _) => true,
                (unknown, _) => panic!("what is {unknown}?"),
            };
            (!holds).then(|| format!("{keyword} is {rule}"))
        })
    }

    fn fitting(&self, schemas: &Value, value: &Value) -> usize {
        let schemas = schemas.as_array().unwrap().iter();
        schemas.filter(|schema| self.mismatch(schema, value).is_none()).count()
    }
}

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        unknown => panic!("what is {unknown}?"),
    }
}
