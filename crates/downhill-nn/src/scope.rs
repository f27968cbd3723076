//! Where layers declare their parameters.

use downhill_autodiff::tensor::Layout;
use downhill_autodiff::{Shape, Tape, Tensor};

use crate::any::{Block, MAX_DEPTH};
use crate::{Buffer, Context, Error, Init, Layer, LayerSummary, Param, Params, Result};

/// Everything that building a network finds out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) layout: Layout,
    pub(crate) inits: Vec<Init>,
    /// What does not learn but belongs to the network.
    pub(crate) buffers: Layout,
    pub(crate) buffer_inits: Vec<Init>,
    pub(crate) layers: Vec<LayerSummary>,
    multiply_adds: usize,
}

/// Where one layer declares its parameters and builds the layers inside it.
#[derive(Debug)]
pub struct Scope<'a> {
    plan: &'a mut Plan,
    path: String,
    kind: String,
    /// The shape of one sample of the layer's input.
    input: Shape,
    depth: usize,
}

/// The most elements that a sample or θ may have: what fits into memory in the largest number type.
const MAX_ELEMENTS: usize = isize::MAX as usize / 16;

/// Whether a sample, or a part of one where an axis is empty, has more elements than memory can hold.
fn is_too_large(sample: Shape) -> bool {
    sample.iter().fold(1, |product: usize, &length| product.saturating_mul(length.max(1))) > MAX_ELEMENTS
}

/// Whether so many numbers of the smallest type could be made now. A mistyped size is an error then, and does not
/// end the program where they are made.
fn fits_into_memory(elements: usize) -> bool {
    let mut numbers = Vec::<f32>::new();
    let reserved = numbers.try_reserve_exact(elements);
    // Otherwise the compiler may leave out an allocation that nobody uses, and take it for one that succeeds.
    std::hint::black_box(&numbers);
    reserved.is_ok()
}

impl<'a> Scope<'a> {
    pub(crate) fn root(plan: &'a mut Plan) -> Scope<'a> {
        Scope { plan, path: String::new(), kind: String::new(), input: Shape::SCALAR, depth: 0 }
    }

    fn name(&self, of: &str) -> String {
        if self.path.is_empty() { of.to_string() } else { format!("{}.{of}", self.path) }
    }

    /// Declares a parameter of this layer.
    ///
    /// # Errors
    /// [`Error::DuplicateName`]; [`Error::Build`] if the initialiser does not fit the shape, or the
    /// parameters become too large for the memory.
    pub fn parameter(&mut self, name: &str, shape: impl Into<Shape>, init: Init) -> Result<Param> {
        let shape = shape.into();
        let name = self.new_name("parameter", name, shape, init)?;
        let part = self.plan.layout.parts().len();
        self.plan.layout.push(name, shape, true);
        self.plan.inits.push(init);
        Ok(Param { part })
    }

    /// Declares what this layer's products cost for one sample, in multiply-adds: for the summary.
    pub fn multiply_adds(&mut self, count: usize) {
        self.plan.multiply_adds = self.plan.multiply_adds.saturating_add(count);
    }

    /// What a layer that has been built in a container costs.
    pub(crate) fn multiply_adds_of(&self, block: &Block) -> usize {
        self.plan.layers.get(block.section).map_or(0, |layer| layer.multiply_adds)
    }

    /// Declares a buffer of this layer: numbers that do not learn but belong to the network as its parameters do, such
    /// as running statistics. [`Context::buffer`] reads it, [`Context::set_buffer`] gives it another value.
    ///
    /// # Errors
    /// As [`parameter`](Scope::parameter): names are unique over both.
    pub fn buffer(&mut self, name: &str, shape: impl Into<Shape>, init: Init) -> Result<Buffer> {
        let shape = shape.into();
        let name = self.new_name("buffer", name, shape, init)?;
        let part = self.plan.buffers.parts().len();
        self.plan.buffers.push(name, shape, false);
        self.plan.buffer_inits.push(init);
        Ok(Buffer { part })
    }

    /// The full name of something that may be declared.
    fn new_name(&self, what: &str, name: &str, shape: Shape, init: Init) -> Result<String> {
        let name = self.name(name);
        if self.plan.layout.part(&name).is_some() || self.plan.buffers.part(&name).is_some() {
            return Err(Error::DuplicateName { name });
        }
        let refuse = |reason| self.refuse(self.input, format!("{what} {name} {shape}: {reason}"));
        init.check(shape).map_err(refuse)?;
        let there = self.plan.layout.len().saturating_add(self.plan.buffers.len());
        let elements = there.saturating_add(shape.elements());
        if elements > MAX_ELEMENTS {
            return Err(refuse("it is too large".into()));
        }
        if !fits_into_memory(elements) {
            return Err(refuse(format!("there is no memory for {elements} numbers")));
        }
        Ok(name)
    }

    /// Builds a layer inside this one under a name, and answers the shape of one sample of its output: how
    /// a layer of one's own is made of others.
    ///
    /// ```
    /// use downhill_nn::autodiff::{Shape, Var};
    /// use downhill_nn::{Context, Layer, Linear, Network, Result, Scalar, Scope};
    ///
    /// /// A gated linear unit: (x·Vᵀ + c) ⊙ σ(x·Wᵀ + b).
    /// #[derive(Clone)]
    /// struct Glu {
    ///     value: Linear,
    ///     gate: Linear,
    /// }
    ///
    /// impl Layer for Glu {
    ///     fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
    ///         scope.child("value", &mut self.value, input)?;
    ///         scope.child("gate", &mut self.gate, input)
    ///     }
    ///
    ///     fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    ///         self.value.forward(cx, x) * self.gate.forward(cx, x).sigmoid()
    ///     }
    /// }
    ///
    /// let glu = Network::build(Glu { value: Linear::new(3), gate: Linear::new(3) }, [5])?;
    /// assert_eq!(glu.layout().parts()[2].name, "gate.weight");
    /// # Ok::<(), downhill_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the layer cannot take this input, or layers are nested too deep.
    pub fn child(&mut self, name: &str, layer: &mut impl Layer, input: Shape) -> Result<Shape> {
        let path = if name.is_empty() { self.path.clone() } else { self.name(name) };
        let kind = layer.kind();
        let place = self.plan.layers.len();
        let (first, multiply_adds) = (self.plan.layout.parts().len(), self.plan.multiply_adds);
        self.plan.layers.push(LayerSummary::new(&path, &kind));
        let mut scope = Scope { plan: self.plan, path, kind, input, depth: self.depth + 1 };
        if self.depth >= MAX_DEPTH {
            return Err(scope.refuse(input, format!("layers are nested more than {MAX_DEPTH} deep")));
        }
        let output = layer.build(&mut scope, input)?;
        if is_too_large(output) {
            return Err(scope.refuse(input, format!("it makes that {output}, which is too large")));
        }
        if !fits_into_memory(output.elements()) {
            return Err(
                scope.refuse(input, format!("there is no memory for the {output} that it makes of that"))
            );
        }
        let own = &self.plan.layout.parts()[first..];
        let parameters = own.iter().map(|part| part.shape.elements()).sum();
        let inner = self.plan.layers.len() - place - 1;
        let multiply_adds = self.plan.multiply_adds - multiply_adds;
        let summary = &mut self.plan.layers[place];
        summary.multiply_adds = multiply_adds;
        (summary.output, summary.parameters, summary.inner) = (output, parameters, inner);
        Ok(output)
    }

    /// Builds a layer in a container, which remembers its place for errors.
    pub(crate) fn block(&mut self, name: &str, block: &mut Block, input: Shape) -> Result<Shape> {
        block.section = self.plan.layers.len();
        self.child(name, &mut *block.layer, input)
    }

    /// The error that says why this layer cannot take input of a shape.
    pub fn refuse(&self, input: Shape, reason: impl Into<String>) -> Error {
        let layer = LayerSummary::new(&self.path, &self.kind).to_string();
        Error::Build { layer, input: Box::new(input), reason: reason.into() }
    }

    /// The shape of one sample of a layer's output, found by running it on a batch of no samples.
    ///
    /// # Errors
    /// [`Error::Build`] if the layer cannot take this input, or does not keep the batch axis.
    pub fn output_of<L: Layer>(&self, layer: &L, input: Shape) -> Result<Shape> {
        if is_too_large(input) {
            return Err(self.refuse(input, "that is too large"));
        }
        let batch = input.prepend(0).map_err(|error| self.refuse(input, error.to_string()))?;
        let tape = Tape::<f32>::inference();
        let params =
            Params::new(Tensor::vector([]), Layout::default(), Tensor::vector([]), Layout::default());
        let cx = Context::new(&tape, &params, None);
        let output = layer.forward(&cx, tape.constant(Tensor::zeros(batch))).value();
        let output = output.map_err(|error| self.refuse(input, error.to_string()))?.shape();
        match output.first() {
            Some(0) => Ok(output.sample()),
            _ => Err(self.refuse(
                input,
                format!("a batch of 0 samples becomes {output}: the batch axis must stay first"),
            )),
        }
    }
}
