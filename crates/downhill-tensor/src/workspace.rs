//! Buffers that are used again, and the threads to work with.

use std::sync::Arc;

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

/// Unused buffers, sorted by the power of two below their capacity.
#[derive(Debug)]
struct Stock<T> {
    classes: Vec<Vec<Arc<Vec<T>>>>,
}

impl<T> Default for Stock<T> {
    fn default() -> Stock<T> {
        Stock { classes: (0..=usize::BITS).map(|_| Vec::new()).collect() }
    }
}

impl<T: Element> Stock<T> {
    fn class(capacity: usize) -> usize {
        (usize::BITS - capacity.leading_zeros()) as usize
    }

    fn take(&mut self, elements: usize, fill: T) -> Arc<Vec<T>> {
        let class = &mut self.classes[Self::class(elements)];
        if let Some(place) = class.iter().rposition(|buffer| buffer.capacity() >= elements) {
            let mut buffer = class.swap_remove(place);
            if let Some(elements_of) = Arc::get_mut(&mut buffer) {
                elements_of.resize(elements, fill);
                return buffer;
            }
        }
        Arc::new(vec![fill; elements])
    }

    fn give(&mut self, buffer: Arc<Vec<T>>) {
        self.classes[Self::class(buffer.capacity())].push(buffer);
    }
}
