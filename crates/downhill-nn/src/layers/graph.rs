//! Layers in any order that has no circles.

use downhill_autodiff::{Shape, Var};
use serde::{Deserialize, Serialize};

use super::join::{Join, with_room};
use crate::any::Block;
use crate::{AnyLayer, Context, Layer, LayerView, Result, Scalar, Scope};

/// A value inside a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node(usize);

/// Layers in any order that has no circles, with one or several inputs and outputs.
///
/// The values are made one after the other, each of values before it. A layer's parameters are named by
/// the name that it is given.
///
/// **Several inputs**: a sample is then a row of numbers, and the inputs are its parts in the order in which
/// they were asked for. **Several outputs**: each is made a row, and the rows are joined; the loss
/// [`Parts`](crate::loss::Parts) takes such a row apart again. So data sets, the training loop and model files
/// are those of any network.
///
/// ```
/// use downhill_nn::{Activation, Graph, Linear, Network};
///
/// // Two inputs, which go through the same kind of tower and meet.
/// let mut graph = Graph::new();
/// let (left, right) = (graph.input([4]), graph.input([2]));
/// let left = graph.layer("left", Linear::new(8), left);
/// let right = graph.layer("right", Linear::new(8), right);
/// let both = graph.concat(0, [left, right]);
/// let both = graph.layer("relu", Activation::Relu, both);
/// let class = graph.layer("class", Linear::new(3), both);
/// let size = graph.layer("size", Linear::new(1), both);
/// let network = Network::build(graph.outputs([class, size]), [6])?;
/// assert_eq!(network.output(), [4]);
/// # Ok::<(), downhill_nn::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Graph {
    steps: Vec<Step>,
    outputs: Vec<usize>,
    /// The shape of a sample of each value.
    #[serde(skip)]
    shapes: Vec<Shape>,
}

/// How a value is made.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Step {
    /// A part of the sample.
    Input(Shape),
    /// By a layer of a value before.
    Layer { name: String, layer: Block, from: usize },
    /// Of several values before.
    Join { join: Join, from: Vec<usize> },
    /// By the layer of a step before, with the same parameters, of a value before.
    Again { step: usize, from: usize },
    /// By the vectors of the embedding of a step before, of a value before.
    Scores { step: usize, from: usize },
}

impl Graph {
    /// No values yet.
    pub fn new() -> Graph {
        Graph::default()
    }

    fn push(&mut self, step: Step) -> Node {
        self.steps.push(step);
        Node(self.steps.len() - 1)
    }

    /// An input whose samples have this shape.
    pub fn input(&mut self, shape: impl Into<Shape>) -> Node {
        self.push(Step::Input(shape.into()))
    }

    /// What a layer of this name makes of a value.
    pub fn layer(&mut self, name: impl Into<String>, layer: impl Layer, from: Node) -> Node {
        self.push(Step::Layer { name: name.into(), layer: Block::new(layer), from: from.0 })
    }

    /// What the layer that made `made` makes of another value of the same shape, with the same parameters: the towers of a
    /// siamese network (Bromley et al. 1993), for one.
    pub fn again(&mut self, made: Node, from: Node) -> Node {
        self.push(Step::Again { step: made.0, from: from.0 })
    }

    /// The score of each token by the vectors of the [`Embedding`](crate::Embedding) that made `embedded`: x·Wᵀ. An output layer
    /// that shares its weights with the embedding (Press & Wolf 2017).
    pub fn scores(&mut self, embedded: Node, from: Node) -> Node {
        self.push(Step::Scores { step: embedded.0, from: from.0 })
    }

    /// Values joined along an axis of the sample: 0 is the one behind the batch.
    pub fn concat(&mut self, axis: usize, parts: impl IntoIterator<Item = Node>) -> Node {
        self.join(Join::Concat { axis }, parts)
    }

    /// The sum of values of one shape.
    pub fn sum(&mut self, parts: impl IntoIterator<Item = Node>) -> Node {
        self.join(Join::Sum, parts)
    }

    /// The product, element by element, of values of one shape.
    pub fn product(&mut self, parts: impl IntoIterator<Item = Node>) -> Node {
        self.join(Join::Product, parts)
    }

    fn join(&mut self, join: Join, parts: impl IntoIterator<Item = Node>) -> Node {
        let from = parts.into_iter().map(|node| node.0).collect();
        self.push(Step::Join { join, from })
    }

    /// The graph whose output is this value.
    #[must_use]
    pub fn output(self, node: Node) -> Graph {
        self.outputs([node])
    }

    /// The graph whose output is a row of these values, each made a row itself. A single one keeps its shape.
    #[must_use]
    pub fn outputs(mut self, nodes: impl IntoIterator<Item = Node>) -> Graph {
        self.outputs = nodes.into_iter().map(|node| node.0).collect();
        self
    }

    fn inputs(&self) -> impl Iterator<Item = Shape> + '_ {
        self.steps.iter().filter_map(|step| match step {
            Step::Input(shape) => Some(*shape),
            _ => None,
        })
    }

    /// The shape of the value that a step reads: one before it.
    fn before(&self, from: usize) -> Result<Shape, String> {
        self.shapes.get(from).copied().ok_or_else(|| "it uses a value of another graph".into())
    }

    /// The layer of a step before, and the shape of its input.
    fn layer_before(&self, step: usize, place: usize) -> Result<(&AnyLayer, Shape), String> {
        match self.steps.get(step).filter(|_| step < place) {
            Some(Step::Layer { layer, from, .. }) => Ok((&layer.layer, self.before(*from)?)),
            _ => Err("what it uses again was not made by a layer of this graph".into()),
        }
    }

    /// The shape of the scores of an embedding's tokens.
    fn shape_of_scores(&self, step: usize, from: usize, place: usize) -> Result<Shape, String> {
        let (layer, _) = self.layer_before(step, place)?;
        let LayerView::Embedding(embedding) = layer.view() else {
            return Err(format!("it wants scores by an embedding, not by a {layer:?}"));
        };
        let (shape, width) = (self.before(from)?, embedding.width());
        match shape.last() {
            Some(&last) if last == width => Ok(shape.with(shape.len() - 1, embedding.tokens())),
            _ => Err(format!(
                "scores by vectors of {width} numbers need as many along the last axis, not {shape}"
            )),
        }
    }

    fn shape_of_output(&self) -> Result<Shape, String> {
        let shapes: Result<Vec<Shape>, String> =
            self.outputs.iter().map(|&output| self.before(output)).collect();
        match shapes?[..] {
            [] => Err("it has no output".into()),
            [shape] => Ok(shape),
            ref several => {
                let lengths = several.iter().map(|shape| shape.elements());
                Ok([lengths.fold(0, usize::saturating_add)].into())
            }
        }
    }
}

impl Layer for Graph {
    fn into_any(self) -> AnyLayer {
        self.into()
    }

    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        let inputs = self.inputs().count();
        let wanted = self.inputs().map(|shape| shape.elements()).fold(0, usize::saturating_add);
        if inputs == 0 {
            return Err(scope.refuse(input, "it has no input"));
        }
        if wanted != input.elements() {
            let reason = format!("its inputs take {wanted} numbers, this has {}", input.elements());
            return Err(scope.refuse(input, reason));
        }
        self.shapes.clear();
        for place in 0..self.steps.len() {
            let shape = match &self.steps[place] {
                Step::Input(shape) => Ok(*shape),
                Step::Layer { from, .. } => self.before(*from),
                Step::Join { join, from } => {
                    let parts: Result<Vec<Shape>, String> =
                        from.iter().map(|&from| self.before(from)).collect();
                    parts.and_then(|parts| join.shape(&parts))
                }
                Step::Again { step, from } => {
                    let first = self.layer_before(*step, place);
                    first.and_then(|(_, first)| match self.before(*from)? {
                        second if second == first => Ok(self.shapes[*step]),
                        second => Err(format!("a layer made for {first} is to be used again on {second}")),
                    })
                }
                Step::Scores { step, from } => self.shape_of_scores(*step, *from, place),
            };
            let mut shape = shape.map_err(|reason| scope.refuse(input, reason))?;
            match &mut self.steps[place] {
                Step::Layer { name, layer, .. } => shape = scope.block(name, layer, shape)?,
                &mut Step::Again { step, .. } => {
                    if let Step::Layer { layer, .. } = &self.steps[step] {
                        scope.multiply_adds(scope.multiply_adds_of(layer));
                    }
                }
                Step::Scores { from, .. } => {
                    let width = self.shapes[*from].last().copied().unwrap_or(0);
                    scope.multiply_adds(shape.elements().saturating_mul(width));
                }
                Step::Input(_) | Step::Join { .. } => {}
            }
            self.shapes.push(shape);
        }
        self.shape_of_output().map_err(|reason| scope.refuse(input, reason))
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let batch = x.shape().first().copied().unwrap_or(0);
        let row = |x: Var<'t, T>| {
            let elements = x.shape().elements().checked_div(batch).unwrap_or(x.shape().sample().elements());
            x.reshape([batch, elements])
        };
        let with_batch = |x: Var<'t, T>, sample: Shape| match sample.prepend(batch) {
            Ok(shape) => x.reshape(shape),
            Err(error) => x.tape().fail("graph", vec![sample], error),
        };
        let single = self.inputs().count() == 1;
        let mut start = 0;
        with_room(self.steps.len(), x, |values| {
            for (place, step) in self.steps.iter().enumerate() {
                values[place] = match step {
                    Step::Input(shape) if single => with_batch(x, *shape),
                    Step::Input(shape) => {
                        let end = start + shape.elements();
                        let part = row(x).slice(1, start..end, 1);
                        start = end;
                        with_batch(part, *shape)
                    }
                    Step::Layer { layer, from, .. } => layer.forward(cx, values[*from]),
                    Step::Again { step, from } => match &self.steps[*step] {
                        Step::Layer { layer, .. } => layer.forward(cx, values[*from]),
                        _ => x,
                    },
                    Step::Scores { step, from } => match &self.steps[*step] {
                        Step::Layer { layer: Block { layer, .. }, .. } => match layer.view() {
                            LayerView::Embedding(embedding) => embedding.scores(cx, values[*from]),
                            _ => x,
                        },
                        _ => x,
                    },
                    Step::Join { join, from } => with_room(from.len(), x, |parts| {
                        for (part, &from) in parts.iter_mut().zip(from) {
                            *part = values[from];
                        }
                        join.forward(parts)
                    }),
                };
            }
            match self.outputs[..] {
                [output] => values[output],
                ref several => with_room(several.len(), x, |rows| {
                    for (place, &output) in rows.iter_mut().zip(several) {
                        *place = row(values[output]);
                    }
                    Join::Concat { axis: 0 }.forward(rows)
                }),
            }
        })
    }
}
