//! Writes valid files of our own formats into the corpora: `cargo run --bin seeds`.

use std::fs;
use std::path::Path;

use downhill::data::{Encoder, Fitted};
use downhill::prelude::*;
use downhill_fuzz::{body, checkpoint, data, training};

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(corpus.join(target)).unwrap();
        fs::write(corpus.join(target).join(name), bytes).unwrap();
    };
    let table = Table::from_reader(&b"c,s,x,y\na,S,1,0\nb,L,2,1\n"[..], "f").unwrap();
    let schema = Schema::classification("y").categorical(["c"]).ordinal("s", ["S", "L"]).missing(Missing::Mean);
    let encoder: Encoder = schema.fit(&table).unwrap();
    write("encoder", "seed", &bincode::serialize(&encoder).unwrap());

    let samples = Tensor::from_rows(&[[1.0, 2.0], [3.0, 5.0], [4.0, 4.0]]);
    let transforms = [Transform::Standardize, Transform::Log, Transform::Whiten(2), Transform::DivideBy(2.0)];
    for (number, transform) in transforms.iter().enumerate() {
        let fitted: Fitted = transform.fit(&samples).unwrap();
        write("transform", &format!("seed-{number}"), &bincode::serialize(&fitted).unwrap());
    }

    let model = training().fit(&data()).unwrap().model;
    write("model", "seed", &bincode::serialize(&model).unwrap());
    let sequence = Sequential::new().then(Gru::new(3)).then(Flatten).then(Linear::new(2));
    let inputs = Tensor::from_fn([4, 3, 2], |place| place as f32);
    let labels = Dataset::new(inputs, Tensor::vector([0, 1, 0, 1])).unwrap();
    let model = Trainer::new(sequence, CrossEntropy::new()).epochs(1).fit(&labels).unwrap().model;
    write("model", "seed-sequence", &bincode::serialize(&model).unwrap());

    let folder = std::env::temp_dir().join(format!("downhill-fuzz-seeds-{}", std::process::id()));
    write("checkpoint", "seed", body(&checkpoint(&folder)));
    fs::remove_dir_all(folder).unwrap();
}
