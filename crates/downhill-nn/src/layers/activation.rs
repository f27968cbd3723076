//! The activations.

use downhill_autodiff::Var;
use downhill_autodiff::rules::convolution::Convolution;
use downhill_autodiff::rules::elementwise as rule;
use downhill_autodiff::tensor::kernel::Window;
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Layer, Scalar};

/// Makes [`Activation`] from a table: variant, documentation, settings, and the rule it stands for.
macro_rules! activations {
    ($($(#[$doc:meta])* $name:ident $({ $($setting:ident),* })? => $rule:expr;)*) => {
        /// A function of each element. It is a layer of its own; behind a [`Linear`](super::Linear) or a
        /// [`Conv`](super::Conv) in a [`Sequential`](super::Sequential) the two run as one operation.
        ///
        /// The settings are those of the rules in [`autodiff`](downhill_autodiff::rules::elementwise), where
        /// the formulas stand.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        #[allow(missing_docs)]
        #[non_exhaustive]
        pub enum Activation {
            $($(#[$doc])* $name $({ $($setting: f64),* })?,)*
        }

        impl Activation {
            /// This activation of x·Wᵀ + b, as one operation.
            #[track_caller]
            pub(crate) fn after_linear<'t, T: Scalar>(
                self,
                x: Var<'t, T>,
                weight: Var<'t, T>,
                bias: Option<Var<'t, T>>,
            ) -> Var<'t, T> {
                match self {
                    $(Activation::$name $({ $($setting),* })? => x.linear(weight, bias, $rule),)*
                }
            }

            /// This activation of W ∗ x + b, as one operation.
            #[track_caller]
            pub(crate) fn after_convolution<'t, T: Scalar>(
                self,
                x: Var<'t, T>,
                weight: Var<'t, T>,
                bias: Option<Var<'t, T>>,
                windows: [Window; 2],
                groups: usize,
            ) -> Var<'t, T> {
                match self {
                    $(Activation::$name $({ $($setting),* })? => {
                        x.convolution(weight, bias, Convolution { windows, groups, activation: $rule })
                    })*
                }
            }
        }

        impl Layer for Activation {
            fn into_any(self) -> AnyLayer {
                self.into()
            }

            fn kind(&self) -> String {
                match self {
                    $(Activation::$name { .. } => stringify!($name).into(),)*
                }
            }

            #[track_caller]
            fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
                match *self {
                    $(Activation::$name $({ $($setting),* })? => x.apply(rule::Map($rule)),)*
                }
            }
        }
    };
}

activations! {
    /// max(x, 0).
    Relu => rule::Relu;
    /// min(max(x, 0), 6).
    Relu6 => rule::Relu6;
    /// x where positive, else `slope`·x; 0.01 is usual.
    LeakyRelu { slope } => rule::LeakyRelu { slope };
    /// x where positive, else `alpha`·(eˣ − 1); 1 is usual.
    Elu { alpha } => rule::Elu { alpha };
    /// The self-normalising ELU.
    Selu => rule::Selu;
    /// ln(1 + exp(β x))/β; β = 1 and threshold = 20 are usual.
    Softplus { beta, threshold } => rule::Softplus { beta, threshold };
    /// The hyperbolic tangent.
    Tanh => rule::Tanh;
    /// 1/(1 + e⁻ˣ).
    Sigmoid => rule::Sigmoid;
    /// ln(1/(1 + e⁻ˣ)).
    LogSigmoid => rule::LogSigmoid;
    /// min(max(x/6 + 1/2, 0), 1).
    HardSigmoid => rule::HardSigmoid;
    /// x/(1 + |x|).
    Softsign => rule::Softsign;
    /// x Φ(x).
    Gelu => rule::Gelu;
    /// The tanh approximation of x Φ(x).
    GeluTanh => rule::GeluTanh;
    /// x σ(x), also called swish.
    Silu => rule::Silu;
    /// x tanh(ln(1 + eˣ)).
    Mish => rule::Mish;
    /// x · min(max(x + 3, 0), 6)/6.
    HardSwish => rule::HardSwish;
}
