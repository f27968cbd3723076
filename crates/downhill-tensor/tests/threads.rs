//! The thread pool: every task once, whatever else happens.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use downhill_tensor::Threads;

/// Runs so many tasks and checks that each ran exactly once.
fn each_task_runs_once(threads: &Threads, tasks: usize) {
    let counts: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
    threads.run(tasks, |task| {
        counts[task].fetch_add(1, Ordering::Relaxed);
    });
    for (task, count) in counts.iter().enumerate() {
        assert_eq!(count.load(Ordering::Relaxed), 1, "task {task} of {tasks} on {threads:?}");
    }
}

#[test]
fn counts() {
    assert_eq!(Threads::single().count(), 1);
    assert_eq!(Threads::new(1).count(), 1);
    assert_eq!(Threads::new(3).count(), 3);
    assert!(Threads::new(0).count() >= 1);
    assert_eq!(format!("{:?}", Threads::new(2).clone()), "Threads { count: 2 }");
}

#[test]
fn every_task_runs_once() {
    for count in [1, 2, 3, 8] {
        let threads = Threads::new(count);
        for round in 0..300 {
            each_task_runs_once(&threads, [0, 1, 2, 3, 7, 64][round % 6]);
        }
        // The workers are asleep by now.
        std::thread::sleep(Duration::from_millis(2));
        each_task_runs_once(&threads, 16);
    }
}

#[test]
fn the_work_is_shared() {
    // Two tasks that wait for each other: one thread alone would never finish.
    let threads = Threads::new(2);
    let barrier = std::sync::Barrier::new(2);
    threads.run(2, |_| {
        barrier.wait();
    });
}

#[test]
fn nested_and_concurrent_calls() {
    let threads = Threads::new(3);
    threads.run(5, |_| each_task_runs_once(&threads, 9));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..200).for_each(|_| each_task_runs_once(&threads, 5)));
        }
    });
}

#[test]
fn a_panic_comes_back_and_the_pool_goes_on() {
    for count in [1, 2, 4] {
        let threads = Threads::new(count);
        for bad in [0, 3, 15] {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                threads.run(16, |task| {
                    if task == bad {
                        // Unlike `panic!`, this prints nothing.
                        std::panic::resume_unwind(Box::new(task));
                    }
                });
            }));
            assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&bad), "{count} threads");
            each_task_runs_once(&threads, 16);
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            threads.run(8, |task| std::panic::resume_unwind(Box::new(task)));
        }));
        assert!(outcome.is_err());
        each_task_runs_once(&threads, 16);
    }
}

#[test]
fn dropping_ends_the_threads() {
    for _ in 0..50 {
        let threads = Threads::new(3);
        let clone = threads.clone();
        drop(threads);
        each_task_runs_once(&clone, 4);
    }
}
