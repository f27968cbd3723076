//! The threads that a computation may use.

/// The threads that a computation may use. Results never depend on their number.
#[derive(Debug, Clone)]
pub struct Threads {
    count: usize,
}

impl Threads {
    /// Only the calling thread.
    pub fn single() -> Threads {
        Threads { count: 1 }
    }

    /// `count` threads, the calling one included; 0 means as many as the machine has.
    pub fn new(count: usize) -> Threads {
        let count =
            if count == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { count };
        Threads { count }
    }

    /// The number of threads, the calling one included.
    pub fn count(&self) -> usize {
        self.count
    }
}
