//! Models that know the columns of tables.

use downhill_data::{Dataset, Missing, Schema, Table, Transform, Unknown};
use downhill_nn::autodiff::Tensor;
use downhill_nn::{CrossEntropy, Linear, Link, Mse, Network};
use downhill_train::{Error, Model, Trainer};

use crate::folder::Folder;

fn table(csv: &str) -> Table {
    Table::from_reader(csv.as_bytes(), "ship.csv").unwrap()
}

fn ship() -> Table {
    table(
        "id,sex,age,survived\n1,male,22,no\n2,female,,yes\n3,female,26,yes\n4,male,36,no\n5,male,,no\n6,female,8,yes\n",
    )
}

fn model() -> Model {
    let schema = Schema::classification("survived").without(["id"]).categorical(["sex"]);
    let encoder = schema.missing(Missing::Mean).unknown(Unknown::Ignore).fit(&ship()).unwrap();
    let data: Dataset = encoder.dataset(&ship()).unwrap();
    let trainer = Trainer::new(Linear::new(2), CrossEntropy::new()).transform(Transform::Standardize);
    trainer.epochs(3).seed(1).fit(&data).unwrap().model
}

#[test]
fn what_made_the_inputs_travels_in_the_file() {
    let (model, folder) = (model(), Folder::new());
    let path = folder.0.join("model.downhill");
    model.save(&path).unwrap();
    let loaded: Model = Model::load(&path).unwrap();
    assert_eq!(loaded.feature_names(), ["sex=female", "sex=male", "age"]);
    assert_eq!(
        (loaded.target_names(), loaded.class_names()),
        (&["survived".to_string()][..], model.class_names())
    );
    assert_eq!(loaded.class_names(), ["no", "yes"]);

    // In another order, with other columns, without what is to be learnt, with gaps and an unknown class.
    let asked = table("age,ticket,sex\n22,A,male\n,B,female\n7,C,none\n");
    let answers = loaded.answer_table(&asked).unwrap();
    let inputs = Tensor::from_rows(&[[0.0, 1.0, 22.0], [1.0, 0.0, 23.0], [0.0, 0.0, 7.0]]);
    assert_eq!(loaded.inputs(&asked).unwrap(), inputs);
    assert_eq!(answers, model.answer(&inputs).unwrap());
    assert_eq!(answers.probabilities(), Some(&model.predict_proba(&inputs).unwrap()));
    assert_eq!(answers.classes(), Some(&model.predict_class(&inputs).unwrap()));
    assert_eq!(answers.values(), None);

    let data = loaded.dataset(&ship()).unwrap();
    assert_eq!(data.labels().unwrap().as_slice(), [0, 1, 1, 0, 0, 1]);
    assert!(loaded.evaluate(&data).is_ok());
}

#[test]
fn columns_that_are_missing_are_named() {
    let error = model().answer_table(&table("ticket\nA\n")).unwrap_err().to_string();
    assert!(error.contains("sex") && error.contains("age") && error.contains("ship.csv"), "{error}");
    let error = model().answer_table(&table("sex,age\nmale,old\n")).unwrap_err().to_string();
    assert!(error.contains("age") && error.contains("old"), "{error}");
}

#[test]
fn names_alone_will_do_for_numbers() {
    let network = Network::build(Linear::new(1), [2]).unwrap();
    let params = network.init::<f32>(1);
    let model = Model::new(network, params, Link::Identity).unwrap();
    let asked = table("b,a\n2,1\n4,3\n");
    assert!(matches!(model.answer_table(&asked).unwrap_err(), Error::Needs { .. }));
    let named = model.clone().with_feature_names(vec!["a".into(), "b".into()]);
    let inputs = Tensor::from_rows(&[[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(named.answer_table(&asked).unwrap().values(), Some(&model.predict(&inputs).unwrap()));
    assert!(matches!(named.dataset(&asked).unwrap_err(), Error::Needs { .. }));
    // Other names than inputs are an error of the network, not a panic.
    let wrong = model.with_feature_names(vec!["a".into()]);
    assert!(wrong.answer_table(&asked).is_err());
}

#[test]
fn as_csv() {
    let (folder, model) = (Folder::new(), model().with_class_names(vec!["a, b".into(), "say \"c\"".into()]));
    let answers = model.answer_table(&table("age,sex\n22,male\n1,female\n")).unwrap();
    let path = folder.0.join("answers.csv");
    answers.save_csv(&path).unwrap();
    let read = Table::read(&path).unwrap();
    let columns: Vec<&str> = read.columns().collect();
    assert_eq!(columns, ["prediction", "probability_a, b", "probability_say \"c\""]);
    assert_eq!(columns, answers.columns());
    for (row, (name, probability)) in
        read.column("prediction").unwrap().zip(read.column("probability_a, b").unwrap()).enumerate()
    {
        assert_eq!(Some(name), answers.class_name(row).as_deref());
        let expected = answers.probabilities().unwrap().as_slice()[2 * row];
        assert_eq!(probability.parse::<f32>().unwrap(), expected, "to the bit");
    }

    let data: Dataset = table("x,y,z\n1,2,3\n2,3,4\n").regression(["y", "z"]).unwrap();
    let model = Trainer::new(Linear::new(2), Mse::new()).fit(&data).unwrap().model;
    let mut csv = Vec::new();
    model.answer(data.inputs()).unwrap().write_csv(&mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.starts_with("prediction_y,prediction_z\n") && csv.lines().count() == 3, "{csv}");
}
