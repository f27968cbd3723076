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

/// Unused buffers. Those of class `c` have room for 2^c elements at least, so that each serves any request for more
/// than 2^(c − 1) and up to 2^c: a second computation finds the buffers of the first, in whatever order it asks.
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
    fn take(&mut self, elements: usize, fill: T) -> Arc<Vec<T>> {
        let capacity = elements.next_power_of_two();
        if let Some(mut buffer) = self.classes[capacity.ilog2() as usize].pop()
            && let Some(elements_of) = Arc::get_mut(&mut buffer)
        {
            elements_of.resize(elements, fill);
            return buffer;
        }
        let mut buffer = Vec::with_capacity(capacity);
        buffer.resize(elements, fill);
        Arc::new(buffer)
    }

    fn give(&mut self, buffer: Arc<Vec<T>>) {
        if let Some(class) = buffer.capacity().checked_ilog2() {
            self.classes[class as usize].push(buffer);
        }
    }
}
