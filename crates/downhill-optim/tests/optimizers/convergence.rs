//! Every optimizer finds the minimum of convex quadratic functions.

use downhill_optim::schedule::Cosine;
use downhill_optim::{Adafactor, Error, Function, Lamb, Lars, Layout, Muon, Optimizer, Real, Sgd};
use proptest::prelude::*;

use crate::functions::Bowl;
use crate::parts::parts;
use crate::table::{Boxed, table};

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
        let mut resting = 0;
        for _ in 0..3000 {
            let before = theta.clone();
            optimizer.step_on(&mut theta, &mut gradient, &mut bowl, layout).unwrap();
            resting = if theta == before { resting + 1 } else { 0 };
            // Those that search along lines are there after a few steps, and would search in vain thousands of times.
            if resting == 100 {
                break;
            }
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

/// The tests for each number type.
macro_rules! convex_quadratics {
    ($($module:ident: $number:ty),*) => {$(
        mod $module {
            use super::*;

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
                    converges(table::<$number>(), &layout, &axes, condition, 0.0);
                }

                #[test]
                fn every_convex_quadratic_of_a_matrix_is_minimised(
                    axes in prop::collection::vec((0.0..1.0, 0.1..1.0, -1.0..1.0), 4),
                    condition in 1.0..10.0,
                ) {
                    converges(by_part::<$number>().unwrap(), &parts(&[4]), &axes, condition, 1.0);
                }
            }
        }
    )*};
}

convex_quadratics!(single: f32, double: f64);
