//! Formulas as NIST writes them, computed on a tape.

use downhill::autodiff::{Tape, Var};
use downhill::prelude::Tensor;
use downhill::tensor::Real;

/// A formula of named numbers.
#[derive(Debug, Clone)]
pub(crate) enum Formula {
    Number(f64),
    Name(String),
    Negative(Box<Formula>),
    Binary(Box<Formula>, char, Box<Formula>),
    Call(Function, Box<Formula>),
}

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Function {
    Exp,
    Ln,
    Sin,
    Cos,
    Atan,
}

impl Function {
    fn of(self, x: f64) -> f64 {
        match self {
            Function::Exp => x.exp(),
            Function::Ln => x.ln(),
            Function::Sin => x.sin(),
            Function::Cos => x.cos(),
            Function::Atan => x.atan(),
        }
    }

    fn on<T: Real>(self, x: Var<'_, T>) -> Var<'_, T> {
        match self {
            Function::Exp => x.exp(),
            Function::Ln => x.ln(),
            Function::Sin => x.sin(),
            Function::Cos => x.cos(),
            Function::Atan => x.atan(),
        }
    }
}

impl Formula {
    /// Reads a formula: numbers, names, `+ - * / **`, the functions exp, log, sin, cos and arctan, and brackets of two
    /// kinds.
    pub(crate) fn parse(text: &str) -> Result<Formula, String> {
        let mut reader = Reader { rest: text.trim_start() };
        let formula = reader.sum()?;
        if reader.rest.is_empty() { Ok(formula) } else { Err(format!("`{}` is left over", reader.rest)) }
    }

    /// Its value, if it is the same whatever the names stand for.
    fn constant(&self) -> Option<f64> {
        Some(match self {
            Formula::Number(number) => *number,
            Formula::Name(name) if name == "pi" => std::f64::consts::PI,
            Formula::Name(_) => return None,
            Formula::Negative(inner) => -inner.constant()?,
            Formula::Call(function, inner) => function.of(inner.constant()?),
            Formula::Binary(left, operator, right) => {
                let (left, right) = (left.constant()?, right.constant()?);
                match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    '/' => left / right,
                    _ => left.powf(right),
                }
            }
        })
    }

    /// Computes it for the values that `of` gives the names.
    pub(crate) fn on<'t, T: Real>(
        &self,
        tape: &'t Tape<T>,
        of: &impl Fn(&str) -> Option<Var<'t, T>>,
    ) -> Result<Var<'t, T>, String> {
        if let Some(number) = self.constant() {
            return Ok(tape.constant(Tensor::vector([T::of(number)])));
        }
        Ok(match self {
            Formula::Name(name) => of(name).ok_or_else(|| format!("{name} has no value"))?,
            Formula::Number(number) => tape.constant(Tensor::vector([T::of(*number)])),
            Formula::Negative(inner) => -inner.on(tape, of)?,
            Formula::Call(function, inner) => function.on(inner.on(tape, of)?),
            Formula::Binary(base, '^', exponent) => {
                let x = base.on(tape, of)?;
                match exponent.constant() {
                    Some(n) if n == n.trunc() && n.abs() < 100.0 => x.powi(n as i32),
                    Some(number) => x.powf(number),
                    None => x.pow(exponent.on(tape, of)?),
                }
            }
            Formula::Binary(left, operator, right) => {
                let (left, right) = (left.on(tape, of)?, right.on(tape, of)?);
                match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => left / right,
                }
            }
        })
    }
}

/// What is still to be read; never begins with a space.
struct Reader<'s> {
    rest: &'s str,
}

impl Reader<'_> {
    fn sum(&mut self) -> Result<Formula, String> {
        let mut formula = self.product()?;
        while let Some(operator) = self.take(&["+", "-"]) {
            formula = Formula::Binary(formula.into(), operator, self.product()?.into());
        }
        Ok(formula)
    }

    fn product(&mut self) -> Result<Formula, String> {
        let mut formula = self.signed()?;
        while let Some(operator) = self.take(&["*", "/"]) {
            formula = Formula::Binary(formula.into(), operator, self.signed()?.into());
        }
        Ok(formula)
    }

    fn signed(&mut self) -> Result<Formula, String> {
        if self.take(&["-"]).is_some() {
            return Ok(Formula::Negative(self.signed()?.into()));
        }
        let base = self.atom()?;
        if self.take(&["**"]).is_some() {
            return Ok(Formula::Binary(base.into(), '^', self.signed()?.into()));
        }
        Ok(base)
    }

    fn atom(&mut self) -> Result<Formula, String> {
        if let Some(open) = self.take(&["(", "["]) {
            let (inner, close) = (self.sum()?, if open == '(' { ")" } else { "]" });
            return match self.take(&[close]) {
                Some(_) => Ok(inner),
                None => Err(format!("`{close}` is missing before `{}`", self.rest)),
            };
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return word.parse().map(Formula::Number).map_err(|_| format!("`{word}` is no number"));
        }
        let function = match word {
            "" => return Err(format!("a number or a name is missing before `{}`", self.rest)),
            "exp" => Function::Exp,
            "log" => Function::Ln,
            "sin" => Function::Sin,
            "cos" => Function::Cos,
            "arctan" => Function::Atan,
            name => return Ok(Formula::Name(name.to_owned())),
        };
        Ok(Formula::Call(function, self.atom()?.into()))
    }

    /// Takes the first of these that comes next, and answers its first character.
    fn take(&mut self, tokens: &[&str]) -> Option<char> {
        // A power is no product.
        let token = tokens.iter().find(|token| {
            self.rest.starts_with(**token) && (**token != "*" || !self.rest.starts_with("**"))
        })?;
        self.rest = self.rest[token.len()..].trim_start();
        token.chars().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence() {
        for (text, expected) in [
            ("1 - 2 - 3", -4.0),
            ("2*3**2", 18.0),
            ("-2**2", -4.0),
            ("2**-1", 0.5),
            ("2**3**2", 512.0),
            ("[1+(2)]*.5", 1.5),
            ("8/4/2", 1.0),
            ("log[exp(2)] - arctan(0)/pi", 2.0),
            ("(2)**(-1/2)", 0.5_f64.sqrt()),
        ] {
            assert_eq!(Formula::parse(text).unwrap().constant(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_formula() {
        for text in ["", "1 +", "(1", "[1)", "1 2", "1..2", "a*", "exp"] {
            assert!(Formula::parse(text).is_err(), "{text}");
        }
    }
}
