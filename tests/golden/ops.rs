//! Operations: values, and gradients for a given upstream gradient.

use downhill::autodiff::rules::attention::Attention;
use downhill::autodiff::rules::convolution::{Convolution, TransposedConvolution};
use downhill::autodiff::rules::elementwise::{Identity, Relu, Tanh};
use downhill::autodiff::rules::embedding::Embedding;
use downhill::autodiff::rules::normalize::BatchNorm;
use downhill::autodiff::rules::recurrent::{Cell, Gru, Lstm, Recurrence, Rnn};
use downhill::prelude::{Tape, Tensor, Var};
use downhill::tensor::kernel::{Span, Window};
use downhill::tensor::{Result as TensorResult, Shape};

use crate::check::{Checks, Outcome, Precision, Tolerance, Verdict};
use crate::json::Json;

/// A case's operation on its inputs.
type Operation<T> = for<'t> fn(&Call<'t, T>) -> Var<'t, T>;

/// A case's operation with several outputs, by name.
type Several<T> = for<'t> fn(&Call<'t, T>) -> Vec<(&'static str, Var<'t, T>)>;

/// The operations with several outputs that the library has, by the cases' names.
fn several<T: Precision>() -> Vec<(&'static str, Several<T>)> {
    vec![
        ("lstm_cell", |c| {
            let y = c.recurrence(c.step(), Lstm, &["h", "c"]);
            vec![("h_out", c.row(y, 0)), ("c_out", c.row(y, 1))]
        }),
        ("rnn_sequence", |c| {
            let y = c.recurrence(c.x(), Rnn { activation: Tanh }, &["h0"]);
            vec![("y", y), ("h_n", c.row(y, c.steps() - 1))]
        }),
        ("gru_sequence", |c| {
            let y = c.recurrence(c.x(), Gru, &["h0"]);
            vec![("y", y), ("h_n", c.row(y, c.steps() - 1))]
        }),
        ("lstm_sequence", |c| {
            let (steps, y) = (c.steps(), c.recurrence(c.x(), Lstm, &["h0", "c0"]));
            vec![("y", y.slice(1, 0..steps, 1)), ("h_n", c.row(y, steps - 1)), ("c_n", c.row(y, steps))]
        }),
    ]
}

/// The operations with one output that the library has, by the cases' names.
fn operations<T: Precision>() -> Vec<(&'static str, Operation<T>)> {
    vec![
        ("neg", |c| -c.x()),
        ("exp", |c| c.x().exp()),
        ("log", |c| c.x().ln()),
        ("log1p", |c| c.x().ln_1p()),
        ("expm1", |c| c.x().exp_m1()),
        ("sqrt", |c| c.x().sqrt()),
        ("rsqrt", |c| c.x().rsqrt()),
        ("reciprocal", |c| c.x().recip()),
        ("square", |c| c.x().square()),
        ("abs", |c| c.x().abs()),
        ("sin", |c| c.x().sin()),
        ("cos", |c| c.x().cos()),
        ("erf", |c| c.x().erf()),
        ("tanh", |c| c.x().tanh()),
        ("sigmoid", |c| c.x().sigmoid()),
        ("logsigmoid", |c| c.x().log_sigmoid()),
        ("relu", |c| c.x().relu()),
        ("relu6", |c| c.x().relu6()),
        ("leaky_relu", |c| c.x().leaky_relu(c.params.number("negative_slope"))),
        ("elu", |c| c.x().elu(c.params.number_or("alpha", 1.0))),
        ("selu", |c| c.x().selu()),
        ("gelu", |c| match c.params.text("approximate") {
            "tanh" => c.x().gelu_tanh(),
            _ => c.x().gelu(),
        }),
        ("silu", |c| c.x().silu()),
        ("softplus", |c| c.x().softplus(c.params.number("beta"), c.params.number("threshold"))),
        ("mish", |c| c.x().mish()),
        ("hardswish", |c| c.x().hard_swish()),
        ("hardsigmoid", |c| c.x().hard_sigmoid()),
        ("softsign", |c| c.x().softsign()),
        ("clamp", |c| c.x().clamp(c.params.number("min"), c.params.number("max"))),
        ("pow_scalar", |c| c.x().powf(c.params.number("exponent"))),
        ("add", |c| c.var("a") + c.var("b")),
        ("sub", |c| c.var("a") - c.var("b")),
        ("mul", |c| c.var("a") * c.var("b")),
        ("div", |c| c.var("a") / c.var("b")),
        ("pow", |c| c.var("a").pow(c.var("b"))),
        ("maximum", |c| c.var("a").maximum(c.var("b"))),
        ("minimum", |c| c.var("a").minimum(c.var("b"))),
        ("where", |c| c.var("a").select(&c.inputs.at("cond").mask(), c.var("b"))),
        ("dropout_given_mask", |c| {
            let scale = T::of(1.0 / (1.0 - c.params.number("p")));
            let keep = c.inputs.at("keep").mask().map(|keep| if keep { scale } else { T::zero() });
            c.x() * c.tape.constant(keep)
        }),
        ("matmul", |c| c.var("a").matmul(c.var("b"))),
        ("linear", |c| c.x().linear(c.var("weight"), c.find("bias"), Identity)),
        ("softmax", |c| c.x().softmax(c.axis())),
        ("log_softmax", |c| c.x().log_softmax(c.axis())),
        ("logsumexp", |c| c.x().logsumexp_axes(&c.axes(), c.keeps())),
        ("sum", |c| c.x().sum_axes(&c.axes(), c.keeps())),
        ("mean", |c| c.x().mean_axes(&c.axes(), c.keeps())),
        ("max", |c| c.x().max_axes(&c.axes(), c.keeps())),
        ("min", |c| c.x().min_axes(&c.axes(), c.keeps())),
        ("var", |c| c.x().var_axes(&c.axes(), c.keeps(), c.params.count("correction"))),
        ("std", |c| c.x().std_axes(&c.axes(), c.keeps(), c.params.count("correction"))),
        ("norm", |c| c.x().norm_axes(&c.axes(), c.keeps(), c.params.number("p"))),
        ("prod", |c| c.x().prod_axis(c.axis(), c.keeps())),
        ("cumsum", |c| c.x().cumsum(c.axis())),
        ("argmax", |c| c.places(|x| x.argmax(c.axis()))),
        ("argmin", |c| c.places(|x| x.argmin(c.axis()))),
        ("reshape", |c| c.x().reshape(inferred(&c.params.axes("shape"), c.x().shape()))),
        ("transpose", |c| c.x().transpose(c.params.axis("dim0"), c.params.axis("dim1"))),
        ("permute", |c| c.x().permute(&c.axes())),
        ("concat", |c| c.tape.concat(&c.all(), c.axis())),
        ("stack", |c| c.tape.stack(&c.all(), c.axis())),
        ("slice", |c| {
            let range = c.params.count("start")..c.params.count("end");
            c.x().slice(c.axis(), range, c.params.count("step"))
        }),
        ("index_select", |c| c.x().index_select(c.axis(), &c.index())),
        ("gather", |c| c.x().gather(c.axis(), &c.index())),
        ("scatter_add", |c| c.x().scatter_add(c.axis(), &c.index(), c.var("src"))),
        ("pad_constant", |c| {
            c.x().pad(&c.params.counts("before"), &c.params.counts("after"), c.params.number("value"))
        }),
        ("broadcast_to", |c| c.x().broadcast_to(inferred(&c.params.axes("shape"), Shape::SCALAR))),
        ("flip", |c| c.x().flip(&c.axes())),
        ("layer_norm", |c| {
            let axes = c.params.counts("normalized_shape").len();
            c.x().layer_norm(axes, c.find("weight"), c.find("bias"), c.params.number("eps"))
        }),
        ("rms_norm", |c| {
            let axes = c.params.counts("normalized_shape").len();
            c.x().rms_norm(axes, c.find("weight"), c.params.number("eps"))
        }),
        ("group_norm", |c| {
            let groups = c.params.count("num_groups");
            c.x().group_norm(groups, c.find("weight"), c.find("bias"), c.params.number("eps"))
        }),
        ("normalize", |c| c.x().normalize(c.axis(), c.params.number("p"), c.params.number("eps"))),
        ("batch_norm_train", |c| {
            let running = Some((c.running(), c.params.number("momentum")));
            c.x().batch_norm(c.find("weight"), c.find("bias"), running, c.params.number("eps"))
        }),
        ("batch_norm_eval", |c| {
            c.x().fixed_norm(c.find("weight"), c.find("bias"), c.running(), c.params.number("eps"))
        }),
        ("conv1d", |c| c.convolution()),
        ("conv2d", |c| c.convolution()),
        ("conv_transpose2d", |c| {
            let more = c.params.counts("output_padding");
            let (windows, groups) = (c.windows(), c.params.count("groups"));
            let rule = TransposedConvolution { windows, groups, more: [more[0], more[1]] };
            c.x().transposed_convolution(c.var("weight"), c.find("bias"), rule)
        }),
        ("max_pool1d", |c| c.x().max_pool(c.spans())),
        ("max_pool2d", |c| c.x().max_pool(c.spans())),
        ("avg_pool2d", |c| c.x().mean_pool(c.spans(), c.params.flag("count_include_pad"))),
        ("global_avg_pool2d", |c| c.x().mean_pool([Span::Adaptive(1); 2], true)),
        ("embedding", |c| {
            let indices = c.tape.constant(c.inputs.at("index").tensor().cast());
            let padding = c.params.get("padding_idx").map(|_| c.params.count("padding_idx"));
            indices.apply2(Embedding { padding }, c.var("weight"))
        }),
        ("rnn_cell", |c| {
            let y = match c.params.text("nonlinearity") {
                "relu" => c.recurrence(c.step(), Rnn { activation: Relu }, &["h"]),
                _ => c.recurrence(c.step(), Rnn { activation: Tanh }, &["h"]),
            };
            c.row(y, 0)
        }),
        ("gru_cell", |c| c.row(c.recurrence(c.step(), Gru, &["h"]), 0)),
        ("scaled_dot_product_attention", |c| {
            let scale = c.params.get("scale").map(|_| c.params.number("scale"));
            let mask = c.inputs.get("mask").filter(|mask| mask.is_tensor_of("bool")).map(|mask| mask.mask());
            let rule = Attention { heads: None, causal: c.params.flag("is_causal"), scale, mask };
            match c.find("mask") {
                Some(bias) => c.var("q").attention_biased(c.var("k"), c.var("v"), bias, rule),
                None => c.var("q").attention(c.var("k"), c.var("v"), rule),
            }
        }),
        ("multi_head_self_attention", |c| {
            let rule = Attention { heads: Some(c.params.count("num_heads")), ..Attention::default() };
            let qkv = c.x().linear(c.var("in_proj_weight"), c.find("in_proj_bias"), Identity);
            let y = qkv.self_attention(None, rule);
            y.linear(c.var("out_proj_weight"), c.find("out_proj_bias"), Identity)
        }),
    ]
}

pub(crate) fn run(case: Json<'_>, checks: &mut Checks) -> Outcome {
    match run_in::<f64>(case, checks)? {
        Verdict::Ran => run_in::<f32>(case, checks),
        skipped => Ok(skipped),
    }
}

fn run_in<T: Precision>(case: Json<'_>, checks: &mut Checks) -> Outcome {
    let name = case.text("op");
    let single = operations::<T>().into_iter().find(|row| row.0 == name);
    let several = several::<T>().into_iter().find(|row| row.0 == name);
    if single.is_none() && several.is_none() {
        return Ok(Verdict::Lacks(vec![name.into()]));
    }
    let (inputs, grads) = (case.at("inputs"), case.at("grads"));
    let tape = Tape::new();
    let floats = inputs.entries().filter(|(_, input)| input.is_tensor_of("f64"));
    let vars = floats.map(|(name, input)| {
        let value = input.tensor().cast();
        (name, if grads.get(name).is_some() { tape.variable(value) } else { tape.constant(value) })
    });
    let call = Call { tape: &tape, vars: vars.collect(), inputs, params: case.at("params") };
    let running = |name: &str| {
        let statistics = ["running_mean", "running_var"].into_iter().zip(BatchNorm::RUNNING);
        statistics.into_iter().find(|statistic| statistic.0 == name).map(|statistic| statistic.1)
    };
    let one = single.map(|(_, operation)| vec![("y", operation(&call))]);
    let outputs = one.or_else(|| several.map(|(_, operation)| operation(&call))).unwrap_or_default();
    for (name, want) in case.at("outputs").entries() {
        let got = match (outputs.iter().find(|output| output.0 == name), running(name)) {
            (Some((_, y)), _) => y.value()?,
            // In use they stay as they were.
            (None, Some(place)) => outputs[0].1.saved(place).map_or_else(|| call.var(name).value(), Ok)?,
            (None, None) => return Err(format!("no output {name}").into()),
        };
        checks.compare(name, &got, &want.tensor(), Tolerance::of_output::<T>(case, name));
    }
    // The gradient of the sum of all outputs times what comes from above.
    let upstream = |name: &str| case.at("upstream").get(name).map(|upstream| upstream.tensor().cast());
    let pulled: Vec<_> = outputs.iter().filter_map(|&(name, y)| Some((y, upstream(name)?))).collect();
    let gradients = match &pulled[..] {
        [] => None,
        [(y, upstream)] => Some(y.pullback(upstream, &mut [])?),
        several => {
            let terms = several.iter().map(|(y, upstream)| (*y * tape.constant(upstream.clone())).sum());
            Some(terms.reduce(|a, b| a + b).ok_or("no outputs")?.backward()?)
        }
    };
    if let Some(gradients) = gradients {
        for (name, want) in grads.entries() {
            let gradient = format!("d_{name}");
            let tolerance = Tolerance::of_output::<T>(case, &gradient);
            checks.compare(&gradient, &gradients.wrt(call.var(name))?, &want.tensor(), tolerance);
        }
    }
    Ok(Verdict::Ran)
}

/// A case's inputs on a tape, and its settings.
struct Call<'t, T: Precision> {
    tape: &'t Tape<T>,
    vars: Vec<(&'t str, Var<'t, T>)>,
    inputs: Json<'t>,
    params: Json<'t>,
}

impl<'t, T: Precision> Call<'t, T> {
    fn find(&self, name: &str) -> Option<Var<'t, T>> {
        self.vars.iter().find(|var| var.0 == name).map(|var| var.1)
    }

    fn var(&self, name: &str) -> Var<'t, T> {
        self.find(name).unwrap_or_else(|| panic!("no input {name}"))
    }

    fn x(&self) -> Var<'t, T> {
        self.var("x")
    }

    /// x `[n, f]` as a sequence of one step.
    fn step(&self) -> Var<'t, T> {
        let shape = self.x().shape();
        self.x().reshape([shape[0], 1, shape[1]])
    }

    /// The steps of x `[n, t, f]`.
    fn steps(&self) -> usize {
        self.x().shape()[1]
    }

    /// A recurrence over x with the case's weights, from the states of these names.
    fn recurrence<C: Cell<T>>(&self, x: Var<'t, T>, cell: C, states: &[&str]) -> Var<'t, T> {
        let biases = self.find("b_ih").zip(self.find("b_hh")).map(|(b_ih, b_hh)| [b_ih, b_hh]);
        let states: Vec<_> = states.iter().map(|name| self.var(name)).collect();
        let rule = Recurrence { cell, reverse: false, bias: biases.is_some(), final_cell: true };
        x.recurrence([self.var("w_ih"), self.var("w_hh")], biases, &states, rule)
    }

    /// A row `[n, h]` of `[n, rows, h]`.
    fn row(&self, y: Var<'t, T>, row: usize) -> Var<'t, T> {
        let shape = y.shape();
        y.slice(1, row..row + 1, 1).reshape([shape[0], shape[2]])
    }

    fn convolution(&self) -> Var<'t, T> {
        let (windows, groups) = (self.windows(), self.params.count("groups"));
        let rule = Convolution { windows, groups, activation: Identity };
        self.x().convolution(self.var("weight"), self.find("bias"), rule)
    }

    /// The windows of a convolution.
    fn windows(&self) -> [Window; 2] {
        let weight = self.var("weight").shape();
        self.each_axis(&weight[2..], |kernel, setting| Window {
            kernel,
            stride: setting("stride"),
            dilation: setting("dilation"),
            before: setting("padding"),
            after: setting("padding"),
        })
    }

    /// The windows of a pool.
    fn spans(&self) -> [Span; 2] {
        let windows = self.each_axis(&self.params.counts("kernel_size"), |kernel, setting| {
            let (before, after) = (setting("padding"), setting("padding"));
            Window { kernel, stride: setting("stride"), dilation: 1, before, after }
        });
        windows.map(Span::Sliding)
    }

    /// A window down and one across; of a sequence the first is a single tap.
    fn each_axis(
        &self,
        kernel: &[usize],
        window: impl Fn(usize, &dyn Fn(&str) -> usize) -> Window,
    ) -> [Window; 2] {
        let missing = 2 - kernel.len();
        let axis = |axis: usize| match axis.checked_sub(missing) {
            Some(axis) => window(kernel[axis], &|name| self.params.counts(name)[axis]),
            None => Window::default(),
        };
        [axis(0), axis(1)]
    }

    /// All inputs, in the order of their names.
    fn all(&self) -> Vec<Var<'t, T>> {
        self.vars.iter().map(|var| var.1).collect()
    }

    fn running(&self) -> [Var<'t, T>; 2] {
        ["running_mean", "running_var"].map(|name| self.var(name))
    }

    fn axis(&self) -> isize {
        self.params.axis("dim")
    }

    fn axes(&self) -> Vec<isize> {
        self.params.axes("dims")
    }

    fn keeps(&self) -> bool {
        self.params.flag("keepdim")
    }

    fn index(&self) -> Tensor<usize> {
        self.inputs.at("index").indices()
    }

    /// Places found in x, as numbers.
    fn places(&self, find: impl Fn(&Tensor<T>) -> TensorResult<Tensor<usize>>) -> Var<'t, T> {
        let places = find(&self.inputs.at("x").tensor().cast()).expect("an axis of x");
        self.tape.constant(places.map(|place| T::of(place as f64)))
    }
}

/// A shape in which -1 stands for what remains of `from`.
fn inferred(lengths: &[isize], from: Shape) -> Shape {
    let known: isize = lengths.iter().filter(|&&length| length >= 0).product();
    let rest = from.elements() / known.max(1) as usize;
    let lengths: Vec<usize> = lengths.iter().map(|&length| usize::try_from(length).unwrap_or(rest)).collect();
    Shape::new(&lengths).expect("at most 8 axes")
}
