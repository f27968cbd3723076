//! Changes of size, of sequences and images.

use downhill_autodiff::rules::resize::Resize;
use downhill_autodiff::tensor::kernel::Interpolation;
use downhill_autodiff::{Shape, Tape, Tensor};

use crate::convolution::stack;
use crate::draw::Draw;
use crate::{Row, smooth};

pub(crate) fn rows() -> Vec<Row> {
    vec![smooth("resize", resize)]
}

fn resize(draw: &mut Draw) -> (Resize, Vec<Tensor<f64>>) {
    let (is_sequence, planes) = (draw.chance(), [draw.below(3), draw.below(3)]);
    let [height, width] = [1 + draw.below(4), 1 + draw.below(4)];
    let to = [if is_sequence { 1 } else { 1 + draw.below(6) }, 1 + draw.below(6)];
    let ways = [Interpolation::Nearest, Interpolation::Linear, Interpolation::LinearAligned];
    let interpolation = ways[draw.below(3)];
    (Resize { to, interpolation }, vec![draw.any(stack(is_sequence, planes, [height, width]))])
}

/// Where new element `new` of an axis lies: between which two, and the share of the second.
fn between(interpolation: Interpolation, [from, to]: [usize; 2], new: usize) -> ([usize; 2], f64) {
    let position = match interpolation {
        Interpolation::Nearest => return ([new * from / to; 2], 0.0),
        Interpolation::Linear => ((new as f64 + 0.5) * from as f64 / to as f64 - 0.5).max(0.0),
        Interpolation::LinearAligned => new as f64 * (from - 1) as f64 / (to - 1) as f64,
    };
    let first = position.floor() as usize;
    ([first, (first + 1).min(from - 1)], position - first as f64)
}

/// Larger and smaller planes, with more columns than are worked on side by side, against their formula and its adjoint.
#[test]
fn wide_planes_in_another_size() {
    let mut draw = Draw::new(&[], 11);
    for (from, to) in [([5, 70], [11, 150]), ([40, 150], [13, 70]), ([3, 90], [1, 64]), ([2, 1], [5, 65])] {
        for interpolation in [Interpolation::Nearest, Interpolation::Linear, Interpolation::LinearAligned] {
            if interpolation == Interpolation::LinearAligned && to.contains(&1) {
                continue;
            }
            let x = draw.any(Shape::new(&[2, 3, from[0], from[1]]).unwrap());
            let g = draw.any(Shape::new(&[2, 3, to[0], to[1]]).unwrap());
            let tape = Tape::new();
            let variable = tape.variable(x.clone());
            let y = tape.apply(Resize { to, interpolation }, &[variable]);
            let mut dx = vec![0.0; x.len()];
            for (place, (&y, &g)) in y.value().unwrap().as_slice().iter().zip(g.as_slice()).enumerate() {
                let (plane, row, column) = (place / to[1] / to[0], place / to[1] % to[0], place % to[1]);
                let (rows, down) = between(interpolation, [from[0], to[0]], row);
                let (columns, along) = between(interpolation, [from[1], to[1]], column);
                let mut sum = 0.0;
                for (row, down) in rows.into_iter().zip([1.0 - down, down]) {
                    for (column, along) in columns.into_iter().zip([1.0 - along, along]) {
                        let there = (plane * from[0] + row) * from[1] + column;
                        sum += x.as_slice()[there] * down * along;
                        dx[there] += g * down * along;
                    }
                }
                assert!(
                    (y - sum).abs() < 1e-12,
                    "{interpolation:?}, {from:?} to {to:?}: {y}, not {sum}, at {place}"
                );
            }
            let derivatives = y.pullback(&g, &mut []).unwrap().wrt(variable).unwrap();
            for (place, (got, want)) in derivatives.as_slice().iter().zip(&dx).enumerate() {
                assert!(
                    (got - want).abs() < 1e-11,
                    "{interpolation:?}, {from:?} to {to:?}: ∂L/∂x {got}, not {want}, at {place}"
                );
            }
        }
    }
}
