//! Pools: the largest number or the mean of each window.

use downhill_autodiff::tensor::kernel::{Span, Window};
use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::convolution::{layers, no_windows};
use super::extent::{Extent, planes, sample, written};
use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// The largest numbers of windows on sequences `[channels, length]`: see [`MaxPool`].
pub type MaxPool1d = MaxPool<1>;
/// The largest numbers of windows on images `[channels, height, width]`: see [`MaxPool`].
pub type MaxPool2d = MaxPool<2>;
/// The means of windows on sequences `[channels, length]`: see [`AvgPool`].
pub type AvgPool1d = AvgPool<1>;
/// The means of windows on images `[channels, height, width]`: see [`AvgPool`].
pub type AvgPool2d = AvgPool<2>;
/// The largest numbers of a given number of windows on sequences: see [`AdaptiveMaxPool`].
pub type AdaptiveMaxPool1d = AdaptiveMaxPool<1>;
/// The largest numbers of a given number of windows on images: see [`AdaptiveMaxPool`].
pub type AdaptiveMaxPool2d = AdaptiveMaxPool<2>;
/// The means of a given number of windows on sequences: see [`AdaptiveAvgPool`].
pub type AdaptiveAvgPool1d = AdaptiveAvgPool<1>;
/// The means of a given number of windows on images: see [`AdaptiveAvgPool`].
pub type AdaptiveAvgPool2d = AdaptiveAvgPool<2>;

/// Windows of this size that slide over each channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Sliding {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
}

impl Sliding {
    fn new<const AXES: usize>(kernel: impl Into<Extent<AXES>>) -> Sliding {
        let kernel = kernel.into().in_plane(1);
        Sliding { kernel, stride: kernel, padding: [0; 2] }
    }

    fn spans(self) -> [Span; 2] {
        [0, 1].map(|axis| {
            let (kernel, stride, width) = (self.kernel[axis], self.stride[axis], self.padding[axis]);
            Span::Sliding(Window { kernel, stride, dilation: 1, before: width, after: width })
        })
    }

    fn output<const AXES: usize>(self, scope: &Scope<'_>, input: Shape) -> Result<Shape> {
        let [channels, height, width] = planes::<AXES>(scope, input)?;
        let [down, across] = self.spans();
        if let (Some(rows), Some(columns)) = (down.count(height), across.count(width)) {
            return Ok(sample(input, channels, [rows, columns]));
        }
        if (0..2).any(|axis| self.kernel[axis] > 0 && self.padding[axis] >= self.kernel[axis]) {
            let (padding, kernel) = (written::<AXES>(self.padding), written::<AXES>(self.kernel));
            let reason = format!("its padding {padding} must be narrower than its kernel {kernel}");
            return Err(scope.refuse(input, reason));
        }
        Err(no_windows::<AXES>(scope, input, [self.kernel, self.stride, [1; 2]]))
    }
}

/// The settings of pools with windows that slide.
macro_rules! sliding {
    () => {
        /// The same layer with this distance from a window to the next; at first it is the window's size.
        #[must_use]
        pub fn stride(mut self, stride: impl Into<Extent<AXES>>) -> Self {
            self.windows.stride = stride.into().in_plane(1);
            self
        }

        /// The same layer with a border of this width on both sides of each axis, narrower than a window.
        #[must_use]
        pub fn padding(mut self, width: impl Into<Extent<AXES>>) -> Self {
            self.windows.padding = width.into().in_plane(0);
            self
        }

        fn declare(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
            self.windows.output::<AXES>(scope, input)
        }
    };
}

/// The largest number of each window, for each channel: `[n, channels, …]` to as many channels of
/// ⌊(length + 2·padding − kernel)/stride⌋ + 1 numbers. A border is never the largest. Of equal numbers the first gets the
/// derivative, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MaxPool<const AXES: usize> {
    windows: Sliding,
}

impl<const AXES: usize> MaxPool<AXES> {
    /// Windows of this size, side by side.
    pub fn new(kernel: impl Into<Extent<AXES>>) -> Self {
        MaxPool { windows: Sliding::new(kernel) }
    }

    sliding!();

    #[track_caller]
    fn pool<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.max_pool(self.windows.spans())
    }
}

/// The mean of each window, for each channel: `[n, channels, …]` to as many channels of
/// ⌊(length + 2·padding − kernel)/stride⌋ + 1 numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AvgPool<const AXES: usize> {
    windows: Sliding,
    count_border: bool,
}

impl<const AXES: usize> AvgPool<AXES> {
    /// Windows of this size, side by side.
    pub fn new(kernel: impl Into<Extent<AXES>>) -> Self {
        AvgPool { windows: Sliding::new(kernel), count_border: true }
    }

    /// The same layer with means of what is inside the input alone. At first the border counts as zeros, as in PyTorch.
    #[must_use]
    pub fn without_border(mut self) -> Self {
        self.count_border = false;
        self
    }

    sliding!();

    #[track_caller]
    fn pool<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.mean_pool(self.windows.spans(), self.count_border)
    }
}

/// A number of windows over all of an axis, whatever its length.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Adaptive {
    count: [usize; 2],
}

impl Adaptive {
    fn new<const AXES: usize>(count: impl Into<Extent<AXES>>) -> Adaptive {
        Adaptive { count: count.into().in_plane(1) }
    }

    fn spans(self) -> [Span; 2] {
        self.count.map(Span::Adaptive)
    }

    fn output<const AXES: usize>(self, scope: &Scope<'_>, input: Shape) -> Result<Shape> {
        let [channels, ..] = planes::<AXES>(scope, input)?;
        if self.count.contains(&0) {
            let reason =
                format!("it makes that {} windows: at least 1 is needed", written::<AXES>(self.count));
            return Err(scope.refuse(input, reason));
        }
        Ok(sample(input, channels, self.count))
    }
}

/// The largest number of each of so many windows, for each channel: `[n, channels, …]` to as many channels of that size.
/// Window i of k on an axis of length l has its numbers from ⌊i·l/k⌋ to ⌈(i + 1)·l/k⌉, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdaptiveMaxPool<const AXES: usize> {
    windows: Adaptive,
}

impl<const AXES: usize> AdaptiveMaxPool<AXES> {
    /// So many windows along each axis.
    pub fn new(count: impl Into<Extent<AXES>>) -> Self {
        AdaptiveMaxPool { windows: Adaptive::new(count) }
    }

    fn declare(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        self.windows.output::<AXES>(scope, input)
    }

    #[track_caller]
    fn pool<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.max_pool(self.windows.spans())
    }
}

/// The mean of each of so many windows, for each channel: `[n, channels, …]` to as many channels of that size. The windows
/// are those of [`AdaptiveMaxPool`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdaptiveAvgPool<const AXES: usize> {
    windows: Adaptive,
}

impl<const AXES: usize> AdaptiveAvgPool<AXES> {
    /// So many windows along each axis.
    pub fn new(count: impl Into<Extent<AXES>>) -> Self {
        AdaptiveAvgPool { windows: Adaptive::new(count) }
    }

    fn declare(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        self.windows.output::<AXES>(scope, input)
    }

    #[track_caller]
    fn pool<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.mean_pool(self.windows.spans(), true)
    }
}

layers!(MaxPool1d: pool; MaxPool2d: pool; AvgPool1d: pool; AvgPool2d: pool);
layers!(AdaptiveMaxPool1d: pool; AdaptiveMaxPool2d: pool; AdaptiveAvgPool1d: pool; AdaptiveAvgPool2d: pool);

/// The largest number of each channel: `[n, channels, length]` to `[n, channels, 1]`, or `[n, channels, height, width]` to
/// `[n, channels, 1, 1]`. [`Flatten`](super::Flatten) makes `[n, channels]` of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GlobalMaxPool;

/// The mean of each channel: `[n, channels, length]` to `[n, channels, 1]`, or `[n, channels, height, width]` to
/// `[n, channels, 1, 1]`. [`Flatten`](super::Flatten) makes `[n, channels]` of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GlobalAvgPool;

impl Layer for GlobalMaxPool {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.max_pool([Span::Adaptive(1); 2])
    }
}

impl Layer for GlobalAvgPool {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.mean_pool([Span::Adaptive(1); 2], true)
    }
}
