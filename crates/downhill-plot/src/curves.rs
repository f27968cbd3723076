//! How well probabilities tell right from wrong, as curves.

/// A curve and the area under it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curve {
    pub(crate) points: Vec<[f64; 2]>,
    pub(crate) area: f64,
}

/// The counts of true and of false positives when all samples with at least some score are taken for positive, from the
/// highest score downward; samples of one score come together.
fn sweep(scores: &[f64], positive: &[bool]) -> Vec<[f64; 2]> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (mut counts, mut found) = ([0.0; 2], Vec::new());
    for (i, &sample) in order.iter().enumerate() {
        counts[usize::from(!positive[sample])] += 1.0;
        if order.get(i + 1).is_none_or(|&next| scores[next] != scores[sample]) {
            found.push(counts);
        }
    }
    found
}

/// The receiver operating characteristic: the part of the positives that is found over the part of the negatives that is
/// taken for positive, and the area below it. `None` without a sample of each kind.
pub(crate) fn roc(scores: &[f64], positive: &[bool]) -> Option<Curve> {
    let counts = sweep(scores, positive);
    let &[positives, negatives] = counts.last()?;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let mut points = vec![[0.0, 0.0]];
    points.extend(counts.iter().map(|[right, wrong]| [wrong / negatives, right / positives]));
    let area =
        points.windows(2).map(|pair| (pair[1][0] - pair[0][0]) * (pair[0][1] + pair[1][1]) / 2.0).sum();
    Some(Curve { points, area })
}

/// Precision over recall, and the average precision Σ (Rₙ − Rₙ₋₁)·Pₙ, as scikit-learn has it. `None` without a positive
/// sample.
pub(crate) fn precision_recall(scores: &[f64], positive: &[bool]) -> Option<Curve> {
    let counts = sweep(scores, positive);
    let &[positives, _] = counts.last()?;
    if positives == 0.0 {
        return None;
    }
    let points: Vec<[f64; 2]> =
        counts.iter().map(|[right, wrong]| [right / positives, right / (right + wrong)]).collect();
    let mut before = 0.0;
    let area = points
        .iter()
        .map(|&[recall, precision]| (recall - std::mem::replace(&mut before, recall)) * precision)
        .sum();
    let points = [0.0].iter().map(|&recall| [recall, points[0][1]]).chain(points.iter().copied()).collect();
    Some(Curve { points, area })
}

/// How often predictions of about the same confidence are right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calibration {
    /// The mean confidence and the part that is right, of each interval with samples in it.
    pub(crate) points: Vec<[f64; 2]>,
    /// The expected calibration error: their mean distance, weighted by the samples (Naeini et al. 2015; Guo et al.
    /// 2017, On calibration of modern neural networks, equation 3).
    pub(crate) error: f64,
}

/// Sorts predictions into ten intervals by their confidence.
pub(crate) fn calibration(confidence: &[f64], right: &[bool]) -> Calibration {
    const BINS: usize = 10;
    let mut bins = [[0.0_f64; 3]; BINS];
    for (&confidence, &right) in confidence.iter().zip(right) {
        let bin = &mut bins[((confidence * BINS as f64) as usize).min(BINS - 1)];
        *bin = [bin[0] + 1.0, bin[1] + confidence, bin[2] + f64::from(u8::from(right))];
    }
    let filled = bins.iter().filter(|bin| bin[0] > 0.0);
    let points =
        filled.clone().map(|&[count, confidence, right]| [confidence / count, right / count]).collect();
    let error = filled.map(|[_, confidence, right]| (confidence - right).abs()).sum::<f64>()
        / confidence.len().max(1) as f64;
    Calibration { points, error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The values are scikit-learn's: `roc_auc_score`, `average_precision_score`.
    #[test]
    fn areas_are_those_of_scikit_learn() {
        let (scores, positive) = ([0.1, 0.4, 0.35, 0.8], [false, false, true, true]);
        assert_eq!(roc(&scores, &positive).unwrap().area, 0.75);
        assert!((precision_recall(&scores, &positive).unwrap().area - 0.833_333_333_333_333_3).abs() < 1e-15);
        let tied = ([0.5, 0.5, 0.5, 0.2], [true, false, true, false]);
        assert_eq!(roc(&tied.0, &tied.1).unwrap().area, 0.75);
        assert!((precision_recall(&tied.0, &tied.1).unwrap().area - 2.0 / 3.0).abs() < 1e-15);
        assert!(roc(&[0.1], &[true]).is_none() && precision_recall(&[0.1], &[false]).is_none());
    }

    #[test]
    fn calibration_by_hand() {
        let found = calibration(&[0.95, 0.95, 0.55, 1.0], &[true, false, true, true]);
        assert_eq!(found.points.len(), 2);
        assert!((found.error - (0.9 + 0.45) / 4.0).abs() < 1e-12, "{}", found.error);
    }

    proptest! {
        /// The area is the probability that a positive sample has the higher score, ties counting half.
        #[test]
        fn the_area_is_a_probability(samples in proptest::collection::vec((0_u8..6, any::<bool>()), 2..40)) {
            let (scores, positive): (Vec<f64>, Vec<bool>) = samples.iter().map(|&(s, p)| (f64::from(s), p)).unzip();
            let of = |kind: bool| samples.iter().filter(move |sample| sample.1 == kind);
            let pairs: Vec<f64> = of(true)
                .flat_map(|a| of(false).map(move |b| match a.0.cmp(&b.0) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                }))
                .collect();
            match roc(&scores, &positive) {
                None => prop_assert!(pairs.is_empty()),
                Some(curve) => {
                    let expected = pairs.iter().sum::<f64>() / pairs.len() as f64;
                    prop_assert!((curve.area - expected).abs() < 1e-12);
                }
            }
        }
    }
}
