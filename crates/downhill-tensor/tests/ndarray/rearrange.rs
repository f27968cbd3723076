use downhill_tensor::kernel::{self, add};
use downhill_tensor::{Axes, AxisOrder, Shape, Tensor};
use proptest::prelude::*;

use crate::*;

fn inner(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a * b).sum()
}

/// Holds an adjoint to its definition ⟨y, g⟩ = ⟨x, adjoint(g)⟩, and to adding to what is there.
fn check_adjoint(x: &Tensor<f64>, y: &Tensor<f64>, adjoint: impl Fn(&mut [f64], &Tensor<f64>)) {
    let g = whole(y.shape(), 77);
    let mut derivative = Tensor::zeros(x.shape());
    adjoint(derivative.as_mut_slice(), &g);
    assert_eq!(inner(y, &g), inner(x, &derivative));
    adjoint(derivative.as_mut_slice(), &g);
    assert_eq!(2.0 * inner(y, &g), inner(x, &derivative));
}

proptest! {
    #[test]
    fn permutations((shape, order) in shapes().prop_flat_map(|shape| {
        (Just(shape), Just((0..shape.len() as isize).collect::<Vec<_>>()).prop_shuffle())
    }), seed in 0usize..100) {
        let x = whole(shape, seed);
        let y = x.permute(&order).unwrap();
        let lengths: Vec<usize> = order.iter().map(|&axis| shape[axis as usize]).collect();
        let expected = by_index(Shape::new(&lengths).unwrap(), |index| {
            let mut from = vec![0; shape.len()];
            order.iter().zip(index).for_each(|(&axis, &i)| from[axis as usize] = i);
            x.at(&from).unwrap()
        });
        prop_assert_eq!(&y, &expected);
        let inverse = AxisOrder::new(shape, &order).unwrap().inverse();
        check_adjoint(&x, &y, |dx, g| kernel::permute(dx, g.view(), inverse, add));
    }

    #[test]
    fn slices((shape, axis) in shapes_and_axis(), ends in (0.0..=1.0, 0.0..=1.0), step in 1usize..4) {
        let x = whole(shape, 1);
        let place = shape.axis(axis).unwrap();
        let [a, b] = [ends.0, ends.1].map(|end: f64| (end * shape[place] as f64) as usize);
        let range = a.min(b)..a.max(b);
        let y = x.slice(axis, range.clone(), step).unwrap();
        let expected = by_index(shape.with(place, range.clone().step_by(step).count()), |index| {
            let mut from = index.to_vec();
            from[place] = range.start + step * index[place];
            x.at(&from).unwrap()
        });
        prop_assert_eq!(&y, &expected);
        check_adjoint(&x, &y, |dx, g| {
            kernel::write_slice(dx, shape, g.view(), place, range.start, step, add);
        });
    }

    #[test]
    fn joining((shape, axis) in shapes_and_axis(), lengths in prop::collection::vec(0usize..4, 1..4)) {
        let place = shape.axis(axis).unwrap();
        let parts: Vec<_> = lengths.iter().map(|&n| whole(shape.with(place, n), n)).collect();
        let whole_one = Tensor::concat(&parts.iter().collect::<Vec<_>>(), axis).unwrap();
        prop_assert_eq!(whole_one.shape(), shape.with(place, lengths.iter().sum()));
        let mut start = 0;
        for part in &parts {
            let length = part.shape()[place];
            prop_assert_eq!(&whole_one.slice(axis, start..start + length, 1).unwrap(), part);
            start += length;
        }
    }

    #[test]
    fn stacking((shape, axis) in shapes_and_axis(), count in 1usize..4) {
        let parts: Vec<_> = (0..count).map(|seed| whole(shape, seed)).collect();
        let y = Tensor::stack(&parts.iter().collect::<Vec<_>>(), axis).unwrap();
        let place = if axis < 0 { axis + shape.len() as isize + 1 } else { axis } as usize;
        for (k, part) in parts.iter().enumerate() {
            let part_of_y = y.slice(place as isize, k..k + 1, 1).unwrap();
            prop_assert_eq!(&part_of_y.squeeze(place as isize).unwrap(), part);
            prop_assert_eq!(&part.unsqueeze(axis).unwrap(), &part_of_y);
        }
    }

    #[test]
    fn choosing((shape, axis) in shapes_and_axis(), draws in prop::collection::vec(0usize..100, 0..6)) {
        let place = shape.axis(axis).unwrap();
        prop_assume!(shape[place] > 0);
        let chosen: Vec<usize> = draws.iter().map(|draw| draw % shape[place]).collect();
        let x = whole(shape, 2);
        let y = x.index_select(axis, &chosen).unwrap();
        let expected = by_index(shape.with(place, chosen.len()), |index| {
            let mut from = index.to_vec();
            from[place] = chosen[index[place]];
            x.at(&from).unwrap()
        });
        prop_assert_eq!(&y, &expected);
        check_adjoint(&x, &y, |dx, g| kernel::index_add(dx, shape, g.view(), place, &chosen, add));
    }

    #[test]
    fn gathering((shape, axis) in shapes_and_axis(), length in 0usize..5, shorter: bool, seed in 0usize..100) {
        let place = shape.axis(axis).unwrap();
        prop_assume!(shape[place] > 0);
        let mut index_shape = shape.with(place, length);
        if shorter && shape[0] > 0 && place != 0 {
            index_shape = index_shape.with(0, shape[0] - 1);
        }
        let chosen = Tensor::from_fn(index_shape, |i| (i * 31 + seed) % shape[place]);
        let x = whole(shape, 3);
        let y = x.gather(axis, &chosen).unwrap();
        let expected = by_index(index_shape, |index| {
            let mut from = index.to_vec();
            from[place] = chosen.at(index).unwrap();
            x.at(&from).unwrap()
        });
        prop_assert_eq!(&y, &expected);
        check_adjoint(&x, &y, |dx, g| kernel::scatter(dx, shape, place, chosen.view(), g.view(), add));
    }

    #[test]
    fn flipping(shape in shapes(), mask in 0u32..64) {
        let axes: Vec<isize> = (0..shape.len() as isize).filter(|axis| mask & (1 << axis) != 0).collect();
        let x = whole(shape, 4);
        let y = x.flip(&axes).unwrap();
        let expected = by_index(shape, |index| {
            let mut from = index.to_vec();
            axes.iter().for_each(|&axis| from[axis as usize] = shape[axis as usize] - 1 - index[axis as usize]);
            x.at(&from).unwrap()
        });
        prop_assert_eq!(&y, &expected);
        let axes = Axes::new(shape, &axes).unwrap();
        check_adjoint(&x, &y, |dx, g| kernel::flip(dx, g.view(), axes, add));
    }

    #[test]
    fn padding((shape, before, after) in shapes().prop_flat_map(|shape| {
        let some = || prop::collection::vec(0usize..3, shape.len());
        (Just(shape), some(), some())
    })) {
        let x = whole(shape, 5);
        let padded = kernel::pad_shape(shape, &before, &after).unwrap();
        let at = |index: &[usize], value: f64| {
            let from: Option<Vec<usize>> = index.iter().zip(&before).map(|(i, b)| i.checked_sub(*b)).collect();
            from.and_then(|from| x.at(&from).ok()).unwrap_or(value)
        };
        let y = x.pad(&before, &after, 9.0).unwrap();
        prop_assert_eq!(&y, &by_index(padded, |index| at(index, 9.0)));
        let y = x.pad(&before, &after, 0.0).unwrap();
        check_adjoint(&x, &y, |dx, g| kernel::crop(dx, shape, g.view(), &before, add));
    }
}

/// Long enough to be done in squares, with remainders at the edges.
#[test]
fn large_transposes() {
    for (shape, order) in [
        (&[37, 50][..], &[1isize, 0][..]),
        (&[3, 20, 33], &[0, 2, 1]),
        (&[20, 3, 33], &[2, 1, 0]),
        (&[17, 4, 5, 18], &[3, 1, 2, 0]),
        (&[2, 40, 3, 16], &[3, 0, 2, 1]),
    ] {
        let x = whole(Shape::new(shape).unwrap(), 1);
        let y = x.permute(order).unwrap();
        for index in indices(y.shape()) {
            let mut from = vec![0; index.len()];
            order.iter().zip(&index).for_each(|(&axis, &i)| from[axis as usize] = i);
            assert_eq!(y.at(&index), x.at(&from), "{shape:?} {order:?} {index:?}");
        }
        assert_eq!(x.transpose(0, -1).unwrap().transpose(0, -1).unwrap(), x);
    }
}

#[test]
fn masks_and_indices_move_too() {
    let mask = Tensor::from_rows(&[[true, false], [true, true]]);
    assert_eq!(mask.transpose(0, 1).unwrap(), Tensor::from_rows(&[[true, true], [false, true]]));
    let classes = Tensor::vector([3usize, 1, 2]);
    assert_eq!(classes.index_select(0, &[2, 0, 2]).unwrap().as_slice(), [2, 3, 2]);
    assert_eq!(classes.pad(&[1], &[0], 7).unwrap().as_slice(), [7, 3, 1, 2]);
}
