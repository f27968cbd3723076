//! The matrix product against its definition.

use downhill_tensor::gemm::{
    Gemm, Matrix, NestedGemm, PANEL, PackedMatrix, Start, Windows, gemm, gemm_by, gemm_generic, padded,
};
use downhill_tensor::{Real, Store, Threads};
use proptest::prelude::*;

/// A product of small random integers, in each of which every sum is exact.
#[derive(Debug, Clone)]
struct Case {
    sizes: [usize; 3],
    transposed: [bool; 2],
    added: Added,
    seed: u64,
}

/// What is added to a product.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Added {
    Nothing,
    Row,
    Destination,
}

const ADDED: [Added; 3] = [Added::Nothing, Added::Row, Added::Destination];

/// Small integers, the same for the same seed.
fn integers<T: Real>(count: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        T::of((state % 15) as f64 - 7.0)
    };
    (0..count).map(|_| next()).collect()
}

fn matrix<T>(elements: &[T], rows: usize, columns: usize, transposed: bool) -> Matrix<'_, T> {
    if transposed {
        Matrix::row_major(elements, rows).transposed()
    } else {
        Matrix::row_major(elements, columns)
    }
}

/// The product by a right operand that is packed before.
fn gemm_by_packed<T: Real>(product: Gemm<'_, T>) {
    let packed = PackedMatrix::new(product.b, product.k, product.n);
    gemm_by(product, &packed);
}

impl Case {
    /// The product on operands scaled by `scale`, by `gemm` or by plain loops.
    fn compute<T: Real>(&self, scale: f64, threads: &Threads, compute: fn(Gemm<'_, T>)) -> Vec<T> {
        let [m, k, n] = self.sizes;
        let operand = |count, seed| -> Vec<T> {
            integers::<T>(count, seed).into_iter().map(|x| x * T::of(scale)).collect()
        };
        let (a, b) = (operand(m * k, self.seed), operand(k * n, self.seed + 1));
        let mut c = match self.added {
            Added::Destination => integers(m * n, self.seed + 2),
            // A product that reads what it is to overwrite is found out.
            _ => vec![T::of(f64::NAN); m * n],
        };
        let row = integers(n, self.seed + 3);
        let start = match self.added {
            Added::Nothing => Start::Zero,
            Added::Row => Start::Row(&row),
            Added::Destination => Start::Destination,
        };
        compute(Gemm {
            m,
            k,
            n,
            a: matrix(&a, m, k, self.transposed[0]),
            b: matrix(&b, k, n, self.transposed[1]),
            c: &mut c,
            start,
            threads,
        });
        c
    }

    /// Sums of integers are exact in any order.
    fn agrees_exactly<T: Real>(&self) {
        let threads = Threads::single();
        let expected = self.compute(1.0, &threads, gemm_generic::<T>);
        assert_eq!(self.compute(1.0, &threads, gemm::<T>), expected, "{self:?}");
        assert_eq!(self.compute(1.0, &threads, gemm_by_packed::<T>), expected, "packed, {self:?}");
    }

    /// Sums of tenths round, the same way on any number of threads, with B packed before or not.
    fn keeps_its_bits(&self) {
        let bits = |threads, compute: fn(Gemm<'_, f32>)| {
            self.compute(0.1, threads, compute).into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        let (single, compute) = (Threads::single(), [gemm, gemm_by_packed] as [fn(Gemm<'_, f32>); 2]);
        let one = bits(&single, gemm);
        for threads in pools().iter().chain([&single]) {
            for (before, compute) in [false, true].into_iter().zip(compute) {
                assert!(one == bits(threads, compute), "packed before: {before}, {threads:?}, {self:?}");
            }
        }
    }
}

fn added() -> impl Strategy<Value = Added> {
    prop::sample::select(&ADDED[..])
}

fn cases(largest: usize) -> impl Strategy<Value = Case> {
    (prop::array::uniform3(0..=largest), any::<[bool; 2]>(), added(), 1..u64::MAX / 4)
        .prop_map(|(sizes, transposed, added, seed)| Case { sizes, transposed, added, seed })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn small_products(case in cases(40)) {
        case.agrees_exactly::<f32>();
        case.agrees_exactly::<f64>();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn large_products(case in cases(300)) {
        case.agrees_exactly::<f32>();
        case.agrees_exactly::<f64>();
    }

    #[test]
    fn neither_threads_nor_packing_before_change_a_bit(
        sizes in (1..200_usize, 1..600_usize, 1..200_usize),
        transposed in any::<[bool; 2]>(),
        added in added(),
    ) {
        Case { sizes: [sizes.0, sizes.1, sizes.2], transposed, added, seed: 5 }.keeps_its_bits();
    }
}

#[test]
fn some_rows_and_the_transpose_of_many() {
    // Sums of one part and of several, rows that fill their vectors and that do not, columns in tasks of their own.
    for sizes in
        [[8, 40, 64], [9, 300, 40], [17, 1_700, 70], [33, 2_500, 129], [64, 784, 256], [100, 600, 300]]
    {
        for added in ADDED {
            let case = Case { sizes, transposed: [false, true], added, seed: 11 };
            case.agrees_exactly::<f32>();
            case.agrees_exactly::<f64>();
            case.keeps_its_bits();
        }
    }
}

#[test]
fn a_sum_of_nothing_is_what_it_starts_from() {
    // Of several blocks of rows, of columns, of both.
    for sizes in [[127, 0, 65], [300, 0, 2], [2, 0, 3000], [700, 0, 700], [1, 0, 1]] {
        for added in ADDED {
            let case = Case { sizes, transposed: [false; 2], added, seed: 3 };
            case.agrees_exactly::<f32>();
            case.agrees_exactly::<f64>();
            for threads in pools() {
                let expected = case.compute(1.0, &Threads::single(), gemm_generic::<f32>);
                assert_eq!(case.compute(1.0, threads, gemm::<f32>), expected, "{case:?} on {threads:?}");
            }
        }
    }
}

#[test]
fn threads_take_any_shape() {
    for sizes in [[8, 9_000, 8], [1, 9_000, 100], [9_000, 2, 40], [40, 2, 9_000], [300, 1_000, 4]] {
        let case = Case { sizes, transposed: [false; 2], added: Added::Destination, seed: 7 };
        let one = case.compute::<f64>(1.0, &Threads::single(), gemm);
        for threads in pools() {
            assert_eq!(case.compute::<f64>(1.0, threads, gemm), one, "{sizes:?} on {threads:?}");
        }
    }
}

#[test]
fn rows_far_apart_and_cells_that_pack_for_themselves() {
    // Rows of both operands too far apart for a panel at a time; columns enough for cells on two threads, and for tiles
    // and panels that are not full.
    for sizes in [[263, 37, 263], [300, 18, 1_101], [261, 600, 65]] {
        for transposed in [[false; 2], [true, false], [false, true], [true; 2]] {
            let case = Case { sizes, transposed, added: Added::Row, seed: 9 };
            case.agrees_exactly::<f32>();
            case.agrees_exactly::<f64>();
            let one = case.compute::<f32>(0.1, &Threads::single(), gemm);
            for threads in pools() {
                assert_eq!(case.compute::<f32>(0.1, threads, gemm), one, "{case:?} on {threads:?}");
            }
        }
    }
}

fn pools() -> &'static [Threads] {
    static POOLS: std::sync::OnceLock<[Threads; 3]> = std::sync::OnceLock::new();
    POOLS.get_or_init(|| [2, 3, 8].map(Threads::new))
}

#[test]
fn every_edge_of_the_blocks() {
    let edges = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33];
    for m in edges {
        for n in edges {
            for transposed in [[false; 2], [true; 2], [false, true]] {
                for (k, added) in [(0, Added::Row), (1, Added::Destination), (9, Added::Nothing)] {
                    let case = Case { sizes: [m, k, n], transposed, added, seed: 1 };
                    case.agrees_exactly::<f32>();
                    case.agrees_exactly::<f64>();
                }
            }
        }
    }
    // Across the blocks of the sum, of rows and of columns.
    for sizes in [[2, 600, 70], [70, 257, 3], [130, 513, 65], [5, 40, 1100], [140, 10, 1030], [1, 900, 50]] {
        for transposed in [[false; 2], [true, false], [false, true], [true; 2]] {
            for added in ADDED {
                let case = Case { sizes, transposed, added, seed: 2 };
                case.agrees_exactly::<f32>();
                case.agrees_exactly::<f64>();
            }
        }
    }
}

#[test]
fn rounding_is_that_of_a_sum() {
    let case = Case { sizes: [33, 700, 35], transposed: [false, true], added: Added::Nothing, seed: 3 };
    let threads = Threads::single();
    let exact = case.compute::<f64>(0.1, &threads, gemm_generic);
    for (got, want) in case.compute::<f64>(0.1, &threads, gemm).into_iter().zip(&exact) {
        assert!((got - want).abs() < 1e-13 * 700.0 * 0.49, "{got} {want}");
    }
    for (got, want) in case.compute::<f32>(0.1, &threads, gemm).into_iter().zip(&exact) {
        assert!((f64::from(got) - want).abs() < 6e-8 * 700.0 * 0.49, "{got} {want}");
    }
}

#[test]
fn strides_of_any_kind() {
    // Every other row and every third column of a larger array, on both sides.
    let elements: Vec<f64> = integers(2_000, 4);
    let spread = Matrix { elements: &elements, row_stride: 66, column_stride: 3 };
    let [m, k, n] = [20, 19, 18];
    let mut c = vec![0.0; m * n];
    let threads = &Threads::single();
    gemm(Gemm { m, k, n, a: spread, b: spread.transposed(), c: &mut c, start: Start::Zero, threads });
    for i in 0..m {
        for j in 0..n {
            let dot: f64 = (0..k).map(|p| elements[66 * i + 3 * p] * elements[66 * j + 3 * p]).sum();
            assert_eq!(c[i * n + j], dot);
        }
    }
}

/// The product with other numbers between the rows of B, and behind the last. The kernels read whole vectors, so that they
/// see them.
fn among_others(product: Gemm<'_, f32>) {
    let row = product.n + 3;
    let mut b = vec![f32::NAN; product.k * row + 32];
    for (there, own) in b.chunks_mut(row).zip(product.b.elements.chunks(product.n)) {
        there[..own.len()].copy_from_slice(own);
    }
    gemm(Gemm { b: Matrix::row_major(&b, row), ..product });
}

#[test]
fn what_stands_between_the_rows_is_left_out() {
    for sizes in [[3, 5, 6], [40, 20, 19], [70, 300, 33], [200, 100, 130]] {
        let case = Case { sizes, transposed: [false; 2], added: Added::Row, seed: 5 };
        for threads in pools() {
            let expected = case.compute(1.0, threads, gemm_generic);
            assert_eq!(case.compute(1.0, threads, among_others), expected, "{case:?} on {threads:?}");
        }
    }
}

/// Where three nested loops get to.
fn places([outer, middle, inner]: [usize; 3], apart: [usize; 3]) -> Vec<usize> {
    (0..outer)
        .flat_map(|i| (0..middle).flat_map(move |j| (0..inner).map(move |k| [i, j, k])))
        .map(|turns| turns.iter().zip(apart).map(|(turn, apart)| turn * apart).sum())
        .collect()
}

/// A product by a matrix whose rows three loops find, against its definition.
fn nested_agrees<T: Real>([m, n]: [usize; 2], counts: [usize; 3], apart: [usize; 3], seed: u64) {
    let store = if seed.is_multiple_of(2) { Store::Write } else { Store::Add };
    let rows = places(counts, apart);
    let a: Vec<T> = integers(m * rows.len(), seed);
    let b: Vec<T> = integers(rows.iter().max().unwrap_or(&0) + padded(n), seed + 1);
    let mut c = vec![T::one(); m * padded(n)];
    T::nested_gemm(NestedGemm { m, n, a: &a, b: &b, counts, apart, c: &mut c, store });
    for i in 0..m {
        for j in 0..n {
            let terms = rows.iter().zip(&a[i * rows.len()..]).map(|(row, &a)| a * b[row + j]);
            let start = if store == Store::Add { T::one() } else { T::zero() };
            let sum = terms.fold(start, |sum, term| sum + term);
            assert_eq!(c[i * padded(n) + j], sum, "{m}x{n}, {counts:?} rows {apart:?} apart, at {i}, {j}");
        }
    }
}

proptest! {
    #[test]
    fn rows_found_by_loops(
        sizes in [0..30_usize, 0..80],
        counts in [0..5_usize, 0..4, 0..4],
        apart in [0..90_usize, 0..40, 0..4],
        seed in any::<u64>(),
    ) {
        nested_agrees::<f32>(sizes, counts, apart, seed);
        nested_agrees::<f64>(sizes, counts, apart, seed);
    }
}

#[test]
fn rows_found_by_loops_in_several_parts() {
    nested_agrees::<f32>([25, 70], [300, 3, 3], [50, 8, 1], 1);
    nested_agrees::<f64>([13, 33], [70, 5, 5], [30, 6, 1], 2);
    nested_agrees::<f32>([5, 40], [2, 40, 40], [100, 9, 1], 3);
    #[cfg(feature = "dual")]
    nested_agrees::<downhill_tensor::num_dual::Dual64>([5, 7], [2, 3, 3], [20, 6, 1], 4);
}

/// Numbers for channels as products of windows read them, from rows with a gap behind each.
fn packed<T: Real>(rows: &[T], length: usize, channels: usize) -> Vec<T> {
    let apart = length + 3;
    let mut from = vec![T::of(f64::NAN); channels * apart];
    for (from, row) in from.chunks_exact_mut(apart).zip(rows.chunks_exact(length.max(1))) {
        from[..length].copy_from_slice(row);
    }
    let mut packed = vec![T::of(f64::NAN); rows.len()];
    T::pack_channels(&mut packed, &from, apart, length);
    packed
}

/// Products of what windows see with weights, and with the derivatives of what came of that, against their definitions: lines
/// and windows, and how far apart they are.
fn windows_agree<T: Real>(
    channels: usize,
    (count, apart): ([usize; 2], [usize; 2]),
    (turns, steps): ([usize; 3], [usize; 3]),
    seed: u64,
) {
    let starts = places([1, count[0], count[1]], [0, apart[0], apart[1]]);
    let seen = places(turns, steps);
    let last = [&starts, &seen].map(|places| places.iter().max().unwrap_or(&0));
    let x: Vec<T> = integers(last[0] + last[1] + 1, seed);
    let weight: Vec<T> = integers(channels * seen.len(), seed + 1);
    let windows = Windows { count, apart, x: &x, turns, steps, channels };
    // A product that reads what it is to overwrite is found out.
    let mut c = vec![T::of(f64::NAN); channels * starts.len()];
    T::windows_by_weights(windows, &packed(&weight, seen.len(), channels), &mut c);
    for (at, &got) in c.iter().enumerate() {
        let (channel, start) = (at / starts.len(), starts[at % starts.len()]);
        let terms = seen.iter().zip(&weight[channel * seen.len()..]).map(|(step, &w)| w * x[start + step]);
        let sum = terms.fold(T::zero(), |sum, term| sum + term);
        assert_eq!(got, sum, "{count:?} windows {apart:?} apart, {turns:?} steps {steps:?} apart, at {at}");
    }

    let delta: Vec<T> = integers(channels * starts.len(), seed + 2);
    for (store, start) in [(Store::Write, T::of(f64::NAN)), (Store::Add, T::one())] {
        let mut dw = vec![start; weight.len()];
        T::weights_of_windows(windows, &packed(&delta, starts.len(), channels), (store, &mut dw));
        for (at, &got) in dw.iter().enumerate() {
            let (row, channel) = (at / channels, at % channels);
            // The first loop is the innermost of the rows.
            let step = seen[row % turns[0] * turns[1] * turns[2] + row / turns[0]];
            let of_windows = starts.iter().zip(&delta[channel * starts.len()..]);
            let start = if store == Store::Add { T::one() } else { T::zero() };
            let sum = of_windows.fold(start, |sum, (start, &d)| sum + d * x[start + step]);
            assert_eq!(
                got, sum,
                "{count:?} windows {apart:?} apart, {turns:?} steps {steps:?} apart, at {at}"
            );
        }
    }
}

proptest! {
    #[test]
    fn windows_of_lines(
        panels in 0..3_usize,
        windows in [0..6_usize, 0..30],
        apart in [0..60_usize, 0..4],
        counts in [0..5_usize, 0..4, 0..4],
        steps in [0..90_usize, 0..40, 0..4],
        seed in any::<u64>(),
    ) {
        windows_agree::<f32>(panels * PANEL, (windows, apart), (counts, steps), seed);
        windows_agree::<f64>(panels * PANEL, (windows, apart), (counts, steps), seed);
    }
}

#[test]
fn windows_of_lines_in_several_visits() {
    windows_agree::<f32>(64, ([4, 13], [15, 1]), ([101, 3, 3], [90, 15, 1]), 1);
    windows_agree::<f64>(32, ([2, 7], [18, 2]), ([50, 5, 5], [200, 18, 1]), 2);
    windows_agree::<f32>(32, ([1, 3], [0, 1]), ([2, 20, 20], [500, 22, 1]), 3);
    #[cfg(feature = "dual")]
    windows_agree::<downhill_tensor::num_dual::Dual64>(32, ([3, 4], [12, 2]), ([2, 3, 3], [70, 12, 1]), 4);
}

#[test]
#[should_panic(expected = "2x3 windows, 4 steps and 32 channels")]
fn windows_beyond_the_end_panic() {
    let (x, weight, mut c) = ([1.0_f32; 9], [1.0; 128], [0.0; 192]);
    let (count, apart, turns, steps) = ([2, 3], [4, 1], [1, 2, 2], [0, 2, 1]);
    let windows = Windows { count, apart, x: &x, turns, steps, channels: 32 };
    f32::windows_by_weights(windows, &weight, &mut c);
}

#[test]
#[should_panic(expected = "shorter")]
fn too_little_room_behind_the_rows_panics() {
    let (a, b, mut c) = ([1.0_f32; 4], vec![1.0; padded(5)], vec![0.0; padded(5)]);
    let (counts, apart) = ([1, 2, 2], [0, 1, 0]);
    let store = Store::Write;
    f32::nested_gemm(NestedGemm { m: 1, n: 5, a: &a, b: &b, counts, apart, c: &mut c, store });
}

#[test]
#[should_panic(expected = "shorter")]
fn a_short_operand_panics() {
    let (a, mut c) = ([1.0_f32; 5], [0.0; 4]);
    let short = Matrix::row_major(&a, 3);
    let threads = &Threads::single();
    gemm(Gemm { m: 2, k: 3, n: 2, a: short, b: short, c: &mut c, start: Start::Zero, threads });
}

#[test]
#[should_panic(expected = "shorter")]
fn a_short_operand_panics_by_way_of_the_trait() {
    let (a, mut c) = ([1.0_f32; 5], [0.0; 400]);
    let short = Matrix::row_major(&a, 30);
    let threads = &Threads::single();
    f32::gemm(Gemm { m: 20, k: 30, n: 20, a: short, b: short, c: &mut c, start: Start::Zero, threads }, None);
}

#[test]
#[should_panic(expected = "not that of 2x3x2")]
fn an_operand_packed_for_another_product_panics() {
    let (a, mut c) = ([1.0_f32; 6], [0.0; 4]);
    let (left, right) = (Matrix::row_major(&a, 3), Matrix::row_major(&a, 2));
    let threads = &Threads::single();
    let packed = PackedMatrix::new(left, 2, 3);
    gemm_by(Gemm { m: 2, k: 3, n: 2, a: left, b: right, c: &mut c, start: Start::Zero, threads }, &packed);
}

#[cfg(feature = "dual")]
#[test]
fn dual_numbers_follow_the_product_rule() {
    use downhill_tensor::num_dual::Dual64;
    let [m, k, n] = [3, 5, 4];
    let parts = |count, seed| (integers::<f64>(count, seed), integers::<f64>(count, seed + 9));
    let join = |(re, eps): &(Vec<f64>, Vec<f64>)| -> Vec<Dual64> {
        re.iter().zip(eps).map(|(&re, &eps)| Dual64::new(re, eps)).collect()
    };
    let (a, b) = (parts(m * k, 1), parts(k * n, 2));
    let (dual_a, dual_b) = (join(&a), join(&b));
    let threads = &Threads::new(2);
    let mut c = vec![Dual64::from_re(0.0); m * n];
    let (a_of, b_of) = (Matrix::row_major(&dual_a, k), Matrix::row_major(&dual_b, n));
    gemm(Gemm { m, k, n, a: a_of, b: b_of, c: &mut c, start: Start::Zero, threads });

    let mut slope = vec![0.0; m * n];
    for (a, b) in [(&a.0, &b.1), (&a.1, &b.0)] {
        let (a, b) = (Matrix::row_major(a, k), Matrix::row_major(b, n));
        gemm(Gemm { m, k, n, a, b, c: &mut slope, start: Start::Destination, threads });
    }
    assert_eq!(c.iter().map(|c| c.eps).collect::<Vec<_>>(), slope);
}
