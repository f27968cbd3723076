//! Work that is shared out to threads piece by piece and joined in order.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender, TrySendError};
use std::thread;

/// Takes piece after piece, works on them on so many threads, of which this is one, and joins what comes of them in the
/// order of the pieces, on this thread. The first piece in that order that fails ends it; as many pieces as threads, and a
/// few more, are in memory.
pub(crate) fn in_order<P: Send, W: Send, E>(
    threads: usize,
    mut next: impl FnMut() -> Result<Option<P>, E>,
    work: impl Fn(P) -> W + Sync,
    mut join: impl FnMut(W) -> Result<(), E>,
) -> Result<(), E> {
    if threads <= 1 {
        while let Some(piece) = next()? {
            join(work(piece))?;
        }
        return Ok(());
    }
    let ahead = 2 * threads;
    let (to_do, pieces) = mpsc::sync_channel::<(usize, P)>(threads);
    let pieces = &Mutex::new(pieces);
    let (done, results) = mpsc::channel();
    let work = &work;
    thread::scope(move |scope| {
        let mut helpers = 0;
        // The results that were not joined yet, of the pieces from number `joined` on.
        let (mut waiting, mut joined, mut taken) = (VecDeque::new(), 0, 0);
        // What ended the pieces; it is told once those before it are joined.
        let mut end = None;
        loop {
            while let Some(Some(_)) = waiting.front() {
                if let Some(Some(result)) = waiting.pop_front() {
                    joined += 1;
                    join(result)?;
                }
            }
            if joined == taken
                && let Some(end) = end
            {
                return end;
            }
            let mut put = |(number, result): (usize, thread::Result<W>)| {
                let place: usize = number - joined;
                waiting.resize_with(waiting.len().max(place + 1), || None);
                waiting[place] = Some(result.unwrap_or_else(|panic| resume_unwind(panic)));
            };
            if end.is_none() && taken < joined + ahead {
                match next() {
                    Ok(Some(piece)) => {
                        // As many threads as there are pieces: a short text needs none.
                        if taken > 0 && helpers + 1 < threads {
                            let done = done.clone();
                            let helper =
                                thread::Builder::new().spawn_scoped(scope, move || help(pieces, work, &done));
                            // If the system refuses one, those that are there do the work.
                            helpers = if helper.is_ok() { helpers + 1 } else { threads };
                        }
                        match to_do.try_send((taken, piece)) {
                            Ok(()) => {}
                            Err(TrySendError::Full(piece) | TrySendError::Disconnected(piece)) => {
                                put((piece.0, Ok(work(piece.1))));
                            }
                        }
                        taken += 1;
                    }
                    Ok(None) => end = Some(Ok(())),
                    Err(error) => end = Some(Err(error)),
                }
            } else {
                // A piece that nobody has begun, or else what others are at.
                let piece = pieces.try_lock().ok().and_then(|pieces| pieces.try_recv().ok());
                match piece {
                    Some((number, piece)) => put((number, Ok(work(piece)))),
                    None => results.recv().into_iter().for_each(&mut put),
                }
            }
            results.try_iter().for_each(put);
        }
    })
}

/// Works on pieces until there are no more.
fn help<P, W>(
    pieces: &Mutex<Receiver<(usize, P)>>,
    work: impl Fn(P) -> W,
    done: &Sender<(usize, thread::Result<W>)>,
) {
    loop {
        let piece = match pieces.lock() {
            Ok(pieces) => pieces.recv(),
            Err(_) => return,
        };
        let Ok((number, piece)) = piece else { return };
        // A panic is the caller's: without an answer it would wait for ever.
        let result = catch_unwind(AssertUnwindSafe(|| work(piece)));
        if done.send((number, result)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_is_joined_in_order(count in 0..100, fails in 0..200, stops in 0..200) {
            for threads in [1, 2, 3, 8] {
                let (mut pieces, mut joined) = (0..count, Vec::new());
                let next = || match pieces.next() {
                    Some(piece) if piece == stops => Err("stopped"),
                    piece => Ok(piece),
                };
                // Some take longer than others.
                let work = |piece: i32| {
                    thread::sleep(std::time::Duration::from_micros(u64::from(piece % 7 == 0) * 200));
                    piece
                };
                let outcome = in_order(threads, next, work, |piece| {
                    if piece == fails {
                        return Err("failed");
                    }
                    joined.push(piece);
                    Ok(())
                });
                let expected = match (fails, stops) {
                    (_, stops) if stops < count && stops <= fails => (stops, Err("stopped")),
                    (fails, _) if fails < count => (fails, Err("failed")),
                    _ => (count, Ok(())),
                };
                prop_assert_eq!((joined, outcome), ((0..expected.0).collect(), expected.1));
            }
        }
    }

    #[test]
    fn a_panic_is_the_callers() {
        let mut pieces = 0..50;
        let run = || in_order(3, || Ok::<_, ()>(pieces.next()), |piece| assert_ne!(piece, 20), |()| Ok(()));
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    }
}
