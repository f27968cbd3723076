//! Telling positions of a sequence apart.

use downhill_autodiff::tensor::{Error as TensorError, Result as TensorResult};
use downhill_autodiff::{Forward, Operands, Pullback, Real, Rule, Shape, Sink, Tensor, Var};
use serde::{Deserialize, Serialize};

use crate::{AnyLayer, Context, Init, Layer, Param, Result, Scalar, Scope};

/// Adds sines and cosines of each position to a sequence `[n, t, width]` (Vaswani et al. 2017, section 3.5): to
/// column 2i of position p sin(p/10000^(2i/width)), to column 2i + 1 the cosine of the same.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PositionalEncoding {
    /// `[t, width]`.
    #[serde(skip)]
    table: Option<Tensor<f64>>,
}

/// The most numbers that are kept of sines and cosines: a file may ask for sequences of any length.
const MAX_TABLE: usize = 1 << 24;

impl PositionalEncoding {
    /// The encoding.
    pub fn new() -> PositionalEncoding {
        PositionalEncoding::default()
    }
}

impl Layer for PositionalEncoding {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let (_, width) = sequence(scope, input)?;
        if input.elements() > MAX_TABLE {
            return Err(scope.refuse(input, format!("its table would have more than {MAX_TABLE} numbers")));
        }
        self.table = Some(Tensor::from_fn(input, |place| {
            let (position, column) = ((place / width) as f64, place % width);
            let angle = position / 10_000_f64.powf((column - column % 2) as f64 / width as f64);
            if column % 2 == 0 { angle.sin() } else { angle.cos() }
        }));
        Ok(input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x.apply(AddTable { table: self.table.clone().unwrap_or_else(|| Tensor::vector([])) })
    }
}

/// y = x + a constant table, for each sample of x `[n, t, width]` its first t rows.
#[derive(Debug, Clone)]
struct AddTable {
    table: Tensor<f64>,
}

impl<T: Real> Rule<T> for AddTable {
    fn name(&self) -> &'static str {
        "positional_encoding"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> TensorResult<Tensor<T>> {
        let (x, table) = (operands.shape(0), self.table.shape());
        let fits = matches!((&x[..], &table[..]), (&[_, t, width], &[most, columns]) if t <= most && width == columns);
        if !fits {
            let rule = "needs x [n, t, width] with no more positions than it was built for";
            return Err(TensorError::mismatch("positional_encoding", rule, x, table));
        }
        let mut y = cx.take(x);
        let sample = x.sample().elements();
        for n in 0..x[0] {
            let places = n * sample..(n + 1) * sample;
            let (y, x) = (&mut y.as_mut_slice()[places.clone()], &operands.slice(0)[places]);
            for ((y, &x), &added) in y.iter_mut().zip(x).zip(self.table.as_slice()) {
                *y = x + T::of(added);
            }
        }
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            dx.zip1(at.cotangent(), |g| g);
        }
    }
}

/// Adds a learned vector for each position to a sequence `[n, t, width]`. Its parameter is `weight` `[t, width]`,
/// normal with standard deviation 0.02 (Devlin et al. 2019) unless told otherwise.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LearnedPositions {
    init: Option<Init>,
    #[serde(skip)]
    weight: Param,
}

impl LearnedPositions {
    /// A vector for each position of the sequences that the network is built for.
    pub fn new() -> LearnedPositions {
        LearnedPositions::default()
    }

    /// The same layer with vectors that start like this.
    #[must_use]
    pub fn init(mut self, init: Init) -> LearnedPositions {
        self.init = Some(init);
        self
    }
}

impl Layer for LearnedPositions {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        sequence(scope, input)?;
        let init = self.init.unwrap_or(Init::Normal { mean: 0.0, std: 0.02 });
        self.weight = scope.parameter("weight", input, init)?;
        Ok(input)
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        // A shorter sequence has the first positions.
        let positions = x.shape().get(1).copied().unwrap_or(0);
        x + cx.param_rows(&self.weight, 0..positions)
    }
}

/// The steps and the width of a sequence.
pub(super) fn sequence(scope: &Scope<'_>, input: Shape) -> Result<(usize, usize)> {
    match input[..] {
        [_, 0] => Err(scope.refuse(input, "its steps have no features")),
        [steps, width] => Ok((steps, width)),
        _ => Err(scope.refuse(input, "it needs sequences [steps, features]")),
    }
}
