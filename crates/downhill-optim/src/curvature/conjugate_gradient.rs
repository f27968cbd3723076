//! Nonlinear conjugate gradients.

use downhill_tensor::{Layout, Real};
use serde::{Deserialize, Serialize};

use super::line_search::LineSearch;
use super::vectors::{add_scaled, check, dot, mask, room, scale};
use crate::setting::{own_rate, setters};
use crate::{Objective, Optimizer, Result, StateVisitor, setting};

/// How much of the last direction goes into the next one. g is the gradient, g₋ the one before, y = g − g₋ and d the
/// last direction. Source: Hager & Zhang (2006), A survey of nonlinear conjugate gradient methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Conjugacy {
    /// gᵀy/g₋ᵀg₋, at least 0: Polak & Ribière (1969), PR+.
    #[default]
    PolakRibiere,
    /// gᵀg/g₋ᵀg₋: Fletcher & Reeves (1964).
    FletcherReeves,
    /// gᵀy/dᵀy, at least 0: Hestenes & Stiefel (1952).
    HestenesStiefel,
    /// gᵀg/dᵀy: Dai & Yuan (1999).
    DaiYuan,
    /// (y − 2d·yᵀy/dᵀy)ᵀg/dᵀy, bounded below: Hager & Zhang (2005).
    HagerZhang,
}

/// Nonlinear conjugate gradients: steps along d ← −∇L + βd, as long as a search along the line for the strong Wolfe
/// conditions finds, c₁ = 1e-4 and c₂ = 0.1. Source: Nocedal & Wright (2006), Numerical optimization, section 5.2.
///
/// It remembers two vectors, however many steps there are, and evaluates the function several times a step: see
/// [`Optimizer::step_on`]. The first trial of a search goes as far down as the last step, by the slope. Rates and weight decay of
/// parts do not act.
#[derive(Debug, Clone)]
pub struct ConjugateGradient<T: Real = f32> {
    rate: f64,
    conjugacy: Conjugacy,
    search: LineSearch<T>,
    /// g₋ᵀg₋.
    square: f64,
    /// The last step t, times the slope there.
    reach: f64,
    /// g₋; empty before the first step.
    before: Vec<T>,
    /// d.
    direction: Vec<T>,
    /// y.
    work: Vec<T>,
}

impl<T: Real> Default for ConjugateGradient<T> {
    fn default() -> ConjugateGradient<T> {
        ConjugateGradient::new()
    }
}

impl<T: Real> ConjugateGradient<T> {
    /// Conjugate gradients by Polak and Ribière.
    pub fn new() -> ConjugateGradient<T> {
        ConjugateGradient {
            rate: 1.0,
            conjugacy: Conjugacy::default(),
            search: LineSearch::new(1e-4, 0.1),
            square: 0.0,
            reach: 0.0,
            before: Vec::new(),
            direction: Vec::new(),
            work: Vec::new(),
        }
    }

    /// Sets how much of the last direction goes into the next one.
    #[must_use]
    pub fn conjugacy(self, conjugacy: Conjugacy) -> ConjugateGradient<T> {
        ConjugateGradient { conjugacy, ..self }
    }

    /// β; 0 for the gradient alone.
    fn share(&mut self, gradient: &[T]) -> f64 {
        if self.square == 0.0 {
            return 0.0;
        }
        self.work.copy_from_slice(gradient);
        add_scaled(&mut self.work, -1.0, &self.before);
        let (y, d) = (&self.work, &self.direction);
        let share = match self.conjugacy {
            Conjugacy::PolakRibiere => (dot(gradient, y) / self.square).max(0.0),
            Conjugacy::FletcherReeves => dot(gradient, gradient) / self.square,
            Conjugacy::HestenesStiefel => (dot(gradient, y) / dot(d, y)).max(0.0),
            Conjugacy::DaiYuan => dot(gradient, gradient) / dot(d, y),
            Conjugacy::HagerZhang => {
                let along = dot(d, y);
                let share = (dot(y, gradient) - 2.0 * dot(y, y) * dot(d, gradient) / along) / along;
                share.max(-1.0 / (dot(d, d).sqrt() * self.square.sqrt().min(0.01)))
            }
        };
        if share.is_finite() { share } else { 0.0 }
    }
}

setters! { ConjugateGradient:
    /// Sets the rate η: the first trial of a search is this times the step that promises to go as far down as the last
    /// one, at the very first step 1/‖∇L‖ if that is below 1.
    rate: at_least_zero;
}

impl<T: Real> Optimizer<T> for ConjugateGradient<T> {
    setting::needs_objective!("the conjugate gradient method");

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        let state = [("gradient before", &self.before[..]), ("direction", &self.direction[..])];
        check(theta, gradient, layout, &state)?;
        let first = objective.gradient(theta, gradient)?;
        mask(gradient, layout);
        for vector in [&mut self.before, &mut self.direction, &mut self.work] {
            room(vector, theta.len());
        }
        // Parts that have been frozen meanwhile.
        mask(&mut self.direction, layout);
        let square = dot(gradient, gradient);
        if self.rate == 0.0 || !first.finite() || !(square > 0.0 && square.is_finite()) {
            return Ok(first);
        }
        let share = self.share(gradient);
        scale(&mut self.direction, share);
        add_scaled(&mut self.direction, -1.0, gradient);
        let mut slope = dot(gradient, &self.direction);
        if slope >= 0.0 {
            self.direction.copy_from_slice(gradient);
            scale(&mut self.direction, -1.0);
            slope = -square;
        }
        let trial = if self.reach < 0.0 { self.reach / slope } else { (1.0 / square.sqrt()).min(1.0) };
        self.before.copy_from_slice(gradient);
        let (value, first_trial, d) = (first.as_f64(), self.rate * trial, &self.direction);
        let found = self.search.search(theta, value, gradient, d, first_trial, 0.0, objective, layout)?;
        (self.square, self.reach) = (square, found.t * slope);
        if found.t == 0.0 {
            // Nothing to build upon: begin anew.
            (self.square, self.reach) = (0.0, 0.0);
        }
        Ok(first)
    }

    own_rate!();

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.number("square", &mut self.square);
        visitor.number("reach", &mut self.reach);
        visitor.vector("gradient before", &mut self.before);
        visitor.vector("direction", &mut self.direction);
    }
}
