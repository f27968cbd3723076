//! Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::error::{Error, Result};

/// Whether somebody has pressed Ctrl-C.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Watches from now on: the first Ctrl-C is only noted, so that what has been computed can be saved; the second one ends
    /// the program at once.
    pub(crate) fn watch() -> Result<Interrupt> {
        let interrupt = Interrupt::default();
        #[cfg(unix)]
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            let code = i32::from(crate::error::INTERRUPTED);
            // In this order: only a signal that finds the flag set ends the program.
            signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&interrupt.0))
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&interrupt.0)))
                .map_err(|error| Error::Input(format!("signals cannot be caught: {error}")))?;
        }
        Ok(interrupt)
    }

    /// What becomes true when it is pressed.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}
