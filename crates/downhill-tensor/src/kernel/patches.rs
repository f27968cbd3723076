//! Images as matrices of what the windows of a convolution see, and back ("im2col", "col2im").

use std::ops::Range;

use super::window::Window;
use crate::{Real, vectorize};

/// Windows that slide over planes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patches {
    pub(super) windows: [Window; 2],
    /// The height and the width of a plane.
    pub(super) plane: [usize; 2],
    /// The number of windows down and across.
    pub(super) count: [usize; 2],
}

/// Some rows of windows: those of an image, and the column that the first window of them gets.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) image: usize,
    pub(super) rows: Range<usize>,
    pub(super) column: usize,
}

/// Cuts rows of windows, counted on from image to image, where an image ends.
pub(super) fn rows_of(rows: Range<usize>, [height, width]: [usize; 2]) -> impl Iterator<Item = Rows> + Clone {
    let first = rows.start;
    let images = rows.start / height.max(1)..rows.end.div_ceil(height.max(1));
    images.map(move |image| {
        let start = image * height;
        let own = rows.start.max(start)..rows.end.min(start + height);
        Rows { image, rows: own.start - start..own.end - start, column: (own.start - first) * width }
    })
}

impl Patches {
    /// The number of taps of a window.
    pub(super) fn taps(&self) -> usize {
        self.windows[0].kernel * self.windows[1].kernel
    }

    /// For each tap of the windows on planes of one image, writes what it sees into a row of `columns`, of `stride`
    /// elements: each window is a column.
    pub(super) fn unfold<T: Real>(&self, columns: &mut [T], stride: usize, planes: &[T], of: &Rows) {
        let [height, width] = self.plane;
        let across = self.count[1];
        vectorize!({
            let mut rows = columns.chunks_exact_mut(stride);
            for plane in planes.chunks_exact((height * width).max(1)) {
                for y_tap in 0..self.windows[0].kernel {
                    let down = self.windows[0].inside(y_tap, height, self.count[0]);
                    for x_tap in 0..self.windows[1].kernel {
                        let inside = self.windows[1].inside(x_tap, width, across);
                        let Some(row) = rows.next() else { return };
                        let row = &mut row[of.column..][..of.rows.len() * across];
                        for (y, there) in of.rows.clone().zip(row.chunks_exact_mut(across.max(1))) {
                            if !down.contains(&y) || inside.is_empty() {
                                there.fill(T::zero());
                                continue;
                            }
                            let line = &plane[self.windows[0].place(y, y_tap) * width..][..width];
                            let from = &line[self.windows[1].place(inside.start, x_tap)..];
                            there[..inside.start].fill(T::zero());
                            there[inside.end..].fill(T::zero());
                            let there = &mut there[inside.clone()];
                            match self.windows[1].stride {
                                1 => there.copy_from_slice(&from[..there.len()]),
                                stride => {
                                    for (there, &x) in there.iter_mut().zip(from.iter().step_by(stride)) {
                                        *there = x;
                                    }
                                }
                            }
                        }
                    }
                }
            }
        });
    }

    /// The adjoint of [`unfold`](Patches::unfold): adds each row of `columns` to what its tap sees.
    pub(super) fn fold<T: Real>(&self, planes: &mut [T], columns: &[T], stride: usize, of: &Rows) {
        let [height, width] = self.plane;
        let across = self.count[1];
        vectorize!({
            let mut rows = columns.chunks_exact(stride);
            for plane in planes.chunks_exact_mut((height * width).max(1)) {
                for y_tap in 0..self.windows[0].kernel {
                    let down = self.windows[0].inside(y_tap, height, self.count[0]);
                    for x_tap in 0..self.windows[1].kernel {
                        let inside = self.windows[1].inside(x_tap, width, across);
                        let Some(row) = rows.next() else { return };
                        if inside.is_empty() {
                            continue;
                        }
                        let row = &row[of.column..][..of.rows.len() * across];
                        for (y, from) in of.rows.clone().zip(row.chunks_exact(across)) {
                            if !down.contains(&y) {
                                continue;
                            }
                            let line = &mut plane[self.windows[0].place(y, y_tap) * width..][..width];
                            let there = &mut line[self.windows[1].place(inside.start, x_tap)..];
                            let from = &from[inside.clone()];
                            match self.windows[1].stride {
                                1 => {
                                    for (there, &x) in there.iter_mut().zip(from) {
                                        *there += x;
                                    }
                                }
                                stride => {
                                    for (there, &x) in there.iter_mut().step_by(stride).zip(from) {
                                        *there += x;
                                    }
                                }
                            }
                        }
                    }
                }
            }
        });
    }
}
