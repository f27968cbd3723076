//! Functions to go downhill on.

use std::ops::Range;

use downhill_optim::{Error, Function, GaussNewton, Layout, Objective, Real};

use crate::table::Boxed;

/// A function of constant curvature: its Hessian is AᵀA.
pub(crate) struct Bowl<T, F> {
    pub(crate) function: Function<T, F>,
    /// A, row by row.
    pub(crate) root: Vec<T>,
}

impl<T: Real, F: FnMut(&[T], &mut [T]) -> T> Objective<T> for Bowl<T, F> {
    fn gradient(&mut self, theta: &[T], gradient: &mut [T]) -> Result<T, Error> {
        self.function.gradient(theta, gradient)
    }

    fn value(&mut self, theta: &[T]) -> Result<T, Error> {
        self.function.value(theta)
    }

    fn hessian_product(&mut self, _: &[T], v: &[T], product: &mut [T]) -> Result<(), Error> {
        product.fill(T::zero());
        for row in self.root.chunks(v.len().max(1)) {
            let along = row.iter().zip(v).fold(T::zero(), |sum, (a, v)| sum + *a * *v);
            product.iter_mut().zip(row).for_each(|(product, a)| *product += along * *a);
        }
        Ok(())
    }

    fn gauss_newton(&mut self, theta: &[T], model: &mut GaussNewton<T>) -> Result<(), Error> {
        let value = self.function.gradient(theta, model.gradient_mut())?;
        model.add_value(value);
        model.add_square(&self.root);
        Ok(())
    }
}

/// The unit matrix times a number.
fn unit<T: Real>(length: usize, number: f64) -> Vec<T> {
    (0..length * length).map(|i| T::of(if i / length == i % length { number } else { 0.0 })).collect()
}

/// Some function, different at each step, whose gradient has elements of every size and sign.
pub(crate) fn some<T: Real>(step: usize, length: usize) -> impl Objective<T> {
    let function = move |theta: &[T], gradient: &mut [T]| {
        let mut value = T::zero();
        for (place, (&theta, g)) in theta.iter().zip(gradient).enumerate() {
            let wave = T::of(((step * 7 + place * 3) as f64).sin());
            *g = theta * T::of(0.3) + wave;
            value += theta * theta * T::of(0.15) + theta * wave;
        }
        value
    };
    Bowl { function: Function::new(function), root: unit(length, 0.3_f64.sqrt()) }
}

/// Takes the steps `steps` on [`some`] functions.
pub(crate) fn run<T: Real>(optimizer: &mut Boxed<T>, theta: &mut [T], layout: &Layout, steps: Range<usize>) {
    let mut gradient = theta.to_vec();
    for step in steps {
        optimizer.step_on(theta, &mut gradient, &mut some(step, theta.len()), layout).unwrap();
        assert!(!optimizer.halfway());
        // Better at first, then not.
        optimizer.report((step as f64 - 2.0).abs());
    }
}

pub(crate) fn start<T: Real>(length: usize) -> Vec<T> {
    (0..length).map(|place| T::of(1.0 - 0.3 * place as f64)).collect()
}
