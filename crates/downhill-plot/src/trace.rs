//! What a training went through.

use downhill::data::{Array, Arrays};
use downhill::tensor::{Layout, Part, Tensor};

use crate::{Error, Result};

/// What the names of the arrays of a part's norms begin with.
const WEIGHTS: &str = "weights/";
const GRADIENTS: &str = "gradients/";

/// What a [`Recorder`](crate::Recorder) has recorded.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Trace {
    /// The steps that norms and rates are of, the first being 1.
    pub(crate) steps: Vec<u64>,
    pub(crate) rates: Vec<f64>,
    pub(crate) parts: Vec<PartTrace>,
    pub(crate) path: Vec<PathPoint>,
    /// θ after the last step, and its number.
    pub(crate) last: PathPoint,
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

    /// The same as arrays, to be kept in a file: [`from_arrays`](Trace::from_arrays) reads them.
    ///
    /// `steps` and `rates` are `[n]`, `weights/NAME` and `gradients/NAME` of each part as well; `path` is `[m, p]` with
    /// `path_steps` `[m]`; `matrices` tells part by part whether it is one.
    ///
    /// # Errors
    /// If they are too large for a tensor.
    pub fn to_arrays(&self) -> Result<Arrays> {
        let mut arrays = Arrays::new();
        let counts = |steps: &[u64]| steps.iter().map(|&step| step as usize).collect::<Vec<_>>();
        let mut labels = |name: &str, labels: Vec<usize>| {
            let labels = Tensor::new([labels.len()], labels)?;
            Ok::<_, Error>(arrays.insert(name, Array::of_labels(&labels))?)
        };
        labels("steps", counts(&self.steps))?;
        labels("path_steps", self.path().map(|point| point.step as usize).collect())?;
        labels("matrices", self.parts.iter().map(|part| usize::from(part.is_matrix)).collect())?;
        let mut numbers = |name: String, numbers: &[f64]| {
            let numbers = Tensor::new([numbers.len()], numbers.to_vec())?;
            Ok::<_, Error>(arrays.insert(name, Array::new(&numbers))?)
        };
        numbers("rates".into(), &self.rates)?;
        for part in &self.parts {
            numbers(format!("{WEIGHTS}{}", part.name), &part.weights)?;
            numbers(format!("{GRADIENTS}{}", part.name), &part.gradients)?;
        }
        let path: Vec<f32> = self.path().flat_map(|point| point.theta.iter().copied()).collect();
        let path = Tensor::new([self.path().len(), self.last.theta.len()], path)?;
        arrays.insert("path", Array::new(&path))?;
        Ok(arrays)
    }

    /// What [`to_arrays`](Trace::to_arrays) made.
    ///
    /// # Errors
    /// [`Error::Model`] if an array is missing or holds something else; [`Error::Count`] if their lengths do not fit.
    pub fn from_arrays(arrays: &Arrays) -> Result<Trace> {
        let counts = |name: &str| {
            let labels = arrays.labels(name)?;
            Ok::<Vec<u64>, Error>(labels.as_slice().iter().map(|&step| step as u64).collect())
        };
        let steps = counts("steps")?;
        let of_each_step = |name: &str| {
            let numbers = arrays.numbers::<f64>(name)?.into_vec();
            expect("a trace", steps.len(), numbers.len())?;
            Ok::<_, Error>(numbers)
        };
        let rates = of_each_step("rates")?;
        let names: Vec<&str> = arrays.names().filter_map(|name| name.strip_prefix(WEIGHTS)).collect();
        let matrices = counts("matrices")?;
        expect("the parts of a trace", names.len(), matrices.len())?;
        let part = |(&name, &is_matrix): (&&str, &u64)| {
            Ok(PartTrace {
                name: name.to_owned(),
                is_matrix: is_matrix > 0,
                weights: of_each_step(&format!("{WEIGHTS}{name}"))?,
                gradients: of_each_step(&format!("{GRADIENTS}{name}"))?,
            })
        };
        let parts = names.iter().zip(&matrices).map(part).collect::<Result<Vec<_>>>()?;
        let (path_steps, thetas) = (counts("path_steps")?, arrays.numbers::<f32>("path")?);
        let width = thetas.len().checked_div(path_steps.len()).unwrap_or(0);
        expect("the path of a trace", path_steps.len() * width, thetas.len())?;
        let point = |(row, &step): (usize, &u64)| PathPoint {
            step,
            theta: thetas.as_slice()[row * width..(row + 1) * width].to_vec(),
        };
        let mut path: Vec<PathPoint> = path_steps.iter().enumerate().map(point).collect();
        let last = path.pop().unwrap_or_default();
        Ok(Trace { steps, rates, parts, path, last })
    }

    /// Nothing yet, of parameters laid out like this.
    pub(crate) fn of(layout: &Layout) -> Trace {
        let part = |part: &Part| PartTrace {
            name: part.name.clone(),
            is_matrix: part.shape.len() >= 2,
            ..PartTrace::default()
        };
        Trace { parts: layout.parts().iter().map(part).collect(), ..Trace::default() }
    }

    /// Whether it is of parameters laid out like this.
    pub(crate) fn is_of(&self, layout: &Layout) -> bool {
        let names = self.parts.iter().map(|part| &part.name);
        let fits = |point: &PathPoint| point.theta.len() == layout.len();
        names.eq(layout.parts().iter().map(|part| &part.name)) && self.path.iter().all(fits)
    }

    /// Forgets all that came after so many steps.
    pub(crate) fn cut(&mut self, step: u64) {
        let norms = self.steps.partition_point(|&one| one <= step);
        self.steps.truncate(norms);
        self.rates.truncate(norms);
        for part in &mut self.parts {
            part.weights.truncate(norms);
            part.gradients.truncate(norms);
        }
        // The point at this step is recorded when the next one begins.
        let points = self.path.partition_point(|point| point.step < step);
        if self.last.step > step {
            let here = self.path.get(points).filter(|point| point.step == step);
            self.last = here.or(self.path[..points].last()).cloned().unwrap_or_default();
        }
        self.path.truncate(points);
    }

    /// How many steps the norms lie apart.
    pub(crate) fn norms_every(&self) -> u64 {
        apart(self.steps.iter().copied())
    }

    /// How many steps the points of the path lie apart.
    pub(crate) fn path_every(&self) -> u64 {
        apart(self.path.iter().map(|point| point.step))
    }
}

/// How far the first two lie apart; 1 if there is only one.
fn apart(mut steps: impl Iterator<Item = u64>) -> u64 {
    match (steps.next(), steps.next()) {
        (Some(first), Some(second)) => second.saturating_sub(first).max(1),
        _ => 1,
    }
}

fn expect(what: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(Error::Count { what, expected, found }) }
}

pub(crate) fn keep_every_second<T>(list: &mut Vec<T>) {
    let mut place = 0;
    list.retain(|_| {
        place += 1;
        place % 2 == 1
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_that_are_no_trace() {
        let trace = Trace {
            steps: vec![1, 2],
            rates: vec![0.1, 0.2],
            parts: vec![PartTrace {
                name: "0.bias".into(),
                is_matrix: false,
                weights: vec![1.0; 2],
                gradients: vec![2.0; 2],
            }],
            path: vec![PathPoint { step: 0, theta: vec![1.0] }],
            last: PathPoint { step: 2, theta: vec![2.0] },
        };
        let whole = trace.to_arrays().unwrap();
        assert_eq!(Trace::from_arrays(&whole).unwrap(), trace);
        for spoilt in whole.names() {
            let mut arrays = Arrays::new();
            for (name, array) in whole.iter().filter(|(name, _)| *name != spoilt) {
                arrays.insert(name, array.clone()).unwrap();
            }
            assert!(Trace::from_arrays(&arrays).is_err(), "without {spoilt}");
            arrays.insert(spoilt, Array::of_labels(&Tensor::new([3], vec![1; 3]).unwrap())).unwrap();
            assert!(Trace::from_arrays(&arrays).is_err(), "{spoilt} of another length");
        }
        assert_eq!(Trace::from_arrays(&Trace::default().to_arrays().unwrap()).unwrap(), Trace::default());
    }
}
