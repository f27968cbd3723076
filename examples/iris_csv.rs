//! A table of your own: `cargo run --release --example iris_csv [table.csv]`.
//!
//! Reads a CSV file whose last column is a class and whose others are numbers (without an argument,
//! Fisher's irises), learns the class, and uses the model again from a file.

use std::error::Error;

use downhill::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/data/iris.csv");
    let path = std::env::args().nth(1).unwrap_or_else(|| bundled.into());
    let table = Table::read(&path)?;
    let target = table.columns().last().unwrap_or_default();
    let data: Dataset = table.classification(target)?;
    println!("{path}: {} rows, {} of {:?}\n", data.len(), target, data.class_names());

    // A fifth of the rows is kept for the test, with each class's share of them.
    let (train, test) = data.stratified_split(0.8, 1)?;
    let classes = data.class_names().len();
    let layers = Sequential::new().then(Linear::new(32)).then(Activation::Tanh).then(Linear::new(classes));
    let fit = Trainer::new(layers, CrossEntropy::new())
        .optimizer(AdamW::new(0.01)?.weight_decay(0.5)?)
        .transform(Transform::Standardize)
        .epochs(60)
        .batch_size(16)
        .seed(1)
        .fit(&train)?;
    println!("{}\n", fit.model.evaluate(&test)?);

    // The file holds all that is needed: the network, the scaling of the features, the names.
    let file = std::env::temp_dir().join("iris.downhill");
    fit.model.save(&file)?;
    let model: Model = Model::load(&file)?;

    let flower = test.select(&[0])?;
    for (name, value) in flower.feature_names().iter().zip(flower.inputs().as_slice()) {
        println!("{name:20} {value}");
    }
    let class = model.predict_class(flower.inputs())?.item()?;
    println!("is taken for {}:", model.class_name(class));
    let probabilities = model.predict_proba(flower.inputs())?;
    for (name, probability) in model.class_names().iter().zip(probabilities.as_slice()) {
        println!("  {name:18} {probability:.4}");
    }
    Ok(())
}
