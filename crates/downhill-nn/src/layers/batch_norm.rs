//! Normalising channels over a batch.

use downhill_autodiff::rules::normalize::BatchNorm as Rule;
use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::layer_norm::check_eps;
use crate::{AnyLayer, Buffer, Context, Init, Layer, Param, Result, Scalar, Scope};

/// Batch normalisation of samples `[channels]` or `[channels, length]`: see [`BatchNorm`].
pub type BatchNorm1d = BatchNorm<1>;
/// Batch normalisation of images `[channels, height, width]`: see [`BatchNorm`].
pub type BatchNorm2d = BatchNorm<2>;

/// Batch normalisation (Ioffe & Szegedy 2015): y = (x − m)/√(v + ε) ⊙ weight + bias for each channel, the first axis of a
/// sample. In training m and v are the mean and the variance of the batch, and running ones follow them:
/// running ← (1 − momentum) running + momentum · batch's, of the variance its unbiased estimate. In use m and v are the
/// running ones.
///
/// Parameters and buffers are PyTorch's, all `[channels]`: `weight` starts as ones, `bias` as zeros, `running_mean` as
/// zeros, `running_var` as ones. A batch with a single element of a channel has no variance: in training that is an
/// error.
///
/// ```
/// use downhill_nn::{BatchNorm1d, Linear, Network, Params, Sequential};
/// let network = Network::build(Sequential::new().then(Linear::new(8)).then(BatchNorm1d::new()), [4])?;
/// let params: Params = network.init(0);
/// assert_eq!(params.get("1.running_var")?.as_slice(), [1.0; 8]);
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchNorm<const AXES: usize> {
    eps: f64,
    momentum: f64,
    affine: bool,
    track_running_stats: bool,
    #[serde(skip)]
    parameters: Option<[Param; 2]>,
    #[serde(skip)]
    running: Option<[Buffer; 2]>,
}

impl<const AXES: usize> BatchNorm<AXES> {
    /// With ε = 1e-5, a momentum of 0.1, a weight and a bias, and running statistics.
    pub fn new() -> Self {
        BatchNorm {
            eps: 1e-5,
            momentum: 0.1,
            affine: true,
            track_running_stats: true,
            parameters: None,
            running: None,
        }
    }

    /// The same layer with this ε, positive.
    #[must_use]
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    /// The same layer with this momentum, from 0 to 1: how much of a batch's statistics goes into the running ones.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// The same layer without weight and bias.
    #[must_use]
    pub fn without_affine(mut self) -> Self {
        self.affine = false;
        self
    }

    /// The same layer without running statistics: in use it takes those of the batch, too.
    #[must_use]
    pub fn without_running_stats(mut self) -> Self {
        self.track_running_stats = false;
        self
    }

    fn declare(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        check_eps(scope, input, self.eps)?;
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(scope.refuse(input, format!("momentum must be from 0 to 1, got {}", self.momentum)));
        }
        let channels = channels::<AXES>(scope, input, AXES == 1)?;
        self.parameters = if self.affine { Some(affine(scope, channels)?) } else { None };
        self.running = if self.track_running_stats {
            let mean = scope.buffer("running_mean", [channels], Init::Zeros)?;
            Some([mean, scope.buffer("running_var", [channels], Init::Constant(1.0))?])
        } else {
            None
        };
        Ok(input)
    }

    #[track_caller]
    fn normalize<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let [weight, bias] = parameters(cx, self.parameters.as_ref());
        let Some(buffers) = &self.running else { return x.batch_norm(weight, bias, None, self.eps) };
        let running = buffers.each_ref().map(|buffer| cx.buffer(buffer));
        if !cx.training() {
            return x.fixed_norm(weight, bias, running, self.eps);
        }
        let y = x.batch_norm(weight, bias, Some((running, self.momentum)), self.eps);
        for (buffer, place) in buffers.iter().zip(Rule::RUNNING) {
            if let Some(value) = y.saved(place) {
                cx.set_buffer(buffer, &value);
            }
        }
        y
    }
}

impl<const AXES: usize> Default for BatchNorm<AXES> {
    fn default() -> Self {
        BatchNorm::new()
    }
}

/// Instance normalisation of samples `[channels, length]`: see [`InstanceNorm`].
pub type InstanceNorm1d = InstanceNorm<1>;
/// Instance normalisation of images `[channels, height, width]`: see [`InstanceNorm`].
pub type InstanceNorm2d = InstanceNorm<2>;

/// Instance normalisation (Ulyanov, Vedaldi & Lempitsky 2016): y = (x − m)/√(v + ε) with the mean m and the variance v of
/// each channel of each sample, the same in training and in use. With [`with_affine`](InstanceNorm::with_affine) it has a
/// `weight` and a `bias` `[channels]` as well; at first it has none, as in PyTorch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceNorm<const AXES: usize> {
    eps: f64,
    affine: bool,
    #[serde(skip)]
    parameters: Option<[Param; 2]>,
}

impl<const AXES: usize> InstanceNorm<AXES> {
    /// With ε = 1e-5 and nothing to learn.
    pub fn new() -> Self {
        InstanceNorm { eps: 1e-5, affine: false, parameters: None }
    }

    /// The same layer with this ε, positive.
    #[must_use]
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    /// The same layer with a weight and a bias for each channel.
    #[must_use]
    pub fn with_affine(mut self) -> Self {
        self.affine = true;
        self
    }

    fn declare(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        check_eps(scope, input, self.eps)?;
        let channels = channels::<AXES>(scope, input, false)?;
        if input.elements() == channels {
            return Err(scope.refuse(input, "a channel of a single element has no variance"));
        }
        self.parameters = if self.affine { Some(affine(scope, channels)?) } else { None };
        Ok(input)
    }

    #[track_caller]
    fn normalize<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let [weight, bias] = parameters(cx, self.parameters.as_ref());
        let channels = x.shape().get(1).copied().unwrap_or(1);
        x.group_norm(channels, weight, bias, self.eps)
    }
}

impl<const AXES: usize> Default for InstanceNorm<AXES> {
    fn default() -> Self {
        InstanceNorm::new()
    }
}

/// Makes layers of both, for each number of axes behind the channels.
macro_rules! layers {
    ($($layer:ident),*) => {$(
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
                self.normalize(cx, x)
            }
        }
    )*};
}

layers!(BatchNorm1d, BatchNorm2d, InstanceNorm1d, InstanceNorm2d);

/// Group normalisation (Wu & He 2018): y = (x − m)/√(v + ε) ⊙ weight + bias with the mean m and the variance v of each
/// sample's elements in a group of neighbouring channels, the same in training and in use. Samples are
/// `[channels, …]`. Its parameters are `weight`, which starts as ones, and `bias`, which starts as zeros, both
/// `[channels]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupNorm {
    groups: usize,
    eps: f64,
    affine: bool,
    #[serde(skip)]
    parameters: Option<[Param; 2]>,
}

impl GroupNorm {
    /// This many groups of as many channels each, with ε = 1e-5, a weight and a bias.
    pub fn new(groups: usize) -> GroupNorm {
        GroupNorm { groups, eps: 1e-5, affine: true, parameters: None }
    }

    /// The same layer with this ε, positive.
    #[must_use]
    pub fn eps(mut self, eps: f64) -> GroupNorm {
        self.eps = eps;
        self
    }

    /// The same layer without weight and bias.
    #[must_use]
    pub fn without_affine(mut self) -> GroupNorm {
        self.affine = false;
        self
    }
}

impl Layer for GroupNorm {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        check_eps(scope, input, self.eps)?;
        let channels = match input.first() {
            Some(&channels) if input.elements() > 0 => channels,
            _ => return Err(scope.refuse(input, "it needs samples [channels, …] that are not empty")),
        };
        if self.groups == 0 || !channels.is_multiple_of(self.groups) {
            let reason = format!("{} groups do not divide {channels} channels", self.groups);
            return Err(scope.refuse(input, reason));
        }
        if input.elements() == self.groups {
            return Err(scope.refuse(input, "a group of a single element has no variance"));
        }
        self.parameters = if self.affine { Some(affine(scope, channels)?) } else { None };
        Ok(input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let [weight, bias] = parameters(cx, self.parameters.as_ref());
        x.group_norm(self.groups, weight, bias, self.eps)
    }
}

/// The channels of samples with so many axes behind them, or without any if that is `optional`.
fn channels<const AXES: usize>(scope: &Scope<'_>, input: Shape, optional: bool) -> Result<usize> {
    let fits = input.len() == AXES + 1 || optional && input.len() == 1;
    match input.first() {
        Some(&channels) if fits && input.elements() > 0 => Ok(channels),
        _ => {
            let samples = match (AXES, optional) {
                (1, true) => "[channels] or [channels, length]",
                (1, false) => "[channels, length]",
                _ => "[channels, height, width]",
            };
            Err(scope.refuse(input, format!("it needs samples {samples} that are not empty")))
        }
    }
}

fn affine(scope: &mut Scope<'_>, channels: usize) -> Result<[Param; 2]> {
    let weight = scope.parameter("weight", [channels], Init::Constant(1.0))?;
    Ok([weight, scope.parameter("bias", [channels], Init::Zeros)?])
}

#[track_caller]
fn parameters<'t, T: Scalar>(cx: &Context<'t, T>, places: Option<&[Param; 2]>) -> [Option<Var<'t, T>>; 2] {
    match places {
        Some([weight, bias]) => [Some(cx.param(weight)), Some(cx.param(bias))],
        None => [None, None],
    }
}
