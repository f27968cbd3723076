//! A training whose process is killed, again and again, ends with the bits of one that never was.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use downhill_nn::autodiff::Tensor;
use downhill_nn::autodiff::tensor::random::generator;
use downhill_nn::{Activation, BatchNorm1d, CrossEntropy, Dropout, Linear, Sequential};
use downhill_optim::{Adam, Optimizer};
use downhill_train::{Callback, Checkpoints, Result, StepRecord, Trainer};

use crate::clouds;
use crate::folder::Folder;

const FOLDER: &str = "DOWNHILL_TEST_FOLDER";

/// Says on standard output that a step is done.
struct Say;

impl Callback for Say {
    fn on_step(&mut self, step: &StepRecord) -> Result<()> {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "step {}", step.step);
        let _ = out.flush();
        Ok(())
    }
}

fn trainer() -> Trainer {
    let layers = Sequential::new()
        .then(Linear::new(40))
        .then(BatchNorm1d::new())
        .then(Activation::Tanh)
        .then(Dropout::new(0.2).unwrap())
        .then(Linear::new(3));
    let adam = Adam::new(0.01).unwrap();
    Trainer::new(layers, CrossEntropy::new())
        .optimizer(Optimizer::<f32>::ema(adam, 0.9).unwrap())
        .validation_fraction(0.2)
        .epochs(15)
        .batch_size(8)
        .seed(9)
        .threads(1)
}

/// Not a test of its own: what is killed.
#[test]
#[ignore = "started by the test below"]
fn child() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let checkpoints = Checkpoints::new(&folder).every_steps(1).keep(2);
    let fit =
        trainer().checkpoints(checkpoints).resume(&folder).callback(Say).fit(&clouds(100, 8, 3, 1)).unwrap();
    fit.model.save(std::path::Path::new(&folder).join("done.downhill")).unwrap();
}

#[test]
fn again_and_again() {
    let expected = trainer().fit(&clouds(100, 8, 3, 1)).unwrap();
    let folder = Folder::new();
    expected.model.save(folder.0.join("expected.downhill")).unwrap();
    let read = |name: &str| std::fs::read(folder.0.join(name));
    // How many steps each process may take before it is killed, and how long after.
    let draws = Tensor::<f64>::uniform([200, 2], 0.0, 1.0, &mut generator(11, 0)).unwrap();
    let mut kills = 0;
    for draw in draws.as_slice().chunks(2) {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killed::child", "--ignored", "--nocapture"])
            .env(FOLDER, &folder.0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let steps = 2 + (draw[0] * 10.0) as usize;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(|line| line.ok());
        let alive = lines.filter(|line| line.contains("step")).take(steps).count() == steps;
        if alive {
            std::thread::sleep(Duration::from_micros((draw[1] * 3000.0) as u64));
            child.kill().unwrap();
        }
        let killed = !child.wait().unwrap().success();
        kills += usize::from(killed);
        if !killed {
            break;
        }
        assert!(alive, "it ended by itself");
    }
    assert!(kills >= 10, "killed {kills} times");
    assert_eq!(read("done.downhill").unwrap(), read("expected.downhill").unwrap());
    let left = folder.names();
    assert!(left.iter().all(|name| !name.ends_with(".tmp")), "{left:?}");
}
