use downhill_tensor::kernel::Matmul;
use downhill_tensor::{Shape, Store, Tensor, Threads};
use proptest::prelude::*;

use crate::*;

/// The product by its definition, of operands with at least two axes.
fn product(a: &Tensor<f64>, b: &Tensor<f64>) -> Tensor<f64> {
    let split = |shape: Shape| (shape.len() - 2, shape[shape.len() - 2], shape[shape.len() - 1]);
    let ((a_stack, m, k), (b_stack, _, n)) = (split(a.shape()), split(b.shape()));
    let stack = Shape::new(&a.shape()[..a_stack]).unwrap();
    let stack = stack.broadcast(&Shape::new(&b.shape()[..b_stack]).unwrap()).unwrap();
    let lengths: Vec<usize> = stack.iter().copied().chain([m, n]).collect();
    by_index(Shape::new(&lengths).unwrap(), |index| {
        let (stack, cell) = index.split_at(stack.len());
        let at = |x: &Tensor<f64>, axes, cell| {
            let index: Vec<usize> = stack[stack.len() - axes..].iter().copied().chain(cell).collect();
            stretched(x, &index)
        };
        (0..k).map(|p| at(a, a_stack, [cell[0], p]) * at(b, b_stack, [p, cell[1]])).sum()
    })
}

/// The leading axes of two operands, and m, k and n.
fn operands() -> impl Strategy<Value = (Shape, Shape)> {
    let stack = prop::collection::vec((1usize..4, any::<bool>(), any::<bool>()), 0..4);
    (stack, 0usize..4, 0usize..4, 0usize..5, 0usize..5, 0usize..5).prop_map(
        |(stack, a_lead, b_lead, m, k, n)| {
            let lengths = |one: fn(&(usize, bool, bool)) -> bool, lead: usize, matrix: [usize; 2]| {
                let stack = stack.iter().map(|axis| if one(axis) { 1 } else { axis.0 });
                let lengths: Vec<usize> = stack.skip(lead).chain(matrix).collect();
                Shape::new(&lengths).unwrap()
            };
            (lengths(|axis| axis.1, a_lead, [m, k]), lengths(|axis| axis.2, b_lead, [k, n]))
        },
    )
}

proptest! {
    #[test]
    fn stacks((a, b) in operands(), transposed: [bool; 2], seed in 0usize..100) {
        let (a, b) = (whole(a, seed), whole(b, seed + 1));
        let expected = product(&a, &b);
        prop_assert_eq!(&a.matmul(&b).unwrap(), &expected);

        let turned = |x: &Tensor<f64>, turn| if turn { x.transpose(-1, -2).unwrap() } else { x.clone() };
        let (a, b) = (turned(&a, transposed[0]), turned(&b, transposed[1]));
        let product = Matmul::new(a.shape(), b.shape(), transposed).unwrap();
        prop_assert_eq!(product.shape(), expected.shape());
        let threads = Threads::single();
        let mut y = Tensor::ones(product.shape());
        product.forward(y.as_mut_slice(), a.as_slice(), b.as_slice(), Store::Add, &threads);
        prop_assert_eq!(&y, &expected.map(|y| y + 1.0));

        // ⟨A·B, G⟩ = ⟨A, left adjoint⟩ = ⟨B, right adjoint⟩, written as well as added.
        let g = whole(product.shape(), seed + 2);
        let inner = |a: &Tensor<f64>, b: &Tensor<f64>| a.mul(b).unwrap().sum(&[], false).unwrap().item().unwrap();
        for store in [Store::Write, Store::Add] {
            let before = if store == Store::Add { 1.0 } else { 0.0 };
            let mut da = Tensor::ones(a.shape());
            product.left_adjoint(da.as_mut_slice(), g.as_slice(), b.as_slice(), store, &threads);
            prop_assert_eq!(inner(&a, &da.map(|x| x - before)), inner(&expected, &g));
            let mut db = Tensor::ones(b.shape());
            product.right_adjoint(db.as_mut_slice(), a.as_slice(), g.as_slice(), store, &threads);
            prop_assert_eq!(inner(&b, &db.map(|x| x - before)), inner(&expected, &g));
        }
    }
}

#[test]
fn single_axes() {
    for (a, b, shape) in [
        (&[3][..], &[3][..], &[][..]),
        (&[3], &[3, 2], &[2]),
        (&[2, 3], &[3], &[2]),
        (&[3], &[4, 3, 2], &[4, 2]),
        (&[5, 1, 2, 3], &[3], &[5, 1, 2]),
        (&[0], &[0], &[]),
    ] {
        let (a, b) = (whole(Shape::new(a).unwrap(), 1), whole(Shape::new(b).unwrap(), 2));
        let row = if a.shape().len() == 1 { a.unsqueeze(0).unwrap() } else { a.clone() };
        let column = if b.shape().len() == 1 { b.unsqueeze(1).unwrap() } else { b.clone() };
        let expected = product(&row, &column).reshape(Shape::new(shape).unwrap()).unwrap();
        assert_eq!(a.matmul(&b).unwrap(), expected);
    }
}
