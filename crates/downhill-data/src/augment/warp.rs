//! Changes of one image.

use downhill_tensor::{Real, Shape};

/// The size of images, and storage for one.
pub(super) struct Image<T> {
    height: usize,
    width: usize,
    before: Vec<T>,
}

impl<T: Real> Image<T> {
    /// For images of shape `[height, width]` or `[channels, height, width]`.
    pub(super) fn new(shape: Shape) -> Image<T> {
        let (height, width) = match *shape {
            [.., height, width] => (height, width),
            _ => (0, 0),
        };
        Image { height, width, before: Vec::new() }
    }

    /// Writes each pixel of each channel as `pixel` of the channel as it was, and the pixel's row and column.
    fn redraw(&mut self, pixels: &mut [T], pixel: impl Fn(&[T], usize, usize) -> T) {
        self.before.clear();
        self.before.extend_from_slice(pixels);
        let size = (self.height * self.width).max(1);
        for (channel, before) in pixels.chunks_exact_mut(size).zip(self.before.chunks_exact(size)) {
            for (row, line) in channel.chunks_exact_mut(self.width).enumerate() {
                for (column, into) in line.iter_mut().enumerate() {
                    *into = pixel(before, row, column);
                }
            }
        }
    }

    /// The same, with what is at a place between pixels; 0 outside.
    fn sample(&mut self, pixels: &mut [T], place: impl Fn(usize, usize) -> (f64, f64)) {
        let (height, width) = (self.height, self.width);
        self.redraw(pixels, |before, row, column| {
            let (down, right) = place(row, column);
            let (top, left) = (down.floor(), right.floor());
            let (below, beside) = (down - top, right - left);
            let at = |row: f64, column: f64| {
                let inside = row >= 0.0 && column >= 0.0 && row < height as f64 && column < width as f64;
                if inside { before[row as usize * width + column as usize] } else { T::zero() }
            };
            let weighted = |row, column, weight: f64| {
                if weight == 0.0 { T::zero() } else { at(row, column) * T::of(weight) }
            };
            weighted(top, left, (1.0 - below) * (1.0 - beside))
                + weighted(top, left + 1.0, (1.0 - below) * beside)
                + weighted(top + 1.0, left, below * (1.0 - beside))
                + weighted(top + 1.0, left + 1.0, below * beside)
        });
    }

    pub(super) fn shift(&mut self, pixels: &mut [T], rows: isize, columns: isize) {
        let (height, width) = (self.height, self.width);
        self.redraw(pixels, |before, row, column| {
            let row = row.checked_add_signed(-rows).filter(|&row| row < height);
            let column = column.checked_add_signed(-columns).filter(|&column| column < width);
            row.zip(column).map_or(T::zero(), |(row, column)| before[row * width + column])
        });
    }

    pub(super) fn flip_horizontal(&mut self, pixels: &mut [T]) {
        pixels.chunks_exact_mut(self.width.max(1)).for_each(<[T]>::reverse);
    }

    pub(super) fn flip_vertical(&mut self, pixels: &mut [T]) {
        let (height, width) = (self.height, self.width);
        self.redraw(pixels, |before, row, column| before[(height - 1 - row) * width + column]);
    }

    pub(super) fn rotate(&mut self, pixels: &mut [T], radians: f64) {
        let (sin, cos) = radians.sin_cos();
        let (middle_row, middle_column) = (0.5 * (self.height as f64 - 1.0), 0.5 * (self.width as f64 - 1.0));
        self.sample(pixels, |row, column| {
            let (down, right) = (row as f64 - middle_row, column as f64 - middle_column);
            (middle_row + cos * down + sin * right, middle_column + cos * right - sin * down)
        });
    }

    /// Enlarges a part of this side, relative to the image's, that lies so far down and right of what room there is.
    pub(super) fn crop(&mut self, pixels: &mut [T], side: f64, down: f64, right: f64) {
        let along = |length: usize, start: f64| {
            let room = length as f64 * (1.0 - side) * start;
            // Pixels are squares about their middles; the part's border pixels stand for what is beyond them.
            move |place: usize| (room + (place as f64 + 0.5) * side - 0.5).clamp(0.0, length as f64 - 1.0)
        };
        let (row_at, column_at) = (along(self.height, down), along(self.width, right));
        self.sample(pixels, |row, column| (row_at(row), column_at(column)));
    }

    pub(super) fn elastic(
        &mut self,
        pixels: &mut [T],
        strength: f64,
        deviation: f64,
        mut draw: impl FnMut() -> f64,
    ) {
        let (height, width) = (self.height, self.width);
        let weights = gaussian(deviation);
        let mut field = || {
            let noise: Vec<f64> = (0..height * width).map(|_| draw()).collect();
            smooth(&noise, height, width, &weights)
        };
        let (down, right) = (field(), field());
        self.sample(pixels, |row, column| {
            let place = row * width + column;
            (row as f64 + strength * down[place], column as f64 + strength * right[place])
        });
    }

    pub(super) fn cutout(&mut self, pixels: &mut [T], size: usize, down: f64, right: f64) {
        let span = |length: usize, at: f64| {
            let middle = (at * length as f64) as usize;
            let start = middle.saturating_sub(size / 2);
            start..middle.saturating_add(size - size / 2).min(length)
        };
        let (rows, columns) = (span(self.height, down), span(self.width, right));
        for channel in pixels.chunks_exact_mut((self.height * self.width).max(1)) {
            for row in rows.clone() {
                channel[row * self.width..][columns.clone()].fill(T::zero());
            }
        }
    }
}

/// The weights of a Gaussian at whole distances from 0 on, to three deviations; over both sides they add up to 1.
fn gaussian(deviation: f64) -> Vec<f64> {
    let reach = (3.0 * deviation).ceil() as usize;
    let weight = |distance: usize| (-0.5 * (distance as f64 / deviation).powi(2)).exp();
    let sum = weight(0) + 2.0 * (1..=reach).map(weight).sum::<f64>();
    (0..=reach).map(|distance| weight(distance) / sum).collect()
}

/// A field with each number replaced by those around it, weighted by their distances, first along rows, then along
/// columns; beyond the border it is 0.
fn smooth(field: &[f64], height: usize, width: usize, weights: &[f64]) -> Vec<f64> {
    let line = |length: usize, at: usize, number: &dyn Fn(usize) -> f64| {
        let mut sum = weights[0] * number(at);
        for (distance, weight) in weights.iter().enumerate().skip(1) {
            if distance <= at {
                sum += weight * number(at - distance);
            }
            if at + distance < length {
                sum += weight * number(at + distance);
            }
        }
        sum
    };
    let along: Vec<f64> = (0..height * width)
        .map(|place| line(width, place % width, &|column| field[place / width * width + column]))
        .collect();
    (0..height * width)
        .map(|place| line(height, place / width, &|row| along[row * width + place % width]))
        .collect()
}
