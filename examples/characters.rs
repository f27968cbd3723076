//! What the character-level examples share: a text as numbers, and a loop that learns it and shows what it has learned.

use std::error::Error;
use std::time::Instant;
use std::{env, fs};

use downhill::prelude::*;
use downhill::tensor::random::{Generator, generator};

/// Shakespeare's Romeo and Juliet, in the public domain: the text of the collection "tiny Shakespeare", from act 1, scene 1 on.
const ROMEO_AND_JULIET: &str = include_str!("data/romeo_and_juliet.txt");

/// How many characters a network sees at once.
pub(crate) const WINDOW: usize = 64;
const BATCH: usize = 16;
/// How many characters a sample has.
const SAMPLE: usize = 320;

/// A text whose characters are numbers.
pub(crate) struct Text {
    /// The characters that occur, in order: a character's number is its place.
    characters: Vec<char>,
    /// What is learned from, and the last tenth, which is not.
    train: Vec<usize>,
    validation: Vec<usize>,
    steps: u64,
}

impl Text {
    /// The text and the number of steps that the command line names: `[FILE] [STEPS]`.
    pub(crate) fn from_arguments(steps: u64) -> Result<Text, Box<dyn Error>> {
        let mut arguments = env::args().skip(1).peekable();
        let steps_next = arguments.peek().is_some_and(|argument| argument.parse::<u64>().is_ok());
        let file = if steps_next { None } else { arguments.next() };
        let steps = arguments.next().map_or(Ok(steps), |argument| argument.parse())?;
        let text = match &file {
            None => ROMEO_AND_JULIET.to_owned(),
            Some(file) => fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
        };
        let mut characters: Vec<char> = text.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        let mut train: Vec<usize> =
            text.chars().filter_map(|character| characters.binary_search(&character).ok()).collect();
        let validation = train.split_off(train.len() / 10 * 9);
        if validation.len() < 2 * WINDOW {
            return Err(format!("the text is too short: it needs {} characters", 20 * WINDOW + 10).into());
        }
        Ok(Text { characters, train, validation, steps })
    }

    /// The number of different characters.
    pub(crate) fn characters(&self) -> usize {
        self.characters.len()
    }

    /// Windows of a text from random places on, `[BATCH, WINDOW]`, and the character after each of theirs.
    fn batch(text: &[usize], random: &mut Generator) -> Result<(Tensor, Target), Box<dyn Error>> {
        let last = (text.len() - WINDOW - 1) as f64;
        let starts = Tensor::<f64>::uniform([BATCH], 0.0, last, random)?.map(|start| start as usize);
        let at = |place: usize| starts.as_slice()[place / WINDOW] + place % WINDOW;
        let tokens = Tensor::from_fn([BATCH, WINDOW], |place| text[at(place)] as f32);
        Ok((tokens, Tensor::from_fn([BATCH, WINDOW], |place| text[at(place) + 1]).into()))
    }
}

/// Learns a text, and says every few seconds how well, with a sample.
pub(crate) fn learn(
    text: &Text,
    layers: Sequential,
    optimizer: impl Optimizer + 'static,
) -> Result<(), Box<dyn Error>> {
    let network = Network::build(layers, [WINDOW])?;
    let optimizer =
        optimizer.clip_norm(1.0)?.schedule(schedule::WarmupCosine::over(text.steps / 20, text.steps)?);
    let mut learner: Learner = Learner::new(network, loss::Steps::classes(CrossEntropy::new()), optimizer, 1);
    println!("{}", learner.network().summary(learner.params()));
    println!(
        "{} characters, {} of them different, {} steps",
        text.train.len() + text.validation.len(),
        text.characters(),
        text.steps
    );

    let (start, mut random) = (Instant::now(), generator(1, 1));
    let (mut loss, mut taken) = (0.0, 0);
    for step in 1..=text.steps {
        let (x, y) = Text::batch(&text.train, &mut random)?;
        loss += learner.step(&x, &y)?;
        taken += 1;
        if step % (text.steps / 8).max(1) == 0 || step == text.steps {
            let unseen = unseen(text, &mut learner)?;
            println!(
                "\n── step {step}, {:.0} s: {:.3} nats a character, {unseen:.3} on unseen text ──",
                start.elapsed().as_secs_f64(),
                loss / taken as f32,
            );
            println!("{}", sample(text, &learner, step)?);
            (loss, taken) = (0.0, 0);
        }
    }
    Ok(())
}

/// The loss on some windows of the text that is not learned from.
fn unseen(text: &Text, learner: &mut Learner) -> Result<f32, Box<dyn Error>> {
    const BATCHES: usize = 8;
    let (mut random, mut sum) = (generator(2, 1), 0.0);
    for _ in 0..BATCHES {
        let (x, y) = Text::batch(&text.validation, &mut random)?;
        sum += learner.evaluate(&x, &y)?.1;
    }
    Ok(sum / BATCHES as f32)
}

/// What the network writes after the beginning of the unseen text.
fn sample(text: &Text, learner: &Learner, seed: u64) -> Result<String, Box<dyn Error>> {
    /// Below 1 likely characters become more likely still.
    const TEMPERATURE: f32 = 0.7;
    let mut tokens = text.validation[..WINDOW].to_vec();
    let chances = Tensor::<f32>::uniform([SAMPLE], 0.0, 1.0, &mut generator(3, seed))?;
    let (mut predictor, classes) = (learner.network().predictor(learner.params()), text.characters());
    for &chance in chances.as_slice() {
        let window = &tokens[tokens.len() - WINDOW..];
        let x = Tensor::from_fn([1, WINDOW], |place| window[place] as f32);
        let scores = predictor.predict(&x)?;
        let last = scores.reshape([WINDOW, classes])?.rows(WINDOW - 1..WINDOW)?;
        let likely = last.map(|score| score / TEMPERATURE).softmax(1)?;
        // The character at which the sum of the probabilities passes a number between 0 and 1.
        let mut sum = 0.0;
        let passed = likely.as_slice().iter().position(|p| {
            sum += p;
            sum > chance
        });
        tokens.push(passed.unwrap_or(classes - 1));
    }
    Ok(tokens[WINDOW..].iter().map(|&token| text.characters[token]).collect())
}
