//! The cases' encoding: named settings, and tensors as flat row-major lists.

use downhill::prelude::Tensor;
use downhill::tensor::{Element, Shape};
use serde_json::Value;

/// A JSON value that a case must have: reading it as something else panics with what it is.
#[derive(Clone, Copy)]
pub(crate) struct Json<'c>(pub(crate) &'c Value);

impl<'c> Json<'c> {
    /// The entry of this name, unless it is missing or null.
    pub(crate) fn get(self, name: &str) -> Option<Json<'c>> {
        self.0.get(name).filter(|value| !value.is_null()).map(Json)
    }

    pub(crate) fn at(self, name: &str) -> Json<'c> {
        self.get(name).unwrap_or_else(|| panic!("no {name} in {:.200}", self.0.to_string()))
    }

    pub(crate) fn entries(self) -> impl Iterator<Item = (&'c str, Json<'c>)> {
        self.0.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), Json(value)))
    }

    pub(crate) fn items(self) -> impl Iterator<Item = Json<'c>> {
        self.0.as_array().unwrap_or_else(|| panic!("no list: {:.200}", self.0.to_string())).iter().map(Json)
    }

    pub(crate) fn text(self, name: &str) -> &'c str {
        self.at(name).0.as_str().unwrap_or_else(|| panic!("{name} is no text"))
    }

    pub(crate) fn flag(self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.0 == &Value::Bool(true))
    }

    pub(crate) fn number(self, name: &str) -> f64 {
        self.at(name).real()
    }

    pub(crate) fn number_or(self, name: &str, default: f64) -> f64 {
        self.get(name).map_or(default, Json::real)
    }

    pub(crate) fn numbers(self, name: &str) -> Vec<f64> {
        self.at(name).items().map(Json::real).collect()
    }

    pub(crate) fn count(self, name: &str) -> usize {
        self.at(name).whole() as usize
    }

    pub(crate) fn counts(self, name: &str) -> Vec<usize> {
        self.at(name).items().map(|value| value.whole() as usize).collect()
    }

    pub(crate) fn axis(self, name: &str) -> isize {
        self.at(name).whole()
    }

    pub(crate) fn axes(self, name: &str) -> Vec<isize> {
        self.at(name).items().map(Json::whole).collect()
    }

    pub(crate) fn is_tensor_of(self, dtype: &str) -> bool {
        self.get("dtype").is_some_and(|given| given.0 == dtype)
    }

    pub(crate) fn tensor(self) -> Tensor<f64> {
        self.elements(Json::real)
    }

    pub(crate) fn integers(self) -> Tensor<isize> {
        self.elements(Json::whole)
    }

    pub(crate) fn indices(self) -> Tensor<usize> {
        self.integers().map(|index| usize::try_from(index).expect("an index is not negative"))
    }

    pub(crate) fn mask(self) -> Tensor<bool> {
        self.elements(|value| value.0.as_bool().expect("true or false"))
    }

    pub(crate) fn shape(self, name: &str) -> Shape {
        Shape::new(&self.counts(name)).expect("at most 8 axes")
    }

    fn elements<U: Element>(self, read: impl Fn(Json<'c>) -> U) -> Tensor<U> {
        Tensor::new(self.shape("shape"), self.at("data").items().map(read).collect())
            .expect("as many as the shape says")
    }

    pub(crate) fn real(self) -> f64 {
        match self.0.as_str() {
            Some(word) => word.parse().ok(),
            None => self.0.as_f64(),
        }
        .unwrap_or_else(|| panic!("no number: {}", self.0))
    }

    fn whole(self) -> isize {
        self.0.as_i64().unwrap_or_else(|| panic!("no whole number: {}", self.0)) as isize
    }
}
