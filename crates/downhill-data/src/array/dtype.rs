//! The number types of files.

use std::fmt;

use downhill_tensor::Real;

/// How a file stores each number of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// A byte: false if 0, else true, which are read as the numbers 0 and 1.
    Bool,
    /// An unsigned integer of 8 bits.
    U8,
    /// A signed integer of 8 bits.
    I8,
    /// An unsigned integer of 16 bits.
    U16,
    /// A signed integer of 16 bits.
    I16,
    /// An unsigned integer of 32 bits.
    U32,
    /// A signed integer of 32 bits.
    I32,
    /// An unsigned integer of 64 bits.
    U64,
    /// A signed integer of 64 bits.
    I64,
    /// IEEE 754's binary16: 5 bits of exponent, 10 of fraction.
    F16,
    /// bfloat16: the upper half of a binary32.
    BF16,
    /// IEEE 754's binary32.
    F32,
    /// IEEE 754's binary64.
    F64,
}

impl Dtype {
    /// The number of bytes.
    pub fn size(self) -> usize {
        match self {
            Dtype::Bool | Dtype::U8 | Dtype::I8 => 1,
            Dtype::U16 | Dtype::I16 | Dtype::F16 | Dtype::BF16 => 2,
            Dtype::U32 | Dtype::I32 | Dtype::F32 => 4,
            Dtype::U64 | Dtype::I64 | Dtype::F64 => 8,
        }
    }

    /// Appends the numbers that are stored in `bytes`, whose length is a multiple of [`size`](Dtype::size).
    pub(crate) fn decode<T: Real>(self, big_endian: bool, bytes: &[u8], into: &mut Vec<T>) {
        macro_rules! integers {
            ($kind:ty) => {
                push(bytes, into, big_endian, <$kind>::from_le_bytes, <$kind>::from_be_bytes, |x| {
                    T::of(x as f64)
                })
            };
        }
        match self {
            Dtype::Bool => into.extend(bytes.iter().map(|&byte| T::of(f64::from(u8::from(byte != 0))))),
            Dtype::U8 => integers!(u8),
            Dtype::I8 => integers!(i8),
            Dtype::U16 => integers!(u16),
            Dtype::I16 => integers!(i16),
            Dtype::U32 => integers!(u32),
            Dtype::I32 => integers!(i32),
            Dtype::U64 => integers!(u64),
            Dtype::I64 => integers!(i64),
            Dtype::F32 => integers!(f32),
            Dtype::F64 => integers!(f64),
            Dtype::F16 => {
                push(bytes, into, big_endian, u16::from_le_bytes, u16::from_be_bytes, |x| T::of(binary16(x)))
            }
            Dtype::BF16 => push(bytes, into, big_endian, u16::from_le_bytes, u16::from_be_bytes, |x| {
                T::of(f32::from_bits(u32::from(x) << 16).into())
            }),
        }
    }

    /// The whole numbers that are stored in `bytes`, or the place and value of the first number that is not
    /// one from 0 to `usize::MAX`.
    pub(crate) fn decode_whole(self, big_endian: bool, bytes: &[u8]) -> Result<Vec<usize>, (usize, f64)> {
        // 64 bits are not exact in f64.
        let mut exact: Vec<i128> = Vec::new();
        match self {
            Dtype::U64 => {
                push(bytes, &mut exact, big_endian, u64::from_le_bytes, u64::from_be_bytes, i128::from);
            }
            Dtype::I64 => {
                push(bytes, &mut exact, big_endian, i64::from_le_bytes, i64::from_be_bytes, i128::from);
            }
            _ => {
                let mut numbers: Vec<f64> = Vec::new();
                self.decode(big_endian, bytes, &mut numbers);
                let whole = |(place, x): (usize, f64)| {
                    let whole = x as usize;
                    (whole as f64 == x && whole < usize::MAX).then_some(whole).ok_or((place, x))
                };
                return numbers.into_iter().enumerate().map(whole).collect();
            }
        }
        let whole = |(place, x): (usize, i128)| usize::try_from(x).map_err(|_| (place, x as f64));
        exact.into_iter().enumerate().map(whole).collect()
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

fn push<const N: usize, S, T>(
    bytes: &[u8],
    into: &mut Vec<T>,
    big_endian: bool,
    little: impl Fn([u8; N]) -> S,
    big: impl Fn([u8; N]) -> S,
    number: impl Fn(S) -> T,
) {
    let chunks = bytes.as_chunks().0.iter();
    if big_endian {
        into.extend(chunks.map(|&bytes| number(big(bytes))));
    } else {
        into.extend(chunks.map(|&bytes| number(little(bytes))));
    }
}

/// The value of a binary16.
fn binary16(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves() {
        for (bits, expected) in [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x03ff, 6.097_555_160_522_461e-5),
            (0x0400, 6.103_515_625e-5),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_953_125),
            (0x7bff, 65504.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(binary16(bits).to_bits(), f64::to_bits(expected), "{bits:04x}");
        }
        assert!(binary16(0x7e00).is_nan());
    }

    #[test]
    fn whole_numbers_are_exact() {
        let big = (1_u64 << 53) + 1;
        assert_eq!(Dtype::U64.decode_whole(true, &big.to_be_bytes()), Ok(vec![big as usize]));
        assert_eq!(Dtype::I64.decode_whole(false, &(-1_i64).to_le_bytes()), Err((0, -1.0)));
        assert_eq!(Dtype::F64.decode_whole(false, &2e19_f64.to_le_bytes()), Err((0, 2e19)));
        assert_eq!(Dtype::I16.decode_whole(false, &[7, 0, 0xfe, 0xff]), Err((1, -2.0)));
        assert!(Dtype::F32.decode_whole(false, &f32::NAN.to_le_bytes()).is_err());
    }
}
