//! Cross-validation: several splits of the same rows.

use serde::{Deserialize, Serialize};

use crate::random::split_order;
use crate::{Error, Result, Split};

/// The splits of a cross-validation: rows in parts, each of which is tested once.
///
/// ```
/// use downhill_data::Folds;
///
/// let folds = Folds::random(10, 5, 42)?;
/// for split in folds.iter() {
///     assert_eq!((split.train.len(), split.test.len()), (8, 2));
/// }
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folds {
    /// All rows, part after part.
    order: Vec<usize>,
    /// Where in `order` the parts that are tested begin, and where the last one ends.
    bounds: Vec<usize>,
    /// Whether only what lies before a part is trained on.
    forward: bool,
}

impl Folds {
    /// Parts of random rows, whose sizes differ by at most 1; the same seed gives the same parts.
    ///
    /// # Errors
    /// [`Error::Folds`] for fewer than 2 parts or more than rows.
    pub fn random(rows: usize, folds: usize, seed: u64) -> Result<Folds> {
        check(rows, folds)?;
        let bounds = (0..=folds).map(|fold| rows * fold / folds).collect();
        Ok(Folds { order: split_order(rows, seed), bounds, forward: false })
    }

    /// Parts of random rows in which every class has its share: its numbers of rows there, and the parts' sizes,
    /// differ by at most 1.
    ///
    /// # Errors
    /// [`Error::Folds`] for fewer than 2 parts or more than rows.
    pub fn stratified(classes: &[usize], folds: usize, seed: u64) -> Result<Folds> {
        let rows = classes.len();
        check(rows, folds)?;
        let mut by_class = split_order(rows, seed);
        by_class.sort_by_key(|&row| classes[row]);
        // Dealt like cards, from one class on to the next.
        let dealt = by_class.iter().enumerate().map(|(place, &row)| (place % folds, row));
        Ok(Folds::dealt(dealt.collect(), folds))
    }

    /// Parts in which each group (a patient, a speaker) is as a whole. They are as equal in size as it gets by
    /// giving the largest group that is left to the smallest part; among groups of one size the seed chooses.
    ///
    /// # Errors
    /// [`Error::Folds`] for fewer than 2 parts or more than groups.
    pub fn by_group<G: Ord>(groups: &[G], folds: usize, seed: u64) -> Result<Folds> {
        let mut members = members(groups, seed);
        check(members.len(), folds)?;
        members.sort_by_key(|rows| std::cmp::Reverse(rows.len()));
        let mut sizes = vec![0; folds];
        let mut dealt = Vec::with_capacity(groups.len());
        for rows in members {
            let fold = (0..folds).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
            sizes[fold] += rows.len();
            dealt.extend(rows.into_iter().map(|row| (fold, row)));
        }
        Ok(Folds::dealt(dealt, folds))
    }

    /// Parts that follow each other in time, each tested after training on all that lies before it: the rows are cut
    /// into one part more, and the first is only trained on. Rows of one time keep their order.
    ///
    /// # Errors
    /// [`Error::Folds`] for no part or as many as rows; [`Error::NotFinite`] for a time that is not.
    pub fn by_time(times: &[f64], folds: usize) -> Result<Folds> {
        let (rows, order) = (times.len(), in_time(times)?);
        check(rows, folds.saturating_add(1))?;
        let bounds = (1..=folds + 1).map(|part| (rows * part).div_ceil(folds + 1)).collect();
        Ok(Folds { order, bounds, forward: true })
    }

    /// Every row is a part of its own.
    ///
    /// # Errors
    /// [`Error::Folds`] for fewer than 2 rows.
    pub fn leave_one_out(rows: usize) -> Result<Folds> {
        check(rows, rows)?;
        Ok(Folds { order: (0..rows).collect(), bounds: (0..=rows).collect(), forward: false })
    }

    fn dealt(mut dealt: Vec<(usize, usize)>, folds: usize) -> Folds {
        dealt.sort_by_key(|&(fold, _)| fold);
        let bounds = (0..=folds).map(|fold| dealt.partition_point(|&(dealt, _)| dealt < fold)).collect();
        Folds { order: dealt.into_iter().map(|(_, row)| row).collect(), bounds, forward: false }
    }

    /// The number of splits.
    #[expect(clippy::len_without_is_empty, reason = "there is always a split")]
    pub fn len(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    /// The splits, one for each part that is tested.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Split> {
        self.bounds.windows(2).map(|bounds| {
            let (before, rest) = self.order.split_at(bounds[0]);
            let (test, after) = rest.split_at(bounds[1] - bounds[0]);
            let after = if self.forward { &[] } else { after };
            Split { train: [before, after].concat(), test: test.to_vec() }
        })
    }
}

/// The rows of each group, in random order, and the groups too.
pub(crate) fn members<G: Ord>(groups: &[G], seed: u64) -> Vec<Vec<usize>> {
    let order = split_order(groups.len(), seed);
    // A group comes where the first of its rows does.
    let mut first = std::collections::BTreeMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for row in order {
        let place = *first.entry(&groups[row]).or_insert(members.len());
        if place == members.len() {
            members.push(Vec::new());
        }
        members[place].push(row);
    }
    members
}

/// The rows in the order of their times.
pub(crate) fn in_time(times: &[f64]) -> Result<Vec<usize>> {
    if let Some(row) = times.iter().position(|time| !time.is_finite()) {
        return Err(Error::NotFinite { part: "times", row, place: 0, value: times[row] });
    }
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by(|&a, &b| times[a].total_cmp(&times[b]));
    Ok(order)
}

fn check(rows: usize, folds: usize) -> Result<()> {
    if folds >= 2 && folds <= rows { Ok(()) } else { Err(Error::Folds { folds, rows }) }
}
