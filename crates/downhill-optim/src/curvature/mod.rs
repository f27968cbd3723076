//! Methods that evaluate the function itself, most of them to learn how it curves.

mod conjugate_gradient;
mod gauss_newton;
mod lanczos;
mod lbfgs;
mod least_squares;
mod levenberg_marquardt;
mod line_search;
mod newton_cg;
mod objective;
mod sophia;
mod vectors;

pub use conjugate_gradient::{Conjugacy, ConjugateGradient};
pub use gauss_newton::GaussNewton;
pub use lanczos::lanczos;
pub use lbfgs::Lbfgs;
pub use least_squares::LeastSquares;
pub use levenberg_marquardt::LevenbergMarquardt;
pub use newton_cg::NewtonCg;
pub use objective::{Function, Objective};
pub use sophia::Sophia;

#[cfg(test)]
mod tests;
