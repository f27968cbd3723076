//! What is in files.

use crate::{folder, json, succeed};

#[test]
fn numbers_that_are_exported_are_the_models() {
    let folder = folder("export");
    succeed(&folder, "train iris --epochs 1 -q --no-report");
    for format in ["safetensors", "npz"] {
        let file = format!("model.{format}");
        succeed(&folder, &format!("export run/model.downhill --to {format} -o {file}"));
        let (exported, own) =
            (json(&folder, &format!("inspect {file}")), json(&folder, "inspect run/model.downhill"));
        let by_name = |inspection: &serde_json::Value| {
            let mut parts = inspection["parts"].as_array().unwrap().clone();
            parts.sort_by_key(|part| part["name"].to_string());
            parts
        };
        assert_eq!(by_name(&exported), by_name(&own), "{format}");
    }
}

#[test]
fn a_checkpoint_is_looked_into() {
    let folder = folder("checkpoint");
    succeed(&folder, "train iris --epochs 3 --validation 0 --optimizer adamw -q --no-report");
    let checkpoints = folder.join("run/checkpoints");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let names: Vec<String> = std::fs::read_dir(checkpoints).unwrap().map(name).collect();
    let newest = names.iter().filter(|name| name.ends_with(".checkpoint")).max().unwrap();
    let inspection = json(&folder, &format!("inspect run/checkpoints/{newest}"));
    assert_eq!((&inspection["steps"], &inspection["epochs"]), (&12.into(), &3.into()), "{inspection}");
    let part = |name: &str| {
        let parts = inspection["parts"].as_array().unwrap();
        parts
            .iter()
            .find(|part| part["name"] == name)
            .unwrap_or_else(|| panic!("{name} in {inspection}"))
            .clone()
    };
    let own = json(&folder, "inspect run/model.downhill");
    assert_eq!(part("0.weight"), own["parts"][0]);
    assert_eq!(part("optimizer: step")["mean"], 12.0);
    let text = succeed(&folder, &format!("inspect run/checkpoints/{newest}"));
    assert!(
        text.contains("a checkpoint\nstep 12, 3 epochs of 4 steps done; 120 samples, seed 0\n"),
        "{text}"
    );
}
