//! What functions of single elements cost, beside a pass over the same memory and the standard library's loop.
//!
//! `cargo bench -p downhill-benches --bench elementwise`, with `-- --keep` to keep the tables.

use std::cell::RefCell;
use std::fmt::Write;

use downhill::autodiff::rules::elementwise::{Elementwise, Gelu, GeluTanh};
use downhill::autodiff::{Tape, Tensor, Var};
use downhill::nn::Scalar;
use downhill::tensor::kernel::{self, View};
use downhill::tensor::{Axes, Real, Shape, Threads};
use downhill_benches::measure::in_turns;
use downhill_benches::record;

/// Memories, and how many bytes of one the arrays of a measurement take: half of it, or far more than the last
/// cache has.
const MEMORIES: [(&str, usize); 3] = [("L1", 16 << 10), ("L2", 256 << 10), ("memory", 256 << 20)];

const REPEATS: usize = 7;

fn main() {
    record::section("kernels", &(kernels::<f32>("f32") + "\n" + &kernels::<f64>("f64")));
    record::section(
        "activations",
        &(on_the_tape("f32", 16, &activations::<f32>())
            + "\n"
            + &on_the_tape("f64", 16, &activations::<f64>())),
    );
    record::section("reductions", &on_the_tape("f32", 128, &reductions::<f32>()));
}

/// Puts a function of the numbers in one slice into another.
type Run<T> = fn(&mut [T], &[T]);

/// A function: its name, what numbers to give it, the library's kernel, and the loop over the standard library's.
struct Kernel<T> {
    name: &'static str,
    numbers: fn(usize) -> f64,
    run: Run<T>,
    standard: Option<Run<T>>,
}

/// Numbers of both signs.
fn signed(i: usize) -> f64 {
    4.0 * (i as f64 * 0.37).sin()
}

/// Positive numbers.
fn positive(i: usize) -> f64 {
    signed(i).abs() + 0.01
}

/// A table of functions of each element: name, what to give it, the function, the standard library's.
macro_rules! of_each_element {
    ($($name:literal, $numbers:ident: |$x:ident, $math:pat_param| $run:expr $(, $standard:expr)?;)*) => {
        vec![$(Kernel {
            name: $name,
            numbers: $numbers,
            run: |out, x| kernel::map(out, x, #[inline(always)] |out, $x: T, $math| *out = $run),
            standard: None$(.or(Some(|out, x| {
                for (out, &$x) in out.iter_mut().zip(x) {
                    *out = $standard;
                }
            })))?,
        }),*]
    };
}

fn table<T: Real>() -> Vec<Kernel<T>> {
    let mut table: Vec<Kernel<T>> = of_each_element! {
        "relu", signed: |x, _| kernel::maximum(x, T::zero()), if x > T::zero() { x } else { T::zero() };
        "exp", signed: |x, math| x.exp_kernel(math), x.exp();
        "exp_m1", signed: |x, math| x.exp_m1_kernel(math), x.exp_m1();
        "ln", positive: |x, math| x.ln_kernel(math), x.ln();
        "ln_1p", positive: |x, math| x.ln_1p_kernel(math), x.ln_1p();
        "tanh", signed: |x, math| x.tanh_kernel(math), x.tanh();
        "sigmoid", signed: |x, math| x.sigmoid_kernel(math), T::one() / (T::one() + (-x).exp());
        "erf", signed: |x, math| x.erf_kernel(math);
        "gelu", signed: |x, math| Gelu.value(x, math);
        "gelu_tanh", signed: |x, math| GeluTanh.value(x, math), gelu_tanh(x);
    };
    table.insert(
        0,
        Kernel { name: "copy", numbers: signed, run: |out, x| out.copy_from_slice(x), standard: None },
    );
    let softmaxes: [(_, Run<T>, Run<T>); 2] = [
        ("softmax of 10", softmax::<T, 10>, standard_softmax::<T, 10>),
        ("softmax of 1000", softmax::<T, 1000>, standard_softmax::<T, 1000>),
    ];
    for (name, run, standard) in softmaxes {
        table.push(Kernel { name, numbers: signed, run, standard: Some(standard) });
    }
    table
}

/// The tanh approximation of gelu with the standard library's tanh.
fn gelu_tanh<T: Real>(x: T) -> T {
    let inner = T::of(0.797_884_560_802_865_4) * (x + T::of(0.044_715) * x * x * x);
    T::of(0.5) * x * (T::one() + inner.tanh())
}

/// The softmax of each row of N; what is left over stays out.
fn softmax<T: Real, const N: usize>(out: &mut [T], x: &[T]) {
    let rows = x.len() / N;
    let view = View::new(Shape::from([rows, N]), &x[..rows * N]);
    kernel::softmax(&mut out[..rows * N], view, Axes::single(1), &Threads::single());
}

/// The same with the standard library's exp.
fn standard_softmax<T: Real, const N: usize>(out: &mut [T], x: &[T]) {
    for (out, x) in out.chunks_exact_mut(N).zip(x.chunks_exact(N)) {
        let max = x.iter().fold(x[0], |max, &x| if x > max { x } else { max });
        let mut sum = T::zero();
        for (out, &x) in out.iter_mut().zip(x) {
            *out = (x - max).exp();
            sum += *out;
        }
        for out in out {
            *out /= sum;
        }
    }
}

/// The pass to compare with: each element is read, and one is written for it.
fn scale<T: Real>(out: &mut [T], x: &[T]) {
    let factor = T::of(1.5);
    kernel::map(
        out,
        x,
        #[inline(always)]
        |out, x, _| *out = factor * x,
    );
}

/// The kernels in each of the memories.
fn kernels<T: Real>(element: &str) -> String {
    let mut text = format!("| {element} |");
    for (memory, _) in MEMORIES {
        let _ = write!(text, " {memory}: ns | GB/s | × pass |");
    }
    text += " std: ns | × faster |\n|---|";
    text += &"---|".repeat(3 * MEMORIES.len() + 2);
    text.push('\n');
    for Kernel { name, numbers, run, standard } in table::<T>() {
        let _ = write!(text, "| {name} |");
        let mut against = String::new();
        for (_, bytes) in MEMORIES {
            let elements = bytes / (2 * size_of::<T>());
            let x: Vec<T> = (0..elements).map(|i| T::of(numbers(i % (1 << 16)))).collect();
            // All write into the same memory.
            let out = RefCell::new(vec![T::one(); elements]);
            let in_turn = |run: Run<T>| {
                let (x, out) = (&x, &out);
                move || run(&mut out.borrow_mut(), x)
            };
            let (mut pass, mut ours) = (in_turn(scale), in_turn(run));
            let [pass, ours] = in_turns(REPEATS, [&mut pass, &mut ours]);
            let (each, ratio) = (ours * 1e9 / elements as f64, ours / pass);
            let rate = (2 * size_of::<T>()) as f64 / each;
            let _ = write!(text, " {each:.2} | {rate:.1} | {ratio:.2} |");
            // Computing is all that it does: the memory makes no difference to it.
            if let Some(standard) = standard.filter(|_| against.is_empty()) {
                let [seconds] = in_turns(REPEATS, [&mut in_turn(standard)]);
                against = format!(" {:.2} | {:.1} |", seconds * 1e9 / elements as f64, seconds / ours);
            }
        }
        text += if against.is_empty() { " – | – |" } else { &against };
        text.push('\n');
    }
    text
}

/// A function on a tape.
type Function<T> = for<'t> fn(Var<'t, T>) -> Var<'t, T>;

/// Every activation.
fn activations<T: Scalar>() -> Vec<(&'static str, Function<T>)> {
    vec![
        ("relu", |x| x.relu()),
        ("relu6", |x| x.relu6()),
        ("leaky_relu", |x| x.leaky_relu(0.01)),
        ("elu", |x| x.elu(1.0)),
        ("selu", |x| x.selu()),
        ("softplus", |x| x.softplus(1.0, 20.0)),
        ("tanh", |x| x.tanh()),
        ("sigmoid", |x| x.sigmoid()),
        ("log_sigmoid", |x| x.log_sigmoid()),
        ("hard_sigmoid", |x| x.hard_sigmoid()),
        ("softsign", |x| x.softsign()),
        ("gelu", |x| x.gelu()),
        ("gelu_tanh", |x| x.gelu_tanh()),
        ("silu", |x| x.silu()),
        ("mish", |x| x.mish()),
        ("hard_swish", |x| x.hard_swish()),
        ("softmax of 16", |x| x.softmax(1)),
        ("log_softmax of 16", |x| x.log_softmax(1)),
    ]
}

/// What makes one number of each row, or of each column or of all, and what goes over rows twice.
fn reductions<T: Scalar>() -> Vec<(&'static str, Function<T>)> {
    vec![
        ("sum of all", |x| x.sum()),
        ("sum of columns", |x| x.sum_axes(&[0], false)),
        ("sum", |x| x.sum_axes(&[1], false)),
        ("max", |x| x.max_axes(&[1], false)),
        ("variance", |x| x.var_axes(&[1], false, 1)),
        ("norm", |x| x.norm_axes(&[1], false, 2.0)),
        ("logsumexp", |x| x.logsumexp_axes(&[1], false)),
        ("softmax", |x| x.softmax(1)),
        ("log_softmax", |x| x.log_softmax(1)),
        ("layer_norm", |x| x.layer_norm(1, None, None, 1e-5)),
        ("square", |x| x.powi(2)),
    ]
}

/// Functions of rows of this length forward and backward through the tape, out of and in memory.
fn on_the_tape<T: Scalar>(element: &str, columns: usize, table: &[(&str, Function<T>)]) -> String {
    let mut text = format!("| {element} |");
    for (memory, _) in &MEMORIES[1..] {
        let _ = write!(text, " {memory}: forward ns | × pass | backward ns | × pass |");
    }
    text += "\n|---|";
    text += &"---|".repeat(4 * (MEMORIES.len() - 1));
    text.push('\n');
    for &(name, function) in table {
        let _ = write!(text, "| {name} |");
        for (_, bytes) in &MEMORIES[1..] {
            // x, y and the derivatives with respect to each.
            let elements = bytes / (4 * size_of::<T>());
            let times = through_the_tape([elements / columns, columns], function)
                .map(|seconds| seconds * 1e9 / elements as f64);
            let [read_one, forward, read_three, backward] = times;
            let (more, back) = (forward / read_one, backward / read_three);
            let _ = write!(text, " {forward:.2} | {more:.2} | {backward:.2} | {back:.2} |");
        }
        text.push('\n');
    }
    text
}

/// The seconds of a pass that reads one array and writes one, of the function forward, of a pass that reads three
/// arrays (x, y, ∂L/∂y) and writes one (∂L/∂x), of the function backward.
fn through_the_tape<T: Scalar>(rows: [usize; 2], function: Function<T>) -> [f64; 4] {
    let shape = Shape::from(rows);
    let x: Tensor<T> = Tensor::from_fn(shape, |i| T::of(signed(i % (1 << 16))));
    let forth = {
        let mut out = x.clone();
        out.as_mut_slice();
        let mut tape = Tape::new();
        let mut pass = || scale(out.as_mut_slice(), x.as_slice());
        let mut forward = || {
            function(tape.variable(x.clone()));
            tape.clear();
        };
        in_turns(REPEATS, [&mut pass, &mut forward])
    };
    let tape = Tape::new();
    let y = function(tape.variable(x.clone()));
    let cotangent = Tensor::full(y.shape(), T::of(0.5));
    let (other, third) = (Tensor::full(shape, T::of(0.3)), Tensor::full(shape, T::of(0.5)));
    let mut out = Tensor::<T>::zeros(shape);
    let mut pass = || {
        kernel::zip3(
            out.as_mut_slice(),
            shape,
            x.view(),
            other.view(),
            third.view(),
            #[inline(always)]
            |out, x, y, g, _| *out = g * x + y,
        );
    };
    let mut backward = || {
        y.pullback(&cotangent, &mut []).expect("a derivative");
    };
    let back = in_turns(REPEATS, [&mut pass, &mut backward]);
    [forth[0], forth[1], back[0], back[1]]
}
