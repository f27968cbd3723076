//! Directions in the space of θ.

use downhill::tensor::Layout;
use downhill::tensor::nalgebra::DMatrix;
use downhill::tensor::random::{add_normal, generator};

/// The directions in which the points of paths lie apart the most, seen from `centre`, and how much of their squared
/// distances the two hold: the principal components of Li et al. (2018), Visualizing the loss landscape of neural
/// nets, section 7.2.
///
/// With D the matrix of the differences, a column a point, the left singular vectors of D are Du/|Du| with the
/// singular vectors u of DᵀD, which is as small as the path is short. Answers `None` if the points lie on a line.
pub(crate) fn principal(points: &[&[f32]], centre: &[f64]) -> Option<([Vec<f64>; 2], f64)> {
    let differences: Vec<Vec<f64>> = points
        .iter()
        .map(|point| point.iter().zip(centre).map(|(&x, c)| f64::from(x) - c).collect())
        .collect();
    let count = differences.len();
    let mut gram = DMatrix::<f64>::zeros(count, count);
    for i in 0..count {
        for j in 0..=i {
            let product = dot(&differences[i], &differences[j]);
            gram[(i, j)] = product;
            gram[(j, i)] = product;
        }
    }
    let total = gram.trace();
    if count < 2 || !total.is_finite() || total <= 0.0 {
        return None;
    }
    let svd = gram.svd(true, false);
    let vectors = svd.u.as_ref()?;
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| svd.singular_values[b].total_cmp(&svd.singular_values[a]));
    let [first, second] = [order[0], order[1]];
    if svd.singular_values[second] <= 1e-10 * svd.singular_values[first] {
        return None;
    }
    let direction = |column: usize| {
        let mut direction = vec![0.0; centre.len()];
        for (difference, &weight) in differences.iter().zip(vectors.column(column).iter()) {
            direction.iter_mut().zip(difference).for_each(|(sum, x)| *sum += weight * x);
        }
        let length = dot(&direction, &direction).sqrt();
        direction.iter_mut().for_each(|x| *x /= length);
        // The sign of a singular vector is anybody's guess: the first point is to be on the positive side.
        if dot(&direction, &differences[0]) < 0.0 {
            direction.iter_mut().for_each(|x| *x = -*x);
        }
        direction
    };
    let share = (svd.singular_values[first] + svd.singular_values[second]) / total;
    Some(([direction(first), direction(second)], share.min(1.0)))
}

/// A random direction with the length of each filter made that of the filter in θ: Li et al. (2018), section 4.
///
/// A filter is a row of a matrix of weights, or an output channel of a kernel. Parts of one axis, biases and the
/// parameters of normalisation, do not move, as there.
pub(crate) fn filter_normalised(theta: &[f64], layout: &Layout, seed: u64, stream: u64) -> Vec<f64> {
    let mut direction = vec![0.0; theta.len()];
    let mut random = generator(seed, stream);
    for part in layout.parts().iter().filter(|part| part.shape.len() >= 2 && part.trainable) {
        let row = part.shape.sample().elements().max(1);
        let (filters, directions) = (&theta[part.range()], &mut direction[part.range()]);
        add_normal(directions, 1.0, &mut random);
        for (filter, direction) in filters.chunks(row).zip(directions.chunks_mut(row)) {
            let factor = dot(filter, filter).sqrt() / dot(direction, direction).sqrt().max(1e-300);
            direction.iter_mut().for_each(|x| *x *= factor);
        }
    }
    direction
}

/// The place of a point in the plane of two directions, which need not be at right angles: that of the nearest point
/// in the plane.
pub(crate) fn project(point: &[f32], centre: &[f64], [a, b]: &[Vec<f64>; 2]) -> [f64; 2] {
    let (mut pa, mut pb) = (0.0, 0.0);
    for (((&x, c), a), b) in point.iter().zip(centre).zip(a).zip(b) {
        pa += (f64::from(x) - c) * a;
        pb += (f64::from(x) - c) * b;
    }
    let (aa, ab, bb) = (dot(a, a), dot(a, b), dot(b, b));
    let determinant = aa * bb - ab * ab;
    if determinant <= 0.0 {
        return [0.0; 2];
    }
    [(pa * bb - pb * ab) / determinant, (pb * aa - pa * ab) / determinant]
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use downhill::tensor::Shape;
    use proptest::prelude::*;

    #[test]
    fn a_filter_keeps_its_length_and_a_bias_its_place() {
        let mut layout = Layout::default();
        layout.push("weight", Shape::from([2, 3]), true);
        layout.push("bias", Shape::from([2]), false);
        let theta = [3.0, 0.0, 4.0, 0.0, 0.0, 0.5, 7.0, 7.0];
        let direction = filter_normalised(&theta, &layout, 1, 0);
        let length = |range: std::ops::Range<usize>| dot(&direction[range.clone()], &direction[range]).sqrt();
        assert!((length(0..3) - 5.0).abs() < 1e-12 && (length(3..6) - 0.5).abs() < 1e-12);
        assert_eq!(direction[6..], [0.0, 0.0]);
        assert_ne!(direction, filter_normalised(&theta, &layout, 1, 1));
    }

    proptest! {
        /// Points in a plane are found again in it, whatever plane it is.
        #[test]
        fn a_flat_path_lies_in_its_principal_plane(
            places in proptest::collection::vec((-3.0_f64..3.0, -3.0_f64..3.0), 4..12),
            seed: u64,
        ) {
            let mut plane = vec![0.0; 40];
            add_normal(&mut plane, 1.0, &mut generator(seed, 0));
            let (a, b) = plane.split_at(20);
            let centre = vec![0.5; 20];
            let at = |&(x, y): &(f64, f64)| -> Vec<f32> {
                (0..20).map(|i| (centre[i] + x * a[i] + y * b[i]) as f32).collect()
            };
            let points: Vec<Vec<f32>> = places.iter().map(at).collect();
            let points: Vec<&[f32]> = points.iter().map(Vec::as_slice).collect();
            let Some((directions, share)) = principal(&points, &centre) else { return Ok(()) };
            prop_assert!(share > 1.0 - 1e-6, "{share}");
            prop_assert!(dot(&directions[0], &directions[1]).abs() < 1e-3);
            for point in points {
                let [x, y] = project(point, &centre, &directions);
                for (i, &coordinate) in point.iter().enumerate() {
                    let found = centre[i] + x * directions[0][i] + y * directions[1][i];
                    prop_assert!((found - f64::from(coordinate)).abs() < 1e-3, "{found} {coordinate}");
                }
            }
        }
    }
}
