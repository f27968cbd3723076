//! Second derivatives of the loss of a batch.

use downhill_nn::autodiff::tensor::num_dual::Dual64;
use downhill_nn::autodiff::{Real, Tape, Tensor};
use downhill_nn::{Loss, Params, Scalar, WeightPenalty};
use downhill_optim::GaussNewton;

use crate::Result;
use crate::batch_loss::{Given, Parts};

/// The loss once more, in dual numbers: what second derivatives are made of. They are computed in double precision,
/// whatever the network learns in.
pub(crate) struct Curvature {
    loss: Box<dyn Loss<Dual64>>,
    tape: Tape<Dual64>,
    /// θ + εv.
    params: Option<Params<Dual64>>,
    gradient: Vec<Dual64>,
}

/// The roots of the Hessians of a loss with respect to the outputs of each sample: H = Σ rrᵀ.
pub(crate) struct Roots<T> {
    /// The number of outputs of a sample, and of roots.
    length: usize,
    rows: Vec<T>,
    /// Where those of a sample end.
    ends: Vec<usize>,
}

impl<T> Roots<T> {
    /// The number of all.
    pub(crate) fn len(&self) -> usize {
        self.rows.len() / self.length.max(1)
    }

    /// Those of a sample.
    pub(crate) fn of(&self, sample: usize) -> impl Iterator<Item = &[T]> {
        let start = if sample == 0 { 0 } else { self.ends[sample - 1] };
        self.rows[start..self.ends[sample]].chunks(self.length.max(1))
    }
}

impl Curvature {
    pub(crate) fn new(loss: impl Loss<Dual64> + 'static) -> Curvature {
        Curvature { loss: Box::new(loss), tape: Tape::new(), params: None, gradient: Vec::new() }
    }

    /// Writes the product of the Hessian at `theta` with `v`: a backward pass over dual numbers.
    pub(crate) fn product<T: Scalar>(
        &mut self,
        parts: Parts<'_, T>,
        layout: &Params<T>,
        given: Given<'_, T>,
        theta: &[T],
        v: &[T],
        product: &mut [T],
    ) -> Result<()> {
        let Curvature { loss, tape, params, gradient } = self;
        let params = params_like(params, layout);
        for (to, (&x, &v)) in params.theta_mut().0.iter_mut().zip(theta.iter().zip(v)) {
            *to = Dual64::new(x.as_f64(), v.as_f64());
        }
        gradient.resize(theta.len(), Dual64::from_re(0.0));
        let Parts { network, penalties, seed, .. } = parts;
        let parts = Parts { network, loss: &**loss, penalties, seed };
        let (x, target, weights) = (given.x.cast(), given.target.cast(), given.weights.map(Tensor::cast));
        let given = Given { x: &x, target: &target, weights: weights.as_ref() };
        let (_, loss) = parts.record(tape, params, given);
        let found = loss.backward_into(gradient).map(|_| ()).map_err(|error| network.locate(error).into());
        tape.clear();
        product.iter_mut().zip(gradient).for_each(|(product, g)| *product = T::of(g.eps));
        found
    }

    /// The roots of the loss's Hessian with respect to the outputs `[n, …]`; that of a sample must depend on its own outputs
    /// alone. Of a loss that is not convex, the convex part.
    pub(crate) fn roots<T: Scalar>(&mut self, outputs: &Tensor<T>, given: Given<'_, T>) -> Result<Roots<T>> {
        let (n, length) = (outputs.shape()[0], outputs.shape().sample().elements());
        let (target, weights): (_, Option<Tensor<Dual64>>) =
            (given.target.cast(), given.weights.map(Tensor::cast));
        let elements = outputs.as_slice();
        // n Hessians, row by row; a column of all of them at a time.
        let mut hessians = vec![0.0; n * length * length];
        for column in 0..length {
            let along = |i: usize| if i % length == column { 1.0 } else { 0.0 };
            let at = Tensor::from_fn(outputs.shape(), |i| Dual64::new(elements[i].as_f64(), along(i)));
            let outputs = self.tape.variable(at);
            let loss = self.loss.weighted(outputs, &target, weights.as_ref());
            let found = loss.backward().and_then(|gradients| gradients.wrt(outputs));
            self.tape.clear();
            for (i, g) in found?.as_slice().iter().enumerate() {
                hessians[i * length + column] = g.eps;
            }
        }
        let mut roots = Roots { length, rows: Vec::new(), ends: Vec::with_capacity(n) };
        for hessian in hessians.chunks_mut((length * length).max(1)) {
            add_roots(hessian, length, &mut roots.rows);
            roots.ends.push(roots.rows.len());
        }
        Ok(roots)
    }

    /// Adds the second derivatives of penalties, of which each weight has its own, to the diagonal of a model.
    pub(crate) fn add_penalties<T: Scalar>(
        &mut self,
        penalties: &[WeightPenalty],
        at: &Params<T>,
        model: &mut GaussNewton<T>,
    ) {
        if penalties.is_empty() {
            return;
        }
        let params = params_like(&mut self.params, at);
        for (to, &x) in params.theta_mut().0.iter_mut().zip(at.theta().as_slice()) {
            *to = Dual64::new(x.as_f64(), 1.0);
        }
        self.gradient.resize(at.len(), Dual64::from_re(0.0));
        penalties.iter().for_each(|penalty| penalty.apply(&self.tape, params));
        let found = self.tape.penalty().map(|penalty| penalty.backward_into(&mut self.gradient).is_ok());
        self.tape.clear();
        if found == Some(true) {
            model.add_diagonal(self.gradient.iter().map(|g| T::of(g.eps)));
        }
    }
}

/// Parameters of this layout, in dual numbers.
fn params_like<'p, T: Scalar>(
    kept: &'p mut Option<Params<Dual64>>,
    like: &Params<T>,
) -> &'p mut Params<Dual64> {
    if kept.as_ref().is_none_or(|kept| kept.layout() != like.layout() || !same(kept, like)) {
        *kept = None;
    }
    kept.get_or_insert_with(|| like.cast())
}

/// Whether the buffers are the same.
fn same<T: Real>(kept: &Params<Dual64>, like: &Params<T>) -> bool {
    kept.buffers().as_slice().iter().zip(like.buffers().as_slice()).all(|(a, b)| a.re == b.as_f64())
}

/// Adds rows r with Σ rrᵀ = `hessian` by Cholesky's decomposition, which skips what is not above 0.
fn add_roots<T: Real>(hessian: &mut [f64], length: usize, rows: &mut Vec<T>) {
    let largest = (0..length).map(|i| hessian[i * length + i]).fold(0.0, f64::max);
    for pivot in 0..length {
        let diagonal = hessian[pivot * length + pivot];
        if diagonal <= largest * 1e-12 || !diagonal.is_finite() {
            continue;
        }
        let root = diagonal.sqrt();
        let column: Vec<f64> =
            (0..length).map(|i| if i < pivot { 0.0 } else { hessian[i * length + pivot] / root }).collect();
        for i in pivot..length {
            for j in pivot..length {
                hessian[i * length + j] -= column[i] * column[j];
            }
        }
        rows.extend(column.into_iter().map(T::of));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_a_matrix() {
        // Of cross-entropy at p = (½, ¼, ¼): diag(p) − ppᵀ, of rank 2.
        let p = [0.5, 0.25, 0.25];
        let matrix: Vec<f64> =
            (0..9).map(|k| if k / 3 == k % 3 { p[k / 3] } else { 0.0 } - p[k / 3] * p[k % 3]).collect();
        let mut rows: Vec<f64> = Vec::new();
        add_roots(&mut matrix.clone(), 3, &mut rows);
        assert_eq!(rows.len(), 6);
        for (k, expected) in matrix.iter().enumerate() {
            let sum: f64 = rows.chunks(3).map(|row| row[k / 3] * row[k % 3]).sum();
            assert!((sum - expected).abs() < 1e-15, "{rows:?}");
        }
        let mut none = Vec::new();
        add_roots::<f64>(&mut [-1.0, 0.0, 0.0, f64::NAN], 2, &mut none);
        assert!(none.is_empty());
    }
}
