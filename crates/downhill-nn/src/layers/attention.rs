//! Attention with several heads.

use downhill_autodiff::rules::attention as rule;
use downhill_autodiff::rules::elementwise::Identity;
use downhill_autodiff::{Shape, Tensor, Var};
use serde::{Deserialize, Serialize};

use super::Linear;
use super::position::sequence;
use crate::{AnyLayer, Context, Init, Layer, Param, Result, Scalar, Scope};

/// Attention with several heads (Vaswani et al. 2017, section 3.2.2). As a layer it is self-attention, `[n, t, e]` to
/// `[n, t, e]`; [`attend`](MultiHeadAttention::attend) takes queries, keys and values apart.
///
/// Parameters are PyTorch's: `in_proj_weight` `[3·e, e]` with the projections of queries, keys and values one below the
/// other, `in_proj_bias` `[3·e]`, `out_proj.weight` `[e, e]`, `out_proj.bias` `[e]`; they start as there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MultiHeadAttention {
    heads: usize,
    causal: bool,
    bias: bool,
    output: Linear,
    #[serde(skip)]
    width: usize,
    #[serde(skip)]
    projections: (Param, Option<Param>),
}

/// What hides keys from queries or favours them, in shapes that broadcast to the weights' `[n, heads, t, s]`.
#[derive(Debug, Clone)]
pub struct Mask<'t, T: Scalar = f32> {
    /// True where a query sees a key.
    pub visible: Option<Tensor<bool>>,
    /// Added to the scores before the softmax.
    pub bias: Option<Var<'t, T>>,
}

impl<'t, T: Scalar> Mask<'t, T> {
    /// Every query sees every key.
    pub fn none() -> Mask<'t, T> {
        Mask { visible: None, bias: None }
    }

    /// A query sees a key where this is true.
    pub fn visible(mask: Tensor<bool>) -> Mask<'t, T> {
        Mask { visible: Some(mask), bias: None }
    }
}

impl MultiHeadAttention {
    /// Attention with so many heads, which must divide the width of its input.
    pub fn new(heads: usize) -> MultiHeadAttention {
        let output = Linear::new(0);
        MultiHeadAttention {
            heads,
            causal: false,
            bias: true,
            output,
            width: 0,
            projections: Default::default(),
        }
    }

    /// The same layer where a query sees only the keys up to its own place.
    #[must_use]
    pub fn causal(mut self) -> MultiHeadAttention {
        self.causal = true;
        self
    }

    /// The same layer without biases.
    #[must_use]
    pub fn without_bias(mut self) -> MultiHeadAttention {
        self.bias = false;
        self
    }

    fn rule(&self, mask: Option<Tensor<bool>>) -> rule::Attention {
        rule::Attention { heads: Some(self.heads), causal: self.causal, scale: None, mask }
    }

    /// Self-attention with a mask.
    #[track_caller]
    pub fn forward_masked<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        x: Var<'t, T>,
        mask: Mask<'t, T>,
    ) -> Var<'t, T> {
        let (weight, bias) = &self.projections;
        let qkv = x.linear(cx.param(weight), bias.as_ref().map(|bias| cx.param(bias)), Identity);
        self.output.forward(cx, qkv.self_attention(mask.bias, self.rule(mask.visible)))
    }

    /// Attention of queries `[n, t, e]` to keys and values `[n, s, e]`: `[n, t, e]`.
    #[track_caller]
    pub fn attend<'t, T: Scalar>(
        &self,
        cx: &Context<'t, T>,
        queries: Var<'t, T>,
        keys: Var<'t, T>,
        values: Var<'t, T>,
        mask: Mask<'t, T>,
    ) -> Var<'t, T> {
        let (weight, bias) = &self.projections;
        let project = |x: Var<'t, T>, part: usize| {
            let rows = part * self.width..(part + 1) * self.width;
            let bias = bias.as_ref().map(|bias| cx.param_rows(bias, rows.clone()));
            x.linear(cx.param_rows(weight, rows), bias, Identity)
        };
        let (queries, keys, values) = (project(queries, 0), project(keys, 1), project(values, 2));
        let y = match mask.bias {
            Some(bias) => queries.attention_biased(keys, values, bias, self.rule(mask.visible)),
            None => queries.attention(keys, values, self.rule(mask.visible)),
        };
        self.output.forward(cx, y)
    }
}

impl Layer for MultiHeadAttention {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let (positions, width) = sequence(scope, input)?;
        if self.heads == 0 || !width.is_multiple_of(self.heads) {
            let heads = self.heads;
            return Err(scope.refuse(input, format!("its {heads} heads do not divide the width {width}")));
        }
        let Some(rows) = width.checked_mul(3) else {
            return Err(scope.refuse(input, "it is too wide"));
        };
        let weight = scope.parameter("in_proj_weight", [rows, width], Init::GlorotUniform)?;
        let bias = self.bias.then(|| scope.parameter("in_proj_bias", [rows], Init::Zeros)).transpose()?;
        (self.projections, self.width) = ((weight, bias), width);
        // Three projections, and each position's scores and sums over all positions.
        let each = rows.saturating_add(positions.saturating_mul(2));
        scope.multiply_adds(input.elements().saturating_mul(each));
        let output = Linear::new(width);
        self.output = if self.bias { output.bias_init(Init::Zeros) } else { output.without_bias() };
        scope.child("out_proj", &mut self.output, input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        self.forward_masked(cx, x, Mask::none())
    }
}
