//! Changes of images.

use downhill_data::{Augment, Batches, Dataset, Error, Source};
use downhill_tensor::{Target, Tensor};

/// The batches of an epoch of these images, two channels each, all at once.
fn augmented(
    augment: Augment,
    images: &Tensor<f64>,
    epoch: u64,
) -> Result<(Tensor<f64>, Target<f64>), Error> {
    let labels: Vec<usize> = (0..images.shape()[0]).map(|row| row % 2).collect();
    let data = Dataset::new(images.clone(), Tensor::vector(labels))?
        .with_class_names(vec!["even".into(), "odd".into()])?;
    let mut source = augment.on(Batches::new(&data, images.shape()[0])?.epoch(0))?;
    source.seek(epoch, 0)?;
    let batch = source.next_batch()?.unwrap();
    Ok((batch.inputs, batch.target))
}

/// Images of 5 × 7 pixels whose number tells image, row and column, in two channels of opposite sign.
fn numbered(images: usize) -> Tensor<f64> {
    Tensor::from_fn([images, 2, 5, 7], |place| {
        let number = (place / 70 * 35 + place % 35 + 1) as f64;
        if place / 35 % 2 == 0 { number } else { -number }
    })
}

#[test]
fn moves_and_flips() -> Result<(), Error> {
    let images = numbered(120);
    let (flipped, _) = augmented(Augment::new(1).flip_horizontal(), &images, 0)?;
    let (upside_down, _) = augmented(Augment::new(1).flip_vertical(), &images, 0)?;
    let (shifted, _) = augmented(Augment::new(1).shift(1, 2)?, &images, 0)?;
    let mut seen = std::collections::BTreeSet::new();
    let mut flips = [0, 0];
    for image in 0..120 {
        let of = |tensor: &Tensor<f64>| tensor.rows(image..image + 1).unwrap();
        let before = of(&images);
        for (place, (changed, axis)) in [(&flipped, -1), (&upside_down, -2)].into_iter().enumerate() {
            let changed = of(changed);
            flips[place] += usize::from(changed != before);
            assert!(changed == before || changed == before.flip(&[axis])?);
        }
        // Every pixel is one that lies as far away as the others', or comes from outside.
        let shifted = of(&shifted);
        let moves = (-1_isize..=1).flat_map(|down| (-2_isize..=2).map(move |right| (down, right)));
        let fitting = moves.filter(|&(down, right)| {
            (0..5).all(|row| {
                (0..7).all(|column| {
                    let (from_row, from_column) = (row as isize - down, column as isize - right);
                    let inside = (0..5).contains(&from_row) && (0..7).contains(&from_column);
                    let at = |row: usize, column: usize, tensor: &Tensor<f64>| {
                        tensor.at(&[0, 0, row, column]).unwrap()
                    };
                    let from =
                        if inside { at(from_row as usize, from_column as usize, &before) } else { 0.0 };
                    at(row, column, &shifted) == from
                })
            })
        });
        seen.extend(fitting);
    }
    assert_eq!(seen.len(), 15, "{seen:?}");
    assert!(flips.iter().all(|&flips| (35..85).contains(&flips)), "{flips:?}");
    Ok(())
}

#[test]
fn interpolation() -> Result<(), Error> {
    let images = numbered(8);
    // Nothing is changed by nothing.
    for nothing in
        [Augment::new(1).rotate(0.0)?, Augment::new(1).crop(1.0)?, Augment::new(1).elastic(0.0, 2.0)?]
    {
        assert_eq!(augmented(nothing.clone(), &images, 0)?.0, images, "{nothing:?}");
    }
    // A plane stays one where it is turned, cropped or stretched: it is sampled exactly between its pixels.
    let plane = Tensor::from_fn([8, 5, 7], |place| 100.0 + (place / 7 % 5) as f64 - 2.0 * (place % 7) as f64);
    let (turned, _) = augmented(Augment::new(3).rotate(20.0)?, &plane, 0)?;
    let (cropped, _) = augmented(Augment::new(3).crop(0.3)?, &plane, 0)?;
    for (name, changed) in [("turned", &turned), ("cropped", &cropped)] {
        for image in changed.as_slice().chunks_exact(35) {
            let inner = |row: usize, column: usize| image[row * 7 + column];
            let (down, right) = (inner(2, 3) - inner(1, 3), inner(2, 3) - inner(2, 2));
            assert!((inner(3, 3) - inner(2, 3) - down).abs() < 1e-9, "{name}");
            assert!((inner(2, 4) - inner(2, 3) - right).abs() < 1e-9, "{name}");
            // A turn keeps the slope, a crop flattens it.
            let slope = (down * down + right * right) / 5.0;
            assert!(
                if name == "turned" { (slope - 1.0).abs() < 1e-9 } else { slope < 1.0 },
                "{name} {slope}"
            );
        }
    }
    assert!(turned.as_slice()[17] == plane.as_slice()[17] && turned != plane && cropped != plane);
    let (stretched, _) = augmented(Augment::new(3).elastic(8.0, 2.0)?, &plane, 0)?;
    assert!(stretched != plane && stretched.is_finite());
    Ok(())
}

#[test]
fn squares_are_cut_out() -> Result<(), Error> {
    let ones = Tensor::ones([200, 2, 5, 7]);
    let (cut, _) = augmented(Augment::new(1).cutout(3), &ones, 0)?;
    let sizes: Vec<usize> = cut
        .as_slice()
        .chunks_exact(70)
        .map(|image| {
            let (first, second) = image.split_at(35);
            assert_eq!(first, second);
            first.iter().filter(|&&x| x == 0.0).count()
        })
        .collect();
    // The middle is anywhere in the image, the square need not be.
    assert_eq!((sizes.iter().min(), sizes.iter().max()), (Some(&4), Some(&9)));
    Ok(())
}

#[test]
fn samples_are_mixed() -> Result<(), Error> {
    let images = Tensor::from_fn([50, 1, 1], |place| (place % 2) as f64);
    let (mixed, target) = augmented(Augment::new(5).mixup(1.0)?, &images, 3)?;
    let Target::Values(target) = target else { panic!("not values") };
    for (&x, probabilities) in mixed.as_slice().iter().zip(target.as_slice().chunks_exact(2)) {
        assert!(
            (x - probabilities[1]).abs() < 1e-12 && (probabilities[0] + probabilities[1] - 1.0).abs() < 1e-12
        );
    }
    let partly = mixed.as_slice().iter().filter(|&&x| x > 0.0 && x < 1.0).count();
    assert!((10..40).contains(&partly), "{partly}");
    Ok(())
}

#[test]
fn what_is_wrong_is_said() -> Result<(), Error> {
    let data: Dataset = Dataset::new(Tensor::zeros([2, 4]), Tensor::vector([0, 1]))?;
    let source = || Batches::new(&data, 2).map(|batches| batches.epoch(0));
    for (result, expected) in [
        (Augment::new(0).rotate(181.0).map(|_| ()), "rotation must be from 0 to 180, got 181"),
        (Augment::new(0).rotate(f64::NAN).map(|_| ()), "rotation must be from 0 to 180, got NaN"),
        (Augment::new(0).crop(0.0).map(|_| ()), "part of a crop must be above 0 and at most 1, got 0"),
        (Augment::new(0).mixup(-1.0).map(|_| ()), "alpha must be above 0 and at most 1000, got -1"),
        (Augment::new(0).elastic(1.0, 0.0).map(|_| ()), "deviation must be above 0 and at most 100, got 0"),
        (
            Augment::new(0).cutout(2).on(source()?).map(|_| ()),
            "augmenting: images have the shape [height, width] or [channels, height, width], got [4]",
        ),
        (
            Augment::new(0).mixup(1.0)?.on(source()?)?.next_batch().map(|_| ()),
            "the targets are classes without names, but values or classes with names are needed",
        ),
    ] {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
    Ok(())
}
