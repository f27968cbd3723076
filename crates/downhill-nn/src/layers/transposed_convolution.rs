//! Transposed convolutions.

use downhill_autodiff::rules::convolution::TransposedConvolution;
use downhill_autodiff::tensor::kernel::Window;
use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::affine::{self, Affine};
use super::convolution::{layers, no_windows, weight_shape};
use super::extent::{Extent, planes, sample, written};
use crate::{AnyLayer, Context, Init, Layer, Result, Scalar, Scope};

/// A transposed convolution of sequences `[channels, length]`: see [`ConvTranspose`].
pub type ConvTranspose1d = ConvTranspose<1>;
/// A transposed convolution of images `[channels, height, width]`: see [`ConvTranspose`].
pub type ConvTranspose2d = ConvTranspose<2>;

/// A transposed convolution, also called a deconvolution: `[n, in, …]` to `[n, out, …]`, each number of the input spread
/// over what a window covers of the output, and a bias. It turns the shapes of a [`Conv`](super::Conv) around: an axis
/// of length l becomes one of (l − 1)·stride − 2·padding + dilation·(kernel − 1) + 1 + output padding.
///
/// Its parameters are `weight` `[in, out/groups, kernel…]` and `bias` `[out]`, PyTorch's layout. Both start uniform in
/// ±1/√(out/groups · taps of the kernel), as PyTorch's do, unless told otherwise.
///
/// ```
/// use downhill_nn::{Conv2d, ConvTranspose2d, Network, Sequential};
/// let halved = Conv2d::new(8, 3).stride(2).padding(1);
/// let doubled = ConvTranspose2d::new(1, 3).stride(2).padding(1).output_padding(1);
/// let network = Network::build(Sequential::new().then(halved).then(doubled), [1, 8, 8])?;
/// assert_eq!(network.output(), [1, 8, 8]);
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConvTranspose<const AXES: usize> {
    outputs: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    output_padding: [usize; 2],
    dilation: [usize; 2],
    groups: usize,
    affine: Affine,
}

impl<const AXES: usize> ConvTranspose<AXES> {
    /// A transposed convolution to this many channels with a kernel of this size and a stride of 1.
    pub fn new(outputs: usize, kernel: impl Into<Extent<AXES>>) -> Self {
        ConvTranspose {
            outputs,
            kernel: kernel.into().in_plane(1),
            stride: [1; 2],
            padding: [0; 2],
            output_padding: [0; 2],
            dilation: [1; 2],
            groups: 1,
            affine: Affine::new(),
        }
    }

    /// The same layer with this distance from a window on the output to the next.
    #[must_use]
    pub fn stride(mut self, stride: impl Into<Extent<AXES>>) -> Self {
        self.stride = stride.into().in_plane(1);
        self
    }

    /// The same layer without a border of this width of the output: the border of the convolution that it turns around.
    #[must_use]
    pub fn padding(mut self, width: impl Into<Extent<AXES>>) -> Self {
        self.padding = width.into().in_plane(0);
        self
    }

    /// The same layer with this many rows and columns more at the ends of the output, where the convolution that it turns
    /// around leaves some out. It must be less than the stride or the dilation.
    #[must_use]
    pub fn output_padding(mut self, more: impl Into<Extent<AXES>>) -> Self {
        self.output_padding = more.into().in_plane(0);
        self
    }

    /// The same layer with this distance from a tap of the kernel to the next.
    #[must_use]
    pub fn dilation(mut self, dilation: impl Into<Extent<AXES>>) -> Self {
        self.dilation = dilation.into().in_plane(1);
        self
    }

    /// The same layer with channels in this many groups. It must divide the channels in and out.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    affine::settings!();

    fn windows(&self) -> [Window; 2] {
        [0, 1].map(|axis| Window {
            kernel: self.kernel[axis],
            stride: self.stride[axis],
            dilation: self.dilation[axis],
            before: self.padding[axis],
            after: self.padding[axis],
        })
    }

    fn declare(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let [channels, height, width] = planes::<AXES>(scope, input)?;
        let (groups, outputs) = (self.groups, self.outputs);
        if groups == 0 || !channels.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            let reason = format!("{groups} groups do not divide {channels} channels in and {outputs} out");
            return Err(scope.refuse(input, reason));
        }
        let fits = |axis: usize| self.output_padding[axis] < self.stride[axis].max(self.dilation[axis]);
        let [down, across] = self.windows();
        let [below, beside] = self.output_padding;
        let (Some(rows), Some(columns)) = (down.transposed(height, below), across.transposed(width, beside))
        else {
            let settings = [self.kernel, self.stride, self.dilation];
            if settings.iter().any(|sizes| sizes.contains(&0)) {
                return Err(no_windows::<AXES>(scope, input, settings));
            }
            let padding = written::<AXES>(self.padding);
            return Err(scope.refuse(input, format!("its padding {padding} leaves nothing of the output")));
        };
        if !fits(0) && AXES == 2 || !fits(1) {
            let more = written::<AXES>(self.output_padding);
            let reason = format!("its output padding {more} must be less than the stride or the dilation");
            return Err(scope.refuse(input, reason));
        }
        let shape = weight_shape::<AXES>([channels, outputs / groups], self.kernel);
        self.affine.declare(scope, shape, outputs)?;
        scope.multiply_adds(input.elements().saturating_mul(shape.sample().elements()));
        Ok(sample(input, outputs, [rows, columns]))
    }

    #[track_caller]
    fn convolve<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let (weight, bias) = self.affine.vars(cx);
        let rule =
            TransposedConvolution { windows: self.windows(), groups: self.groups, more: self.output_padding };
        x.transposed_convolution(weight, bias, rule)
    }
}

layers!(ConvTranspose1d: convolve; ConvTranspose2d: convolve);
