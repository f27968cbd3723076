//! The golden cases: what PyTorch computes, in double precision.
//!
//! `cases/` holds operations with gradients, losses, optimizer trajectories, schedules, whole training
//! runs, saved models and files; `cases/README.md` says how they are encoded. The environment variable
//! `DOWNHILL_GOLDEN` names another folder to read them from. Every case of something that the library has
//! must hold; what it lacks is counted by name. Run it with
//! `cargo test --workspace --test golden -- --nocapture`.

mod check;
mod formats;
mod json;
mod layers;
mod losses;
mod models;
mod ops;
mod optimizers;
mod schedules;
mod training;

use std::collections::BTreeSet;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

use check::{Checks, Verdict};
use json::Json;
use serde_json::{Value, json};

#[test]
fn golden() {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/cases");
    let given = env::var_os("DOWNHILL_GOLDEN").filter(|folder| !folder.is_empty());
    let folder = given.map_or_else(own, PathBuf::from);
    let index = read(&folder.join("index.json")).expect("the list of case files");
    let mut total = Tally::default();
    for entry in Json(&index).at("files").items() {
        let file = entry.text("file");
        let mut tally = Tally::default();
        if let Err(error) = run_file(&folder, entry, &mut tally) {
            println!("golden: FAILED {file}: {error}");
            tally.failed += 1;
        }
        let kinds = tally.kinds.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        println!("golden: {file}: {tally} (kinds: {})", if kinds.is_empty() { "none" } else { &kinds });
        total.ran += tally.ran;
        total.failed += tally.failed;
        total.skipped += tally.skipped;
    }
    println!("golden: total: {total}");
    assert_eq!(total.failed, 0, "golden cases that do not hold");
    assert_eq!(total.ran + total.skipped, Json(&index).count("total_cases"), "golden cases in all files");
}

/// What became of the cases of a file.
#[derive(Default)]
struct Tally {
    ran: usize,
    failed: usize,
    skipped: usize,
    /// Why: what the library lacks, or the case where it has chosen otherwise.
    kinds: BTreeSet<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ran, {} failed, {} skipped", self.ran, self.failed, self.skipped)
    }
}

/// Runs the cases of a file of the index.
fn run_file(folder: &Path, entry: Json<'_>, tally: &mut Tally) -> Result<(), Box<dyn Error>> {
    let (file, kind) = (entry.text("file"), entry.text("kind"));
    let path = folder.join(file);
    let (contents, beside) = if kind == "model" {
        // A folder that is one case.
        (json!({ "cases": [read(&path.join("arch.json"))?] }), path.as_path())
    } else {
        (read(&path)?, path.parent().unwrap_or(folder))
    };
    let cases: Vec<Json<'_>> = Json(&contents).at("cases").items().collect();
    if cases.len() != entry.count("cases") {
        return Err(format!("{} cases, not {}", cases.len(), entry.count("cases")).into());
    }
    for case in cases {
        let mut checks = Checks::default();
        let outcome = catch_unwind(AssertUnwindSafe(|| match kind {
            "op" => ops::run(case, &mut checks),
            "loss" => losses::run(case, &mut checks),
            "optimizer" => optimizers::run(case, &mut checks),
            "schedule" => schedules::run(case, &mut checks),
            "training_run" => training::run(case, &mut checks),
            "model" => models::run(case, beside, &mut checks),
            "formats" => formats::run(case, beside, &mut checks),
            other => Err(format!("unknown kind {other}").into()),
        }));
        let name = case.get("name").map_or_else(|| case.text("file"), |_| case.text("name"));
        match outcome {
            Ok(Ok(Verdict::Lacks(what))) => {
                tally.skipped += 1;
                tally.kinds.extend(what);
                continue;
            }
            Ok(Ok(Verdict::Ran)) => {}
            Ok(Err(error)) => checks.failures.push(error.to_string()),
            Err(_) => checks.failures.push("it panicked".into()),
        }
        tally.ran += 1;
        tally.failed += usize::from(!checks.failures.is_empty());
        for failure in checks.failures {
            println!("golden: FAILED {file} {name}: {failure}");
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Value, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}
