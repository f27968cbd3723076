//! Sizes along each axis of a sequence or an image.

use downhill_autodiff::Shape;

use crate::{Result, Scope};

/// A size along each axis behind the channels: one number for all of them, or an array with one for each, down before
/// across.
///
/// ```
/// use downhill_nn::{Conv1d, Conv2d};
/// let (square, flat, short) = (Conv2d::new(8, 3), Conv2d::new(8, [1, 5]), Conv1d::new(8, 3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent<const AXES: usize>([usize; AXES]);

impl<const AXES: usize> From<usize> for Extent<AXES> {
    fn from(size: usize) -> Self {
        Extent([size; AXES])
    }
}

impl<const AXES: usize> From<[usize; AXES]> for Extent<AXES> {
    fn from(sizes: [usize; AXES]) -> Self {
        Extent(sizes)
    }
}

impl<const AXES: usize> Extent<AXES> {
    /// The sizes down and across; a sequence, which is an image of height 1, has `flat` down.
    pub(super) fn in_plane(self, flat: usize) -> [usize; 2] {
        match self.0[..] {
            [down, across] => [down, across],
            _ => [flat, self.0.first().copied().unwrap_or(flat)],
        }
    }
}

/// The channels, the height and the width of samples `[channels, length]` or `[channels, height, width]` that are not
/// empty; a sequence has the height 1.
pub(super) fn planes<const AXES: usize>(scope: &Scope<'_>, input: Shape) -> Result<[usize; 3]> {
    match input[..] {
        [channels, length] if AXES == 1 && input.elements() > 0 => Ok([channels, 1, length]),
        [channels, height, width] if AXES == 2 && input.elements() > 0 => Ok([channels, height, width]),
        _ => {
            let samples = if AXES == 1 { "[channels, length]" } else { "[channels, height, width]" };
            Err(scope.refuse(input, format!("it needs samples {samples} that are not empty")))
        }
    }
}

/// Samples of so many channels of this size, with as many axes as `like` has.
pub(super) fn sample(like: Shape, channels: usize, [height, width]: [usize; 2]) -> Shape {
    let shape = like.with(0, channels).with(like.len() - 1, width);
    if like.len() == 3 { shape.with(1, height) } else { shape }
}

/// Sizes as a user writes them.
pub(super) fn written<const AXES: usize>(sizes: [usize; 2]) -> String {
    format!("{:?}", &sizes[2 - AXES.min(2)..])
}
