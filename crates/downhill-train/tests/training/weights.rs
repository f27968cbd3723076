//! Weights of samples, from the data set to the loss.

use downhill_data::{Batches, Dataset, Transform};
use downhill_nn::autodiff::Tensor;
use downhill_nn::{CrossEntropy, Linear, Mse, Network, Reduction, Target};
use downhill_optim::GradientDescent;
use downhill_train::{Learner, Trainer};

use crate::{classifier, clouds};

/// A sample of weight 2 is two samples, one of weight 0 is none.
#[test]
fn weights_are_repetitions() {
    let data = clouds(12, 4, 3, 5);
    let times = [1, 2, 0, 3, 1, 1, 0, 2, 1, 1, 4, 1];
    let rows: Vec<usize> = (0..12).flat_map(|row| std::iter::repeat_n(row, times[row])).collect();
    let weighted = data.clone().with_weights(times.map(|count| count as f32)).unwrap();
    let train = |data: &Dataset| {
        let loss = Reduction::Sum.of(CrossEntropy::new());
        let trainer = Trainer::new(Linear::new(3), loss).optimizer(GradientDescent::new(0.01).unwrap());
        trainer.batch_size(99).epochs(20).fit(data).unwrap().model
    };
    let (weighted, repeated) = (train(&weighted), train(&data.select(&rows).unwrap()));
    let (a, b) = (weighted.params().theta(), repeated.params().theta());
    for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
        assert!((a - b).abs() < 1e-5, "{a} and {b}");
    }
}

/// They go with their rows: through splits, transforms and shuffled batches.
#[test]
fn weights_stay_with_their_rows() {
    let x = Tensor::from_fn([40, 1], |row| row as f32);
    let data = Dataset::new(x.clone(), x).unwrap();
    let data = data.with_weights((0..40).map(|row| row as f32).collect::<Vec<_>>()).unwrap();
    let (train, rest) = data.split(0.6, 3).unwrap();
    let (first, second) = rest.split_at(5).unwrap();
    let doubled = train.transform_inputs(&Transform::DivideBy(0.5).fit(train.inputs()).unwrap()).unwrap();
    for (set, factor) in [(&train, 1.0), (&first, 1.0), (&second, 1.0), (&doubled, 2.0)] {
        let mut seen = 0;
        for batch in Batches::new(set, 7).unwrap().shuffled(1).epoch(2) {
            let weights = batch.weights.unwrap();
            seen += weights.len();
            let expected: Vec<f32> = weights.as_slice().iter().map(|weight| factor * weight).collect();
            assert_eq!(batch.inputs.as_slice(), expected);
        }
        assert_eq!(seen, set.len());
    }
}

/// The mean of a batch divides by the number of its samples, whatever they weigh; so does that of the validation set.
#[test]
fn the_losses_reported_are_weighted() {
    let x: Tensor<f32> = Tensor::ones([4, 1]);
    let data = Dataset::new(x, Tensor::vector([1.0, 2.0, 3.0, 4.0])).unwrap();
    let data = data.with_weights([0.0, 1.0, 0.5, 2.0]).unwrap();
    let network = Network::build(Linear::new(1), [1]).unwrap();
    let mut params = network.init(0);
    params.set("weight", &Tensor::zeros([1, 1])).unwrap();
    params.set("bias", &Tensor::zeros([1])).unwrap();
    let trainer = Trainer::new(Linear::new(1), Mse::new()).start_from(params).freeze("*").epochs(1);
    let history = trainer.batch_size(3).validation(&data).fit(&data).unwrap().history;
    // (0 + 4 + 4.5 + 32)/4.
    assert!((history.epochs[0].loss - 10.125).abs() < 1e-5);
    assert!((history.epochs[0].validation_loss.unwrap() - 10.125).abs() < 1e-5);
}

/// A rare class counts as much as a frequent one.
#[test]
fn balanced_classes() {
    let labels = Tensor::vector([0, 0, 0, 0, 0, 0, 1, 1]);
    let data = Dataset::new(clouds(8, 4, 2, 1).inputs().clone(), labels).unwrap();
    let data = data.with_class_names(["a", "b", "unseen"].map(String::from).to_vec()).unwrap();
    let data = data.with_balanced_weights().unwrap();
    let expected = [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0, 2.0];
    assert_eq!(data.weights().unwrap().as_slice(), expected);
    classifier(3, 3).fit(&data).unwrap();
}

#[test]
fn weights_that_do_not_fit() {
    let data = clouds(3, 4, 2, 1);
    for (weights, expected) in [
        (vec![1.0, 2.0], "there are 3 rows, but 2 weights"),
        (
            vec![1.0, -2.0, 0.0],
            "the weight of row 1 is -2; weights must be finite, not negative, and not all 0",
        ),
        (vec![0.0; 3], "the weight of row 0 is 0; weights must be finite, not negative, and not all 0"),
        (
            vec![1.0, 0.0, f32::NAN],
            "the weight of row 2 is NaN; weights must be finite, not negative, and not all 0",
        ),
    ] {
        assert_eq!(data.clone().with_weights(weights).unwrap_err().to_string(), expected);
    }
    let values = Dataset::new(Tensor::<f32>::ones([2, 1]), Tensor::<f32>::ones([2, 1])).unwrap();
    assert!(values.with_balanced_weights().unwrap_err().to_string().contains("classes"));
    // A learner of one's own loop refuses a batch whose weights are too few.
    let network = Network::build(Linear::new(1), [1]).unwrap();
    let mut learner = Learner::<f32>::new(network, Mse::new(), GradientDescent::new(0.1).unwrap(), 1);
    let (inputs, target) = (Tensor::ones([2, 1]), Target::Values(Tensor::ones([2, 1])));
    let batch = downhill_data::Batch { inputs, target, weights: Some(Tensor::ones([3])) };
    let error = learner.step_on(&batch).unwrap_err().to_string();
    assert!(error.contains("a weight for each sample"), "{error}");
}
