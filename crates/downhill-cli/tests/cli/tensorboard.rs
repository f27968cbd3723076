//! TensorBoard itself reads what is written for it, where it is installed.

use std::process::Command;

use crate::{folder, succeed};

const READ: &str = "
import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
for tag in sorted(events.Tags()['scalars']):
    print(tag, *(f'{event.step}:{event.value:.6g}' for event in events.Scalars(tag)))
";

#[test]
fn tensorboard_reads_the_curves() {
    let folder = folder("tensorboard");
    succeed(&folder, "train iris --epochs 3 -q --no-report --tensorboard events");
    let events: Vec<_> = std::fs::read_dir(folder.join("events")).unwrap().collect();
    assert_eq!(events.len(), 1);
    let python = std::env::var("DOWNHILL_PYTHON").unwrap_or_else(|_| "python3".into());
    let has = Command::new(&python).args(["-c", "import tensorboard"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!("skipped: {python} has no package tensorboard; name one that has in DOWNHILL_PYTHON");
        return;
    }
    let output = Command::new(&python).args(["-c", READ, "events"]).current_dir(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let history = std::fs::read_to_string(folder.join("run/history.csv")).unwrap();
    let losses = history.lines().skip(1).map(|line| {
        let mut cells = line.split(',');
        let (epoch, loss) = (cells.next().unwrap(), cells.next().unwrap().parse::<f64>().unwrap());
        (epoch.to_owned(), loss)
    });
    let read = String::from_utf8(output.stdout).unwrap();
    let line = read.lines().find(|line| line.starts_with("loss/train ")).unwrap();
    for ((epoch, loss), point) in losses.zip(line.split(' ').skip(1)) {
        let (step, value) = point.split_once(':').unwrap();
        assert_eq!(step, epoch);
        assert!((value.parse::<f64>().unwrap() - loss).abs() < 1e-4 * loss, "{line}, {history}");
    }
    for tag in ["loss/validation", "rate", "validation/accuracy"] {
        assert!(read.lines().any(|line| line.starts_with(tag)), "{read}");
    }
}
