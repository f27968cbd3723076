//! What models answer, and how good it is.

use downhill_data::Dataset;
use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::autodiff::{Shape, Tensor};
use downhill_nn::{
    Activation, AnyLayer, BinaryCrossEntropy, BinaryCrossEntropyWithLogits, CrossEntropy, Linear, Link, Loss,
    Network, Params, Sequential,
};
use downhill_optim::Adam;
use downhill_train::{Error, Metrics, Model, RegressionErrors, Trainer};

use crate::{classifier, clouds};

/// A model that answers with its inputs.
fn echo(sample: impl Into<Shape>, link: Link) -> Model {
    let network = Network::build(Sequential::new(), sample).unwrap();
    let params: Params = network.init(0);
    Model::new(network, params, link).unwrap()
}

#[test]
fn links() {
    let x = Tensor::from_rows(&[[0.0, 3.0_f32.ln()], [1.0, 1.0]]);
    let model = echo([2], Link::Softmax);
    assert_eq!(model.predict(&x).unwrap(), x, "the outputs themselves");
    let p = model.predict_proba(&x).unwrap();
    for (p, expected) in p.as_slice().iter().zip([0.25, 0.75, 0.5, 0.5]) {
        assert!((p - expected).abs() < 1e-6, "{p}");
    }
    assert_eq!(model.predict_class(&x).unwrap().as_slice(), [1, 0]);
    // Each of many logistic outputs is a probability of its own.
    let p = echo([2], Link::Logistic).predict_proba(&x).unwrap();
    for (p, expected) in p.as_slice().iter().zip([0.5, 0.75, 0.731_058_6, 0.731_058_6]) {
        assert!((p - expected).abs() < 1e-6, "{p}");
    }
    assert_eq!(echo([2], Link::Probabilities).predict_proba(&x).unwrap(), x);
    // One output is the probability of class 1, ...
    let one = Tensor::from_rows(&[[0.0], [3.0_f32.ln()], [-1.0]]);
    for model in [echo([1], Link::Logistic), echo([], Link::Logistic)] {
        let x = if model.input().is_empty() { one.reshape([3]).unwrap() } else { one.clone() };
        let p = model.predict_proba(&x).unwrap();
        assert_eq!(p.shape(), [3, 2]);
        assert_eq!(p.as_slice()[..2], [0.5, 0.5]);
        assert!((p.as_slice()[3] - 0.75).abs() < 1e-6);
        assert_eq!(model.predict_class(&x).unwrap().as_slice(), [0, 1, 0]);
    }
    // ... but not of softmax, where it is the only class.
    let model = echo([1], Link::Softmax);
    assert_eq!(model.predict_proba(&one).unwrap(), Tensor::ones([3, 1]));
    assert_eq!(model.predict_class(&one).unwrap().as_slice(), [0, 0, 0]);
    // No samples, no answers.
    assert_eq!(echo([2], Link::Softmax).predict_class(&Tensor::zeros([0, 2])).unwrap().len(), 0);
}

#[test]
fn questions_without_an_answer() {
    for (sample, link) in [
        (Shape::from([2]), Link::Identity),
        ([].into(), Link::Softmax),
        ([2, 2].into(), Link::Softmax),
        ([2, 2].into(), Link::Logistic),
    ] {
        let error = echo(sample, link).predict_class(&Tensor::zeros(sample.prepend(1).unwrap())).unwrap_err();
        assert!(matches!(&error, Error::Question { output, .. } if **output == sample), "{error:?}");
    }
    let error = echo([2], Link::Identity).predict_proba(&Tensor::zeros([1, 2])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a class is for models of classification, this one has an output of shape [2]"
    );
    let error = echo([2], Link::Identity).predict(&Tensor::zeros([1, 3])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the network takes batches of samples of shape [2], got a batch of shape [1, 3]"
    );
    let network = Network::build(Linear::new(1), [1]).unwrap();
    let foreign: Params = Network::build(Linear::new(2), [1]).unwrap().init(0);
    assert!(Model::new(network, foreign, Link::Identity).is_err());
}

#[test]
fn one_logistic_output() {
    let data = clouds(80, 4, 2, 3).with_class_names(vec!["no".into(), "yes".into()]).unwrap();
    let with_logits = || AnyLayer::new(Linear::new(1));
    let with_sigmoid = || AnyLayer::new(Sequential::new().then(Linear::new(1)).then(Activation::Sigmoid));
    fn train(layers: AnyLayer, loss: impl Loss + 'static, data: &Dataset) -> Model {
        let trainer = Trainer::new(layers, loss).optimizer(Adam::new(0.05).unwrap()).epochs(60);
        trainer.fit(data).unwrap().model
    }
    let models = [
        train(with_logits(), BinaryCrossEntropyWithLogits::new(), &data),
        train(with_sigmoid(), BinaryCrossEntropy::new(), &data),
    ];
    let [logits, probabilities] = models.each_ref().map(|model| model.predict(data.inputs()).unwrap());
    for (z, p) in logits.as_slice().iter().zip(probabilities.as_slice()) {
        assert!((1.0 / (1.0 + (-z).exp()) - p).abs() < 1e-3, "the two learn the same: {z} and {p}");
    }
    for model in models {
        let p = model.predict_proba(data.inputs()).unwrap();
        assert_eq!(p.shape(), [80, 2]);
        let classes = model.predict_class(data.inputs()).unwrap();
        for (p, &class) in p.as_slice().chunks(2).zip(classes.as_slice()) {
            assert!((p[0] + p[1] - 1.0).abs() < 1e-6);
            assert_eq!(class, usize::from(p[1] > p[0]));
        }
        let metrics = model.evaluate(&data).unwrap();
        assert!(metrics.accuracy().unwrap() > 0.9, "{metrics}");
        assert!(metrics.to_string().contains("\nyes "), "{metrics}");
        assert_eq!((model.class_name(1), model.class_name(2)), ("yes".into(), "2".into()));
    }
}

#[test]
fn accuracy_by_hand() {
    let model = echo([3], Link::Softmax);
    let x = Tensor::from_rows(&[[3.0, 1.0, 2.0], [0.0, 1.0, 0.0], [0.0, 0.0, 9.0], [5.0, 4.0, 3.0]]);
    // 0, 1, 2 and 0, where 0, 1, 1 and 0 are right.
    let data = Dataset::new(x.clone(), Tensor::vector([0, 1, 1, 0])).unwrap();
    let Metrics::Classes(confusion) = model.evaluate(&data).unwrap() else { panic!("classes") };
    assert_eq!(confusion.accuracy(), 0.75);
    assert_eq!((confusion.count(1, 2), confusion.count(2, 1), confusion.count(0, 0)), (1, 0, 2));
    assert_eq!((confusion.precision(1), confusion.recall(1)), (1.0, 0.5));
    assert!((confusion.f1(1) - 2.0 / 3.0).abs() < 1e-15);
    assert!((confusion.macro_f1() - (1.0 + 2.0 / 3.0) / 3.0).abs() < 1e-15);

    let error = model.evaluate(&Dataset::new(x, Tensor::vector([0, 1, 3, 0])).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the data has class 3, the model answers with 3 classes");
    let error = model.evaluate(&data.split_at(0).unwrap().0).unwrap_err();
    assert_eq!(error.to_string(), "evaluating needs at least one sample");
    let error = echo([3], Link::Identity).evaluate(&data).unwrap_err();
    assert!(matches!(error, Error::Question { .. }), "{error:?}");
}

#[test]
fn errors_of_a_regression_by_hand() {
    let x = Tensor::from_rows(&[[1.0, 10.0], [2.0, 20.0], [6.0, 30.0]]);
    let y = Tensor::from_rows(&[[1.0, 12.0], [3.0, 20.0], [5.0, 28.0]]);
    let data = Dataset::new(x, y).unwrap();
    let metrics = echo([2], Link::Identity).evaluate(&data).unwrap();
    let Metrics::Values(errors) = metrics else { panic!("values") };
    // Residuals 0, −1, 1 and −2, 0, 2; spreads 8 about 3 and 128 about 20.
    assert!((errors.rmse - (10.0_f64 / 6.0).sqrt()).abs() < 1e-12);
    assert!((errors.mae - 1.0).abs() < 1e-12);
    assert!((errors.r2 - (1.0 - 10.0 / 136.0)).abs() < 1e-12);
    assert_eq!(metrics.headline(), "RMSE 1.2910  R² 0.9265");
    let error = echo([2], Link::Identity)
        .evaluate(&Dataset::new(Tensor::<f32>::ones([2, 2]), Tensor::<f32>::ones([2, 1])).unwrap())
        .unwrap_err();
    assert_eq!(error.to_string(), "the data has 2 target values, the model answers with 4 in rows of 1");
    assert_eq!(RegressionErrors::new(1, &[2.0, 2.0], &[2.0, 3.0]).unwrap().r2, 0.0);
}

/// Targets that are probabilities are compared with probabilities, not with logits.
#[test]
fn probabilities_as_targets() {
    let x = Tensor::from_rows(&[[0.0, 0.0], [0.0, 3.0_f32.ln()]]);
    let one_hot = Tensor::from_rows(&[[1.0, 0.0], [0.0, 1.0]]);
    let data = Dataset::new(x, one_hot).unwrap();
    let Metrics::Values(errors) = echo([2], Link::Softmax).evaluate(&data).unwrap() else { panic!("values") };
    assert!((errors.mae - (0.5 + 0.5 + 0.25 + 0.25) / 4.0).abs() < 1e-6, "{errors}");
    let x = Tensor::from_rows(&[[0.0], [3.0_f32.ln()]]);
    let data = Dataset::new(x, Tensor::from_rows(&[[1.0], [1.0]])).unwrap();
    let Metrics::Values(errors) = echo([1], Link::Logistic).evaluate(&data).unwrap() else {
        panic!("values")
    };
    assert!((errors.mae - 0.375).abs() < 1e-6, "{errors}");
}

/// More rows than are computed at once.
#[test]
fn threads_answer_the_same_bits() {
    // Wide enough that products are shared out.
    let data = clouds(1500, 40, 3, 1);
    let model = classifier(64, 3).epochs(1).fit(&data).unwrap().model;
    let alone = model.predict(data.inputs()).unwrap();
    for threads in [2, 3, 8] {
        let model = model.clone().with_threads(Threads::new(threads));
        assert_eq!(model.predict(data.inputs()).unwrap(), alone, "{threads} threads");
    }
}

#[test]
fn many_rows() {
    let data = clouds(2500, 4, 3, 1);
    let model = classifier(8, 3).epochs(1).fit(&data).unwrap().model;
    let all = model.predict(data.inputs()).unwrap();
    assert_eq!(all.shape(), [2500, 3]);
    for range in [0..1, 1020..1030, 2499..2500] {
        let part = model.predict(&data.inputs().rows(range.clone()).unwrap()).unwrap();
        for (part, all) in part.as_slice().iter().zip(all.rows(range).unwrap().as_slice()) {
            assert!((part - all).abs() < 1e-5);
        }
    }
    let fit = classifier(8, 3).epochs(1).validation(&data).fit(&data).unwrap();
    assert_eq!(fit.history.epochs[0].validation.as_ref(), Some(&fit.model.evaluate(&data).unwrap()));
    let by_hand = CrossEntropy::new();
    let tape = downhill_nn::autodiff::Tape::inference();
    let output = tape.constant(fit.model.predict(data.inputs()).unwrap());
    let loss: f32 = by_hand.loss(output, data.target()).value().unwrap().item().unwrap();
    assert!((f64::from(loss) - fit.history.epochs[0].validation_loss.unwrap()).abs() < 1e-5);
}
