//! States that are not an optimizer's are errors that name the entry, and change nothing.

// The functions that tests share may unwrap like the tests themselves.
#![allow(clippy::unwrap_used)]

use downhill_optim::{
    Error, Layout, Optimizer, Result, Sgd, State, StateVisitor, Value, load_state, save_state,
};

/// An optimizer of someone else's, with one entry of each kind.
struct Custom {
    count: u64,
    decay: f64,
    mean: Vec<f32>,
}

impl Optimizer for Custom {
    fn step(&mut self, _: &mut [f32], gradient: &mut [f32], _: &Layout) -> Result<()> {
        self.count += 1;
        self.decay *= 0.5;
        self.mean = gradient.to_vec();
        Ok(())
    }

    fn rate(&self) -> f64 {
        0.0
    }

    fn set_rate(&mut self, _: f64) -> Result<()> {
        Ok(())
    }

    fn state(&mut self, visitor: &mut dyn StateVisitor) {
        visitor.counter("count", &mut self.count);
        visitor.number("decay", &mut self.decay);
        visitor.vector("mean", &mut self.mean);
    }
}

fn entries(entries: &[(&str, Value)]) -> State {
    State::new(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn custom() -> Custom {
    let mut custom = Custom { count: 0, decay: 1.0, mean: Vec::new() };
    custom.step(&mut [0.0; 2], &mut [3.0, 4.0], &Layout::flat(2)).unwrap();
    custom
}

#[test]
fn every_kind_of_entry() {
    let mut custom = custom();
    let saved = save_state(&mut custom);
    let expected = [
        ("count", Value::Counter(1)),
        ("decay", Value::Number(0.5)),
        ("mean", Value::Vector(vec![3.0, 4.0])),
    ];
    assert_eq!(saved, entries(&expected));
    custom.step(&mut [0.0; 2], &mut [5.0, 6.0], &Layout::flat(2)).unwrap();
    load_state(&mut custom, &saved).unwrap();
    assert_eq!((custom.count, custom.decay, custom.mean), (1, 0.5, vec![3.0, 4.0]));
}

#[test]
fn states_of_others() {
    let (count, decay, mean) = (Value::Counter(9), Value::Number(9.0), Value::Vector(vec![9.0; 2]));
    let missing = |name, kind| Error::Missing { name, kind };
    for (state, expected) in [
        (entries(&[]), missing("count", "counter")),
        (entries(&[("count", count.clone()), ("decay", decay.clone())]), missing("mean", "vector")),
        (entries(&[("count", count.clone()), ("mean", mean.clone())]), missing("decay", "number")),
        (
            entries(&[("count", decay.clone()), ("decay", decay.clone()), ("mean", mean.clone())]),
            missing("count", "counter"),
        ),
        (
            entries(&[
                ("count", count.clone()),
                ("decay", decay.clone()),
                ("mean", Value::Vector(vec![9.0; 3])),
            ]),
            Error::Length { name: "mean", expected: 2, length: 3 },
        ),
        (
            entries(&[("count", count), ("decay", decay), ("mean", mean.clone()), ("more", mean)]),
            Error::Unexpected { name: "more".to_owned() },
        ),
    ] {
        let mut custom = custom();
        assert_eq!(load_state(&mut custom, &state), Err(expected));
        assert_eq!((custom.count, custom.decay, custom.mean), (1, 0.5, vec![3.0, 4.0]));
    }
}

#[test]
fn a_vector_too_short_for_theta_is_found_at_the_step() {
    let mut sgd = Sgd::new(0.1).unwrap().momentum(0.9).unwrap();
    load_state(&mut sgd, &entries(&[("velocity", Value::Vector(vec![1.0; 2]))])).unwrap();
    let error = sgd.step(&mut [0.0; 3], &mut [0.0; 3], &Layout::flat(3)).unwrap_err();
    assert_eq!(error, Error::Length { name: "velocity", expected: 3, length: 2 });
}
