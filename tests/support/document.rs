//! Holds answers against an OpenAPI document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Method};
use jsonschema::Validator;
use serde_json::{Value, json};

#[derive(Clone)]
pub(crate) struct Document {
    api: Arc<Value>,
    /// Made once for each body that an operation has.
    validators: Arc<Mutex<HashMap<String, Arc<Validator>>>>,
}

impl Document {
    pub(crate) fn new(api: &utoipa::openapi::OpenApi) -> Self {
        let api = Arc::new(serde_json::to_value(api).unwrap());
        Self { api, validators: Arc::default() }
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
        let validator = self.validator(&format!("{place} {media_type}"), &content["schema"]);
        let fault = validator.iter_errors(&value).next()?;
        Some(format!("{place}: {fault} at {}: {value}", fault.instance_path()))
    }

    /// A schema of the document by a name of its own.
    pub(crate) fn validator(&self, name: &str, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let made = validators.entry(name.to_owned()).or_insert_with(|| {
            let whole = json!({ "allOf": [schema], "components": self.api["components"] });
            Arc::new(jsonschema::draft202012::new(&whole).unwrap())
        });
        Arc::clone(made)
    }
}
