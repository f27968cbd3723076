//! Losses that compare outputs with each other.

use downhill_autodiff::tensor::Error as TensorError;
use downhill_autodiff::{Real, Var};

use super::targets::{misfit, parts_of, signs_like};
use super::{Link, Loss, not_negative, positive, setting};
use crate::{Result, Target};

/// The loss of an order: max(0, margin − t (a − b)), where t is 1 if a is to be the higher of two scores and −1 if b is. Outputs
/// are `[n, 2k, …]`: a, then b. Targets are 1 and −1 in the shape of a, or classes 1 and 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MarginRanking {
    margin: f64,
}

impl MarginRanking {
    /// The loss that wants the higher score this much higher; 0 asks for the right order only.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the margin is finite and at least 0.
    pub fn new(margin: f64) -> Result<MarginRanking> {
        Ok(MarginRanking { margin: not_negative("MarginRanking", "margin", margin)? })
    }
}

impl<T: Real> Loss<T> for MarginRanking {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "margin_ranking";
        let [a, b] = match parts_of(NAME, "needs outputs [n, two parts of one length, …]", output) {
            Ok(parts) => parts,
            Err(error) => return error,
        };
        (-(signs_like(NAME, a, target) * (a - b))).add_scalar(self.margin).relu()
    }

    fn link(&self) -> Link {
        Link::Opaque
    }
}

/// The loss of an angle: 1 − cos(a, b) for like embeddings (target 1), max(0, cos(a, b) − margin) for unlike ones (−1). Outputs
/// are `[n, 2d]`: a, then b. Targets are 1 and −1, `[n]`, or classes 1 and 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CosineEmbedding {
    margin: f64,
}

impl CosineEmbedding {
    /// The loss that wants the cosine of unlike embeddings below this margin: from 0 to 0.5, most often.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless −1 ≤ margin ≤ 1.
    pub fn new(margin: f64) -> Result<CosineEmbedding> {
        let fits = (-1.0..=1.0).contains(&margin);
        Ok(CosineEmbedding { margin: setting("CosineEmbedding", "margin", "from -1 to 1", margin, fits)? })
    }
}

/// What is added to the squared lengths of embeddings, so that a zero has a direction: PyTorch's.
const EPSILON: f64 = 1e-12;

impl<T: Real> Loss<T> for CosineEmbedding {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "cosine_embedding";
        let [a, b] = match embeddings(NAME, "needs outputs [n, two embeddings of one length]", output) {
            Ok(parts) => parts,
            Err(error) => return error,
        };
        let dot = |a: Var<'t, T>, b: Var<'t, T>| (a * b).sum_axes(&[1], false);
        let squares = |a| dot(a, a).add_scalar(EPSILON);
        let cosine = dot(a, b) / (squares(a) * squares(b)).sqrt();
        let signs = signs_like(NAME, cosine, target);
        let Ok(signs) = signs.value() else { return signs };
        let (like, unlike) =
            (cosine.mul_scalar(-1.0).add_scalar(1.0), cosine.add_scalar(-self.margin).relu());
        like.select(&signs.map(|sign| sign > T::zero()), unlike)
    }

    fn link(&self) -> Link {
        Link::Opaque
    }
}

/// The loss of relative distances: max(0, ‖a − p‖ − ‖a − n‖ + margin), for an anchor a that is to be nearer to a positive example p
/// than to a negative one n (Schroff, Kalenichenko & Philbin 2015). Outputs are `[n, 3d]`: a, p, n. Of the targets only their number
/// matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TripletMargin {
    margin: f64,
    power: f64,
    epsilon: f64,
    swap: bool,
}

impl TripletMargin {
    /// The loss with Euclidean distances that wants the negative example this much farther away.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the margin is finite and at least 0.
    pub fn new(margin: f64) -> Result<TripletMargin> {
        let margin = not_negative("TripletMargin", "margin", margin)?;
        Ok(TripletMargin { margin, power: 2.0, epsilon: 1e-6, swap: false })
    }

    /// The same loss with the distance (Σ |dᵢ + ε|^p)^(1/p). ε, 1e-6 by default, keeps it smooth at 0.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless p ≥ 1 and ε is positive, both finite.
    pub fn distance(self, p: f64, epsilon: f64) -> Result<TripletMargin> {
        let fits = (1.0..f64::INFINITY).contains(&p);
        let power = setting("TripletMargin", "p", "finite and at least 1", p, fits)?;
        Ok(TripletMargin { power, epsilon: positive("TripletMargin", "epsilon", epsilon)?, ..self })
    }

    /// The same loss with the distance of p and n instead of that of a and n where it is the shorter one (Balntas et al. 2016).
    #[must_use]
    pub fn swap(self) -> TripletMargin {
        TripletMargin { swap: true, ..self }
    }
}

impl<T: Real> Loss<T> for TripletMargin {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        const NAME: &str = "triplet_margin";
        let [anchor, like, unlike] =
            match embeddings(NAME, "needs outputs [n, three embeddings of one length]", output) {
                Ok(parts) => parts,
                Err(error) => return error,
            };
        if output.shape().first() != Some(&target.len()) {
            return misfit(NAME, "needs a target for each sample", output, [target.len()].into());
        }
        let distance = |a: Var<'t, T>, b: Var<'t, T>| {
            (a - b).add_scalar(self.epsilon).norm_axes(&[1], false, self.power)
        };
        let mut far = distance(anchor, unlike);
        if self.swap {
            far = far.minimum(distance(like, unlike));
        }
        (distance(anchor, like) - far).add_scalar(self.margin).relu()
    }

    fn link(&self) -> Link {
        Link::Opaque
    }
}

/// The embeddings in the rows of an output, or the error on the tape.
#[track_caller]
fn embeddings<'t, T: Real, const K: usize>(
    name: &'static str,
    rule: &'static str,
    output: Var<'t, T>,
) -> Result<[Var<'t, T>; K], Var<'t, T>> {
    let shape = output.shape();
    if shape.len() == 2 {
        return parts_of(name, rule, output);
    }
    Err(output.tape().fail(name, vec![shape], TensorError::Operand { operation: name, rule, shape }))
}
