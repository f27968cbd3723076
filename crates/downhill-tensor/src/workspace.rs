//! Buffers that are used again, and the threads to work with.

use crate::buffer::Buffer;
use crate::{Element, Real, Shape, Tensor, Threads};

/// What a computation works with: a stock of recycled buffers and the threads it may use.
///
/// A steady training step asks for the same sizes again and again; taking them from here and giving
/// them back makes it allocate nothing.
#[derive(Debug)]
pub struct Workspace<T: Real = f32> {
    buffers: Stock<T>,
    threads: Threads,
}

impl<T: Real> Workspace<T> {
    /// An empty stock that computes on these threads.
    pub fn new(threads: Threads) -> Workspace<T> {
        Workspace { buffers: Stock::default(), threads }
    }

    /// The threads to compute on.
    #[inline]
    pub fn threads(&self) -> &Threads {
        &self.threads
    }

    /// A tensor of this shape, nobody else's, whose elements are whatever was there before.
    pub fn take(&mut self, shape: Shape) -> Tensor<T> {
        Tensor::on_buffer(self.buffers.take(shape.elements(), T::zero()), shape)
    }

    /// A tensor of this shape, nobody else's, filled with one value.
    pub fn take_full(&mut self, shape: Shape, value: T) -> Tensor<T> {
        let mut tensor = self.take(shape);
        tensor.as_mut_slice().fill(value);
        tensor
    }

    /// Takes back a tensor's buffer, if nobody else holds it.
    pub fn give(&mut self, tensor: Tensor<T>) {
        if let Some(buffer) = tensor.into_unique_buffer() {
            self.buffers.give(buffer);
        }
    }
}

impl<T: Real> Default for Workspace<T> {
    fn default() -> Workspace<T> {
        Workspace::new(Threads::single())
    }
}

/// Unused buffers, sorted by size class: eight classes for each power of two, so that a buffer is at most an eighth longer
/// than it needs to be. All of a class serve any request of that class. Were they of any length, a long one could be
/// spent on a short request, and steps that look alike would go on allocating for a while.
#[derive(Debug)]
struct Stock<T> {
    /// As many as have been given back to.
    classes: Vec<Vec<Buffer<T>>>,
}

impl<T> Default for Stock<T> {
    fn default() -> Stock<T> {
        Stock { classes: Vec::new() }
    }
}

impl<T: Element> Stock<T> {
    fn take(&mut self, elements: usize, fill: T) -> Buffer<T> {
        let class = class_of(elements);
        if let Some(mut buffer) = self.classes.get_mut(class).and_then(Vec::pop) {
            // A steady computation asks for the length that it gave back.
            if buffer.len() == elements {
                return buffer;
            }
            if let Some(elements_of) = buffer.get_mut() {
                elements_of.resize(elements, fill);
                return buffer;
            }
        }
        let mut buffer = Vec::with_capacity(length_of(class).max(elements));
        buffer.resize(elements, fill);
        buffer.into()
    }

    fn give(&mut self, buffer: Buffer<T>) {
        // A buffer from elsewhere may be shorter than those of its class: it serves the class below.
        let class = class_of(buffer.capacity());
        let too_short = length_of(class) > buffer.capacity();
        let class = class - usize::from(too_short);
        if class >= self.classes.len() {
            self.classes.resize_with(class + 1, Vec::new);
        }
        self.classes[class].push(buffer);
    }
}

/// The class of buffers for so many elements: those up to 16 have one each.
fn class_of(elements: usize) -> usize {
    if elements <= 16 {
        return elements;
    }
    let shift = (elements - 1).ilog2() as usize - 3;
    shift * 8 + ((elements - 1) >> shift) + 1
}

/// The elements that a buffer of a class has room for.
fn length_of(class: usize) -> usize {
    if class <= 16 {
        return class;
    }
    let shift = (class - 9) / 8;
    ((class - 1) % 8 + 9) << shift
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn classes_follow_each_other() {
        let mut last = 0;
        for class in 0..class_of(1 << 40) {
            let length = length_of(class);
            assert_eq!(class_of(length), class);
            assert_eq!(class_of(length + 1), class + 1);
            assert!(length - last <= (length / 8).max(1), "{last} to {length}");
            last = length;
        }
    }

    proptest! {
        #[test]
        fn a_buffer_serves_its_class(elements in 0..100_000_usize, capacity in 0..100_000_usize) {
            prop_assert!(length_of(class_of(elements)) >= elements);
            let mut stock = Stock::<f32>::default();
            stock.give(Vec::with_capacity(capacity).into());
            prop_assert_eq!(stock.take(elements, 0.0).len(), elements);
        }
    }
}
