//! CSV tables: what they become, and what is said of those that are wrong.

#[cfg(feature = "bundled")]
use downhill_data::Bundled;
use downhill_data::{Dataset, Error, Table, TableOptions};
use downhill_tensor::Target;
use proptest::prelude::*;

fn table(text: &str) -> Result<Table, Error> {
    Table::from_reader(text.as_bytes(), "t.csv")
}

#[test]
fn classification_numbers_classes_in_ascending_order() -> Result<(), Error> {
    for (cells, names, labels) in [
        (["b", "a", "b"], vec!["a", "b"], [1, 0, 1]),
        (["10", "9", "10"], vec!["9", "10"], [1, 0, 1]),
        (["10", "9", "x"], vec!["10", "9", "x"], [0, 1, 2]),
    ] {
        let [a, b, c] = cells;
        let data: Dataset<f64> = table(&format!("x,y\n1,{a}\n2,{b}\n3,{c}\n"))?.classification("y")?;
        assert_eq!(data.class_names(), names);
        assert_eq!(data.labels()?.as_slice(), labels);
        assert_eq!(data.feature_names(), ["x"]);
        assert_eq!(data.name(), "t.csv");
        assert_eq!(data.inputs().as_slice(), [1.0, 2.0, 3.0]);
    }
    Ok(())
}

#[test]
fn regression_with_several_targets_in_the_order_asked_for() -> Result<(), Error> {
    let data: Dataset = table("a,b,c\n1,2,3\n4,5,6\n")?.regression(["c", "a"])?;
    assert_eq!(data.feature_names(), ["b"]);
    assert_eq!(data.value_names(), ["c", "a"]);
    assert_eq!(data.values()?.shape(), [2, 2]);
    assert_eq!(data.values()?.as_slice(), [3.0, 1.0, 6.0, 4.0]);
    Ok(())
}

#[test]
fn forms_of_the_same_table() -> Result<(), Error> {
    let plain: Dataset = table("a,b\n1.5,-2e3\n3,4\n")?.regression(["b"])?;
    for text in [
        "\u{feff}a,b\r\n1.5,-2e3\r\n3,4\r\n",
        "\u{feff}\"a\",\"b\"\n\"1.5\",\"-2e3\"\n\"3\",\"4\"",
        "a , b\n 1.5,  -2000\n3 ,+4\n",
        "\n\na,b\n\n1.5,-2e3\n\n3,4\n\n",
    ] {
        assert_eq!(table(text)?.regression::<f32>(["b"])?, plain, "{text:?}");
    }
    let other = TableOptions::new().delimiter(b';').names(["a", "b"]);
    assert_eq!(other.from_reader(&b"1.5;-2e3\n3;4"[..], "t.csv")?.regression::<f32>(["b"])?, plain);
    Ok(())
}

#[test]
fn many_columns_and_long_cells() -> Result<(), Error> {
    let (columns, length) = (300, 5000);
    let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
    let row = |class: &str| (1..columns).map(|c| format!("{c},")).collect::<String>() + class;
    let class = "long ".repeat(length).trim().to_owned();
    let text = format!("{}\n{}\n{}\n", names.join(","), row(&class), row("short"));
    let data: Dataset<f64> = table(&text)?.classification(&names[columns - 1])?;
    assert_eq!(data.class_names(), [class.as_str(), "short"]);
    assert_eq!(data.inputs().shape(), [2, columns - 1]);
    assert!(data.inputs().as_slice().iter().zip(1..).all(|(&x, place)| x == ((place - 1) % 299 + 1) as f64));
    Ok(())
}

#[test]
fn what_is_wrong_is_said() {
    let long = format!("x,y\n{},1\n", "z".repeat(1000));
    let shown = format!(r#"t.csv: row 1, column "x": "{}…" is not a number"#, "z".repeat(40));
    for (text, expected) in [
        ("", "t.csv: there are no rows"),
        ("\n\n", "t.csv: there are no rows"),
        ("x,y\n", "t.csv: there are no rows"),
        ("x,x\n1,2\n", r#"t.csv: column "x" occurs twice"#),
        ("x,,y\n1,2,3\n", "t.csv: column 2 has no name"),
        (
            "1,2\n3,4\n",
            "t.csv: the header holds only numbers; name the columns if the file has no header line",
        ),
        ("x,y\n1,2\n3\n", "t.csv: row 2 has 1 cells, but there are 2 columns"),
        ("x,y\n1,2,3\n", "t.csv: row 1 has 3 cells, but there are 2 columns"),
        ("x,z\n1,2\n", r#"t.csv: there is no column "y"; did you mean "x"?"#),
        ("distance,height\n1,2\n", r#"t.csv: there is no column "y""#),
        ("y\n1\n", "t.csv: no column is left for the features"),
        ("x,y\nabc,1\n", r#"t.csv: row 1, column "x": "abc" is not a number"#),
        ("x,y\r\n1,2\r\n1,\r\n", r#"t.csv: row 2, column "y": the cell is empty"#),
        ("x,y\n\"1\n\",2\n?,2\n", r#"t.csv: row 2, column "x": "?" is not a number"#),
        ("x,y\nnan,1\n", r#"t.csv: row 1, column "x": "nan" is not a number"#),
        ("x,y\n1,-inf\n", r#"t.csv: row 1, column "y": "-inf" is not finite"#),
        ("x,y\n1e999,1\n", r#"t.csv: row 1, column "x": "1e999" is not finite"#),
        ("x,y\n1e39,1\n", r#"t.csv: row 1, column "x": "1e39" is not finite"#),
        ("x,y\n1,\"2\n3,4\n", r#"t.csv: row 1, column "y": "2\n3,4" is not a number"#),
        (&long, &shown),
    ] {
        let error = table(text).and_then(|table| table.regression::<f32>(["y"])).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text:?}");
    }
}

#[test]
fn what_else_is_wrong_is_said() -> Result<(), Error> {
    let read = |bytes: &[u8]| Table::from_reader(bytes, "t.csv").unwrap_err().to_string();
    assert_eq!(read(b"x,y\n1,2\n\xff\xfe,2\n"), "t.csv: row 2 is not valid UTF-8");
    assert_eq!(read(b"\xff\xfex\0,\0y\0\n"), "t.csv: the header is not valid UTF-8");
    let limited = TableOptions::new().max_bytes(10).from_reader(&b"x,y\n1,2\n3,4\n"[..], "t.csv");
    assert_eq!(limited.unwrap_err().to_string(), "cannot read t.csv: it holds more than 10 bytes");
    let named = TableOptions::new().names(["x"]).from_reader(&b"1,2\n"[..], "t.csv");
    assert_eq!(named.unwrap_err().to_string(), "t.csv: row 1 has 2 cells, but there are 1 columns");
    let missing = Table::read("no such folder/t.csv").unwrap_err();
    assert!(matches!(missing, Error::Read { .. }));
    assert!(missing.to_string().starts_with("cannot read no such folder/t.csv: "), "{missing}");

    let table = table("x,y,z\n1,2,\n")?;
    for (error, expected) in [
        (table.regression::<f32>(["y", "y"]).map(|_| ()), r#"t.csv: column "y" occurs twice"#),
        (table.regression::<f32>([""; 0]).map(|_| ()), "t.csv: no column is left for the targets"),
        (table.classification::<f32>("z").map(|_| ()), r#"t.csv: row 1, column "z": the cell is empty"#),
        (table.column("yy").map(|_| ()), r#"t.csv: there is no column "yy"; did you mean "y"?"#),
        (table.classes("wide").map(|_| ()), r#"t.csv: there is no column "wide""#),
        (table.select(&[0, 1]).map(|_| ()), "there is no row 1 among 1 rows"),
    ] {
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
    Ok(())
}

/// A name or class that survives trimming, quoted as CSV wants it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn csv_round_trip(
        rows in prop::collection::vec(
            (any::<f64>().prop_filter("finite", |x| x.is_finite()), "[a-d\",;\n]{1,4}"), 1..20,
        ),
        crlf: bool,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut text = format!("\"a \"\"number\"\"\",class{end}");
        for (number, class) in &rows {
            text += &format!("{number:?},{}{end}", quoted(class));
        }
        // The header and cells are trimmed: a class of newlines alone is empty.
        let table = table(&text)?;
        prop_assert_eq!(table.len(), rows.len());
        prop_assert_eq!(table.columns().collect::<Vec<_>>(), ["a \"number\"", "class"]);
        let numbers: Vec<f64> = table.column("a \"number\"")?.map(str::parse).collect::<Result<_, _>>()?;
        prop_assert!(numbers.iter().zip(&rows).all(|(read, (written, _))| read == written));
        if rows.iter().all(|(_, class)| !class.trim().is_empty()) {
            let data: Dataset<f64> = table.classification("class")?;
            let Target::Classes(labels) = data.target() else { panic!("not classes") };
            for (&label, (_, class)) in labels.as_slice().iter().zip(&rows) {
                prop_assert_eq!(&data.class_names()[label], class.trim());
            }
        }
    }
}

#[test]
#[cfg(feature = "bundled")]
fn reads_a_compressed_file() -> Result<(), Error> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/bundled/iris.csv.gz");
    let read: Dataset = Table::read(path)?.classification("species")?;
    assert_eq!(read.inputs(), Bundled::Iris.load()?.inputs());
    Ok(())
}
