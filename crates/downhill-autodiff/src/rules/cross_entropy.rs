//! The fused loss −Σ q·ln softmax(x).

use downhill_tensor::{Axes, Error, Real, Result, Shape, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// The cross-entropy of softmax(x) along axis 1 of x `[n, classes, …]` with a target distribution: for
/// each position `[n, …]`, −Σ_c w_c q_c ln softmax(x)_c.
///
/// The target q is one class each (`classes`), or, without that, the second operand: a probability for
/// every class, in the shape of x. Label smoothing ε (Szegedy et al. 2016, section 7) makes it
/// (1 − ε) q + ε/C. The derivative is softmax(x)_c·Σ_k w_k q_k − w_c q_c: fused, it neither overflows nor
/// loses digits.
#[derive(Debug, Clone, Default)]
pub struct SoftmaxCrossEntropy {
    /// The class of each position, shape `[n, …]`.
    pub classes: Option<Tensor<usize>>,
    /// A weight w for each class, shape `[classes]`.
    pub weights: Option<Tensor<f64>>,
    /// ε.
    pub smoothing: f64,
    /// A class whose positions count nothing.
    pub ignored: Option<usize>,
}

/// Where the scores of a position are: `classes` of them, `inner` elements apart.
#[derive(Clone, Copy)]
struct Positions {
    classes: usize,
    inner: usize,
}

impl Positions {
    fn of(x: Shape) -> Positions {
        let (_, classes, inner) = x.around(1);
        Positions { classes, inner }
    }

    /// The place of a position's first score.
    #[inline]
    fn first(self, position: usize) -> usize {
        // Scores of shape [n, classes] need no division.
        if self.inner == 1 {
            return position * self.classes;
        }
        position / self.inner * self.classes * self.inner + position % self.inner
    }
}

impl SoftmaxCrossEntropy {
    fn check(&self, x: Shape, target: Option<Shape>) -> Result<Shape> {
        const RULE: &str = "needs scores [n, classes, …] and as many targets";
        let operation = "cross_entropy";
        if x.len() < 2 {
            return Err(Error::Operand { operation, rule: RULE, shape: x });
        }
        let positions = x.without(1);
        if let Some(classes) = &self.classes {
            if classes.shape() != positions {
                return Err(Error::mismatch(operation, RULE, x, classes.shape()));
            }
            let out_of_range = |&&class: &&usize| class >= x[1] && Some(class) != self.ignored;
            if let Some(&index) = classes.as_slice().iter().find(out_of_range) {
                return Err(Error::Index { index, axis: 1, shape: x });
            }
        }
        match target {
            Some(target) if target != x => return Err(Error::mismatch(operation, RULE, x, target)),
            None if self.classes.is_none() => return Err(Error::Operand { operation, rule: RULE, shape: x }),
            _ => {}
        }
        match &self.weights {
            Some(weights) if weights.shape() != [x[1]] => {
                Err(Error::mismatch(operation, "needs a weight for each class", x, weights.shape()))
            }
            _ => Ok(positions),
        }
    }

    /// The classes, if each position has one that counts in full: the common case, which needs no weighing.
    fn plain_classes(&self) -> Option<&[usize]> {
        let plain = self.weights.is_none() && self.smoothing == 0.0 && self.ignored.is_none();
        self.classes.as_ref().filter(|_| plain).map(Tensor::as_slice)
    }

    fn weight<T: Real>(&self, class: usize) -> T {
        self.weights.as_ref().map_or(T::one(), |weights| T::of(weights.as_slice()[class]))
    }

    /// w_c q_c at a position, for its class or its row of probabilities.
    #[inline(always)]
    fn weighted_target<T: Real>(&self, class: Option<usize>, probability: T, c: usize, classes: usize) -> T {
        let given = match class {
            Some(class) if class == c => T::one(),
            Some(_) => T::zero(),
            None => probability,
        };
        let smooth = T::of(self.smoothing);
        self.weight::<T>(c) * ((T::one() - smooth) * given + smooth / T::of(classes as f64))
    }
}

impl SoftmaxCrossEntropy {
    /// Puts the derivative with respect to the scores, whatever the target.
    fn pull_back_scores<T: Real>(
        &self,
        dx: &mut [T],
        put: impl Fn(&mut T, T),
        p: &[T],
        at: &Pullback<'_, T>,
        scores: Positions,
    ) {
        let Positions { classes, inner } = scores;
        let of_position = self.classes.as_ref().map(Tensor::as_slice);
        for (position, &g) in at.cotangent().iter().enumerate() {
            let start = scores.first(position);
            let place = |c: usize| start + c * inner;
            let class = of_position.map(|classes| classes[position]);
            if class.is_some() && class == self.ignored {
                (0..classes).for_each(|c| put(&mut dx[place(c)], T::zero()));
            } else if let (Some(class), 0.0) = (class, self.smoothing) {
                // q is 0 but for its class.
                let g = g * self.weight::<T>(class);
                (0..classes).for_each(|c| put(&mut dx[place(c)], g * p[place(c)]));
                dx[place(class)] -= g;
            } else {
                let q = |c: usize| {
                    let probability = if at.len() > 1 { at.slice(1)[place(c)] } else { T::zero() };
                    self.weighted_target(class, probability, c, classes)
                };
                let total = (0..classes).fold(T::zero(), |sum, c| sum + q(c));
                (0..classes).for_each(|c| put(&mut dx[place(c)], g * (p[place(c)] * total - q(c))));
            }
        }
    }
}

impl<T: Real> Rule<T> for SoftmaxCrossEntropy {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let shape = operands.shape(0);
        let target = (operands.len() > 1).then(|| operands.shape(1));
        let positions = self.check(shape, target)?;
        let (x, axis) = (operands.value(0), Axes::single(1));
        let (mut shifts, mut logs) = (cx.take(positions), cx.take(positions));
        let mut p = cx.recording().then(|| cx.take(shape));
        kernel::softmax_parts(
            p.as_mut().map(Tensor::as_mut_slice),
            shifts.as_mut_slice(),
            logs.as_mut_slice(),
            x.view(),
            axis,
            cx.threads(),
        );
        if let Some(p) = p {
            cx.save(p);
        }
        let mut y = cx.take(positions);
        let scores = Positions::of(shape);
        let Positions { classes, inner } = scores;
        let (x, parts) = (x.as_slice(), shifts.as_slice().iter().zip(logs.as_slice()));
        let of_position = self.classes.as_ref().map(Tensor::as_slice);
        let given = target.map(|_| operands.slice(1));
        if let (Some(of_position), 1) = (self.plain_classes(), inner) {
            let rows = x.chunks_exact(classes.max(1)).zip(of_position).zip(parts);
            for (y, ((x, &class), (&shift, &log))) in y.as_mut_slice().iter_mut().zip(rows) {
                *y = log - (x[class] - shift);
            }
        } else {
            for ((position, y), (&shift, &log)) in y.as_mut_slice().iter_mut().enumerate().zip(parts) {
                let start = scores.first(position);
                let ln_p = |c: usize| (x[start + c * inner] - shift) - log;
                *y = match of_position.map(|classes| classes[position]) {
                    Some(class) if Some(class) == self.ignored => T::zero(),
                    Some(class) if self.smoothing == 0.0 => -self.weight::<T>(class) * ln_p(class),
                    class => (0..classes).fold(T::zero(), |sum, c| {
                        let probability = given.map_or(T::zero(), |given| given[start + c * inner]);
                        let q = self.weighted_target(class, probability, c, classes);
                        // 0·ln 0 is 0.
                        if q == T::zero() { sum } else { sum - q * ln_p(c) }
                    }),
                };
            }
        }
        if target.is_some() {
            cx.save(shifts);
            cx.save(logs);
        } else {
            cx.give(shifts);
            cx.give(logs);
        }
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let scores = Positions::of(at.shape(0));
        let Positions { classes, inner } = scores;
        let p = at.saved(0).as_slice();
        let by_probability = at.len() > 1;
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            let put = store.put();
            if let (Some(of_position), 1) = (self.plain_classes(), inner) {
                let rows = dx.chunks_exact_mut(classes.max(1)).zip(p.chunks_exact(classes.max(1)));
                for (((dx, p), &class), &g) in rows.zip(of_position).zip(at.cotangent()) {
                    for (dx, &p) in dx.iter_mut().zip(p) {
                        put(dx, g * p);
                    }
                    dx[class] -= g;
                }
            } else {
                self.pull_back_scores(dx, put, p, at, scores);
            }
        }
        if by_probability && let Some(mut dq) = sink.destination(1) {
            let dq = dq.to_add();
            let kept = T::of(1.0 - self.smoothing);
            let (shifts, logs) = (at.saved(1).as_slice(), at.saved(2).as_slice());
            for (place, (dq, &x)) in dq.iter_mut().zip(at.slice(0)).enumerate() {
                let (block, i) = (place / inner / classes, place % inner);
                let (c, position) = (place / inner % classes, block * inner + i);
                let ln_p = (x - shifts[position]) - logs[position];
                *dq -= at.cotangent()[position] * kept * self.weight::<T>(c) * ln_p;
            }
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The cross-entropy of softmax(scores) along axis 1 of scores `[n, classes, …]` with the class of
    /// each position: shape `[n, …]`.
    #[track_caller]
    pub fn cross_entropy(self, classes: &Tensor<usize>) -> Var<'t, T> {
        self.apply(SoftmaxCrossEntropy { classes: Some(classes.clone()), ..SoftmaxCrossEntropy::default() })
    }
}
