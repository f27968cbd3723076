//! What comes out.

use std::path::Path;
use std::process::Stdio;

use crate::{command, folder, json, succeed, write};

fn model(folder: &Path, run: &str) -> Vec<u8> {
    std::fs::read(folder.join(run).join("model.downhill")).unwrap()
}

#[test]
fn the_same_seed_makes_the_same_model_to_the_bit() {
    let folder = folder("seed");
    for (run, more) in [("a", "--threads 1"), ("b", "--threads 3 --serve 127.0.0.1:0"), ("c", "--seed 1")] {
        succeed(
            &folder,
            &format!("train digits --hidden 32 --dropout 0.1 --epochs 3 -q --no-report -o {run} {more}"),
        );
    }
    assert!(model(&folder, "a") == model(&folder, "b"));
    assert!(model(&folder, "a") != model(&folder, "c"));
}

#[test]
fn a_configuration_that_is_printed_says_it_all() {
    let folder = folder("config");
    let settings = "--hidden 8,4 --activation tanh --optimizer sgd --momentum 0.9 --rate 0.1 --schedule cosine \
                    --epochs 5 --batch-size 16 --seed 3 --scale min-max --patience 0 --validation 0.2";
    let printed = succeed(&folder, &format!("train wine {settings} --print-config"));
    write(&folder, "printed.toml", &printed);
    succeed(&folder, &format!("train wine {settings} -q --no-report -o flags"));
    succeed(&folder, "train wine --config printed.toml -q --no-report -o file");
    assert!(model(&folder, "flags") == model(&folder, "file"), "{printed}");
    assert_eq!(std::fs::read_to_string(folder.join("file/config.toml")).unwrap(), printed);
}

#[test]
fn bundled_sets_are_learned_as_they_are() {
    let folder = folder("bundled");
    for (data, measure, least) in [
        ("iris", "accuracy", 0.93),
        ("wine", "accuracy", 0.93),
        ("breast_cancer", "accuracy", 0.93),
        ("diabetes", "r2", 0.3),
    ] {
        let outcome = json(&folder, &format!("train {data} -q -o {data}"));
        let score = outcome["test"][measure].as_f64().unwrap();
        assert!(score >= least, "{data}: {outcome}");
        let [low, high] = [0, 1].map(|end| outcome["test"]["intervals_95"][measure][end].as_f64().unwrap());
        assert!(low < score && score <= high && high - low < 0.5, "{data}: {low} to {high} around {score}");
        let page = std::fs::read_to_string(folder.join(data).join("report.html")).unwrap();
        assert_eq!(page.matches("95 % interval: ").count(), 2, "{data}");
        for file in ["model.downhill", "history.csv", "config.toml", "report.html"] {
            assert!(folder.join(data).join(file).exists(), "{data}: {file}");
        }
        let rows = json(&folder, &format!("inspect {data}/history.csv"))["rows"].as_u64();
        assert_eq!(rows, outcome["epochs"].as_u64(), "{data}");
    }
}

#[test]
fn a_table_of_ones_own_with_categories_and_gaps() {
    let folder = folder("table");
    let rows: String = (0..120)
        .map(|i| {
            let (size, colour) = (i % 17, ["red", "blue", "green"][i % 3]);
            let price = 2.0 * size as f64 + [5.0, 0.0, -5.0][i % 3] + 0.25;
            let size = if i % 40 == 7 { String::new() } else { size.to_string() };
            format!("{i};{size};{colour};{price}\n")
        })
        .collect();
    write(&folder, "houses.csv", format!("id;size;colour;price\n{rows}"));
    let options = "--target price --drop id --delimiter ; --missing mean";
    let outcome =
        json(&folder, &format!("train houses.csv {options} --rate 0.01 --epochs 300 -q --no-report"));
    assert!(outcome["test"]["r2"].as_f64().unwrap() > 0.9, "{outcome}");
    assert_eq!(json(&folder, "summary run/model.downhill")["input"][0], 4);
    // The model fills gaps as the training did, and knows its categories.
    let delimited = "--delimiter ;";
    write(&folder, "new.csv", "colour;size\nred;3\ngreen;\n");
    let answers = json(&folder, &format!("predict run/model.downhill new.csv {delimited}"));
    assert!((answers[0]["prediction"].as_f64().unwrap() - 11.25).abs() < 2.0, "{answers}");
    assert!((answers[1]["prediction"].as_f64().unwrap() - 11.25).abs() < 3.0, "{answers}");
    let scores = json(&folder, &format!("evaluate run/model.downhill houses.csv {delimited}"));
    assert!(scores["r2"].as_f64().unwrap() > 0.9 && scores["samples"] == 120, "{scores}");
}

#[test]
fn arrays_are_learned() {
    let folder = folder("arrays");
    // An IDX pair: bright images of class 1, dark ones of class 0.
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2];
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, 40];
    for i in 0..40_u8 {
        images.extend([i % 2 * 200 + i; 4]);
        labels.push(i % 2);
    }
    write(&folder, "images-idx3-ubyte", images);
    write(&folder, "labels-idx1-ubyte", labels);
    let outcome = json(
        &folder,
        "train images-idx3-ubyte --labels labels-idx1-ubyte --epochs 30 -q --no-report --patience 0",
    );
    assert_eq!(outcome["test"]["accuracy"], 1.0, "{outcome}");
    assert_eq!(
        json(&folder, "inspect images-idx3-ubyte")["parts"][0]["shape"],
        serde_json::json!([40, 2, 2])
    );
}

#[test]
fn answers_as_csv_and_json() {
    let folder = folder("predict");
    succeed(&folder, "train iris -q --no-report");
    // Columns are found by their names.
    let new = "id,petal width (cm),petal length (cm),sepal width (cm),sepal length (cm)\n\
               a,0.2,1.4,3.5,5.1\nb,2.3,5.2,3.0,6.7\n";
    write(&folder, "new.csv", new);
    let text = succeed(&folder, "predict run/model.downhill new.csv");
    assert_eq!(text, "prediction\nsetosa\nvirginica\n");
    succeed(&folder, "predict run/model.downhill new.csv --proba -o out.csv");
    let written = std::fs::read_to_string(folder.join("out.csv")).unwrap();
    let header = "prediction,probability_setosa,probability_versicolor,probability_virginica\nsetosa,0.9";
    assert!(written.starts_with(header), "{written}");
    let answers = json(&folder, "predict run/model.downhill new.csv --proba");
    let sum: f64 = answers[0].as_object().unwrap().values().filter_map(serde_json::Value::as_f64).sum();
    assert!(answers[1]["prediction"] == "virginica" && (sum - 1.0).abs() < 1e-5, "{answers}");
}

// What it learns takes an optimised program: `.ci/run` runs that, and reads what it prints.
#[test]
fn the_demo_says_what_it_would_do() {
    let folder = folder("demo");
    assert!(succeed(&folder, "demo --print-config").contains("name = \"adamw\""));
    assert!(!folder.join("run").exists());
}

#[test]
fn several_ways_down_the_hill() {
    let folder = folder("hill");
    let outcome = json(&folder, "hill iris --hidden 4 --epochs 5");
    let steps: Vec<_> = outcome["descents"].as_array().unwrap().iter().map(|d| d["steps"].as_u64()).collect();
    assert_eq!(steps, [Some(5), Some(20), Some(20)], "{outcome}");
    let page = std::fs::read_to_string(folder.join("hill.html")).unwrap();
    for name in ["gradient-descent", "sgd", "momentum"] {
        assert!(page.contains(name), "{name}");
    }
}

#[test]
fn completions_and_the_manual() {
    let folder = folder("manual");
    for (arguments, expected) in [
        ("completions bash", "_downhill()"),
        ("completions zsh", "#compdef downhill"),
        ("completions fish", "complete -c downhill"),
        ("man", ".TH downhill 1"),
        ("man", ".SH DOWNHILL TRAIN"),
        ("--help", "Exit codes: 0 done, 1 bad input, 2 wrong usage, 130 interrupted."),
        ("--version", env!("CARGO_PKG_VERSION")),
    ] {
        let text = succeed(&folder, arguments);
        assert!(text.contains(expected), "{arguments}: {text}");
    }
}

/// `downhill … | head` ends quietly.
#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let folder = folder("pipe");
    let mut child = command(&folder, "man").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
