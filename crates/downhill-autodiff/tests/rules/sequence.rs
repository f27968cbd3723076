//! Embedding, recurrences and attention.

use downhill_autodiff::rules::attention::Attention;
use downhill_autodiff::rules::elementwise::{Gelu, Relu, Tanh};
use downhill_autodiff::rules::embedding::Embedding;
use downhill_autodiff::rules::recurrent::{Cell, Gru, Lstm, Recurrence, Rnn};
use downhill_autodiff::tensor::Threads;
use downhill_autodiff::{Shape, Tape, Tensor};

use crate::draw::Draw;
use crate::{Row, kinked, smooth};

/// Indices of the drawn shape into a table.
fn embedding(draw: &mut Draw) -> (Embedding, Vec<Tensor<f64>>) {
    let (rows, width) = (1 + draw.below(4), draw.below(4));
    let indices = draw.indices(draw.shape, rows).map(|index| index as f64);
    (Embedding::default(), vec![indices, draw.any([rows, width])])
}

/// Short sequences, with all that is optional or without.
fn recurrence<C>(cell: C) -> impl Fn(&mut Draw) -> (Recurrence<C>, Vec<Tensor<f64>>)
where
    C: Cell<f64>,
{
    move |draw| {
        let [n, t, f, h] = [draw.below(3), draw.below(4), draw.below(3), draw.below(4)];
        let gates = C::GATES * h;
        let mut operands =
            vec![draw.any([n, t, f]), draw.any([gates, f]), draw.between([gates, h], -1.0, 1.0)];
        let bias = draw.chance();
        if bias {
            operands.extend([draw.any([gates]), draw.any([gates])]);
        }
        if draw.chance() {
            let states = if C::HAS_CELL { 2 } else { 1 };
            operands.extend((0..states).map(|_| draw.any([n, h])));
        }
        (Recurrence { cell, reverse: draw.chance(), bias, final_cell: draw.chance() }, operands)
    }
}

/// Queries, keys and values with some axes in front.
fn attention(draw: &mut Draw) -> (Attention, Vec<Tensor<f64>>) {
    let heads = draw.chance().then(|| 1 + draw.below(2));
    let [queries, keys, e, d] = [draw.below(4), draw.below(4), draw.below(3), draw.below(3)];
    let stack = draw.shape;
    let of = |draw: &mut Draw, positions, width| {
        let matrix = [positions, heads.unwrap_or(1) * width];
        draw.any(Shape::new(&[&stack[..], &matrix].concat()).unwrap())
    };
    let mut operands = vec![of(draw, queries, e), of(draw, keys, e), of(draw, keys, d)];
    let rule = settings(draw, heads, queries, keys, &mut operands);
    (rule, operands)
}

/// Queries, keys and values beside each other.
fn self_attention(draw: &mut Draw) -> (Attention, Vec<Tensor<f64>>) {
    let heads = draw.chance().then(|| 1 + draw.below(2));
    let (positions, width) = (draw.below(4), draw.below(3));
    let axes = [positions, 3 * heads.unwrap_or(1) * width];
    let mut operands = vec![draw.any(Shape::new(&[&draw.shape[..], &axes].concat()).unwrap())];
    let rule = settings(draw, heads, positions, positions, &mut operands);
    (rule, operands)
}

/// A mask and a bias, or none, that broadcast to the weights.
fn settings(
    draw: &mut Draw,
    heads: Option<usize>,
    queries: usize,
    keys: usize,
    operands: &mut Vec<Tensor<f64>>,
) -> Attention {
    let stack = &operands[0].shape()[..operands[0].shape().len() - 2];
    let weights = [stack, heads.as_slice(), &[queries, keys]].concat();
    let broadcasts = |draw: &mut Draw| {
        let lead = draw.below(weights.len() + 1);
        let lengths: Vec<usize> =
            weights[lead..].iter().map(|&length| if draw.below(3) == 0 { 1 } else { length }).collect();
        Shape::new(&lengths).unwrap()
    };
    if draw.chance() {
        let shape = broadcasts(draw);
        operands.push(draw.any(shape));
    }
    let mask = draw.chance().then(|| {
        let shape = broadcasts(draw);
        Tensor::from_fn(shape, |_| draw.below(3) > 0)
    });
    Attention { heads, causal: draw.chance(), scale: draw.chance().then_some(0.7), mask }
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        // Between whole numbers there is no index.
        kinked("embedding", embedding),
        smooth("rnn", recurrence(Rnn { activation: Tanh })),
        smooth("rnn of gelu", recurrence(Rnn { activation: Gelu })),
        kinked("rnn of relu", recurrence(Rnn { activation: Relu })),
        smooth("gru", recurrence(Gru)),
        smooth("lstm", recurrence(Lstm)),
        smooth("attention", attention),
        smooth("self-attention", self_attention),
    ]
}

#[test]
fn the_row_for_padding_does_not_learn() {
    let tape = Tape::new();
    let table = tape.variable(Tensor::from_rows(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
    let y = tape.constant(Tensor::vector([1.0, 2.0, 1.0])).apply2(Embedding { padding: Some(1) }, table);
    assert_eq!(y.value().unwrap().as_slice(), [3.0, 4.0, 5.0, 6.0, 3.0, 4.0]);
    assert_eq!(y.sum().backward().unwrap().wrt(table).unwrap().as_slice(), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn a_query_that_sees_no_key_gives_zeros() {
    let tape = Tape::new();
    let [q, k, v] = [1.0, 2.0, 3.0].map(|x| tape.variable(Tensor::full([2, 2], x)));
    let mask = Some(Tensor::from_rows(&[[false, false], [true, false]]));
    let y = q.attention(k, v, Attention { mask, ..Attention::default() });
    assert_eq!(y.value().unwrap().as_slice(), [0.0, 0.0, 3.0, 3.0]);
    let gradients = y.sum().backward().unwrap();
    assert_eq!(gradients.wrt(v).unwrap().as_slice(), [1.0, 1.0, 0.0, 0.0]);
    assert!([q, k].into_iter().all(|x| gradients.wrt(x).unwrap().is_finite()));
}

/// The value and all derivatives, for threads of this number.
fn bits<R: downhill_autodiff::Rule<f32>>(rule: R, operands: &[Tensor], threads: usize) -> Vec<Tensor> {
    bits_of(rule, operands, threads, 0)
}

/// The same, for the cotangents from one place on in an endless row.
fn bits_of<R: downhill_autodiff::Rule<f32>>(
    rule: R,
    operands: &[Tensor],
    threads: usize,
    first: usize,
) -> Vec<Tensor> {
    let tape = Tape::new().threads(Threads::new(threads));
    let operands: Vec<_> = operands.iter().map(|x| tape.variable(x.clone())).collect();
    let y = tape.apply(rule, &operands);
    let cotangent = Tensor::from_fn(y.shape(), |i| ((first + i) as f32 * 0.7).sin());
    let gradients = y.pullback(&cotangent, &mut []).unwrap();
    let derivatives = operands.iter().map(|&x| gradients.wrt(x).unwrap());
    [y.value().unwrap()].into_iter().chain(derivatives).collect()
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    let mut draw = Draw::new(&[], 5);
    let mut any = |shape: Shape| draw.any(shape).cast::<f32>();
    let packed = [any([3, 70, 3 * 40].into()), any([70, 70].into())];
    let rule = Attention { heads: Some(4), causal: true, ..Attention::default() };
    assert_eq!(bits(rule.clone(), &packed, 1), bits(rule, &packed, 3));
    let lstm = Recurrence { cell: Lstm, reverse: false, bias: false, final_cell: true };
    let gru = Recurrence { cell: Gru, reverse: true, ..Recurrence::default() };
    let x = any([40, 3, 50].into());
    let of_lstm = [x.clone(), any([4 * 48, 50].into()), any([4 * 48, 48].into())];
    let of_gru = [x, any([3 * 48, 50].into()), any([3 * 48, 48].into()), any([40, 48].into())];
    let [lstm_alone, gru_alone] = [bits(lstm, &of_lstm, 1), bits(gru, &of_gru, 1)];
    for threads in [2, 3, 8] {
        assert_eq!(bits(lstm, &of_lstm, threads), lstm_alone);
        assert_eq!(bits(gru, &of_gru, threads), gru_alone);
    }
}

/// A large batch is shared out: each of its samples must come out as it does alone, and the derivatives of what they share add
/// up.
#[test]
fn samples_of_a_recurrence_do_not_meet() {
    fn check<C: Cell<f32>>(cell: C, states: usize) {
        let [n, t, f, h] = [37, 4, 3, 5];
        let rule = Recurrence { cell, reverse: false, bias: true, final_cell: C::HAS_CELL };
        let (mut draw, gates) = (Draw::new(&[], 11), C::GATES * h);
        let mut any = |shape: &[usize]| draw.any(Shape::new(shape).unwrap()).cast::<f32>();
        let mut operands =
            vec![any(&[n, t, f]), any(&[gates, f]), any(&[gates, h]), any(&[gates]), any(&[gates])];
        operands.extend((0..states).map(|_| any(&[n, h])));
        let together = bits(rule, &operands, 3);
        let alone: Vec<_> = (0..n)
            .map(|sample| {
                let own = |(place, x): (usize, &Tensor)| match place {
                    1..5 => x.clone(),
                    _ => x.slice(0, sample..sample + 1, 1).unwrap(),
                };
                let operands: Vec<_> = operands.iter().enumerate().map(own).collect();
                bits_of(rule, &operands, 1, sample * together[0].len() / n)
            })
            .collect();
        for (place, together) in together.iter().enumerate() {
            let parts: Vec<_> = alone.iter().map(|results| &results[place]).collect();
            // The value is the first, and then the operands' derivatives follow.
            let expected = match place {
                2..6 => parts[1..].iter().fold(parts[0].clone(), |sum, x| sum.add(x).unwrap()),
                _ => Tensor::concat(&parts, 0).unwrap(),
            };
            for (got, want) in together.as_slice().iter().zip(expected.as_slice()) {
                assert!(
                    (got - want).abs() <= 1e-4 * want.abs().max(1.0),
                    "{} {place}: {got}, not {want}",
                    C::NAME
                );
            }
        }
    }
    check(Lstm, 2);
    check(Gru, 1);
    check(Rnn { activation: Tanh }, 0);
}

#[test]
fn what_does_not_fit_is_an_error() {
    fn message<R: downhill_autodiff::Rule<f64>>(rule: R, operands: &[Tensor<f64>]) -> String {
        let tape = Tape::new();
        let operands: Vec<_> = operands.iter().map(|x| tape.constant(x.clone())).collect();
        tape.apply(rule, &operands).value().unwrap_err().to_string()
    }
    let of = |shape: &[usize]| Tensor::<f64>::ones(Shape::new(shape).unwrap());
    for (index, expected) in [
        (3.0, "index 3 is past the end of axis 0 of shape [3, 2]"),
        (1e300, "is past the end"),
        (-1.0, "an index must be a whole number of at least 0, got -1"),
        (0.5, "got 0.5"),
        (f64::NAN, "got NaN"),
        (f64::INFINITY, "an index"),
    ] {
        let found = message(Embedding::default(), &[Tensor::vector([0.0, index]), of(&[3, 2])]);
        assert!(found.contains(expected), "{index}: {found}");
    }
    // The first of several, whichever thread comes upon one.
    let wrong = Tensor::from_fn([3000], |i| if i < 1700 { 0.0 } else { i as f64 });
    let tape = Tape::new().threads(Threads::new(3));
    let [wrong, table] = [wrong, of(&[3, 2])].map(|x| tape.constant(x));
    let found = wrong.embedding(table).value().unwrap_err().to_string();
    assert!(found.contains("index 1700 is past the end"), "{found}");

    let found = message(Embedding::default(), &[Tensor::vector([0.0, 3.0]), of(&[3, 0])]);
    assert!(found.contains("index 3 is past the end"), "{found}");
    let table = message(Embedding::default(), &[of(&[2]), of(&[3])]);
    assert!(table.contains("W [rows, width]"), "{table}");

    let gru = Recurrence { cell: Gru, reverse: false, bias: false, final_cell: false };
    for (operands, expected) in [
        (vec![of(&[2, 3]), of(&[6, 3]), of(&[6, 2])], "x [n, t, f]"),
        (vec![of(&[2, 4, 3]), of(&[6, 2]), of(&[6, 2])], "W_ih [gates·h, f]"),
        (vec![of(&[2, 4, 3]), of(&[7, 3]), of(&[7, 2])], "W_hh [gates·h, h]"),
        (vec![of(&[2, 4, 3]), of(&[6, 3]), of(&[6, 3])], "W_hh [gates·h, h]"),
        (vec![of(&[2, 4, 3]), of(&[6, 3]), of(&[6, 2]), of(&[3, 2])], "initial states [n, h]"),
        (vec![of(&[2, 4, 3]), of(&[6, 3])], "two weights"),
    ] {
        let found = message(gru, &operands);
        assert!(found.contains(expected), "{found}");
    }
    let biased = Recurrence { bias: true, ..gru };
    let operands = [of(&[2, 4, 3]), of(&[6, 3]), of(&[6, 2]), of(&[6]), of(&[5])];
    assert!(message(biased, &operands).contains("biases [gates·h]"));

    let plain = Attention::default();
    let heads = |count| Attention { heads: Some(count), ..Attention::default() };
    let masked = Attention { mask: Some(Tensor::full([3, 3], true)), ..Attention::default() };
    for (rule, operands, expected) in [
        (plain.clone(), vec![of(&[2]), of(&[2]), of(&[2])], "queries […, l, e]"),
        (plain.clone(), vec![of(&[4, 2]), of(&[3, 3]), of(&[3, 2])], "queries […, l, e]"),
        (plain.clone(), vec![of(&[4, 2]), of(&[3, 2]), of(&[2, 2])], "values […, s, d]"),
        (plain.clone(), vec![of(&[5, 4, 2]), of(&[1, 3, 2]), of(&[1, 3, 2])], "queries […, l, e]"),
        (plain.clone(), vec![of(&[4, 2]), of(&[3, 2]), of(&[3, 2]), of(&[4, 4])], "must broadcast"),
        (plain, vec![of(&[4, 4])], "three times the heads"),
        (heads(3), vec![of(&[4, 4]), of(&[3, 4]), of(&[3, 4])], "must divide"),
        (heads(0), vec![of(&[4, 4]), of(&[3, 4]), of(&[3, 4])], "must divide"),
        (masked, vec![of(&[4, 2]), of(&[3, 2]), of(&[3, 2])], "the mask must broadcast"),
    ] {
        let found = message(rule, &operands);
        assert!(found.contains(expected), "{found}: {expected}");
    }
}
