//! Callbacks: when they are called, and what their answers do.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use downhill_train::{Callback, EpochRecord, Error, History, Plan, Progress, Result, StepRecord};

use crate::{classifier, clouds};

/// Writes down its calls, and ends or fails at one of them.
#[derive(Clone, Default)]
struct Log {
    calls: Arc<Mutex<Vec<String>>>,
    name: &'static str,
    ends_after: usize,
    fails_at: &'static str,
}

impl Log {
    fn call(&self, what: String) -> Result<()> {
        let fails = what == self.fails_at;
        self.calls.lock().unwrap().push(format!("{}{what}", self.name));
        if fails { Err(Error::Callback(format!("failed at {what}").into())) } else { Ok(()) }
    }
}

impl Callback for Log {
    fn on_start(&mut self, plan: &Plan) -> Result<()> {
        assert_eq!((plan.epochs, plan.steps, plan.samples), (3, 2, 20));
        assert_eq!(plan.parameters, 4 * 2 + 2 + 2 * 2 + 2);
        self.call("start".into())
    }

    fn on_step(&mut self, step: &StepRecord) -> Result<()> {
        assert!(step.loss.is_finite());
        self.call(format!("step {}.{}", step.epoch, step.step))
    }

    fn on_epoch(&mut self, epoch: &EpochRecord) -> Result<ControlFlow<()>> {
        self.call(format!("epoch {}", epoch.epoch))?;
        let ends = epoch.epoch == self.ends_after;
        Ok(if ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn on_end(&mut self, history: &History) -> Result<()> {
        self.call(format!("end of {}", history.epochs.len()))
    }
}

/// The calls of two callbacks, of which the first does something.
fn calls(ends_after: usize, fails_at: &'static str) -> (Vec<String>, Result<usize>) {
    let first = Log { name: "a ", ends_after, fails_at, ..Log::default() };
    let second = Log { name: "b ", calls: Arc::clone(&first.calls), ..Log::default() };
    let trainer = classifier(2, 2).epochs(3).batch_size(10).callback(first.clone()).callback(second);
    let fit = trainer.fit(&clouds(20, 4, 2, 1));
    let calls = first.calls.lock().unwrap().clone();
    (calls, fit.map(|fit| fit.history.epochs.len()))
}

fn each(calls: &[&str]) -> Vec<String> {
    calls.iter().flat_map(|call| ["a", "b"].map(|name| format!("{name} {call}"))).collect()
}

#[test]
fn the_order_of_calls() {
    let (found, epochs) = calls(0, "");
    let expected = [
        "start", "step 1.1", "step 1.2", "epoch 1", "step 2.1", "step 2.2", "epoch 2", "step 3.1",
        "step 3.2", "epoch 3", "end of 3",
    ];
    assert_eq!(found, each(&expected));
    assert_eq!(epochs.unwrap(), 3);
}

#[test]
fn break_ends_training_after_all_have_been_told() {
    let (found, epochs) = calls(2, "");
    let expected =
        ["start", "step 1.1", "step 1.2", "epoch 1", "step 2.1", "step 2.2", "epoch 2", "end of 2"];
    assert_eq!(found, each(&expected));
    assert_eq!(epochs.unwrap(), 2);
}

#[test]
fn errors_end_training_at_once() {
    for (at, last) in [
        ("start", "a start"),
        ("step 2.1", "a step 2.1"),
        ("epoch 1", "a epoch 1"),
        ("end of 3", "a end of 3"),
    ] {
        let (found, fit) = calls(0, at);
        assert_eq!(found.last().unwrap(), last);
        let error = fit.unwrap_err();
        assert!(matches!(error, Error::Callback(_)), "{error:?}");
        assert_eq!(error.to_string(), format!("failed at {at}"));
    }
}

#[test]
fn progress_is_a_callback() {
    let fit = classifier(2, 2)
        .callback(Progress::new().every(0))
        .callback(Progress::default())
        .validation_fraction(0.5)
        .fit(&clouds(20, 4, 2, 1));
    assert!(fit.is_ok());
}
