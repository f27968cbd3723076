//! Networks of more than a chain of layers, trained end to end.

use downhill_data::Dataset;
use downhill_nn::autodiff::Tensor;
use downhill_nn::loss::{GaussianNll, MultiMargin, Nll, Parts, PoissonNll, TripletMargin};
use downhill_nn::{
    Activation, CrossEntropy, CrossEntropyOnProbabilities, Embedding, Graph, Gru, Layer, Linear, LogSoftmax,
    Loss, Mse, Sequential, Softmax,
};
use downhill_optim::Adam;
use downhill_train::{Error, Fit, Trainer};

use crate::clouds;

fn train(layers: impl Layer, loss: impl Loss + 'static, data: &Dataset) -> Fit {
    let trainer = Trainer::new(layers, loss).optimizer(Adam::new(0.01).unwrap());
    trainer.seed(3).epochs(60).batch_size(16).validation(data).fit(data).unwrap()
}

fn tanh(outputs: usize) -> Sequential {
    Sequential::new().then(Linear::new(outputs)).then(Activation::Tanh)
}

/// Two inputs with a tower each, two outputs with a loss each.
#[test]
fn several_inputs_and_outputs() {
    // The class is by the sign of a product across the inputs, the value their sum.
    let x = Tensor::from_fn([96, 3], |place| ((place * 37 % 101) as f32) / 50.0 - 1.0);
    let row = |x: &[f32]| [f32::from(x[0] + x[2] > 0.0), x[0] + 0.5 * x[1] - x[2]];
    let y: Vec<[f32; 2]> = x.as_slice().chunks(3).map(row).collect();
    let data = Dataset::new(x.clone(), Tensor::from_rows(&y)).unwrap();

    let mut graph = Graph::new();
    let (left, right) = (graph.input([2]), graph.input([1]));
    let left = graph.layer("left", tanh(12), left);
    let right = graph.layer("right", tanh(12), right);
    let both = graph.concat(0, [left, right]);
    let both = graph.layer("both", tanh(12), both);
    let class = graph.layer("class", Linear::new(2), both);
    let value = graph.layer("value", Linear::new(1), both);
    let graph = graph.outputs([class, value]);
    let loss = Parts::new().classes(2, CrossEntropy::new(), 1.0).values([1], Mse::new(), 1.0);
    let Fit { model, history, .. } = train(graph, loss, &data);

    assert!(history.epochs.last().unwrap().validation_loss.unwrap() < 0.2, "{history:?}");
    assert_eq!(history.epochs[0].validation, None, "targets are not what the network answers");
    let answers = model.predict(&x).unwrap();
    let right = answers
        .as_slice()
        .chunks(3)
        .zip(&y)
        .filter(|(answer, y)| (answer[1] > answer[0]) == (y[0] > 0.5) && (answer[2] - y[1]).abs() < 0.3);
    assert!(right.count() > 85);
    let error = model.evaluate(&data).unwrap_err();
    assert!(matches!(error, Error::Question { .. }), "{error:?}");
}

/// Answers come in the unit of the data, whatever the loss takes the outputs for.
#[test]
fn losses_and_their_answers() {
    let data = clouds(90, 4, 3, 1);
    let layers = || Sequential::new().then(Linear::new(3));
    let accuracy = |fit: Fit| fit.model.evaluate(&data).unwrap().accuracy().unwrap();
    for accuracy in [
        accuracy(train(layers(), MultiMargin::new(1.0).unwrap(), &data)),
        accuracy(train(layers().then(LogSoftmax), Nll::new(), &data)),
        accuracy(train(layers().then(Softmax), CrossEntropyOnProbabilities::new(), &data)),
    ] {
        assert!(accuracy > 0.8, "{accuracy}");
    }
    let scores = train(layers(), MultiMargin::new(1.0).unwrap(), &data).model;
    assert!(matches!(scores.predict_proba(data.inputs()), Err(Error::Question { .. })));

    // Counts grow with e^x.
    let x = Tensor::from_fn([64, 1], |row| row as f32 / 32.0 - 1.0);
    let counts = x.map(|x: f32| (1.5 + x).exp().round());
    let counts = Dataset::new(x.clone(), counts).unwrap();
    let fit = train(Linear::new(1), PoissonNll::new(), &counts);
    assert!(fit.model.evaluate(&counts).unwrap().r2().unwrap() > 0.9);

    // A mean and how far from it: the noise grows with x.
    let noise = |row: usize| if row.is_multiple_of(2) { 1.0 } else { -1.0 };
    let y = Tensor::from_fn([64, 1], |row| 2.0 * x.as_slice()[row] + noise(row) * (0.1 + (row / 32) as f32));
    let spread = Dataset::new(x.clone(), y).unwrap();
    let layers = tanh(16).then(Linear::new(2));
    let fit = train(layers, GaussianNll::of_log_variances(), &spread);
    assert_eq!(fit.model.predict(&x).unwrap().shape(), [64, 1]);
    let rmse = fit.history.epochs.last().unwrap().validation.clone().unwrap().to_string();
    assert!(rmse.contains("R²"), "{rmse}");
}

/// Three embeddings by the same layer: what is alike comes near.
#[test]
fn embeddings_of_triplets() {
    let clouds = clouds(60, 4, 2, 1);
    let rows = |shift: usize| (0..58).map(move |row| (row + shift) % 60).collect::<Vec<_>>();
    let of = |rows: Vec<usize>| clouds.select(&rows).unwrap().inputs().clone();
    let triplets = Tensor::concat(&[&of(rows(0)), &of(rows(2)), &of(rows(1))], 1).unwrap();
    let data = Dataset::new(triplets, Tensor::<f32>::zeros([58, 1])).unwrap();
    let mut graph = Graph::new();
    let inputs = [graph.input([4]), graph.input([4]), graph.input([4])];
    let anchor = graph.layer("embedding", tanh(8).then(Linear::new(2)), inputs[0]);
    let [like, unlike] = [1, 2].map(|input| graph.again(anchor, inputs[input]));
    let fit = train(graph.outputs([anchor, like, unlike]), TripletMargin::new(1.0).unwrap(), &data);
    assert_eq!(fit.model.params().layout().parts().len(), 4, "one embedding");
    let losses: Vec<f64> = fit.history.epochs.iter().map(|epoch| epoch.validation_loss.unwrap()).collect();
    assert!(losses[59] < 0.5 * losses[0], "{losses:?}");
}

/// A language model whose output layer has the embedding's weights.
#[test]
fn tied_weights() {
    // After tokens a, b comes (a + b) mod 5.
    let pairs = Tensor::from_fn([100, 2], |place| (place / 2 / (1 + 4 * (place % 2)) % 5) as f32);
    let next = pairs.as_slice().chunks(2).map(|pair| (pair[0] + pair[1]) as usize % 5);
    let data = Dataset::new(pairs.clone(), Tensor::vector(next.collect::<Vec<_>>())).unwrap();
    let model = |tied: bool| {
        let mut graph = Graph::new();
        let tokens = graph.input([2]);
        let embedded = graph.layer("embedding", Embedding::new(5, 16), tokens);
        let read = graph.layer("gru", Gru::new(32).last(), embedded);
        let out = graph.layer("out", Linear::new(16), read);
        let scores = if tied {
            graph.scores(embedded, out)
        } else {
            graph.layer("scores", Linear::new(5).without_bias(), out)
        };
        train(graph.output(scores), CrossEntropy::new(), &data).model
    };
    let (tied, free) = (model(true), model(false));
    assert_eq!(free.params().len() - tied.params().len(), 5 * 16);
    for model in [tied, free] {
        let metrics = model.evaluate(&data).unwrap();
        assert!(metrics.accuracy().unwrap() > 0.95, "{metrics}");
    }
}
