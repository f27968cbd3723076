//! Second derivatives of a network's loss.

use downhill_autodiff::derivative::{Curvature, along};
use downhill_autodiff::tensor::num_dual::Dual64;
use downhill_autodiff::{Tape, Tensor};

use crate::{Loss, Network, Params, Result, Target};

impl Network {
    /// The loss of a batch, its gradient with respect to θ, and the product of its Hessian with a vector
    /// `v` of the length of θ: exact, by one backward pass over dual numbers (Pearlmutter 1994).
    ///
    /// ```
    /// use downhill_nn::autodiff::Tensor;
    /// use downhill_nn::{Linear, Mse, Network, Params, Target};
    ///
    /// // (2w − 1)²: the gradient is 4(2w − 1), the second derivative 8.
    /// let network = Network::build(Linear::new(1).without_bias(), [1])?;
    /// let params: Params<f64> = network.init(1);
    /// let (x, y) = (Tensor::from_rows(&[[2.0]]), Target::Values(Tensor::from_rows(&[[1.0]])));
    /// let at = network.hessian_vector_product(&params, &Mse::new(), &x, &y, &Tensor::vector([1.0]))?;
    /// assert_eq!(at.product.as_slice(), [8.0]);
    /// # Ok::<(), downhill_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the batch or the vector does not fit the network, or the loss is no single number.
    pub fn hessian_vector_product(
        &self,
        params: &Params<f64>,
        loss: &impl Loss<Dual64>,
        x: &Tensor<f64>,
        target: &Target<f64>,
        v: &Tensor<f64>,
    ) -> Result<Curvature> {
        self.check_input(x.shape())?;
        let params = params.with_theta(along(params.theta(), v)?);
        let tape = Tape::new();
        let output = self.forward(&tape, &params, tape.constant(x.cast()), None);
        let value = loss.loss(output, &target.cast());
        let mut gradient = vec![Dual64::from_re(0.0); params.len()];
        value.backward_into(&mut gradient).map_err(|error| self.locate(error))?;
        let value = value.value().and_then(|value| Ok(value.item()?)).map_err(|error| self.locate(error))?;
        Ok(Curvature {
            value: value.re,
            gradient: Tensor::vector(gradient.iter().map(|g| g.re).collect::<Vec<_>>()),
            product: Tensor::vector(gradient.iter().map(|g| g.eps).collect::<Vec<_>>()),
        })
    }
}
