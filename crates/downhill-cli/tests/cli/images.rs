//! Images, in folders and in tables.

use crate::{folder, json, run, succeed, write};

/// An image of 4 × 4 pixels, all of about this brightness.
fn png(brightness: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 4, 4);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels: Vec<u8> = (0..16).map(|pixel| brightness + pixel % 5).collect();
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

#[test]
fn images_are_learned_and_known_by_their_folders() {
    let folder = folder("images");
    for (class, brightness) in [("bright", 180), ("dark", 20), ("medium", 100)] {
        for i in 0..20 {
            std::fs::create_dir_all(folder.join("all").join(class)).unwrap();
            write(&folder, &format!("all/{class}/{i}.png"), png(brightness + i));
        }
    }
    let outcome = json(&folder, "train all --hidden 16 --rate 0.01 --patience 0 -q --no-report");
    assert_eq!(outcome["test"]["accuracy"], 1.0, "{outcome}");
    // Of other folders too, whose classes are others, or in another place of their list.
    for (class, brightness) in [("dark", 30), ("medium", 105)] {
        std::fs::create_dir_all(folder.join("some").join(class)).unwrap();
        write(&folder, &format!("some/{class}/x.png"), png(brightness));
    }
    assert_eq!(json(&folder, "evaluate run/model.downhill some")["accuracy"], 1.0);
    std::fs::create_dir_all(folder.join("new")).unwrap();
    write(&folder, "new/a.png", png(30));
    write(&folder, "new/b.png", png(190));
    assert_eq!(succeed(&folder, "predict run/model.downhill new"), "prediction\ndark\nbright\n");
    assert_eq!(succeed(&folder, "predict run/model.downhill new/b.png"), "prediction\nbright\n");
    assert_eq!(json(&folder, "inspect new/a.png")["parts"][0]["shape"], serde_json::json!([3, 4, 4]));
    std::fs::rename(folder.join("some/dark"), folder.join("some/pale")).unwrap();
    let output = run(&folder, "evaluate run/model.downhill some");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("class \"pale\" is none of those known: bright, dark, medium"), "{stderr}");
}

#[test]
fn a_configuration_may_see_images() {
    let folder = folder("image-layers");
    let config = "epochs = 4\ninput = [1, 8, 8]\nscale = \"min-max\"\noptimizer = { name = \"adam\", rate = 0.005 }\n\
                  layers = [{ conv2d = { channels = 8, kernel = 3 } }, \"relu\", { max-pool2d = 2 },\n\
                  \"batch-norm2d\", \"flatten\", { linear = 32 }, \"relu\"]\n";
    write(&folder, "images.toml", config);
    let outcome = json(&folder, "train digits --config images.toml -q --no-report");
    assert!(outcome["test"]["accuracy"].as_f64().unwrap() > 0.9, "{outcome}");
    assert_eq!(json(&folder, "summary run/model.downhill")["input"], serde_json::json!([1, 8, 8]));
}
