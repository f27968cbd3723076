//! Every kind of chart, with whatever may be thrown at it.

use downhill::prelude::*;
use downhill::train::Confusion;
use downhill_plot::{Bars, Drawing, HeatMap, Image, ImageGrid, LineChart, Scatter, sparkline};
use proptest::prelude::*;

use crate::markup::check;

type Chart = (&'static str, fn(&str, &[f64]) -> Drawing);

fn points(values: &[f64]) -> Vec<[f64; 2]> {
    values.iter().enumerate().map(|(i, &value)| [i as f64, value]).collect()
}

/// A chart of each kind from a name and numbers.
const CHARTS: [Chart; 12] = [
    ("line", |name, values| LineChart::new(name).line(name, points(values)).labels(name, name).draw()),
    ("logarithmic", |name, values| {
        let chart = LineChart::new(name).line(name, points(values)).dashed(name, points(values));
        chart.guide(name, [[0.0, 1.0], [2.0, 3.0]]).log_x().log_y().dots().mark(1.0, name).draw()
    }),
    ("band", |name, values| {
        let band = points(values).into_iter().map(|[x, y]| [x, y - 1.0, y + 1.0]);
        LineChart::new(name).line(name, points(values)).band(band.collect::<Vec<_>>()).draw()
    }),
    ("scatter", |name, values| Scatter::new(name).points(name, points(values)).draw()),
    ("diagonal", |name, values| Scatter::new(name).points(name, points(values)).diagonal().draw()),
    ("residuals", |name, values| {
        Scatter::new(name).points("", points(values)).zero().labels(name, name).draw()
    }),
    ("histogram", |name, values| Bars::histogram(name, values, 12).labels(name, name).draw()),
    ("bars", |name, values| Bars::named(name, values.iter().map(|&value| (name.to_string(), value))).draw()),
    ("heat map", |name, values| {
        let columns = vec![name.to_string(); values.len()];
        HeatMap::new(name, vec![name.into()], columns, values).unwrap().labels(name, name).draw()
    }),
    ("confusion", |name, values| {
        let truth: Vec<usize> = values.iter().map(|value| value.abs() as usize % 3).collect();
        let confusion = Confusion::new(3, &truth, &vec![1; truth.len()]).unwrap();
        HeatMap::confusion(&confusion, &[name.into(), name.into(), name.into()]).draw()
    }),
    ("sparkline", |_, values| sparkline(values)),
    ("images", |name, values| {
        let image = |value: &f64| (Image::from_planes(1, 1, 2, &[0.0, *value]).unwrap(), name.to_string());
        ImageGrid::new(name, values.iter().map(image).collect()).draw()
    }),
];

#[test]
fn every_chart_is_sound_whatever_it_shows() {
    let long = "a name that is much longer than anything that there could be room for";
    let many: Vec<f64> = (0..3000).map(|i| f64::from(i).sin()).collect();
    let numbers: [&[f64]; 8] = [
        &[],
        &[0.0],
        &[1.0, 1.0, 1.0],
        &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
        &[1.0, f64::NAN, 3.0],
        &[1e-300, 1e300],
        &[-5.0, 0.0, 1e9],
        &many,
    ];
    for (kind, draw) in CHARTS {
        for (i, values) in numbers.into_iter().enumerate() {
            for name in ["", "a<b>&\"'\u{0}c", long] {
                let svg = draw(name, values).svg();
                check(&svg);
                assert!(!svg.contains("a<b>") && svg.contains("xmlns"), "{kind} {i}");
            }
        }
    }
}

#[test]
fn pictures_stand_side_by_side() {
    let one = CHARTS[0].1("one", &[1.0, 2.0]);
    let both = Drawing::beside(&[one.clone(), CHARTS[3].1("two", &[1.0])]);
    assert_eq!(both.size(), [2.0 * one.size()[0], one.size()[1]]);
    check(&both.svg());
}

#[test]
fn what_does_not_fit_is_an_error() {
    let names = |n| vec![String::new(); n];
    let heat = HeatMap::new("", names(2), names(3), &[1.0; 5]).unwrap_err();
    assert_eq!(heat.to_string(), "a heat map needs 6 numbers, got 5");
    let image = |channels, side, count| {
        Image::from_planes(channels, side, side, &vec![0.0; count]).unwrap_err().to_string()
    };
    assert_eq!(image(2, 2, 8), "an image's channels must be 1 or 3, got 2");
    assert_eq!(image(1, 2, 5), "an image needs 4 numbers, got 5");
    assert_eq!(image(1, 0, 0), "an image's side must be from 1 to 4096, got 0");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn charts_of_anything_are_sound(values in proptest::collection::vec(any::<f64>(), 0..12), name in ".{0,12}") {
        for (_, draw) in CHARTS {
            check(&draw(&name, &values).svg());
        }
    }
}

#[test]
fn a_range_test_marks_the_rate_it_suggests() {
    let iris: Dataset = Bundled::Iris.load().unwrap();
    let trainer = Trainer::new(Linear::new(3), CrossEntropy::new()).optimizer(Adam::new(1.0).unwrap());
    let test = trainer.range_test(&iris, 1e-5, 10.0, 60).unwrap();
    let svg = LineChart::range_test("rates", &test).draw().svg();
    check(&svg);
    let rate = format!("{:.1e}", test.suggestion().unwrap());
    assert!(svg.contains(&rate), "{rate}");
}
