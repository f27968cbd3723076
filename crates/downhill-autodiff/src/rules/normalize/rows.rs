//! Normalising each sample by itself.

use downhill_tensor::kernel::RowNorm;
use downhill_tensor::{Error, Real, Result, Shape, Tensor};

use super::check_eps;
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y = (x − m)/√(v + ε) ⊙ w + b with the mean m and the variance v (divided by their number) of the elements along
/// the last axes (Ba, Kiros & Hinton 2016, section 3). Operands: x, then w if there is one, then b if there is one;
/// both of the last axes' shape.
///
/// With s = 1/√(v + ε), x̂ = (x − m)·s and δ = w ⊙ ∂L/∂y: ∂L/∂x = s (δ − mean of δ − x̂ · mean of δ ⊙ x̂),
/// ∂L/∂w = Σ x̂ ⊙ ∂L/∂y, ∂L/∂b = Σ ∂L/∂y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerNorm {
    /// The number of axes that are normalised, counted from the end.
    pub axes: usize,
    /// ε, positive.
    pub eps: f64,
    /// Whether there is a w.
    pub weight: bool,
}

/// y = x/√(mean of x² + ε) ⊙ w, the mean along the last axes (Zhang & Sennrich 2019, equation 4). Operands: x, then w
/// of the last axes' shape if there is one.
///
/// With s = 1/√(mean of x² + ε), x̂ = x·s and δ = w ⊙ ∂L/∂y: ∂L/∂x = s (δ − x̂ · mean of δ ⊙ x̂),
/// ∂L/∂w = Σ x̂ ⊙ ∂L/∂y.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsNorm {
    /// The number of axes that are normalised, counted from the end.
    pub axes: usize,
    /// ε, positive.
    pub eps: f64,
}

impl<T: Real> Rule<T> for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let (shape, columns) = check("layer_norm", self.axes, self.eps, operands)?;
        let mut means = cx.take([rows(shape, columns)].into());
        let weight = self.weight.then_some(1);
        let bias = (operands.len() > 1 + usize::from(self.weight)).then(|| operands.len() - 1);
        let y = forward(columns, self.eps, operands, weight, bias, means.as_mut_slice(), cx);
        cx.save(means);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let weight = self.weight.then_some(1);
        let bias = (at.len() > 1 + usize::from(self.weight)).then(|| at.len() - 1);
        pull_back(self.axes, weight, bias, at.saved(1).as_slice(), at, sink);
    }
}

impl<T: Real> Rule<T> for RmsNorm {
    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let (_, columns) = check("rms_norm", self.axes, self.eps, operands)?;
        let weight = (operands.len() > 1).then_some(1);
        Ok(forward(columns, self.eps, operands, weight, None, &mut [], cx))
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        pull_back(self.axes, (at.len() > 1).then_some(1), None, &[], at, sink);
    }
}

/// The shape of x and the length of what is normalised together.
fn check<T: Real>(
    operation: &'static str,
    axes: usize,
    eps: f64,
    operands: &Operands<'_, T>,
) -> Result<(Shape, usize)> {
    check_eps(eps)?;
    let shape = operands.shape(0);
    let Some(first) = shape.len().checked_sub(axes).filter(|_| axes > 0) else {
        let rule = "needs at least one axis to normalise, and x as many axes";
        return Err(Error::Operand { operation, rule, shape });
    };
    for operand in 1..operands.len() {
        if operands.shape(operand)[..] != shape[first..] {
            let rule = "needs weight and bias of the shape of the last axes of x";
            return Err(Error::mismatch(operation, rule, shape, operands.shape(operand)));
        }
    }
    Ok((shape, shape[first..].iter().product()))
}

fn rows(shape: Shape, columns: usize) -> usize {
    if columns == 0 { 0 } else { shape.elements() / columns }
}

/// y, and the scales saved.
fn forward<T: Real>(
    columns: usize,
    eps: f64,
    operands: &Operands<'_, T>,
    weight: Option<usize>,
    bias: Option<usize>,
    means: &mut [T],
    cx: &mut Forward<'_, T>,
) -> Tensor<T> {
    let shape = operands.shape(0);
    let (mut y, mut scales) = (cx.take(shape), cx.take([rows(shape, columns)].into()));
    let (x, weight) = (operands.slice(0), weight.map(|place| operands.slice(place)));
    let norm = RowNorm { x, columns, weight, threads: cx.threads() };
    let bias = bias.map(|place| operands.slice(place));
    norm.forward(y.as_mut_slice(), means, scales.as_mut_slice(), bias, eps);
    cx.save(scales);
    y
}

/// The derivatives, of which scales are the first that was saved.
fn pull_back<T: Real>(
    axes: usize,
    weight: Option<usize>,
    bias: Option<usize>,
    means: &[T],
    at: &Pullback<'_, T>,
    sink: &mut Sink<'_, T>,
) {
    let shape = at.shape(0);
    let columns = shape[shape.len() - axes..].iter().product();
    let scales = at.saved(0).as_slice();
    let norm = RowNorm {
        x: at.slice(0),
        columns,
        weight: weight.map(|place| at.slice(place)),
        threads: at.threads(),
    };
    let parameters = [weight, bias].map(|place| place.filter(|&place| sink.wants(place)));
    if parameters != [None, None] {
        let mut sums = [(); 2].map(|()| sink.workspace().take([columns].into()));
        let [dw, db] = &mut sums;
        norm.parameters(dw.as_mut_slice(), db.as_mut_slice(), at.cotangent(), means, scales);
        for (place, sum) in parameters.into_iter().zip(sums) {
            if let Some(mut destination) = place.and_then(|place| sink.destination(place)) {
                destination.zip1(sum.as_slice(), |sum| sum);
            }
            sink.workspace().give(sum);
        }
    }
    if let Some(mut dx) = sink.destination(0) {
        let (store, dx) = dx.parts();
        norm.backward(dx, store, at.cotangent(), means, scales);
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The elements along the last `axes` axes brought to mean 0 and variance 1, times a `weight` and plus a `bias`
    /// of those axes' shape: see [`LayerNorm`]. `eps` is positive; 1e-5 is usual.
    #[track_caller]
    pub fn layer_norm(
        self,
        axes: usize,
        weight: Option<Var<'t, T>>,
        bias: Option<Var<'t, T>>,
        eps: f64,
    ) -> Var<'t, T> {
        let rule = LayerNorm { axes, eps, weight: weight.is_some() };
        match (weight, bias) {
            (Some(weight), Some(bias)) => self.tape.apply(rule, &[self, weight, bias]),
            (Some(one), None) | (None, Some(one)) => self.tape.apply(rule, &[self, one]),
            (None, None) => self.tape.apply(rule, &[self]),
        }
    }

    /// The elements along the last `axes` axes brought to mean square 1, times a `weight` of those axes' shape: see
    /// [`RmsNorm`]. `eps` is positive.
    #[track_caller]
    pub fn rms_norm(self, axes: usize, weight: Option<Var<'t, T>>, eps: f64) -> Var<'t, T> {
        let rule = RmsNorm { axes, eps };
        match weight {
            Some(weight) => self.tape.apply(rule, &[self, weight]),
            None => self.tape.apply(rule, &[self]),
        }
    }
}
