//! Scaling and its inverse.

use std::error::Error;

use downhill_data::{Batches, Dataset, DiskArray, DiskBatches, Fitted, Transform, npy};
use downhill_tensor::Tensor;
use proptest::prelude::*;

use crate::folder::Folder;

#[test]
fn formulas() -> Result<(), Box<dyn Error>> {
    let samples = Tensor::from_rows(&[[1.0, 0.1, -3.0], [2.0, 0.1, 5.0], [6.0, 0.1, -1.0]]);
    let deviations = [(14.0_f64 / 3.0).sqrt(), (104.0_f64 / 9.0).sqrt()];
    for (transform, expected) in [
        (
            Transform::Standardize,
            [
                [-2.0 / deviations[0], 0.0, -10.0 / 3.0 / deviations[1]],
                [-1.0 / deviations[0], 0.0, 14.0 / 3.0 / deviations[1]],
                [3.0 / deviations[0], 0.0, -4.0 / 3.0 / deviations[1]],
            ],
        ),
        (Transform::MinMax, [[0.0, 0.0, 0.0], [0.2, 0.0, 1.0], [1.0, 0.0, 0.25]]),
        // Quartiles 1.5 and 4, then -2 and 2.
        (Transform::Robust, [[-0.4, 0.0, -0.5], [0.0, 0.0, 1.5], [1.6, 0.0, 0.0]]),
        (
            Transform::Log,
            [
                [2_f64.ln(), 1.1_f64.ln(), 0.0],
                [3_f64.ln(), 1.1_f64.ln(), 6_f64.ln()],
                [7_f64.ln(), 1.1_f64.ln(), 0.0],
            ],
        ),
        (Transform::DivideBy(2.0), [[0.5, 0.05, -1.5], [1.0, 0.05, 2.5], [3.0, 0.05, -0.5]]),
    ] {
        // A logarithm is of what is above -1.
        let samples = if transform == Transform::Log {
            samples.map(|x| if x < 0.0 { 0.0 } else { x })
        } else {
            samples.clone()
        };
        let fitted = transform.fit(&samples)?;
        let scaled = fitted.apply(&samples)?;
        for (&got, expected) in scaled.as_slice().iter().zip(expected.concat()) {
            assert!((got - expected).abs() < 1e-14, "{transform:?}: {got}, not {expected}");
        }
        // Any shape of samples will do that has as many features.
        assert_eq!(fitted.apply(&samples.reshape([3, 1, 3])?)?.as_slice(), scaled.as_slice());
    }
    Ok(())
}

#[test]
fn a_constant_feature_becomes_zero_whatever_rounding_does() -> Result<(), Box<dyn Error>> {
    let samples = Tensor::full([1000, 1], 0.1_f64);
    for transform in [Transform::Standardize, Transform::MinMax] {
        let fitted = transform.fit(&samples)?;
        assert!(fitted.apply(&samples)?.as_slice().iter().all(|&x| x == 0.0), "{transform:?}");
        assert_eq!(fitted.apply(&Tensor::full([1, 1], 1.1))?.as_slice(), [1.0]);
    }
    // The square of the deviation underflows.
    let close = Tensor::from_rows(&[[0.0], [1e-200]]);
    assert!(Transform::Standardize.fit(&close)?.apply(&close)?.is_finite());
    Ok(())
}

#[test]
fn what_is_wrong_is_said() -> Result<(), Box<dyn Error>> {
    let huge = Tensor::from_rows(&[[1.0, f64::MAX], [2.0, f64::MIN]]);
    let empty = Tensor::zeros([0, 2]);
    let low = Tensor::from_rows(&[[0.0, -1.0]]);
    let line = Tensor::from_rows(&[[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]);
    let poisoned = Tensor::from_rows(&[[1.0, f64::NAN]]);
    for (transform, samples, expected) in [
        (Transform::Standardize, &empty, "fitting a transform needs at least one row"),
        (Transform::MinMax, &poisoned, "row 0 of the samples, number 1, is NaN"),
        (Transform::Standardize, &huge, "feature 1 cannot be scaled: its standard deviation is inf"),
        (Transform::MinMax, &huge, "feature 1 cannot be scaled: its range is inf"),
        (Transform::Log, &low, "row 0, number 1, is -1: ln(1 + x) needs numbers above -1"),
        (Transform::Pca(0), &huge, "2 samples of 2 features have no 0 components"),
        (Transform::Pca(3), &huge, "2 samples of 2 features have no 3 components"),
        (Transform::Whiten(2), &line, "feature 1 cannot be scaled: its variance as a component is 0"),
        (Transform::DivideBy(0.0), &huge, "divisor must be finite and not 0, got 0"),
        (Transform::DivideBy(f64::INFINITY), &huge, "divisor must be finite and not 0, got inf"),
    ] {
        assert_eq!(transform.fit(samples).unwrap_err().to_string(), expected);
    }
    let fitted = Transform::MinMax.fit(&Tensor::from_rows(&[[0.0, 1.0]]))?;
    assert_eq!(fitted.features(), Some(2));
    let expected = "the transform was fitted on 2 features, but the shape is [2, 3]";
    assert_eq!(fitted.apply(&Tensor::<f32>::zeros([2, 3])).unwrap_err().to_string(), expected);
    assert_eq!(fitted.inverse(&Tensor::<f32>::zeros([2, 3])).unwrap_err().to_string(), expected);
    assert!(fitted.apply(&Tensor::<f32>::zeros([])).is_err());
    Ok(())
}

#[test]
fn data_sets_are_transformed() -> Result<(), Box<dyn Error>> {
    let data: Dataset<f64> =
        Dataset::new(Tensor::from_rows(&[[0.0, 10.0], [2.0, 30.0]]), Tensor::from_rows(&[[100.0], [300.0]]))?;
    let inputs = Transform::MinMax.fit(data.inputs())?;
    let targets = Transform::Standardize.fit(data.values()?)?;
    let scaled = data.transform_inputs(&inputs)?.transform_targets(&targets)?;
    assert_eq!(scaled.inputs().as_slice(), [0.0, 0.0, 1.0, 1.0]);
    assert_eq!(scaled.values()?.as_slice(), [-1.0, 1.0]);
    assert_eq!(&targets.inverse(scaled.values()?)?, data.values()?);
    Ok(())
}

proptest! {
    #[test]
    fn the_inverse_undoes_and_storing_keeps(
        (width, numbers) in (1_usize..5).prop_flat_map(|width| {
            (Just(width), prop::collection::vec(-1e3..1e3, width * 7))
        }),
        kind in 0_usize..5,
    ) {
        let samples = Tensor::new([7, width], numbers)?;
        let kinds = [
            Transform::Standardize, Transform::MinMax, Transform::DivideBy(16.0), Transform::Robust, Transform::Pca(width),
        ];
        let fitted = kinds[kind].fit(&samples)?;
        let stored: Fitted = bincode::deserialize(&bincode::serialize(&fitted)?)?;
        prop_assert_eq!(&stored, &fitted);
        let scaled = stored.apply(&samples)?;
        for (&back, original) in fitted.inverse(&scaled)?.as_slice().iter().zip(samples.as_slice()) {
            prop_assert!(f64::abs(back - original) < 1e-9);
        }
        if kind == 0 {
            for feature in 0..width {
                let column = || scaled.as_slice()[feature..].iter().step_by(width);
                let mean = column().sum::<f64>() / 7.0;
                let variance = column().map(|x| x * x).sum::<f64>() / 7.0;
                prop_assert!(mean.abs() < 1e-9 && (variance - 1.0).abs() < 1e-9, "{mean} {variance}");
            }
        }
    }
}

#[test]
fn principal_components() -> Result<(), Box<dyn Error>> {
    // Few samples, whose matrix is decomposed itself, and many, whose covariance is. Along (3, 4)/5 they vary by 5 for
    // each 1 across, and not at all in the third direction.
    for times in [1, 20] {
        let one = [[5.0, 0.0], [-5.0, 0.0], [0.0, 1.0], [0.0, -1.0]]
            .map(|[along, across]| [7.0 + along * 0.6 - across * 0.8, along * 0.8 + across * 0.6, 2.0]);
        let samples: Tensor<f64> = Tensor::from_rows(&one.repeat(times));
        let pca = Transform::Pca(2).fit(&samples)?;
        let projected = pca.apply(&samples)?;
        let expected = [5.0, 0.0, -5.0, 0.0, 0.0, -1.0, 0.0, 1.0].repeat(times);
        for (&got, expected) in projected.as_slice().iter().zip(&expected) {
            assert!(
                (got - expected).abs() < 1e-12 || (got + expected).abs() < 1e-12 && expected.abs() == 1.0
            );
        }
        for (&back, &x) in pca.inverse(&projected)?.as_slice().iter().zip(samples.as_slice()) {
            assert!((back - x).abs() < 1e-12, "{back}, not {x}");
        }
        let white = Transform::Whiten(2).fit(&samples)?.apply(&samples)?;
        let variance = white.var(&[0], false, 1)?;
        assert!(variance.as_slice().iter().all(|x| (x - 1.0).abs() < 1e-12), "{variance:?}");
        assert_eq!(white.shape(), [4 * times, 2]);
        assert!(Transform::Whiten(3).fit(&samples).is_err());
    }
    Ok(())
}

#[test]
fn a_stored_projection_must_fit_itself() -> Result<(), Box<dyn Error>> {
    let fitted = Transform::Pca(1).fit(&Tensor::from_rows(&[[1.0, 2.0], [3.0, 5.0]]))?;
    let mut stored = bincode::serialize(&fitted)?;
    assert_eq!(bincode::deserialize::<Fitted>(&stored)?, fitted);
    // One mean fewer: its length follows the enum's tag.
    stored[4] = 1;
    stored.drain(12..20);
    let error = bincode::deserialize::<Fitted>(&stored).unwrap_err().to_string();
    assert!(error.contains("components that are not of the features"), "{error}");
    Ok(())
}

#[test]
fn fitted_on_batch_after_batch() -> Result<(), Box<dyn Error>> {
    let inputs = Tensor::from_fn([50, 3], |place| ((place * 37 % 101) as f32).sqrt() - 4.0);
    let data: Dataset = Dataset::new(inputs.clone(), inputs.map(|x| 100.0 * x * x))?;
    for size in [1, 7, 50] {
        let mut source = Batches::new(&data, size)?.epoch(3);
        for transform in [Transform::Standardize, Transform::MinMax, Transform::DivideBy(3.0), Transform::Log]
        {
            let positive = transform != Transform::Log;
            let inputs = if positive { data.inputs() } else { data.values()? };
            assert_eq!(transform.fit_source(&mut source)?, transform.fit(inputs)?, "{transform:?}");
            assert_eq!(transform.fit_source_targets(&mut source)?, transform.fit(data.values()?)?);
        }
    }
    let mut source = Batches::new(&data, 7)?.epoch(0);
    for (transform, expected) in [
        (Transform::Robust, "a robust scaling needs all samples at once: fit it on a data set in memory"),
        (
            Transform::Pca(1),
            "a principal component analysis needs all samples at once: fit it on a data set in memory",
        ),
        (Transform::DivideBy(0.0), "divisor must be finite and not 0, got 0"),
    ] {
        assert_eq!(transform.fit_source(&mut source).unwrap_err().to_string(), expected);
    }
    let classes: Dataset = Dataset::new(inputs, Tensor::vector(vec![0; 50]))?;
    let error = Transform::MinMax.fit_source_targets(&mut Batches::new(&classes, 7)?.epoch(0)).unwrap_err();
    assert_eq!(error.to_string(), "the targets are classes, but values are needed");
    // Data on disk are not looked at before.
    let folder = Folder::new("fit-source");
    let (x, y) = (folder.0.join("x.npy"), folder.0.join("y.npy"));
    npy::write(&x, &Tensor::from_rows(&[[1.0_f32], [2.0], [f32::NAN]]))?;
    npy::write(&y, &Tensor::<f32>::zeros([3]))?;
    let mut disk = DiskBatches::<f32>::regression(DiskArray::npy(&x)?, DiskArray::npy(&y)?, 2)?;
    let error = Transform::Standardize.fit_source(&mut disk).unwrap_err().to_string();
    assert_eq!(error, "row 2 of the inputs, number 0, is NaN");
    Ok(())
}
