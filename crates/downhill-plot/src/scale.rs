//! From values to places on a picture.

/// An axis: which values are at which places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    log: bool,
    values: [f64; 2],
    places: [f64; 2],
    /// Whether only whole numbers make sense.
    whole: bool,
}

impl Scale {
    /// An axis with these values at its ends.
    pub(crate) fn linear(values: [f64; 2], places: [f64; 2]) -> Scale {
        Scale { log: false, values, places, whole: false }
    }

    /// An axis that holds all of these values, its ends being round numbers if it `rounds`. On a logarithmic axis,
    /// values that are not above 0 do not count.
    pub(crate) fn around(
        values: impl IntoIterator<Item = f64>,
        log: bool,
        rounds: bool,
        places: [f64; 2],
    ) -> Scale {
        let counts = |value: &f64| value.is_finite() && (!log || *value > 0.0);
        let (mut ends, mut whole): (Option<[f64; 2]>, bool) = (None, true);
        // Beyond this, differences of numbers overflow.
        for value in values.into_iter().filter(counts).map(|value| value.clamp(-1e300, 1e300)) {
            whole &= value.fract() == 0.0;
            ends = Some(ends.map_or([value; 2], |[low, high]| [low.min(value), high.max(value)]));
        }
        let [low, high] = ends.unwrap_or(if log { [1.0, 10.0] } else { [0.0, 1.0] });
        let [low, high] = match (log, high > low) {
            (_, true) => [low, high],
            (true, false) => [(low / 2.0).max(f64::MIN_POSITIVE), (high * 2.0).min(f64::MAX)],
            (false, false) if low == 0.0 => [0.0, 1.0],
            (false, false) => [low - 0.1 * low.abs(), high + 0.1 * high.abs()],
        };
        let mut scale = Scale { log, values: [low, high], places, whole };
        if rounds && !log {
            let step = scale.step(5);
            scale.values = [(low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step];
        } else if rounds {
            // By logarithms, as the ratio of the ends may overflow.
            let room = (0.06 * (high.ln() - low.ln())).exp();
            scale.values = [(low / room).max(f64::MIN_POSITIVE), (high * room).min(f64::MAX)];
        }
        scale
    }

    pub(crate) fn place(&self, value: f64) -> f64 {
        let ([low, high], [from, to]) = (self.values, self.places);
        let part = if self.log {
            (value.ln() - low.ln()) / (high.ln() - low.ln())
        } else {
            (value - low) / (high - low)
        };
        from + part * (to - from)
    }

    pub(crate) fn values(&self) -> [f64; 2] {
        self.values
    }

    pub(crate) fn places(&self) -> [f64; 2] {
        self.places
    }

    pub(crate) fn is_log(&self) -> bool {
        self.log
    }

    pub(crate) fn holds(&self, value: f64) -> bool {
        let room = 1e-9 * (self.values[1] - self.values[0]);
        (self.values[0] - room..=self.values[1] + room).contains(&value)
    }

    /// The distance of round numbers of which there are about `count` on a linear axis: 1, 2 or 5 times a power of
    /// ten.
    fn step(&self, count: usize) -> f64 {
        let raw = (self.values[1] - self.values[0]) / count.max(1) as f64;
        let power = 10_f64.powf(raw.log10().floor());
        match raw / power {
            ..1.5 => power,
            1.5..3.5 => 2.0 * power,
            3.5..7.5 => 5.0 * power,
            _ => 10.0 * power,
        }
    }

    /// About `count` round numbers on the axis.
    pub(crate) fn ticks(&self, count: usize) -> Vec<f64> {
        let [low, high] = self.values;
        if self.log {
            return self.log_ticks(count);
        }
        let step = self.step(count);
        if !step.is_finite() || step <= 0.0 {
            return Vec::new();
        }
        let first = (low / step - 1e-9).ceil();
        let number = ((high - first * step) / step + 1e-9).floor().clamp(0.0, 50.0) as usize;
        (0..=number).map(|i| (first + i as f64) * step).filter(|&value| self.shows(value)).collect()
    }

    fn shows(&self, value: f64) -> bool {
        self.holds(value) && !(self.whole && (value - value.round()).abs() > 1e-6)
    }

    fn log_ticks(&self, count: usize) -> Vec<f64> {
        let [low, high] = self.values.map(f64::log10);
        let decades = high - low;
        let multiples: &[f64] = if decades < 1.0 {
            &[1.0, 2.0, 3.0, 5.0, 7.0]
        } else if decades < 2.5 {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0]
        };
        let every = (decades / count.max(1) as f64).ceil().max(1.0) as i32;
        let power = |log: f64| log.clamp(-308.0, 308.0) as i32;
        let powers = (power(low.floor())..=power(high.ceil())).filter(|power| power.rem_euclid(every) == 0);
        powers
            .flat_map(|power| multiples.iter().map(move |multiple| multiple * 10_f64.powi(power)))
            .filter(|&value| self.holds(value))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_are_round() {
        let scale = Scale::around([0.13, 0.97], false, true, [0.0, 100.0]);
        assert_eq!(scale.ticks(5).len(), 6);
        assert!((scale.values()[0], scale.values()[1]) == (0.0, 1.0), "{scale:?}");
        let log = Scale::around([0.01, 4.0], true, false, [0.0, 100.0]);
        assert_eq!(log.ticks(6), [0.01, 0.1, 1.0].map(|x: f64| 10_f64.powi(x.log10().round() as i32)));
    }

    fn check_places(values: &[f64], log: bool) {
        let scale = Scale::around(values.iter().copied(), log, true, [10.0, 200.0]);
        for &value in values.iter().filter(|&&value| !log || value > 0.0) {
            let place = scale.place(value);
            assert!((10.0 - 1e-6..=200.0 + 1e-6).contains(&place), "{value} at {place} of {scale:?}");
        }
        assert!(scale.ticks(5).len() <= 60);
    }

    #[test]
    fn a_ratio_of_values_may_be_too_large_for_a_number() {
        check_places(&[1507962143.493515, 9.799876534811263e299], true);
        check_places(&[f64::MIN_POSITIVE, 1e300], true);
        check_places(&[-1e300, 1e300], false);
    }

    proptest! {
        #[test]
        fn every_value_has_a_place(values in proptest::collection::vec(prop_oneof![-1e12_f64..1e12, -1e300_f64..1e300], 0..20), log: bool) {
            check_places(&values, log);
        }
    }
}
