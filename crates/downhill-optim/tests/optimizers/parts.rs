//! The parts of θ: how it is cut, and which are frozen.

use downhill_optim::{GradientDescent, Layout, Optimizer};
use downhill_tensor::Shape;
use proptest::prelude::*;

use crate::functions::{run, start};
use crate::table::table;

/// A layout of parts of these lengths, `"0"`, `"1"`, ..: matrices where there are at least two rows of at
/// least two numbers.
pub(crate) fn parts(lengths: &[usize]) -> Layout {
    let mut layout = Layout::default();
    for (place, &length) in lengths.iter().enumerate() {
        let rows = [2, 3].into_iter().find(|rows| length.is_multiple_of(*rows) && length > *rows);
        let shape = rows.map_or(Shape::from([length]), |rows| Shape::from([rows, length / rows]));
        layout.push(place.to_string(), shape, true);
    }
    layout
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_cut_into_parts_changes_nothing(cuts in prop::collection::vec(0_usize..20, 0..5)) {
        let length = cuts.iter().sum();
        let (flat, cut) = (Layout::flat(length), parts(&cuts));
        for ((name, mut one), (_, mut many)) in table::<f64>().into_iter().zip(table::<f64>()) {
            if name.ends_with("by part") {
                continue;
            }
            let (mut a, mut b) = (start::<f64>(length), start::<f64>(length));
            run(&mut one, &mut a, &flat, 0..10);
            run(&mut many, &mut b, &cut, 0..10);
            for (a, b) in a.iter().zip(&b) {
                // Not to the bit: a norm is summed part by part.
                prop_assert!((a - b).abs() <= 1e-12, "{name}: {a} {b}");
            }
        }
    }

    /// Part 1 is frozen from the start, part 2 while it rolls.
    #[test]
    fn frozen_parts_stay_to_the_bit(lengths in [1_usize..20, 1_usize..20, 1_usize..20], before in 3_usize..7) {
        for (name, mut optimizer) in table::<f32>() {
            let mut layout = parts(&lengths);
            layout.set_trainable("1", false);
            let original = start::<f32>(layout.len());
            let mut theta = original.clone();
            let of = |vector: &[f32], part: &str| {
                let part = parts(&lengths).part(part).unwrap().range();
                vector[part].iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            };
            // At any step: some wait at the first, and further ones may lead back to the start.
            let mut moved = [false; 2];
            for step in 0..before {
                run(&mut optimizer, &mut theta, &layout, step..step + 1);
                for (moved, part) in moved.iter_mut().zip(["0", "2"]) {
                    *moved |= of(&theta, part) != of(&original, part);
                }
            }
            layout.set_trainable("2", false);
            let halfway = theta.clone();
            run(&mut optimizer, &mut theta, &layout, before..before + 5);
            prop_assert_eq!(of(&theta, "1"), of(&original, "1"), "{}", name);
            prop_assert_eq!(of(&theta, "2"), of(&halfway, "2"), "{}", name);
            prop_assert_eq!(moved, [true; 2], "{}", name);
            let mut average = theta.clone();
            optimizer.average(&mut average, &layout).unwrap();
            prop_assert_eq!(of(&average, "1"), of(&original, "1"), "{}", name);
            prop_assert_eq!(of(&average, "2"), of(&halfway, "2"), "{}", name);
        }
    }
}

#[test]
fn a_frozen_part_does_not_count_in_the_norm() {
    let mut layout = parts(&[2, 2]);
    layout.set_trainable("1", false);
    let mut optimizer = GradientDescent::new(1.0).unwrap().clip_norm(10.0).unwrap();
    let mut theta = [0.0; 4];
    optimizer.step(&mut theta, &mut [3.0, 4.0, 1e6, f64::NAN], &layout).unwrap();
    assert_eq!(theta, [-3.0, -4.0, 0.0, 0.0]);
}
