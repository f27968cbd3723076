//! What a training went through, recorded while it ran.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use downhill::optim::{Objective, Optimizer, Result, StateVisitor};
use downhill::tensor::{Layout, Real};

use crate::trace::{PathPoint, Trace, keep_every_second};

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
    /// Whether the parameters have been seen.
    begun: bool,
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

impl Recorder {
    /// A recorder that keeps at most 256 points of the path, or fewer if θ is so long that they would be more than 16
    /// MB, and at most 512 of the norms.
    pub fn new() -> Recorder {
        let (norms, path) = (Pace { every: 1, most: 512 }, Pace { every: 1, most: 256 });
        let recording =
            Recording { trace: Trace::default(), begun: false, steps: 0, norms, path, numbers: 4 << 20 };
        Recorder { shared: Arc::new(Mutex::new(recording)) }
    }

    /// The same optimizer, looked on at.
    pub fn watch<O>(&self, optimizer: O) -> Watched<O> {
        Watched { optimizer, recorder: self.clone(), halfway: false }
    }

    /// Goes on with what was recorded of the first `step` steps of a training that is resumed. What the trace has of
    /// later ones is forgotten: they will be taken again.
    pub fn resume(&self, mut trace: Trace, step: u64) {
        trace.cut(step);
        let mut recording = self.lock();
        (recording.steps, recording.begun) = (step, false);
        recording.norms.every = trace.norms_every();
        recording.path.every = trace.path_every();
        recording.trace = trace;
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
        let Recording { trace, begun, steps, norms, path, numbers } = self;
        if theta.len() != layout.len() || gradient.is_some_and(|gradient| gradient.len() != theta.len()) {
            return; // the optimizer will say so
        }
        if !*begun {
            *begun = true;
            path.most = (*numbers / theta.len().max(1)).clamp(2, path.most);
            if !trace.is_of(layout) {
                *trace = Trace::of(layout);
            }
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

    /// A recording that is kept as arrays, and gone on with, is that of a training without the break.
    #[test]
    fn going_on_makes_the_same_trace() {
        let train = |recorder: &Recorder, theta: &mut [f64], steps: u64| {
            let mut optimizer = recorder.watch(GradientDescent::new(0.01).unwrap());
            for _ in 0..steps {
                let mut gradient = [theta[0], 2.0 * theta[1]];
                optimizer.step(theta, &mut gradient, &Layout::flat(2)).unwrap();
            }
        };
        for (before, after) in [(1, 1), (3, 0), (200, 100), (256, 1), (700, 1000), (1024, 512), (3000, 5)] {
            let (whole, first, second) = (Recorder::new(), Recorder::new(), Recorder::new());
            train(&whole, &mut [1.0, -3.0], before + after);
            let mut theta = [1.0, -3.0];
            train(&first, &mut theta, before);
            let kept = Trace::from_arrays(&first.trace().to_arrays().unwrap()).unwrap();
            // What came after the checkpoint that is gone on from is cut off.
            train(&first, &mut theta.clone(), 100);
            let path = |trace: &Trace| trace.path().cloned().collect::<Vec<_>>();
            for (is_exact, trace) in [(true, kept), (false, first.trace())] {
                second.resume(trace, before);
                train(&second, &mut theta.clone(), after);
                let (found, expected) = (second.trace(), whole.trace());
                if is_exact {
                    assert_eq!(found, expected, "{before} and {after}");
                }
                assert_eq!(found.path().last(), expected.path().last(), "{before} and {after}");
                assert!(found.steps().is_sorted() && path(&found).is_sorted_by_key(|point| point.step));
            }
        }
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
