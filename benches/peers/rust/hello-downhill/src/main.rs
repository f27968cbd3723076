//! The least program that trains an MLP with downhill: for build time and binary size.
use downhill::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layers = Sequential::new().then(Linear::new(16)).then(Activation::Relu).then(Linear::new(3));
    let network = Network::build(layers, [4])?;
    let mut learner = Learner::<f32>::new(network, CrossEntropy::new(), Sgd::new(0.05)?, 0);
    let (x, y) = (Tensor::ones([16, 4]), Target::Classes(Tensor::full([16], 0)));
    for _ in 0..10 {
        println!("{}", learner.step(&x, &y)?);
    }
    Ok(())
}
