//! Which rows are trained on, which are tested, and how often rows are drawn.

use downhill_data::{Batches, Dataset, Error, Folds, Split};
use downhill_tensor::{Target, Tensor};
use proptest::prelude::*;

/// The rows of a split, each once, in ascending order.
fn all_rows(split: &Split) -> Vec<usize> {
    let mut rows = [&split.train[..], &split.test].concat();
    rows.sort_unstable();
    rows
}

#[test]
fn in_time() -> Result<(), Error> {
    let times = [3.0, 1.0, 2.0, 2.0, 4.0, 2.0];
    let split = Split::by_time(&times, 0.5)?;
    // The row of time 2 beyond the half is of the same time as the last.
    assert_eq!((split.train, split.test), (vec![1, 2, 3, 5], vec![0, 4]));
    let folds: Vec<Split> = Folds::by_time(&times, 2)?.iter().collect();
    assert_eq!((&folds[0].train[..], &folds[0].test[..]), (&[1, 2][..], &[3, 5][..]));
    assert_eq!((&folds[1].train[..], &folds[1].test[..]), (&[1, 2, 3, 5][..], &[0, 4][..]));
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_parts_for_ever() -> Result<(), Error> {
    // A change of these numbers breaks the reproducibility of every published run.
    let tests = |folds: Folds| folds.iter().map(|split| split.test).collect::<Vec<_>>();
    assert_eq!(tests(Folds::random(5, 2, 42)?), [vec![3, 2], vec![0, 1, 4]]);
    assert_eq!(tests(Folds::stratified(&[0, 1, 0, 1, 0], 2, 42)?), [vec![2, 4, 1], vec![0, 3]]);
    assert_eq!(tests(Folds::by_group(&["a", "b", "a", "c"], 2, 42)?), [vec![2, 0], vec![3, 1]]);
    let split = Split::by_group(&["a", "b", "a", "c", "c"], 0.5, 42)?;
    assert_eq!((split.train, split.test), (vec![3, 4, 1], vec![2, 0]));
    Ok(())
}

#[test]
fn what_is_wrong_is_said() {
    let data: Dataset = Dataset::new(Tensor::zeros([2, 1]), Tensor::<f32>::zeros([2, 1])).unwrap();
    let weighted = |weights: &[f64]| Batches::new(&data, 1)?.weighted(weights, 0).map(|_| ());
    let rule = "weights must be finite, not negative, and not all 0";
    for (result, expected) in [
        (Folds::random(5, 1, 0).map(|_| ()), "5 rows or groups cannot be cut into 1 parts"),
        (Folds::random(5, 6, 0).map(|_| ()), "5 rows or groups cannot be cut into 6 parts"),
        (Folds::leave_one_out(1).map(|_| ()), "1 rows or groups cannot be cut into 1 parts"),
        (Folds::by_group(&[1, 1, 2], 3, 0).map(|_| ()), "2 rows or groups cannot be cut into 3 parts"),
        (Folds::by_time(&[1.0, 2.0], 2).map(|_| ()), "2 rows or groups cannot be cut into 3 parts"),
        (Folds::by_time(&[1.0, f64::NAN], 1).map(|_| ()), "row 1 of the times, number 0, is NaN"),
        (
            Split::by_time(&[1.0; 4], 0.5).map(|_| ()),
            "a split of 4 rows with a training fraction of 0.5 leaves a part empty",
        ),
        (
            Split::by_group(&[1; 4], 0.5, 0).map(|_| ()),
            "a split of 4 rows with a training fraction of 0.5 leaves a part empty",
        ),
        (weighted(&[1.0]), "there are 2 rows, but 1 weights"),
        (weighted(&[1.0, -1.0]), &format!("the weight of row 1 is -1; {rule}")),
        (weighted(&[0.0, 0.0]), &format!("the weight of row 0 is 0; {rule}")),
        (
            Batches::new(&data, 1).unwrap().balanced(0).map(|_| ()),
            "the targets are values, but classes are needed",
        ),
    ] {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
}

#[test]
fn rows_are_drawn_by_their_weights() -> Result<(), Error> {
    let classes = Tensor::vector((0..1000).map(|row| usize::from(row % 10 == 0)).collect::<Vec<_>>());
    let data: Dataset = Dataset::new(Tensor::from_fn([1000, 1], |row| row as f32), classes)?;
    let of_second = |batches: &Batches, epoch| {
        let labels = batches.epoch(epoch).flat_map(|batch| match batch.target {
            Target::Classes(labels) => labels.into_vec(),
            Target::Values(_) => vec![],
        });
        labels.sum::<usize>()
    };
    let balanced = Batches::new(&data, 100)?.balanced(7)?;
    let counts: Vec<usize> = (0..10).map(|epoch| of_second(&balanced, epoch)).collect();
    // A binomial of 10 000 draws has a standard deviation of 50.
    assert!(counts.iter().sum::<usize>().abs_diff(5000) < 250, "{counts:?}");
    assert!(counts[1..] != counts[..9] && of_second(&balanced, 3) == counts[3]);

    let mut weights = [0.0; 1000];
    (weights[3], weights[500]) = (3.0, 1.0);
    let drawn = Batches::new(&data, 1000)?.weighted(&weights, 1)?.epoch(0).next().map(|batch| batch.inputs);
    let drawn = drawn.map_or(vec![], Tensor::into_vec);
    let third = drawn.iter().filter(|&&x| x == 3.0).count();
    assert!(drawn.iter().all(|&x| x == 3.0 || x == 500.0) && third.abs_diff(750) < 70, "{third}");
    Ok(())
}

proptest! {
    #[test]
    fn every_row_is_tested_once(
        classes in prop::collection::vec(0_usize..4, 2..60), folds in 2_usize..10, seed: u64,
    ) {
        let rows = classes.len();
        let folds = folds.min(rows);
        let everything: Vec<usize> = (0..rows).collect();
        let mut kinds = vec![
            Folds::random(rows, folds, seed)?, Folds::stratified(&classes, folds, seed)?, Folds::leave_one_out(rows)?,
        ];
        kinds.extend(Folds::by_group(&classes, folds, seed));
        for (kind, folds) in kinds.iter().enumerate() {
            let mut tested: Vec<usize> = folds.iter().flat_map(|split| split.test).collect();
            tested.sort_unstable();
            prop_assert_eq!(&tested, &everything);
            for split in folds.iter() {
                prop_assert_eq!(&all_rows(&split), &everything);
                let of = |rows: &[usize], class| rows.iter().filter(|&&row| classes[row] == class).count();
                for class in 0..4 {
                    let (train, test) = (of(&split.train, class), of(&split.test, class));
                    if kind == 1 {
                        let share = (train + test) as f64 / folds.len() as f64;
                        prop_assert!((test as f64 - share).abs() < 1.0, "{test} of {share}");
                    } else if kind == 3 {
                        prop_assert!(train == 0 || test == 0);
                    }
                }
                if kind < 2 {
                    prop_assert!((split.test.len() as f64 - rows as f64 / folds.len() as f64).abs() < 1.0);
                }
            }
        }
        let times: Vec<f64> = classes.iter().map(|&class| class as f64).collect();
        for split in Folds::by_time(&times, folds - 1).iter().flat_map(Folds::iter).chain(Split::by_time(&times, 0.6)) {
            let latest = split.train.iter().map(|&row| classes[row]).max();
            prop_assert!(!split.train.is_empty() && !split.test.is_empty());
            prop_assert!(split.test.iter().all(|&row| Some(classes[row]) >= latest));
        }
        if let Ok(split) = Split::by_group(&classes, 0.5, seed) {
            prop_assert_eq!(&all_rows(&split), &everything);
            prop_assert!(split.train.iter().all(|&row| split.test.iter().all(|&other| classes[row] != classes[other])));
        }
    }
}
