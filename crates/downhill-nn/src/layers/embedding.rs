//! A learned vector for each token.

use downhill_autodiff::rules::elementwise::Identity;
use downhill_autodiff::rules::embedding as rule;
use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Init, Layer, Param, Result, Scalar, Scope};

/// A learned vector for each of a number of tokens: `[n, …]` to `[n, …, width]`. Its parameter is `weight`
/// `[tokens, width]`, normal with standard deviation 1 unless told otherwise, as in PyTorch.
///
/// Tokens are the whole numbers from 0, given in the network's number type (`f32` holds those up to 2²⁴ exactly). A
/// number that is not whole, or too large, is an error that names the layer and the number.
///
/// ```
/// use downhill_nn::autodiff::Tensor;
/// use downhill_nn::{Embedding, Network, Params};
/// let network = Network::build(Embedding::new(10, 4), [3])?;
/// let params: Params = network.init(0);
/// assert_eq!(network.predict(&params, &Tensor::from_rows(&[[0.0, 9.0, 2.0]]))?.shape(), [1, 3, 4]);
/// assert!(network.predict(&params, &Tensor::from_rows(&[[0.0, 10.0, 2.0]])).is_err());
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    tokens: usize,
    width: usize,
    padding: Option<usize>,
    init: Option<Init>,
    #[serde(skip)]
    weight: Param,
}

impl Embedding {
    /// Vectors of this width for so many tokens.
    pub fn new(tokens: usize, width: usize) -> Embedding {
        Embedding { tokens, width, padding: None, init: None, weight: Param::default() }
    }

    /// The same layer with a token whose vector does not learn: what fills up short sequences.
    #[must_use]
    pub fn padding(mut self, token: usize) -> Embedding {
        self.padding = Some(token);
        self
    }

    /// The same layer with vectors that start like this.
    #[must_use]
    pub fn init(mut self, init: Init) -> Embedding {
        self.init = Some(init);
        self
    }

    /// The number of tokens.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// The numbers of a token's vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// A score for each token, x·Wᵀ: `[n, …, width]` to `[n, …, tokens]`. The output layer of a network that shares
    /// its weights with the embedding (Press & Wolf 2017).
    #[track_caller]
    pub fn scores<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.linear(cx.param(&self.weight), None, Identity)
    }
}

impl Layer for Embedding {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let (tokens, width) = (self.tokens, self.width);
        if tokens == 0 || width == 0 {
            return Err(scope.refuse(input, format!("a table of {tokens} tokens and width {width} is empty")));
        }
        if let Some(padding) = self.padding.filter(|&padding| padding >= tokens) {
            return Err(scope.refuse(input, format!("padding token {padding} is none of {tokens} tokens")));
        }
        let (output, last) = input.insert(-1).map_err(|error| scope.refuse(input, error.to_string()))?;
        let init = self.init.unwrap_or(Init::Normal { mean: 0.0, std: 1.0 });
        self.weight = scope.parameter("weight", [tokens, width], init)?;
        Ok(output.with(last, width))
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.apply2(rule::Embedding { padding: self.padding }, cx.param(&self.weight))
    }
}
