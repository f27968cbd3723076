//! The measuring of a hill.

use std::sync::OnceLock;

use downhill::autodiff::{Tape, Tensor};
use downhill::data::Dataset;
use downhill::nn::{Loss, Network, Params, Scalar, Target};
use downhill::tensor::Threads;
use downhill::train::Model;

use super::direction::{filter_normalised, principal, project};
use super::{Descent, Hill, Plane, PlaneKind};
use crate::{Error, PathPoint, Result, Trace};

/// The most points of all paths together that the principal plane is found from.
const POINTS: usize = 400;
/// The multiply-adds that a survey is to cost at most, unless it is told its size: some seconds.
const BUDGET: usize = 200_000_000_000;

/// Measures the loss around a model: in the principal plane of the paths that led to it, and in a random one.
///
/// ```
/// use downhill::prelude::*;
/// use downhill_plot::{Recorder, Survey};
///
/// let iris: Dataset = Bundled::Iris.load()?;
/// let recorder = Recorder::new();
/// let layers = Sequential::new().then(Linear::new(5)).then(Activation::Tanh).then(Linear::new(3));
/// let fit = Trainer::new(layers, CrossEntropy::new())
///     .optimizer(recorder.watch(Adam::new(0.05)?))
///     .transform(Transform::Standardize)
///     .epochs(10)
///     .fit(&iris)?;
/// let hill = Survey::new(&fit.model, &CrossEntropy::new(), &iris)?
///     .descent("Adam", &recorder.trace())
///     .side(15)
///     .measure()?;
/// assert!(hill.relief(&hill.planes[0]).svg().contains("Adam"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Survey<'a, T: Scalar = f32> {
    network: &'a Network,
    params: &'a Params<T>,
    loss: &'a dyn Loss<T>,
    data: Dataset<T>,
    descents: Vec<(String, Vec<&'a PathPoint>)>,
    side: Option<usize>,
    samples: Option<usize>,
    seed: u64,
    threads: usize,
}

impl<'a, T: Scalar> Survey<'a, T> {
    /// A survey of the loss on a data set, given as it was before any scaling, around a model: on a grid of 41 × 41
    /// points, of at most 512 samples taken evenly from the data, on all of the machine's processors. For a large network
    /// both are less, so that it takes seconds rather than minutes.
    ///
    /// # Errors
    /// If the data are not such as the model was trained on.
    pub fn new(model: &'a Model<T>, loss: &'a dyn Loss<T>, data: &Dataset<T>) -> Result<Survey<'a, T>> {
        let data = model.prepare(data)?;
        model.network().check_input(data.inputs().shape())?;
        Ok(Survey {
            network: model.network(),
            params: model.params(),
            loss,
            data,
            descents: Vec::new(),
            side: None,
            samples: None,
            seed: 0,
            threads: 0,
        })
    }

    /// Adds the path of a descent, as recorded.
    #[must_use]
    pub fn descent(mut self, name: impl Into<String>, trace: &'a Trace) -> Survey<'a, T> {
        self.descents.push((name.into(), trace.path().collect()));
        self
    }

    /// Sets the number of points on a side of the grid: from 2 to 501.
    #[must_use]
    pub fn side(mut self, points: usize) -> Survey<'a, T> {
        self.side = Some(points);
        self
    }

    /// Sets the most samples that the loss is the mean of.
    #[must_use]
    pub fn samples(mut self, samples: usize) -> Survey<'a, T> {
        self.samples = Some(samples);
        self
    }

    /// Sets the seed of the random plane.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Survey<'a, T> {
        self.seed = seed;
        self
    }

    /// Sets the number of threads; 0 means as many as the machine has. The hill does not depend on it.
    #[must_use]
    pub fn threads(mut self, count: usize) -> Survey<'a, T> {
        self.threads = count;
        self
    }

    /// The points on a side and the samples: as told, or as many as the budget is for.
    fn size(&self) -> (usize, usize) {
        let summary = self.network.summary(self.params);
        let cost = summary.layers.first().map_or(0, |layer| layer.multiply_adds).max(1);
        // Of two planes.
        let side = self.side.unwrap_or_else(|| (BUDGET / 2 / cost / 64).isqrt().clamp(15, 41));
        let samples =
            self.samples.unwrap_or_else(|| (BUDGET / 2 / cost / (side * side).max(1)).clamp(16, 512));
        (side, samples)
    }

    /// Measures it.
    ///
    /// # Errors
    /// [`Error::Setting`] and [`Error::Needs`] for a setting out of its range; [`Error::OtherNetwork`] for a descent of
    /// another network; [`Error::Model`] if the targets do not fit the loss.
    pub fn measure(self) -> Result<Hill> {
        let (side, samples) = self.size();
        if !(2..=501).contains(&side) {
            let setting = "the side of a hill's grid";
            return Err(Error::Setting { setting, rule: "from 2 to 501", value: side });
        }
        if samples == 0 || self.data.is_empty() {
            return Err(Error::Needs { what: "a hill", needs: "at least one sample" });
        }
        let expected = self.params.len();
        for (name, path) in &self.descents {
            if let Some(point) = path.iter().find(|point| point.theta.len() != expected) {
                return Err(Error::OtherNetwork { name: name.clone(), expected, found: point.theta.len() });
            }
        }
        let every = self.data.len().div_ceil(samples);
        let rows: Vec<usize> = (0..self.data.len()).step_by(every).collect();
        let data = self.data.select(&rows)?;
        let ground = Ground {
            survey: &self,
            side,
            inputs: data.inputs(),
            target: data.target(),
            threads: Threads::new(self.threads),
        };

        let centre: Vec<f64> = self.params.theta().as_slice().iter().map(|x| x.as_f64()).collect();
        let points: Vec<&[f32]> =
            self.descents.iter().flat_map(|(_, path)| path).map(|point| &point.theta[..]).collect();
        let every = points.len().div_ceil(POINTS).max(1);
        let points: Vec<&[f32]> = points.into_iter().step_by(every).collect();
        let mut planes = Vec::new();
        if let Some((directions, share)) = principal(&points, &centre) {
            planes.push(ground.plane(PlaneKind::Principal { share }, &centre, directions)?);
        }
        let random = |stream| filter_normalised(&centre, self.params.layout(), self.seed, stream);
        planes.push(ground.plane(PlaneKind::FilterNormalised, &centre, [random(0), random(1)])?);

        let mut descents = Vec::new();
        for (name, path) in &self.descents {
            let places: Vec<Vec<f64>> =
                path.iter().map(|point| point.theta.iter().map(|&x| f64::from(x)).collect()).collect();
            let losses = ground.losses(places.len(), 1, |i, _, theta| theta.copy_from_slice(&places[i]))?;
            let steps = path.iter().map(|point| point.step).collect();
            descents.push(Descent { name: name.clone(), steps, losses });
        }
        Ok(Hill { planes, descents, samples: data.len() })
    }
}

/// What a survey measures on.
struct Ground<'a, 'b, T: Scalar> {
    survey: &'b Survey<'a, T>,
    side: usize,
    inputs: &'b Tensor<T>,
    target: &'b Target<T>,
    threads: Threads,
}

impl<T: Scalar> Ground<'_, '_, T> {
    fn plane(&self, kind: PlaneKind, centre: &[f64], directions: [Vec<f64>; 2]) -> Result<Plane> {
        let descents = &self.survey.descents;
        let place = |point: &&PathPoint| project(&point.theta, centre, &directions);
        let paths: Vec<Vec<[f64; 2]>> =
            descents.iter().map(|(_, path)| path.iter().map(place).collect()).collect();
        let [x, y] = match kind {
            PlaneKind::FilterNormalised => [[-1.0, 1.0]; 2],
            PlaneKind::Principal { .. } => window(paths.iter().flatten()),
        };
        let side = self.side;
        let at = |[low, high]: [f64; 2], i: usize| low + (high - low) * i as f64 / (side - 1) as f64;
        let losses = self.losses(side, side, |row, column, theta| {
            let (a, b) = (at(x, column), at(y, row));
            for (i, theta) in theta.iter_mut().enumerate() {
                *theta = centre[i] + a * directions[0][i] + b * directions[1][i];
            }
        })?;
        Ok(Plane { kind, x, y, side, losses, paths })
    }

    /// The loss at rows of points, which `set` makes: it is given row, column and the place for θ.
    fn losses(
        &self,
        rows: usize,
        columns: usize,
        set: impl Fn(usize, usize, &mut [f64]) + Sync,
    ) -> Result<Vec<f64>> {
        let found: Vec<OnceLock<Result<Vec<f64>>>> = (0..rows).map(|_| OnceLock::new()).collect();
        self.threads.run(rows, |row| {
            // Each place is set once: by the task of its row.
            let _ = found[row].set(self.row(columns, |column, theta| set(row, column, theta)));
        });
        let rows = found.into_iter().map(|row| row.into_inner().unwrap_or(Ok(Vec::new())));
        Ok(rows.collect::<Result<Vec<_>>>()?.concat())
    }

    fn row(&self, columns: usize, set: impl Fn(usize, &mut [f64])) -> Result<Vec<f64>> {
        let Survey { network, loss, .. } = self.survey;
        let mut params = self.survey.params.clone();
        let mut tape = Tape::inference();
        let mut exact = vec![0.0; params.len()];
        let mut losses = Vec::with_capacity(columns);
        for column in 0..columns {
            set(column, &mut exact);
            let (theta, _) = params.theta_mut();
            theta.iter_mut().zip(&exact).for_each(|(theta, &x)| *theta = T::of(x));
            let output = network.forward(&tape, &params, tape.constant(self.inputs.clone()), None);
            let value = loss.loss(output, self.target).value().map_err(|error| network.locate(error))?;
            let values = value.as_slice();
            losses.push(values.iter().map(|x| x.as_f64()).sum::<f64>() / values.len().max(1) as f64);
            drop(value);
            tape.clear();
        }
        Ok(losses)
    }
}

/// A window with room around all places, and with the place 0, 0; its sides are not too different.
fn window<'a>(places: impl Iterator<Item = &'a [f64; 2]>) -> [[f64; 2]; 2] {
    let mut ends = [[0.0_f64; 2]; 2];
    for place in places {
        for (ends, &value) in ends.iter_mut().zip(place).filter(|(_, value)| value.is_finite()) {
            *ends = [ends[0].min(value), ends[1].max(value)];
        }
    }
    let longest = ends.iter().map(|[low, high]| high - low).fold(1e-6, f64::max);
    ends.map(|[low, high]| {
        let half = ((high - low) * 0.66).max(longest * 0.3);
        let middle = (low + high) / 2.0;
        [middle - half, middle + half]
    })
}
