//! Normalising each sample by itself, along its last axes.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Init, Layer, Param, Result, Scalar, Scope};

/// y = (x − m)/√(v + ε) ⊙ weight + bias with the mean m and the variance v of each sample's elements along the last
/// axes (Ba, Kiros & Hinton 2016). Its parameters are `weight`, which starts as ones, and `bias`, which starts as
/// zeros, both of those axes' shape, as in PyTorch.
///
/// ```
/// use downhill_nn::autodiff::Tensor;
/// use downhill_nn::{LayerNorm, Network};
/// let network = Network::build(LayerNorm::new(), [4])?;
/// let y = network.predict(&network.init(0), &Tensor::from_rows(&[[1.0, 2.0, 3.0, 6.0_f64]]))?;
/// assert!(y.as_slice().iter().sum::<f64>().abs() < 1e-12);
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerNorm {
    axes: usize,
    eps: f64,
    weight: bool,
    bias: bool,
    #[serde(skip)]
    parameters: (Option<Param>, Option<Param>),
}

impl LayerNorm {
    /// Normalises along the last axis, with ε = 1e-5, a weight and a bias.
    pub fn new() -> LayerNorm {
        LayerNorm { axes: 1, eps: 1e-5, weight: true, bias: true, parameters: Default::default() }
    }

    /// The same layer normalising along this many of the last axes.
    #[must_use]
    pub fn axes(mut self, count: usize) -> LayerNorm {
        self.axes = count;
        self
    }

    /// The same layer with this ε, positive.
    #[must_use]
    pub fn eps(mut self, eps: f64) -> LayerNorm {
        self.eps = eps;
        self
    }

    /// The same layer without a bias.
    #[must_use]
    pub fn without_bias(mut self) -> LayerNorm {
        self.bias = false;
        self
    }

    /// The same layer without anything to learn.
    #[must_use]
    pub fn without_affine(mut self) -> LayerNorm {
        (self.weight, self.bias) = (false, false);
        self
    }
}

impl Default for LayerNorm {
    fn default() -> LayerNorm {
        LayerNorm::new()
    }
}

impl Layer for LayerNorm {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let shape = normalized(scope, input, self.axes, self.eps)?;
        let mut parameter = |wanted: bool, name, value| {
            wanted.then(|| scope.parameter(name, shape, Init::Constant(value))).transpose()
        };
        self.parameters = (parameter(self.weight, "weight", 1.0)?, parameter(self.bias, "bias", 0.0)?);
        Ok(input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let (weight, bias) = &self.parameters;
        let [weight, bias] = [weight, bias].map(|place| place.as_ref().map(|place| cx.param(place)));
        x.layer_norm(self.axes, weight, bias, self.eps)
    }
}

/// y = x/√(mean of x² + ε) ⊙ weight, the mean over each sample's elements along the last axes (Zhang & Sennrich 2019):
/// cheaper than [`LayerNorm`]. Its parameter is `weight` of those axes' shape, which starts as ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RmsNorm {
    axes: usize,
    eps: f64,
    affine: bool,
    #[serde(skip)]
    weight: Option<Param>,
}

impl RmsNorm {
    /// Normalises along the last axis with a weight. ε is `f32`'s machine epsilon, as in PyTorch, in every number
    /// type.
    pub fn new() -> RmsNorm {
        RmsNorm { axes: 1, eps: f64::from(f32::EPSILON), affine: true, weight: None }
    }

    /// The same layer normalising along this many of the last axes.
    #[must_use]
    pub fn axes(mut self, count: usize) -> RmsNorm {
        self.axes = count;
        self
    }

    /// The same layer with this ε, positive.
    #[must_use]
    pub fn eps(mut self, eps: f64) -> RmsNorm {
        self.eps = eps;
        self
    }

    /// The same layer without anything to learn.
    #[must_use]
    pub fn without_affine(mut self) -> RmsNorm {
        self.affine = false;
        self
    }
}

impl Default for RmsNorm {
    fn default() -> RmsNorm {
        RmsNorm::new()
    }
}

impl Layer for RmsNorm {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let shape = normalized(scope, input, self.axes, self.eps)?;
        let mut weight = || scope.parameter("weight", shape, Init::Constant(1.0));
        self.weight = self.affine.then(&mut weight).transpose()?;
        Ok(input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.rms_norm(self.axes, self.weight.as_ref().map(|weight| cx.param(weight)), self.eps)
    }
}

/// The shape of what is normalised together: the last axes of a sample.
fn normalized(scope: &Scope<'_>, input: Shape, axes: usize, eps: f64) -> Result<Shape> {
    check_eps(scope, input, eps)?;
    let last = input.len().checked_sub(axes).filter(|_| axes > 0).map(|first| &input[first..]);
    match last.map(Shape::new) {
        Some(Ok(shape)) if shape.elements() > 0 => Ok(shape),
        Some(_) => Err(scope.refuse(input, "there is nothing to normalise along an axis of length 0")),
        None if axes == 0 => Err(scope.refuse(input, "it needs at least one axis to normalise along")),
        None => Err(scope.refuse(input, format!("it normalises along the last {axes} axes of a sample"))),
    }
}

/// That ε is a finite positive number.
pub(super) fn check_eps(scope: &Scope<'_>, input: Shape, eps: f64) -> Result<()> {
    if eps > 0.0 && eps.is_finite() {
        Ok(())
    } else {
        Err(scope.refuse(input, format!("eps must be positive and finite, got {eps}")))
    }
}
