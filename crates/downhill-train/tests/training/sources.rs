//! Training on batches that come from anywhere.

use downhill_data::{Batch, Batches, Dataset, Epoch, Source, Transform};
use downhill_nn::autodiff::{Shape, Tensor};
use downhill_train::{Checkpoints, Error};

use crate::folder::Folder;
use crate::{classifier, clouds};

fn source(data: &Dataset) -> Epoch {
    Batches::new(data, 16).unwrap().shuffled(7).epoch(3)
}

#[test]
fn of_a_data_set_it_makes_what_fit_makes() {
    let (data, test) = (clouds(40, 4, 3, 1), clouds(20, 4, 3, 2));
    let make = || classifier(4, 3).transform(Transform::DivideBy(4.0)).validation(&test);
    let (fit, of_source) = (make().fit(&data).unwrap(), make().fit_source(source(&data)).unwrap());
    assert_eq!(of_source.model.params(), fit.model.params());
    assert_eq!(of_source.model.evaluate(&test).unwrap(), fit.model.evaluate(&test).unwrap());
    assert_eq!(of_source.history.epochs[4].validation, fit.history.epochs[4].validation);

    // A transform fitted before is one that needs no fitting.
    let scaling = Transform::Standardize.fit(data.inputs()).unwrap();
    let fit = classifier(4, 3).transform(Transform::Standardize).fit(&data).unwrap();
    let fitted = || classifier(4, 3).fitted_transform(scaling.clone());
    for other in [fitted().fit(&data).unwrap(), fitted().fit_source(source(&data)).unwrap()] {
        assert_eq!(other.model.params(), fit.model.params());
        assert_eq!(other.model.predict(test.inputs()).unwrap(), fit.model.predict(test.inputs()).unwrap());
    }

    // One that needs some is fitted on the source, one after the other.
    let chain = || classifier(4, 3).transform(Transform::MinMax).transform(Transform::Standardize);
    let (chained, of_source) = (chain().fit(&data).unwrap(), chain().fit_source(source(&data)).unwrap());
    let answers = |fit: &downhill_train::Fit| fit.model.predict(test.inputs()).unwrap();
    for (a, b) in answers(&chained).as_slice().iter().zip(answers(&of_source).as_slice()) {
        // Sums of shuffled rows round otherwise.
        assert!((a - b).abs() <= 1e-3 * a.abs().max(1.0), "{a} {b}");
    }

    // And it can be resumed.
    let folder = Folder::new();
    let checkpoints = Checkpoints::new(&folder.0);
    fitted().epochs(2).checkpoints(checkpoints).fit_source(source(&data)).unwrap();
    let resumed = fitted().resume(&folder.0).fit_source(source(&data)).unwrap();
    assert_eq!(resumed.model.params(), fit.model.params());
}

#[test]
fn what_needs_all_data_is_refused() {
    let data = clouds(40, 4, 3, 1);
    let error = classifier(4, 3).transform(Transform::Pca(2)).fit_source(source(&data)).unwrap_err();
    assert!(
        error.to_string().ends_with("needs all samples at once: fit it on a data set in memory"),
        "{error}"
    );
    let error = classifier(4, 3).validation_fraction(0.5).fit_source(source(&data)).unwrap_err();
    assert!(matches!(error, Error::Needs { what: "holding samples back for validation", .. }), "{error}");
}

/// Batches made when asked for; it announces another number of them.
struct Made(usize, usize);

impl Source for Made {
    fn sample_shape(&self) -> Shape {
        [4].into()
    }

    fn samples(&self) -> usize {
        8
    }

    fn batches(&self) -> usize {
        self.0
    }

    fn seek(&mut self, _: u64, batch: usize) -> downhill_data::Result<()> {
        self.1 = batch;
        Ok(())
    }

    fn next_batch(&mut self) -> downhill_data::Result<Option<Batch>> {
        self.1 += 1;
        let inputs = Tensor::from_fn([4, 4], |place| (place + self.1) as f32);
        let batch = Batch::new(inputs, Tensor::vector([0, 1, 2, 0]));
        Ok((self.1 <= 2).then_some(batch))
    }
}

#[test]
fn of_ones_own() {
    assert!(classifier(4, 3).fit_source(Made(2, 0)).is_ok());
    for announced in [1, 3] {
        let error = classifier(4, 3).fit_source(Made(announced, 0)).unwrap_err().to_string();
        assert!(error.ends_with("must be the one that it announced, got 2"), "{error}");
    }
}
