//! A layer whose shapes have been checked.

use downhill_autodiff::tensor::Part;
use downhill_autodiff::tensor::random::generator;
use downhill_autodiff::{Error as TapeError, Real, Shape, Tape, Tensor, Var};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::any::{AnyLayer, Block};
use crate::scope::{Plan, Scope};
use crate::{Context, Error, Init, Layer, Layout, Params, Predictor, Result, Scalar, Summary};

/// A layer built for an input shape: every shape checked, every parameter named. It holds no numbers;
/// [`init`](Network::init) makes them.
#[derive(Debug, Clone)]
pub struct Network {
    root: Block,
    input: Shape,
    output: Shape,
    plan: Plan,
}

impl Network {
    /// Builds a layer for samples of this shape (without the batch axis).
    ///
    /// # Errors
    /// [`Error::Build`] naming the first layer that cannot take its input, before any number is computed.
    pub fn build(layer: impl Layer, input: impl Into<Shape>) -> Result<Network> {
        let (mut root, input, mut plan) = (Block::new(layer), input.into(), Plan::default());
        let output = Scope::root(&mut plan).block("", &mut root, input)?;
        Ok(Network { root, input, output, plan })
    }

    /// The shape of one sample of the input.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The shape of one sample of the output.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// The names, shapes and places of the parameters.
    pub fn layout(&self) -> &Layout {
        &self.plan.layout
    }

    /// The names, shapes and places of the buffers, which do not learn.
    pub fn buffer_layout(&self) -> &Layout {
        &self.plan.buffers
    }

    /// The layer it was built from.
    pub fn layer(&self) -> &AnyLayer {
        &self.root.layer
    }

    /// Random parameters by each layer's initialisers. Every parameter has a generator of its own,
    /// seeded by `seed` and its place, and is drawn in `f64`: the same seed gives the same numbers up to
    /// rounding in every number type.
    pub fn init<T: Real>(&self, seed: u64) -> Params<T> {
        let Plan { layout, inits, buffers, buffer_inits, .. } = &self.plan;
        let draw = |layout: &Layout, inits: &[Init], first: usize| {
            let mut numbers = Vec::with_capacity(layout.len());
            for (i, (part, init)) in layout.parts().iter().zip(inits).enumerate() {
                let mut rng = generator(seed, (first + i) as u64);
                numbers.extend(init.draw(part.shape, &mut rng).into_iter().map(T::of));
            }
            Tensor::vector(numbers)
        };
        let theta = draw(layout, inits, 0);
        Params::new(theta, layout.clone(), draw(buffers, buffer_inits, inits.len()), buffers.clone())
    }

    /// Runs the network on a batch `[n, …]` already on a tape. With a `seed`, layers such as dropout
    /// behave as in training.
    ///
    /// Errors wait on the tape; [`locate`](Network::locate) names the layer in them.
    pub fn forward<'t, T: Scalar>(
        &self,
        tape: &'t Tape<T>,
        params: &'t Params<T>,
        x: Var<'t, T>,
        seed: Option<u64>,
    ) -> Var<'t, T> {
        let cx = Context::new(tape, params, seed);
        self.root.within(&cx, || T::forward(&self.root.layer, &cx, x, None))
    }

    /// The output for a batch `[n, …]`.
    ///
    /// # Errors
    /// [`Error::Input`] if the samples' shape is not [`input`](Network::input);
    /// [`Error::Layer`] if a layer fails.
    pub fn predict<T: Scalar>(&self, params: &Params<T>, x: &Tensor<T>) -> Result<Tensor<T>> {
        self.predict_on(&Tape::inference(), params, x)
    }

    /// What many predictions by the same parameters are fastest with.
    pub fn predictor<'a, T: Scalar>(&'a self, params: &'a Params<T>) -> Predictor<'a, T> {
        Predictor::new(self, params)
    }

    /// The output for a batch, computed on an [inference tape](Tape::inference) that is used again and
    /// again: clear it after each call and it allocates nothing.
    ///
    /// # Errors
    /// As [`predict`](Network::predict).
    pub fn predict_on<T: Scalar>(
        &self,
        tape: &Tape<T>,
        params: &Params<T>,
        x: &Tensor<T>,
    ) -> Result<Tensor<T>> {
        self.check_input(x.shape())?;
        let y = self.forward(tape, params, tape.constant(x.clone()), None);
        y.value().map_err(|error| self.locate(error))
    }

    /// Checks that a shape is that of a batch of this network's samples.
    ///
    /// # Errors
    /// [`Error::Input`].
    pub fn check_input(&self, batch: Shape) -> Result<()> {
        if batch.is_empty() || batch.sample() != self.input {
            return Err(Error::Input { expected: Box::new(self.input), given: Box::new(batch) });
        }
        Ok(())
    }

    /// Checks that parameters are those of this network: the same names, places and shapes.
    ///
    /// # Errors
    /// [`Error::OtherParameters`].
    pub fn check_params<T: Real>(&self, params: &Params<T>) -> Result<()> {
        let (own, given) = ([self.layout(), self.buffer_layout()], [params.layout(), params.buffer_layout()]);
        let same = |(a, b): (&Part, &Part)| a.name == b.name && a.start == b.start && a.shape == b.shape;
        let fits = |(own, given): (&Layout, &Layout)| {
            own.parts().len() == given.parts().len() && own.parts().iter().zip(given.parts()).all(same)
        };
        let lengths = [params.len(), params.buffers().len()] == own.map(Layout::len);
        if lengths && own.into_iter().zip(given).all(fits) {
            return Ok(());
        }
        let names = |layouts: [&Layout; 2]| {
            let parts = layouts.into_iter().flat_map(Layout::parts);
            parts.map(Part::to_string).collect::<Vec<_>>().join(", ")
        };
        Err(Error::OtherParameters { expected: names(own), given: names(given) })
    }

    /// Names the layer in an error of a tape that this network ran on.
    pub fn locate(&self, error: TapeError) -> Error {
        match error.section().and_then(|section| self.plan.layers.get(section)) {
            Some(layer) => Error::Layer { layer: layer.to_string(), source: Box::new(error) },
            None => Error::Tape(error),
        }
    }

    /// The name of the layer that computed the first value on a tape that is not finite, and the
    /// operation in it.
    pub fn first_not_finite<T: Scalar>(&self, tape: &Tape<T>) -> Option<String> {
        let (section, operation) = tape.first_not_finite()?;
        let layer = section.and_then(|section| self.plan.layers.get(section));
        Some(layer.map_or_else(|| operation.to_string(), |layer| format!("{layer}, {operation}")))
    }

    /// Checks, after a backward pass, that a derivative reached every parameter that learns.
    ///
    /// # Errors
    /// [`Error::Unreached`] naming the first one.
    pub fn check_reached<T: Real>(
        &self,
        params: &Params<T>,
        gradients: &downhill_autodiff::Gradients<'_, T>,
    ) -> Result<()> {
        let missed =
            |part: &&Part| part.trainable && part.shape.elements() > 0 && !gradients.reached(part.start);
        match params.layout().parts().iter().find(missed) {
            Some(part) => Err(Error::Unreached { name: part.name.clone() }),
            None => Ok(()),
        }
    }

    /// A table of the layers with their output shapes and parameters.
    pub fn summary<T: Real>(&self, params: &Params<T>) -> Summary {
        let layers = self.plan.layers.clone();
        let trainable = params.layout().trainable_len();
        Summary { layers, input: self.input, parameters: params.len(), trainable }
    }
}

/// A network is saved as its layer and its input shape, and built again when loaded.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Network")]
struct Saved {
    layer: AnyLayer,
    input: Shape,
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Saved { layer: (*self.root.layer).clone(), input: self.input }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Network, D::Error> {
        let Saved { layer, input } = Saved::deserialize(deserializer)?;
        Network::build(layer, input).map_err(de::Error::custom)
    }
}
