//! Borders of zeros.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::convolution::layers;
use super::extent::{Extent, planes, sample};
use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// A border of zeros around sequences `[channels, length]`: see [`ZeroPad`].
pub type ZeroPad1d = ZeroPad<1>;
/// A border of zeros around images `[channels, height, width]`: see [`ZeroPad`].
pub type ZeroPad2d = ZeroPad<2>;

/// Puts zeros before and after each axis behind the channels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ZeroPad<const AXES: usize> {
    before: [usize; 2],
    after: [usize; 2],
}

impl<const AXES: usize> ZeroPad<AXES> {
    /// So many zeros on both sides of each axis.
    pub fn new(width: impl Into<Extent<AXES>>) -> Self {
        let width = width.into();
        ZeroPad::uneven(width, width)
    }

    /// So many zeros before and after each axis: above and to the left, below and to the right of an image.
    pub fn uneven(before: impl Into<Extent<AXES>>, after: impl Into<Extent<AXES>>) -> Self {
        ZeroPad { before: before.into().in_plane(0), after: after.into().in_plane(0) }
    }

    fn declare(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let [channels, height, width] = planes::<AXES>(scope, input)?;
        let longer = |axis: usize, length: usize| {
            length.saturating_add(self.before[axis]).saturating_add(self.after[axis])
        };
        Ok(sample(input, channels, [longer(0, height), longer(1, width)]))
    }

    #[track_caller]
    fn pad<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let [before, after] = [self.before, self.after].map(|[down, across]| [0, 0, down, across]);
        if AXES == 1 {
            // A sequence has no height.
            let [before, after] = [before, after].map(|[n, channels, _, across]| [n, channels, across]);
            return x.pad(&before, &after, 0.0);
        }
        x.pad(&before, &after, 0.0)
    }
}

layers!(ZeroPad1d: pad; ZeroPad2d: pad);
