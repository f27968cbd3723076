//! The ranges that hyperparameters may lie in.

use std::num::NonZeroU64;

use crate::{Error, Result};

/// `value`, if it is finite and at least 0.
pub(crate) fn at_least_zero(name: &'static str, value: f64) -> Result<f64> {
    within(value.is_finite() && value >= 0.0, name, "finite and at least 0", value)
}

/// `value`, if it is finite and above 0.
pub(crate) fn above_zero(name: &'static str, value: f64) -> Result<f64> {
    within(value.is_finite() && value > 0.0, name, "finite and above 0", value)
}

/// `value`, if it can be the share of the past in a running mean: at least 0 and below 1.
pub(crate) fn memory(name: &'static str, value: f64) -> Result<f64> {
    within((0.0..1.0).contains(&value), name, "at least 0 and below 1", value)
}

/// `steps`, if it is at least 1.
pub(crate) fn at_least_one(name: &'static str, steps: u64) -> Result<NonZeroU64> {
    NonZeroU64::new(steps).ok_or(Error::Setting { name, rule: "at least 1", value: 0.0 })
}

/// `value`, if it is `allowed`.
pub(crate) fn within(allowed: bool, name: &'static str, rule: &'static str, value: f64) -> Result<f64> {
    if allowed { Ok(value) } else { Err(Error::Setting { name, rule, value }) }
}

/// The methods of an [`Optimizer`](crate::Optimizer) that has its rate in a field of its own.
macro_rules! own_rate {
    () => {
        fn rate(&self) -> f64 {
            self.rate
        }

        fn set_rate(&mut self, rate: f64) -> crate::Result<()> {
            self.rate = crate::setting::at_least_zero("rate", rate)?;
            Ok(())
        }
    };
}

/// The method of an [`Optimizer`](crate::Optimizer) that has its momentum in this field, checked like this.
macro_rules! own_momentum {
    ($($field:ident).+: $check:ident) => {
        fn set_momentum(&mut self, momentum: f64) -> crate::Result<()> {
            self.$($field).+ = crate::setting::$check("momentum", momentum)?;
            Ok(())
        }
    };
}

/// The method of an [`Optimizer`](crate::Optimizer) that keeps its threads in the field `threads`.
macro_rules! own_threads {
    () => {
        fn set_threads(&mut self, threads: &downhill_tensor::Threads) {
            self.threads = threads.clone();
        }
    };
}

/// The methods of an [`Optimizer`](crate::Optimizer) of this name that evaluates the function itself.
macro_rules! needs_objective {
    ($name:literal) => {
        fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> crate::Result<()> {
            crate::lengths::check(theta, gradient, layout)?;
            Err(crate::Error::NeedsObjective { optimizer: $name })
        }

        fn needs_objective(&self) -> bool {
            true
        }
    };
}

/// The methods of an [`Optimizer`](crate::Optimizer) that hands these on to the one it wraps.
macro_rules! hand_on {
    ($($method:ident),+) => { $(crate::setting::hand_on!(@ $method);)+ };
    (@ rate) => {
        fn rate(&self) -> f64 {
            self.inner.rate()
        }

        fn set_rate(&mut self, rate: f64) -> crate::Result<()> {
            self.inner.set_rate(rate)
        }
    };
    (@ threads) => {
        fn set_threads(&mut self, threads: &downhill_tensor::Threads) {
            self.inner.set_threads(threads);
        }
    };
    (@ momentum) => {
        fn set_momentum(&mut self, momentum: f64) -> crate::Result<()> {
            self.inner.set_momentum(momentum)
        }
    };
    (@ report) => {
        fn report(&mut self, value: f64) {
            self.inner.report(value);
        }
    };
    (@ halfway) => {
        fn halfway(&self) -> bool {
            self.inner.halfway()
        }
    };
    (@ needs_objective) => {
        fn needs_objective(&self) -> bool {
            self.inner.needs_objective()
        }
    };
    (@ average) => {
        fn average(&self, theta: &mut [T], layout: &Layout) -> crate::Result<()> {
            self.inner.average(theta, layout)
        }
    };
    (@ state) => {
        fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
            self.inner.state(visitor);
        }
    };
}

/// Methods that set one setting each, of the name of its field, checked like this.
macro_rules! setters {
    ($name:ident: $($(#[doc = $doc:expr])+ $field:ident: $check:ident;)+) => {
        impl<T: Real> $name<T> {
            $(
                $(#[doc = $doc])+
                ///
                /// # Errors
                #[doc = concat!("[`Error::Setting`](crate::Error::Setting) unless it is ", crate::setting::rule!($check), ".")]
                pub fn $field(mut self, $field: f64) -> crate::Result<$name<T>> {
                    self.$field = crate::setting::$check(stringify!($field), $field)?;
                    Ok(self)
                }
            )+
        }
    };
}

/// What a check asks for, in words.
macro_rules! rule {
    (at_least_zero) => {
        "finite and at least 0"
    };
    (above_zero) => {
        "finite and above 0"
    };
    (memory) => {
        "at least 0 and below 1"
    };
}

pub(crate) use {hand_on, needs_objective, own_momentum, own_rate, own_threads, rule, setters};
