//! Ctrl-C.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use downhill::train::{Callback, EpochRecord};

use crate::error::{Error, Result};

/// Whether somebody has pressed Ctrl-C.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on the first Ctrl-C is only noted, so that what has been computed can be saved; the second one ends
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

    /// Whether it has been pressed.
    pub(crate) fn pressed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Ends a training after the epoch.
impl Callback for Interrupt {
    fn on_epoch(&mut self, _: &EpochRecord) -> downhill::train::Result<ControlFlow<()>> {
        Ok(if self.pressed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
