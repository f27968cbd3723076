//! Batches: every row once an epoch, the same order for the same seed, storage used again.

use std::error::Error;

use downhill_data::{Batch, Batches, Dataset, Source};
use downhill_tensor::{Target, Tensor};
use proptest::prelude::*;

/// Samples of 3 features and 2 values that tell their row.
fn numbered(rows: usize) -> Dataset {
    let values = Tensor::from_fn([rows, 2], |place| place as f32);
    Dataset::new(Tensor::from_fn([rows, 3], |place| place as f32), values).unwrap()
}

/// The rows in a batch, after a check that inputs and targets belong together.
fn rows_of(batch: &Batch) -> Vec<usize> {
    let Target::Values(values) = &batch.target else { panic!("not values") };
    let rows: Vec<usize> = values.as_slice().iter().step_by(2).map(|&x| x as usize / 2).collect();
    let inputs: Vec<usize> = batch.inputs.as_slice().iter().step_by(3).map(|&x| x as usize / 3).collect();
    assert_eq!((batch.inputs.shape(), values.shape()), ([rows.len(), 3].into(), [rows.len(), 2].into()));
    assert_eq!(rows, inputs);
    rows
}

#[test]
fn what_is_wrong_is_said() -> Result<(), Box<dyn Error>> {
    let data = numbered(3);
    for (result, expected) in [
        (Batches::new(&data.select(&[])?, 1), "batching needs at least one row"),
        (Batches::new(&data, 0), "batches of 0 rows cannot be made of 3 rows"),
        (Batches::new(&data, 4)?.drop_last(), "batches of 4 rows cannot be made of 3 rows"),
    ] {
        assert_eq!(result.map(|_| ()).unwrap_err().to_string(), expected);
    }
    Ok(())
}

#[test]
fn in_order() -> Result<(), Box<dyn Error>> {
    for (size, drop, expected) in [
        (2, false, vec![vec![0, 1], vec![2, 3], vec![4]]),
        (2, true, vec![vec![0, 1], vec![2, 3]]),
        (5, true, vec![vec![0, 1, 2, 3, 4]]),
        (usize::MAX, false, vec![vec![0, 1, 2, 3, 4]]),
    ] {
        let batches = Batches::new(&numbered(5), size)?;
        let batches = if drop { batches.drop_last()? } else { batches };
        assert_eq!(batches.len(), expected.len());
        let mut epoch = batches.epoch(3);
        for left in (0..expected.len()).rev() {
            assert_eq!(rows_of(&epoch.next().unwrap()), expected[expected.len() - 1 - left]);
            assert_eq!(epoch.len(), left);
        }
        assert!(epoch.next().is_none() && epoch.next().is_none());
    }
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_order_for_ever() -> Result<(), Box<dyn Error>> {
    // A change of these numbers breaks the reproducibility of every published run.
    let batches = Batches::new(&numbered(8), 8)?.shuffled(42);
    let orders: Vec<Vec<usize>> =
        (0..2).map(|epoch| rows_of(&batches.epoch(epoch).next().unwrap())).collect();
    assert_eq!(orders, [[2, 1, 3, 5, 6, 4, 7, 0], [7, 6, 5, 3, 4, 2, 1, 0]]);
    Ok(())
}

#[test]
fn storage_is_used_again_unless_it_is_held() -> Result<(), Box<dyn Error>> {
    let places = |batch: &Batch| {
        let Target::Values(values) = &batch.target else { panic!("not values") };
        (batch.inputs.as_slice().as_ptr(), values.as_slice().as_ptr())
    };
    let mut epoch = Batches::new(&numbered(7), 3)?.shuffled(1).epoch(0);
    let first: Vec<_> = epoch.by_ref().map(|batch| places(&batch)).collect();
    assert_eq!((first[0], first[0] == first[2]), (first[1], false));
    for number in 1..4 {
        epoch.restart(number);
        assert_eq!(epoch.by_ref().map(|batch| places(&batch)).collect::<Vec<_>>(), first);
    }

    epoch.restart(0);
    let kept = epoch.next().unwrap();
    let rows = rows_of(&kept);
    assert_ne!(places(&epoch.next().unwrap()), places(&kept));
    assert_eq!(rows_of(&kept), rows);
    Ok(())
}

proptest! {
    #[test]
    fn every_row_once_an_epoch(rows in 1_usize..100, size in 1_usize..40, seed: u64, number: u64) {
        let batches = Batches::new(&numbered(rows), size)?.shuffled(seed);
        let mut epoch = batches.epoch(number);
        let order: Vec<usize> = epoch.by_ref().flat_map(|batch| rows_of(&batch)).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..rows).collect::<Vec<_>>());

        // The order is a matter of the seed and the number alone, not of the epochs before.
        epoch.restart(number.wrapping_add(1));
        let next: Vec<usize> = epoch.by_ref().flat_map(|batch| rows_of(&batch)).collect();
        epoch.restart(number);
        prop_assert_eq!(epoch.flat_map(|batch| rows_of(&batch)).collect::<Vec<_>>(), order.clone());
        prop_assert!(rows < 20 || next != order);

        // It may be entered at any batch.
        let batch = (number % 50) as usize;
        let mut entered = batches.epoch(0);
        Source::seek(&mut entered, number, batch)?;
        let rest: Vec<usize> = entered.flat_map(|batch| rows_of(&batch)).collect();
        prop_assert_eq!(&rest[..], &order[rows.min(batch * size)..]);

        // Dropping the short batch leaves the others as they are.
        if let Ok(full) = batches.drop_last() {
            let dropped: Vec<usize> = full.epoch(number).flat_map(|batch| rows_of(&batch)).collect();
            prop_assert_eq!(&dropped[..], &order[..rows - rows % size]);
        }
    }
}
