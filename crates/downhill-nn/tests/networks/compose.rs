//! Networks with several branches, inputs and outputs.

use downhill_nn::autodiff::{Shape, Tape, Tensor};
use downhill_nn::loss::Parts;
use downhill_nn::{
    Activation, AnyLayer, CrossEntropy, Embedding, Error, Flatten, Graph, Linear, Loss, Mse, Network,
    Parallel, Params, Repeat, Sequential, Target,
};
use proptest::prelude::*;

use crate::numbers;

#[test]
fn what_does_not_join_is_named() {
    let linear = Linear::new;
    let mut circle = Graph::new();
    let mut other = Graph::new();
    let x = circle.input([4]);
    (0..5).for_each(|_| _ = other.input([1]));
    let foreign = other.layer("y", linear(2), x);
    let y = circle.layer("y", linear(2), foreign);
    let mut short = Graph::new();
    let (a, b) = (short.input([3]), short.input([2]));
    let sum = short.sum([a, b]);
    let mut twice = Graph::new();
    let a = twice.input([4]);
    let b = twice.layer("same", linear(2), a);
    let b = twice.layer("same", linear(2), b);
    let mut tied = Graph::new();
    let a = tied.input([4]);
    let made = tied.layer("b", linear(2), a);
    let wrong_shape = tied.again(made, made);
    let mut of_input = Graph::new();
    let a = of_input.input([4]);
    let of_no_layer = of_input.again(a, a);
    let mut scored = Graph::new();
    let a = scored.input([4]);
    let made = scored.layer("b", linear(2), a);
    let of_no_embedding = scored.scores(made, a);
    let mut narrow = Graph::new();
    let a = narrow.input([4]);
    let made = narrow.layer("b", Embedding::new(7, 3), a);
    let too_wide = narrow.scores(made, a);
    let mut unfinished = Graph::new();
    unfinished.input([4]);
    let cases: Vec<(AnyLayer, Shape, &str)> = vec![
        (AnyLayer::new(Parallel::sum()), [4].into(), "it joins nothing"),
        (
            AnyLayer::new(Parallel::sum().branch(linear(2)).branch(linear(3))),
            [4].into(),
            "it joins [2] and [3], which differ",
        ),
        (AnyLayer::new(Parallel::concat(1).branch(linear(2))), [4].into(), "along axis 1 of [2]"),
        (
            AnyLayer::new(Parallel::concat(0).branch(linear(2)).branch(Flatten)),
            [3, 4].into(),
            "it joins [3, 2] and [12] along axis 0",
        ),
        (AnyLayer::new(Repeat::tied(2, linear(3))), [4].into(), "it must keep the shape"),
        (AnyLayer::new(Repeat::new(usize::MAX, linear(3))), [4].into(), "more than 65536 times"),
        (AnyLayer::new(circle.output(y)), [4].into(), "a value of another graph"),
        (AnyLayer::new(short.output(sum)), [5].into(), "it joins [3] and [2]"),
        (
            AnyLayer::new(tied.output(wrong_shape)),
            [4].into(),
            "a layer made for [4] is to be used again on [2]",
        ),
        (AnyLayer::new(of_input.output(of_no_layer)), [4].into(), "not made by a layer of this graph"),
        (AnyLayer::new(scored.output(of_no_embedding)), [4].into(), "by an embedding, not by a Linear"),
        (AnyLayer::new(narrow.output(too_wide)), [4].into(), "vectors of 3 numbers need as many"),
        (AnyLayer::new(Graph::new()), [5].into(), "it has no input"),
        (AnyLayer::new(unfinished.clone()), [4].into(), "it has no output"),
        (AnyLayer::new(unfinished), [5].into(), "its inputs take 4 numbers, this has 5"),
    ];
    for (layer, input, reason) in cases {
        let error = Network::build(layer, input).unwrap_err();
        assert!(matches!(error, Error::Build { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}: {reason}");
    }
    let error = Network::build(twice.output(b), [4]).unwrap_err();
    assert_eq!(error, Error::DuplicateName { name: "same.weight".into() });
}

/// A graph that was written by somebody else may refer to anything.
#[test]
fn a_graph_from_a_file_is_checked() {
    let mut graph = Graph::new();
    let x = graph.input([2]);
    let y = graph.layer("y", Linear::new(2), x);
    let json = serde_json::to_string(&AnyLayer::new(graph.output(y))).unwrap();
    for (from, to) in [("\"from\":0", "\"from\":1"), ("\"from\":0", "\"from\":99"), ("[1]", "[7]")] {
        assert!(json.contains(from), "{json}");
        let layer: AnyLayer = serde_json::from_str(&json.replace(from, to)).unwrap();
        let error = Network::build(layer, [2]).unwrap_err();
        assert!(error.to_string().contains("another graph"), "{error}");
    }
}

#[test]
fn names_and_ties() {
    let names = |layer: AnyLayer| {
        let network = Network::build(layer, [3]).unwrap();
        network.layout().parts().iter().map(|part| part.name.clone()).collect::<Vec<_>>()
    };
    let plain = || Linear::new(3).without_bias();
    let branches = Parallel::sum().branch(plain()).branch(Sequential::new().then(plain()));
    assert_eq!(names(AnyLayer::new(branches)), ["0.weight", "1.0.weight"]);
    assert_eq!(names(AnyLayer::new(Repeat::new(2, plain()))), ["0.weight", "1.weight"]);
    assert_eq!(names(AnyLayer::new(Repeat::tied(9, plain()))), ["body.weight"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// The same as by hand.
    #[test]
    fn parts_are_the_losses_of_the_parts(n in 1_usize..5, seed: u64) {
        let tape = Tape::new();
        let outputs = tape.variable(numbers([n, 7], seed));
        let class = |i: usize| (seed.wrapping_add(i as u64) % 3) as usize;
        let values = numbers([n, 2, 2], seed ^ 1);
        let rows = Tensor::from_fn([n, 5], |at| match (at / 5, at % 5) {
            (row, 0) => class(row) as f64,
            (row, column) => values.as_slice()[row * 4 + column - 1],
        });
        let parts = Parts::new().classes(3, CrossEntropy::new(), 1.5).values([2, 2], Mse::new(), 0.25);
        let loss = parts.loss(outputs, &rows.into());
        let classes = Target::Classes(Tensor::from_fn([n], class));
        let first = CrossEntropy::new().loss(outputs.slice(1, 0..3, 1), &classes);
        let second = Mse::new().loss(outputs.slice(1, 3..7, 1).reshape([n, 2, 2]), &values.into());
        let by_hand = first.mul_scalar(1.5) + second.mul_scalar(0.25);
        prop_assert_eq!(loss.value().unwrap(), by_hand.value().unwrap());
        let gradient = loss.backward().unwrap().wrt(outputs).unwrap();
        prop_assert_eq!(gradient, by_hand.backward().unwrap().wrt(outputs).unwrap());
    }
}

#[test]
fn targets_that_are_not_in_parts() {
    let parts = Parts::new().classes(3, CrossEntropy::new(), 1.0).values([1], Mse::new(), 1.0);
    for (shape, target, reason) in [
        ([2, 4], Target::Values(Tensor::zeros([2, 3])), "all parts' targets"),
        ([2, 3], Target::Values(Tensor::zeros([2, 2])), "all parts' numbers"),
        ([2, 4], Target::Classes(Tensor::vector([0, 1])), "rows of numbers"),
        ([1, 4], Target::Values(Tensor::from_rows(&[[0.5, 0.0]])), "a whole number from 0 on, got 0.5"),
        ([1, 4], Target::Values(Tensor::from_rows(&[[-1.0, 0.0]])), "a whole number from 0 on, got -1"),
        ([1, 4], Target::Values(Tensor::from_rows(&[[f64::NAN, 0.0]])), "a whole number from 0 on, got NaN"),
        ([1, 4], Target::Values(Tensor::from_rows(&[[3.0, 0.0]])), "index 3"),
    ] {
        let tape = Tape::new();
        let error = parts.loss(tape.constant(Tensor::zeros(shape)), &target).value().unwrap_err();
        assert!(error.to_string().contains(reason), "{error}: {reason}");
    }
}

/// More branches than have room on the stack.
#[test]
fn many_branches() {
    let many = (0..50).fold(Parallel::concat(0), |all, _| all.branch(Activation::Tanh));
    let network = Network::build(many, [2]).unwrap();
    let params: Params<f64> = network.init(0);
    let y = network.predict(&params, &Tensor::ones([3, 2])).unwrap();
    assert_eq!(y, Tensor::full([3, 100], 1.0_f64.tanh()));
}
