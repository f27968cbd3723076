//! Images in another size.

use downhill_tensor::Real;

/// Appends a channel in another size. Each pixel is a mean of those around its place, weighted by a triangle that is as
/// wide as the pixel is, and at least as a pixel was: linear interpolation that does not skip pixels (what Pillow calls
/// `BILINEAR`).
pub(super) fn resize<T: Real>(
    plane: &[u8],
    (height, width): (usize, usize),
    (to_height, to_width): (usize, usize),
    into: &mut Vec<T>,
) {
    let (rows, columns) = (weights(height, to_height), weights(width, to_width));
    let mut narrow = Vec::with_capacity(height * to_width);
    for line in plane.chunks_exact(width) {
        for (start, weights) in &columns {
            let pixels = line[*start..].iter().zip(weights);
            narrow.push(pixels.map(|(&x, weight)| f64::from(x) * weight).sum::<f64>());
        }
    }
    for (start, weights) in &rows {
        for column in 0..to_width {
            let pixels = weights.iter().enumerate();
            let sum: f64 =
                pixels.map(|(row, weight)| narrow[(start + row) * to_width + column] * weight).sum();
            into.push(T::of(sum));
        }
    }
}

/// For each new place along an axis, the first old one that it is a mean of, and the weights from there on.
fn weights(from: usize, to: usize) -> Vec<(usize, Vec<f64>)> {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    let place = |place: usize| {
        let middle = (place as f64 + 0.5) * scale;
        let start = (middle - reach).max(0.0) as usize;
        let end = ((middle + reach).ceil() as usize).min(from);
        let weight = |old: usize| (1.0 - (old as f64 + 0.5 - middle).abs() / reach).max(0.0);
        let weights: Vec<f64> = (start..end).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        (start, weights.into_iter().map(|weight| weight / sum).collect())
    };
    (0..to).map(place).collect()
}
