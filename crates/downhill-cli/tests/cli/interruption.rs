//! Ctrl-C, and going on.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::{command, folder, json, run, succeed};

/// A training long enough to be interrupted.
const TRAINING: &str =
    "train digits --hidden 16 --dropout 0.2 --epochs 20 --patience 0 --batch-size 8 -q --no-report";

/// Starts a training and presses Ctrl-C once it is under way; whether that came before its end.
fn interrupt(folder: &Path, arguments: &str) -> bool {
    let config = folder.join("cut/config.toml");
    let _ = std::fs::remove_file(&config);
    let child = command(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The configuration is written before the first step.
    while !config.exists() {
        sleep(Duration::from_millis(2));
    }
    sleep(Duration::from_millis(60));
    let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).stderr(Stdio::null()).status();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(130) => {
            assert!(String::from_utf8_lossy(&output.stdout).contains("interrupted"), "{output:?}");
            true
        }
        Some(0) => false,
        _ => panic!("{:?}: {stderr}", output.status),
    }
}

#[test]
fn ctrl_c_saves_and_resume_goes_on_to_the_same_bits() {
    let folder = folder("interruption");
    succeed(&folder, &format!("{TRAINING} -o whole"));
    let cut = format!("{TRAINING} -o cut");
    if interrupt(&folder, &cut) {
        // What was learned so far is there, and can be used.
        succeed(&folder, "evaluate cut/model.downhill digits");
    }
    succeed(&folder, "train digits -q --no-report --resume -o cut");
    let [whole, cut] =
        ["whole", "cut"].map(|run| std::fs::read(folder.join(run).join("model.downhill")).unwrap());
    assert!(whole == cut);
    // So does what the report shows of every step.
    let [whole, cut] = ["whole", "cut"]
        .map(|run| json(&folder, &format!("inspect {run}/checkpoints/trace.npz"))["parts"].take());
    assert_eq!(whole, cut);
    assert!(whole[0]["shape"][0].as_u64().unwrap() > 200, "{whole}");
    // Another training does not go on from these.
    let output = run(&folder, "train digits -q --no-report --resume -o cut --seed 7");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("this training cannot go on from here"),
        "{output:?}"
    );
}
