//! Folders of images.

use downhill_data::images::{self, ImageFolder};
use downhill_data::{Augment, Dataset, DiskBatches, Error, Prefetch, Source};
use downhill_tensor::Tensor;
use png::{BitDepth, ColorType};

use crate::folder::Folder;

/// A PNG file.
pub(crate) fn png(colour: ColorType, depth: BitDepth, (height, width): (u32, u32), pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if colour == ColorType::Indexed {
        encoder.set_palette(vec![10, 20, 30, 200, 100, 0]);
    }
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    file
}

/// Pillow's JPEG of an image of 8 x 16 pixels, the left half (200, 30, 60), the right half (20, 120, 240), at quality 95
/// without subsampling; and one in shades of grey, 100 everywhere.
pub(crate) const JPEG: [&[u8]; 2] = [include_bytes!("colour.jpg"), include_bytes!("grey.jpg")];

#[test]
fn every_kind_of_png() -> Result<(), Error> {
    use BitDepth::{Eight, One, Sixteen};
    // Red, green, blue and grey of the first pixel, the second is another one.
    for (colour, depth, pixels, expected) in [
        (ColorType::Grayscale, Eight, vec![100, 7], [100, 100, 100, 100]),
        (ColorType::Grayscale, One, vec![0b1000_0000], [255, 255, 255, 255]),
        (ColorType::Grayscale, Sixteen, vec![100, 200, 7, 7], [100, 100, 100, 100]),
        (ColorType::GrayscaleAlpha, Eight, vec![100, 0, 7, 255], [100, 100, 100, 100]),
        (ColorType::Rgb, Eight, vec![200, 100, 50, 0, 0, 0], [200, 100, 50, 124]),
        (ColorType::Rgba, Eight, vec![200, 100, 50, 9, 0, 0, 0, 0], [200, 100, 50, 124]),
        (ColorType::Indexed, Eight, vec![1, 0], [200, 100, 0, 118]),
    ] {
        let file = png(colour, depth, (1, 2), &pixels);
        let colours: Tensor<f64> = images::from_bytes(&file, "f", 3)?;
        assert_eq!(colours.shape(), [3, 1, 2]);
        let grey: Tensor<f64> = images::from_bytes(&file, "f", 1)?;
        let first: Vec<f64> =
            colours.as_slice().iter().step_by(2).chain([&grey.as_slice()[0]]).copied().collect();
        assert_eq!(first, expected.map(f64::from), "{colour:?} {depth:?}");
    }
    Ok(())
}

#[test]
fn jpeg() -> Result<(), Error> {
    let colours: Tensor<f64> = images::from_bytes(JPEG[0], "f", 3)?;
    assert_eq!(colours.shape(), [3, 8, 16]);
    for (channel, (left, right)) in [(200.0, 20.0), (30.0, 120.0), (60.0, 240.0)].into_iter().enumerate() {
        for (column, expected) in [(0, left), (7, left), (8, right), (15, right)] {
            let got = colours.at(&[channel, 3, column])?;
            assert!((got - expected).abs() <= 3.0, "{channel} {column}: {got}");
        }
    }
    let grey: Tensor<f64> = images::from_bytes(JPEG[1], "f", 3)?;
    assert!(grey.as_slice().iter().all(|x| (x - 100.0).abs() <= 1.0));
    Ok(())
}

#[test]
fn images_without_classes() -> Result<(), Error> {
    let folder = Folder::new("unlabelled");
    let grey = |pixels: &[u8]| png(ColorType::Grayscale, BitDepth::Eight, (1, 2), pixels);
    let (second, _) = (folder.write("b.png", grey(&[3, 4])), folder.write("a.png", grey(&[1, 2])));
    folder.write("class/c.png", grey(&[5, 6]));
    folder.write("notes.txt", "no image");
    let inputs: Tensor = ImageFolder::unlabelled(&folder.0)?.inputs()?;
    assert_eq!((inputs.shape().as_ref(), inputs.as_slice()), (&[2, 1, 1, 2][..], &[1.0, 2.0, 3.0, 4.0][..]));
    assert_eq!(ImageFolder::unlabelled(&second)?.inputs::<f32>()?.as_slice(), [3.0, 4.0]);
    assert!(matches!(ImageFolder::unlabelled(second)?.read::<f32>(), Err(Error::Class { .. })));
    assert!(matches!(
        ImageFolder::unlabelled(folder.0.join("none.png"))?.inputs::<f32>(),
        Err(Error::Read { .. })
    ));
    assert!(matches!(ImageFolder::unlabelled(folder.0.join("class")).map(|images| images.len()), Ok(1)));
    Ok(())
}

#[test]
fn a_folder_is_a_data_set() -> Result<(), Error> {
    let folder = Folder::new("images");
    let grey = |size, pixels: &[u8]| png(ColorType::Grayscale, BitDepth::Eight, size, pixels);
    folder.write("b/2.png", grey((1, 2), &[3, 4]));
    folder.write("b/1.PNG", grey((1, 2), &[1, 2]));
    folder.write("a/x.png", grey((1, 2), &[5, 6]));
    folder.write("a/notes.txt", "no image");
    folder.write(".hidden/x.png", "no image");
    let images = ImageFolder::open(&folder.0)?;
    let data: Dataset = images.read()?;
    assert_eq!(data.class_names(), ["a", "b"]);
    assert_eq!(data.labels()?.as_slice(), [0, 1, 1]);
    assert_eq!(data.inputs(), &Tensor::new([3, 1, 1, 2], vec![5.0, 6.0, 1.0, 2.0, 3.0, 4.0])?);
    assert_eq!(images.clone().channels(3)?.read::<f32>()?.sample_shape(), [3, 1, 2]);

    // Enlarged it is interpolated; made smaller, averaged.
    let wide: Dataset<f64> = images.clone().size(1, 4).read()?;
    assert_eq!(wide.inputs().as_slice()[..4], [5.0, 5.25, 5.75, 6.0]);
    assert_eq!(images.clone().size(1, 1).read::<f64>()?.inputs().as_slice(), [5.5, 1.5, 3.5]);

    // Read one by one they are the same.
    let mut batches =
        Prefetch::new(Augment::new(1).on(DiskBatches::<f32>::images(images.clone(), 2)?)?, 2, 1);
    batches.seek(0, 1)?;
    let batch = batches.next_batch()?.unwrap();
    assert_eq!((batch.inputs.as_slice(), batches.class_names()), (&[3.0, 4.0][..], data.class_names()));
    assert!(batches.next_batch()?.is_none());

    folder.write("b/3.png", grey((2, 1), &[3, 4]));
    let error = ImageFolder::open(&folder.0)?.read::<f32>().unwrap_err().to_string();
    assert!(
        error.ends_with("3.png has 2 x 1 pixels, not 1 x 2: give a size to bring all images to"),
        "{error}"
    );
    assert!(ImageFolder::open(&folder.0)?.size(3, 3).read::<f32>().is_ok());
    folder.write("b/4.jpg", "text");
    let error = ImageFolder::open(&folder.0)?.size(3, 3).read::<f32>().unwrap_err().to_string();
    assert!(error.ends_with("4.jpg is not a PNG or JPEG file: it starts with [74, 65, 78, 74]"), "{error}");
    folder.write("c/notes.txt", "");
    let error = ImageFolder::open(&folder.0).unwrap_err().to_string();
    assert!(error.ends_with("c: there are no images, in folders named like their classes"), "{error}");
    let error = images.channels(2).unwrap_err().to_string();
    assert_eq!(error, "images are read with 1 channel or 3, not 2");
    Ok(())
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let mut file = png(ColorType::Grayscale, BitDepth::Eight, (1, 1), &[1]);
    // The width, and the checksum of its chunk.
    file[16..20].copy_from_slice(&(1_u32 << 26).to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&file[12..29]);
    file[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    let error = images::from_bytes::<f32>(&file, "f", 1).unwrap_err().to_string();
    let expected =
        "f is not a PNG file: 1 x 67108864 pixels cannot be in 67 bytes, or are more than 67108864";
    assert!(error.starts_with(&expected[..60]), "{error}");
}
