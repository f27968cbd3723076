//! Dropout of elements, of channels and of whole samples.

use downhill_autodiff::tensor::Result as TensorResult;
use downhill_autodiff::tensor::random::Generator;
use downhill_autodiff::{Forward, Operands, Pullback, Real, Rule, Shape, Sink, Tensor, Var};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Error, Layer, Result, Scalar, Scope};

/// In training, sets each element to 0 with probability `p` and divides the others by 1 − p (Srivastava
/// et al. 2014, in the inverted form); otherwise passes its input on.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Dropout {
    p: f64,
}

/// In training, sets whole channels of samples `[channels, …]` to 0 with probability `p` and divides the others by
/// 1 − p (Tompson et al. 2015, section 3.2); otherwise passes its input on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dropout2d {
    p: f64,
}

/// In training, sets whole samples to 0 with probability `p` and divides the others by 1 − p; otherwise passes its input
/// on. As the last layer of the body of a [`Residual`](super::Residual) it is stochastic depth (Huang et al. 2016), in the
/// inverted form.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DropPath {
    p: f64,
}

/// A layer that drops what shares an index of this many of the first axes; `None` for all of them.
macro_rules! drops {
    ($($layer:ident, $axes:expr;)*) => {$(
        impl $layer {
            /// A layer that drops with this probability.
            ///
            /// # Errors
            /// [`Error::Setting`] unless 0 ≤ p < 1.
            pub fn new(p: f64) -> Result<$layer> {
                if (0.0..1.0).contains(&p) {
                    Ok($layer { p })
                } else {
                    let (layer, rule) = (stringify!($layer), "at least 0 and below 1");
                    Err(Error::Setting { layer, setting: "p", rule, value: p })
                }
            }
        }

        impl Layer for $layer {
            fn into_any(self) -> AnyLayer {
                self.into()
            }

            fn build(&mut self, _: &mut Scope<'_>, input: Shape) -> Result<Shape> {
                // Checked again, since a file may hold anything.
                $layer::new(self.p).map(|_| input)
            }

            #[track_caller]
            fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
                match cx.generator() {
                    Some(generator) if self.p > 0.0 => x.apply(Mask { p: self.p, axes: $axes, generator }),
                    _ => x,
                }
            }
        }
    )*};
}

drops! {
    Dropout, Shape::MAX_AXES;
    Dropout2d, 2;
    DropPath, 1;
}

/// y = x ⊙ m, where m is 0 with probability `p` and else 1/(1 − p), drawn once for each index of the first axes.
#[derive(Debug, Clone)]
struct Mask {
    p: f64,
    /// The number of the first axes.
    axes: usize,
    generator: Generator,
}

impl Mask {
    /// The number of draws, and of the neighbouring elements that share one.
    fn parts(&self, shape: Shape) -> [usize; 2] {
        let (first, rest) = shape.split_at(self.axes.min(shape.len()));
        [first.iter().product(), rest.iter().product()]
    }
}

impl<T: Real> Rule<T> for Mask {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn forward(&self, x: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> TensorResult<Tensor<T>> {
        let [draws, each] = self.parts(x.shape(0));
        let (mut mask, mut y) = (cx.take([draws].into()), cx.take(x.shape(0)));
        let (mut rng, kept) = (self.generator.clone(), T::of(1.0 / (1.0 - self.p)));
        for m in mask.as_mut_slice() {
            *m = if rng.random::<f64>() < self.p { T::zero() } else { kept };
        }
        if each == 1 {
            for ((y, &m), &x) in y.as_mut_slice().iter_mut().zip(mask.as_slice()).zip(x.slice(0)) {
                *y = x * m;
            }
        } else if each > 0 {
            let parts = y.as_mut_slice().chunks_exact_mut(each).zip(x.slice(0).chunks_exact(each));
            for ((y, x), &m) in parts.zip(mask.as_slice()) {
                y.iter_mut().zip(x).for_each(|(y, &x)| *y = x * m);
            }
        }
        cx.save(mask);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let [_, each] = self.parts(at.shape(0));
        let Some(mut dx) = sink.destination(0) else { return };
        if each == 1 {
            dx.zip2(at.cotangent(), at.saved(0).as_slice(), |g, m| g * m);
        } else if each > 0 {
            let (store, dx) = dx.parts();
            let put = store.put();
            let parts = dx.chunks_exact_mut(each).zip(at.cotangent().chunks_exact(each));
            for ((dx, g), &m) in parts.zip(at.saved(0).as_slice()) {
                dx.iter_mut().zip(g).for_each(|(dx, &g)| put(dx, g * m));
            }
        }
    }
}
