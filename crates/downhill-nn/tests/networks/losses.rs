//! Every loss with every reduction, proved; and targets that do not fit.

use downhill_nn::autodiff::check::{Disagreement, Tolerance};
use downhill_nn::autodiff::tensor::num_dual::Dual64;
use downhill_nn::autodiff::{Real, Shape, Tape, Tensor};
use downhill_nn::{
    BinaryCrossEntropy, BinaryCrossEntropyWithLogits, CrossEntropy, CrossEntropyOnProbabilities, Error,
    Huber, L1, Link, Loss, Mse, Reduction, Target, check,
};
use proptest::prelude::*;

use crate::{between, numbers};

const REDUCTIONS: [Reduction; 3] = [Reduction::Mean, Reduction::Sum, Reduction::None];

type Proof = Box<dyn Fn(&Tensor<f64>, &Target<f64>) -> Result<(), Disagreement>>;

/// A loss, the outputs and targets it takes, and its proof with each reduction.
struct Row {
    name: &'static str,
    draw: fn(usize, u64) -> (Tensor<f64>, Target<f64>),
    proofs: Vec<Proof>,
}

fn row<L>(
    name: &'static str,
    tolerance: Tolerance,
    draw: fn(usize, u64) -> (Tensor<f64>, Target<f64>),
    loss: impl Fn(Reduction) -> L,
) -> Row
where
    L: Loss<f64> + Loss<Dual64> + 'static,
{
    let proof = |reduction| -> Proof {
        let loss = loss(reduction);
        Box::new(move |output, target| check::loss(&loss, output, target, tolerance))
    };
    Row { name, draw, proofs: REDUCTIONS.into_iter().map(proof).collect() }
}

fn classes(shape: impl Into<Shape>, below: usize, seed: u64) -> Tensor<usize> {
    between(shape, 0.0, below as f64, seed ^ 0xc1a55).map(|x| (x as usize).min(below - 1))
}

/// Probabilities of classes along axis 1.
fn distributions(shape: impl Into<Shape>, seed: u64) -> Tensor<f64> {
    numbers(shape, seed ^ 0xd157).softmax(1).unwrap()
}

fn rows() -> Vec<Row> {
    let smooth = Tolerance::default();
    // Central differences are wrong near a kink; dual numbers are not.
    let kinked = Tolerance { differences: None, ..smooth };
    let values = |n, seed| (numbers([n, 3], seed), numbers([n, 3], seed ^ 1).into());
    let column = |n, seed| (numbers([n, 1], seed), numbers([n], seed ^ 1).into());
    let binary = |n, seed| (between([n, 1], 0.05, 0.95, seed), classes([n], 2, seed).into());
    let soft_binary =
        |n, seed| (between([n, 2], 0.05, 0.95, seed), between([n, 2], 0.0, 1.0, seed ^ 1).into());
    let logits = |n, seed| (numbers([n, 1], seed), classes([n], 2, seed).into());
    let soft_logits = |n, seed| (numbers([n, 2], seed), between([n, 2], 0.0, 1.0, seed ^ 1).into());
    let scores = |n, seed| (numbers([n, 4], seed), classes([n], 4, seed).into());
    let positions = |n, seed| (numbers([n, 4, 2], seed), classes([n, 2], 4, seed).into());
    let soft_scores = |n, seed| (numbers([n, 4], seed), distributions([n, 4], seed).into());
    let masked = |n, seed| {
        // 9 is no class of the output.
        let drawn = classes([n], 6, seed);
        let masked = |i: usize| if drawn.as_slice()[i] > 3 && i > 0 { 9 } else { drawn.as_slice()[i] % 4 };
        (numbers([n, 4], seed), Target::Classes(Tensor::from_fn([n], masked)))
    };
    let cross_entropy = CrossEntropy::new;
    let full = || {
        let weights = CrossEntropy::new().class_weights([0.5, 2.0, 0.1, 1.5]).unwrap();
        weights.label_smoothing(0.2).unwrap()
    };
    let weighted = || BinaryCrossEntropyWithLogits::new().positive_weight(2.5).unwrap();
    vec![
        row("mse", smooth, values, |r| Mse::new().reduction(r)),
        row("mse of a column", smooth, column, |r| Mse::new().reduction(r)),
        row("l1", kinked, values, |r| L1::new().reduction(r)),
        row("huber", kinked, values, |r| Huber::new(0.7).unwrap().reduction(r)),
        row("bce", smooth, binary, |r| BinaryCrossEntropy::new().reduction(r)),
        row("bce, soft", smooth, soft_binary, |r| BinaryCrossEntropy::new().reduction(r)),
        row("bce of logits", smooth, logits, |r| BinaryCrossEntropyWithLogits::new().reduction(r)),
        row("bce of logits, soft", smooth, soft_logits, move |r| weighted().reduction(r)),
        row("bce of logits, weighted", smooth, logits, move |r| weighted().reduction(r)),
        row("ce", smooth, scores, move |r| cross_entropy().reduction(r)),
        row("ce of positions", smooth, positions, move |r| full().reduction(r)),
        row("ce, soft", smooth, soft_scores, move |r| cross_entropy().reduction(r)),
        row("ce, soft and all settings", smooth, soft_scores, move |r| full().reduction(r)),
        row("ce, all settings", smooth, scores, move |r| full().reduction(r)),
        row("ce, ignoring", smooth, masked, move |r| cross_entropy().ignore_class(9).reduction(r)),
        row("ce, ignoring, smooth", smooth, masked, move |r| {
            cross_entropy().ignore_class(9).label_smoothing(0.1).unwrap().reduction(r)
        }),
        row(
            "ce on probabilities",
            smooth,
            |n, seed| {
                let p = distributions([n, 3], seed).map(|p| 0.1 + 0.7 * p);
                (p, classes([n], 3, seed).into())
            },
            |r| CrossEntropyOnProbabilities::new().reduction(r),
        ),
        row(
            "ce on probabilities, soft",
            smooth,
            |n, seed| {
                let p = distributions([n, 3, 2], seed).map(|p| 0.1 + 0.7 * p);
                (p, distributions([n, 3, 2], seed ^ 1).into())
            },
            |r| CrossEntropyOnProbabilities::new().reduction(r),
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn derivatives_are_those_of_the_value(n in 0_usize..6, seed: u64) {
        for row in rows() {
            let (output, target) = (row.draw)(n, seed);
            for (proof, reduction) in row.proofs.iter().zip(REDUCTIONS) {
                if let Err(disagreement) = proof(&output, &target) {
                    panic!("{}, {reduction:?}, {output:?}, {target:?}: {disagreement}", row.name);
                }
            }
        }
    }

    /// What the fused losses are by definition.
    #[test]
    fn on_logits_is_on_probabilities(n in 1_usize..6, seed: u64) {
        let x = numbers([n, 4], seed);
        let p = x.softmax(1).unwrap();
        for target in [Target::from(classes([n], 4, seed)), distributions([n, 4], seed).into()] {
            let fused = value(&CrossEntropy::new(), &x, &target).unwrap();
            let plain = value(&CrossEntropyOnProbabilities::new(), &p, &target).unwrap();
            prop_assert!((fused.item().unwrap() - plain.item().unwrap()).abs() < 1e-12);
        }
        let x = numbers([n, 1], seed);
        let target = classes([n], 2, seed).into();
        let fused = value(&BinaryCrossEntropyWithLogits::new(), &x, &target).unwrap();
        let plain = value(&BinaryCrossEntropy::new(), &x.sigmoid(), &target).unwrap();
        prop_assert!((fused.item().unwrap() - plain.item().unwrap()).abs() < 1e-12);
    }
}

fn value<T: Real>(
    loss: &impl Loss<T>,
    output: &Tensor<T>,
    target: &Target<T>,
) -> downhill_nn::autodiff::Result<Tensor<T>> {
    let tape = Tape::inference();
    loss.loss(tape.constant(output.clone()), target).value()
}

#[test]
fn by_hand() {
    let column = Tensor::from_rows(&[[1.0], [2.0]]);
    let target = Target::Values(Tensor::vector([0.0, 4.0]));
    let item = |loss: &dyn Loss<f64>, x: &Tensor<f64>, t: &Target<f64>| {
        let tape = Tape::inference();
        loss.loss(tape.constant(x.clone()), t).value().unwrap().item().unwrap()
    };
    assert_eq!(item(&Mse::new(), &column, &target), 2.5);
    assert_eq!(item(&Mse::new().reduction(Reduction::Sum), &column, &target), 5.0);
    assert_eq!(item(&L1::new(), &column, &target), 1.5);
    // 1²/2 and 1·(2 − 1/2).
    assert_eq!(item(&Huber::new(1.0).unwrap(), &column, &target), 1.0);
    let even = Tensor::zeros([2, 4]);
    let labels = Target::Classes(Tensor::vector([3, 0]));
    assert!((item(&CrossEntropy::new(), &even, &labels) - 4.0_f64.ln()).abs() < 1e-15);
    let zero = Tensor::zeros([2, 1]);
    let labels = Target::Classes(Tensor::vector([1, 0]));
    // (2 ln 2 + ln 2)/2.
    let weighted = BinaryCrossEntropyWithLogits::new().positive_weight(2.0).unwrap();
    assert!((item(&weighted, &zero, &labels) - 1.5 * 2.0_f64.ln()).abs() < 1e-15);
    // The mean divides by the weights that count: (1·ln 2·1 + 0)/1.
    let ignoring = CrossEntropy::new().class_weights([3.0, 1.0]).unwrap().ignore_class(0);
    assert!((item(&ignoring, &Tensor::zeros([2, 2]), &labels) - 2.0_f64.ln()).abs() < 1e-15);
    // Certainty of the impossible is infinitely bad, of the certain costs nothing.
    let certain = Tensor::from_rows(&[[0.0, 1.0]]);
    let on = |class: usize| Target::Classes(Tensor::vector([class]));
    assert_eq!(item(&CrossEntropyOnProbabilities::new(), &certain, &on(1)), 0.0);
    assert_eq!(item(&CrossEntropyOnProbabilities::new(), &certain, &on(0)), f64::INFINITY);
    // The logarithms are cut off at −100.
    assert_eq!(item(&BinaryCrossEntropy::new(), &Tensor::zeros([1, 1]), &on(1)), 100.0);
}

#[test]
fn losses_know_their_link() {
    fn link(loss: impl Loss<f32>) -> Link {
        loss.link()
    }
    assert_eq!(link(Mse::new()), Link::Identity);
    assert_eq!(link(L1::new()), Link::Identity);
    assert_eq!(link(Huber::new(1.0).unwrap()), Link::Identity);
    assert_eq!(link(CrossEntropy::new()), Link::Softmax);
    assert_eq!(link(CrossEntropyOnProbabilities::new()), Link::Probabilities);
    assert_eq!(link(BinaryCrossEntropy::new()), Link::Probabilities);
    assert_eq!(link(BinaryCrossEntropyWithLogits::new()), Link::Logistic);
}

/// A loss, the shape of its output, a target that does not fit, and words of the error.
type Misfit<'a> = (&'a dyn Loss<f32>, &'a [usize], Target, &'a [&'a str]);

#[test]
fn targets_that_do_not_fit() {
    let of = |classes: &[usize]| Target::<f32>::Classes(Tensor::vector(classes.to_vec()));
    let values = |shape: &[usize]| Target::<f32>::Values(Tensor::zeros(Shape::new(shape).unwrap()));
    let weighted = CrossEntropy::new().class_weights([1.0, 2.0]).unwrap();
    let all: [Misfit; 14] = [
        (&Mse::new(), &[2, 3], of(&[0, 1]), &["mse", "numbers as targets, not classes", "[2, 3]", "[2]"]),
        (&Mse::new(), &[2, 3], values(&[2, 2]), &["mse", "[2, 3]", "[2, 2]"]),
        (&Mse::new(), &[2, 3], values(&[3]), &["mse", "[2, 3]", "[3]"]),
        // A row for a column would broadcast to a table.
        (&L1::new(), &[4, 1], values(&[1, 4]), &["l1", "[4, 1]", "[1, 4]"]),
        (&Huber::new(1.0).unwrap(), &[4], values(&[5]), &["huber", "[4]", "[5]"]),
        (&BinaryCrossEntropy::new(), &[2, 1], of(&[0, 2]), &["binary_cross_entropy", "classes 0 and 1"]),
        (&BinaryCrossEntropy::new(), &[2, 1], of(&[0, 1, 1]), &["binary_cross_entropy", "[2, 1]", "[3]"]),
        (&BinaryCrossEntropyWithLogits::new(), &[2, 2], of(&[0, 1]), &["_with_logits", "[2, 2]", "[2]"]),
        (&CrossEntropy::new(), &[2, 3], of(&[0, 3]), &["cross_entropy", "index 3", "axis 1", "[2, 3]"]),
        (&CrossEntropy::new(), &[2, 3], of(&[0]), &["cross_entropy", "[2, 3]", "[1]"]),
        (&CrossEntropy::new(), &[2, 3], values(&[2, 2]), &["cross_entropy", "[2, 3]", "[2, 2]"]),
        (&CrossEntropy::new(), &[2], of(&[0, 1]), &["cross_entropy", "[n, classes, …]", "[2]"]),
        (&weighted, &[2, 3], of(&[0, 1]), &["a weight for each class", "[2, 3]", "[2]"]),
        (&CrossEntropyOnProbabilities::new(), &[2, 3], of(&[0, 3]), &["on_probabilities", "[2, 3]", "[2]"]),
    ];
    for (loss, shape, target, words) in all {
        let tape = Tape::new();
        let output = tape.variable(Tensor::full(Shape::new(shape).unwrap(), 0.5));
        let loss = loss.loss(output, &target);
        let error = loss.value().unwrap_err();
        assert_eq!(loss.backward().err(), Some(error.clone()), "the same from backward");
        let error = error.to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}: {words:?}");
    }
}

#[test]
fn settings_out_of_range() {
    for (result, setting) in [
        (Huber::new(0.0).err(), "delta"),
        (Huber::new(f64::NAN).err(), "delta"),
        (CrossEntropy::new().label_smoothing(1.5).err(), "label smoothing"),
        (CrossEntropy::new().class_weights([1.0, -1.0]).err(), "class weight"),
        (CrossEntropy::new().class_weights([f64::INFINITY]).err(), "class weight"),
        (BinaryCrossEntropyWithLogits::new().positive_weight(0.0).err(), "positive_weight"),
        (downhill_nn::Dropout::new(1.0).err(), "p"),
        (downhill_nn::Dropout::new(-0.1).err(), "p"),
        (downhill_nn::Dropout::new(f64::NAN).err(), "p"),
    ] {
        assert!(
            matches!(&result, Some(Error::Setting { setting: found, .. }) if *found == setting),
            "{result:?}"
        );
    }
}
