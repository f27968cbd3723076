//! Tables become data sets: categories, gaps, and what is refused.

use downhill_data::{Dataset, Encoder, Error, Missing, Schema, Table, Unknown};
use downhill_tensor::Tensor;
use proptest::prelude::*;

fn table(text: &str) -> Table {
    Table::from_reader(text.as_bytes(), "t.csv").unwrap()
}

#[test]
fn columns_are_found_by_name() -> Result<(), Error> {
    let train = table("id,sex,size,x,y\n7,f,S,1,a\n8,m,L,2,b\n");
    let schema =
        Schema::classification("y").without(["id"]).categorical(["sex"]).ordinal("size", ["S", "M", "L"]);
    let encoder = schema.fit(&train)?;
    let data: Dataset = encoder.dataset(&train)?;
    assert_eq!(data.feature_names(), ["sex=f", "sex=m", "size", "x"]);
    assert_eq!(data.inputs().as_slice(), [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 2.0, 2.0]);
    assert_eq!(data.class_names(), ["a", "b"]);
    assert_eq!(data.encoder(), Some(&encoder));
    assert_eq!(data.split_at(1)?.0.encoder(), Some(&encoder));
    assert_eq!(data.with_inputs(Tensor::zeros([2, 4]))?.encoder(), None);

    // Another table, its columns in another order and with a class missing, is read alike.
    let test = table("y,x,size,sex\nb,5,M,m\n");
    assert_eq!(encoder.inputs::<f32>(&test)?.as_slice(), [0.0, 1.0, 1.0, 5.0]);
    assert_eq!(encoder.dataset::<f32>(&test)?.labels()?.as_slice(), [1]);
    assert_eq!(encoder.columns().collect::<Vec<_>>(), ["sex", "size", "x"]);
    assert_eq!(encoder.targets(), ["y"]);

    // The target is not needed for a prediction.
    let new = table("size,x,sex\nS,1,f\n");
    assert_eq!(encoder.inputs::<f32>(&new)?.as_slice(), [1.0, 0.0, 0.0, 1.0]);
    for (text, expected) in [
        ("size,sex,xx\nS,f,1\n", r#"t.csv: there is no column "x"; did you mean "xx"?"#),
        // A column that is read as something else was not meant.
        ("size,sex,y\nS,f,a\n", r#"t.csv: there is no column "x""#),
        ("sex,a\nf,1\n", r#"t.csv: there are no columns "size", "x""#),
        ("size,sex,x\nS,q,1\n", r#"t.csv: row 1, column "sex": "q" is none of the known classes"#),
        ("size,sex,x\nS,f,1\nXL,f,1\n", r#"t.csv: row 2, column "size": "XL" is none of the known classes"#),
        ("size,sex,x\nS,,1\n", r#"t.csv: row 1, column "sex": the cell is empty"#),
    ] {
        assert_eq!(encoder.inputs::<f32>(&table(text)).unwrap_err().to_string(), expected);
    }
    let stranger = encoder.dataset::<f32>(&table("y,x,sex,size\nc,5,f,S\n")).unwrap_err();
    assert_eq!(stranger.to_string(), r#"t.csv: row 1, column "y": "c" is none of the known classes"#);
    Ok(())
}

#[test]
fn gaps() -> Result<(), Error> {
    let train = table("x,c,y\n1,a,10\nNA,b,20\n4,,30\n6,a,40\n");
    let data = |schema: Schema| schema.categorical(["c"]).fit(&train)?.dataset::<f64>(&train);
    for (missing, expected) in [
        (Missing::Mean, [11.0 / 3.0, 0.0]),
        (Missing::Median, [4.0, 0.0]),
        (Missing::Constant(-1.0), [-1.0, 0.0]),
    ] {
        let inputs = data(Schema::regression(["y"]).missing(missing))?;
        let inputs = inputs.inputs().as_slice();
        assert_eq!([inputs[3], inputs[7] + inputs[8]], expected, "{missing:?}");
    }
    // Statistics are those of the rows that are kept.
    let dropped = data(Schema::regression(["y"]).missing(Missing::Mean).missing_in("c", Missing::Drop))?;
    assert_eq!(dropped.inputs().as_slice(), [1.0, 1.0, 0.0, 3.5, 0.0, 1.0, 6.0, 1.0, 0.0]);
    assert_eq!(dropped.values()?.as_slice(), [10.0, 20.0, 40.0]);
    assert_eq!(data(Schema::regression(["y"]).missing(Missing::Drop))?.len(), 2);
    for (schema, expected) in [
        (Schema::regression(["y"]), r#"t.csv: row 2, column "x": "NA" is not a number"#),
        (
            Schema::regression(["y"]).missing_in("x", Missing::Mean),
            r#"t.csv: row 3, column "c": the cell is empty"#,
        ),
    ] {
        assert_eq!(data(schema).unwrap_err().to_string(), expected);
    }

    // A target that is missing drops its row or is an error.
    let gap = table("x,y\n1,\n2,b\n");
    assert_eq!(Schema::classification("y").missing(Missing::Drop).fit(&gap)?.dataset::<f32>(&gap)?.len(), 1);
    let error =
        Schema::classification("y").missing(Missing::Mean).fit(&gap)?.dataset::<f32>(&gap).unwrap_err();
    assert_eq!(error.to_string(), r#"t.csv: row 1, column "y": the cell is empty"#);
    // A prediction is asked for each row.
    let encoder = Schema::new().missing(Missing::Drop).fit(&table("x\n1\n"))?;
    let error = encoder.inputs::<f32>(&table("x\n3\nnull\n")).unwrap_err();
    assert_eq!(error.to_string(), r#"t.csv: row 2, column "x": "null" is not a number"#);
    Ok(())
}

#[test]
fn what_the_training_rows_did_not_have() -> Result<(), Error> {
    let whole = table("c,x,y\na,1,0\nb,2,1\nz,,1\n");
    let (train, test) = (whole.select(&[0, 1])?, whole.select(&[2])?);
    let schema = Schema::regression(["y"]).categorical(["c"]).missing(Missing::Median);
    let strict = schema.fit(&train)?;
    let error = strict.inputs::<f32>(&test).unwrap_err().to_string();
    // The row is the file's.
    assert_eq!(error, r#"t.csv: row 3, column "c": "z" is none of the known classes"#);
    let lenient = schema.unknown(Unknown::Ignore).fit(&train)?;
    assert_eq!(lenient.inputs::<f32>(&test)?.as_slice(), [0.0, 0.0, 1.5]);
    let stored: Encoder = bincode::deserialize(&bincode::serialize(&lenient).unwrap()).unwrap();
    assert_eq!(stored, lenient);
    assert_eq!(stored.feature_names(), ["c=a", "c=b", "x"]);
    Ok(())
}

#[test]
fn what_is_refused() {
    let text = "a,when,b,y\n1,2024-01-31,5,1\n2,2024-02-29,,2\n3,2024-03-31,,3\n";
    let free: String = (0..30).map(|row| format!("text {row},{row}\n")).collect();
    let free = format!("note,y\n{free}");
    for (text, schema, expected) in [
        (
            text,
            Schema::regression(["y"]),
            r#"t.csv: row 1, column "when": "2024-01-31" is a date, not a number: turn it into numbers or leave the column out"#,
        ),
        (text, Schema::regression(["z"]), r#"t.csv: there is no column "z"; did you mean "a"?"#),
        (text, Schema::new().without(["c"]), r#"t.csv: there is no column "c"; did you mean "a"?"#),
        (text, Schema::new().ordinal("size", ["S"]), r#"t.csv: there is no column "size""#),
        (text, Schema::new().missing_in("size", Missing::Drop), r#"t.csv: there is no column "size""#),
        (text, Schema::new(), "t.csv: no column is left for the targets"),
        (text, Schema::new().without(["a", "b", "when", "y"]), "t.csv: no column is left for the features"),
        (
            text,
            Schema::new().ordinal("a", ["1", "1"]),
            r#"t.csv: column "a" has the class "1" twice or without a name"#,
        ),
        (
            text,
            Schema::regression(["y"]).without(["when"]).missing_in("b", Missing::Constant(f64::NAN)),
            r#"t.csv: column "b" would be filled with a number that is not finite"#,
        ),
        (
            "x,y\n,1\n",
            Schema::regression(["y"]).missing(Missing::Mean),
            r#"t.csv: column "x" has no number to fill its gaps with"#,
        ),
        (
            &free,
            Schema::regression(["y"]).categorical(["note"]).max_classes(20),
            r#"t.csv: column "note" has more than 20 classes: it is text or numbers, not a category"#,
        ),
    ] {
        let table = table(text);
        let schema =
            if expected.contains("for the targets") { schema.without(["when", "b"]) } else { schema };
        let error = schema.fit(&table).and_then(|encoder| encoder.dataset::<f32>(&table)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn all_rows_may_be_dropped() -> Result<(), Error> {
    let empty = table("a,b,y,z\n,1,1,2\n");
    let data: Dataset = Schema::regression(["y", "z"]).missing(Missing::Drop).fit(&empty)?.dataset(&empty)?;
    assert_eq!((data.inputs().shape(), data.values()?.shape()), ([0, 2].into(), [0, 2].into()));
    Ok(())
}

proptest! {
    #[test]
    fn a_stored_encoder_that_was_changed_is_refused_or_works(at: prop::sample::Index, byte: u8) {
        let train = table("c,s,x,y\na,S,1,0\nb,L,2,1\n");
        let schema = Schema::classification("y").categorical(["c"]).ordinal("s", ["S", "L"]);
        let mut stored = bincode::serialize(&schema.fit(&train)?)?;
        let at = at.index(stored.len());
        stored[at] = byte;
        use bincode::Options;
        let limited = bincode::DefaultOptions::new().with_fixint_encoding().with_limit(1 << 12);
        if let Ok(encoder) = limited.deserialize::<Encoder>(&stored) {
            let _ = encoder.dataset::<f32>(&train);
        }
    }
}
