//! How a CSV file is read.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use downhill_tensor::{Real, Target, Tensor};

use crate::blocks::Blocks;
use crate::cells::Cells;
use crate::gzip::{Limited, Plain, Whole, peek, plain, read_error};
use crate::records::{Record, Records, is_plain, plain as plain_lines};
use crate::schema::Fitting;
use crate::threads::in_order;
use crate::{Dataset, Error, Result, Schema, Table};

/// How a [`Table`] is read: by default with a header line, cells separated by commas, and up to 1 GiB
/// of text.
///
/// ```
/// use downhill_data::TableOptions;
///
/// let options = TableOptions::new().delimiter(b';').names(["length", "species"]);
/// let table = options.from_reader("5.1;setosa\n6.3;virginica\n".as_bytes(), "flowers")?;
/// assert_eq!(table.len(), 2);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TableOptions {
    delimiter: u8,
    names: Option<Vec<String>>,
    max_bytes: u64,
}

impl TableOptions {
    /// The defaults.
    pub fn new() -> TableOptions {
        TableOptions { delimiter: b',', names: None, max_bytes: 1 << 30 }
    }

    /// The character between two cells: `b';'`, `b'\t'`.
    #[must_use]
    pub fn delimiter(self, delimiter: u8) -> TableOptions {
        TableOptions { delimiter, ..self }
    }

    /// The columns' names, for a file without a header line.
    #[must_use]
    pub fn names(self, names: impl IntoIterator<Item = impl Into<String>>) -> TableOptions {
        TableOptions { names: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// The most bytes of text to read, after decompression.
    #[must_use]
    pub fn max_bytes(self, max_bytes: u64) -> TableOptions {
        TableOptions { max_bytes, ..self }
    }

    /// Reads a file, which may be compressed with gzip.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Table> {
        let name = path.as_ref().display().to_string();
        let file = File::open(path).map_err(|source| read_error(&name, source))?;
        self.from_reader(file, &name)
    }

    /// Reads text, which may be compressed with gzip; `name` stands for it in error messages.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn from_reader(&self, reader: impl Read, name: &str) -> Result<Table> {
        self.on_threads(available_parallelism().map_or(1, usize::from), reader, name)
    }

    fn on_threads(&self, threads: usize, reader: impl Read, name: &str) -> Result<Table> {
        let blocks = self.blocks(reader, name)?;
        let mut cells = Cells::new(blocks.columns.len());
        let columns = Arc::clone(&blocks.columns);
        blocks.in_order(threads, Ok, |_, part| {
            cells.append(part);
            Ok(())
        })?;
        if cells.rows() == 0 {
            return Err(Error::NoRows { table: name.to_owned() });
        }
        Ok(Table::new(name, &columns, cells, 0))
    }

    /// Reads a file, which may be compressed with gzip, as a data set: the one that [`Schema::fit`] and
    /// [`Encoder::dataset`](crate::Encoder::dataset) make of its table. Its text is never in memory as a whole. A schema
    /// that has to know classes, means or medians makes it read the file twice: a small file takes longer than by its table, a
    /// large one less time, since what was read is in the processor's cache when it is used.
    ///
    /// # Errors
    /// As [`Table::read`], [`Schema::fit`] and [`Encoder::dataset`](crate::Encoder::dataset): of the first row that is wrong.
    ///
    /// ```
    /// use downhill_data::{Dataset, Schema, TableOptions};
    ///
    /// let path = std::env::temp_dir().join("downhill-doc-dataset.csv");
    /// std::fs::write(&path, "x,kind\n1,a\n2,b\n3,a\n").unwrap();
    /// let data: Dataset = TableOptions::new().dataset(&path, &Schema::classification("kind"))?;
    /// assert_eq!((data.len(), data.class_names()), (3, &["a".to_owned(), "b".to_owned()][..]));
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), downhill_data::Error>(())
    /// ```
    pub fn dataset<T: Real>(&self, path: impl AsRef<Path>, schema: &Schema) -> Result<Dataset<T>> {
        self.dataset_on(available_parallelism().map_or(1, usize::from), path.as_ref(), schema)
    }

    fn dataset_on<T: Real>(&self, threads: usize, path: &Path, schema: &Schema) -> Result<Dataset<T>> {
        let name = path.display().to_string();
        let open = || {
            let file = File::open(path).map_err(|source| read_error(&name, source))?;
            self.blocks(file, &name)
        };
        let mut text = open()?;
        let columns = Arc::clone(&text.columns);
        let table = |cells, before| Table::new(&name, &columns, cells, before);
        let mut fitting = Fitting::new(schema, &table(Cells::new(columns.len()), 0))?;
        if fitting.needs_rows() {
            text.in_order(threads, Ok, |before, cells| fitting.add(&table(cells, before)))?;
            text = open()?;
        }
        let encoder = fitting.finish()?;
        let (mut inputs, mut labels, mut values) = (Vec::new(), None::<Vec<usize>>, Vec::new());
        let (mut rows, mut kept) = (0, 0);
        text.in_order(
            threads,
            |cells| Ok((cells.rows(), encoder.samples::<T>(&table(cells, 0))?)),
            |_, (read, (block, target))| {
                rows += read;
                kept += block.shape()[0];
                let (rows, columns) = (kept, encoder.feature_names().len());
                let too_large = |_| Error::TooLarge { what: "a data set", rows, columns };
                inputs.try_reserve(block.as_slice().len()).map_err(too_large)?;
                inputs.extend_from_slice(block.as_slice());
                match target {
                    Target::Classes(block) => {
                        labels.get_or_insert_default().extend_from_slice(block.as_slice())
                    }
                    Target::Values(block) => values.extend_from_slice(block.as_slice()),
                }
                Ok(())
            },
        )?;
        if rows == 0 {
            return Err(Error::NoRows { table: name });
        }
        let inputs = Tensor::new([kept, encoder.feature_names().len()], inputs)?;
        let target = match labels {
            Some(labels) => Target::Classes(Tensor::vector(labels)),
            None => Target::Values(Tensor::new([kept, encoder.targets().len()], values)?),
        };
        encoder.name(inputs, target, &name)
    }

    /// What a table is read from by several threads.
    pub(crate) fn blocks<R: Read>(&self, reader: R, name: &str) -> Result<Text<impl Read>> {
        let Rows { records, name, columns, .. } = self.rows(reader, name)?;
        let blocks = Blocks::new(records.rest(), self.delimiter);
        Ok(Text { blocks, delimiter: self.delimiter, name, columns })
    }

    /// What a table is read from, part after part.
    pub(crate) fn rows<R: Read>(&self, reader: R, name: &str) -> Result<Rows<R>> {
        const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
        let (start, mut text) = peek(Limited::new(plain(reader, name)?, self.max_bytes), 3, name)?;
        if start == BYTE_ORDER_MARK {
            text.read_exact(&mut [0; 3]).map_err(|source| read_error(name, source))?;
        }
        let mut records = Records::new(BufReader::with_capacity(BUFFER, text), self.delimiter);
        let columns = match &self.names {
            Some(names) => names.clone(),
            None => header(records.next().map_err(|source| read_error(name, source))?, name)?,
        };
        check_names(&columns, name)?;
        Ok(Rows { records, name: name.to_owned(), columns: columns.into(), read: 0 })
    }
}

/// The number of bytes that are read at once.
const BUFFER: usize = 1 << 18;

/// The rows of a text, in blocks.
pub(crate) struct Text<R> {
    blocks: Blocks<R>,
    delimiter: u8,
    name: String,
    pub(crate) columns: Arc<[String]>,
}

impl<R: Read> Text<R> {
    /// Does something with the cells of each block, on so many threads, and joins what comes of it in their order. An error
    /// names the row in the file.
    pub(crate) fn in_order<W: Send>(
        self,
        threads: usize,
        work: impl Fn(Cells) -> Result<W> + Sync,
        mut join: impl FnMut(usize, W) -> Result<()>,
    ) -> Result<()> {
        let Text { mut blocks, delimiter, name, columns } = self;
        let mut before = 0;
        in_order(
            threads,
            || blocks.next().map_err(|source| read_error(&name, source)),
            |block| {
                let cells = cut(block, delimiter, columns.len(), &name)?;
                let rows = cells.rows();
                Ok((rows, work(cells)?))
            },
            |worked: Result<_>| {
                let (rows, worked) = worked.map_err(|error| error.behind(before))?;
                join(before, worked)?;
                before += rows;
                Ok(())
            },
        )
    }
}

/// The cells of a block.
fn cut(mut block: Vec<u8>, delimiter: u8, width: usize, name: &str) -> Result<Cells> {
    // A block is longer than usual only if a record is. Places in a text take 32 bits.
    if u32::try_from(block.len()).is_err() {
        return Err(Error::malformed(name, "a CSV", "a record is longer than 4 GiB"));
    }
    if is_plain(delimiter) {
        let length = block.len();
        // The last line of a text need not end.
        if block.last() != Some(&b'\n') {
            block.push(b'\n');
        }
        if plain_lines(&block).len() == block.len()
            && let Ok(text) = String::from_utf8(std::mem::take(&mut block))
        {
            match Cells::of_lines(width, text, delimiter) {
                Ok(cells) => return Ok(cells),
                // A line of another width, which is told below.
                Err(text) => block = text.into_bytes(),
            }
        }
        block.truncate(length);
    }
    let mut cells = Cells::new(width);
    read_rows(&mut Records::new(&block[..], delimiter), &mut cells, usize::MAX, 0, name)?;
    Ok(cells)
}

/// Reads rows until there are so many, or no more; `before` is the number of the file's rows before them.
fn read_rows(
    records: &mut Records<impl BufRead>,
    cells: &mut Cells,
    most: usize,
    before: usize,
    name: &str,
) -> Result<()> {
    let expected = cells.width();
    while cells.rows() < most {
        records.take_plain(cells, most).map_err(|source| read_error(name, source))?;
        if cells.rows() == most {
            break;
        }
        let record = records.next().map_err(|source| read_error(name, source))?;
        let Some(record) = record else { break };
        let (row, found) = (before + cells.rows() + 1, record.len());
        if found != expected {
            return Err(Error::Ragged { table: name.to_owned(), row, expected, found });
        }
        cells.push(&record).map_err(|_| Error::Utf8 { table: name.to_owned(), row })?;
    }
    Ok(())
}

/// The rows of a text.
pub(crate) struct Rows<R> {
    records: Records<BufReader<Whole<Limited<Plain<R>>>>>,
    name: String,
    columns: Arc<[String]>,
    /// The number of rows read so far.
    read: usize,
}

impl<R: Read> Rows<R> {
    /// The next rows, at most `most`; none at the end.
    pub(crate) fn next_table(&mut self, most: usize) -> Result<Option<Table>> {
        let mut cells = Cells::new(self.columns.len());
        read_rows(&mut self.records, &mut cells, most, self.read, &self.name)?;
        let before = self.read;
        self.read += cells.rows();
        Ok((cells.rows() > 0).then(|| Table::new(&self.name, &self.columns, cells, before)))
    }
}

impl Default for TableOptions {
    fn default() -> TableOptions {
        TableOptions::new()
    }
}

/// The names in a header line.
fn header(header: Option<Record<'_>>, table: &str) -> Result<Vec<String>> {
    let table = || table.to_owned();
    let header = header.ok_or_else(|| Error::NoRows { table: table() })?;
    let names: Vec<&str> = header.cells().map_err(|_| Error::Utf8 { table: table(), row: 0 })?.collect();
    if names.iter().all(|name| name.parse::<f64>().is_ok()) {
        return Err(Error::NoHeader { table: table() });
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

pub(crate) fn check_names(columns: &[String], table: &str) -> Result<()> {
    if let Some(place) = columns.iter().position(String::is_empty) {
        return Err(Error::Unnamed { table: table.to_owned(), column: place + 1 });
    }
    let mut seen = HashSet::new();
    match columns.iter().find(|&name| !seen.insert(name)) {
        None => Ok(()),
        Some(column) => Err(Error::Duplicate { table: table.to_owned(), column: column.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::Missing;

    /// What one thread makes of a text record by record.
    fn plainly(options: &TableOptions, text: &[u8]) -> Result<Table> {
        options.rows(text, "f")?.next_table(usize::MAX)?.ok_or(Error::NoRows { table: "f".into() })
    }

    fn all(table: &Table) -> Vec<String> {
        table.columns().flat_map(|name| table.column(name).unwrap()).map(str::to_owned).collect()
    }

    fn same<V: PartialEq + std::fmt::Debug>(a: Result<V>, b: Result<V>) -> Result<(), TestCaseError> {
        let told = |error: Error| error.to_string();
        prop_assert_eq!(a.map_err(told), b.map_err(told));
        Ok(())
    }

    /// Lines of two cells, with a quoted line end now and then, over several blocks; one of them may be wrong.
    fn texts() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            8 => "[0-9]{1,9},[a-c]{0,9}".boxed(),
            1 => "\"[0-9]{1,3}\", \"[a-c]\r?\n(\"\"){0,2}\"".boxed(),
            1 => Just(String::new()).boxed(),
        ];
        let wrong = prop::option::weighted(0.5, ("1,2,3|1|\"x,1|y,b|,b|1,é", any::<prop::sample::Index>()));
        let lines = prop::collection::vec(line, 1..40);
        let many = prop_oneof![1_usize..4, 20_000_usize..30_000];
        (lines, many, wrong, prop::sample::select(vec!["\n", "\r\n", "\r"])).prop_map(
            |(lines, many, wrong, end)| {
                let mut lines: Vec<String> = lines.iter().cycle().take(many).cloned().collect();
                if let Some((wrong, place)) = wrong {
                    let place = place.index(lines.len());
                    lines[place] = wrong;
                }
                format!("x,kind{end}{}", lines.join(end))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn threads_change_nothing(text in texts(), drop: bool) {
            let options = TableOptions::new();
            let expected = plainly(&options, text.as_bytes());
            let missing = if drop { Missing::Drop } else { Missing::Error };
            let schema = Schema::new().categorical(["kind"]).missing(missing);
            let encoded = |table: &Table| schema.fit(table)?.inputs::<f64>(table).map(|inputs| inputs.as_slice().to_vec());
            for threads in [1, 2, 3, 8] {
                let table = options.on_threads(threads, text.as_bytes(), "f");
                same(table.as_ref().map(encoded).map_err(|e| Error::NoRows { table: e.to_string() }).flatten(),
                    expected.as_ref().map(encoded).map_err(|e| Error::NoRows { table: e.to_string() }).flatten())?;
                same(table.map(|table| all(&table)), plainly(&options, text.as_bytes()).map(|table| all(&table)))?;
            }
        }

        #[test]
        fn a_data_set_is_that_of_its_table(text in texts(), class: bool, drop: bool, compressed: bool) {
            let path = std::env::temp_dir().join(format!("downhill-read-{}-{:?}.csv", std::process::id(), std::thread::current().id()));
            let mut file = File::create(&path)?;
            if cfg!(feature = "gzip") && compressed {
                let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
                encoder.write_all(text.as_bytes())?;
                encoder.finish()?;
            } else {
                file.write_all(text.as_bytes())?;
            }
            let schema = if class { Schema::classification("kind") } else { Schema::regression(["x"]).categorical(["kind"]) };
            let schema = schema.missing(if drop { Missing::Drop } else { Missing::Error });
            let options = TableOptions::new();
            let whole = |table: Table| schema.fit(&table)?.dataset::<f32>(&table);
            let expected = options.read(&path).and_then(whole);
            let mut first = None;
            for threads in [1, 2, 3, 8] {
                let data = options.dataset_on::<f32>(threads, &path, &schema);
                match (&data, &expected) {
                    (Ok(data), Ok(expected)) => {
                        prop_assert_eq!(data.inputs(), expected.inputs());
                        prop_assert_eq!(data.target(), expected.target());
                        prop_assert_eq!(data.feature_names(), expected.feature_names());
                        prop_assert_eq!(data.class_names(), expected.class_names());
                        prop_assert_eq!(data.encoder(), expected.encoder());
                    }
                    // The first row that is wrong, whatever with it: a table is told of lines first.
                    (Err(error), Err(_)) => {
                        let error = error.to_string();
                        prop_assert_eq!(first.get_or_insert(error.clone()), &error);
                    }
                    _ => prop_assert!(false, "{:?}", data.err()),
                }
            }
            std::fs::remove_file(path)?;
        }
    }
}
