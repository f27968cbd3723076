//! The threads that a computation may use.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, available_parallelism};
use std::time::{Duration, Instant};

/// How long a thread looks for what it waits for before it sleeps: about what waking it up costs where that is slow,
/// as on some virtual machines.
const PATIENCE: Duration = Duration::from_micros(100);

/// The threads that a computation may use. Results never depend on their number.
///
/// The threads are started once and wait for work; clones share them, and the last clone to be dropped ends
/// them.
#[derive(Clone)]
pub struct Threads {
    /// None for the calling thread alone.
    pool: Option<Arc<Pool>>,
}

impl Threads {
    /// Only the calling thread.
    pub fn single() -> Threads {
        Threads { pool: None }
    }

    /// `count` threads, the calling one included; 0 means as many as the machine has. They are fewer
    /// if the system refuses to start more.
    pub fn new(count: usize) -> Threads {
        let count = if count == 0 { available_parallelism().map_or(1, usize::from) } else { count };
        Threads { pool: Pool::start(count - 1).map(Arc::new) }
    }

    /// The number of threads, the calling one included.
    pub fn count(&self) -> usize {
        1 + self.pool.as_ref().map_or(0, |pool| pool.workers.len())
    }

    /// Calls `task(0)`, `task(1)`, … `task(tasks - 1)`, each once, in any order and on any of the
    /// threads, and returns when all are done.
    ///
    /// While the threads are busy with another call of this method, which may be the one that this is a
    /// task of, the calling thread does it all.
    ///
    /// # Panics
    /// If a task panics, with the same payload. Tasks that have not begun by then are left out.
    pub fn run(&self, tasks: usize, task: impl Fn(usize) + Sync) {
        self.run_erased(tasks, &task);
    }

    /// [`Threads::run`], compiled once: with each caller's task inlined it would be compiled for each.
    fn run_erased(&self, tasks: usize, task: &dyn Task) {
        let shared = self.pool.as_ref().filter(|_| tasks > 1).map(|pool| &pool.shared);
        if !shared.is_some_and(|shared| shared.run(tasks, task)) {
            (0..tasks).for_each(|index| task.run(index));
        }
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads").field("count", &self.count()).finish()
    }
}

/// What [`Threads::run`] is given: `Fn`, whose table of methods would hold two more copies of each task.
trait Task: Sync {
    fn run(&self, index: usize);
}

impl<F: Fn(usize) + Sync> Task for F {
    fn run(&self, index: usize) {
        self(index);
    }
}

/// Worker threads and what they share with the callers.
struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool {
    /// A pool of so many workers; None if there are none.
    fn start(workers: usize) -> Option<Pool> {
        let shared = Arc::new(Shared::default());
        let start = |_| {
            let shared = Arc::clone(&shared);
            Builder::new().name("downhill".into()).spawn(move || shared.work()).ok()
        };
        let workers: Vec<_> = (0..workers).map_while(start).collect();
        (!workers.is_empty()).then_some(Pool { shared, workers })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.post(&mut self.shared.lock(), Post::Stop);
        for worker in self.workers.drain(..) {
            // A worker catches the panics of tasks and has none of its own.
            let _ = worker.join();
        }
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// The number of times that `state.post` was set. It changes under the lock, but is watched without.
    posts: AtomicUsize,
    /// The number of workers inside the posted job. It changes under the lock, but is watched without.
    inside: AtomicUsize,
    /// The next task of the posted job.
    next: AtomicUsize,
    /// Signals a new post.
    posted: Condvar,
    /// Signals that nobody is inside any more.
    left: Condvar,
}

#[derive(Default)]
struct State {
    post: Post,
    /// Whether somebody's job is under way.
    busy: bool,
    /// The number of workers asleep.
    asleep: usize,
    /// What the first worker to panic in this job panicked with.
    panic: Option<Box<dyn Any + Send>>,
}

#[derive(Default, Clone, Copy)]
enum Post {
    #[default]
    Nothing,
    Job(Job),
    Stop,
}

/// Tasks to be done. The reference's lifetime is a lie: see `Shared::run`.
#[derive(Clone, Copy)]
struct Job {
    tasks: usize,
    task: &'static dyn Task,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, state: &mut State, post: Post) {
        state.post = post;
        self.posts.fetch_add(1, Ordering::Release);
        if state.asleep > 0 {
            self.posted.notify_all();
        }
    }

    /// Does the tasks together with the workers, or answers false if these are busy.
    fn run(&self, tasks: usize, task: &dyn Task) -> bool {
        // SAFETY: `task` is called by this thread and by workers that are inside the job. This function
        // neither returns nor unwinds before the job is withdrawn and the last worker has left it.
        let task = unsafe { std::mem::transmute::<&dyn Task, &'static dyn Task>(task) };
        let job = Job { tasks, task };

        let mut state = self.lock();
        if state.busy {
            return false;
        }
        state.busy = true;
        self.next.store(0, Ordering::Relaxed);
        self.post(&mut state, Post::Job(job));
        drop(state);

        let own = self.join(job);

        let mut state = self.lock();
        state.post = Post::Nothing;
        drop(state);
        watch(|| self.inside.load(Ordering::Acquire) == 0);
        let mut state = self.lock();
        while self.inside.load(Ordering::Acquire) > 0 {
            state = self.left.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.busy = false;
        let theirs = state.panic.take();
        drop(state);

        if let Some(panic) = own.err().or(theirs) {
            resume_unwind(panic);
        }
        true
    }

    /// Does tasks of the job until none is left.
    fn join(&self, job: Job) -> Result<(), Box<dyn Any + Send>> {
        let result = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let index = self.next.fetch_add(1, Ordering::Relaxed);
                if index >= job.tasks {
                    return;
                }
                job.task.run(index);
            }
        }));
        if result.is_err() {
            self.next.store(job.tasks, Ordering::Relaxed);
        }
        result
    }

    /// A worker's life.
    fn work(&self) {
        let mut seen = 0;
        loop {
            watch(|| self.posts.load(Ordering::Acquire) != seen);
            let mut state = self.lock();
            while self.posts.load(Ordering::Acquire) == seen {
                state.asleep += 1;
                state = self.posted.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.asleep -= 1;
            }
            seen = self.posts.load(Ordering::Acquire);
            let job = match state.post {
                Post::Nothing => continue,
                Post::Job(job) => job,
                Post::Stop => return,
            };
            self.inside.fetch_add(1, Ordering::Release);
            drop(state);

            let result = self.join(job);

            let mut state = self.lock();
            if let (Err(panic), None) = (result, &state.panic) {
                state.panic = Some(panic);
            }
            if self.inside.fetch_sub(1, Ordering::Release) == 1 {
                self.left.notify_one();
            }
        }
    }
}

/// Waits for a condition, but not longer than `PATIENCE`.
fn watch(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() && start.elapsed() < PATIENCE {
        std::hint::spin_loop();
    }
}
