//! A CSV text in blocks of whole records, for threads to read.

use std::io::{self, Read};

use memchr::{memchr, memrchr2};

/// The bytes of a block, if no record is longer: its text and where its cells are stay in a core's cache. The first are
/// shorter, so that threads share out a short text, too.
const BLOCKS: std::ops::RangeInclusive<usize> = 1 << 16..=1 << 18;

/// Cuts a text behind ends of records. Where it is cut depends on the text alone, so that what comes of the blocks does not
/// depend on who reads them.
pub(crate) struct Blocks<R> {
    text: R,
    delimiter: u8,
    /// What was read beyond the last block.
    rest: Vec<u8>,
    ended: bool,
    /// The bytes of the next block.
    size: usize,
}

impl<R: Read> Blocks<R> {
    /// Of a text that begins with a record.
    pub(crate) fn new(text: R, delimiter: u8) -> Blocks<R> {
        Blocks { text, delimiter, rest: Vec::new(), ended: false, size: *BLOCKS.start() }
    }

    /// The next block; none at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut block = std::mem::take(&mut self.rest);
        let mut wanted = self.size;
        self.size = (2 * self.size).min(*BLOCKS.end());
        while !self.ended {
            // A record may be longer than a block: then it is looked for its end in ever longer ones.
            let mut filled = block.len();
            block.resize(wanted.max(filled), 0);
            while filled < block.len() {
                match self.text.read(&mut block[filled..]) {
                    Ok(0) => break,
                    Ok(read) => filled += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            self.ended = filled < block.len();
            block.truncate(filled);
            if self.ended {
                break;
            }
            if let Some(end) = last_end(&block, self.delimiter) {
                self.rest.extend_from_slice(&block[end..]);
                block.truncate(end);
                return Ok(Some(block));
            }
            wanted = wanted.saturating_mul(2);
        }
        Ok((!block.is_empty()).then_some(block))
    }
}

/// Where the last record ends that ends within a text that begins with one, if that can be told. As for the parser, a quote begins a quoted
/// cell only where a cell begins; two of them within are one that is meant.
fn last_end(text: &[u8], delimiter: u8) -> Option<usize> {
    if b"\"\r\n".contains(&delimiter) {
        return None;
    }
    let end_within =
        |start: usize, end: usize| memrchr2(b'\n', b'\r', &text[start..end]).map(|at| start + at + 1);
    // Where what is not in quotes begins, and the last end before that.
    let (mut outside, mut last) = (0, None);
    let mut from = 0;
    while let Some(at) = memchr(b'"', &text[from..]) {
        let open = from + at;
        from = open + 1;
        let begins = open == 0 || [delimiter, b'\n', b'\r'].contains(&text[open - 1]);
        // What ends a quoted cell begins none.
        if !begins {
            continue;
        }
        last = end_within(outside, open).or(last);
        loop {
            let Some(at) = memchr(b'"', &text[from..]) else { return last };
            from += at + 1;
            if text.get(from) != Some(&b'"') {
                break;
            }
            from += 1;
        }
        outside = from;
    }
    end_within(outside, text.len()).or(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::records::Records;

    fn records(text: &[u8], delimiter: u8) -> Vec<(Vec<usize>, Vec<u8>)> {
        let mut records = Records::new(text, delimiter);
        let mut all = Vec::new();
        while let Some(record) = records.next().unwrap() {
            all.push((record.ends.to_vec(), record.bytes.to_vec()));
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// The records of the blocks are those of the text, wherever quotes are.
        #[test]
        fn blocks_are_whole_records(text in "[ab,;\"\r\n\u{feff}]{0,60}", delimiter in prop::sample::select(&b",;a\""[..]), size in 1_usize..20) {
            let mut blocks = Blocks { text: text.as_bytes(), delimiter, rest: Vec::new(), ended: false, size };
            let mut found = Vec::new();
            let mut bytes = Vec::new();
            while let Some(block) = blocks.next()? {
                prop_assert!(!block.is_empty());
                found.extend(records(&block, delimiter));
                bytes.extend(block);
            }
            prop_assert_eq!(bytes, text.as_bytes());
            prop_assert_eq!(found, records(text.as_bytes(), delimiter));
        }
    }
}
