//! What holds for every optimizer: each test walks the one table.

// The functions that tests share may unwrap like the tests themselves.
#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, System};
use std::cell::Cell;

use downhill_optim::schedule::{Cosine, Linear, Schedule};
use downhill_optim::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Adan, Asgd, Conjugacy, ConjugateGradient, Epsilon,
    Error, Function, GaussNewton, GradientDescent, Group, Lamb, Lars, Layout, Lbfgs, LevenbergMarquardt,
    Lion, Muon, NAdam, NewtonCg, Norm, Objective, Optimizer, Plateau, RAdam, Real, RmsProp, Rprop,
    ScheduleFreeAdamW, ScheduleFreeSgd, Sgd, Sophia, State, load_state, minimise, save_state,
};
use downhill_tensor::Shape;
use proptest::prelude::*;

/// The system's allocator, which counts what each thread asks for.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: std::alloc::Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and `System` has allocated it.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Boxed<T> = Box<dyn Optimizer<T>>;

/// Every optimizer and adapter, with a rate for curvatures up to 1.
fn table<T: Real>() -> Vec<(&'static str, Boxed<T>)> {
    rows().unwrap()
}

fn rows<T: Real>() -> Result<Vec<(&'static str, Boxed<T>)>, Error> {
    let fall = || Cosine::new(3000);
    Ok(vec![
        ("gradient descent", Box::new(GradientDescent::new(0.5)?)),
        ("gradient descent, momentum", Box::new(GradientDescent::new(0.1)?.momentum(0.8)?)),
        ("gradient descent, nesterov", Box::new(GradientDescent::new(0.1)?.nesterov_momentum(0.8)?)),
        ("sgd", Box::new(Sgd::new(0.5)?.weight_decay(0.1)?)),
        ("sgd, momentum", Box::new(Sgd::new(0.1)?.momentum(0.8)?.weight_decay(0.1)?)),
        ("sgd, dampened", Box::new(Sgd::new(0.2)?.dampened_momentum(0.8, 0.3)?)),
        ("sgd, nesterov", Box::new(Sgd::new(0.1)?.nesterov_momentum(0.9)?)),
        ("adam", Box::new(Adam::new(0.01)?.weight_decay(0.1)?)),
        ("adam, amsgrad", Box::new(Adam::new(0.01)?.betas(0.8, 0.99)?.eps(1e-6)?.amsgrad())),
        ("adamw", Box::new(AdamW::new(0.01)?.weight_decay(0.1)?)),
        ("adamw, amsgrad", Box::new(AdamW::new(0.01)?.betas(0.8, 0.99)?.eps(1e-6)?.amsgrad())),
        // At a constant rate RMSprop ends in a cycle around the minimum, whose size is of the rate's order.
        ("rmsprop", Box::new(RmsProp::new(0.01)?.weight_decay(0.1)?.schedule(fall()?))),
        ("rmsprop, momentum", Box::new(RmsProp::new(0.01)?.alpha(0.9)?.momentum(0.5)?.schedule(fall()?))),
        ("rmsprop, centred", Box::new(RmsProp::new(0.01)?.eps(1e-2)?.centred().schedule(fall()?))),
        (
            "rmsprop, both",
            Box::new(RmsProp::new(0.01)?.eps(1e-2)?.centred().momentum(0.5)?.schedule(fall()?)),
        ),
        ("rmsprop, inside", Box::new(RmsProp::new(0.01)?.epsilon(Epsilon::Inside).schedule(fall()?))),
        ("adam, inside", Box::new(Adam::new(0.01)?.epsilon(Epsilon::Inside))),
        ("adam, uncorrected", Box::new(Adam::new(0.01)?.epsilon(Epsilon::Uncorrected))),
        ("adagrad", Box::new(Adagrad::new(0.5)?.weight_decay(0.1)?)),
        (
            "adagrad, options",
            Box::new(Adagrad::new(0.5)?.rate_decay(1e-4)?.initial(0.1)?.epsilon(Epsilon::Inside)),
        ),
        ("adadelta", Box::new(Adadelta::new(3.0)?.weight_decay(0.1)?.schedule(fall()?))),
        ("adamax", Box::new(Adamax::new(0.01)?.weight_decay(0.1)?)),
        ("nadam", Box::new(NAdam::new(0.01)?.weight_decay(0.1)?)),
        ("nadam, decoupled", Box::new(NAdam::new(0.01)?.weight_decay(0.1)?.decoupled())),
        ("radam", Box::new(RAdam::new(0.01)?.weight_decay(0.1)?)),
        ("radam, decoupled", Box::new(RAdam::new(0.01)?.beta2(0.99)?.weight_decay(0.1)?.decoupled())),
        ("rprop", Box::new(Rprop::new(0.01)?.factors(0.5, 1.1)?.sizes(1e-9, 1.0)?)),
        ("asgd", Box::new(Asgd::new(0.5)?.weight_decay(0.1)?.start(4.0)?)),
        ("lion", Box::new(Lion::new(0.01)?.weight_decay(0.1)?.schedule(fall()?))),
        ("adan", Box::new(Adan::new(0.01)?.weight_decay(0.1)?)),
        // What these do in a part depends on all of it, where weight decay acts.
        ("lamb, by part", Box::new(Lamb::new(0.01)?.weight_decay(0.1)?)),
        ("lars, by part", Box::new(Lars::new(0.1)?.momentum(0.8)?.trust(0.1)?.weight_decay(0.1)?)),
        (
            "adafactor, by part",
            Box::new(Adafactor::new(0.1)?.least(0.1)?.weight_decay(0.1)?.schedule(fall()?)),
        ),
        ("muon, by part", Box::new(Muon::new(0.01)?.match_rms().others(AdamW::new(1.0)?.eps(1e-6)?, 1.0)?)),
        ("muon, classical, by part", Box::new(Muon::new(0.01)?.classical().schedule(fall()?))),
        (
            "schedule-free sgd",
            Box::new(ScheduleFreeSgd::new(0.5)?.momentum(0.8)?.warmup(5).weight_decay(0.1)?),
        ),
        ("schedule-free adamw", Box::new(ScheduleFreeAdamW::new(0.02)?.weight_decay(0.1)?.warmup(5))),
        ("l-bfgs", Box::new(Lbfgs::new())),
        ("l-bfgs, iterations", Box::new(Lbfgs::new().pairs(3)?.iterations(3, 5)?)),
        ("l-bfgs, fixed steps", Box::new(Lbfgs::new().rate(0.5)?.fixed_step())),
        ("conjugate gradient", Box::new(ConjugateGradient::new())),
        ("fletcher-reeves", Box::new(ConjugateGradient::new().conjugacy(Conjugacy::FletcherReeves))),
        ("hestenes-stiefel", Box::new(ConjugateGradient::new().conjugacy(Conjugacy::HestenesStiefel))),
        ("dai-yuan", Box::new(ConjugateGradient::new().conjugacy(Conjugacy::DaiYuan))),
        ("hager-zhang", Box::new(ConjugateGradient::new().conjugacy(Conjugacy::HagerZhang))),
        ("newton-cg", Box::new(NewtonCg::new().rate(0.1)?.products(20)?)),
        ("levenberg-marquardt", Box::new(LevenbergMarquardt::new())),
        ("sophia", Box::new(Sophia::new(0.02)?.gamma(0.5)?.weight_decay(0.1)?.every(3)?.schedule(fall()?))),
        (
            "curvature in a chain",
            Box::new(
                Lbfgs::new()
                    .schedule(Linear::warmup(5)?)
                    .lookahead(2, 0.5)?
                    .ema(0.5)?
                    .reduce_on_plateau(Plateau::new(0.5, 2)?.min(0.1)?),
            ),
        ),
        ("clip norm", Box::new(Sgd::new(0.5)?.momentum(0.5)?.clip_norm(0.1)?)),
        ("clip norm L1", Box::new(Adam::new(0.01)?.clip_norm(0.1)?.norm(Norm::L1))),
        ("clip value", Box::new(GradientDescent::new(0.5)?.clip_value(0.05)?)),
        ("schedule", Box::new(Adam::new(0.05)?.schedule(Linear::warmup(10)?.then(10, Cosine::new(2990)?)))),
        (
            "plateau",
            Box::new(Adam::new(0.01)?.reduce_on_plateau(Plateau::new(0.5, 2)?.cooldown(1).min(1e-3)?)),
        ),
        ("adaptive clip, by part", Box::new(Adam::new(0.01)?.adaptive_clip(0.1)?.eps(0.1)?)),
        ("centralise, by part", Box::new(Adam::new(0.01)?.centralise())),
        ("noise", Box::new(Adam::new(0.01)?.noise(1e-5, 0.55, 7)?)),
        ("accumulate", Box::new(Adam::new(0.02)?.accumulate(2)?)),
        ("ema", Box::new(Adam::new(0.01)?.ema(0.9)?)),
        ("swa", Box::new(Adam::new(0.01)?.swa(2, 2)?)),
        ("lookahead", Box::new(Adam::new(0.02)?.lookahead(3, 0.5)?)),
        ("sam", Box::new(Sgd::new(0.1)?.momentum(0.8)?.sam(0.005)?)),
        (
            "group",
            Box::new(
                AdamW::new(0.01)?.group("*", Group::new().rate(1.5)?.decay(0.0)?).group("*", Group::new()),
            ),
        ),
        (
            "averages of a chain",
            Box::new(
                Sgd::new(0.1)?
                    .sam(0.005)?
                    .lookahead(2, 0.5)?
                    .ema(0.5)?
                    .clip_norm(1.0)?
                    .schedule(Linear::warmup(5)?),
            ),
        ),
        (
            "chain",
            Box::new(
                Sgd::new(0.5)?.momentum(0.5)?.clip_norm(0.2)?.clip_value(0.1)?.schedule(Linear::warmup(5)?),
            ),
        ),
    ])
}

/// A layout of parts of these lengths, `"0"`, `"1"`, ..: matrices where there are at least two rows of at
/// least two numbers.
fn parts(lengths: &[usize]) -> Layout {
    let mut layout = Layout::default();
    for (place, &length) in lengths.iter().enumerate() {
        let rows = [2, 3].into_iter().find(|rows| length.is_multiple_of(*rows) && length > *rows);
        let shape = rows.map_or(Shape::from([length]), |rows| Shape::from([rows, length / rows]));
        layout.push(place.to_string(), shape, true);
    }
    layout
}

/// A function of constant curvature: its Hessian is AᵀA.
struct Bowl<T, F> {
    function: Function<T, F>,
    /// A, row by row.
    root: Vec<T>,
}

impl<T: Real, F: FnMut(&[T], &mut [T]) -> T> Objective<T> for Bowl<T, F> {
    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> Result<T, Error> {
        self.function.gradient(theta, gradient)
    }

    fn value(&mut self, theta: &[T]) -> Result<T, Error> {
        self.function.value(theta)
    }

    fn hessian_product(&mut self, _: &[T], v: &[T], product: &mut [T]) -> Result<(), Error> {
        product.fill(T::zero());
        for row in self.root.chunks(v.len().max(1)) {
            let along = row.iter().zip(v).fold(T::zero(), |sum, (a, v)| sum + *a * *v);
            product.iter_mut().zip(row).for_each(|(product, a)| *product += along * *a);
        }
        Ok(())
    }

    fn gauss_newton(&mut self, theta: &[T], model: &mut GaussNewton<T>) -> Result<(), Error> {
        let value = self.function.gradient(theta, model.gradient_mut())?;
        model.add_value(value);
        model.add_square(&self.root);
        Ok(())
    }
}

/// The unit matrix times a number.
fn unit<T: Real>(length: usize, number: f64) -> Vec<T> {
    (0..length * length).map(|i| T::of(if i / length == i % length { number } else { 0.0 })).collect()
}

/// Some function, different at each step, whose gradient has elements of every size and sign.
fn some<T: Real>(step: usize, length: usize) -> impl Objective<T> {
    let function = move |theta: &[T], gradient: &mut [T]| {
        let mut value = T::zero();
        for (place, (&theta, g)) in theta.iter().zip(gradient).enumerate() {
            let wave = T::of(((step * 7 + place * 3) as f64).sin());
            *g = theta * T::of(0.3) + wave;
            value += theta * theta * T::of(0.15) + theta * wave;
        }
        value
    };
    Bowl { function: Function::new(function), root: unit(length, 0.3_f64.sqrt()) }
}

/// Takes the steps `steps` on [`some`] functions.
fn run<T: Real>(optimizer: &mut Boxed<T>, theta: &mut [T], layout: &Layout, steps: std::ops::Range<usize>) {
    let mut gradient = theta.to_vec();
    for step in steps {
        optimizer.step_on(theta, &mut gradient, &mut some(step, theta.len()), layout).unwrap();
        assert!(!optimizer.halfway());
        // Better at first, then not.
        optimizer.report((step as f64 - 2.0).abs());
    }
}

fn start<T: Real>(length: usize) -> Vec<T> {
    (0..length).map(|place| T::of(1.0 - 0.3 * place as f64)).collect()
}

/// ½(x - x*)ᵀA(x - x*) where A has the curvatures as eigenvalues and a mirror's image of the axes as
/// eigenvectors.
fn quadratic<T: Real>(curvatures: &[f64], mirror: &[f64], minimum: &[f64], x: &[T], gradient: &mut [T]) -> T {
    let size: f64 = mirror.iter().map(|m| m * m).sum();
    let reflect = |y: &mut [f64]| {
        let along: f64 = y.iter().zip(mirror).map(|(y, m)| y * m).sum();
        y.iter_mut().zip(mirror).for_each(|(y, m)| *y -= 2.0 * along / size * m);
    };
    let offset: Vec<f64> = x.iter().zip(minimum).map(|(x, m)| x.as_f64() - m).collect();
    let mut y = offset.clone();
    reflect(&mut y);
    y.iter_mut().zip(curvatures).for_each(|(y, c)| *y *= c);
    reflect(&mut y);
    gradient.iter_mut().zip(&y).for_each(|(g, y)| *g = T::of(*y));
    T::of(y.iter().zip(&offset).map(|(y, o)| y * o / 2.0).sum())
}

/// Whether each of these comes near the minimum of a quadratic function, from θ = `start`.
fn converges<T: Real>(
    optimizers: Vec<(&'static str, Boxed<T>)>,
    layout: &Layout,
    axes: &[(f64, f64, f64)],
    condition: f64,
    start: f64,
) {
    let curvatures: Vec<f64> = axes.iter().map(|axis| condition.powf(-axis.0)).collect();
    let mirror: Vec<f64> = axes.iter().map(|axis| axis.1).collect();
    let minimum: Vec<f64> = axes.iter().map(|axis| axis.2).collect();
    let along = |i: usize| {
        let axis: Vec<f64> = (0..axes.len()).map(|j| if i == j { 1.0 } else { 0.0 }).collect();
        let mut row = vec![0.0; axes.len()];
        let (roots, origin) = (curvatures.iter().map(|c| c.sqrt()), vec![0.0; axes.len()]);
        quadratic(&roots.collect::<Vec<f64>>(), &mirror, &origin, &axis, &mut row);
        row
    };
    // The root of the Hessian: the same mirror and the roots of the curvatures.
    let root: Vec<T> = (0..axes.len()).flat_map(along).map(T::of).collect();
    let function =
        Function::new(|x: &[T], gradient: &mut [T]| quadratic(&curvatures, &mirror, &minimum, x, gradient));
    let mut bowl = Bowl { function, root };
    for (name, mut optimizer) in optimizers {
        let mut theta = vec![T::of(start); axes.len()];
        let mut gradient = theta.clone();
        for _ in 0..3000 {
            optimizer.step_on(&mut theta, &mut gradient, &mut bowl, layout).unwrap();
        }
        for (theta, minimum) in theta.iter().zip(&minimum) {
            assert!((theta.as_f64() - minimum).abs() < 0.02, "{name}: {theta} for {minimum}");
        }
    }
}

/// Those whose steps in a matrix depend on all of it, without weight decay.
fn by_part<T: Real>() -> Result<Vec<(&'static str, Boxed<T>)>, Error> {
    let fall = || Cosine::new(3000);
    Ok(vec![
        ("lamb", Box::new(Lamb::new(0.01)?.schedule(fall()?))),
        ("lars", Box::new(Lars::new(0.1)?.momentum(0.5)?.trust(0.1)?.schedule(fall()?))),
        ("adafactor", Box::new(Adafactor::new(0.03)?.least(0.1)?.schedule(fall()?))),
        ("muon", Box::new(Muon::new(0.02)?.weight_decay(0.0)?.schedule(fall()?))),
        (
            "muon, classical",
            Box::new(Muon::new(0.03)?.match_rms().classical().weight_decay(0.0)?.schedule(fall()?)),
        ),
        ("adaptive clip", Box::new(Sgd::new(0.3)?.adaptive_clip(0.1)?)),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_convex_quadratic_is_minimised(
        axes in prop::collection::vec((0.0..1.0, 0.1..1.0, -1.0..1.0), 1..6),
        condition in 1.0..30.0,
    ) {
        let mut layout = Layout::flat(axes.len());
        // Weight decay would move the minimum.
        layout.set_decay("*", false);
        converges(table::<f32>(), &layout, &axes, condition, 0.0);
        converges(table::<f64>(), &layout, &axes, condition, 0.0);
    }

    #[test]
    fn every_convex_quadratic_of_a_matrix_is_minimised(
        axes in prop::collection::vec((0.0..1.0, 0.1..1.0, -1.0..1.0), 4),
        condition in 1.0..10.0,
    ) {
        converges(by_part::<f32>().unwrap(), &parts(&[4]), &axes, condition, 1.0);
        converges(by_part::<f64>().unwrap(), &parts(&[4]), &axes, condition, 1.0);
    }

    #[test]
    fn the_cut_into_parts_changes_nothing(cuts in prop::collection::vec(0_usize..20, 0..5)) {
        let length = cuts.iter().sum();
        let (flat, cut) = (Layout::flat(length), parts(&cuts));
        for ((name, mut one), (_, mut many)) in table::<f64>().into_iter().zip(table::<f64>()) {
            if name.ends_with("by part") {
                continue;
            }
            let (mut a, mut b) = (start::<f64>(length), start::<f64>(length));
            run(&mut one, &mut a, &flat, 0..10);
            run(&mut many, &mut b, &cut, 0..10);
            for (a, b) in a.iter().zip(&b) {
                // Not to the bit: a norm is summed part by part.
                prop_assert!((a - b).abs() <= 1e-12, "{name}: {a} {b}");
            }
        }
    }

    /// Part 1 is frozen from the start, part 2 while it rolls.
    #[test]
    fn frozen_parts_stay_to_the_bit(lengths in [1_usize..20, 1_usize..20, 1_usize..20], before in 3_usize..7) {
        for (name, mut optimizer) in table::<f32>() {
            let mut layout = parts(&lengths);
            layout.set_trainable("1", false);
            let original = start::<f32>(layout.len());
            let mut theta = original.clone();
            let of = |vector: &[f32], part: &str| {
                let part = parts(&lengths).part(part).unwrap().range();
                vector[part].iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            };
            // At any step: some wait at the first, and further ones may lead back to the start.
            let mut moved = [false; 2];
            for step in 0..before {
                run(&mut optimizer, &mut theta, &layout, step..step + 1);
                for (moved, part) in moved.iter_mut().zip(["0", "2"]) {
                    *moved |= of(&theta, part) != of(&original, part);
                }
            }
            layout.set_trainable("2", false);
            let halfway = theta.clone();
            run(&mut optimizer, &mut theta, &layout, before..before + 5);
            prop_assert_eq!(of(&theta, "1"), of(&original, "1"), "{}", name);
            prop_assert_eq!(of(&theta, "2"), of(&halfway, "2"), "{}", name);
            prop_assert_eq!(moved, [true; 2], "{}", name);
            let mut average = theta.clone();
            optimizer.average(&mut average, &layout).unwrap();
            prop_assert_eq!(of(&average, "1"), of(&original, "1"), "{}", name);
            prop_assert_eq!(of(&average, "2"), of(&halfway, "2"), "{}", name);
        }
    }
}

#[test]
fn a_frozen_part_does_not_count_in_the_norm() {
    let mut layout = parts(&[2, 2]);
    layout.set_trainable("1", false);
    let mut optimizer = GradientDescent::new(1.0).unwrap().clip_norm(10.0).unwrap();
    let mut theta = [0.0; 4];
    optimizer.step(&mut theta, &mut [3.0, 4.0, 1e6, f64::NAN], &layout).unwrap();
    assert_eq!(theta, [-3.0, -4.0, 0.0, 0.0]);
}

fn restores<T: Real>() {
    let layout = parts(&[4, 0, 7]);
    for (row, (name, mut whole)) in table::<T>().into_iter().enumerate() {
        let fresh = || table::<T>().swap_remove(row).1;
        let mut uncut = start::<T>(11);
        run(&mut whole, &mut uncut, &layout, 0..8);
        for cut in 0..8 {
            let (mut first, mut second, mut theta) = (fresh(), fresh(), start::<T>(11));
            run(&mut first, &mut theta, &layout, 0..cut);
            load_state(&mut second, &save_state(&mut first)).unwrap();
            assert_eq!(first.rate(), second.rate(), "{name}");
            run(&mut second, &mut theta, &layout, cut..8);
            assert_eq!(theta, uncut, "{name} cut at {cut}");
            assert_eq!(save_state(&mut second), save_state(&mut whole), "{name} cut at {cut}");
            let mut averages = [uncut.clone(), theta];
            whole.average(&mut averages[0], &layout).unwrap();
            second.average(&mut averages[1], &layout).unwrap();
            assert_eq!(averages[0], averages[1], "{name} cut at {cut}");
        }
        // Back to the beginning, when there were no vectors yet.
        load_state(&mut whole, &save_state(&mut fresh())).unwrap();
        let mut again = start::<T>(11);
        run(&mut whole, &mut again, &layout, 0..8);
        assert_eq!(again, uncut, "{name} from the beginning");
    }
}

#[test]
fn a_restored_run_goes_on_to_the_bit() {
    restores::<f32>();
    restores::<f64>();
}

#[test]
fn a_state_goes_through_serde() {
    for (name, mut optimizer) in table::<f32>() {
        run(&mut optimizer, &mut start(5), &Layout::flat(5), 0..3);
        let state = save_state(&mut optimizer);
        let bytes = bincode::serialize(&state).unwrap();
        assert_eq!(bincode::deserialize::<State<f32>>(&bytes).unwrap(), state, "{name}");
    }
}

#[test]
fn lengths_that_differ_are_errors_and_move_nothing() {
    for (name, mut optimizer) in table::<f32>() {
        for (theta, gradient, layout) in [(3, 2, 3), (3, 4, 3), (3, 3, 2), (3, 3, 4), (2, 3, 3)] {
            let (mut x, mut g, layout) = (start::<f32>(theta), start(gradient), Layout::flat(layout));
            let errors = [
                optimizer.step(&mut x, &mut g, &layout).unwrap_err(),
                optimizer.step_on(&mut x, &mut g, &mut some(0, theta), &layout).unwrap_err(),
            ];
            for error in errors {
                assert!(matches!(error, Error::Length { .. }), "{name}: {error}");
            }
            assert_eq!(x, start(theta), "{name}");
        }
        run(&mut optimizer, &mut start(3), &Layout::flat(3), 0..2);
        if name != "gradient descent" && name != "sgd" && name != "clip value" {
            let mut x = start::<f32>(4);
            let (gradient, layout) = (&mut start(4), Layout::flat(4));
            let error = optimizer.step_on(&mut x, gradient, &mut some(0, 4), &layout).unwrap_err();
            // A vector of its own may hold several of that length.
            let fits = matches!(error, Error::Length { expected, length, .. } if expected * 3 == length * 4);
            assert!(fits, "{name}: {error}");
            assert_eq!(x, start(4), "{name}");
        }
    }
}

#[test]
fn a_steady_step_allocates_nothing() {
    let layout = parts(&[30, 7, 0, 12]);
    for (name, mut optimizer) in table::<f32>() {
        let (mut theta, mut gradient) = (start(layout.len()), vec![0.0; layout.len()]);
        let mut objective = some(0, layout.len());
        for step in 0..12 {
            let before = COUNT.get();
            optimizer.step_on(&mut theta, &mut gradient, &mut objective, &layout).unwrap();
            // The first few make the vectors.
            let made = COUNT.get() - before;
            assert!(made == 0 || step < 4, "{name} made {made} allocations in step {step}");
        }
    }
}

#[test]
fn rates_are_checked() {
    for (name, mut optimizer) in table::<f64>() {
        let before = optimizer.rate();
        for bad in [f64::NAN, -1e-9, f64::INFINITY, f64::NEG_INFINITY] {
            let error = optimizer.set_rate(bad).unwrap_err();
            assert!(matches!(error, Error::Setting { name: "rate", .. }), "{name}: {error}");
        }
        assert_eq!(optimizer.rate(), before, "{name}");
        optimizer.set_rate(0.0).unwrap();
        let mut theta = start(3);
        run(&mut optimizer, &mut theta, &Layout::flat(3), 0..3);
        assert_eq!((optimizer.rate(), theta), (0.0, start(3)), "{name}");
    }
}

#[test]
fn minimise_hands_out_a_zeroed_gradient() {
    let mut theta = [4.0_f64];
    let mut calls = 0;
    let value = minimise(&mut GradientDescent::new(0.5).unwrap(), &mut theta, 3, |x, gradient| {
        calls += 1;
        assert_eq!(gradient, [0.0]);
        gradient[0] += x[0];
        x[0] * x[0] / 2.0
    });
    assert_eq!((value, theta, calls), (Ok(0.125), [0.5], 4));
}

#[test]
fn those_that_evaluate_the_function_say_so() {
    for (name, mut optimizer) in table::<f32>() {
        let stepped = optimizer.step(&mut start(3), &mut start(3), &Layout::flat(3));
        match optimizer.needs_objective() {
            true => assert!(matches!(stepped, Err(Error::NeedsObjective { .. })), "{name}"),
            false => assert_eq!(stepped, Ok(()), "{name}"),
        }
    }
    let wrapped = Lbfgs::<f32>::new().clip_norm(1.0).unwrap();
    let error = minimise(&mut { wrapped }, &mut [1.0], 1, |x, _| x[0]).unwrap_err();
    assert!(error.to_string().starts_with("L-BFGS evaluates the function itself"), "{error}");
}

#[test]
fn what_the_objective_lacks() {
    let methods: [(Boxed<f64>, &str); 3] = [
        (Box::new(NewtonCg::new()), "Hessian-vector product"),
        (Box::new(Sophia::new(0.1).unwrap()), "Hessian-vector product"),
        (Box::new(LevenbergMarquardt::new()), "Gauss-Newton matrix"),
    ];
    for (mut optimizer, what) in methods {
        let mut theta = [1.0];
        let square = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 2.0 * x[0];
            x[0] * x[0]
        };
        assert_eq!(minimise(&mut optimizer, &mut theta, 1, square), Err(Error::Lacks { what }));
        assert_eq!(theta, [1.0]);
    }
}
