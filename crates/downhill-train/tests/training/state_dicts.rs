//! Parameters in the files of others.

use downhill_data::{Array, Arrays, safetensors};
use downhill_nn::autodiff::Tensor;
use downhill_nn::{BatchNorm1d, Linear, Network, Params, Sequential};
use downhill_train::{Error, state_dict};

use crate::folder::Folder;

fn network() -> Network {
    let layers = Sequential::new().then(Linear::new(3)).then(BatchNorm1d::new()).then(Linear::new(2));
    Network::build(layers, [4]).unwrap()
}

#[test]
fn there_and_back() {
    let (network, folder) = (network(), Folder::new());
    let mut params: Params = network.init(1);
    params.set("1.running_mean", &Tensor::vector([0.5, -1.0, 2.0])).unwrap();
    for name in ["a.safetensors", "a.npz", "a.NPZ"] {
        let path = folder.0.join(name);
        state_dict::save(&path, &params).unwrap();
        let mut read = network.init(2);
        state_dict::load(&path, &mut read).unwrap();
        assert_eq!(read, params);
        let mut double: Params<f64> = network.init(2);
        state_dict::load(&path, &mut double).unwrap();
        assert_eq!(double.cast(), params);
    }
    let names = safetensors::read(folder.0.join("a.safetensors")).unwrap();
    assert!(names.get("1.num_batches_tracked").is_ok(), "PyTorch misses it otherwise");
    assert_eq!(folder.names(), ["a.NPZ", "a.npz", "a.safetensors"]);
}

#[test]
fn of_another_network() {
    let (network, folder) = (network(), Folder::new());
    let before: Params = network.init(1);
    let (sound, path) = (state_dict::to_arrays(&before).unwrap(), folder.0.join("a.safetensors"));
    let refused = |change: fn(&str, &Array) -> Option<(String, Array)>, added: Option<&str>| {
        let mut arrays = Arrays::new();
        for (name, array) in sound.iter().filter_map(|(name, array)| change(name, array)) {
            arrays.insert(name, array).unwrap();
        }
        if let Some(name) = added {
            arrays.insert(name, Array::new(&Tensor::<f32>::zeros([1]))).unwrap();
        }
        let mut params = before.clone();
        let error = state_dict::set(&mut params, &arrays).unwrap_err();
        assert!(matches!(error, Error::StateDict { .. }), "{error:?}");
        safetensors::write(&path, &arrays).unwrap();
        let of_file = state_dict::load(&path, &mut params).unwrap_err().to_string();
        assert_eq!(of_file, format!("{}: {error}", path.display()));
        assert_eq!(params, before, "nothing has changed");
        error.to_string()
    };
    let same = |name: &str, array: &Array| Some((name.to_string(), array.clone()));
    let error = refused(|name, array| (name != "2.bias").then(|| (name.into(), array.clone())), None);
    assert!(error.starts_with("2.bias [2] is missing; there are 0.weight, 0.bias"), "{error}");
    assert_eq!(refused(same, Some("3.weight")), "the network has no 3.weight");
    let reshaped = |name: &str, array: &Array| {
        let other = Array::new(&Tensor::<f32>::zeros([4, 3]));
        Some((name.into(), if name == "0.weight" { other } else { array.clone() }))
    };
    assert_eq!(refused(reshaped, None), "0.weight has shape [4, 3], not [3, 4]");
}
