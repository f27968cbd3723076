//! Many predictions by the same parameters.

use downhill_autodiff::tensor::Threads;
use downhill_autodiff::{Tape, Tensor};

use crate::{Network, Params, Result, Scalar};

/// A network with the parameters that it predicts by, prepared for many calls: it keeps its memory, and the weights once
/// more in the order in which products read them. Made by [`Network::predictor`].
///
/// ```
/// use downhill_nn::autodiff::Tensor;
/// use downhill_nn::{Activation, Linear, Network, Params, Sequential};
///
/// let layers = Sequential::new().then(Linear::new(16)).then(Activation::Relu).then(Linear::new(3));
/// let network = Network::build(layers, [4])?;
/// let params: Params = network.init(42);
/// let mut predictor = network.predictor(&params);
/// for i in 0..10 {
///     let y = predictor.predict(&Tensor::full([8, 4], i as f32))?;
///     assert_eq!(y.shape(), [8, 3]);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Predictor<'a, T: Scalar = f32> {
    network: &'a Network,
    params: &'a Params<T>,
    tape: Tape<T>,
    /// The last answer, whose memory the next one takes, if it has been dropped by then.
    last: Option<Tensor<T>>,
}

impl<'a, T: Scalar> Predictor<'a, T> {
    pub(crate) fn new(network: &'a Network, params: &'a Params<T>) -> Predictor<'a, T> {
        Predictor { network, params, tape: Tape::inference().keep_weights(params.theta()), last: None }
    }

    /// The same predictor, computing on these threads. Results do not depend on their number.
    #[must_use]
    pub fn threads(mut self, threads: Threads) -> Predictor<'a, T> {
        self.tape = self.tape.threads(threads);
        self
    }

    /// The output for a batch `[n, …]`, to the bit that of [`Network::predict`]. For shapes that it has seen it allocates
    /// nothing, if the output before has been dropped. It does not hold on to `x`, which can be written anew in place.
    ///
    /// # Errors
    /// As [`Network::predict`].
    pub fn predict(&mut self, x: &Tensor<T>) -> Result<Tensor<T>> {
        if let Some(last) = self.last.take() {
            self.tape.recycle(last);
        }
        let y = self.network.predict_on(&self.tape, self.params, x);
        self.tape.clear();
        // An answer that is the input in another shape has the caller's memory.
        self.last = y.as_ref().ok().filter(|y| y.start_in(x).is_none()).cloned();
        y
    }
}
