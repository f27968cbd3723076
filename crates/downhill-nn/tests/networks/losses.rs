//! Every loss with every reduction, proved; and targets that do not fit.

use downhill_nn::autodiff::check::{Disagreement, Tolerance};
use downhill_nn::autodiff::tensor::num_dual::Dual64;
use downhill_nn::autodiff::{Real, Shape, Tape, Tensor, Var};
use downhill_nn::loss::*;
use downhill_nn::{Error, Target, check};
use proptest::prelude::*;

use crate::{between, numbers};

const REDUCTIONS: [Reduction; 4] = [Reduction::Mean, Reduction::Sum, Reduction::BatchMean, Reduction::None];

type Proof = Box<dyn Fn(&Tensor<f64>, &Target<f64>, Reduction, Option<u64>) -> Result<(), Disagreement>>;

/// A loss, the outputs and targets it takes, and its proof with a reduction and with random weights.
struct Row {
    name: &'static str,
    draw: fn(usize, u64) -> (Tensor<f64>, Target<f64>),
    proof: Proof,
}

fn row<L>(
    name: &'static str,
    tolerance: Tolerance,
    draw: fn(usize, u64) -> (Tensor<f64>, Target<f64>),
    loss: L,
) -> Row
where
    L: Loss<f64> + Loss<Dual64> + Clone + 'static,
{
    let proof: Proof = Box::new(move |output, target, reduction, seed| {
        let loss = Weighted { loss: reduction.of(loss.clone()), seed };
        check::loss(&loss, output, target, tolerance)
    });
    Row { name, draw, proof }
}

/// A loss whose samples have weights drawn from a seed, if there is one.
struct Weighted<L> {
    loss: L,
    seed: Option<u64>,
}

impl<T: Real, L: Loss<T>> Loss<T> for Weighted<L> {
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        self.loss.terms(output, target)
    }

    fn weighted<'t>(&self, output: Var<'t, T>, target: &Target<T>, _: Option<&Tensor<T>>) -> Var<'t, T> {
        let weights = self.seed.map(|seed| between([target.len()], 0.0, 2.0, seed).cast());
        self.loss.weighted(output, target, weights.as_ref())
    }
}

fn classes(shape: impl Into<Shape>, below: usize, seed: u64) -> Tensor<usize> {
    between(shape, 0.0, below as f64, seed ^ 0xc1a55).map(|x| (x as usize).min(below - 1))
}

/// Numbers 1 and −1.
fn sign(shape: impl Into<Shape>, seed: u64) -> Tensor<f64> {
    classes(shape, 2, seed).map(|class| 2.0 * class as f64 - 1.0)
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
    let signs = |n, seed| (numbers([n, 3], seed), sign([n, 3], seed).into());
    let counts = |n, seed| (numbers([n, 3], seed), classes([n, 3], 5, seed).map(|k| k as f64).into());
    let rates =
        |n, seed| (between([n, 3], 0.2, 3.0, seed), classes([n, 3], 5, seed).map(|k| k as f64).into());
    let spreads = |n, seed| (between([n, 4, 2], 0.2, 2.0, seed), numbers([n, 2, 2], seed ^ 1).into());
    let pairs = |n, seed| (numbers([n, 6], seed), sign([n], seed).into());
    let triplets = |n, seed| (numbers([n, 6], seed), classes([n], 2, seed).into());
    let log_probabilities = |n, seed| (numbers([n, 4, 2], seed), distributions([n, 4, 2], seed).into());
    let full = || {
        let weights = CrossEntropy::new().class_weights([0.5, 2.0, 0.1, 1.5]).unwrap();
        weights.label_smoothing(0.2).unwrap()
    };
    let weighted = || BinaryCrossEntropyWithLogits::new().positive_weight(2.5).unwrap();
    let ignoring = CrossEntropy::new().ignore_class(9);
    let weights = [0.5, 2.0, 0.1, 1.5];
    vec![
        row("mse", smooth, values, Mse::new()),
        row("mse of a column", smooth, column, Mse::new()),
        row("l1", kinked, values, L1::new()),
        row("huber", kinked, values, Huber::new(0.7).unwrap()),
        row("smooth l1", kinked, values, SmoothL1::new(0.7).unwrap()),
        row("log cosh", smooth, values, LogCosh::new()),
        row("quantile", kinked, values, Quantile::new(0.8).unwrap()),
        row("poisson nll", smooth, counts, PoissonNll::new()),
        row("poisson nll of rates", smooth, rates, PoissonNll::of_rates(1e-8).unwrap().full()),
        row("gaussian nll", smooth, spreads, GaussianNll::new().full()),
        row("gaussian nll, floor", kinked, spreads, GaussianNll::new().floor(1.0).unwrap()),
        row("gaussian nll of log variances", smooth, spreads, GaussianNll::of_log_variances()),
        row("bce", smooth, binary, BinaryCrossEntropy::new()),
        row("bce, soft", smooth, soft_binary, BinaryCrossEntropy::new()),
        row("bce of logits", smooth, logits, BinaryCrossEntropyWithLogits::new()),
        row("bce of logits, soft", smooth, soft_logits, weighted()),
        row("bce of logits, weighted", smooth, logits, weighted()),
        row(
            "bce of logits, a weight for each",
            smooth,
            soft_logits,
            BinaryCrossEntropyWithLogits::new().positive_weights([0.5, 3.0]).unwrap(),
        ),
        row("binary focal", smooth, logits, BinaryFocal::new(2.0, 0.25).unwrap()),
        row("hinge", kinked, signs, Hinge::new()),
        row("hinge of classes", kinked, logits, Hinge::new()),
        row("hinge, squared", kinked, signs, Hinge::new().squared()),
        row("soft margin", smooth, signs, SoftMargin::new()),
        row("hinge embedding", kinked, signs, HingeEmbedding::new(0.9).unwrap()),
        row("multi-margin", kinked, scores, MultiMargin::new(0.8).unwrap()),
        row(
            "multi-margin, all settings",
            kinked,
            scores,
            MultiMargin::new(1.0).unwrap().squared().class_weights(weights).unwrap(),
        ),
        row("margin ranking", kinked, |n, seed| (numbers([n, 2], seed), sign([n], seed).into()), {
            MarginRanking::new(0.3).unwrap()
        }),
        row(
            "margin ranking of several",
            kinked,
            |n, seed| (numbers([n, 6], seed), sign([n, 3], seed).into()),
            MarginRanking::new(0.3).unwrap(),
        ),
        row("cosine embedding", kinked, pairs, CosineEmbedding::new(0.2).unwrap()),
        row("triplet margin", kinked, triplets, TripletMargin::new(0.7).unwrap()),
        row(
            "triplet margin, all settings",
            kinked,
            triplets,
            TripletMargin::new(0.7).unwrap().distance(3.0, 1e-3).unwrap().swap(),
        ),
        row("ce", smooth, scores, CrossEntropy::new()),
        row("ce of positions", smooth, positions, full()),
        row("ce, soft", smooth, soft_scores, CrossEntropy::new()),
        row("ce, soft and all settings", smooth, soft_scores, full()),
        row("ce, all settings", smooth, scores, full()),
        row("ce, ignoring", smooth, masked, ignoring.clone()),
        row("ce, ignoring, smooth", smooth, masked, ignoring.label_smoothing(0.1).unwrap()),
        row("focal", smooth, positions, Focal::new(2.0).unwrap()),
        row("focal, γ 1/2", smooth, scores, Focal::new(0.5).unwrap().class_weights(weights).unwrap()),
        row("focal, γ 0", smooth, scores, Focal::new(0.0).unwrap()),
        row("nll", smooth, positions, Nll::new()),
        row("nll, ignoring", smooth, masked, Nll::new().ignore_class(9)),
        row("nll, all settings", smooth, masked, {
            Nll::new().class_weights(weights).unwrap().ignore_class(9)
        }),
        row("kl", smooth, log_probabilities, KlDivergence::new()),
        row("kl of log targets", smooth, values, KlDivergence::of_log_targets()),
        row(
            "steps of classes",
            smooth,
            |n, seed| (numbers([n, 2, 3], seed), classes([n, 2], 3, seed).into()),
            Steps::classes(CrossEntropy::new().class_weights([0.5, 2.0, 0.1]).unwrap()),
        ),
        row(
            "steps of classes that are numbers",
            smooth,
            |n, seed| (numbers([n, 2, 3], seed), classes([n, 2], 3, seed).map(|class| class as f64).into()),
            Steps::classes(Nll::new().ignore_class(9)),
        ),
        row(
            "steps of values",
            smooth,
            |n, seed| (numbers([n, 2, 3], seed), numbers([n, 2, 3], seed ^ 1).into()),
            Steps::values(Mse::new()),
        ),
        row(
            "ce on probabilities",
            smooth,
            |n, seed| {
                let p = distributions([n, 3], seed).map(|p| 0.1 + 0.7 * p);
                (p, classes([n], 3, seed).into())
            },
            CrossEntropyOnProbabilities::new(),
        ),
        row(
            "ce on probabilities, soft",
            smooth,
            |n, seed| {
                let p = distributions([n, 3, 2], seed).map(|p| 0.1 + 0.7 * p);
                (p, distributions([n, 3, 2], seed ^ 1).into())
            },
            CrossEntropyOnProbabilities::new(),
        ),
    ]
}

/// Proves every loss on a batch of `n`, with all reductions.
fn prove(n: usize, seed: u64, weights: Option<u64>) {
    for row in rows() {
        let (output, target) = (row.draw)(n, seed);
        for reduction in REDUCTIONS {
            if let Err(disagreement) = (row.proof)(&output, &target, reduction, weights) {
                panic!("{}, {reduction:?}, {output:?}, {target:?}: {disagreement}", row.name);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn derivatives_are_those_of_the_value(n in 0_usize..6, seed: u64) {
        prove(n, seed, None);
    }

    #[test]
    fn derivatives_of_weighted_losses_are_those_of_the_value(n in 0_usize..6, seed: u64) {
        prove(n, seed, Some(seed));
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
    assert_eq!(item(&Reduction::Sum.of(Mse::new()), &column, &target), 5.0);
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

/// Weights multiply terms; the mean divides by what it would without them.
#[test]
fn weights_by_hand() {
    let x = Tensor::from_rows(&[[1.0, 0.0], [2.0, 4.0]]);
    let zeros = Target::Values(Tensor::zeros([2, 2]));
    let of = |loss: &dyn Loss<f64>, x: &Tensor<f64>, target: &Target<f64>, weights: Tensor<f64>| {
        let tape = Tape::inference();
        loss.weighted(tape.constant(x.clone()), target, Some(&weights)).value()
    };
    let item = |loss: &dyn Loss<f64>, x: &Tensor<f64>, target: &Target<f64>, weights: &[f64]| {
        of(loss, x, target, Tensor::vector(weights.to_vec())).unwrap().item().unwrap()
    };
    // (3·1 + 0.5·20)/4.
    assert_eq!(item(&Mse::new(), &x, &zeros, &[3.0, 0.5]), 3.25);
    assert_eq!(item(&Reduction::Sum.of(Mse::new()), &x, &zeros, &[3.0, 0.5]), 13.0);
    assert_eq!(item(&Reduction::BatchMean.of(Mse::new()), &x, &zeros, &[3.0, 0.5]), 6.5);
    assert_eq!(item(&Mse::new(), &x, &zeros, &[0.0, 0.0]), 0.0);
    // A weight for each term.
    let each = Tensor::from_rows(&[[1.0, 9.0], [0.0, 0.5]]);
    assert_eq!(of(&Mse::new(), &x, &zeros, each).unwrap().item().unwrap(), 9.0 / 4.0);
    // Two parts, each with the weights: 2·(3·1 + 0.5·4)/2 + (0.5·16)/2.
    let parts = Parts::new().values([1], Mse::new(), 2.0).values([1], Mse::new(), 1.0);
    assert_eq!(item(&parts, &x, &zeros, &[3.0, 0.5]), 9.0);
    // Those of classes are in the divisor: (2·ln 2·1·3)/(1 + 3).
    let labels = Target::Classes(Tensor::vector([1, 0]));
    let weighted = CrossEntropy::new().class_weights([3.0, 1.0]).unwrap();
    let even = Tensor::zeros([2, 2]);
    assert!((item(&weighted, &even, &labels, &[0.0, 2.0]) - 1.5 * 2.0_f64.ln()).abs() < 1e-15);
    for wrong in [Tensor::vector([1.0]), Tensor::vector([1.0; 4]), Tensor::ones([1, 2])] {
        let error = of(&Mse::new(), &x, &zeros, wrong).unwrap_err().to_string();
        assert!(error.contains("a weight for each sample or for each term"), "{error}");
    }
}

/// Terms of which nothing counts are 0, and their mean is NaN, as in PyTorch.
#[test]
fn ignoring_everything() {
    for loss in [&CrossEntropy::new().ignore_class(1) as &dyn Loss<f64>, &Nll::new().ignore_class(1)] {
        let tape = Tape::new();
        let output = tape.variable(Tensor::from_rows(&[[0.3, -0.7]]));
        let target = Target::Classes(Tensor::vector([1]));
        assert!(loss.loss(output, &target).value().unwrap().item().unwrap().is_nan());
        let loss = Reduction::Sum.of(loss).loss(output, &target);
        assert_eq!(loss.value().unwrap().item().unwrap(), 0.0);
        assert_eq!(loss.backward().unwrap().wrt(output).unwrap().as_slice(), [0.0, 0.0]);
    }
}

#[test]
fn losses_know_their_link() {
    let all: [(&dyn Loss<f32>, Link); 13] = [
        (&Mse::new(), Link::Identity),
        (&L1::new(), Link::Identity),
        (&Huber::new(1.0).unwrap(), Link::Identity),
        (&PoissonNll::new(), Link::Log),
        (&PoissonNll::of_rates(1e-8).unwrap(), Link::Identity),
        (&GaussianNll::new(), Link::Spread),
        (&CrossEntropy::new(), Link::Softmax),
        (&Reduction::Sum.of(CrossEntropy::new()), Link::Softmax),
        (&Nll::new(), Link::LogProbabilities),
        (&CrossEntropyOnProbabilities::new(), Link::Probabilities),
        (&BinaryCrossEntropy::new(), Link::Probabilities),
        (&BinaryCrossEntropyWithLogits::new(), Link::Logistic),
        (&MultiMargin::new(1.0).unwrap(), Link::Scores),
    ];
    for (loss, link) in all {
        assert_eq!(loss.link(), link);
    }
}

/// A loss, the shape of its output, a target that does not fit, and words of the error.
type Misfit<'a> = (&'a dyn Loss<f32>, &'a [usize], Target, &'a [&'a str]);

#[test]
fn targets_that_do_not_fit() {
    let of = |classes: &[usize]| Target::<f32>::Classes(Tensor::vector(classes.to_vec()));
    let values = |shape: &[usize]| Target::<f32>::Values(Tensor::zeros(Shape::new(shape).unwrap()));
    let weighted = CrossEntropy::new().class_weights([1.0, 2.0]).unwrap();
    let (gaussian, triplet) = (GaussianNll::new(), TripletMargin::new(1.0).unwrap());
    let (ranking, cosine) = (MarginRanking::default(), CosineEmbedding::default());
    let margin = MultiMargin::new(1.0).unwrap().class_weights([1.0, 2.0]).unwrap();
    let (focal, pairs) = (Focal::new(2.0).unwrap(), BinaryCrossEntropyWithLogits::new());
    let pairs = pairs.positive_weights([1.0, 2.0]).unwrap();
    let (steps, of_values) = (Steps::classes(CrossEntropy::new()), Steps::values(Mse::new()));
    let all: [Misfit; 32] = [
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
        (&steps, &[2, 3, 4], of(&[0, 1]), &["steps", "a target for each step", "[2, 3, 4]", "[2]"]),
        (&steps, &[1], values(&[1]), &["steps", "a target for each step"]),
        (&steps, &[1, 2, 4], Target::Values(Tensor::from_rows(&[[0.5, 1.0]])), &["a whole number", "0.5"]),
        (&of_values, &[1, 2, 4], values(&[1, 2, 3]), &["mse", "[2, 4]", "[2, 3]"]),
        (&gaussian, &[2, 3], values(&[2, 1]), &["gaussian_nll", "means and variances", "[2, 3]"]),
        (&gaussian, &[2, 4], values(&[2, 4]), &["gaussian_nll", "[2, 2]", "[2, 4]"]),
        (&ranking, &[2], values(&[2]), &["margin_ranking", "two parts", "[2]"]),
        (&cosine, &[2, 4, 2], of(&[0, 1]), &["cosine_embedding", "two embeddings", "[2, 4, 2]"]),
        (&cosine, &[2, 4], of(&[0, 1, 1]), &["cosine_embedding", "[2]", "[3]"]),
        (&triplet, &[2, 4], of(&[0, 1]), &["triplet_margin", "three embeddings", "[2, 4]"]),
        (&triplet, &[2, 6], of(&[0]), &["triplet_margin", "a target for each", "[1]"]),
        (&Hinge::new(), &[2], values(&[2]), &["hinge", "1 and −1"]),
        (&SoftMargin::new(), &[2], of(&[0, 2]), &["soft_margin", "classes 0 and 1"]),
        (&margin, &[2, 3], of(&[0, 1]), &["multi_margin", "a weight for each class", "[2, 3]"]),
        (&Nll::new(), &[2, 3], of(&[0, 3]), &["nll", "index 3", "axis 1", "[2, 3]"]),
        (&Nll::new(), &[2, 3], values(&[2, 3]), &["nll", "classes as targets"]),
        (&focal, &[2, 0], of(&[0, 0]), &["focal", "index 0", "[2, 0]"]),
        (&pairs, &[2, 3], values(&[2, 3]), &["_with_logits", "a weight for each output", "[2, 3]", "[2]"]),
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
        (BinaryCrossEntropyWithLogits::new().positive_weights([1.0, f64::NAN]).err(), "positive_weight"),
        (Nll::new().class_weights([-1.0]).err(), "class weight"),
        (MultiMargin::new(1.0).unwrap().class_weights([f64::NAN]).err(), "class weight"),
        (SmoothL1::new(0.0).err(), "beta"),
        (Quantile::new(1.0).err(), "q"),
        (PoissonNll::of_rates(0.0).err(), "epsilon"),
        (GaussianNll::new().floor(-1.0).err(), "floor"),
        (Focal::new(-1.0).err(), "gamma"),
        (BinaryFocal::new(2.0, 1.5).err(), "alpha"),
        (HingeEmbedding::new(f64::INFINITY).err(), "margin"),
        (MarginRanking::new(-0.1).err(), "margin"),
        (CosineEmbedding::new(2.0).err(), "margin"),
        (TripletMargin::new(f64::NAN).err(), "margin"),
        (TripletMargin::new(1.0).unwrap().distance(0.5, 1e-6).err(), "p"),
        (TripletMargin::new(1.0).unwrap().distance(2.0, 0.0).err(), "epsilon"),
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
