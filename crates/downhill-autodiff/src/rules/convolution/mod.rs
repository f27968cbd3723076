//! Convolutions of sequences `[n, channels, length]` and images `[n, channels, height, width]`.

mod plain;
mod transposed;

pub use plain::Convolution;
pub use transposed::TransposedConvolution;

use downhill_tensor::kernel::{self, Window};
use downhill_tensor::{Error, Result, Shape};

/// A sequence or image of `[n, channels, …]` as n, channels, height and width.
pub(super) fn planes(shape: Shape) -> Option<[usize; 4]> {
    match shape[..] {
        [n, channels, length] => Some([n, channels, 1, length]),
        [n, channels, height, width] => Some([n, channels, height, width]),
        _ => None,
    }
}

/// The shape of `channels` planes of this size, for samples of as many axes as `like` has.
pub(super) fn shape_of(like: Shape, channels: usize, [height, width]: [usize; 2]) -> Shape {
    let shape = like.with(1, channels).with(like.len() - 1, width);
    if like.len() == 4 { shape.with(2, height) } else { shape }
}

/// A convolution of images of the shape `images` with this weight, of which `windows` have so many places.
fn geometry(
    images: [usize; 4],
    weight: Shape,
    groups: usize,
    windows: [Window; 2],
    output: [usize; 2],
) -> kernel::Convolution {
    let [samples, channels, height, width] = images;
    let channels = [channels, weight[0]];
    kernel::Convolution { samples, groups, channels, windows, input: [height, width], output }
}

/// Whether a weight `[out, in/groups, …]` is one for these windows.
fn has_windows(weight: Shape, axes: usize, windows: [Window; 2]) -> bool {
    let taps = match weight[..] {
        [_, _, width] => [1, width],
        [_, _, height, width] => [height, width],
        _ => return false,
    };
    weight.len() == axes && taps == windows.map(|window| window.kernel)
}

/// The error of windows that do not fit what they slide over.
fn no_window(operation: &'static str, shape: Shape) -> Error {
    let rule = "needs strides and dilations of at least 1 and a kernel no larger than x with its border";
    Error::Operand { operation, rule, shape }
}

/// That a bias, if there is one, has an element for each channel.
fn check_bias(operation: &'static str, bias: Option<Shape>, channels: usize, weight: Shape) -> Result<()> {
    match bias {
        Some(bias) if bias != [channels] => {
            Err(Error::mismatch(operation, "needs an element of the bias for each channel out", weight, bias))
        }
        _ => Ok(()),
    }
}
