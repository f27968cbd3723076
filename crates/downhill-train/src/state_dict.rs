//! Parameters and buffers in the files of others: PyTorch's state dicts, with its names and layouts.
//!
//! A network of the same layers in the same places, `nn.Sequential` for [`Sequential`](downhill_nn::Sequential), takes what is
//! written here:
//!
//! ```python
//! from safetensors.torch import load_file, save_file
//! model.load_state_dict(load_file("model.safetensors"), strict=True)
//! save_file(model.state_dict(), "back.safetensors")  # and this is for `load`
//! ```
//!
//! A model's transforms are no parameters and stay behind. The example `pytorch` does this for networks of linear,
//! convolutional, normalising and recurrent layers, and compares what both answer.
//!
//! ```
//! use downhill_nn::{Activation, Linear, Network, Params, Sequential};
//! use downhill_train::state_dict;
//!
//! let layers = Sequential::new().then(Linear::new(16)).then(Activation::Relu).then(Linear::new(3));
//! let network = Network::build(layers, [4])?;
//! let trained: Params = network.init(1);
//! let path = std::env::temp_dir().join("downhill-doc-state.safetensors");
//! state_dict::save(&path, &trained)?; // torch: model.load_state_dict(load_file(path))
//!
//! let mut params = network.init(0);
//! state_dict::load(&path, &mut params)?;
//! assert_eq!(params, trained);
//! # std::fs::remove_file(path).unwrap();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::Path;

use downhill_data::{Array, Arrays};
use downhill_nn::Params;
use downhill_nn::autodiff::{Real, Tensor};

use crate::{Error, Result, file};

/// What PyTorch's batch normalisation counts, and does not use: neither do we, but it wants it to be there.
const COUNT: &str = "num_batches_tracked";

/// All parameters and buffers as arrays.
///
/// # Errors
/// If two have the same name.
pub fn to_arrays<T: Real>(params: &Params<T>) -> Result<Arrays> {
    let mut arrays = Arrays::new();
    for (name, value) in params.state_dict() {
        arrays.insert(name, Array::new(&value))?;
        if let Some(layer) = name.strip_suffix("running_var") {
            arrays.insert(format!("{layer}{COUNT}"), Array::of_labels(&Tensor::new([], vec![0])?))?;
        }
    }
    Ok(arrays)
}

/// Sets all parameters and buffers from arrays, each rounded to `T`.
///
/// # Errors
/// [`Error::StateDict`] if an array is missing, there is one too many, or its shape is another one; then nothing has
/// changed.
pub fn set<T: Real>(params: &mut Params<T>, arrays: &Arrays) -> Result<()> {
    let mut changed = params.clone();
    for part in params.layout().parts().iter().chain(params.buffer_layout().parts()) {
        let Ok(array) = arrays.get(&part.name) else {
            let names: Vec<&str> = arrays.names().collect();
            return Err(Error::StateDict {
                problem: format!("{part} is missing; there are {}", names.join(", ")),
            });
        };
        if array.shape() != part.shape {
            let problem = format!("{} has shape {}, not {}", part.name, array.shape(), part.shape);
            return Err(Error::StateDict { problem });
        }
        changed.set(&part.name, &array.numbers()?)?;
    }
    let known = |name: &str| params.layout().part(name).or(params.buffer_layout().part(name)).is_some();
    if let Some(name) = arrays.names().find(|name| !known(name) && !name.ends_with(COUNT)) {
        return Err(Error::StateDict { problem: format!("the network has no {name}") });
    }
    *params = changed;
    Ok(())
}

/// Writes all parameters and buffers to a file, which appears whole or not at all: safetensors (feature `safetensors`), or NumPy's
/// NPZ if the name ends in `.npz`.
///
/// # Errors
/// [`Error::File`].
pub fn save<T: Real>(path: impl AsRef<Path>, params: &Params<T>) -> Result<()> {
    let (path, arrays) = (path.as_ref(), to_arrays(params)?);
    let bytes = arrays.to_bytes(path)?;
    file::replace(path, &bytes).map_err(|source| Error::File { path: path.into(), source })
}

/// Sets all parameters and buffers from a file: safetensors (feature `safetensors`), or NumPy's NPZ if the name ends in
/// `.npz`.
///
/// # Errors
/// [`Error::Data`] if the file cannot be read or is damaged; [`Error::Format`] if it is of another network. Then nothing has
/// changed.
pub fn load<T: Real>(path: impl AsRef<Path>, params: &mut Params<T>) -> Result<()> {
    let path = path.as_ref();
    let arrays = Arrays::read(path)?;
    set(params, &arrays).map_err(|error| match error {
        Error::StateDict { problem } => Error::Format { path: path.into(), reason: problem },
        other => other,
    })
}
