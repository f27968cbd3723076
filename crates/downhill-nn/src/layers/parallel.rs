//! Layers side by side.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::join::{Join, with_room};
use crate::any::Block;
use crate::{AnyLayer, Context, Layer, Result, Scalar, Scope};

/// Layers side by side: each is given the same input, and their outputs become one. Their parameters are
/// named by their place: `0.weight`, `1.0.bias`.
///
/// A branch without layers, [`Sequential::new`](crate::Sequential::new), passes the input on.
///
/// ```
/// use downhill_nn::{Activation, Linear, Network, Parallel};
/// // Two views of the same features, 8 and 4 wide, one behind the other.
/// let views = Parallel::concat(0).branch(Linear::new(8)).branch(Linear::new(4));
/// assert_eq!(Network::build(views, [5])?.output(), [12]);
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parallel {
    branches: Vec<Block>,
    join: Join,
}

impl Parallel {
    fn new(join: Join) -> Parallel {
        Parallel { branches: Vec::new(), join }
    }

    /// No branches yet. Their outputs will be joined along this axis of the sample: 0 is the one behind the
    /// batch, such as features or channels. They must agree in all others.
    pub fn concat(axis: usize) -> Parallel {
        Parallel::new(Join::Concat { axis })
    }

    /// No branches yet. Their outputs, of one shape, will be added up.
    pub fn sum() -> Parallel {
        Parallel::new(Join::Sum)
    }

    /// No branches yet. Their outputs, of one shape, will be multiplied element by element: a gate.
    pub fn product() -> Parallel {
        Parallel::new(Join::Product)
    }

    /// Adds a branch.
    #[must_use]
    pub fn branch(mut self, layer: impl Layer) -> Parallel {
        self.branches.push(Block::new(layer));
        self
    }
}

impl Layer for Parallel {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let branches = self.branches.iter_mut().enumerate();
        let shapes: Result<Vec<Shape>> =
            branches.map(|(place, branch)| scope.block(&place.to_string(), branch, input)).collect();
        self.join.shape(&shapes?).map_err(|reason| scope.refuse(input, reason))
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        with_room(self.branches.len(), x, |outputs| {
            for (output, branch) in outputs.iter_mut().zip(&self.branches) {
                *output = branch.forward(cx, x);
            }
            self.join.forward(outputs)
        })
    }
}
