//! Whatever is wrong, the answer is one clear message and the documented exit code.

use crate::{folder, run, succeed, write};

#[test]
fn every_mistake_is_told() {
    let folder = folder("bad_input");
    let header = "size,colour,price\n";
    let rows: String = (0..40).map(|i| format!("{i},{},{}.5\n", ["red", "blue"][i % 2], 3 * i)).collect();
    write(&folder, "good.csv", format!("{header}{rows}"));
    write(&folder, "text.csv", format!("{header}{rows}").replace("\n7,", "\nseven,"));
    write(&folder, "gap.csv", format!("{header}{rows}").replace("\n7,", "\n,"));
    write(&folder, "ragged.csv", format!("{header}{rows}").replace("\n7,blue", "\n7"));
    write(&folder, "twice.csv", format!("size,size,price\n{rows}"));
    write(&folder, "empty.csv", header);
    let names: String = (0..80).map(|i| format!("{i},name{i},{i}.5\n")).collect();
    write(&folder, "names.csv", format!("{header}{names}"));
    write(&folder, "strange.csv", format!("{header}{rows}").replace("20,red", "20,green"));
    write(&folder, "other.csv", "length,price\n1,2\n");
    write(&folder, "misspelt.toml", "seed = 1\nepoch = 3\n");
    write(&folder, "layers.toml", "layers = [\"rleu\"]\n");
    write(&folder, "loss.toml", "loss = \"l1\"\n");
    write(&folder, "noise.bin", [0, 200, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    write(&folder, "cut.npy", b"\x93NUMPY\x01\x00");
    write(&folder, "file", "");
    write(&folder, "cut.parquet", "PAR1");
    write(&folder, "cut.arrow", "ARROW1\0\0");
    write(&folder, "old.feather", "FEA1\0\0\0\0");
    write(
        &folder,
        "groups.toml",
        "[optimizer]\nname = \"sgd\"\ngroups = [{ parts = \"9.*\", rate = 0.5 }]\n",
    );
    write(&folder, "waves.toml", "[schedule]\nname = \"cosine\"\nevery = 0.5\n");
    succeed(&folder, "train good.csv --target price --drop colour --epochs 2 -q --no-report -o model");
    succeed(&folder, "train iris --epochs 1 -q --no-report -o wide");
    let model = std::fs::read(folder.join("model/model.downhill")).unwrap();
    write(&folder, "cut.downhill", &model[..model.len() - 9]);
    let mut flipped = model;
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    write(&folder, "flipped.downhill", flipped);

    #[rustfmt::skip]
    let cases = [
        // What to do.
        ("", 2, "Usage"),
        ("trian iris", 2, "a similar subcommand exists: 'train'"),
        ("train", 2, "<DATA>"),
        ("train iris --hiden 3", 2, "'--hidden'"),
        ("train iris --hidden x", 2, "invalid value 'x'"),
        ("train iris --activation rleu", 2, "a similar value exists: 'relu'"),
        ("train iris --optimizer adm", 2, "a similar value exists"),
        ("train wide --image-size 1,2,3", 2, "one number, or height and width"),
        ("train iris --serve nowhere", 2, "invalid value 'nowhere'"),
        ("hill iris --descents sgdd", 1, "there is no optimizer \"sgdd\""),
        ("train good.csv --target price --missing perhaps", 2, "error, drop, mean, median or a number"),
        ("train good.csv --target price --delimiter é", 2, "not one ASCII character"),
        ("train good.csv", 2, "which column is to be learned? --target with one of: size, colour, price"),
        ("train good.csv --target price,colour --task classification", 2, "one target"),
        ("train iris --config layers.toml --hidden 3", 2, "contradict"),
        // Files.
        ("train nowhere.csv --target price", 1, "there is no file \"nowhere.csv\""),
        ("train good.csv --target price --test nowhere.csv", 1, "nowhere.csv"),
        ("train noise.bin --target x", 1, "no kind of file that is read"),
        ("train model/model.downhill --target x", 1, "this is a model, not data"),
        ("train wide", 1, "wide"),
        ("train iris -q -o file", 1, "file:"),
        ("train cut.npy --labels cut.npy", 1, "cut.npy"),
        #[cfg(not(feature = "parquet"))]
        ("train cut.parquet --target x", 1, "cut.parquet: this command was built without Parquet"),
        #[cfg(feature = "parquet")]
        ("train cut.parquet --target x", 1, "cut.parquet: "),
        ("inspect cut.parquet", 1, "cut.parquet: "),
        #[cfg(not(feature = "arrow"))]
        ("train cut.arrow --target x", 1, "cut.arrow: this command was built without Arrow"),
        #[cfg(feature = "arrow")]
        ("train cut.arrow --target x", 1, "cut.arrow is not an Arrow file: it is empty"),
        ("inspect old.feather", 1, "old.feather"),
        // Columns and cells.
        ("train good.csv --target prise", 1, "there is no column \"prise\"; did you mean \"price\"?"),
        ("train good.csv --target price --drop color", 1, "did you mean \"colour\"?"),
        ("train good.csv --target price --categorical color", 1, "did you mean \"colour\"?"),
        ("train text.csv --target price", 1, "row 8, column \"size\": \"seven\" is not a number"),
        ("train gap.csv --target price", 1, "row 8, column \"size\": the cell is empty"),
        ("train ragged.csv --target price", 1, "row 8 has 2 cells, but there are 3 columns"),
        ("train twice.csv --target price", 1, "column \"size\" occurs twice"),
        ("train empty.csv --target price", 1, "there are no rows"),
        ("train names.csv --target price", 1, "80 different texts, too many for a category; leave it out (--drop \"colour\")"),
        ("train names.csv --target colour", 1, "80 different texts in 80 rows: these are hardly classes"),
        ("train good.csv --target price --test strange.csv -q", 1, "row 21, column \"colour\": \"green\""),
        ("train good.csv --target price --test other.csv -q", 1, "other.csv: "),
        // Settings.
        ("train iris --config nowhere.toml", 1, "nowhere.toml"),
        ("train iris --config misspelt.toml", 1, "unknown field `epoch`"),
        ("train iris --config layers.toml", 1, "unknown variant `rleu`"),
        ("train iris --config loss.toml -q", 1, "this loss is for values"),
        ("train iris --config groups.toml -q", 1, "has a name like `9.*`"),
        ("train iris --config waves.toml -q", 1, "schedule cosine: it has no every"),
        ("train iris --epochs 0 -q", 1, "epochs must be at least 1"),
        ("train iris --batch-size 0 -q", 1, "batches of 0 rows"),
        ("train iris --hidden 8 --dropout 1.5 -q", 1, "must be"),
        ("train iris --rate=-1", 1, "rate must be"),
        ("train iris --test-share 1", 1, "the share of the test must be at least 0 and below 1"),
        ("train iris --validation 0.001 -q", 1, "leaves a part empty"),
        ("train iris --optimizer rprop --weight-decay 0.1", 1, "optimizer rprop: it has no weight decay"),
        ("train iris --optimizer sgd --rate 1e30 -q", 1, "not finite"),
        ("train iris --tensorboard file -q", 1, "file"),
        // Models.
        ("summary nowhere.downhill", 1, "nowhere.downhill"),
        ("summary good.csv", 1, "this is no downhill model file"),
        ("summary cut.downhill", 1, "it was cut off"),
        ("inspect cut.downhill", 1, "it was cut off"),
        ("inspect flipped.downhill", 1, "its checksum is wrong"),
        ("evaluate flipped.downhill iris", 1, "its checksum is wrong"),
        ("predict model/model.downhill other.csv", 1, "other.csv: there is no column \"size\""),
        ("predict model/model.downhill text.csv", 1, "row 8, column \"size\": \"seven\" is not a number"),
        ("predict model/model.downhill good.csv --proba", 1, "answers with values"),
        ("predict model/model.downhill good.csv -o nowhere/x.csv", 1, "nowhere"),
        ("evaluate model/model.downhill other.csv", 1, "there is no column \"size\""),
        ("evaluate model/model.downhill cut.npy", 1, "cut.npy"),
        ("predict wide/model.downhill other.csv", 1, "sepal length (cm)"),
        ("export model/model.downhill -o nowhere/x.safetensors", 1, "nowhere"),
        ("export model/model.downhill --to onnxx", 2, "invalid value 'onnxx'"),
        ("inspect nowhere", 1, "nowhere"),
        ("inspect cut.npy", 1, "cut.npy"),
        ("inspect ragged.csv", 1, "row 8 has 2 cells"),
        ("completions tcsh", 2, "invalid value 'tcsh'"),
    ];
    let mut wrong = Vec::new();
    for (arguments, code, expected) in cases {
        let output = run(&folder, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let fine =
            output.status.code() == Some(code) && stderr.contains(expected) && !stderr.contains("panicked");
        // What clap says of a flag that contradicts itself may be long; our own errors are a line.
        let own = code == 2 || stderr.trim_end().lines().count() == 1 || arguments.contains(".toml");
        if !fine || !own || !output.stdout.is_empty() {
            wrong.push(format!("{arguments}: {:?}, {stderr}", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// No beginning of a file, and no file with a bit turned over, makes a command panic.
#[test]
fn damaged_files_are_told() {
    let folder = folder("damaged");
    succeed(&folder, "train iris --hidden 2 --epochs 1 -q --no-report -o .");
    succeed(&folder, "export model.downhill -o model.npz --to npz");
    succeed(&folder, "export model.downhill");
    for name in ["model.downhill", "model.safetensors", "model.npz"] {
        let whole = std::fs::read(folder.join(name)).unwrap();
        for part in 0..12 {
            let mut bytes = whole[..whole.len() * part / 12].to_vec();
            write(&folder, "cut.downhill", &bytes);
            let damaged = format!("damaged.{}", name.rsplit('.').next().unwrap());
            write(&folder, &damaged, &bytes);
            let output = run(&folder, &format!("inspect {damaged}"));
            assert_eq!(output.status.code(), Some(1), "{name} cut at {}: {output:?}", bytes.len());
            bytes = whole.clone();
            bytes[whole.len() * part / 12] ^= 0x40;
            write(&folder, &damaged, &bytes);
            let stderr = run(&folder, &format!("inspect {damaged}")).stderr;
            assert!(!String::from_utf8_lossy(&stderr).contains("panicked"), "{name}, {part}");
        }
    }
}
