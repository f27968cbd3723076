//! Where a model is wrong.

use downhill::data::Dataset;
use downhill::nn::Scalar;

use super::Report;
use super::answers::{Answered, Answers, Classes, Values};
use super::page::Section;
use super::samples::{features, image, image_shape, unusual};
use crate::Result;
use crate::number::{digits, percent, short};

/// How many mistakes are shown.
const SHOWN: usize = 12;

/// A mistake: the sample, what it is, and what it was taken for.
struct Mistake {
    sample: usize,
    truth: String,
    answer: String,
    score: String,
}

impl<T: Scalar> Report<'_, T> {
    pub(super) fn mistakes(&self, answered: &Answered) -> Result<Option<Section>> {
        let Some(test) = self.test else { return Ok(None) };
        let mut section = Section::new("mistakes", "Mistakes", "Where it is wrong");
        let (mistakes, columns) = match &answered.answers {
            Answers::Classes(classes) => (
                classes.mistakes(&mut section),
                ["true class", "taken for", "#probability of the true class"],
            ),
            Answers::Values(values) => (values.mistakes(&mut section), ["#true", "#predicted", "#error"]),
        };
        if !mistakes.is_empty() {
            show(test, &mistakes, columns, &mut section)?;
        }
        Ok(Some(section))
    }
}

fn show<T: Scalar>(
    test: &Dataset<T>,
    mistakes: &[Mistake],
    columns: [&str; 3],
    section: &mut Section,
) -> Result<()> {
    if let Some(shape) = image_shape(test) {
        let mut images = Vec::new();
        for Mistake { sample, truth, answer, score } in mistakes {
            images.push((
                image(test, shape, *sample)?.uri(),
                format!("{truth} → {answer}"),
                format!("{truth}: {score}"),
            ));
        }
        section.images(&images);
        return Ok(());
    }
    let features = features(test, usize::MAX);
    let mut rows = Vec::new();
    for Mistake { sample, truth, answer, score } in mistakes {
        rows.push(vec![
            sample.to_string(),
            truth.clone(),
            answer.clone(),
            score.clone(),
            unusual(test, &features, *sample)?,
        ]);
    }
    section.table(&["#test row", columns[0], columns[1], columns[2], "most unusual"], &rows);
    Ok(())
}

impl Classes {
    fn mistakes(&self, section: &mut Section) -> Vec<Mistake> {
        let mut wrong: Vec<usize> =
            (0..self.truth.len()).filter(|&i| self.truth[i] != self.predicted[i]).collect();
        let chance = |&i: &usize| self.probability(i, self.truth[i]);
        wrong.sort_by(|a, b| chance(a).total_cmp(&chance(b)));
        section.say(&match wrong.len() {
            0 => format!("All {} test samples are right.", self.truth.len()),
            count => format!(
                "{count} of {} test samples are wrong. The ones it was the most wrong about:",
                self.truth.len()
            ),
        });
        let mistake = |sample: &usize| Mistake {
            sample: *sample,
            truth: self.names[self.truth[*sample]].clone(),
            answer: self.names[self.predicted[*sample]].clone(),
            score: percent(chance(sample)),
        };
        wrong.iter().take(SHOWN).map(mistake).collect()
    }
}

impl Values {
    fn mistakes(&self, section: &mut Section) -> Vec<Mistake> {
        let width = self.names.len();
        let error = |i: usize| self.predicted[i] - self.truth[i];
        let worst = |row: usize| {
            (row * width..(row + 1) * width).max_by(|&a, &b| error(a).abs().total_cmp(&error(b).abs()))
        };
        let mut places: Vec<usize> = (0..self.truth.len() / width.max(1)).filter_map(worst).collect();
        places.sort_by(|&a, &b| error(b).abs().total_cmp(&error(a).abs()));
        section.say("The test samples whose values it missed by the most:");
        let named = |i: usize, value: f64| {
            if width == 1 { short(value) } else { format!("{} {}", self.names[i % width], short(value)) }
        };
        let mistake = |&i: &usize| {
            let sign = if error(i) < 0.0 { "−" } else { "+" };
            Mistake {
                sample: i / width,
                truth: named(i, self.truth[i]),
                answer: named(i, self.predicted[i]),
                score: format!("{sign}{}", digits(error(i).abs(), 3)),
            }
        };
        places.iter().take(SHOWN).map(mistake).collect()
    }
}
