//! Newton's method with conjugate gradients.

use downhill_tensor::{Layout, Real};

use super::vectors::{add_scaled, check, dot, mask, move_along, room, scale};
use crate::setting::setters;
use crate::{Objective, Optimizer, Result, StateVisitor, setting};

/// Newton's method: steps to the minimum of the function's own quadratic model within a trusted radius, found by
/// conjugate gradients, which need products of the Hessian with vectors and never the Hessian itself. Source:
/// Steihaug (1983), The conjugate gradient method and trust regions in large scale optimization; Nocedal & Wright (2006),
/// Numerical optimization, algorithms 4.1 and 7.2.
///
/// It evaluates the function and [products](Objective::hessian_product) several times a step: see
/// [`Optimizer::step_on`]. Where the function curves downwards it goes that way to the edge of the radius, and so leaves
/// saddles. The products are solved up to min(½, √‖∇L‖)·‖∇L‖, for superlinear convergence. Its rate is the radius of
/// the first step; rates and weight decay of parts do not act.
#[derive(Debug, Clone)]
pub struct NewtonCg<T: Real = f32> {
    rate: f64,
    products: u64,
    /// The radius; 0 before the first step.
    radius: f64,
    /// The step p, the residual ∇²L·p + ∇L, the direction d within, and ∇²L·d.
    step: Vec<T>,
    residual: Vec<T>,
    direction: Vec<T>,
    product: Vec<T>,
    start: Vec<T>,
}

/// How often a step that the model misjudged is tried again with a smaller radius.
const TRIALS: usize = 30;

impl<T: Real> Default for NewtonCg<T> {
    fn default() -> NewtonCg<T> {
        NewtonCg::new()
    }
}

impl<T: Real> NewtonCg<T> {
    /// Newton's method with a first radius of 1 and up to 100 products a step.
    pub fn new() -> NewtonCg<T> {
        let none = Vec::new;
        let (step, residual, direction, product, start) = (none(), none(), none(), none(), none());
        NewtonCg { rate: 1.0, products: 100, radius: 0.0, step, residual, direction, product, start }
    }

    /// Sets the most products of a step.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is at least 1.
    pub fn products(mut self, count: u64) -> Result<NewtonCg<T>> {
        self.products = setting::at_least_one("products", count)?.get();
        Ok(self)
    }

    /// Finds the step p for a gradient, and answers by how much the model falls along it.
    fn solve(
        &mut self,
        theta: &[T],
        gradient: &[T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<f64> {
        let NewtonCg { step, residual, direction, product, radius, .. } = self;
        step.fill(T::zero());
        residual.copy_from_slice(gradient);
        direction.copy_from_slice(gradient);
        scale(direction, -1.0);
        let mut square = dot(residual, residual);
        let enough = square.sqrt() * f64::min(0.5, square.powf(0.25));
        // Of the model, ∇Lᵀp + ½pᵀ∇²Lp, from one direction to the next.
        let mut fall = 0.0;
        for _ in 0..self.products {
            objective.hessian_product(theta, direction, product)?;
            mask(product, layout);
            let curvature = dot(direction, product);
            let along = square / curvature;
            let (pp, pd, dd) = (dot(step, step), dot(step, direction), dot(direction, direction));
            let inside = pp + along * (2.0 * pd + along * dd) < *radius * *radius;
            // Not so if it is NaN.
            let convex = curvature > 0.0;
            if !convex || !inside {
                // To the edge.
                let room = (*radius * *radius - pp).max(0.0);
                let to_edge = room / (pd + (pd * pd + dd * room).sqrt());
                add_scaled(step, to_edge, direction);
                return Ok(fall + to_edge * square - 0.5 * to_edge * to_edge * curvature);
            }
            fall += 0.5 * along * square;
            add_scaled(step, along, direction);
            add_scaled(residual, along, product);
            let before = std::mem::replace(&mut square, dot(residual, residual));
            if square.sqrt() <= enough {
                break;
            }
            scale(direction, square / before);
            add_scaled(direction, -1.0, residual);
        }
        Ok(fall)
    }
}

setters! { NewtonCg:
    /// Sets the rate: the radius of the first step.
    rate: at_least_zero;
}

impl<T: Real> Optimizer<T> for NewtonCg<T> {
    setting::needs_objective!("Newton's method");

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        check(theta, gradient, layout, &[("length of the last step", &self.step)])?;
        let first = objective.gradient(theta, gradient)?;
        mask(gradient, layout);
        for vector in
            [&mut self.step, &mut self.residual, &mut self.direction, &mut self.product, &mut self.start]
        {
            room(vector, theta.len());
        }
        let length = dot(gradient, gradient).sqrt();
        if self.rate == 0.0 || !first.finite() || !(length > 0.0 && length.is_finite()) {
            return Ok(first);
        }
        if self.radius == 0.0 {
            self.radius = self.rate;
        }
        self.start.copy_from_slice(theta);
        let value = first.as_f64();
        for _ in 0..TRIALS {
            let fall = self.solve(theta, gradient, objective, layout)?;
            move_along(theta, &self.start, 1.0, &self.step, layout);
            let found = objective.value(theta);
            if found.is_err() {
                theta.copy_from_slice(&self.start);
            }
            let found = found?.as_f64();
            // What is left of the fall when rounding is all there is, is no reason for a smaller radius.
            let rounding = 4.0 * T::default_epsilon().as_f64() * value.abs();
            let ratio =
                if fall <= rounding && found <= value + rounding { 1.0 } else { (value - found) / fall };
            // NaN of a product that is: a smaller radius does not help, but it has to stay a number.
            let reach = dot(&self.step, &self.step).sqrt().min(self.radius);
            if ratio > 0.75 && reach > 0.8 * self.radius {
                self.radius *= 2.0;
            } else if ratio < 0.25 || ratio.is_nan() {
                self.radius = 0.25 * reach;
            }
            if ratio > 1e-4 {
                return Ok(first);
            }
            theta.copy_from_slice(&self.start);
            if self.radius == 0.0 {
                break;
            }
        }
        Ok(first)
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn set_rate(&mut self, rate: f64) -> Result<()> {
        self.rate = setting::at_least_zero("rate", rate)?;
        Ok(())
    }

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.number("radius", &mut self.radius);
    }
}
