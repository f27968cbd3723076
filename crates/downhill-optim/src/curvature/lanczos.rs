//! Eigenvalues of a symmetric matrix that is known by its products alone.

use downhill_tensor::nalgebra::{DMatrix, SymmetricEigen};
use downhill_tensor::random::{add_normal, generator};

use super::vectors::{add_scaled, dot, scale};
use crate::Result;

/// The eigenvalues that Lanczos' method finds of a symmetric matrix of this size, in rising order, by up to `products`
/// products with vectors. The first and the last are the smallest and the largest to good precision after
/// some tens of products, whatever the size; those between are a sketch of the spectrum.
///
/// With the [exact products](crate::Objective::hessian_product) of a Hessian: how sharp a minimum is, and, as 2/λ, up to which rate
/// gradient descent can be stable. Source: Golub & Van Loan (2013), Matrix computations, section 10.1, with all vectors
/// kept orthogonal to each other.
///
/// ```
/// use downhill_optim::lanczos;
///
/// let diagonal = [-1.0, 2.0, 5.0, 0.5];
/// let found = lanczos(4, 4, 1, |v, product| {
///     product.iter_mut().zip(v).zip(diagonal).for_each(|((p, v), d)| *p = d * v);
///     Ok(())
/// })?;
/// assert!((found[0] + 1.0).abs() < 1e-12 && (found[3] - 5.0).abs() < 1e-12);
/// # Ok::<(), downhill_optim::Error>(())
/// ```
///
/// # Errors
/// Those of the product.
pub fn lanczos(
    size: usize,
    products: usize,
    seed: u64,
    mut product: impl FnMut(&[f64], &mut [f64]) -> Result<()>,
) -> Result<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
    let mut next = vec![0.0; size];
    add_normal(&mut next, 1.0, &mut generator(seed, 0));
    let mut largest: f64 = 0.0;
    while basis.len() < products.min(size) {
        let length = dot(&next, &next).sqrt();
        // What is left is rounding: the vectors so far span all that the first one has a part in.
        if length <= largest * 1e-12 || length.is_nan() {
            break;
        }
        if !basis.is_empty() {
            beside.push(length);
        }
        scale(&mut next, 1.0 / length);
        let vector = std::mem::replace(&mut next, vec![0.0; size]);
        product(&vector, &mut next)?;
        diagonal.push(dot(&vector, &next));
        largest = largest.max(dot(&next, &next).sqrt());
        basis.push(vector);
        // Twice is enough (Parlett).
        for vector in basis.iter().chain(&basis) {
            let along = dot(vector, &next);
            add_scaled(&mut next, -along, vector);
        }
    }
    Ok(eigenvalues(&diagonal, &beside))
}

/// The eigenvalues of a symmetric tridiagonal matrix in rising order; NaN if it is not finite. Not generic: the decomposition
/// is compiled here, not for each product.
fn eigenvalues(diagonal: &[f64], beside: &[f64]) -> Vec<f64> {
    let n = diagonal.len();
    if n == 0 || diagonal.iter().chain(beside).any(|x| !x.is_finite()) {
        return vec![f64::NAN; n];
    }
    let tridiagonal = DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => beside[i.min(j)],
        _ => 0.0,
    });
    let mut found: Vec<f64> = SymmetricEigen::new(tridiagonal).eigenvalues.iter().copied().collect();
    found.sort_by(f64::total_cmp);
    found
}
