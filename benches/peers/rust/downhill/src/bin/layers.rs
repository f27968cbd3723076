//! usage: layers THREADS [PART_OF_A_NAME]
//!
//! Times layers one by one, each by the public API: a prediction, and forward and backward with the derivatives with
//! respect to the input and to θ. The layers and shapes are those of `layers_py.py`: keep the two alike.
#[path = "../../../../gemm/rates.rs"]
mod rates;

use downhill::nn::Softmax;
use downhill::prelude::*;
use downhill::tensor::{Shape, Threads};
use rates::rate;

/// The classes or tokens of what is looked up.
const TOKENS: usize = 1000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let threads = Threads::new(args[1].parse().unwrap());
    let only = args.get(2).map_or("", String::as_str);
    let run = |name: &str, shape: Shape, layer: Network| {
        if name.contains(only) {
            measure(name, &threads, shape, &layer);
        }
    };
    macro_rules! layers {
        ($($name:literal $shape:expr, $layer:expr;)*) => {$(
            let shape = Shape::from($shape);
            run($name, shape, Network::build($layer, shape.sample()).unwrap());
        )*};
    }
    layers! {
        "linear" [64, 256], Linear::new(256);
        "linear, sequence" [16, 64, 64], Linear::new(256);
        "conv 3×3" [16, 16, 28, 28], Conv2d::new(32, 3).padding(1);
        "conv 3×3, deep" [16, 64, 14, 14], Conv2d::new(64, 3).padding(1);
        "conv 3×3 of 8×8" [16, 64, 8, 8], Conv2d::new(64, 3).padding(1);
        "conv 3×3 of 7×7" [16, 128, 7, 7], Conv2d::new(128, 3).padding(1);
        "conv 3×3 of 4×4" [16, 64, 4, 4], Conv2d::new(64, 3).padding(1);
        "conv 3×3, stride 2" [16, 32, 28, 28], Conv2d::new(64, 3).stride(2).padding(1);
        "conv 3×3, 4 groups" [16, 32, 14, 14], Conv2d::new(64, 3).groups(4).padding(1);
        "conv 3×3, depthwise" [16, 32, 28, 28], Conv2d::depthwise(3).padding(1);
        "conv 1×1" [16, 64, 14, 14], Conv2d::new(128, 1);
        "conv 5×5, 1 channel" [64, 1, 28, 28], Conv2d::new(6, 5).padding(2);
        "conv 5, sequence" [32, 32, 128], Conv1d::new(64, 5).padding(2);
        "transposed conv 4×4, stride 2" [16, 32, 14, 14], ConvTranspose2d::new(16, 4).stride(2).padding(1);
        "max pool 2×2" [16, 32, 28, 28], MaxPool2d::new(2);
        "average pool 2×2" [16, 32, 28, 28], AvgPool2d::new(2);
        "batch norm" [16, 32, 28, 28], BatchNorm2d::new();
        "group norm" [16, 32, 28, 28], GroupNorm::new(8);
        "layer norm" [16, 64, 128], LayerNorm::new();
        "RMS norm" [16, 64, 128], RmsNorm::new();
        "nearest ×2" [16, 32, 14, 14], Upsample::nearest(2);
        "bilinear ×2" [16, 32, 14, 14], Upsample::bilinear(2);
        "RNN" [32, 32, 64], Rnn::new(128);
        "LSTM" [32, 32, 64], Lstm::new(128);
        "GRU" [32, 32, 64], Gru::new(128);
        "attention" [16, 64, 64], MultiHeadAttention::new(4);
        "encoder layer" [16, 64, 64], TransformerEncoderLayer::new(4, 256);
        "embedding" [32, 64], Embedding::new(TOKENS, 64);
        "softmax" [64, 1000], Softmax;
        "gelu" [64, 4096], Activation::Gelu;
        "dropout" [64, 4096], Dropout::new(0.5).unwrap();
    }
}

fn measure(name: &str, threads: &Threads, shape: Shape, layer: &Network) {
    let params: Params = layer.init(0);
    let tokens = name == "embedding";
    let x =
        Tensor::from_fn(shape, |i| if tokens { (i * 7919 % TOKENS) as f32 } else { (i as f32 * 0.7).sin() });
    let mut predictor = layer.predictor(&params).threads(threads.clone());
    let predict = microseconds(|| {
        predictor.predict(&x).unwrap();
    });
    let mut tape = Tape::new().threads(threads.clone());
    let mut gradient = vec![0.0; params.theta().len()];
    let cotangent = Tensor::from_fn(layer.predict(&params, &x).unwrap().shape(), |i| (i as f32 * 0.3).cos());
    let train = microseconds(|| {
        tape.clear();
        let x = if tokens { tape.constant(x.clone()) } else { tape.variable(x.clone()) };
        layer.forward(&tape, &params, x, Some(0)).pullback(&cotangent, &mut gradient).unwrap();
    });
    for (what, time) in [("predict", predict), ("train", train)] {
        println!("layer\t{name}\t{what}\tdownhill\t{}\t{time:.2}", threads.count());
    }
}

fn microseconds(run: impl FnMut()) -> f64 {
    1e6 / rate(1e9, 20.0, run)
}
