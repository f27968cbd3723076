//! Model files: the same model comes back, or an error.

use std::fs;
use std::path::PathBuf;

use downhill_data::{Encoder, Fitted, Transform};
use downhill_nn::autodiff::{Shape, Tensor};
use downhill_nn::{
    Activation, AnyLayer, Dropout, Linear, Link, Network, Params, Residual, Sequential, lambda,
};
use downhill_train::{Error, Model};
use proptest::prelude::*;
use serde::Serialize;

use crate::folder::Folder;
use crate::{classifier, clouds};

impl Folder {
    fn file(&self) -> PathBuf {
        self.0.join("model.downhill")
    }

    /// Loads a model from these bytes.
    fn load(&self, bytes: &[u8]) -> Result<Model, String> {
        fs::write(self.file(), bytes).unwrap();
        Model::load(self.file()).map_err(|error| {
            assert!(matches!(error, Error::Format { .. }), "{error:?}");
            let text = error.to_string();
            text.strip_prefix(&format!("{}: ", self.file().display())).unwrap().to_string()
        })
    }
}

fn small() -> Model {
    let layers = Sequential::new().then(Residual::new(Linear::new(2))).then(Activation::Tanh);
    let network = Network::build(layers, [2]).unwrap();
    let params = network.init(3);
    Model::new(network, params, Link::Identity).unwrap()
}

fn bytes(model: &Model) -> Vec<u8> {
    let folder = Folder::new();
    model.save(folder.file()).unwrap();
    fs::read(folder.file()).unwrap()
}

/// A file with a sound header around any content.
pub(crate) fn sealed(kind: u32, body: &[u8]) -> Vec<u8> {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let checksum = body.iter().fold(0xcbf2_9ce4_8422_2325, step);
    let kind = [3_u32.to_le_bytes(), kind.to_le_bytes()].concat();
    let header = [&b"downhill"[..], &kind, &(body.len() as u64).to_le_bytes()].concat();
    [&header[..], &checksum.to_le_bytes(), body].concat()
}

/// A file made up of parts, whether they fit each other or not.
fn made_up(network: &impl Serialize, params: &impl Serialize, output: Shape) -> Vec<u8> {
    let none: Vec<Fitted> = Vec::new();
    let names = (None::<Encoder>, Vec::<String>::new(), Vec::<String>::new());
    let answers = (output, Link::Identity, &none, Vec::<String>::new());
    sealed(MODEL, &bincode::serialize(&("f32", (network, params, names, &none, answers))).unwrap())
}

pub(crate) const HEADER: usize = 32;

/// What a file holds.
const MODEL: u32 = 1;
pub(crate) const CHECKPOINT: u32 = 2;

#[test]
fn everything_comes_back() {
    let data = clouds(60, 4, 3, 1).with_class_names(["a", "b", "c"].map(String::from).to_vec()).unwrap();
    let fit =
        classifier(8, 3).transform(Transform::Standardize).transform(Transform::MinMax).fit(&data).unwrap();
    let folder = Folder::new();
    fit.model.save(folder.file()).unwrap();
    let loaded = Model::load(folder.file()).unwrap();
    assert_eq!(loaded.predict(data.inputs()).unwrap(), fit.model.predict(data.inputs()).unwrap());
    assert_eq!(loaded.evaluate(&data).unwrap(), fit.model.evaluate(&data).unwrap());
    assert_eq!(loaded.params(), fit.model.params());
    assert_eq!(loaded.class_names(), ["a", "b", "c"]);
    assert_eq!(loaded.network().layout(), fit.model.network().layout());
    assert_eq!(bytes(&loaded), bytes(&fit.model), "and can be saved as it was");
    assert_eq!(folder.names(), ["model.downhill"]);

    let target = Transform::Standardize.fit(&Tensor::from_rows(&[[10.0], [30.0]])).unwrap();
    let input = Transform::DivideBy(0.5).fit(&Tensor::<f32>::zeros([1, 2])).unwrap();
    let layers = Sequential::new().then(Dropout::new(0.5).unwrap()).then(Linear::new(1));
    let network = Network::build(layers, [2]).unwrap();
    let params: Params<f64> = network.init(1);
    let model = Model::new(network, params, Link::Identity)
        .unwrap()
        .with_input_transforms(vec![input])
        .with_target_transforms(vec![target.clone()]);
    model.save(folder.file()).unwrap();
    let loaded: Model<f64> = Model::load(folder.file()).unwrap();
    let x = Tensor::from_rows(&[[0.3, -0.2]]);
    let y = loaded.predict(&x).unwrap();
    assert_eq!(y, model.predict(&x).unwrap());
    let doubled = loaded.network().predict(loaded.params(), &Tensor::from_rows(&[[0.6, -0.4]])).unwrap();
    assert_eq!(y, target.inverse(&doubled).unwrap());
}

#[test]
fn the_number_type_is_checked() {
    let folder = Folder::new();
    small().save(folder.file()).unwrap();
    let error = Model::<f64>::load(folder.file()).unwrap_err().to_string();
    assert!(error.ends_with("it holds numbers of type f32, not f64"), "{error}");
}

#[test]
fn cut_off_or_added_to() {
    let (folder, sound) = (Folder::new(), bytes(&small()));
    assert!(folder.load(&sound).is_ok());
    for length in 0..sound.len() {
        let reason = folder.load(&sound[..length]).unwrap_err();
        let expected =
            if length < HEADER { "this is no downhill model file" } else { "it was cut off or added to" };
        assert!(reason.contains(expected), "{length}: {reason}");
    }
    for added in [&b"\0"[..], b"downhill"] {
        let reason = folder.load(&[&sound, added].concat()).unwrap_err();
        assert!(reason.contains("it was cut off or added to"), "{reason}");
        // A checksum and a length that fit do not make it a model.
        let reason = folder.load(&sealed(MODEL, &[&sound[HEADER..], added].concat())).unwrap_err();
        assert!(reason.starts_with("its content makes no sense: "), "{reason}");
    }
    for length in 0..sound.len() - HEADER {
        let reason = folder.load(&sealed(MODEL, &sound[HEADER..][..length])).unwrap_err();
        assert!(reason.starts_with("its content makes no sense: "), "{length}: {reason}");
    }
}

#[test]
fn headers() {
    let (folder, sound) = (Folder::new(), bytes(&small()));
    assert_eq!(sealed(MODEL, &sound[HEADER..]), sound, "the format is what it says");
    let changed = |place: usize, byte: u8| {
        let mut bytes = sound.clone();
        bytes[place] ^= byte;
        folder.load(&bytes).unwrap_err()
    };
    assert_eq!(changed(0, 1), "this is no downhill model file");
    assert_eq!(changed(8, 1), "it has format version 2, this library reads version 3");
    assert_eq!(changed(12, 3), "this is no model file, it holds a checkpoint");
    assert!(changed(12, 4).starts_with("this is no model file"));
    assert!(changed(16, 1).contains("it was cut off or added to"));
    assert!(changed(23, 0x80).contains("it was cut off or added to"), "a length of 2⁶³ takes no memory");
    assert_eq!(changed(24, 1), "its checksum is wrong: it is damaged");
    assert_eq!(changed(HEADER, 1), "its checksum is wrong: it is damaged");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn any_flipped_bit_is_noticed(place: prop::sample::Index, bit in 0_u8..8) {
        let mut bytes = bytes(&small());
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let folder = Folder::new();
        prop_assert!(folder.load(&bytes).is_err());
        // With a checksum that fits it may be a model, which answers or refuses.
        if place >= HEADER && let Ok(model) = folder.load(&sealed(MODEL, &bytes[HEADER..])) {
            let _ = model.predict(&Tensor::ones([2, 2]));
            let _ = model.predict_proba(&Tensor::ones([2, 2]));
        }
    }

    #[test]
    fn random_content_is_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let folder = Folder::new();
        prop_assert!(folder.load(&body).is_err());
        prop_assert!(folder.load(&sealed(MODEL, &body)).is_err());
        // Behind the number type's name there is a network.
        let named = [&bincode::serialize("f32").unwrap()[..], &body].concat();
        prop_assert!(folder.load(&sealed(MODEL, &named)).is_err());
    }
}

#[test]
fn parts_that_do_not_fit_each_other() {
    let folder = Folder::new();
    let refused = |layer: AnyLayer, input: Shape, params: &Params, output: Shape| {
        folder.load(&made_up(&(layer, input), params, output)).unwrap_err()
    };
    let params = |layer: AnyLayer, input: Shape| -> Params { Network::build(layer, input).unwrap().init(0) };
    let linear = |outputs| AnyLayer::new(Linear::new(outputs));
    let own = params(linear(3), [2].into());
    let sound = made_up(&(linear(3), Shape::from([2])), &own, [3].into());
    assert!(folder.load(&sound).is_ok(), "made up well it is a model");

    for (reason, expected) in [
        (refused(linear(usize::MAX), [2].into(), &own, [usize::MAX].into()), "too large"),
        (refused(linear(1 << 54), [2].into(), &own, [1 << 54].into()), "there is no memory for"),
        (refused(linear(1 << 24), [2].into(), &own, [1 << 24].into()), "the network has the parameters"),
        (
            refused(linear(3), [4].into(), &own, [3].into()),
            "weight [3, 4], bias [3]; these are weight [3, 2]",
        ),
        (refused(linear(3), [usize::MAX].into(), &own, [3].into()), "too large"),
        (refused(linear(3), [2].into(), &own, [4].into()), "output is [3], its answers are made of [4]"),
        (
            refused(AnyLayer::new(Residual::new(linear(3))), [2].into(), &own, [2].into()),
            "it must keep the shape",
        ),
        (
            refused(AnyLayer::new(Sequential::new().then(linear(3))), [2].into(), &own, [3].into()),
            "0.weight [3, 2], 0.bias [3]; these are weight [3, 2]",
        ),
        (
            refused(linear(3), [2].into(), &params(linear(3), [3].into()), [3].into()),
            "these are weight [3, 3], bias [3]",
        ),
    ] {
        assert!(reason.starts_with("its content makes no sense: ") && reason.contains(expected), "{reason}");
    }
}

#[test]
fn bottomless_layers() {
    let one = bincode::serialize(&AnyLayer::new(Sequential::new().then(Sequential::new()))).unwrap();
    let empty = bincode::serialize(&AnyLayer::new(Sequential::new())).unwrap();
    let level = &one[..one.len() - empty.len()];
    let body = [&bincode::serialize("f32").unwrap()[..], &level.repeat(500_000)].concat();
    let reason = Folder::new().load(&sealed(MODEL, &body)).unwrap_err();
    assert!(reason.contains("nested more than 64 deep"), "{reason}");
}

#[test]
fn a_save_that_fails_leaves_the_old_file() {
    let folder = Folder::new();
    let model = small();
    model.save(folder.file()).unwrap();
    // One that was interrupted, in this process or another, has left half a model beside.
    let half = folder.0.join(format!("model.downhill.{}.0.tmp", std::process::id()));
    fs::write(&half, b"downhill").unwrap();
    assert_eq!(Model::load(folder.file()).unwrap().params(), model.params());

    let layers = Sequential::new().then(Linear::new(2)).then(lambda!(|x| x.sin()));
    let network = Network::build(layers, [2]).unwrap();
    let params: Params = network.init(0);
    let own = Model::new(network, params, Link::Identity).unwrap();
    let error = own.save(folder.file()).unwrap_err();
    assert!(matches!(error, Error::Format { .. }), "{error:?}");
    assert!(error.to_string().ends_with("architecture cannot be saved, only its parameters"), "{error}");
    assert_eq!(Model::load(folder.file()).unwrap().params(), model.params());

    let mut other = small();
    other = other.with_class_names(vec!["only".into()]);
    other.save(folder.file()).unwrap();
    assert_eq!(Model::<f32>::load(folder.file()).unwrap().class_names(), ["only"]);
    assert_eq!(fs::read(&half).unwrap(), b"downhill", "nobody else's file is touched");
}

#[test]
fn places_that_are_no_files() {
    let folder = Folder::new();
    let missing = folder.0.join("missing").join("model.downhill");
    for path in [missing, folder.0.clone(), folder.0.join("..")] {
        for error in [small().save(&path).unwrap_err(), Model::<f32>::load(&path).unwrap_err()] {
            assert!(matches!(&error, Error::File { path: named, .. } if *named == path), "{error:?}");
            assert!(error.to_string().starts_with(&path.display().to_string()), "{error}");
        }
    }
    assert_eq!(folder.names(), Vec::<String>::new(), "nothing is left behind");
}

#[test]
fn saved_from_many_threads_it_is_always_whole() {
    let folder = Folder::new();
    let model = small();
    model.save(folder.file()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    model.save(folder.file()).unwrap();
                    assert_eq!(Model::<f32>::load(folder.file()).unwrap().params(), model.params());
                }
            });
        }
    });
    assert_eq!(folder.names(), ["model.downhill"]);
}

#[test]
fn json() {
    let model = small();
    let text = serde_json::to_string(&model).unwrap();
    let read: Model = serde_json::from_str(&text).unwrap();
    assert_eq!(read.params(), model.params());
    let error =
        serde_json::from_str::<Model>(&text.replacen("\"outputs\":2", "\"outputs\":3", 1)).unwrap_err();
    assert!(error.to_string().contains("it must keep the shape"), "{error}");
}
