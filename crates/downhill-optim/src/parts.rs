//! The parts of θ that a step acts on.

use std::ops::Range;

use downhill_tensor::{Layout, Part, Real, Threads, kernel, vectorize};

use crate::{Result, lengths};

/// The parts that learn, in order.
pub(crate) fn trainable(layout: &Layout) -> impl Iterator<Item = &Part> {
    layout.parts().iter().filter(|part| part.trainable)
}

/// The parts that learn, in order; those that lie side by side and learn alike are one run, told by its first part and the
/// range of all.
fn runs(layout: &Layout) -> impl Iterator<Item = (&Part, Range<usize>)> {
    let mut parts = trainable(layout).peekable();
    std::iter::from_fn(move || {
        let first = parts.next()?;
        let settings = |part: &Part| (part.decay, part.rate_factor, part.decay_factor);
        let mut run = first.range();
        while let Some(next) =
            parts.next_if(|part| part.start == run.end && settings(part) == settings(first))
        {
            run.end = next.range().end;
        }
        Some((first, run))
    })
}

/// The parts that `select` chooses, in order, each with its place in a vector of them alone.
pub(crate) fn selected(
    layout: &Layout,
    select: impl Fn(&Part) -> bool,
) -> impl Iterator<Item = (&Part, Range<usize>)> {
    layout.parts().iter().filter(move |part| select(part)).scan(0, |end, part| {
        let start = *end;
        *end += part.shape.elements();
        Some((part, start..*end))
    })
}

/// One pass over vectors as long as θ, shared out to threads: calls `step` with pieces of what learns, each with a part
/// that learns alike, and with its piece of every vector and of the gradient.
#[inline(always)]
pub(crate) fn pass<T: Real, const N: usize>(
    threads: &Threads,
    layout: &Layout,
    vectors: [&mut [T]; N],
    gradient: &[T],
    step: impl Fn(&Part, [&mut [T]; N], &[T]) + Sync,
) {
    kernel::for_pieces(
        threads,
        vectors,
        #[inline(always)]
        |own, mut vectors| {
            vectorize!(for (part, range) in runs(layout) {
                let (start, end) = (range.start.max(own.start), range.end.min(own.end));
                if start < end {
                    let here = start - own.start..end - own.start;
                    step(
                        part,
                        vectors.each_mut().map(|vector| &mut vector[here.clone()]),
                        &gradient[start..end],
                    );
                }
            });
        },
    );
}

/// The number of elements of a unit of a part: of a row along its first axis, or of all of it if that is its only
/// axis; 0 if it has no elements.
pub(crate) fn unit(part: &Part) -> usize {
    match *part.shape {
        [rows, _, ..] => part.shape.elements().checked_div(rows).unwrap_or(0),
        _ => part.shape.elements(),
    }
}

/// Copies the parts of `from` that learn into θ; nothing if there has been no step, and `from` is empty.
pub(crate) fn copy<T: Real>(name: &'static str, from: &[T], theta: &mut [T], layout: &Layout) -> Result<()> {
    lengths::equal("layout", theta.len(), layout.len())?;
    if from.is_empty() {
        return Ok(());
    }
    lengths::equal(name, theta.len(), from.len())?;
    for range in trainable(layout).map(Part::range) {
        theta[range.clone()].copy_from_slice(&from[range]);
    }
    Ok(())
}

/// The learning rate of a part.
pub(crate) fn rate<T: Real>(part: &Part, rate: f64) -> T {
    T::of(rate * part.rate_factor)
}

/// The weight decay that acts on a part.
pub(crate) fn decay<T: Real>(part: &Part, weight_decay: f64) -> T {
    T::of(own_decay(part, weight_decay))
}

fn own_decay(part: &Part, weight_decay: f64) -> f64 {
    if part.decay { weight_decay * part.decay_factor } else { 0.0 }
}

/// A weight decay and where it enters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decay {
    /// λ.
    pub(crate) weight: f64,
    /// Whether it shrinks θ itself, θ ← (1 − ηλ)θ, instead of entering the gradient as λθ.
    pub(crate) decoupled: bool,
}

/// The weight decay of one part.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartDecay<T> {
    /// The share of θ that is added to the gradient.
    entering: T,
    /// The share of θ that is taken off it.
    shrinking: T,
}

impl Decay {
    /// That of a part, at this learning rate.
    pub(crate) fn of<T: Real>(self, part: &Part, rate: f64) -> PartDecay<T> {
        let weight = own_decay(part, self.weight);
        let (entering, shrinking) =
            if self.decoupled { (0.0, rate * part.rate_factor * weight) } else { (weight, 0.0) };
        PartDecay { entering: T::of(entering), shrinking: T::of(shrinking) }
    }
}

impl<T: Real> PartDecay<T> {
    /// Shrinks θ, and answers the gradient with what enters it.
    #[inline(always)]
    pub(crate) fn apply(self, theta: &mut T, g: T) -> T {
        let g = g + self.entering * *theta;
        *theta -= self.shrinking * *theta;
        g
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Also where a piece of a thread ends within a part, or holds several.
    #[test]
    fn a_pass_visits_what_learns_once() {
        let mut layout = Layout::default();
        for (name, length) in [("a", 20_001), ("b", 7), ("c", 0), ("d", 9), ("e", 30_000)] {
            layout.push(name, [length].into(), true);
        }
        layout.set_trainable("d", false);
        layout.set_decay("b", false);
        let gradient: Vec<f64> = (1..=layout.len()).map(|place| place as f64).collect();
        for threads in [1, 3] {
            let [mut theta, mut visits, mut decays] = [(); 3].map(|()| vec![0.0; layout.len()]);
            pass(
                &Threads::new(threads),
                &layout,
                [&mut theta, &mut visits, &mut decays],
                &gradient,
                |part, [theta, visits, decays], gradient| {
                    assert!(part.trainable);
                    decays.fill(decay(part, 1.0));
                    for ((theta, &g), visits) in theta.iter_mut().zip(gradient).zip(visits) {
                        *theta += g;
                        *visits += 1.0;
                    }
                },
            );
            let [frozen, undecayed] = ["d", "b"].map(|name| layout.part(name).unwrap().range());
            for (place, &g) in gradient.iter().enumerate() {
                let times = if frozen.contains(&place) { 0.0 } else { 1.0 };
                assert_eq!([theta[place], visits[place]], [times * g, times], "{place} on {threads} threads");
                let own = if undecayed.contains(&place) { 0.0 } else { times };
                assert_eq!(decays[place], own, "{place} on {threads} threads");
            }
        }
    }
}
