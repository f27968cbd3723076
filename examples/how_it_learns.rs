//! How a network learns, step by step: `cargo run --release --example how_it_learns`.
//!
//! Everything is worked out by hand with plain tensors first; the library's tape and trainer come
//! afterwards, and find the same.

use std::error::Error;

use downhill::data::one_hot;
use downhill::prelude::*;
use downhill::tensor::Shape;
use downhill::tensor::random::generator;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The parameters of a network with 4 inputs, 5 neurons between and 3 outputs: W₁, b₁, W₂, b₂.
type Theta = [Tensor<f64>; 4];

/// A network is a function of a vector, made of small ones: z = W₂·tanh(W₁·x + b₁) + b₂. Many vectors at
/// once are the rows of a matrix x. Answers tanh's output h too, which the derivatives need.
fn network([w1, b1, w2, b2]: &Theta, x: &Tensor<f64>) -> Result<(Tensor<f64>, Tensor<f64>)> {
    let h = x.matmul(&w1.transpose(0, 1)?)?.add(b1)?.tanh();
    let z = h.matmul(&w2.transpose(0, 1)?)?.add(b2)?;
    Ok((h, z))
}

/// How bad θ is: the mean cross-entropy −Σ q ln p of the probabilities p = softmax(z) with the truth q,
/// which is 1 for the right class and 0 for the others.
fn loss(theta: &Theta, x: &Tensor<f64>, q: &Tensor<f64>) -> Result<f64> {
    let (_, z) = network(theta, x)?;
    let terms = z.log_softmax(1)?.mul(q)?.sum(&[1], false)?;
    Ok(-terms.mean(&[0], false)?.item()?)
}

/// ∇L by the chain rule, from the loss backwards. The product of all derivatives so far is δ. Each function
/// has two kinds: the one by its parameters stays here, as a part of ∇L; the one by its input joins δ and
/// travels on.
fn gradient(theta: &Theta, x: &Tensor<f64>, q: &Tensor<f64>) -> Result<Theta> {
    let (h, z) = network(theta, x)?;
    let rows = Tensor::scalar(x.shape()[0] as f64);
    let delta = z.softmax(1)?.sub(q)?.div(&rows)?; // ∂L/∂z of softmax and cross-entropy together
    let dw2 = delta.transpose(0, 1)?.matmul(&h)?; // z = W₂·h + b₂ by its parameters W₂ …
    let db2 = delta.sum(&[0], false)?; // … and b₂
    let delta = delta.matmul(&theta[2])?; // … and by its input h
    let delta = delta.mul(&h.map(|h| 1.0 - h * h))?; // tanh has no parameters
    let dw1 = delta.transpose(0, 1)?.matmul(x)?;
    let db1 = delta.sum(&[0], false)?;
    Ok([dw1, db1, dw2, db2]) // the input x is data, which does not learn: δ ends here
}

/// The same from the tape, which is told the formula only.
fn gradient_from_tape(theta: &Theta, x: &Tensor<f64>, classes: &Tensor<usize>) -> Result<Theta> {
    let tape = Tape::new();
    let [w1, b1, w2, b2] = theta.each_ref().map(|part| tape.variable(part.clone()));
    let h = (tape.constant(x.clone()).matmul_transposed(w1) + b1).tanh();
    let z = h.matmul_transposed(w2) + b2;
    let gradients = z.cross_entropy(classes).mean().backward()?;
    Ok([gradients.wrt(w1)?, gradients.wrt(b1)?, gradients.wrt(w2)?, gradients.wrt(b2)?])
}

const RATE: f64 = 0.1;

/// Goes downhill: Δθ ← αΔθ − η∇L, θ ← θ + Δθ, with the gradient of one batch of rows after the other.
fn descend(mut theta: Theta, data: &Dataset<f64>, batch: usize, alpha: f64, steps: usize) -> Result<Theta> {
    let mut change = theta.each_ref().map(|part| Tensor::zeros(part.shape()));
    let batches = Batches::new(data, batch)?.shuffled(1);
    for batch in (0..).flat_map(|epoch| batches.epoch(epoch)).take(steps) {
        let Target::Classes(classes) = &batch.target else { break };
        let gradient = gradient(&theta, &batch.inputs, &one_hot(classes, 3)?)?;
        for ((theta, change), gradient) in theta.iter_mut().zip(&mut change).zip(&gradient) {
            *change = change.map(|change| alpha * change).sub(&gradient.map(|slope| RATE * slope))?;
            *theta = theta.add(change)?;
        }
    }
    Ok(theta)
}

fn main() -> Result<()> {
    let iris: Dataset<f64> = Bundled::Iris.load()?;
    let (train, test) = iris.split_by(&Bundled::Iris.split())?;
    let scaling = Transform::Standardize.fit(train.inputs())?;
    let (train, test) = (train.transform_inputs(&scaling)?, test.transform_inputs(&scaling)?);
    let rng = &mut generator(1, 0);
    let mut random = |shape: &[usize]| Tensor::uniform(Shape::new(shape)?, -0.5, 0.5, rng);
    let theta = [random(&[5, 4])?, random(&[5])?, random(&[3, 5])?, random(&[3])?];

    println!("1. A network is a function; here it is of one iris\n");
    let (x, classes) = (train.inputs().rows(99..100)?, train.labels()?.rows(99..100)?);
    let q = one_hot(&classes, 3)?;
    let (h, z) = network(&theta, &x)?;
    print("x = four lengths, standardised", &x);
    print("h = tanh(W₁·x + b₁)", &h);
    print("z = W₂·h + b₂", &z);
    print("p = softmax(z)", &z.softmax(1)?);
    print("q = its class, one-hot", &q);
    print("L = −Σ q ln p", &Tensor::scalar(loss(&theta, &x, &q)?));

    println!("\n2. The chain rule says how L changes with every parameter\n");
    let by_hand = gradient(&theta, &x, &q)?;
    print("δ behind W₂·h + b₂ (it is ∂L/∂b₂)", &by_hand[3]);
    print("δ behind W₁·x + b₁ (it is ∂L/∂b₁)", &by_hand[1]);
    let tape = gradient_from_tape(&theta, &x, &classes)?;
    for (by_hand, tape) in by_hand.iter().zip(&tape) {
        let difference = by_hand.sub(tape)?.abs().max(&[], false)?.item()?;
        assert!(difference < 1e-15, "the tape differs by {difference}");
    }
    let moved = |by: f64| -> Result<f64> {
        let mut theta = theta.clone();
        theta[0].as_mut_slice()[0] += by;
        loss(&theta, &x, &q)
    };
    let difference = (moved(1e-5)? - moved(-1e-5)?) / 2e-5;
    let (by_hand, tape) = (by_hand[0].as_slice()[0], tape[0].as_slice()[0]);
    println!("∂L/∂W₁[0, 0]: {by_hand:.10} by hand, {tape:.10} from the tape,");
    println!("              {difference:.10} by a small step to each side");
    assert!((by_hand - difference).abs() < 1e-9);

    println!("\n3. Against the gradient L falls: gradient descent on all {} irises\n", train.len());
    let q = one_hot(train.labels()?, 3)?;
    let loss_of = |theta: &Theta| loss(theta, train.inputs(), &q);
    for steps in [0, 1, 10, 100, 1000] {
        let theta = descend(theta.clone(), &train, train.len(), 0.0, steps)?;
        println!("after {steps:4} steps  L = {:.4}", loss_of(&theta)?);
    }

    println!("\n4. A few irises at a time will do, and momentum goes further: L after 100 steps\n");
    println!("                       α = 0   α = 0.9");
    for (name, batch) in [("all 120 at each step", 120), ("mini-batches of 12  ", 12)] {
        let plain = loss_of(&descend(theta.clone(), &train, batch, 0.0, 100)?)?;
        let momentum = loss_of(&descend(theta.clone(), &train, batch, 0.9, 100)?)?;
        println!("{name}  {plain:.4}  {momentum:.4}");
        assert!(momentum < plain);
    }

    println!("\n5. The prediction is the class with the greatest probability\n");
    let theta = descend(theta, &train, 12, 0.9, 300)?;
    let (_, z) = network(&theta, test.inputs())?;
    print("p of the first iris of the test", &z.softmax(1)?.rows(0..1)?);
    let (predicted, truth) = (z.argmax(1)?, test.labels()?);
    let right = predicted.as_slice().iter().zip(truth.as_slice()).filter(|(a, b)| a == b).count();
    println!("right for {right} of {} irises never seen", test.len());

    println!("\n6. All of it in the words of the library\n");
    let layers = Sequential::new().then(Linear::new(5)).then(Activation::Tanh).then(Linear::new(3));
    let fit = Trainer::new(layers, CrossEntropy::new())
        .optimizer(GradientDescent::new(RATE)?.momentum(0.9)?)
        .epochs(30)
        .batch_size(12)
        .seed(1)
        .fit(&train)?;
    println!("{}", fit.model.evaluate(&test)?);
    Ok(())
}

fn print(what: &str, numbers: &Tensor<f64>) {
    print!("{what:34}");
    numbers.as_slice().iter().for_each(|number| print!("{number:8.4}"));
    println!();
}
