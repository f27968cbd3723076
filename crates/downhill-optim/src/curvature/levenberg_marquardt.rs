//! The method of Levenberg and Marquardt.

use downhill_tensor::nalgebra::{Cholesky, DMatrix, DVector};
use downhill_tensor::{Layout, Real};

use super::gauss_newton::reserve_square;
use super::vectors::{check, dot, largest, move_along, room};
use crate::setting::{own_rate, setters};
use crate::{GaussNewton, Objective, Optimizer, Result, StateVisitor, setting};

/// Levenberg-Marquardt: steps to the minimum of the [Gauss-Newton model](GaussNewton), damped by λ:
/// (G + λD)d = −∇L. Far from a minimum it is a short step downhill, near one Newton's without second derivatives.
///
/// For sums of squares, [`LeastSquares`](crate::LeastSquares) among them, and other convex losses of a function, with up to some
/// thousand parameters: it solves for a p×p matrix, by Cholesky's decomposition. It evaluates the function several
/// times a step: see [`Optimizer::step_on`]; it is an [`Error::Memory`](crate::Error::Memory) if the matrix does not fit. D is the diagonal of G, the largest so far (Moré 1978, The
/// Levenberg-Marquardt algorithm: implementation and theory), so that the scale of a parameter does not matter; λ follows
/// the ratio of what L falls by to what the model promised (Nielsen 1999, Damping parameter in Marquardt's
/// method). Rates and weight decay of parts do not act.
#[derive(Debug, Clone)]
pub struct LevenbergMarquardt<T: Real = f32> {
    rate: f64,
    /// λ; 0 before the first step.
    damping: f64,
    first_damping: f64,
    /// What λ is multiplied by when a step fails.
    growth: f64,
    /// D.
    scale: Vec<T>,
    model: GaussNewton<T>,
    step: Vec<T>,
    start: Vec<T>,
    /// G + λD.
    matrix: Vec<T>,
}

/// How often a step that the model misjudged is tried again with more damping.
const TRIALS: usize = 40;

impl<T: Real> Default for LevenbergMarquardt<T> {
    fn default() -> LevenbergMarquardt<T> {
        LevenbergMarquardt::new()
    }
}

impl<T: Real> LevenbergMarquardt<T> {
    /// Levenberg-Marquardt with λ = 1e-3 at first.
    pub fn new() -> LevenbergMarquardt<T> {
        LevenbergMarquardt {
            rate: 1.0,
            damping: 0.0,
            first_damping: 1e-3,
            growth: 2.0,
            scale: Vec::new(),
            model: GaussNewton::new(0),
            step: Vec::new(),
            start: Vec::new(),
            matrix: Vec::new(),
        }
    }

    /// Solves (G + λD)d = −∇L for d. False if the matrix is not positive definite, by rounding.
    fn solve(&mut self) -> bool {
        let p = self.model.length();
        self.matrix.clear();
        self.matrix.extend_from_slice(self.model.matrix());
        for (i, &scale) in self.scale.iter().enumerate() {
            self.matrix[i * p + i] += T::of(self.damping) * scale;
        }
        // Row by row or column by column, it is symmetric.
        let matrix = DMatrix::from_vec(p, p, std::mem::take(&mut self.matrix));
        let mut step = DVector::from_vec(std::mem::take(&mut self.step));
        step.iter_mut().zip(self.model.gradient()).for_each(|(d, &g)| *d = -g);
        let factors = Cholesky::new(matrix);
        let solved = factors.map(|factors| {
            factors.solve_mut(&mut step);
            self.matrix = factors.unpack_dirty().data.into();
        });
        self.step = step.data.into();
        solved.is_some() && self.step.iter().all(|d| d.finite())
    }

    fn grow(&mut self) {
        self.damping *= self.growth;
        self.growth *= 2.0;
    }
}

setters! { LevenbergMarquardt:
    /// Sets the rate: the share of each step that is taken.
    rate: at_least_zero;
    /// Sets λ of the first step.
    first_damping: above_zero;
}

impl<T: Real> Optimizer<T> for LevenbergMarquardt<T> {
    setting::needs_objective!("Levenberg-Marquardt");

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        check(theta, gradient, layout, &[("damping scale", &self.scale)])?;
        self.model.reserve(theta.len())?;
        reserve_square(&mut self.matrix, theta.len())?;
        self.model.clear(theta.len());
        objective.gauss_newton(theta, &mut self.model)?;
        self.model.freeze(layout);
        gradient.copy_from_slice(self.model.gradient());
        let first = self.model.value();
        for vector in [&mut self.scale, &mut self.step, &mut self.start] {
            room(vector, theta.len());
        }
        let finite = first.finite() && self.model.matrix().iter().all(|x| x.finite());
        if self.rate == 0.0 || !finite || largest(gradient) == 0.0 {
            return Ok(first);
        }
        if self.damping == 0.0 {
            self.damping = self.first_damping;
        }
        for (i, scale) in self.scale.iter_mut().enumerate() {
            let diagonal = self.model.matrix()[i * theta.len() + i];
            *scale = if diagonal > *scale { diagonal } else { *scale };
            // What L does not depend on.
            *scale = if *scale > T::zero() { *scale } else { T::one() };
        }
        self.start.copy_from_slice(theta);
        let value = first.as_f64();
        for _ in 0..TRIALS {
            if !self.solve() {
                self.grow();
                continue;
            }
            move_along(theta, &self.start, self.rate, &self.step, layout);
            let found = objective.value(theta);
            if found.is_err() {
                theta.copy_from_slice(&self.start);
            }
            let found = found?.as_f64();
            let slope = dot(gradient, &self.step);
            let damped: f64 =
                self.step.iter().zip(&self.scale).map(|(d, s)| d.as_f64() * d.as_f64() * s.as_f64()).sum();
            let curvature = -slope - self.damping * damped;
            let fall = -self.rate * slope - 0.5 * self.rate * self.rate * curvature;
            // What is left of the fall when rounding is all there is, is no reason for more damping.
            let rounding = 4.0 * T::default_epsilon().as_f64() * value.abs();
            let ratio =
                if fall <= rounding && found <= value + rounding { 1.0 } else { (value - found) / fall };
            if ratio > 0.0 {
                self.damping *= (1.0 - (2.0 * ratio - 1.0).powi(3)).max(1.0 / 3.0);
                self.damping = self.damping.max(f64::MIN_POSITIVE);
                self.growth = 2.0;
                return Ok(first);
            }
            theta.copy_from_slice(&self.start);
            self.grow();
        }
        Ok(first)
    }

    own_rate!();

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.number("damping", &mut self.damping);
        visitor.number("damping growth", &mut self.growth);
        visitor.vector("damping scale", &mut self.scale);
    }
}
