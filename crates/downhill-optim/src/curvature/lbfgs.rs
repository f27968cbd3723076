//! L-BFGS.

use downhill_tensor::{Layout, Real};

use super::line_search::LineSearch;
use super::vectors::{add_scaled, check, dot, largest, mask, move_along, room, scale};
use crate::setting::{own_rate, setters};
use crate::{Objective, Optimizer, Result, StateVisitor, lengths, setting};

/// L-BFGS: steps along −H∇L, where H approximates the inverse of the Hessian by the last few changes s of θ and y of
/// ∇L. Source: Nocedal & Wright (2006), Numerical optimization, algorithms 7.4 and 7.5.
///
/// It evaluates the function several times a step: see [`Optimizer::step_on`]. The step's length is found by a search
/// along the line for the strong Wolfe conditions, c₁ = 1e-4 and c₂ = 0.9, whose first trial is the rate η = 1. Made for
/// functions that are the same at every step, such as the loss of a whole data set; a pair s, y is made within a step,
/// so that a batch at a time works too. Rates and weight decay of parts do not act.
#[derive(Debug, Clone)]
pub struct Lbfgs<T: Real = f32> {
    rate: f64,
    pairs: usize,
    iterations: u64,
    evaluations: u64,
    gradient_tolerance: f64,
    change_tolerance: f64,
    search: Option<LineSearch<T>>,
    memory: Memory<T>,
    /// The number of iterations so far.
    iteration: u64,
    /// Whether the last change of θ waits for the gradient that belongs to it: without a search it comes with the next
    /// step.
    waiting: u64,
    /// The gradient before that change.
    before: Vec<T>,
    /// The direction, and after a step without a search the change.
    direction: Vec<T>,
}

impl<T: Real> Default for Lbfgs<T> {
    fn default() -> Lbfgs<T> {
        Lbfgs::new()
    }
}

impl<T: Real> Lbfgs<T> {
    /// L-BFGS with ten pairs, one iteration a step.
    pub fn new() -> Lbfgs<T> {
        Lbfgs {
            rate: 1.0,
            pairs: 10,
            iterations: 1,
            evaluations: u64::MAX,
            gradient_tolerance: 0.0,
            change_tolerance: 0.0,
            search: Some(LineSearch::new(1e-4, 0.9)),
            memory: Memory::new(10),
            iteration: 0,
            waiting: 0,
            before: Vec::new(),
            direction: Vec::new(),
        }
    }

    /// Sets how many pairs s, y it remembers.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is at least 1.
    pub fn pairs(mut self, count: usize) -> Result<Lbfgs<T>> {
        setting::at_least_one("pairs", count as u64)?;
        (self.pairs, self.memory) = (count, Memory::new(count));
        Ok(self)
    }

    /// Sets how many iterations make a step, and after how many evaluations no further one is begun. The gradient at
    /// the end of one is that at the start of the next, which saves an evaluation; PyTorch's defaults are 20 and 25.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless both are at least 1.
    pub fn iterations(mut self, iterations: u64, evaluations: u64) -> Result<Lbfgs<T>> {
        self.iterations = setting::at_least_one("iterations", iterations)?.get();
        self.evaluations = setting::at_least_one("evaluations", evaluations)?.get();
        Ok(self)
    }

    /// Takes each step as long as the rate says, and without a search needs one gradient a step.
    #[must_use]
    pub fn fixed_step(mut self) -> Lbfgs<T> {
        self.search = None;
        self
    }
}

setters! { Lbfgs:
    /// Sets the rate η, the first trial of a search. At the very first step, which knows no curvature, it is divided by
    /// ‖∇L‖₁ where that is above 1.
    rate: at_least_zero;
    /// Sets the largest |∂L/∂θᵢ| at which a step has nothing to do: 0 unless set; PyTorch's default is 1e-7.
    gradient_tolerance: at_least_zero;
    /// Sets the change of L, of each θᵢ and along the direction below which a step ends: 0 unless set; PyTorch's default
    /// is 1e-9.
    change_tolerance: at_least_zero;
}

impl<T: Real> Optimizer<T> for Lbfgs<T> {
    setting::needs_objective!("L-BFGS");

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        let (before, direction) = (("gradient before", &self.before[..]), ("direction", &self.direction[..]));
        check(theta, gradient, layout, &[before, direction])?;
        self.memory.check(theta.len())?;
        let first = objective.gradient(theta, gradient)?;
        mask(gradient, layout);
        room(&mut self.before, theta.len());
        room(&mut self.direction, theta.len());
        let (mut value, mut evaluations) = (first.as_f64(), 1);
        if self.waiting == 1 {
            self.waiting = 0;
            self.memory.push(1.0, &self.direction, gradient, &self.before);
        }
        if self.rate == 0.0 || !value.is_finite() || largest(gradient) <= self.gradient_tolerance {
            return Ok(first);
        }
        for iteration in 1..=self.iterations {
            self.memory.direction(gradient, &mut self.direction);
            // Parts that have been frozen meanwhile.
            mask(&mut self.direction, layout);
            let mut slope = dot(gradient, &self.direction);
            if slope >= 0.0 {
                // No way down, by rounding or by curvatures of other batches: begin anew.
                self.memory.forget();
                self.memory.direction(gradient, &mut self.direction);
                slope = dot(gradient, &self.direction);
            }
            let short = if self.iteration == 0 {
                (1.0 / sum_of_sizes(gradient)).min(1.0) * self.rate
            } else {
                self.rate
            };
            self.iteration = self.iteration.saturating_add(1);
            self.before.copy_from_slice(gradient);
            if slope >= 0.0 || slope > -self.change_tolerance || slope.is_nan() {
                break;
            }
            let was = value;
            let moved = if let Some(search) = &mut self.search {
                let width = self.change_tolerance;
                let d = &self.direction;
                let found = search.search(theta, value, gradient, d, short, width, objective, layout)?;
                self.memory.push(found.t, &self.direction, gradient, &self.before);
                value = found.value;
                evaluations += found.evaluations;
                found.t
            } else {
                scale(&mut self.direction, short);
                let start = &mut self.memory.work;
                start.copy_from_slice(theta);
                move_along(theta, start, 1.0, &self.direction, layout);
                if iteration == self.iterations {
                    self.waiting = 1;
                    break;
                }
                value = objective.gradient(theta, gradient)?.as_f64();
                mask(gradient, layout);
                evaluations += 1;
                self.memory.push(1.0, &self.direction, gradient, &self.before);
                1.0
            };
            let still = largest(&self.direction) * moved <= self.change_tolerance;
            let flat = largest(gradient) <= self.gradient_tolerance;
            let level = (value - was).abs() < self.change_tolerance;
            if evaluations >= self.evaluations || flat || still || level {
                break;
            }
        }
        Ok(first)
    }

    own_rate!();

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("iteration", &mut self.iteration);
        visitor.counter("waiting", &mut self.waiting);
        visitor.vector("gradient before", &mut self.before);
        visitor.vector("direction", &mut self.direction);
        self.memory.state(visitor);
    }
}

/// ‖x‖₁.
fn sum_of_sizes<T: Real>(x: &[T]) -> f64 {
    x.iter().map(|x| x.as_f64().abs()).sum()
}

/// The last pairs s, y, and the product of the approximate inverse of the Hessian with a vector.
#[derive(Debug, Clone)]
struct Memory<T: Real> {
    /// How many there are, and the place of the next one.
    held: u64,
    next: u64,
    /// γ = sᵀy/yᵀy of the last one: the scale of the Hessian's inverse.
    scale: f64,
    /// 1/sᵀy of each.
    curvatures: Vec<f64>,
    /// s, one after the other.
    changes: Vec<T>,
    /// y.
    gradients: Vec<T>,
    /// sᵀr/sᵀy of each in a product.
    shares: Vec<f64>,
    work: Vec<T>,
}

impl<T: Real> Memory<T> {
    fn new(pairs: usize) -> Memory<T> {
        let (numbers, none) = (vec![0.0; pairs], Vec::new());
        Memory {
            held: 0,
            next: 0,
            scale: 1.0,
            curvatures: numbers.clone(),
            changes: none.clone(),
            gradients: none.clone(),
            shares: numbers,
            work: none,
        }
    }

    fn check(&mut self, length: usize) -> Result<()> {
        room(&mut self.work, length);
        let all = length.saturating_mul(self.shares.len());
        for (name, vector) in
            [("changes", &mut self.changes), ("changes of the gradient", &mut self.gradients)]
        {
            lengths::size_to(name, vector, all)?;
        }
        Ok(())
    }

    fn forget(&mut self) {
        (self.held, self.next, self.scale) = (0, 0, 1.0);
    }

    /// Adds the pair s = t·d, y = `after` − `before`, unless L is not convex along it.
    fn push(&mut self, t: f64, d: &[T], after: &[T], before: &[T]) {
        self.work.copy_from_slice(after);
        add_scaled(&mut self.work, -1.0, before);
        let (curvature, square) = (t * dot(d, &self.work), dot(&self.work, &self.work));
        let change = t * t * dot(d, d);
        if curvature <= 1e-10 * (square * change).sqrt() || curvature.is_nan() {
            return;
        }
        let (length, pairs) = (d.len(), self.shares.len() as u64);
        let place = (self.next % pairs) as usize;
        let range = place * length..(place + 1) * length;
        self.gradients[range.clone()].copy_from_slice(&self.work);
        self.changes[range.clone()].copy_from_slice(d);
        scale(&mut self.changes[range], t);
        self.curvatures[place] = 1.0 / curvature;
        self.scale = curvature / square;
        self.next = (self.next % pairs + 1) % pairs;
        self.held = self.held.saturating_add(1).min(pairs);
    }

    /// Writes −H·`gradient`.
    fn direction(&mut self, gradient: &[T], direction: &mut [T]) {
        direction.copy_from_slice(gradient);
        scale(direction, -1.0);
        let (length, pairs) = (gradient.len(), self.shares.len() as u64);
        let places =
            (1..=self.held.min(pairs)).map(|age| ((self.next % pairs + pairs - age) % pairs) as usize);
        for place in places.clone() {
            let range = place * length..(place + 1) * length;
            let share = self.curvatures[place] * dot(&self.changes[range.clone()], direction);
            add_scaled(direction, -share, &self.gradients[range]);
            self.shares[place] = share;
        }
        scale(direction, self.scale);
        for place in places.rev() {
            let range = place * length..(place + 1) * length;
            let other = self.curvatures[place] * dot(&self.gradients[range.clone()], direction);
            add_scaled(direction, self.shares[place] - other, &self.changes[range]);
        }
    }

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("pairs", &mut self.held);
        visitor.counter("next pair", &mut self.next);
        visitor.number("scale", &mut self.scale);
        for curvature in &mut self.curvatures {
            visitor.number("inverse curvature", curvature);
        }
        visitor.vector("changes", &mut self.changes);
        visitor.vector("changes of the gradient", &mut self.gradients);
    }
}
