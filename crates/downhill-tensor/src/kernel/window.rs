//! Windows that slide along an axis.

use std::ops::Range;

/// Windows of `kernel` taps that slide along an axis: those of convolutions and pools. Window o has its tap t on element
/// o·`stride` + t·`dilation` − `before` of the axis, or in the border of zeros around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// The number of taps.
    pub kernel: usize,
    /// The distance from a window to the next.
    pub stride: usize,
    /// The distance from a tap to the next.
    pub dilation: usize,
    /// The width of the border before the axis.
    pub before: usize,
    /// The width of the border after the axis.
    pub after: usize,
}

impl Default for Window {
    /// One tap on each element.
    fn default() -> Window {
        Window { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 }
    }
}

impl Window {
    /// The elements that a window spans, or `None` if that is none or too many.
    pub fn span(self) -> Option<usize> {
        if self.dilation == 0 {
            return None;
        }
        self.kernel.checked_sub(1)?.checked_mul(self.dilation)?.checked_add(1)
    }

    /// The taps in classes, by what is left of their places when the stride is taken off as often as it goes: those of a
    /// class see what lies a whole number of strides apart.
    pub(super) fn classes(self) -> impl Iterator<Item = Taps> + Clone {
        let Window { kernel, stride, dilation, .. } = self;
        let every = self.cycle();
        (0..every.min(kernel)).map(move |first| Taps {
            first,
            every,
            count: (kernel - first).div_ceil(every),
            left: first * dilation % stride,
            strides: first * dilation / stride,
            apart: every * dilation / stride,
        })
    }

    /// The number of classes of taps.
    pub(super) fn class_count(self) -> usize {
        self.cycle().min(self.kernel)
    }

    /// The taps from one to the next of the same class.
    fn cycle(self) -> usize {
        if self.stride == 1 { 1 } else { self.stride / greatest_common_divisor(self.stride, self.dilation) }
    }

    /// How many strides the last tap is away from the first, without the rest.
    pub(super) fn reach(self) -> usize {
        (self.kernel - 1) * self.dilation / self.stride
    }

    /// The number of windows on an axis of this length with its borders: `None` if there is none, or the length or a setting
    /// that must not be 0 is.
    pub fn count(self, length: usize) -> Option<usize> {
        if length == 0 {
            return None;
        }
        let padded = length.checked_add(self.before)?.checked_add(self.after)?;
        Some(padded.checked_sub(self.span()?)?.checked_div(self.stride)? + 1)
    }

    /// The length of the axis that `count` windows of a transposed convolution make, with `more` elements behind it:
    /// `None` if that is no length.
    pub fn transposed(self, count: usize, more: usize) -> Option<usize> {
        let covered = count.checked_sub(1)?.checked_mul(self.stride)?.checked_add(self.span()?)?;
        let border = self.before.checked_add(self.after)?;
        covered.checked_add(more)?.checked_sub(border).filter(|&length| length > 0 && self.stride > 0)
    }

    /// The elements that a window has taps on, from the first to the last: for pools, whose taps have no gaps.
    #[inline]
    pub(super) fn elements(self, window: usize, length: usize) -> Range<usize> {
        let start = window * self.stride;
        let end = (start + self.kernel).saturating_sub(self.before).min(length);
        start.saturating_sub(self.before).min(end)..end
    }
}

/// A class of the taps of a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taps {
    /// The first tap, and every how many there is another.
    pub(super) first: usize,
    pub(super) every: usize,
    pub(super) count: usize,
    /// The place of the first: so many strides, and what is left.
    pub(super) strides: usize,
    pub(super) left: usize,
    /// How many strides the taps are apart.
    pub(super) apart: usize,
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
