//! Data sets, their parts, and splits.

use std::error::Error as StdError;

use downhill_data::{Dataset, Error, Split, one_hot};
use downhill_tensor::Tensor;
use proptest::prelude::*;

type Outcome = Result<(), Box<dyn StdError>>;

/// `rows` samples of 2 features that tell their row, in `classes` classes.
fn numbered(rows: usize, classes: usize) -> Dataset {
    let inputs = Tensor::from_fn([rows, 2], |place| place as f32);
    let labels: Vec<usize> = (0..rows).map(|row| row * row % classes).collect();
    Dataset::new(inputs, Tensor::vector(labels)).unwrap()
}

fn rows_of(data: &Dataset) -> Vec<usize> {
    data.inputs().as_slice().iter().step_by(2).map(|&x| x as usize / 2).collect()
}

#[test]
fn of_what_an_iterator_gives() -> Outcome {
    let rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
    let data: Dataset = Dataset::from_classes(rows.iter().zip([2, 0, 1]))?;
    assert_eq!(data, Dataset::new(Tensor::from_rows(&rows), Tensor::vector([2, 0, 1]))?);
    let data: Dataset = Dataset::from_values(rows.iter().map(|row| (row, [row[0] + row[1]])))?;
    assert_eq!(data, Dataset::new(Tensor::from_rows(&rows), Tensor::from_rows(&[[3.0], [7.0], [11.0]]))?);
    assert_eq!(Dataset::<f32>::from_classes(std::iter::empty::<([f32; 0], _)>())?.inputs().shape(), [0, 0]);
    Ok(())
}

#[test]
fn what_is_wrong_is_said() -> Outcome {
    let x = || Tensor::<f32>::zeros([2, 3]);
    let data = Dataset::new(x(), Tensor::vector([0_usize, 2]))?;
    let values = Dataset::new(x(), x())?;
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let poisoned = Tensor::new([2, 2], vec![1.0, 2.0, 3.0, f32::NAN])?;
    for (result, expected) in [
        (Dataset::new(x(), Tensor::vector([0_usize])), "there are 2 inputs, but 1 targets"),
        (
            Dataset::from_classes([(&[1.0, 2.0][..], 0), (&[3.0], 1)]),
            "row 1 of the inputs has 1 numbers, but the first row has 2",
        ),
        (
            Dataset::from_values([([1.0], vec![1.0]), ([2.0], vec![])]),
            "row 1 of the targets has 0 numbers, but the first row has 1",
        ),
        (Dataset::from_values([([f32::NAN], [1.0])]), "row 0 of the inputs, number 0, is NaN"),
        (
            Dataset::new(Tensor::scalar(1.0), x()),
            "data set: inputs and targets need an axis for the rows, got []",
        ),
        (
            Dataset::new(x(), Tensor::full([2, 1], 0_usize)),
            "data set: classes must have shape [n], got [2, 1]",
        ),
        (Dataset::new(poisoned.clone(), x()), "row 1 of the inputs, number 1, is NaN"),
        (Dataset::new(x(), Tensor::vector([0.0, f32::INFINITY])), "row 1 of the targets, number 0, is inf"),
        (
            Dataset::new(x(), Tensor::vector([0, usize::MAX])),
            "row 1 is of class 18446744073709551615, but there are 16777216 classes",
        ),
        (data.clone().with_class_names(names(&["a", "b"])), "row 1 is of class 2, but there are 2 classes"),
        (data.clone().with_feature_names(names(&["a"])), "there are 3 features, but 1 names"),
        (values.clone().with_value_names(names(&["a"])), "there are 3 values in a target, but 1 names"),
        (values.clone().with_class_names(names(&["a"])), "the targets are values, but classes are needed"),
        (data.clone().with_value_names(names(&["a"])), "the targets are classes, but values are needed"),
        (values.one_hot(), "the targets are values, but classes are needed"),
        (data.with_inputs(Tensor::zeros([3, 3])), "there are 3 inputs, but 2 targets"),
        (data.with_inputs(poisoned), "row 1 of the inputs, number 1, is NaN"),
        (data.with_sample_shape([2, 2]), "shape [2, 2, 2] holds 8 elements, got 6"),
        (data.select(&[0, 2]), "there is no row 2 among 2 rows"),
        (data.split_at(3).map(|parts| parts.0), "there is no row 3 among 2 rows"),
        (
            data.split(1.0, 0).map(|parts| parts.0),
            "a split of 2 rows with a training fraction of 1 leaves a part empty",
        ),
        (
            data.split(f64::NAN, 0).map(|parts| parts.0),
            "a split of 2 rows with a training fraction of NaN leaves a part empty",
        ),
        (
            values.stratified_split(0.5, 0).map(|parts| parts.0),
            "the targets are values, but classes are needed",
        ),
        (
            data.split_by(&Split { train: vec![0, 1], test: vec![0] }).map(|parts| parts.0),
            "row 0 occurs twice in the split",
        ),
        (
            data.split_by(&Split { train: vec![0], test: vec![9] }).map(|parts| parts.0),
            "there is no row 9 among 2 rows",
        ),
    ] {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
    Ok(())
}

#[test]
fn a_column_of_targets_has_two_axes() -> Outcome {
    let data: Dataset = Dataset::new(Tensor::zeros([3, 1]), Tensor::vector([1.0_f32, 2.0, 3.0]))?;
    assert_eq!(data.values()?.shape(), [3, 1]);
    assert_eq!(data.classes(), None);
    Ok(())
}

#[test]
fn parts_keep_what_is_known_of_the_whole() -> Outcome {
    let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    let features = vec!["even".to_owned(), "odd".to_owned()];
    let data =
        numbered(6, 3).with_class_names(names.clone())?.with_feature_names(features.clone())?.with_name("n");
    let (head, tail) = data.split_at(2)?;
    let picked = data.select(&[5, 0, 5])?;
    assert_eq!(
        (rows_of(&head), rows_of(&tail), rows_of(&picked)),
        (vec![0, 1], vec![2, 3, 4, 5], vec![5, 0, 5])
    );
    assert_eq!(picked.labels()?.as_slice(), [1, 0, 1]);
    assert_eq!(picked.class_counts()?, [1, 2, 0, 0]);
    for part in [&head, &tail, &picked, &data.select(&[])?] {
        assert_eq!((part.class_names(), part.feature_names(), part.name()), (&names[..], &features[..], "n"));
        assert_eq!(part.classes(), Some(4));
    }
    assert_eq!(head.inputs().as_slice().as_ptr(), data.inputs().as_slice().as_ptr());

    let image = data.with_sample_shape([1, 2, 1])?;
    assert_eq!((image.inputs().shape(), image.feature_names().len()), ([6, 1, 2, 1].into(), 2));
    let wide: Dataset<f64> = data.cast()?;
    assert_eq!((wide.class_names(), wide.inputs().as_slice()[3]), (&names[..], 3.0));
    let hot = data.one_hot()?;
    assert_eq!((hot.values()?.shape(), hot.value_names(), hot.classes()), ([6, 4].into(), &names[..], None));
    Ok(())
}

#[test]
fn one_hot_rows() -> Outcome {
    let hot: Tensor = one_hot(&Tensor::vector([2, 0]), 3)?;
    assert_eq!(hot, Tensor::from_rows(&[[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]));
    let labels = Tensor::vector([0, 1]);
    for (classes, expected) in [
        (1, "row 1 is of class 1, but there are 1 classes"),
        (usize::MAX, "a one-hot table of 2 rows and 18446744073709551615 columns is too large"),
        (usize::MAX / 16, "a one-hot table of 2 rows and 1152921504606846975 columns is too large"),
    ] {
        assert_eq!(one_hot::<f64>(&labels, classes).unwrap_err().to_string(), expected);
    }
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_split_for_ever() -> Outcome {
    // A change of these numbers breaks the reproducibility of every published run.
    let split = Split::random(8, 0.75, 42)?;
    assert_eq!((split.train, split.test), (vec![3, 7, 0, 1, 6, 2], vec![4, 5]));
    Ok(())
}

proptest! {
    #[test]
    fn a_split_is_a_partition(rows in 2_usize..200, fraction in 0.01..0.99, seed: u64) {
        let Ok(split) = Split::random(rows, fraction, seed) else {
            let train = (fraction * rows as f64).round();
            prop_assert!(train == 0.0 || train == rows as f64);
            return Ok(());
        };
        split.check(rows)?;
        prop_assert_eq!(split.train.len() + split.test.len(), rows);
        prop_assert!((split.train.len() as f64 - fraction * rows as f64).abs() <= 0.5);
        prop_assert_eq!(Split::random(rows, fraction, seed)?, split);
    }

    #[test]
    fn a_stratified_split_keeps_proportions(
        classes in prop::collection::vec(0_usize..5, 2..200), fraction in 0.01..0.99, seed: u64,
    ) {
        let Ok(split) = Split::stratified(&classes, fraction, seed) else { return Ok(()) };
        split.check(classes.len())?;
        prop_assert_eq!(split.train.len() + split.test.len(), classes.len());
        prop_assert!((split.train.len() as f64 - fraction * classes.len() as f64).abs() <= 0.5);
        for class in 0..5 {
            let all = classes.iter().filter(|&&c| c == class).count() as f64;
            let train = split.train.iter().filter(|&&row| classes[row] == class).count() as f64;
            prop_assert!((train - fraction * all).abs() < 1.0 + 1e-9, "{train} of {all}");
        }
        prop_assert_eq!(Split::stratified(&classes, fraction, seed)?, split);
    }

    #[test]
    fn split_parts_hold_their_rows(rows in 2_usize..50, seed: u64) {
        let data = numbered(rows, 3);
        let split = Split::random(rows, 0.5, seed)?;
        let (train, test) = data.split(0.5, seed)?;
        prop_assert_eq!(rows_of(&train), split.train);
        prop_assert_eq!(rows_of(&test), split.test);
        for (row, &class) in rows_of(&test).into_iter().zip(test.labels()?.as_slice()) {
            prop_assert_eq!(class, row * row % 3);
        }
    }
}

#[test]
fn errors_are_ordinary_errors() {
    fn check<E: StdError + Send + Sync + 'static>() {}
    check::<Error>();
}
