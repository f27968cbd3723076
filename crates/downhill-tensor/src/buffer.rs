//! The storage that tensors share.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

/// Numbers with one holder, who may write to them, or with several, who may not.
///
/// It is an `Arc` that nobody ever makes a weak pointer to. To write, `Arc::get_mut` would lock the count of those first,
/// which takes as long as a short row.
#[derive(Debug)]
pub(crate) struct Buffer<T>(Arc<Vec<T>>);

impl<T> Buffer<T> {
    /// Whether somebody else holds it, too.
    #[inline]
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// The numbers to be written to, unless they are shared.
    #[inline]
    pub(crate) fn get_mut(&mut self) -> Option<&mut Vec<T>> {
        if self.is_shared() {
            return None;
        }
        // After all that those have read who held it before.
        fence(Ordering::Acquire);
        // SAFETY: there are neither other holders nor weak pointers that one could come from, and while `self` is borrowed
        // nobody makes any.
        Some(unsafe { &mut *Arc::as_ptr(&self.0).cast_mut() })
    }

    /// The numbers themselves, or the buffer if they are shared.
    pub(crate) fn try_into_vec(self) -> Result<Vec<T>, Buffer<T>> {
        Arc::try_unwrap(self.0).map_err(Buffer)
    }

    /// Whether both are the same buffer.
    pub(crate) fn is(&self, other: &Buffer<T>) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

// Not derived: that would ask for numbers which can be cloned.
impl<T> Clone for Buffer<T> {
    #[inline]
    fn clone(&self) -> Buffer<T> {
        Buffer(Arc::clone(&self.0))
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(numbers: Vec<T>) -> Buffer<T> {
        Buffer(Arc::new(numbers))
    }
}

impl<T> Deref for Buffer<T> {
    type Target = Vec<T>;

    #[inline]
    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holder_writes() {
        let mut first = Buffer::from(vec![1, 2]);
        if let Some(numbers) = first.get_mut() {
            numbers.push(3);
        }
        assert_eq!(*first, [1, 2, 3]);
        let mut second = first.clone();
        assert!(first.is(&second) && first.is_shared() && second.is_shared());
        assert_eq!((first.get_mut(), second.get_mut()), (None, None));
        let Err(first) = first.try_into_vec() else { panic!("a shared buffer was taken apart") };
        drop(first);
        assert!(!second.is_shared() && second.get_mut().is_some());
        assert_eq!(second.try_into_vec().ok(), Some(vec![1, 2, 3]));
    }

    #[test]
    fn a_writer_comes_after_the_readers_before() {
        for _ in 0..200 {
            let mut buffer = Buffer::from(vec![1_u64; 64]);
            let reader = buffer.clone();
            std::thread::scope(|scope| {
                let sum = scope.spawn(move || reader.iter().sum::<u64>());
                loop {
                    if let Some(numbers) = buffer.get_mut() {
                        numbers.fill(2);
                        break;
                    }
                    std::hint::spin_loop();
                }
                assert_eq!(sum.join().ok(), Some(64));
            });
        }
    }
}
