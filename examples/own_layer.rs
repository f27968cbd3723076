//! A layer of your own, proved and trained: `cargo run --release --example own_layer`.
//!
//! The layer is the gated linear unit y = (x·Wᵀ + b) ⊙ σ(x·Vᵀ + c) (Dauphin et al. 2017).

use std::error::Error;

use downhill::autodiff::Shape;
use downhill::nn::{self, check};
use downhill::prelude::*;

/// `[n, in]` to `[n, out]`. It holds its settings and the places of its parameters, but no numbers: those
/// are in θ. So one value runs in f32, in f64 and in the dual numbers that prove its derivatives.
#[derive(Clone)]
struct Gated {
    outputs: usize,
    value: [Param; 2],
    gate: [Param; 2],
}

impl Gated {
    fn new(outputs: usize) -> Gated {
        Gated { outputs, value: Default::default(), gate: Default::default() }
    }
}

impl Layer for Gated {
    /// Declares the parameters, now that the shape of the input is known.
    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> nn::Result<Shape> {
        let &[inputs] = &input[..] else { return Err(scope.refuse(input, "it needs one axis of features")) };
        let mut linear = |weight: &str, bias: &str| -> nn::Result<[Param; 2]> {
            let weight = scope.parameter(weight, [self.outputs, inputs], Init::GlorotUniform)?;
            Ok([weight, scope.parameter(bias, [self.outputs], Init::Zeros)?])
        };
        self.value = linear("value.weight", "value.bias")?;
        self.gate = linear("gate.weight", "gate.bias")?;
        Ok([self.outputs].into())
    }

    /// The formula. The tape knows its derivative.
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let linear = |[w, b]: &[Param; 2]| x.matmul_transposed(cx.param(w)) + cx.param(b);
        linear(&self.value) * linear(&self.gate).sigmoid()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // The derivatives by the input and by every parameter, against dual numbers.
    check::layer(Gated::new(3), &Tensor::from_fn([5, 4], |i| (i as f64).cos()), None)?;
    println!("gated linear unit: its derivatives are right\n");

    let wine: Dataset = Bundled::Wine.load()?;
    let (train, test) = wine.split_by(&Bundled::Wine.split())?;
    let fit = Trainer::new(Sequential::new().then(Gated::new(16)).then(Linear::new(3)), CrossEntropy::new())
        .optimizer(AdamW::new(0.01)?.weight_decay(0.5)?)
        .transform(Transform::Standardize)
        .epochs(40)
        .seed(1)
        .fit(&train)?;
    println!("{}\n", fit.model.network().summary(fit.model.params()));
    println!("{}", fit.model.evaluate(&test)?);
    Ok(())
}
