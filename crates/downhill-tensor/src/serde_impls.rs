//! Tensors in serde: the shape, then the elements in row-major order.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Element, Shape, Tensor};

#[derive(Serialize)]
#[serde(rename = "Tensor")]
struct Borrowed<'a, T> {
    shape: Shape,
    elements: &'a [T],
}

#[derive(Deserialize)]
#[serde(rename = "Tensor")]
struct Owned<T> {
    shape: Shape,
    elements: Vec<T>,
}

impl<T: Element + Serialize> Serialize for Tensor<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Borrowed { shape: self.shape(), elements: self.as_slice() }.serialize(serializer)
    }
}

impl<'de, T: Element + Deserialize<'de>> Deserialize<'de> for Tensor<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tensor<T>, D::Error> {
        let Owned { shape, elements } = Owned::deserialize(deserializer)?;
        Tensor::new(shape, elements).map_err(de::Error::custom)
    }
}
