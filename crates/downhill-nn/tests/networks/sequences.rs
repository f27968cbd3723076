//! Layers over sequences: names, states, masks, and what they refuse.

use downhill_nn::autodiff::{Shape, Tape, Tensor};
use downhill_nn::{
    AnyLayer, Context, Embedding, Error, Graph, Gru, Layer, LayerView, LearnedPositions, Lstm, Mask,
    MultiHeadAttention, Network, Params, PositionalEncoding, Rnn, Sequential, TransformerDecoderLayer,
    TransformerEncoderLayer,
};
use proptest::prelude::*;

use crate::numbers;

fn names(layer: impl Into<AnyLayer>, input: impl Into<Shape>) -> Vec<String> {
    let network = Network::build(AnyLayer::new(layer.into()), input).unwrap();
    network.layout().parts().iter().map(ToString::to_string).collect()
}

#[test]
fn names_shapes_and_order_are_pytorchs() {
    let expected = [
        "weight_ih_l0 [8, 3]",
        "weight_hh_l0 [8, 2]",
        "bias_ih_l0 [8]",
        "bias_hh_l0 [8]",
        "weight_ih_l0_reverse [8, 3]",
        "weight_hh_l0_reverse [8, 2]",
        "bias_ih_l0_reverse [8]",
        "bias_hh_l0_reverse [8]",
        "weight_ih_l1 [8, 4]",
    ];
    let lstm = names(Lstm::new(2).layers(2).bidirectional(), [5, 3]);
    assert_eq!((&lstm[..9], lstm.len()), (&expected.map(String::from)[..], 16));
    assert_eq!(names(Gru::new(2).without_bias(), [5, 3]), ["weight_ih_l0 [6, 3]", "weight_hh_l0 [6, 2]"]);
    let attention =
        ["in_proj_weight [12, 4]", "in_proj_bias [12]", "out_proj.weight [4, 4]", "out_proj.bias [4]"];
    assert_eq!(names(MultiHeadAttention::new(2), [5, 4]), attention);
    let frame = [
        "linear1.weight [7, 4]",
        "linear1.bias [7]",
        "linear2.weight [4, 7]",
        "linear2.bias [4]",
        "norm1.weight [4]",
        "norm1.bias [4]",
        "norm2.weight [4]",
        "norm2.bias [4]",
    ];
    let encoder = names(TransformerEncoderLayer::new(2, 7), [5, 4]);
    assert_eq!(encoder[..4], attention.map(|name| format!("self_attn.{name}")));
    assert_eq!(encoder[4..], frame);
    let decoder = names(TransformerDecoderLayer::new(2, 7), [5, 4]);
    assert_eq!(decoder[4..8], attention.map(|name| format!("multihead_attn.{name}")));
    assert_eq!(decoder[8..16], frame);
    assert_eq!(decoder[16..], ["norm3.weight [4]", "norm3.bias [4]"]);
}

#[test]
fn a_summary_counts_what_layers_make_of_sequences() {
    let mut graph = Graph::new();
    let tokens = graph.input([5]);
    let embedding = graph.layer("embedding", Embedding::new(10, 4), tokens);
    let encoder = graph.layer("encoder", TransformerEncoderLayer::new(2, 7), embedding);
    let twice = graph.again(encoder, encoder);
    let scores = graph.scores(embedding, twice);
    let layers = Sequential::new().then(graph.output(scores)).then(Lstm::new(3).layers(2).bidirectional());
    let network = Network::build(layers.then(Gru::new(2).last()), [5]).unwrap();
    let summary = network.summary(&network.init::<f32>(0));
    let of = |path: &str| summary.layers.iter().find(|layer| layer.path == path).unwrap().multiply_adds;
    // 5 positions of 4: three projections, scores and sums over 5 positions, and one projection more.
    let attention = 5 * 4 * (3 * 4 + 2 * 5) + 5 * 4 * 4;
    let encoder = attention + 2 * 5 * 4 * 7;
    // Two directions with four gates of 3, of 10 features and then of 6, and the states.
    let lstm = 5 * 2 * 12 * (10 + 3) + 5 * 2 * 12 * (6 + 3);
    let gru = 5 * 6 * (6 + 2);
    assert_eq!((of("0.encoder.self_attn"), of("0.encoder")), (attention, encoder));
    assert_eq!((of("0"), of("1"), of("2")), (2 * encoder + 5 * 4 * 10, lstm, gru));

    // The rows of the table are all there is, each once.
    let table = summary.to_string();
    let numbers = table.lines().skip(3).filter(|line| !line.contains("trainable")).map(|line| {
        let mut columns = line.split_whitespace().rev().map(|number| number.parse::<usize>().unwrap());
        (columns.next().unwrap(), columns.next().unwrap())
    });
    let sums = numbers.fold((0, 0), |sums, row| (sums.0 + row.0, sums.1 + row.1));
    assert_eq!(sums, (of(""), summary.parameters), "{table}");
}

fn near(got: &Tensor<f64>, expected: &Tensor<f64>) {
    assert_eq!(got.shape(), expected.shape());
    for (got, expected) in got.as_slice().iter().zip(expected.as_slice()) {
        assert!((got - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{got} is not {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Two parts of a sequence, the second from the states behind the first, are the whole.
    #[test]
    fn states_carry_on(n in 0_usize..3, first in 0_usize..4, second in 1_usize..4, layers in 1_usize..3, seed: u64) {
        let x = numbers([n, first + second, 2], seed);
        // The kinds are different types.
        macro_rules! carries_on {
            ($kind:ident) => {
                let network = Network::build($kind::new(3).layers(layers), [first + second, 2]).unwrap();
                let params: Params<f64> = network.init(seed);
                let LayerView::$kind(layer) = network.layer().view() else { panic!("another layer") };
                let tape = Tape::new();
                let cx = Context::new(&tape, &params, None);
                let x = tape.constant(x.clone());
                let (whole, end) = layer.run(&cx, x, None);
                let (begin, states) = layer.run(&cx, x.slice(1, 0..first, 1), None);
                let (rest, states) = layer.run(&cx, x.slice(1, first..first + second, 1), Some(states));
                near(&tape.concat(&[begin, rest], 1).value().unwrap(), &whole.value().unwrap());
                near(&states.h.value().unwrap(), &end.h.value().unwrap());
                prop_assert_eq!(states.h.shape(), [layers, n, 3]);
                if let (Some(c), Some(end)) = (states.c, end.c) {
                    near(&c.value().unwrap(), &end.value().unwrap());
                }
                prop_assert_eq!(states.c.is_some(), stringify!($kind) == "Lstm");
                near(&layer.forward(&cx, x).value().unwrap(), &whole.value().unwrap());
            };
        }
        carries_on!(Rnn);
        carries_on!(Gru);
        carries_on!(Lstm);
    }

    /// The other direction is a recurrence over the reversed sequence, and the last state that of its own last step.
    #[test]
    fn both_directions(n in 0_usize..3, steps in 1_usize..4, seed: u64) {
        let x = numbers([n, steps, 2], seed);
        let both = Network::build(Lstm::new(3).bidirectional(), [steps, 2]).unwrap();
        let last = Network::build(Lstm::new(3).bidirectional().last(), [steps, 2]).unwrap();
        let params: Params<f64> = both.init(seed);
        let y = both.predict(&params, &x).unwrap();
        let one = Network::build(Lstm::new(3), [steps, 2]).unwrap();
        let [ahead, back] = ["", "_reverse"].map(|suffix| {
            let mut own: Params<f64> = one.init(0);
            for part in one.layout().parts() {
                own.set(&part.name, &params.get(&format!("{}{suffix}", part.name)).unwrap()).unwrap();
            }
            let x = if suffix.is_empty() { x.clone() } else { x.flip(&[1]).unwrap() };
            one.predict(&own, &x).unwrap()
        });
        let expected = Tensor::concat(&[&ahead, &back.flip(&[1]).unwrap()], 2).unwrap();
        near(&y, &expected);
        let end = |y: &Tensor<f64>| y.slice(1, steps - 1..steps, 1).unwrap().reshape([n, 3]).unwrap();
        near(&last.predict(&params, &x).unwrap(), &Tensor::concat(&[&end(&ahead), &end(&back)], 1).unwrap());
    }

    /// Queries, keys and values given apart are those found together.
    #[test]
    fn attention_apart_is_attention_together(n in 0_usize..3, steps in 0_usize..5, seed: u64) {
        let network = Network::build(MultiHeadAttention::new(2).causal(), [steps, 4]).unwrap();
        let mut params: Params<f64> = network.init(seed);
        let LayerView::MultiHeadAttention(attention) = network.layer().view() else { panic!("another layer") };
        let x = numbers([n, steps, 4], seed);
        let mut results = Vec::new();
        for frozen in [false, true] {
            if frozen {
                params.freeze("in_proj_*").unwrap();
            }
            for apart in [false, true] {
                let tape = Tape::new();
                let cx = Context::new(&tape, &params, None);
                let input = tape.variable(x.clone());
                let mask = Mask { bias: Some(tape.constant(numbers([steps, steps], seed ^ 2))), ..Mask::none() };
                let y = if apart {
                    attention.attend(&cx, input, input, input, mask)
                } else {
                    attention.forward_masked(&cx, input, mask)
                };
                let mut gradient = vec![0.0; params.len()];
                let gradients = y.pullback(&numbers(y.shape(), seed ^ 1), &mut gradient).unwrap();
                results.push((frozen, y.value().unwrap(), gradients.wrt(input).unwrap(), Tensor::vector(gradient)));
            }
        }
        for (frozen, y, dx, dtheta) in &results[1..] {
            near(y, &results[0].1);
            near(dx, &results[0].2);
            if *frozen {
                prop_assert!(dtheta.as_slice()[..60].iter().all(|&d| d == 0.0));
                near(&dtheta.rows(60..80).unwrap(), &results[0].3.rows(60..80).unwrap());
            } else {
                near(dtheta, &results[0].3);
            }
        }
    }
}

#[test]
fn what_is_masked_changes_nothing() {
    let network = Network::build(TransformerEncoderLayer::new(2, 5), [3, 4]).unwrap();
    let causal = Network::build(TransformerEncoderLayer::new(2, 5).causal(), [3, 4]).unwrap();
    let params: Params<f64> = network.init(1);
    let x = numbers([2, 3, 4], 1);
    let mut other = x.clone();
    // The last position of each sample.
    for place in [8, 9, 10, 11, 20, 21, 22, 23] {
        other.as_mut_slice()[place] += 1.0;
    }
    let seen = |y: Tensor<f64>| y.slice(1, 0..2, 1).unwrap();
    assert_eq!(seen(causal.predict(&params, &x).unwrap()), seen(causal.predict(&params, &other).unwrap()));
    assert_ne!(seen(network.predict(&params, &x).unwrap()), seen(network.predict(&params, &other).unwrap()));
    let LayerView::TransformerEncoderLayer(layer) = network.layer().view() else { panic!("another layer") };
    let masked = |x: &Tensor<f64>| {
        let tape = Tape::new();
        let mask = Mask::visible(Tensor::vector([true, true, false]));
        let cx = Context::new(&tape, &params, None);
        seen(layer.forward_masked(&cx, tape.constant(x.clone()), mask).value().unwrap())
    };
    assert_eq!(masked(&x), masked(&other));
}

#[test]
fn a_decoder_reads_its_memory() {
    let network = Network::build(TransformerDecoderLayer::new(2, 5), [3, 4]).unwrap();
    let params: Params<f64> = network.init(1);
    let LayerView::TransformerDecoderLayer(layer) = network.layer().view() else { panic!("another layer") };
    let run = |x: &Tensor<f64>, memory: &Tensor<f64>| {
        let tape = Tape::new();
        let (x, memory) = (tape.constant(x.clone()), tape.constant(memory.clone()));
        layer.decode(&Context::new(&tape, &params, None), x, memory, Mask::none()).value().unwrap()
    };
    let x = numbers([2, 3, 4], 1);
    // A memory of another length.
    assert_ne!(run(&x, &numbers([2, 5, 4], 2)), run(&x, &numbers([2, 5, 4], 3)));
    assert_eq!(run(&x, &x), network.predict(&params, &x).unwrap());
}

#[test]
fn positions() {
    let network = Network::build(PositionalEncoding::new(), [3, 4]).unwrap();
    let y = network.predict(&network.init(0), &Tensor::<f64>::zeros([1, 3, 4])).unwrap();
    let expected = |p: f64| [p.sin(), p.cos(), (p / 100.0).sin(), (p / 100.0).cos()];
    near(&y.reshape([12]).unwrap(), &Tensor::vector([expected(0.0), expected(1.0), expected(2.0)].concat()));
    let network = Network::build(LearnedPositions::new(), [3, 2]).unwrap();
    let params: Params<f64> = network.init(0);
    let y = network.predict(&params, &Tensor::zeros([2, 3, 2])).unwrap();
    assert_eq!(y.rows(1..2).unwrap().as_slice(), params.get("weight").unwrap().as_slice());
}

#[test]
fn a_token_that_there_is_not() {
    let layers = Sequential::new().then(Embedding::new(5, 2)).then(Gru::new(2).last());
    let network = Network::build(layers, [2]).unwrap();
    let params: Params = network.init(0);
    for (token, value) in
        [(5.0, "index 5 is past the end"), (-1.0, "got -1"), (1.5, "got 1.5"), (f32::NAN, "got NaN")]
    {
        let error = network.predict(&params, &Tensor::from_rows(&[[0.0, token]])).unwrap_err();
        assert!(matches!(&error, Error::Layer { layer, .. } if layer == "0 (Embedding)"), "{error:?}");
        assert!(error.to_string().contains(value), "{error}");
    }
}

#[test]
fn an_embedding_shares_its_weights_with_an_output_layer() {
    let network = Network::build(Embedding::new(5, 2), [1]).unwrap();
    let params: Params<f64> = network.init(0);
    let LayerView::Embedding(embedding) = network.layer().view() else { panic!("another layer") };
    let tape = Tape::new();
    let cx = Context::new(&tape, &params, None);
    let x = tape.constant(numbers([3, 2], 1));
    let scores = embedding.scores(&cx, x).value().unwrap();
    near(
        &scores,
        &numbers([3, 2], 1).matmul(&params.get("weight").unwrap().transpose(0, 1).unwrap()).unwrap(),
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let cases: Vec<(AnyLayer, Shape, &str)> = vec![
        (Embedding::new(0, 2).into(), [2].into(), "is empty"),
        (Embedding::new(3, 0).into(), [2].into(), "is empty"),
        (Embedding::new(3, 2).padding(3).into(), [2].into(), "padding token 3"),
        (Gru::new(0).into(), [3, 2].into(), "one hidden unit"),
        (Gru::new(2).layers(0).into(), [3, 2].into(), "one layer"),
        (Gru::new(2).layers(usize::MAX).into(), [3, 2].into(), "more than 1024 layers"),
        (Lstm::new(usize::MAX).into(), [3, 2].into(), "too large"),
        (Lstm::new(2).last().into(), [0, 2].into(), "without steps"),
        (Rnn::new(2).into(), [3].into(), "sequences [steps, features]"),
        (Rnn::new(2).into(), [3, 0].into(), "no features"),
        (MultiHeadAttention::new(3).into(), [3, 4].into(), "3 heads do not divide the width 4"),
        (MultiHeadAttention::new(0).into(), [3, 4].into(), "0 heads"),
        (MultiHeadAttention::new(1).into(), [4].into(), "sequences [steps, features]"),
        (PositionalEncoding::new().into(), [4].into(), "sequences [steps, features]"),
        (PositionalEncoding::new().into(), [usize::MAX, 4].into(), "its table"),
        (LearnedPositions::new().into(), [3, 0].into(), "no features"),
        (TransformerEncoderLayer::new(3, 4).into(), [3, 4].into(), "3 heads"),
        (TransformerEncoderLayer::new(2, 0).into(), [3, 4].into(), "no hidden units"),
        (TransformerDecoderLayer::new(2, 4).into(), [4].into(), "sequences [steps, features]"),
    ];
    for (layer, input, reason) in cases {
        let layers = Sequential::new().then(Sequential::new().then(layer));
        let error = Network::build(layers, input).unwrap_err();
        assert!(matches!(&error, Error::Build { layer, .. } if layer.starts_with("0.0")), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}: {reason}");
    }
    assert!(TransformerEncoderLayer::new(1, 1).dropout(1.0).is_err() && Gru::new(1).dropout(-0.1).is_err());
}

#[test]
fn states_and_masks_that_do_not_fit() {
    let network = Network::build(Gru::new(3), [4, 2]).unwrap();
    let params: Params<f64> = network.init(0);
    let LayerView::Gru(gru) = network.layer().view() else { panic!("another layer") };
    for shape in [&[1, 2, 2][..], &[2, 2, 3], &[2, 3], &[1, 1, 3]] {
        let tape = Tape::new();
        let cx = Context::new(&tape, &params, None);
        let h = tape.constant(Tensor::zeros(Shape::new(shape).unwrap()));
        let states = downhill_nn::States { h, c: None };
        let (y, _) = gru.run(&cx, tape.constant(Tensor::zeros([2, 4, 2])), Some(states));
        let error = y.value().unwrap_err().to_string();
        assert!(error.contains("states must be [layers·directions, n, h]"), "{error}");
    }
    let network = Network::build(MultiHeadAttention::new(2), [3, 4]).unwrap();
    let params: Params<f64> = network.init(0);
    let LayerView::MultiHeadAttention(attention) = network.layer().view() else { panic!("another layer") };
    let tape = Tape::new();
    let cx = Context::new(&tape, &params, None);
    let x = tape.constant(Tensor::zeros([2, 3, 4]));
    let y = attention.forward_masked(&cx, x, Mask::visible(Tensor::full([3, 2], true)));
    let error = y.value().unwrap_err().to_string();
    assert!(error.contains("the mask must broadcast to the weights"), "{error}");
}

/// Dropout between recurrent layers acts in training alone, by the step's seed, and not behind the last layer.
#[test]
fn dropout_between_layers() {
    let lstm = |layers, p| Network::build(Lstm::new(4).layers(layers).dropout(p).unwrap(), [5, 3]).unwrap();
    let x = numbers([2, 5, 3], 1);
    let run = |layers, p, seed| {
        let network = lstm(layers, p);
        let params: Params<f64> = network.init(1);
        let tape = Tape::inference();
        network.forward(&tape, &params, tape.constant(x.clone()), seed).value().unwrap()
    };
    assert_eq!(run(2, 0.5, None), run(2, 0.0, None), "in use it does nothing");
    assert_eq!(run(2, 0.5, Some(7)), run(2, 0.5, Some(7)));
    assert_ne!(run(2, 0.5, Some(7)), run(2, 0.5, Some(8)));
    assert_eq!(run(1, 0.5, Some(7)), run(1, 0.0, None), "between layers there is nothing in one");
}
