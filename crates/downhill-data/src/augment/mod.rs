//! Random changes of images, so that a network sees more of them than there are.

mod warp;

use downhill_tensor::random::{Generator, generator, permutation};
use downhill_tensor::{Real, Shape, Target, Tensor};
use rand::RngExt;
use rand_distr::{Beta, Distribution};

use crate::{Batch, Encoder, Error, Result, Source, one_hot};
use warp::Image;

/// Random changes of images `[channels, height, width]` or `[height, width]`, one after the other in the order they are
/// asked for. What comes in from outside of an image is 0.
///
/// What is drawn depends on the seed, the epoch and the sample's place in it alone: not on what was drawn before, nor on
/// the number of workers that prepare batches.
///
/// ```
/// use downhill_data::{Augment, Batches, Dataset, Source};
/// use downhill_tensor::Tensor;
///
/// let images: Dataset = Dataset::new(Tensor::ones([10, 1, 8, 8]), Tensor::vector([0, 1].repeat(5)))?;
/// let batches = Batches::new(&images, 5)?.shuffled(1).epoch(0);
/// let mut augmented = Augment::new(7).shift(2, 2)?.flip_horizontal().rotate(15.0)?.on(batches)?;
/// augmented.seek(0, 0)?;
/// assert_eq!(augmented.next_batch()?.unwrap().inputs.shape(), [5, 1, 8, 8]);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Augment {
    seed: u64,
    changes: Vec<Change>,
    mixup: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Shift { rows: usize, columns: usize },
    FlipHorizontal,
    FlipVertical,
    Rotate { radians: f64 },
    Crop { least: f64 },
    Elastic { strength: f64, width: f64 },
    Cutout { size: usize },
}

impl Augment {
    /// No changes yet.
    pub fn new(seed: u64) -> Augment {
        Augment { seed, changes: Vec::new(), mixup: None }
    }

    /// Moves images by up to so many rows and columns of pixels either way: the same as cutting them out of an image that
    /// was padded by as many.
    ///
    /// # Errors
    /// [`Error::Tensor`] beyond 65 536.
    pub fn shift(self, rows: usize, columns: usize) -> Result<Augment> {
        check("shift", "at most 65536", rows.max(columns) as f64, |most| most <= 65536.0)?;
        Ok(self.with(Change::Shift { rows, columns }))
    }

    /// Swaps left and right in half of the images.
    #[must_use]
    pub fn flip_horizontal(self) -> Augment {
        self.with(Change::FlipHorizontal)
    }

    /// Swaps top and bottom in half of the images.
    #[must_use]
    pub fn flip_vertical(self) -> Augment {
        self.with(Change::FlipVertical)
    }

    /// Turns images by up to so many degrees either way about their middle, with bilinear interpolation.
    ///
    /// # Errors
    /// [`Error::Tensor`] unless it is from 0 to 180.
    pub fn rotate(self, degrees: f64) -> Result<Augment> {
        check("rotation", "from 0 to 180", degrees, |degrees| (0.0..=180.0).contains(&degrees))?;
        Ok(self.with(Change::Rotate { radians: degrees.to_radians() }))
    }

    /// Enlarges a random part of `least` to all of an image's area to the image's size, with bilinear interpolation.
    ///
    /// # Errors
    /// [`Error::Tensor`] unless it is above 0 and at most 1.
    pub fn crop(self, least: f64) -> Result<Augment> {
        check("part of a crop", "above 0 and at most 1", least, |least| least > 0.0 && least <= 1.0)?;
        Ok(self.with(Change::Crop { least }))
    }

    /// Moves each pixel by a random field that is smoothed with a Gaussian of this standard deviation and multiplied by
    /// `strength`, both in pixels (P. Simard, D. Steinkraus, J. Platt 2003, section 2; 8 and 4 suit MNIST's digits).
    ///
    /// # Errors
    /// [`Error::Tensor`] unless `strength` is from 0 to 10 000 and the deviation above 0 and at most 100.
    pub fn elastic(self, strength: f64, deviation: f64) -> Result<Augment> {
        check("strength", "from 0 to 10000", strength, |x| (0.0..=10_000.0).contains(&x))?;
        check("deviation", "above 0 and at most 100", deviation, |x| x > 0.0 && x <= 100.0)?;
        Ok(self.with(Change::Elastic { strength, width: deviation }))
    }

    /// Sets a square of this side about a random pixel to 0 (T. DeVries, G. Taylor 2017).
    #[must_use]
    pub fn cutout(self, size: usize) -> Augment {
        self.with(Change::Cutout { size })
    }

    /// Mixes each sample of a batch, and its target, with another one: λ of one and 1 − λ of the other, with λ drawn for
    /// the batch from Beta(α, α) (H. Zhang et al. 2018). Classes become probabilities of the classes that the source
    /// has names for.
    ///
    /// # Errors
    /// [`Error::Tensor`] unless `alpha` is above 0 and at most 1000.
    pub fn mixup(self, alpha: f64) -> Result<Augment> {
        check("alpha", "above 0 and at most 1000", alpha, |alpha| alpha > 0.0 && alpha <= 1000.0)?;
        Ok(Augment { mixup: Some(alpha), ..self })
    }

    /// A source whose batches are changed.
    ///
    /// # Errors
    /// [`Error::Tensor`] if its samples are no images; [`Error::Target`] if classes are to be mixed whose names, and so
    /// whose number, it does not know.
    pub fn on<T: Real, S: Source<T>>(self, source: S) -> Result<Augmented<S>> {
        let shape = source.sample_shape();
        if !self.changes.is_empty() && !matches!(shape.len(), 2 | 3) {
            let rule = "images have the shape [height, width] or [channels, height, width]";
            return Err(downhill_tensor::Error::Operand { operation: "augmenting", rule, shape }.into());
        }
        Ok(Augmented { augment: self, source, epoch: 0, batch: 0 })
    }

    fn with(mut self, change: Change) -> Augment {
        self.changes.push(change);
        self
    }

    /// Changes a batch, which is so many batches into the epoch.
    fn apply<T: Real>(&self, batch: &mut Batch<T>, epoch: u64, number: usize, classes: usize) -> Result<()> {
        /// The seed's stream of augmentations: far from those of splits and of epochs.
        const AUGMENT: u64 = 3 << 62;
        let seed = generator(self.seed, AUGMENT.wrapping_add(epoch)).random::<u64>();
        let shape = batch.inputs.shape().sample();
        if !self.changes.is_empty() {
            let mut image = Image::new(shape);
            for (place, pixels) in
                batch.inputs.as_mut_slice().chunks_exact_mut(shape.elements().max(1)).enumerate()
            {
                let stream = (number as u64) << 32 | place as u64;
                self.change(&mut image, pixels, &mut generator(seed, stream));
            }
        }
        match self.mixup {
            None => Ok(()),
            Some(alpha) => mix(batch, alpha, classes, &mut generator(seed, u64::MAX - number as u64)),
        }
    }

    fn change<T: Real>(&self, image: &mut Image<T>, pixels: &mut [T], rng: &mut Generator) {
        for change in &self.changes {
            // Each draws the same number of times whatever comes out.
            match *change {
                Change::Shift { rows, columns } => {
                    let mut by = |most: usize| rng.random_range(-(most as i64)..=most as i64) as isize;
                    let (rows, columns) = (by(rows), by(columns));
                    image.shift(pixels, rows, columns);
                }
                Change::FlipHorizontal => {
                    if rng.random::<bool>() {
                        image.flip_horizontal(pixels);
                    }
                }
                Change::FlipVertical => {
                    if rng.random::<bool>() {
                        image.flip_vertical(pixels);
                    }
                }
                Change::Rotate { radians } => {
                    image.rotate(pixels, radians * (2.0 * rng.random::<f64>() - 1.0));
                }
                Change::Crop { least } => {
                    let side = (least + (1.0 - least) * rng.random::<f64>()).sqrt();
                    let (down, right) = (rng.random::<f64>(), rng.random::<f64>());
                    image.crop(pixels, side, down, right);
                }
                Change::Elastic { strength, width } => {
                    image.elastic(pixels, strength, width, || 2.0 * rng.random::<f64>() - 1.0);
                }
                Change::Cutout { size } => {
                    let (down, right) = (rng.random::<f64>(), rng.random::<f64>());
                    image.cutout(pixels, size, down, right);
                }
            }
        }
    }
}

/// Mixes samples and targets with those of another order.
fn mix<T: Real>(batch: &mut Batch<T>, alpha: f64, classes: usize, rng: &mut Generator) -> Result<()> {
    // Above 0, which is all that is asked for.
    let share = Beta::new(alpha, alpha).map_or(1.0, |beta| beta.sample(rng));
    let order = permutation(batch.target.len(), rng);
    let blend = |values: &Tensor<T>| -> Result<Tensor<T>> {
        let (own, other) = (T::of(share), T::of(1.0 - share));
        let width = values.shape().sample().elements();
        let (from, mut mixed) = (values.as_slice(), Vec::with_capacity(values.len()));
        for (row, &partner) in order.iter().enumerate() {
            let rows = from[row * width..][..width].iter().zip(&from[partner * width..][..width]);
            mixed.extend(rows.map(|(&a, &b)| own * a + other * b));
        }
        Ok(Tensor::new(values.shape(), mixed)?)
    };
    batch.inputs = blend(&batch.inputs)?;
    batch.weights = batch.weights.as_ref().map(blend).transpose()?;
    batch.target = Target::Values(match &batch.target {
        Target::Values(values) => blend(values)?,
        Target::Classes(_) if classes == 0 => {
            return Err(Error::Target {
                needed: "values or classes with names",
                found: "classes without names",
            });
        }
        Target::Classes(labels) => blend(&one_hot(labels, classes)?)?,
    });
    Ok(())
}

fn check(name: &'static str, rule: &'static str, value: f64, holds: impl Fn(f64) -> bool) -> Result<()> {
    if holds(value) { Ok(()) } else { Err(downhill_tensor::Error::Setting { name, rule, value }.into()) }
}

/// A source whose batches are changed: see [`Augment::on`].
#[derive(Debug, Clone)]
pub struct Augmented<S> {
    augment: Augment,
    source: S,
    epoch: u64,
    batch: usize,
}

impl<T: Real, S: Source<T>> Source<T> for Augmented<S> {
    fn sample_shape(&self) -> Shape {
        self.source.sample_shape()
    }

    fn samples(&self) -> usize {
        self.source.samples()
    }

    fn batches(&self) -> usize {
        self.source.batches()
    }

    fn seek(&mut self, epoch: u64, batch: usize) -> Result<()> {
        (self.epoch, self.batch) = (epoch, batch);
        self.source.seek(epoch, batch)
    }

    fn next_batch(&mut self) -> Result<Option<Batch<T>>> {
        let Some(mut batch) = self.source.next_batch()? else { return Ok(None) };
        self.augment.apply(&mut batch, self.epoch, self.batch, self.source.class_names().len())?;
        self.batch += 1;
        Ok(Some(batch))
    }

    fn feature_names(&self) -> &[String] {
        self.source.feature_names()
    }

    fn class_names(&self) -> &[String] {
        self.source.class_names()
    }

    fn value_names(&self) -> &[String] {
        self.source.value_names()
    }

    fn encoder(&self) -> Option<&Encoder> {
        self.source.encoder()
    }
}
