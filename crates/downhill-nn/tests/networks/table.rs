//! Every layer there is. A new one goes here, and is proved, fused, written and read.

use downhill_nn::autodiff::{Shape, Var};
use downhill_nn::{
    Activation, AnyLayer, Context, Dropout, Flatten, Graph, Init, Layer, Linear, LogSoftmax, Parallel, Param,
    Repeat, Residual, Result, Scalar, Scope, Sequential, Softmax, lambda,
};
use downhill_nn::{ActivityPenalty, DropPath, Dropout2d, GaussianNoise, Glu, Maxout, PRelu, SwiGlu};
use downhill_nn::{BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm1d, InstanceNorm2d, LayerNorm, RmsNorm};
use downhill_nn::{
    Embedding, Gru, LearnedPositions, Lstm, MultiHeadAttention, PositionalEncoding, Rnn,
    TransformerDecoderLayer, TransformerEncoderLayer,
};

use downhill_nn::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d, Conv1d,
    Conv2d, ConvTranspose1d, ConvTranspose2d, GlobalAvgPool, GlobalMaxPool, MaxPool1d, MaxPool2d, Reshape,
    Upsample, ZeroPad1d, ZeroPad2d,
};

pub(crate) const ACTIVATIONS: [Activation; 16] = [
    Activation::Relu,
    Activation::Relu6,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::Elu { alpha: 1.3 },
    Activation::Selu,
    Activation::Softplus { beta: 2.0, threshold: 20.0 },
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::LogSigmoid,
    Activation::HardSigmoid,
    Activation::Softsign,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Mish,
    Activation::HardSwish,
];

/// y = x ⊙ g + s, with a learned gain for each feature and a learned shift for all.
#[derive(Clone, Default)]
pub(crate) struct Gain {
    gain: Param,
    shift: Param,
}

impl Layer for Gain {
    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        self.gain = scope.parameter("gain", input, Init::Normal { mean: 1.0, std: 0.5 })?;
        self.shift = scope.parameter("shift", [1], Init::Constant(0.5))?;
        Ok(input)
    }

    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x * cx.param(&self.gain) + cx.param(&self.shift)
    }
}

/// The built-in layers, each with the shape of one sample of its input.
pub(crate) fn built_in() -> Vec<(AnyLayer, Shape)> {
    let linear = |outputs| Linear::new(outputs).bias_init(Init::Constant(0.25));
    let block = || Sequential::new().then(linear(5)).then(Activation::Tanh).then(linear(3));
    let mut rows: Vec<(AnyLayer, Shape)> =
        ACTIVATIONS.iter().map(|&activation| (AnyLayer::new(activation), [2, 3].into())).collect();
    let mut add = |layer, shape| rows.push((layer, shape));
    add(AnyLayer::new(Linear::new(3)), [4].into());
    add(AnyLayer::new(Linear::new(3).without_bias()), [4].into());
    add(AnyLayer::new(Linear::new(1).weight_init(Init::GlorotUniform)), [2, 4].into());
    add(
        AnyLayer::new(Linear::new(4).weight_init(Init::HeNormal).bias_init(Init::Constant(-0.5))),
        [1].into(),
    );
    add(AnyLayer::new(Linear::new(2)), [0].into());
    add(AnyLayer::new(Linear::new(0)), [3].into());
    add(AnyLayer::new(Flatten), [2, 3].into());
    add(AnyLayer::new(Flatten), Shape::SCALAR);
    add(AnyLayer::new(Dropout::new(0.4).unwrap()), [5].into());
    add(AnyLayer::new(Dropout::new(0.0).unwrap()), [5].into());
    add(AnyLayer::new(Softmax), [4].into());
    add(AnyLayer::new(LogSoftmax), [2, 4].into());
    add(AnyLayer::new(Sequential::new()), [3].into());
    add(AnyLayer::new(block().then(Sequential::new().then(Flatten).then(block()))), [2].into());
    add(AnyLayer::new(Residual::new(block())), [3].into());
    add(
        AnyLayer::new(
            Sequential::new()
                .then(Dropout::new(0.3).unwrap())
                .then(Residual::new(Sequential::new().then(block()).then(Dropout::new(0.5).unwrap())))
                .then(Softmax),
        ),
        [3].into(),
    );
    add(AnyLayer::new(Parallel::concat(0).branch(block()).branch(linear(2)).branch(Flatten)), [4].into());
    add(AnyLayer::new(Parallel::concat(1).branch(linear(2)).branch(linear(3))), [2, 4].into());
    add(AnyLayer::new(Parallel::sum().branch(block()).branch(Sequential::new())), [3].into());
    add(AnyLayer::new(Parallel::product().branch(block()).branch(Activation::Tanh)), [3].into());
    add(AnyLayer::new(Repeat::new(2, block())), [4].into());
    add(AnyLayer::new(Repeat::tied(3, block())), [3].into());
    add(AnyLayer::new(Repeat::tied(0, block())), [2].into());
    add(two_by_two(), [8].into());
    add(AnyLayer::new(LayerNorm::new()), [4].into());
    add(AnyLayer::new(LayerNorm::new().axes(2).eps(0.1).without_bias()), [2, 3].into());
    add(AnyLayer::new(LayerNorm::new().without_affine()), [2, 5].into());
    add(AnyLayer::new(RmsNorm::new()), [4].into());
    add(AnyLayer::new(RmsNorm::new().axes(2).eps(0.1).without_affine()), [2, 3].into());
    add(AnyLayer::new(BatchNorm1d::new().eps(0.1)), [2, 3].into());
    add(AnyLayer::new(BatchNorm2d::new().eps(0.1).momentum(0.3)), [2, 1, 3].into());
    add(AnyLayer::new(BatchNorm2d::new().without_affine().eps(0.1)), [1, 2, 2].into());
    add(AnyLayer::new(GroupNorm::new(2).eps(0.1)), [4].into());
    add(AnyLayer::new(GroupNorm::new(2).eps(0.1)), [4, 1, 2].into());
    add(AnyLayer::new(GroupNorm::new(1).eps(0.1).without_affine()), [2, 2].into());
    add(AnyLayer::new(InstanceNorm1d::new().eps(0.1)), [2, 3].into());
    add(AnyLayer::new(InstanceNorm2d::new().eps(0.1).with_affine()), [2, 2, 2].into());
    add(AnyLayer::new(Dropout2d::new(0.5).unwrap()), [4, 3].into());
    add(AnyLayer::new(Dropout2d::new(0.5).unwrap()), [2, 0].into());
    add(AnyLayer::new(DropPath::new(0.5).unwrap()), [2, 3].into());
    add(AnyLayer::new(GaussianNoise::new(0.5).unwrap()), [4].into());
    add(AnyLayer::new(PRelu::new()), [4].into());
    add(AnyLayer::new(PRelu::new().start(-0.5)), Shape::SCALAR);
    add(AnyLayer::new(PRelu::new().per_channel()), [3].into());
    add(AnyLayer::new(PRelu::new().per_channel()), [2, 2, 2].into());
    add(AnyLayer::new(Glu), [4].into());
    add(AnyLayer::new(SwiGlu), [2, 6].into());
    add(AnyLayer::new(Maxout::new(2, 3)), [3].into());
    add(AnyLayer::new(Maxout::new(2, 2).without_bias()), [2, 3].into());
    add(AnyLayer::new(ActivityPenalty::new(0.1, 0.2).unwrap()), [4].into());
    // Whatever the input, tokens of number 2.
    let tokens = Linear::new(3).weight_init(Init::Zeros).bias_init(Init::Constant(2.0));
    add(AnyLayer::new(Sequential::new().then(tokens).then(Embedding::new(4, 2))), [2].into());
    add(AnyLayer::new(Rnn::new(3)), [3, 2].into());
    add(AnyLayer::new(Rnn::new(2).relu().bidirectional().last()), [2, 3].into());
    add(AnyLayer::new(Lstm::new(2).layers(2).bidirectional().dropout(0.3).unwrap()), [2, 2].into());
    add(AnyLayer::new(Lstm::new(3).without_bias().last()), [3, 1].into());
    add(AnyLayer::new(Gru::new(2).layers(2)), [3, 2].into());
    add(AnyLayer::new(Gru::new(2).bidirectional()), [0, 2].into());
    add(AnyLayer::new(MultiHeadAttention::new(2)), [3, 4].into());
    add(AnyLayer::new(MultiHeadAttention::new(1).causal().without_bias()), [3, 2].into());
    add(AnyLayer::new(PositionalEncoding::new()), [3, 3].into());
    add(AnyLayer::new(LearnedPositions::new()), [3, 2].into());
    let encoder = || TransformerEncoderLayer::new(2, 5).activation(Activation::Gelu);
    add(AnyLayer::new(encoder()), [2, 4].into());
    add(AnyLayer::new(encoder().pre_norm().causal().dropout(0.2).unwrap()), [2, 4].into());
    let decoder = TransformerDecoderLayer::new(2, 3).activation(Activation::Tanh);
    add(AnyLayer::new(decoder.pre_norm()), [2, 4].into());
    add(AnyLayer::new(Conv1d::new(3, 2)), [2, 4].into());
    add(AnyLayer::new(Conv1d::new(4, 3).stride(2).same().groups(2).without_bias()), [2, 5].into());
    add(AnyLayer::new(Conv1d::depthwise(2).dilation(2)), [2, 4].into());
    add(AnyLayer::new(Conv2d::new(2, [2, 3]).stride([1, 2]).padding(1)), [2, 3, 4].into());
    let patterned = Conv2d::new(1, 2).weight_init(Init::HeNormal).bias_init(Init::Constant(0.5));
    add(AnyLayer::new(Sequential::new().then(patterned).then(Activation::Tanh)), [1, 3, 3].into());
    add(AnyLayer::new(Conv2d::depthwise([3, 1]).dilation([1, 2]).same()), [2, 3, 2].into());
    add(AnyLayer::new(ConvTranspose1d::new(2, 3).stride(2).padding(1).output_padding(1)), [2, 3].into());
    add(AnyLayer::new(ConvTranspose2d::new(2, 2).stride([2, 1]).groups(2).without_bias()), [2, 2, 3].into());
    add(AnyLayer::new(ConvTranspose2d::new(1, 2).dilation(2).output_padding([1, 0])), [1, 2, 2].into());
    add(AnyLayer::new(MaxPool1d::new(2)), [2, 5].into());
    add(AnyLayer::new(MaxPool2d::new([2, 3]).stride(2).padding(1)), [2, 4, 4].into());
    add(AnyLayer::new(AvgPool1d::new(2).padding(1)), [2, 4].into());
    add(AnyLayer::new(AvgPool2d::new(2).stride(1).padding([0, 1]).without_border()), [1, 3, 3].into());
    add(AnyLayer::new(AdaptiveMaxPool1d::new(2)), [2, 5].into());
    add(AnyLayer::new(AdaptiveMaxPool2d::new([2, 1])), [1, 3, 2].into());
    add(AnyLayer::new(AdaptiveAvgPool1d::new(3)), [2, 4].into());
    add(AnyLayer::new(AdaptiveAvgPool2d::new(2)), [1, 3, 5].into());
    add(AnyLayer::new(GlobalMaxPool), [2, 2, 3].into());
    add(AnyLayer::new(GlobalAvgPool), [2, 4].into());
    add(AnyLayer::new(Upsample::nearest(2)), [2, 3].into());
    add(AnyLayer::new(Upsample::bilinear(2)), [1, 2, 3].into());
    add(AnyLayer::new(Upsample::bilinear(1).align_corners().to_size([3, 5])), [1, 2, 3].into());
    add(AnyLayer::new(ZeroPad1d::new(1)), [2, 3].into());
    add(AnyLayer::new(ZeroPad2d::uneven([1, 0], [0, 2])), [1, 2, 2].into());
    add(AnyLayer::new(Reshape::new([1, 2, 3])), [6].into());
    rows
}

/// Two inputs that meet in two ways, and two outputs.
fn two_by_two() -> AnyLayer {
    let mut graph = Graph::new();
    let (left, right) = (graph.input([2, 3]), graph.input([2]));
    let flat = graph.layer("flat", Flatten, left);
    let narrow = graph.layer("narrow", Linear::new(2), flat);
    let gated = graph.product([narrow, right]);
    let total = graph.sum([gated, right, narrow]);
    let joined = graph.concat(0, [total, flat]);
    let y = graph.layer("y", Linear::new(4), joined);
    let mixed = graph.again(narrow, flat);
    AnyLayer::new(graph.outputs([y, left, mixed]))
}

/// Layers that are not built in.
pub(crate) fn own() -> Vec<(AnyLayer, Shape)> {
    let scale = 0.5;
    vec![
        (AnyLayer::new(lambda!(|x| x.sin().mul_scalar(scale) + x.square())), [2, 3].into()),
        (AnyLayer::new(Gain::default()), [3].into()),
        (
            AnyLayer::new(
                Sequential::new().then(Linear::new(3)).then(Gain::default()).then(lambda!(|x| x.tanh())),
            ),
            [2].into(),
        ),
    ]
}

/// The names that serde knows for the variants of an enum.
fn variants<V: serde::de::DeserializeOwned>() -> Vec<String> {
    let error = serde_json::from_str::<V>("\"?\"").err().unwrap().to_string();
    let (_, list) = error.split_once("expected one of ").unwrap();
    list.split('`').skip(1).step_by(2).map(str::to_string).collect()
}

#[test]
fn the_table_is_complete() {
    let activations: Vec<String> = ACTIVATIONS.iter().map(Layer::kind).collect();
    assert_eq!(variants::<Activation>(), activations);
    for variant in variants::<AnyLayer>() {
        let quoted = format!("\"{variant}\"");
        let is_there =
            built_in().iter().any(|(layer, _)| serde_json::to_string(layer).unwrap().contains(&quoted));
        assert!(is_there, "{variant} is in no row");
    }
}
