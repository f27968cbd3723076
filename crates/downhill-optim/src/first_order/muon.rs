//! Muon.

use downhill_tensor::gemm::{Gemm, Matrix, Start, gemm};
use downhill_tensor::{Layout, Part, Real, Threads, vectorize};

use crate::setting::{own_momentum, setters};
use crate::{AdamW, Optimizer, Result, StateVisitor, lengths, norm, parts, setting};

/// Muon: steps along the mean gradient of each matrix of weights with all its singular values made alike;
/// [`AdamW`] for the parts that are no matrices.
///
/// B ← μB + (1 − μ)∇L; of U = B, or (1 − μ)∇L + μB in Nesterov's variant, the nearest matrix O with orthogonal
/// rows or columns, by five steps of Newton and Schulz, X ← aX + (bXXᵀ + c(XXᵀ)²)X from X = U/‖U‖; then
/// θ ← (1 − ηλ)θ − η·s·O. s is √max(1, rows/columns), or with [`match_rms`](Muon::match_rms)
/// 0.2·√max(rows, columns). Parts with more than two axes, the kernels of convolutions, count as matrices whose
/// rows are the first axis. Source: Jordan et al. (2024), Muon: an optimizer for hidden layers in neural
/// networks; Liu et al. (2025), Muon is scalable for LLM training, section 2.2. The defaults are PyTorch's:
/// μ = 0.95, Nesterov's variant, λ = 0.1, (a, b, c) = (3.4445, −4.775, 2.0315).
///
/// The first and the last layer of a network are better left to AdamW: [`exclude`](Muon::exclude).
#[derive(Debug, Clone)]
pub struct Muon<T: Real = f32> {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    weight_decay: f64,
    eps: f64,
    coefficients: [f64; 3],
    iterations: usize,
    match_rms: bool,
    excluded: Vec<String>,
    others: AdamW<T>,
    /// The rate of the others for each unit of the matrices'.
    others_rate: f64,
    threads: Threads,
    /// B, of the matrices alone.
    mean: Vec<T>,
    /// X, the next product with X, XXᵀ and its square: room to work in.
    room: [Vec<T>; 4],
}

impl<T: Real> Muon<T> {
    /// Muon with the learning rate η, which AdamW has too.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Muon<T>> {
        Ok(Muon {
            rate: setting::at_least_zero("rate", rate)?,
            momentum: 0.95,
            nesterov: true,
            weight_decay: 0.1,
            eps: 1e-7,
            coefficients: [3.4445, -4.775, 2.0315],
            iterations: 5,
            match_rms: false,
            excluded: Vec::new(),
            others: AdamW::new(rate)?,
            others_rate: 1.0,
            threads: Threads::single(),
            mean: Vec::new(),
            room: [const { Vec::new() }; 4],
        })
    }

    /// Steps along B itself instead of Nesterov's variant.
    #[must_use]
    pub fn classical(mut self) -> Muon<T> {
        self.nesterov = false;
        self
    }

    /// Makes a step as long as AdamW's usually are, so that one rate suits both.
    #[must_use]
    pub fn match_rms(mut self) -> Muon<T> {
        self.match_rms = true;
        self
    }

    /// Sets (a, b, c) and the number of steps of Newton and Schulz.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the coefficients are finite.
    pub fn newton_schulz(mut self, coefficients: [f64; 3], iterations: usize) -> Result<Muon<T>> {
        for value in coefficients {
            setting::within(value.is_finite(), "coefficients", "finite", value)?;
        }
        (self.coefficients, self.iterations) = (coefficients, iterations);
        Ok(self)
    }

    /// Leaves the parts whose name matches `pattern` to AdamW, matrices too: `"0.*"`.
    #[must_use]
    pub fn exclude(mut self, pattern: impl Into<String>) -> Muon<T> {
        self.excluded.push(pattern.into());
        self
    }

    /// Sets the AdamW for the other parts, whose rate is `rate` for each unit of Muon's, whatever its own.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `rate` is finite and at least 0.
    pub fn others(mut self, adamw: AdamW<T>, rate: f64) -> Result<Muon<T>> {
        self.others_rate = setting::at_least_zero("rate", rate)?;
        self.others = adamw;
        Ok(self)
    }

    /// Computes the products on these threads; the bits do not depend on it.
    #[must_use]
    pub fn threads(mut self, threads: Threads) -> Muon<T> {
        self.threads = threads;
        self
    }

    /// Makes X, a matrix of this shape, orthogonal.
    fn orthogonalise(&mut self, rows: usize, columns: usize) {
        let [x, product, gram, square] = &mut self.room;
        let side = rows.min(columns);
        let x = &mut x[..rows * columns];
        let product = &mut product[..rows * columns];
        let (gram, square) = (&mut gram[..side * side], &mut square[..side * side]);
        let [a, b, c] = self.coefficients.map(T::of);
        let scale = T::of(1.0 / norm::l2(x).max(self.eps));
        vectorize!(x.iter_mut().for_each(|x| *x *= scale));
        for _ in 0..self.iterations {
            let (threads, start) = (&self.threads, Start::Zero);
            let matrix = Matrix::row_major(&*x, columns);
            // XXᵀ or XᵀX, the smaller.
            let (left, right) =
                if rows <= columns { (matrix, matrix.transposed()) } else { (matrix.transposed(), matrix) };
            gemm(Gemm { m: side, k: rows.max(columns), n: side, a: left, b: right, c: gram, start, threads });
            let factor = Matrix::row_major(&*gram, side);
            gemm(Gemm { m: side, k: side, n: side, a: factor, b: factor, c: square, start, threads });
            vectorize!(for (square, &gram) in square.iter_mut().zip(&*gram) {
                *square = b * gram + c * *square;
            });
            let factor = Matrix::row_major(&*square, side);
            let (left, right) = if rows <= columns { (factor, matrix) } else { (matrix, factor) };
            gemm(Gemm { m: rows, k: side, n: columns, a: left, b: right, c: product, start, threads });
            vectorize!(for (x, &product) in x.iter_mut().zip(&*product) {
                *x = a * *x + product;
            });
        }
    }
}

setters! { Muon:
    /// Sets μ: the share of the past in the mean gradient.
    momentum: memory;
    /// Sets the weight decay λ of the matrices: each step first takes ηλθ off θ.
    weight_decay: at_least_zero;
    /// Sets the least norm that a direction is divided by.
    eps: above_zero;
}

/// The rows and columns of a part that counts as a matrix.
fn matrix(part: &Part, excluded: &[String]) -> Option<[usize; 2]> {
    let rows = *part.shape.first()?;
    let elements = part.shape.elements();
    let is = part.shape.len() > 1 && elements > 0 && !excluded.iter().any(|pattern| part.matches(pattern));
    is.then(|| [rows, elements / rows])
}

impl<T: Real> Optimizer<T> for Muon<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        let excluded = std::mem::take(&mut self.excluded);
        let stepped = self.step_all(theta, gradient, layout, &excluded);
        self.excluded = excluded;
        stepped
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn set_rate(&mut self, rate: f64) -> Result<()> {
        self.rate = setting::at_least_zero("rate", rate)?;
        Ok(())
    }

    own_momentum!(momentum: memory);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.vector("mean", &mut self.mean);
        self.others.state(visitor);
    }
}

impl<T: Real> Muon<T> {
    fn step_all(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        layout: &Layout,
        excluded: &[String],
    ) -> Result<()> {
        let matrices = || layout.parts().iter().filter_map(|part| Some((part, matrix(part, excluded)?)));
        let remembered = matrices().map(|(part, _)| part.shape.elements()).sum();
        lengths::size_to("mean", &mut self.mean, remembered)?;
        // First, since it checks what it remembers.
        self.others.set_rate(self.rate * self.others_rate)?;
        self.others.step_where(theta, gradient, layout, |part| matrix(part, excluded).is_none())?;

        let largest =
            |size: fn([usize; 2]) -> usize| matrices().map(|(_, sides)| size(sides)).max().unwrap_or(0);
        let (all, square) = (largest(|[r, c]| r * c), largest(|[r, c]| r.min(c) * r.min(c)));
        for (room, length) in self.room.iter_mut().zip([all, all, square, square]) {
            if room.len() < length {
                room.resize(length, T::zero());
            }
        }
        let (keep, enter) = (T::of(self.momentum), T::of(1.0 - self.momentum));
        let mut start = 0;
        for (part, [rows, columns]) in matrices() {
            let (range, place) = (part.range(), start..start + rows * columns);
            start = place.end;
            if !part.trainable {
                continue;
            }
            let (theta, gradient) = (&mut theta[range.clone()], &gradient[range]);
            // The direction is ahead·g + along·B.
            let (ahead, along) = if self.nesterov { (enter, keep) } else { (T::zero(), T::one()) };
            vectorize!({
                let mean = &mut self.mean[place];
                for ((x, &g), mean) in self.room[0].iter_mut().zip(gradient).zip(mean) {
                    *mean = keep * *mean + enter * g;
                    *x = ahead * g + along * *mean;
                }
            });
            self.orthogonalise(rows, columns);
            let stretch = if self.match_rms {
                0.2 * (rows.max(columns) as f64).sqrt()
            } else {
                (rows as f64 / columns as f64).max(1.0).sqrt()
            };
            let along = parts::rate::<T>(part, self.rate * stretch);
            let shrink = parts::rate::<T>(part, self.rate) * parts::decay(part, self.weight_decay);
            vectorize!(for (theta, &x) in theta.iter_mut().zip(&self.room[0]) {
                *theta -= shrink * *theta;
                *theta -= along * x;
            });
        }
        Ok(())
    }
}
