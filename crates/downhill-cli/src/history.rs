//! The history of a training as a table.

use std::fmt::Write as _;

use downhill::train::{History, Metrics};

/// A row for each epoch, as CSV.
pub(crate) fn to_csv(history: &History) -> String {
    let metrics: &[&str] = match history.epochs.first().and_then(|epoch| epoch.validation.as_ref()) {
        Some(Metrics::Classes(_)) => &["validation_accuracy", "validation_macro_f1"],
        Some(Metrics::Values(_)) => &["validation_rmse", "validation_mae", "validation_r2"],
        None => &[],
    };
    let mut text = "epoch,loss".to_owned();
    if !metrics.is_empty() {
        text += ",validation_loss,";
        text += &metrics.join(",");
    }
    text += ",rate,seconds\n";
    for epoch in &history.epochs {
        let _ = write!(text, "{},{}", epoch.epoch, epoch.loss);
        if let Some(loss) = epoch.validation_loss {
            let _ = write!(text, ",{loss}");
        }
        match &epoch.validation {
            Some(Metrics::Classes(confusion)) => {
                let _ = write!(text, ",{},{}", confusion.accuracy(), confusion.macro_f1());
            }
            Some(Metrics::Values(errors)) => {
                let _ = write!(text, ",{},{},{}", errors.rmse, errors.mae, errors.r2);
            }
            None => {}
        }
        let _ = writeln!(text, ",{},{:.6}", epoch.rate, epoch.seconds);
    }
    text
}
