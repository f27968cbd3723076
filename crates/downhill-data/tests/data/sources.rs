//! Data sets on disk, in streams and prepared ahead: the same batches as in memory, whatever the number of threads.

use downhill_data::{
    Augment, Batch, Batches, Dataset, DiskArray, DiskBatches, Error, Prefetch, Schema, Source, Stream,
    TableChunks, TableOptions, npy,
};
use downhill_tensor::{Shape, Target, Tensor};
use proptest::prelude::*;

use crate::folder::Folder;

/// All batches from one on.
fn batches(source: &mut impl Source, epoch: u64, from: usize) -> Result<Vec<Batch>, Error> {
    source.seek(epoch, from)?;
    let mut batches = Vec::new();
    while let Some(batch) = source.next_batch()? {
        batches.push(batch);
    }
    assert!(source.next_batch()?.is_none());
    Ok(batches)
}

fn numbered(rows: usize) -> Dataset {
    let labels: Vec<usize> = (0..rows).map(|row| row % 3).collect();
    let inputs = Tensor::from_fn([rows, 2, 2], |place| place as f32);
    Dataset::new(inputs, Tensor::vector(labels))
        .unwrap()
        .with_class_names(vec!["a".into(), "b".into(), "c".into()])
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn disk_and_threads_change_nothing(
        rows in 1_usize..60, size in 1_usize..20, seed: u64, epoch in 0_u64..5, from in 0_usize..6, shuffled: bool,
        threads in 1_usize..5, ahead in 1_usize..4,
    ) {
        let data = numbered(rows);
        let folder = Folder::new("disk");
        let (x, y) = (folder.0.join("x.npy"), folder.0.join("y.npy"));
        npy::write(&x, data.inputs())?;
        npy::write_labels(&y, data.labels()?)?;
        let in_memory = Batches::new(&data, size)?;
        let on_disk = DiskBatches::classification(DiskArray::npy(&x)?, DiskArray::npy(&y)?, 3, size)?
            .with_class_names(data.class_names().to_vec())?;
        let (in_memory, mut on_disk) = if shuffled {
            (in_memory.shuffled(seed), on_disk.shuffled(seed))
        } else {
            (in_memory, on_disk)
        };
        let mut in_memory = in_memory.epoch(9);
        let expected = batches(&mut in_memory, epoch, from)?;
        prop_assert_eq!(&batches(&mut on_disk, epoch, from)?, &expected);
        prop_assert_eq!(&batches(&mut Prefetch::new(on_disk.clone(), threads, ahead), epoch, from)?, &expected);

        // What is random is a matter of epoch and place alone, too.
        let augment = Augment::new(seed).shift(1, 1)?.flip_horizontal().mixup(0.4)?;
        let mut augmented = augment.clone().on(in_memory)?;
        let expected = batches(&mut augmented, epoch, from)?;
        let mut ahead = Prefetch::new(augment.on(on_disk)?, threads, ahead);
        prop_assert_eq!(&batches(&mut ahead, epoch, from)?, &expected);
        // It can be left in the middle and entered again.
        ahead.seek(epoch, 0)?;
        let _ = ahead.next_batch()?;
        prop_assert_eq!(&batches(&mut ahead, epoch, from)?, &expected);
    }

    #[test]
    fn a_stream_has_every_row_once(
        rows in 1_usize..200, size in 1_usize..20, buffer in 20_usize..80, seed: u64, from in 0_usize..8,
    ) {
        let folder = Folder::new("stream");
        let text: String = (0..rows).map(|row| format!("{row},{}\n", row * 2)).collect();
        let path = folder.write("t.csv", format!("x,y\n{text}"));
        let open = || TableChunks::csv(&path, TableOptions::new(), &Schema::regression(["y"]));
        let rows_of = |batches: &[Batch]| -> Vec<usize> {
            batches.iter().flat_map(|batch| {
                let Target::Values(values) = &batch.target else { panic!("not values") };
                let pairs = batch.inputs.as_slice().iter().zip(values.as_slice());
                pairs.map(|(&x, &y)| { assert_eq!(2.0 * x, y); x as usize }).collect::<Vec<_>>()
            }).collect()
        };
        let everything: Vec<usize> = (0..rows).collect();
        let mut stream: Stream<f32, _> = Stream::new(open()?, size)?;
        prop_assert_eq!((stream.samples(), stream.batches()), (rows, rows.div_ceil(size)));
        prop_assert_eq!(rows_of(&batches(&mut stream, 0, 0)?), everything.clone());

        let mut stream = stream.shuffled(seed, buffer)?;
        let first = rows_of(&batches(&mut stream, 0, 0)?);
        let second = rows_of(&batches(&mut stream, 1, 0)?);
        prop_assert!(rows < 20 || first != everything && first != second);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, everything);
        // No row is drawn before it is among the next ones.
        prop_assert!(first.iter().enumerate().all(|(place, &row)| row < place + buffer));
        let rest = &first[rows.min(from * size)..];
        prop_assert_eq!(&rows_of(&batches(&mut stream, 0, from)?)[..], rest);
        prop_assert_eq!(&rows_of(&batches(&mut Prefetch::new(stream, 1, 2), 0, from)?)[..], rest);
    }
}

#[test]
fn what_is_wrong_on_disk_is_said() -> Result<(), Error> {
    let folder = Folder::new("disk-errors");
    let write = |name: &str, values: Tensor<f32>| {
        let path = folder.0.join(name);
        npy::write(&path, &values).map(|()| path)
    };
    let x = write("x.npy", Tensor::from_rows(&[[1.0, 2.0], [f32::NAN, 4.0]]))?;
    let y = write("y.npy", Tensor::vector([0.0, 3.0]))?;
    let scalar = write("scalar.npy", Tensor::scalar(1.0))?;
    let short = folder.write("short.npy", &std::fs::read(&x).unwrap()[..130]);
    let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (1, 1)}";
    let fortran = [b"\x93NUMPY\x01\x00", &[header.len() as u8, 0][..], header.as_bytes(), &[1]].concat();
    let fortran = folder.write("fortran.npy", fortran);
    let idx = folder.write("a.idx", [0, 0, 8, 1, 0, 0, 0, 2, 7, 9]);
    assert_eq!(DiskArray::idx(&idx)?.shape(), [2]);
    for (result, expected) in [
        (DiskArray::npy(&short), "short.npy: the header promises 144 bytes, but there are 130"),
        (DiskArray::npy(&scalar), "scalar.npy: rows need 1 axes, but the shape is []"),
        (
            DiskArray::npy(&fortran),
            "fortran.npy is not an NPY file: its columns, not its rows, lie together (Fortran order): write it in C order",
        ),
        (DiskArray::idx(&x), "x.npy is not an IDX file: it starts with [93, 4e, 55, 4d]"),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
    }
    let array = |path| DiskArray::npy(path).unwrap();
    let first = |source: Result<DiskBatches, Error>| source?.next_batch().map(|_| ());
    for (result, expected) in [
        (
            first(DiskBatches::regression(array(&x), array(&y), 0)),
            "batches of 0 rows cannot be made of 2 rows",
        ),
        (first(DiskBatches::regression(array(&x), array(&y), 2)), "row 1 of the inputs, number 0, is NaN"),
        (
            first(DiskBatches::classification(array(&y), array(&y), 3, 2)),
            "row 1 is of class 3, but there are 3 classes",
        ),
        (
            first(DiskBatches::classification(array(&y), array(&x), 3, 2)),
            "x.npy: labels need 1 axes, but the shape is [2, 2]",
        ),
        (first(DiskBatches::regression(DiskArray::idx(&idx)?, array(&y), 2)), ""),
    ] {
        match result {
            Ok(()) => assert_eq!(expected, ""),
            Err(error) => assert!(error.to_string().ends_with(expected), "{error}"),
        }
    }
    Ok(())
}

/// A source whose third batch fails in a way.
#[derive(Clone)]
struct Failing {
    next: usize,
    panics: bool,
}

impl Source for Failing {
    fn sample_shape(&self) -> Shape {
        [1].into()
    }

    fn samples(&self) -> usize {
        4
    }

    fn batches(&self) -> usize {
        4
    }

    fn seek(&mut self, _: u64, batch: usize) -> Result<(), Error> {
        self.next = batch;
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>, Error> {
        self.next += 1;
        match self.next {
            3 if self.panics => std::panic::resume_unwind(Box::new("a test's panic")),
            3 => Err(Error::Empty { operation: "failing" }),
            ..=4 => Ok(Some(Batch::new(Tensor::zeros([1, 1]), Tensor::vector([0])))),
            _ => Ok(None),
        }
    }
}

#[test]
fn a_failure_ahead_comes_in_its_turn() {
    for (panics, expected) in
        [(false, "failing needs at least one row"), (true, "a thread that prepares batches: it panicked")]
    {
        for threads in 1..4 {
            let mut ahead = Prefetch::new(Failing { next: 0, panics }, threads, 2);
            let results: Vec<_> = (0..3).map(|_| ahead.next_batch()).collect();
            assert!(matches!(results[..2], [Ok(Some(_)), Ok(Some(_))]), "{results:?}");
            assert_eq!(results[2].as_ref().unwrap_err().to_string(), expected);
        }
    }
}

#[test]
fn what_is_wrong_in_a_stream_is_said() -> Result<(), Error> {
    let folder = Folder::new("stream-errors");
    // The row that is wrong is far behind the first part.
    let mut text: String = (0..5000).map(|row| format!("{row},1\n")).collect();
    text += "?,1\n";
    let path = folder.write("t.csv", format!("x,y\n{text}"));
    let open = |schema: Schema| TableChunks::csv(&path, TableOptions::new(), &schema);
    let stream: Stream<f32, _> = Stream::new(open(Schema::regression(["y"]))?, 100)?;
    let error = batches(&mut stream.shuffled(1, 100)?, 0, 0).unwrap_err().to_string();
    assert!(error.ends_with(r#"t.csv: row 5001, column "x": "?" is not a number"#), "{error}");
    let filled = open(Schema::regression(["y"]).missing(downhill_data::Missing::Median))?;
    assert_eq!(filled.encoder().feature_names(), ["x"]);
    let again = filled.like(&path)?;
    let mut stream: Stream<f32, _> = Stream::new(again, 5001)?;
    assert_eq!(batches(&mut stream, 0, 0)?[0].inputs.as_slice()[5000], 2499.5);
    let error = Stream::<f32, _>::new(filled, 10)?.shuffled(1, 9).unwrap_err().to_string();
    assert_eq!(error, "batches of 10 rows cannot be made of 9 rows");
    Ok(())
}

#[test]
fn what_made_a_tables_inputs_is_known_behind_every_source() -> Result<(), Error> {
    let folder = Folder::new("stream-encoder");
    let path = folder.write("t.csv", "c,y\na,1\nb,2\n");
    let schema = Schema::regression(["y"]).categorical(["c"]);
    let chunks = TableChunks::csv(&path, TableOptions::new(), &schema)?;
    let encoder = chunks.encoder().clone();
    let stream: Stream<f32, _> = Stream::new(chunks, 2)?;
    assert_eq!(stream.encoder(), Some(&encoder));
    let augmented = Augment::new(1).mixup(0.5)?.on(stream)?;
    assert_eq!(Source::<f32>::encoder(&augmented), Some(&encoder));
    let data: Dataset = encoder.dataset(&downhill_data::Table::read(&path)?)?;
    assert_eq!(Prefetch::new(Batches::new(&data, 1)?.epoch(0), 1, 1).encoder(), Some(&encoder));
    Ok(())
}
