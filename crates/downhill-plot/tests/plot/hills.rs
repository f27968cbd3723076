//! Hills and what is recorded for them.

use downhill::prelude::*;
use downhill::train::Fit;
use downhill_plot::{Hill, PlaneKind, Recorder, Survey, Trace};

use crate::markup::check;

/// A line through points of a line, with a little noise: its loss is a parabola in every direction.
fn line() -> Dataset<f64> {
    let x = Tensor::from_fn([40, 1], |i| (i as f64 / 10.0).sin());
    let y = x.map(|x| 2.0 * x - 1.0 + 0.1 * (7.0 * x).cos());
    Dataset::new(x, y).unwrap()
}

fn train(data: &Dataset<f64>, layers: Sequential) -> (Fit<f64>, Trace) {
    let recorder = Recorder::new();
    let fit = Trainer::new(layers, Mse::new())
        .optimizer(recorder.watch(GradientDescent::new(0.1).unwrap().momentum(0.5).unwrap()))
        .transform(Transform::MinMax)
        .transform_targets(Transform::Standardize)
        .epochs(5)
        .batch_size(8)
        .seed(4)
        .fit(data)
        .unwrap();
    (fit, recorder.trace())
}

fn hill(threads: usize) -> (Hill, Fit<f64>, Trace) {
    let data = line();
    let (fit, trace) = train(&data, Sequential::new().then(Linear::new(1)));
    let loss = Mse::new();
    let survey = Survey::new(&fit.model, &loss, &data).unwrap();
    let hill = survey.descent("momentum", &trace).side(9).seed(7).threads(threads).measure().unwrap();
    (hill, fit, trace)
}

#[test]
fn the_hill_of_a_line_is_a_parabola_with_the_model_in_it() {
    let (hill, fit, trace) = hill(0);
    assert_eq!(hill.planes.len(), 2);
    assert!(
        matches!(hill.planes[0].kind, PlaneKind::Principal { share } if share > 1.0 - 1e-9),
        "2 of 2 dimensions"
    );
    // The random plane has θ at its middle, and there the loss that the model has in the scaled data.
    let data = fit.model.prepare(&line()).unwrap();
    let answers = fit.model.network().predict(fit.model.params(), data.inputs()).unwrap();
    let differences = answers.sub(data.values().unwrap()).unwrap();
    let loss = differences.as_slice().iter().map(|x| x * x).sum::<f64>() / 40.0;
    assert!((hill.planes[1].losses[4 * 9 + 4] - loss).abs() < 1e-12);
    for plane in &hill.planes {
        for row in plane.losses.chunks(9) {
            let bends: Vec<f64> = row.windows(3).map(|w| w[0] - 2.0 * w[1] + w[2]).collect();
            assert!(bends.iter().all(|bend| (bend - bends[0]).abs() < 1e-9 * (1.0 + bends[0])), "{bends:?}");
        }
    }
    // A path in a plane that holds all of it ends at the model, and its heights are the ground's.
    let (path, descent) = (&hill.planes[0].paths[0], &hill.descents[0]);
    assert_eq!((path.len(), descent.losses.len()), (26, 26));
    assert!(path[25].iter().all(|x| x.abs() < 1e-6), "{path:?}");
    assert!((descent.losses[25] - loss).abs() < 1e-6 && descent.losses[0] > descent.losses[25]);
    assert_eq!(descent.steps.last(), Some(&25));
    assert_eq!(trace.rates()[0], 0.1);
}

#[test]
fn a_hill_does_not_depend_on_threads() {
    assert_eq!(hill(1).0, hill(3).0);
}

#[test]
fn a_recorder_changes_nothing() {
    let data = line();
    let layers = || Sequential::new().then(Linear::new(6)).then(Activation::Tanh).then(Linear::new(1));
    let (watched, trace) = train(&data, layers());
    let alone = Trainer::new(layers(), Mse::new())
        .optimizer(GradientDescent::new(0.1).unwrap().momentum(0.5).unwrap())
        .transform(Transform::MinMax)
        .transform_targets(Transform::Standardize)
        .epochs(5)
        .batch_size(8)
        .seed(4)
        .fit(&data)
        .unwrap();
    assert_eq!(watched.model.params().theta(), alone.model.params().theta());
    let names: Vec<&str> = trace.parts().iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias"]);
}

#[test]
fn every_view_of_a_hill_is_sound() {
    let (hill, ..) = hill(0);
    for plane in &hill.planes {
        check(&hill.map(plane).svg());
        check(&hill.relief(plane).svg());
    }
    assert_eq!(hill.maps(&hill.planes[0]).len(), 1);
}

#[test]
fn without_a_descent_there_is_the_random_plane() {
    let data = line();
    let (fit, _) = train(&data, Sequential::new().then(Linear::new(1)));
    let hill = Survey::new(&fit.model, &Mse::new(), &data).unwrap().side(3).measure().unwrap();
    assert!(matches!(hill.planes[..], [ref plane] if plane.kind == PlaneKind::FilterNormalised));
    check(&hill.relief(&hill.planes[0]).svg());
}

#[test]
fn what_does_not_fit_is_an_error() {
    let data = line();
    let (fit, trace) = train(&data, Sequential::new().then(Linear::new(1)));
    let (other, _) = train(&data, Sequential::new().then(Linear::new(3)).then(Linear::new(1)));
    let loss = Mse::new();
    let survey = |model| Survey::<f64>::new(model, &loss, &data).unwrap();
    for (survey, expected) in [
        (survey(&fit.model).side(1), "the side of a hill's grid must be from 2 to 501, got 1"),
        (survey(&fit.model).samples(0), "a hill needs at least one sample"),
        (
            survey(&other.model).descent("mine", &trace),
            "the descent `mine` has points of 2 parameters, the network has 10",
        ),
    ] {
        assert_eq!(survey.measure().unwrap_err().to_string(), expected);
    }
    let wide = Dataset::new(Tensor::<f64>::zeros([3, 2]), Tensor::<f64>::zeros([3, 1])).unwrap();
    assert!(Survey::new(&fit.model, &loss, &wide).is_err());
}
