//! How good the answers are.

use downhill::nn::Scalar;
use downhill::train::{Confusion, Metrics};

use super::Report;
use super::answers::{Answered, Answers, Classes, Values};
use super::page::Section;
use crate::curves::{Curve, calibration, precision_recall, roc};
use crate::number::{count, digits, percent};
use crate::{Bars, Drawing, HeatMap, LineChart, Scatter};

/// The most curves in a chart: of more classes, those that are told apart the worst.
const CURVES: usize = 6;
/// The most classes in the confusion matrix: of more, those with the most mistakes.
const MATRIX: usize = 30;

/// What is said below the receiver operating characteristic.
const ROC: &str = "Each class against all others, from the strictest threshold to the laxest. In brackets the area under \
    the curve: the chance that a sample of the class gets a higher score than another.";

impl<T: Scalar> Report<'_, T> {
    pub(super) fn quality(&self, answered: &Answered) -> Option<Section> {
        let mut section = Section::new("quality", "Quality", "How good it is");
        match (&answered.answers, &answered.metrics) {
            (Answers::Classes(classes), Metrics::Classes(confusion)) => {
                classes.show(confusion, &mut section);
            }
            (Answers::Values(values), _) => values.show(&mut section),
            _ => {}
        }
        Some(section)
    }
}

impl Classes {
    fn show(&self, confusion: &Confusion, section: &mut Section) {
        let samples = self.truth.len();
        let confidence: Vec<f64> = (0..samples).map(|i| self.probability(i, self.predicted[i])).collect();
        let right: Vec<bool> = self.truth.iter().zip(&self.predicted).map(|(a, b)| a == b).collect();
        let calibrated = calibration(&confidence, &right);
        let reliability = LineChart::new("Calibration")
            .line("this model", calibrated.points.iter().copied())
            .guide("perfect", [[0.0, 0.0], [1.0, 1.0]])
            .labels("how sure it says it is", "how often it is right")
            .range([0.0, 1.0], [0.0, 1.0])
            .dots();
        let low = 1.0 / self.names.len().max(2) as f64;
        let sure = Bars::histogram_over("How sure it is", &confidence, [low.min(0.5), 1.0], 20)
            .labels("probability of the predicted class", "samples");
        let matrix = HeatMap::confusion_of(confusion, &self.names, &hardest(confusion));
        let most = if self.names.len() > MATRIX { "The classes with the most mistakes. " } else { "" };
        section.figures(&[
            (matrix.draw(), format!("{most}Rows are what a sample is, columns what it was taken for.")),
            (
                reliability.draw(),
                format!(
                    "Expected calibration error {}: how far, on average, its certainty is off.",
                    percent(calibrated.error)
                ),
            ),
            (self.curve_chart("ROC", ["false positives", "true positives"], roc, true), ROC.into()),
            (
                self.curve_chart("Precision and recall", ["recall", "precision"], precision_recall, false),
                "The better, the farther to the upper right. In brackets the average precision.".into(),
            ),
            (sure.draw(), String::new()),
        ]);
        section.heading("By class");
        let row = |class: usize| {
            vec![
                self.names[class].clone(),
                format!("{:.4}", confusion.precision(class)),
                format!("{:.4}", confusion.recall(class)),
                format!("{:.4}", confusion.f1(class)),
                count(confusion.support(class) as usize),
            ]
        };
        let rows: Vec<_> = (0..self.names.len()).map(row).collect();
        section.table(&["class", "#precision", "#recall", "#F1", "#samples"], &rows);
    }

    /// The curves of the hardest classes.
    fn curve_chart(
        &self,
        title: &str,
        [x, y]: [&str; 2],
        curve: fn(&[f64], &[bool]) -> Option<Curve>,
        chance: bool,
    ) -> Drawing {
        let many = self.names.len() > CURVES;
        let title = if many { format!("{title}: the {CURVES} hardest classes") } else { title.into() };
        let mut chart = LineChart::new(title).labels(x, y).range([0.0, 1.0], [0.0, 1.0]);
        for (class, curve) in self.curves(curve) {
            chart = chart.line(format!("{} ({})", self.names[class], digits(curve.area, 3)), curve.points);
        }
        if chance {
            chart = chart.guide("chance", [[0.0, 0.0], [1.0, 1.0]]);
        }
        chart.draw()
    }

    /// The curve of each class, or of the positive one of two, the worst first.
    fn curves(&self, curve: fn(&[f64], &[bool]) -> Option<Curve>) -> Vec<(usize, Curve)> {
        let first = if self.names.len() == 2 { 1 } else { 0 };
        let of = |class: usize| {
            let scores: Vec<f64> = (0..self.truth.len()).map(|i| self.probability(i, class)).collect();
            let positive: Vec<bool> = self.truth.iter().map(|&truth| truth == class).collect();
            Some((class, curve(&scores, &positive)?))
        };
        let mut curves: Vec<_> = (first..self.names.len()).filter_map(of).collect();
        curves.sort_by(|a, b| a.1.area.total_cmp(&b.1.area));
        curves.truncate(CURVES);
        curves
    }
}

/// The classes with the most mistakes, in their own order: all of them, if they are few.
fn hardest(confusion: &Confusion) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..confusion.classes()).collect();
    let taken =
        |class: usize| (0..confusion.classes()).map(|truth| confusion.count(truth, class)).sum::<u64>();
    let mistakes = |class: usize| confusion.support(class) + taken(class) - 2 * confusion.count(class, class);
    classes.sort_by_cached_key(|&class| std::cmp::Reverse(mistakes(class)));
    classes.truncate(MATRIX);
    classes.sort_unstable();
    classes
}

impl Values {
    fn show(&self, section: &mut Section) {
        let width = self.names.len();
        for (value, name) in self.names.iter().enumerate() {
            let of = |list: &[f64]| list.iter().copied().skip(value).step_by(width).collect::<Vec<f64>>();
            let (truth, predicted) = (of(&self.truth), of(&self.predicted));
            if width > 1 {
                section.heading(name);
            }
            let residuals: Vec<f64> = truth.iter().zip(&predicted).map(|(t, y)| y - t).collect();
            let pairs =
                |a: &[f64], b: &[f64]| -> Vec<[f64; 2]> { a.iter().zip(b).map(|(&a, &b)| [a, b]).collect() };
            let compared = Scatter::new("Predicted and true")
                .points("", pairs(&truth, &predicted))
                .labels(format!("true {name}"), "predicted")
                .diagonal();
            let left = Scatter::new("Residuals")
                .points("", pairs(&predicted, &residuals))
                .labels(format!("predicted {name}"), "predicted − true")
                .zero();
            let spread = Bars::histogram("How far it is off", &residuals, 24);
            let spread = spread.labels("predicted − true", "samples");
            section.figures(&[
                (compared.draw(), "Each point a sample; on the dashed line it is right.".into()),
                (left.draw(), "What is left should show no pattern.".into()),
                (spread.draw(), String::new()),
            ]);
        }
    }
}
