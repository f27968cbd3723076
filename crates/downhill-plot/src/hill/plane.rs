//! The loss in a plane.

/// The loss on a grid in a plane through θ.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plane {
    /// How the plane was chosen.
    pub kind: PlaneKind,
    /// The coordinates of the plane's left and right side. θ is at 0.
    pub x: [f64; 2],
    /// The coordinates of its lower and upper side.
    pub y: [f64; 2],
    /// The number of points of the grid on a side.
    pub side: usize,
    /// The loss at each point of the grid: rows from below, each from the left.
    pub losses: Vec<f64>,
    /// For each descent the places of its points in the plane.
    pub paths: Vec<Vec<[f64; 2]>>,
}

/// How a plane was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum PlaneKind {
    /// The two directions in which the paths extend the most: their principal components, of length 1.
    Principal {
        /// The part of the paths' squared distances from θ that the plane holds.
        share: f64,
    },
    /// Two random directions with the lengths of θ's own filters.
    FilterNormalised,
}

impl Plane {
    /// The lowest and the highest loss on the grid that are finite.
    pub fn range(&self) -> [f64; 2] {
        let finite = self.losses.iter().copied().filter(|loss| loss.is_finite());
        let range =
            finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
        if range[0] <= range[1] { range } else { [0.0, 1.0] }
    }

    /// Whether heights are logarithms of losses: if these have several sizes.
    pub(crate) fn is_log(&self) -> bool {
        let [low, high] = self.range();
        low > 0.0 && high / low > 8.0
    }

    /// How high each point of the grid is drawn, from 0 to 1. What is not finite is as high as it gets.
    pub(crate) fn heights(&self) -> Vec<f64> {
        let ([low, high], log) = (self.range(), self.is_log());
        let height = |&loss: &f64| {
            let part = if log {
                (loss / low).ln() / (high / low).ln()
            } else {
                (loss - low) / (high - low).max(f64::MIN_POSITIVE)
            };
            if loss.is_finite() { part.clamp(0.0, 1.0) } else { 1.0 }
        };
        self.losses.iter().map(height).collect()
    }

    /// A place as parts of the plane's sides, from 0 to 1.
    pub(crate) fn part(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [(x - self.x[0]) / (self.x[1] - self.x[0]), (y - self.y[0]) / (self.y[1] - self.y[0])]
    }
}

/// The height at a place, given as parts of the sides, between the points of a grid.
pub(crate) fn between(heights: &[f64], side: usize, [x, y]: [f64; 2]) -> f64 {
    let last = side.saturating_sub(1).max(1);
    let at = |part: f64| {
        let place = part.clamp(0.0, 1.0) * last as f64;
        let cell = (place as usize).min(last - 1);
        (cell, place - cell as f64)
    };
    let ((column, fx), (row, fy)) = (at(x), at(y));
    let height = |row: usize, column: usize| heights.get(row * side + column).copied().unwrap_or(0.0);
    let [low, high] =
        [row, row + 1].map(|row| height(row, column) * (1.0 - fx) + height(row, column + 1) * fx);
    low * (1.0 - fy) + high * fy
}
