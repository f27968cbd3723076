//! What a training went through, recorded while it ran.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use downhill::optim::{Objective, Optimizer, Result, StateVisitor};
use downhill::tensor::{Layout, Real};

/// Records a training: the path that θ takes, the norm of each part of θ and of its gradient, and the rate.
///
/// It looks on from inside the optimizer, which sees all of this at every step and needs no more from the training
/// than it gets anyway. Nothing it does changes a bit of what is learned. Of a long training it keeps every second
/// point, then every fourth, and so on, so that the memory is bounded.
///
/// ```
/// use downhill::prelude::*;
/// use downhill_plot::Recorder;
///
/// let iris: Dataset = Bundled::Iris.load()?;
/// let recorder = Recorder::new();
/// Trainer::new(Sequential::new().then(Linear::new(3)), CrossEntropy::new())
///     .optimizer(recorder.watch(Adam::new(0.01)?))
///     .epochs(2)
///     .fit(&iris)?;
/// let trace = recorder.trace();
/// assert_eq!(trace.path().len(), 11); // 2 · 5 steps and the start
/// assert_eq!(trace.parts()[0].name, "0.weight");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Recorder {
    shared: Arc<Mutex<Recording>>,
}

#[derive(Debug)]
struct Recording {
    trace: Trace,
    steps: u64,
    norms: Pace,
    path: Pace,
    /// The most numbers that the path may hold.
    numbers: usize,
}

/// How often something is recorded.
#[derive(Debug, Clone, Copy)]
struct Pace {
    every: u64,
    most: usize,
}

/// What a [`Recorder`] has recorded.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Trace {
    /// The steps that norms and rates are of, the first being 1.
    steps: Vec<u64>,
    rates: Vec<f64>,
    parts: Vec<PartTrace>,
    path: Vec<PathPoint>,
    /// θ after the last step, and its number.
    last: PathPoint,
}

/// One part of θ over time.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct PartTrace {
    /// Its name: `0.weight`.
    pub name: String,
    /// Whether it has two axes or more: a matrix of weights rather than a vector of biases.
    pub is_matrix: bool,
    /// Its Euclidean norm before each step of [`Trace::steps`].
    pub weights: Vec<f64>,
    /// The Euclidean norm of its gradient at each of them; NaN where the optimizer evaluates the function itself.
    pub gradients: Vec<f64>,
}

/// A point of the path that θ took.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PathPoint {
    /// How many steps led to it.
    pub step: u64,
    /// θ there.
    pub theta: Vec<f32>,
}

impl Trace {
    /// The steps that the norms and the rates are of, from 1.
    pub fn steps(&self) -> &[u64] {
        &self.steps
    }

    /// The learning rate at each of [`steps`](Trace::steps).
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// The parts of θ.
    pub fn parts(&self) -> &[PartTrace] {
        &self.parts
    }

    /// The path that θ took, from its start to its end.
    pub fn path(&self) -> impl ExactSizeIterator<Item = &PathPoint> + Clone {
        let past = self.path.last().is_none_or(|point| point.step < self.last.step) && self.last.step > 0;
        let (count, last) = (self.path.len(), &self.last);
        (0..count + usize::from(past)).map(move |i| self.path.get(i).unwrap_or(last))
    }
}

impl Recorder {
    /// A recorder that keeps at most 256 points of the path, or fewer if θ is so long that they would be more than 32
    /// MB, and at most 512 of the norms.
    pub fn new() -> Recorder {
        let (norms, path) = (Pace { every: 1, most: 512 }, Pace { every: 1, most: 256 });
        let recording = Recording { trace: Trace::default(), steps: 0, norms, path, numbers: 8 << 20 };
        Recorder { shared: Arc::new(Mutex::new(recording)) }
    }

    /// The same optimizer, looked on at.
    pub fn watch<O>(&self, optimizer: O) -> Watched<O> {
        Watched { optimizer, recorder: self.clone(), halfway: false }
    }

    /// What has been recorded so far.
    pub fn trace(&self) -> Trace {
        self.lock().trace.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder::new()
    }
}

impl Pace {
    fn wants(self, step: u64) -> bool {
        step.is_multiple_of(self.every)
    }

    /// Slows down once there is enough: answers whether every second of what is recorded is to be dropped.
    fn slow_down(&mut self, recorded: usize) -> bool {
        let enough = recorded >= self.most;
        self.every *= if enough { 2 } else { 1 };
        enough
    }
}

impl Recording {
    /// Looks at a step that is about to be taken.
    fn before<T: Real>(&mut self, theta: &[T], gradient: Option<&[T]>, layout: &Layout, rate: f64) {
        let Recording { trace, steps, norms, path, numbers } = self;
        if theta.len() != layout.len() || gradient.is_some_and(|gradient| gradient.len() != theta.len()) {
            return; // the optimizer will say so
        }
        if *steps == 0 {
            path.most = (*numbers / theta.len().max(1)).clamp(2, path.most);
            let part = |part: &downhill::tensor::Part| {
                let is_matrix = part.shape.len() >= 2;
                PartTrace { name: part.name.clone(), is_matrix, ..PartTrace::default() }
            };
            trace.parts = layout.parts().iter().map(part).collect();
        }
        if path.wants(*steps) {
            trace
                .path
                .push(PathPoint { step: *steps, theta: theta.iter().map(|x| x.as_f64() as f32).collect() });
            if path.slow_down(trace.path.len()) {
                keep_every_second(&mut trace.path);
            }
        }
        if norms.wants(*steps) {
            trace.steps.push(*steps + 1);
            trace.rates.push(rate);
            for (part, seen) in layout.parts().iter().zip(&mut trace.parts) {
                seen.weights.push(norm(&theta[part.range()]));
                seen.gradients.push(gradient.map_or(f64::NAN, |gradient| norm(&gradient[part.range()])));
            }
            if norms.slow_down(trace.steps.len()) {
                keep_every_second(&mut trace.steps);
                keep_every_second(&mut trace.rates);
                for part in &mut trace.parts {
                    keep_every_second(&mut part.weights);
                    keep_every_second(&mut part.gradients);
                }
            }
        }
    }

    fn after<T: Real>(&mut self, theta: &[T]) {
        self.steps += 1;
        let last = &mut self.trace.last;
        last.step = self.steps;
        last.theta.clear();
        last.theta.extend(theta.iter().map(|x| x.as_f64() as f32));
    }
}

fn norm<T: Real>(numbers: &[T]) -> f64 {
    numbers.iter().map(|x| x.as_f64() * x.as_f64()).sum::<f64>().sqrt()
}

fn keep_every_second<T>(list: &mut Vec<T>) {
    let mut place = 0;
    list.retain(|_| {
        place += 1;
        place % 2 == 1
    });
}

/// An optimizer that a [`Recorder`] looks on at.
#[derive(Debug, Clone)]
pub struct Watched<O> {
    optimizer: O,
    recorder: Recorder,
    halfway: bool,
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for Watched<O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        if !self.halfway {
            self.recorder.lock().before(theta, Some(gradient), layout, self.optimizer.rate());
        }
        self.optimizer.step(theta, gradient, layout)?;
        self.halfway = self.optimizer.halfway();
        if !self.halfway {
            self.recorder.lock().after(theta);
        }
        Ok(())
    }

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        self.recorder.lock().before(theta, None, layout, self.optimizer.rate());
        let value = self.optimizer.step_on(theta, gradient, objective, layout)?;
        self.recorder.lock().after(theta);
        Ok(value)
    }

    fn needs_objective(&self) -> bool {
        self.optimizer.needs_objective()
    }

    fn rate(&self) -> f64 {
        self.optimizer.rate()
    }

    fn set_rate(&mut self, rate: f64) -> Result<()> {
        self.optimizer.set_rate(rate)
    }

    fn set_momentum(&mut self, momentum: f64) -> Result<()> {
        self.optimizer.set_momentum(momentum)
    }

    fn report(&mut self, value: f64) {
        self.optimizer.report(value);
    }

    fn halfway(&self) -> bool {
        self.optimizer.halfway()
    }

    fn average(&self, theta: &mut [T], layout: &Layout) -> Result<()> {
        self.optimizer.average(theta, layout)
    }

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        self.optimizer.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use downhill::optim::{GradientDescent, Lbfgs, minimise};

    #[test]
    fn memory_is_bounded_and_the_ends_are_kept() {
        let recorder = Recorder::new();
        let mut optimizer = recorder.watch(GradientDescent::new(1.0).unwrap());
        let mut theta = [0.0_f64, 3.0];
        for _ in 0..5000 {
            optimizer.step(&mut theta, &mut [-1.0, 0.0], &Layout::flat(2)).unwrap();
        }
        let trace = recorder.trace();
        assert!((128..=257).contains(&trace.path().len()), "{}", trace.path().len());
        assert!((256..=512).contains(&trace.steps().len()));
        assert!(trace.path().all(|point| point.theta == [point.step as f32, 3.0]));
        let ends = [trace.path().next(), trace.path().last()].map(|point| point.unwrap().step);
        assert_eq!(ends, [0, 5000]);
        let part = &trace.parts()[0];
        assert!(
            trace
                .steps()
                .iter()
                .zip(&part.weights)
                .all(|(&step, &norm)| norm == f64::hypot((step - 1) as f64, 3.0))
        );
        assert!(part.gradients.iter().all(|&norm| norm == 1.0));
    }

    #[test]
    fn a_method_that_evaluates_the_function_itself_is_looked_on_at_too() {
        let recorder = Recorder::new();
        let mut optimizer = recorder.watch(Lbfgs::new());
        let square = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 2.0 * x[0];
            x[0] * x[0]
        };
        let mut x = [3.0];
        minimise(&mut optimizer, &mut x, 4, square).unwrap();
        let trace = recorder.trace();
        let ends = [trace.path().next(), trace.path().last()].map(|point| point.unwrap().theta[0]);
        assert_eq!(ends, [3.0, x[0] as f32]);
        assert!(x[0].abs() < 1e-6 && trace.parts()[0].gradients[0].is_nan());
    }
}
