//! A network's layers as a table.

use std::fmt;

use downhill_autodiff::Shape;

/// What building a network found out about one of its layers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LayerSummary {
    /// Its path of names from the outermost layer: `3.body.0`; empty for the outermost.
    pub path: String,
    /// What kind of layer it is.
    pub kind: String,
    /// The shape of one sample of its output.
    pub output: Shape,
    /// The number of its parameters, those of the layers inside it included.
    pub parameters: usize,
    /// The multiply-adds of its matrix products, convolutions and attention for one sample forward, those of the
    /// layers inside it included.
    pub multiply_adds: usize,
    /// The number of layers inside it; they follow it.
    pub inner: usize,
}

impl LayerSummary {
    pub(crate) fn new(path: &str, kind: &str) -> LayerSummary {
        LayerSummary {
            path: path.into(),
            kind: kind.into(),
            output: Shape::SCALAR,
            parameters: 0,
            multiply_adds: 0,
            inner: 0,
        }
    }
}

impl fmt::Display for LayerSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.kind)
        } else {
            write!(f, "{} ({})", self.path, self.kind)
        }
    }
}

/// A table of a network's layers: path, kind, output shape, parameters and multiply-adds. A layer made of others
/// has a row for what is its own, if there is such a thing.
/// `Display` prints it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The layers, each before those inside it.
    pub layers: Vec<LayerSummary>,
    /// The shape of one sample of the input.
    pub input: Shape,
    /// The number of parameters.
    pub parameters: usize,
    /// How many of them learn.
    pub trainable: usize,
}

impl Summary {
    /// The parameters and the multiply-adds of a layer that are none of the layers' inside it.
    fn own(&self, place: usize) -> [usize; 2] {
        let LayerSummary { mut parameters, mut multiply_adds, inner, .. } = self.layers[place];
        let (mut next, end) = (place + 1, place + 1 + inner);
        while next < end {
            let inside = &self.layers[next];
            parameters -= inside.parameters;
            multiply_adds -= inside.multiply_adds;
            next += 1 + inside.inner;
        }
        [parameters, multiply_adds]
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let batch = |shape: &Shape| {
            let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
            format!("[{}]", std::iter::once("n".to_string()).chain(lengths).collect::<Vec<_>>().join(", "))
        };
        let titles = ["layer", "kind", "output", "parameters", "multiply-adds"];
        let mut rows = vec![titles.map(String::from)];
        rows.push(["input".into(), String::new(), batch(&self.input), String::new(), String::new()]);
        for (place, layer) in self.layers.iter().enumerate() {
            let [parameters, multiply_adds] = self.own(place);
            // The row of a container without numbers of its own would only repeat what its layers say.
            if layer.inner == 0 || parameters > 0 || multiply_adds > 0 {
                let output = batch(&layer.output);
                let numbers = [parameters, multiply_adds].map(|number| number.to_string());
                let [parameters, multiply_adds] = numbers;
                rows.push([layer.path.clone(), layer.kind.clone(), output, parameters, multiply_adds]);
            }
        }
        let widths: [usize; 5] = std::array::from_fn(|column| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        });
        for (i, row) in rows.iter().enumerate() {
            let [a, b, c, d, e] = widths;
            let [path, kind, output, parameters, multiply_adds] = row;
            let line = format!("{path:<a$}  {kind:<b$}  {output:<c$}  {parameters:>d$}  {multiply_adds:>e$}");
            writeln!(f, "{}", line.trim_end())?;
            if i == 0 {
                writeln!(f, "{}", "─".repeat(a + b + c + d + e + 8))?;
            }
        }
        let multiply_adds = self.layers.first().map_or(0, |outermost| outermost.multiply_adds);
        let Summary { parameters, trainable, .. } = self;
        write!(f, "{parameters} parameters, {trainable} trainable; {multiply_adds} multiply-adds a sample")
    }
}
