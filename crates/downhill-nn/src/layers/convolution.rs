//! Convolutions.

use downhill_autodiff::rules::convolution::Convolution;
use downhill_autodiff::rules::elementwise::Identity;
use downhill_autodiff::tensor::kernel::Window;
use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::Activation;
use super::affine::{self, Affine};
use super::extent::{Extent, planes, sample, written};
use crate::{AnyLayer, Context, Init, Layer, Result, Scalar, Scope};

/// A convolution of sequences `[channels, length]`: see [`Conv`].
pub type Conv1d = Conv<1>;
/// A convolution of images `[channels, height, width]`: see [`Conv`].
pub type Conv2d = Conv<2>;

/// A convolution: `[n, in, …]` to `[n, out, …]`, each number a weighted sum over all channels of what a window sees, and a
/// bias. An axis of length l becomes one of ⌊(l + border − dilation·(kernel − 1) − 1)/stride⌋ + 1.
///
/// Its parameters are `weight` `[out, in/groups, kernel…]` and `bias` `[out]`, PyTorch's layout; `in` is learned from the
/// input when the network is built. Both start uniform in ±1/√(in/groups · taps of the kernel), as PyTorch's do, unless
/// told otherwise. An [`Activation`] right behind it in a [`Sequential`](super::Sequential) is computed with it as one
/// operation.
///
/// ```
/// use downhill_nn::{Activation, Conv2d, Flatten, Linear, MaxPool2d, Network, Sequential};
/// let layers = Sequential::new()
///     .then(Conv2d::new(6, 5).padding(2))
///     .then(Activation::Relu)
///     .then(MaxPool2d::new(2))
///     .then(Conv2d::new(16, 5))
///     .then(Activation::Relu)
///     .then(MaxPool2d::new(2))
///     .then(Flatten)
///     .then(Linear::new(10));
/// let network = Network::build(layers, [1, 28, 28])?;
/// assert_eq!(network.layout().parts()[2].to_string(), "3.weight [16, 6, 5, 5]");
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conv<const AXES: usize> {
    /// The number of channels out, or `None` for as many as there are in, each by itself.
    outputs: Option<usize>,
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    border: Border,
    groups: usize,
    affine: Affine,
    #[serde(skip)]
    built: Built,
}

/// The border of zeros around the input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Border {
    /// So wide on both sides.
    Wide([usize; 2]),
    /// As wide as it must be for ⌈length/stride⌉ windows.
    Same,
}

/// What building has found out.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Built {
    windows: [Window; 2],
    groups: usize,
}

impl<const AXES: usize> Conv<AXES> {
    /// A convolution to this many channels with a kernel of this size, a stride of 1 and no border.
    pub fn new(outputs: usize, kernel: impl Into<Extent<AXES>>) -> Self {
        Conv {
            outputs: Some(outputs),
            kernel: kernel.into().in_plane(1),
            stride: [1; 2],
            dilation: [1; 2],
            border: Border::Wide([0; 2]),
            groups: 1,
            affine: Affine::new(),
            built: Built::default(),
        }
    }

    /// A convolution of each channel by itself: as many groups and channels out as there are channels in.
    pub fn depthwise(kernel: impl Into<Extent<AXES>>) -> Self {
        Conv { outputs: None, ..Conv::new(0, kernel) }
    }

    /// The same layer with this distance from a window to the next.
    #[must_use]
    pub fn stride(mut self, stride: impl Into<Extent<AXES>>) -> Self {
        self.stride = stride.into().in_plane(1);
        self
    }

    /// The same layer with a border of zeros of this width on both sides of each axis.
    #[must_use]
    pub fn padding(mut self, width: impl Into<Extent<AXES>>) -> Self {
        self.border = Border::Wide(width.into().in_plane(0));
        self
    }

    /// The same layer with a border of zeros that gives an axis of length l ⌈l/stride⌉ windows: as many as elements for a
    /// stride of 1. If the border cannot be the same on both sides, it is wider behind, as in PyTorch and Keras.
    #[must_use]
    pub fn same(mut self) -> Self {
        self.border = Border::Same;
        self
    }

    /// The same layer with this distance from a tap of the kernel to the next.
    #[must_use]
    pub fn dilation(mut self, dilation: impl Into<Extent<AXES>>) -> Self {
        self.dilation = dilation.into().in_plane(1);
        self
    }

    /// The same layer with channels in this many groups, which see each their own channels of the input. It must divide
    /// the channels in and out.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    affine::settings!();

    /// The windows down and across, and how many there are.
    fn windows(&self, scope: &Scope<'_>, input: Shape, size: [usize; 2]) -> Result<[(Window, usize); 2]> {
        let axis = |axis: usize| {
            let (kernel, stride, dilation) = (self.kernel[axis], self.stride[axis], self.dilation[axis]);
            let plain = Window { kernel, stride, dilation, before: 0, after: 0 };
            let window = match self.border {
                Border::Wide(width) => Window { before: width[axis], after: width[axis], ..plain },
                Border::Same => {
                    let last = size[axis].checked_sub(1)?.checked_div(stride)?.checked_mul(stride)?;
                    let width = last.checked_add(plain.span()?)?.saturating_sub(size[axis]);
                    Window { before: width / 2, after: width - width / 2, ..plain }
                }
            };
            Some((window, window.count(size[axis])?))
        };
        if let (Some(down), Some(across)) = (axis(0), axis(1)) {
            return Ok([down, across]);
        }
        Err(no_windows::<AXES>(scope, input, [self.kernel, self.stride, self.dilation]))
    }

    fn declare(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let [channels, height, width] = planes::<AXES>(scope, input)?;
        let outputs = self.outputs.unwrap_or(channels);
        let groups = if self.outputs.is_none() { channels } else { self.groups };
        if groups == 0 || !channels.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            let reason = format!("{groups} groups do not divide {channels} channels in and {outputs} out");
            return Err(scope.refuse(input, reason));
        }
        let [(down, rows), (across, columns)] = self.windows(scope, input, [height, width])?;
        let own = channels / groups;
        let shape = weight_shape::<AXES>([outputs, own], self.kernel);
        self.affine.declare(scope, shape, outputs)?;
        self.built = Built { windows: [down, across], groups };
        let output = sample(input, outputs, [rows, columns]);
        scope.multiply_adds(output.elements().saturating_mul(shape.sample().elements()));
        Ok(output)
    }

    /// The layer with an activation behind it, as one operation.
    #[track_caller]
    fn convolve_activated<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        activation: Option<Activation>,
    ) -> Var<'t, T> {
        let Some(activation) = activation else { return self.convolve(cx, x) };
        let (weight, bias) = self.affine.vars(cx);
        let Built { windows, groups } = self.built;
        activation.after_convolution(x, weight, bias, windows, groups)
    }

    #[track_caller]
    fn convolve<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let (weight, bias) = self.affine.vars(cx);
        let Built { windows, groups } = self.built;
        x.convolution(weight, bias, Convolution { windows, groups, activation: Identity })
    }
}

/// `[a, b, kernel…]`.
pub(super) fn weight_shape<const AXES: usize>([a, b]: [usize; 2], [down, across]: [usize; 2]) -> Shape {
    if AXES == 1 { [a, b, across].into() } else { [a, b, down, across].into() }
}

/// Why a kernel of this size, with this stride and dilation, fits nowhere.
pub(super) fn no_windows<const AXES: usize>(
    scope: &Scope<'_>,
    input: Shape,
    settings: [[usize; 2]; 3],
) -> crate::Error {
    let [kernel, stride, dilation] = settings.map(written::<AXES>);
    for (name, sizes) in ["its kernel", "its stride", "its dilation"].into_iter().zip(settings) {
        if sizes.contains(&0) {
            return scope
                .refuse(input, format!("{name} is {}: at least 1 is needed", written::<AXES>(sizes)));
        }
    }
    let reason = "is larger than the input with its border";
    scope.refuse(input, format!("its kernel {kernel} with stride {stride} and dilation {dilation} {reason}"))
}

/// Makes a layer for each number of axes behind the channels.
macro_rules! layers {
    ($($layer:ident: $forward:ident $(, $forward_activated:ident)?);* $(;)?) => {$(
        impl Layer for $layer {
            fn into_any(self) -> AnyLayer {
                self.into()
            }

            fn kind(&self) -> String {
                stringify!($layer).into()
            }

            fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
                self.declare(scope, input)
            }

            #[track_caller]
            fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
                self.$forward(cx, x)
            }

            $(
                #[track_caller]
                fn forward_activated<'t, T: Scalar>(
                    &self,
                    cx: &Context<'t, T>,
                    x: Var<'t, T>,
                    activation: Option<Activation>,
                ) -> Var<'t, T> {
                    self.$forward_activated(cx, x, activation)
                }
            )?
        }
    )*};
}

pub(super) use layers;

layers!(Conv1d: convolve, convolve_activated; Conv2d: convolve, convolve_activated);
