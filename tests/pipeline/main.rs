//! From a data set to a model and its answers, through the facade alone.

// A panic is a failure report.
#![allow(clippy::unwrap_used, clippy::panic)]

use downhill::nn::Link;
use downhill::prelude::*;

fn dense(hidden: usize, classes: usize) -> Sequential {
    Sequential::new().then(Linear::new(hidden)).then(Activation::Relu).then(Linear::new(classes))
}

fn iris() -> (Dataset, Dataset) {
    Bundled::Iris.load().unwrap().split_by(&Bundled::Iris.split()).unwrap()
}

#[test]
fn iris_is_learnt_saved_and_loaded() {
    let (train, test) = iris();
    let fit = Trainer::new(dense(16, 3), CrossEntropy::new())
        .optimizer(Adam::new(0.02).unwrap())
        .transform(Transform::Standardize)
        .epochs(30)
        .batch_size(16)
        .seed(1)
        .fit(&train)
        .unwrap();
    let metrics = fit.model.evaluate(&test).unwrap();
    assert!(metrics.accuracy().unwrap() > 0.9, "{metrics}");
    let (first, last) = (&fit.history.epochs[0], &fit.history.epochs[29]);
    assert!(last.loss < 0.5 * first.loss, "from {} to {}", first.loss, last.loss);

    let names: Vec<&str> = fit.model.params().state_dict().map(|(name, _)| name).collect();
    assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias"]);
    assert_eq!(fit.model.params().get("0.weight").unwrap().shape(), [16, 4]);

    let path = std::env::temp_dir().join(format!("downhill-pipeline-{}.downhill", std::process::id()));
    fit.model.save(&path).unwrap();
    let loaded = Model::load(&path);
    std::fs::remove_file(&path).unwrap();
    let loaded: Model = loaded.unwrap();
    assert_eq!(loaded.evaluate(&test).unwrap(), metrics);
    let class = loaded.predict_class(&Tensor::from_rows(&[[5.1, 3.5, 1.4, 0.2]])).unwrap();
    assert_eq!(loaded.class_name(class.as_slice()[0]), "setosa");
}

#[test]
fn digits_are_learnt() {
    let digits: Dataset = Bundled::Digits.load().unwrap();
    let (train, test) = digits.split_by(&Bundled::Digits.split()).unwrap();
    let (train, _) = train.stratified_split(0.4, 1).unwrap();
    let fit = Trainer::new(dense(32, 10), CrossEntropy::new())
        .optimizer(Adam::new(0.005).unwrap())
        .transform(Transform::DivideBy(16.0))
        .validation_fraction(0.2)
        .early_stopping(EarlyStopping::new(5))
        .epochs(20)
        .seed(1)
        .fit(&train)
        .unwrap();
    let metrics = fit.model.evaluate(&test).unwrap();
    assert!(metrics.accuracy().unwrap() > 0.9, "{metrics}");
}

#[test]
fn diabetes_in_its_own_unit() {
    let diabetes: Dataset = Bundled::Diabetes.load().unwrap();
    let (train, test) = diabetes.split_by(&Bundled::Diabetes.split()).unwrap();
    let layers = Sequential::new().then(Linear::new(8)).then(Activation::Tanh).then(Linear::new(1));
    let fit = Trainer::new(layers, Mse::new())
        .optimizer(AdamW::new(0.01).unwrap())
        .transform(Transform::Standardize)
        .transform_targets(Transform::Standardize)
        .epochs(20)
        .seed(1)
        .fit(&train)
        .unwrap();
    let metrics = fit.model.evaluate(&test).unwrap();
    assert!(metrics.r2().unwrap() > 0.3, "{metrics}");
}

/// A network holds no numbers, and runs in any.
#[test]
fn a_model_of_f32_in_f64() {
    let (train, test) = iris();
    let fit = Trainer::new(dense(16, 3), CrossEntropy::new()).epochs(5).seed(1).fit(&train).unwrap();
    let network = fit.model.network().clone();
    let exact = Model::new(network, fit.model.params().cast::<f64>(), Link::Softmax).unwrap();
    let single = fit.model.predict_proba(test.inputs()).unwrap();
    let double = exact.predict_proba(&test.inputs().cast()).unwrap();
    for (single, double) in single.as_slice().iter().zip(double.as_slice()) {
        assert!((f64::from(*single) - double).abs() < 1e-5, "{single} and {double}");
    }
    let accuracy = exact.evaluate(&test.cast().unwrap()).unwrap().accuracy();
    assert_eq!(accuracy, fit.model.evaluate(&test).unwrap().accuracy());
}

/// The loop that a trainer runs, written out.
#[test]
fn a_loop_of_ones_own() {
    let (train, test) = iris();
    let network = Network::build(dense(16, 3), [4]).unwrap();
    let mut learner: Learner = Learner::new(network, CrossEntropy::new(), Adam::new(0.02).unwrap(), 1);
    let batches = Batches::new(&train, 16).unwrap().shuffled(1);
    for epoch in 0..30 {
        for batch in batches.epoch(epoch) {
            learner.step(&batch.inputs, &batch.target).unwrap();
        }
    }
    assert_eq!(learner.steps(), 30 * 8);
    let model = Model::new(learner.network().clone(), learner.params().clone(), Link::Softmax).unwrap();
    let metrics = model.evaluate(&test).unwrap();
    assert!(metrics.accuracy().unwrap() > 0.9, "{metrics}");
}

/// Exclusive or, from text.
#[test]
fn a_table_of_text() {
    let csv = "x,y,kind\n0,0,even\n0,1,odd\n1,0,odd\n1,1,even\n";
    let data: Dataset = Table::from_reader(csv.as_bytes(), "xor").unwrap().classification("kind").unwrap();
    let layers = Sequential::new().then(Linear::new(8)).then(Activation::Tanh).then(Linear::new(2));
    let trainer = Trainer::new(layers, CrossEntropy::new()).optimizer(Adam::new(0.05).unwrap());
    let fit = trainer.epochs(100).batch_size(4).seed(1).fit(&data).unwrap();
    assert_eq!(fit.model.evaluate(&data).unwrap().accuracy(), Some(1.0));
    assert_eq!(fit.model.class_names(), ["even", "odd"]);
}
