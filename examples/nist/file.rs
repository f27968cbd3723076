//! NIST's file format of nonlinear regression problems.

use std::ops::Range;

use downhill::prelude::Tensor;

use crate::formula::Formula;

/// A problem: a model, data, two starts, and the certified answer.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) name: String,
    /// NIST's judgement of its difficulty.
    pub(crate) level: String,
    /// What the model is to be equal to: a formula of the response.
    pub(crate) response: Formula,
    pub(crate) model: Formula,
    /// The names of the parameters, `b1`, `b2`, ….
    pub(crate) parameters: Vec<String>,
    pub(crate) starts: [Vec<f64>; 2],
    pub(crate) certified: Vec<f64>,
    pub(crate) certified_squares: f64,
    /// Each column with its name; the response is the first.
    pub(crate) columns: Vec<(String, Tensor<f64>)>,
}

impl Problem {
    /// Reads a file's text.
    pub(crate) fn parse(text: &str) -> Result<Problem, String> {
        let lines: Vec<&str> = text.lines().collect();
        let named = |key: &str| {
            let line = lines.iter().find_map(|line| line.trim_start().strip_prefix(key));
            line.ok_or_else(|| format!("there is no line `{key}`"))
        };
        let name = named("Dataset Name:")?.split_whitespace().next().unwrap_or_default().to_owned();
        let level = lines.iter().find_map(|line| line.trim().strip_suffix("Level of Difficulty"));

        let (model, response) = statements(&lines)?;
        let (mut parameters, mut starts, mut certified) = (Vec::new(), [Vec::new(), Vec::new()], Vec::new());
        for (number, line) in within(&lines, "Starting Values")? {
            // Of those with an equal sign: name, two starts, certified value, its deviation.
            let Some((name, values)) = line.split_once('=') else { continue };
            let values = numbers(number, values)?;
            let [first, second, value, ..] = values[..] else {
                return Err(format!("line {number}: two starts and a certified value are expected"));
            };
            parameters.push(name.trim().to_owned());
            starts[0].push(first);
            starts[1].push(second);
            certified.push(value);
        }
        let certified_squares = numbers(0, named("Residual Sum of Squares:")?)?;
        let &[certified_squares] = &certified_squares[..] else {
            return Err("the residual sum of squares is expected to be one number".into());
        };

        // The last line of this kind stands over the data; the first one says what they are.
        let header = lines.iter().rev().find_map(|line| line.trim_start().strip_prefix("Data:"));
        let names: Vec<&str> = header.unwrap_or_default().split_whitespace().collect();
        let mut columns = vec![Vec::new(); names.len()];
        for (number, line) in within(&lines, "Data")? {
            let row = numbers(number, line)?;
            if row.is_empty() || row.len() != names.len() {
                let (found, expected) = (row.len(), names.len());
                return Err(format!("line {number}: {expected} numbers are expected, {found} are there"));
            }
            columns.iter_mut().zip(row).for_each(|(column, x)| column.push(x));
        }
        let columns = names.iter().map(|&name| name.to_owned()).zip(columns.into_iter().map(Tensor::vector));
        let columns = columns.collect();
        let level = level.unwrap_or_default().trim().to_lowercase();
        Ok(Problem {
            name,
            level,
            response,
            model,
            parameters,
            starts,
            certified,
            certified_squares,
            columns,
        })
    }
}

/// The lines that the table of contents says hold this, with their numbers from 1.
fn within<'t>(lines: &[&'t str], what: &str) -> Result<Vec<(usize, &'t str)>, String> {
    let entry = lines.iter().find_map(|line| {
        let rest = line.trim_start().trim_start_matches("File Format:").trim_start_matches(" ASCII");
        let range = rest.trim_start().strip_prefix(what)?.trim().strip_prefix("(lines")?.strip_suffix(')')?;
        let (first, last) = range.split_once("to")?;
        Some(first.trim().parse().ok()?..last.trim().parse::<usize>().ok()? + 1)
    });
    let range: Range<usize> = entry.ok_or_else(|| format!("the file does not say where its {what} are"))?;
    let found = range.map(|number| lines.get(number.wrapping_sub(1)).map(|line| (number, *line)));
    found.collect::<Option<_>>().ok_or_else(|| format!("the file ends before its {what}"))
}

/// The model, and what it is to be equal to.
fn statements(lines: &[&str]) -> Result<(Formula, Formula), String> {
    let model = lines.iter().skip_while(|line| !line.starts_with("Model:")).skip(1);
    let model = model.take_while(|line| !line.contains("Starting"));
    let mut statements: Vec<String> = Vec::new();
    for line in model.filter(|line| !line.contains("Parameters") && !line.trim().is_empty()) {
        match statements.last_mut() {
            Some(last) if !line.contains('=') => last.extend([" ", line.trim()]),
            _ => statements.push(line.trim().to_owned()),
        }
    }
    // Others, such as the value of pi, are known.
    let statement = statements.last().ok_or("there is no model")?;
    let (response, model) = statement.split_once('=').ok_or_else(|| format!("`{statement}` is no model"))?;
    // Without the error e.
    let model = model.trim_end().strip_suffix('e').and_then(|model| model.trim_end().strip_suffix('+'));
    let model = model.ok_or_else(|| format!("`{statement}` does not end in `+ e`"))?;
    Ok((Formula::parse(model)?, Formula::parse(response)?))
}

fn numbers(line: usize, text: &str) -> Result<Vec<f64>, String> {
    let parse = |word: &str| word.parse().map_err(|_| format!("line {line}: `{word}` is no number"));
    text.split_whitespace().map(parse).collect()
}
