//! The embedded data sets are the ones that their origin describes.

use downhill_data::{Bundled, Dataset, Error};

#[test]
fn shapes_classes_and_splits() -> Result<(), Error> {
    for (set, shape, classes, parts) in [
        (Bundled::Iris, [150, 4], vec![50, 50, 50], (120, 30)),
        (Bundled::Wine, [178, 13], vec![59, 71, 48], (143, 35)),
        (Bundled::BreastCancer, [569, 30], vec![357, 212], (456, 113)),
        (Bundled::Digits, [1797, 64], vec![178, 182, 177, 183, 181, 182, 181, 179, 174, 180], (1438, 359)),
        (Bundled::Diabetes, [442, 10], vec![], (354, 88)),
    ] {
        let data: Dataset = set.load()?;
        assert_eq!(data.inputs().shape(), shape, "{}", set.name());
        assert_eq!(data.name(), set.name());
        assert_eq!(data.feature_names().len(), shape[1]);
        match data.classes() {
            Some(_) => assert_eq!(data.class_counts()?, classes, "{}", set.name()),
            None => assert_eq!((data.values()?.shape(), classes.len()), ([442, 1].into(), 0)),
        }
        let split = set.split();
        split.check(shape[0])?;
        assert_eq!((split.train.len(), split.test.len()), parts, "{}", set.name());
        let (train, test) = data.split_by(&split)?;
        assert_eq!((train.len() + test.len(), train.classes()), (data.len(), data.classes()));
    }
    Ok(())
}

#[test]
fn values() -> Result<(), Error> {
    let iris: Dataset<f64> = Bundled::Iris.load()?;
    assert_eq!(iris.inputs().as_slice()[..4], [5.1, 3.5, 1.4, 0.2]);
    assert_eq!(iris.class_names(), ["setosa", "versicolor", "virginica"]);
    assert_eq!(iris.feature_names()[3], "petal width (cm)");
    assert_eq!(Bundled::Iris.split().test[..4], [1, 18, 29, 32]);

    let digits: Dataset = Bundled::Digits.load()?;
    assert_eq!(digits.class_names(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(digits.labels()?.as_slice()[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    assert!(digits.inputs().as_slice().iter().all(|&x| (0.0..=16.0).contains(&x)));

    let diabetes: Dataset = Bundled::Diabetes.load()?;
    assert_eq!(diabetes.values()?.as_slice()[..3], [151.0, 75.0, 141.0]);
    assert_eq!(diabetes.value_names(), ["progression"]);
    assert_eq!(Bundled::BreastCancer.load::<f32>()?.class_names(), ["benign", "malignant"]);
    Ok(())
}
