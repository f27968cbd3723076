//! What a training is made of: the file `--config` reads and `--print-config` writes.

mod layers;
mod optimizer;
mod schedule;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub(crate) use layers::{ACTIVATIONS, LayerConfig, activation};
pub(crate) use optimizer::{OPTIMIZERS, OptimizerConfig};
pub(crate) use schedule::{SCHEDULES, ScheduleConfig};

use crate::arguments::TrainingArguments;
use crate::error::{Error, Result};
use crate::task::Cut;

/// Everything that decides what a training on given data makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The seed of everything random.
    pub(crate) seed: u64,
    /// The most epochs.
    pub(crate) epochs: usize,
    /// The samples of a step.
    pub(crate) batch_size: usize,
    /// Epochs without a lower loss on the validation part until training stops; 0 to never stop early.
    pub(crate) patience: usize,
    /// The share of the rows that is kept for the test, where no test set is given.
    pub(crate) test: f64,
    /// The share of the training rows that training is watched on.
    pub(crate) validation: f64,
    /// What the inputs go through first.
    pub(crate) scale: Scale,
    /// The loss; by default cross-entropy for classes and squared errors for values.
    pub(crate) loss: LossConfig,
    /// The shape of a sample, such as `[1, 28, 28]` for an image, if the data have it as a row.
    pub(crate) input: Vec<usize>,
    /// The layers, without the last one, whose size follows from the target.
    pub(crate) layers: Vec<LayerConfig>,
    /// How θ moves.
    pub(crate) optimizer: OptimizerConfig,
    /// How the rate of learning changes.
    pub(crate) schedule: ScheduleConfig,
}

/// What the inputs go through first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scale {
    /// Mean 0 and standard deviation 1, feature by feature
    Standardize,
    /// 0 to 1, feature by feature
    MinMax,
    /// As they are
    None,
}

/// The loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LossConfig {
    /// Cross-entropy for classes, squared errors for values.
    Auto,
    /// Cross-entropy with this much of the target spread over all classes.
    LabelSmoothing(f64),
    /// Absolute errors.
    L1,
    /// Squared errors up to this size, absolute errors beyond.
    Huber(f64),
}

impl Default for Config {
    fn default() -> Config {
        Config {
            seed: 0,
            epochs: 200,
            batch_size: 32,
            patience: 20,
            test: 0.2,
            validation: 0.15,
            scale: Scale::Standardize,
            loss: LossConfig::Auto,
            input: Vec::new(),
            layers: layers::perceptron(&[64, 32], LayerConfig::Relu, 0.0),
            optimizer: OptimizerConfig::default(),
            schedule: ScheduleConfig::default(),
        }
    }
}

impl Config {
    /// The defaults, changed by the file and then by the flags. A training that goes on does so as it began, if no
    /// file is named.
    pub(crate) fn new(arguments: &TrainingArguments, begun: Option<&Path>) -> Result<Config> {
        let shape =
            arguments.hidden.is_some() || arguments.activation.is_some() || arguments.dropout.is_some();
        if shape && arguments.config.is_some() {
            let message = "--hidden, --activation and --dropout contradict the layers of --config";
            return Err(Error::Usage(message.into()));
        }
        let mut config = match arguments.config.as_deref().or(begun) {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        config.change(arguments)?;
        config.check()?;
        Ok(config)
    }

    fn read(path: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
        Config::from_toml(&text, &path.display().to_string())
    }

    /// Reads a text; `name` stands for it in error messages.
    pub(crate) fn from_toml(text: &str, name: &str) -> Result<Config> {
        toml::from_str(text)
            .map_err(|error| Error::Input(format!("{name}: {}", error.to_string().trim_end())))
    }

    /// Lets the flags that are given change it.
    fn change(&mut self, arguments: &TrainingArguments) -> Result<()> {
        fn set<V: Clone>(place: &mut V, flag: &Option<V>) {
            if let Some(value) = flag {
                *place = value.clone();
            }
        }
        set(&mut self.seed, &arguments.seed);
        set(&mut self.epochs, &arguments.epochs);
        set(&mut self.batch_size, &arguments.batch_size);
        set(&mut self.patience, &arguments.patience);
        set(&mut self.test, &arguments.test_share);
        set(&mut self.validation, &arguments.validation);
        set(&mut self.scale, &arguments.scale);
        set(&mut self.optimizer.name, &arguments.optimizer);
        set(&mut self.schedule.name, &arguments.schedule);
        for (place, flag) in [
            (&mut self.optimizer.rate, arguments.rate),
            (&mut self.optimizer.momentum, arguments.momentum),
            (&mut self.optimizer.weight_decay, arguments.weight_decay),
        ] {
            *place = flag.or(*place);
        }
        if arguments.hidden.is_some() || arguments.activation.is_some() || arguments.dropout.is_some() {
            let hidden = arguments.hidden.clone().unwrap_or_else(|| vec![64, 32]);
            let activation = arguments.activation.as_deref().map_or(Ok(LayerConfig::Relu), activation)?;
            // A single 0 is the way to write no hidden layer at all.
            let hidden: &[usize] = if hidden == [0] { &[] } else { &hidden };
            self.layers = layers::perceptron(hidden, activation, arguments.dropout.unwrap_or(0.0));
        }
        Ok(())
    }

    /// Checks what the library does not.
    fn check(&self) -> Result<()> {
        for (name, share, lowest) in
            [("the share of the test", self.test, 0.0), ("the share of the validation", self.validation, 0.0)]
        {
            if !(lowest..1.0).contains(&share) {
                return Err(Error::Input(format!("{name} must be at least 0 and below 1, got {share}")));
            }
        }
        self.optimizer.build::<f32>()?;
        self.schedule.check()
    }

    /// The layers as the file has them, in one line.
    pub(crate) fn layers_text(&self) -> Result<String> {
        let text = self.to_toml()?;
        Ok(text.lines().find_map(|line| line.strip_prefix("layers = ")).unwrap_or_default().to_owned())
    }

    /// How a test part is cut off.
    pub(crate) fn cut(&self) -> Cut {
        Cut { share: self.test, seed: self.seed }
    }

    /// The text of a file that says the same.
    pub(crate) fn to_toml(&self) -> Result<String> {
        toml::to_string(self)
            .map_err(|error| Error::Input(format!("this cannot be written as TOML: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read() {
        let mut config = Config { input: vec![1, 8, 8], loss: LossConfig::Huber(1.5), ..Config::default() };
        config.layers.push(LayerConfig::Residual(vec![LayerConfig::Linear(8), LayerConfig::LeakyRelu(0.1)]));
        config.optimizer = toml::from_str(
            "name = \"sgd\"\nweight_decay = 0.01\nsam = 0.05\nlookahead = { steps = 6 }\n\
             groups = [{ parts = \"0.*\", frozen = true }, { parts = \"*.bias\", rate = 2.0, weight_decay = 0.0 }]",
        )
        .unwrap();
        config.schedule = toml::from_str("name = \"multi-step\"\nmilestones = [0.1, 0.2]").unwrap();
        let text = config.to_toml().unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config, "{text}");
    }

    #[test]
    fn what_the_documentation_shows_is_read() {
        let text = include_str!("../../../../docs/config.md");
        let examples: Vec<&str> =
            text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert_eq!(examples.len(), 4);
        for example in &examples {
            Config::from_toml(example, "config.md")
                .unwrap()
                .check()
                .unwrap_or_else(|error| panic!("{error}"));
        }
        assert_eq!(Config::from_toml(examples[0], "config.md").unwrap(), Config::default());
        for name in SCHEDULES.iter().chain(OPTIMIZERS).chain(&ACTIVATIONS) {
            assert!(text.contains(name), "{name}");
        }
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error = toml::from_str::<Config>("epoch = 3").unwrap_err().to_string();
        assert!(error.contains("unknown field `epoch`"), "{error}");
        let error = toml::from_str::<Config>("layers = [\"rleu\"]").unwrap_err().to_string();
        assert!(error.contains("unknown variant `rleu`"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-z0-9=\\[\\]{}\". \n]{0,60}") {
            if let Ok(config) = toml::from_str::<Config>(&text) {
                let _ = config.check();
            }
        }
    }
}
