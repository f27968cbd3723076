//! Every kernel of every instruction set that the processor has, against its definition.

use super::*;

/// The kernels of every instruction set that this processor has.
fn sets() -> Vec<(Kernels<f32>, Kernels<f64>)> {
    let mut sets = Vec::new();
    sets.push((
        baseline::Of::<Lanes<f32, 4>, Lanes<f32, 4>>::KERNELS,
        baseline::Of::<Lanes<f64, 2>, Lanes<f64, 2>>::KERNELS,
    ));
    #[cfg(target_arch = "x86_64")]
    {
        if Instructions::detect() != Instructions::Baseline {
            sets.push((avx2::Of::<__m256, __m256>::KERNELS, avx2::Of::<__m256d, __m256d>::KERNELS));
        }
        if Instructions::detect() == Instructions::Avx512 {
            sets.push((avx512::Of::<__m512, __m256>::KERNELS, avx512::Of::<__m512d, __m256d>::KERNELS));
        }
    }
    sets
}

fn numbers<T: Real>(count: usize) -> Vec<T> {
    (0..count).map(|i| T::of((i * 37 % 23) as f64 - 11.0)).collect()
}

fn tiles<T: Real>(kernels: &Kernels<T>) {
    let k = 5;
    for (rows, widths) in (1..).zip(kernels.tiles) {
        for (vectors, kernel) in (1..).zip(widths) {
            let width = vectors * kernels.lanes;
            let (a, b, old) = (numbers::<T>(rows * k), numbers::<T>(k * width), numbers::<T>(rows * width));
            for (columns, add) in (width - kernels.lanes + 1..=width).flat_map(|c| [(c, false), (c, true)]) {
                let mut c = old.clone();
                let (a_ptr, b_ptr, c_ptr) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
                // SAFETY: the slices have these sizes, and the processor these instructions.
                unsafe {
                    kernel(&Tile {
                        steps: &Steps::even(k, width),
                        a: a_ptr,
                        a_row: k,
                        a_column: 1,
                        b: b_ptr,
                        c: c_ptr,
                        c_row: width,
                        columns,
                        start: add.then_some((c_ptr.cast_const(), width)),
                    });
                }
                for (at, (&got, &old)) in c.iter().zip(&old).enumerate() {
                    let (i, j) = (at / width, at % width);
                    let dot = (0..k).fold(T::zero(), |sum, p| sum + a[i * k + p] * b[p * width + j]);
                    let start = if add || j >= columns { old } else { T::zero() };
                    let want = if j < columns { start + dot } else { start };
                    assert_eq!(got, want, "{rows} rows, {vectors} vectors, {columns} columns, add {add}");
                }
            }
        }
    }
}

fn nested_steps<T: Real>(kernels: &Kernels<T>) {
    // Rows of B overlap, and in turn columns of A.
    let (counts, apart, width) = ([2, 2, 3], [9, 4, 1], 2 * kernels.lanes);
    for (operand, other, a_row) in [(Operand::B, 1, 12), (Operand::A, width, 1), (Operand::A, width + 1, 2)] {
        let steps = match operand {
            Operand::A => Steps::nested_in_a(counts, apart, other),
            Operand::B => Steps::nested_in_b(counts, apart),
        };
        let place = |p: usize, of: Operand| {
            if of == operand { p / 6 * apart[0] + p / 3 % 2 * apart[1] + p % 3 * apart[2] } else { p * other }
        };
        for (rows, kernels) in (1..).zip(kernels.nested) {
            let kernel = kernels[operand as usize];
            let a = numbers::<T>((rows - 1) * a_row + place(11, Operand::A) + 1);
            let (b, old) = (numbers::<T>(place(11, Operand::B) + width), numbers::<T>(rows * width));
            for add in [false, true] {
                let mut c = old.clone();
                let c_ptr = c.as_mut_ptr();
                // SAFETY: the slices end with the last step's elements, and the processor has these instructions.
                unsafe {
                    kernel(&Tile {
                        steps: &steps,
                        a: a.as_ptr(),
                        a_row,
                        a_column: other,
                        b: b.as_ptr(),
                        c: c_ptr,
                        c_row: width,
                        columns: width,
                        start: add.then_some((c_ptr.cast_const(), width)),
                    });
                }
                for (at, (&got, &old)) in c.iter().zip(&old).enumerate() {
                    let (i, j) = (at / width, at % width);
                    let term = |p: usize| a[i * a_row + place(p, Operand::A)] * b[place(p, Operand::B) + j];
                    let dot = (0..12).fold(T::zero(), |sum, p| sum + term(p));
                    let want = if add { old + dot } else { dot };
                    assert_eq!(got, want, "{operand:?} nested, {rows} rows, add {add}");
                }
            }
        }
    }
}

fn dots_and_transposes<T: Real>(kernels: &Kernels<T>) {
    let numbers: Vec<T> = numbers(1_000);
    for length in 0..70 {
        let slices = [100, 200, 300, 400].map(|start| &numbers[start..start + length]);
        // SAFETY: the slices have the same length, and the processor these instructions.
        let got = unsafe { (kernels.dot_products)(&numbers[..length], slices) };
        for (got, y) in got.iter().zip(slices) {
            let want = numbers.iter().zip(y).fold(T::zero(), |sum, (&x, &y)| sum + x * y);
            assert_eq!(*got, want, "length {length}");
        }
    }
    let side = kernels.side;
    let longest = 2 * side + 1;
    for (rows, columns) in (0..=side).flat_map(|rows| (0..=longest).map(move |columns| (rows, columns))) {
        let mut to = vec![T::one(); longest * 20];
        // SAFETY: rows of 20 and 30 numbers are long enough, and the processor has these instructions.
        unsafe { (kernels.transpose)(numbers.as_ptr(), 30, [rows, columns], to.as_mut_ptr(), 20) };
        for (at, &got) in to.iter().enumerate() {
            let (i, j) = (at / 20, at % 20);
            let want = match j {
                _ if i >= columns || j >= side => T::one(),
                _ if j >= rows => T::zero(),
                _ => numbers[j * 30 + i],
            };
            assert_eq!(got, want, "{rows}x{columns}");
        }
    }
}

#[test]
fn every_instruction_set() {
    for (single, double) in sets() {
        tiles(&single);
        tiles(&double);
        nested_steps(&single);
        nested_steps(&double);
        dots_and_transposes(&single);
        dots_and_transposes(&double);
    }
}
