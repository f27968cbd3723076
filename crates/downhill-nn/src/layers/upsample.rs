//! Sequences and images in another size.

use downhill_autodiff::tensor::kernel::Interpolation;
use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::extent::sample;
use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// Brings sequences `[n, channels, length]` or images `[n, channels, height, width]` to another size, as PyTorch's layer
/// of this name does.
///
/// ```
/// use downhill_nn::{Network, Upsample};
/// assert_eq!(Network::build(Upsample::nearest(2), [3, 4, 5])?.output(), [3, 8, 10]);
/// let to_size = Upsample::bilinear(1).align_corners().to_size([9, 7]);
/// assert_eq!(Network::build(to_size, [3, 4, 5])?.output(), [3, 9, 7]);
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Upsample {
    factor: usize,
    /// The new lengths of the axes behind the channels, if they are given.
    size: Option<Shape>,
    linear: bool,
    align_corners: bool,
    /// The new height and width.
    #[serde(skip)]
    to: [usize; 2],
}

impl Upsample {
    /// Each number `factor` times along each axis.
    pub fn nearest(factor: usize) -> Upsample {
        Upsample { factor, size: None, linear: false, align_corners: false, to: [0; 2] }
    }

    /// Axes `factor` times as long, with numbers along straight lines between those that are there: linear for
    /// sequences, bilinear for images.
    pub fn bilinear(factor: usize) -> Upsample {
        Upsample { linear: true, ..Upsample::nearest(factor) }
    }

    /// The same layer with the outermost numbers kept where they are. Otherwise the first and the last number of an axis
    /// stand half a number's width from its ends, before and after.
    #[must_use]
    pub fn align_corners(mut self) -> Upsample {
        self.align_corners = true;
        self
    }

    /// The same layer with this new size of the axes behind the channels, whatever the factor: `[length]` or
    /// `[height, width]`.
    #[must_use]
    pub fn to_size(mut self, size: impl Into<Shape>) -> Upsample {
        self.size = Some(size.into());
        self
    }
}

impl Layer for Upsample {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let (channels, from) = match input[..] {
            [channels, length] if input.elements() > 0 => (channels, [1, length]),
            [channels, height, width] if input.elements() > 0 => (channels, [height, width]),
            _ => {
                let samples = "[channels, length] or [channels, height, width]";
                return Err(scope.refuse(input, format!("it needs samples {samples} that are not empty")));
            }
        };
        self.to = match self.size.as_deref() {
            Some(&[length]) if input.len() == 2 => [1, length],
            Some(&[height, width]) if input.len() == 3 => [height, width],
            Some(size) => {
                return Err(
                    scope.refuse(input, format!("{size:?} has no length for each axis behind the channels"))
                );
            }
            None => {
                let [height, width] = from.map(|length| length.saturating_mul(self.factor));
                [if input.len() == 2 { 1 } else { height }, width]
            }
        };
        if self.to.contains(&0) {
            return Err(scope.refuse(input, "it leaves nothing of it: factors and sizes must be at least 1"));
        }
        Ok(sample(input, channels, self.to))
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let interpolation = match (self.linear, self.align_corners) {
            (false, _) => Interpolation::Nearest,
            (true, false) => Interpolation::Linear,
            (true, true) => Interpolation::LinearAligned,
        };
        x.resize(self.to, interpolation)
    }
}
