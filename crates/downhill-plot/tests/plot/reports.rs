//! Reports.

use downhill::data::Dataset;
use downhill::prelude::*;
use downhill::train::Fit;
use downhill_plot::{Recorder, Report, Survey, Trace};

use crate::markup::check;

struct Training {
    fit: Fit,
    trace: Trace,
    train: Dataset,
    test: Dataset,
}

fn training(bundled: Bundled) -> Training {
    let data: Dataset = bundled.load().unwrap();
    let (train, test) = data.split_by(&bundled.split()).unwrap();
    let recorder = Recorder::new();
    let layers = |out| Sequential::new().then(Linear::new(8)).then(Activation::Tanh).then(Linear::new(out));
    let trainer = match data.classes() {
        Some(classes) => Trainer::new(layers(classes), CrossEntropy::new()),
        None => Trainer::new(layers(1), Mse::new()).transform_targets(Transform::Standardize),
    };
    let fit = trainer
        .optimizer(recorder.watch(Adam::new(0.02).unwrap()))
        .schedule(schedule::Cosine::new)
        .transform(Transform::Standardize)
        .validation_fraction(0.2)
        .epochs(3)
        .fit(&train)
        .unwrap();
    Training { fit, trace: recorder.trace(), train, test }
}

impl Training {
    /// A report with all there is.
    fn report(&self) -> String {
        let Training { fit, trace, train, test } = self;
        let (classes, values) = (CrossEntropy::new(), Mse::new());
        let loss: &dyn Loss = if train.classes().is_some() { &classes } else { &values };
        let hill =
            Survey::new(&fit.model, loss, train).unwrap().descent("Adam", trace).side(9).measure().unwrap();
        Report::new("A <title> & more")
            .model(&fit.model)
            .history(&fit.history)
            .trace(trace)
            .train(train)
            .test(test)
            .hill(&hill)
            .command("downhill train \"my data.csv\"")
            .fact("seed", 7)
            .html()
            .unwrap()
    }
}

/// A page with something of everything.
pub(crate) fn digits_report() -> String {
    training(Bundled::Digits).report()
}

/// What a report of each kind of data must and must not show.
#[test]
fn a_report_shows_what_there_is() {
    for (bundled, shown, absent) in [
        (Bundled::Iris, "Confusion matrix|Calibration|ROC|versicolor|petal|test accuracy", "Residuals"),
        (Bundled::BreastCancer, "Confusion matrix|Precision and recall|most unusual", "Residuals"),
        (Bundled::Digits, "6 hardest classes|mean image of each class|data:image/png", "most unusual"),
        (Bundled::Diabetes, "Residuals|test R²|RMSE|progression|most unusual", "Confusion matrix"),
    ] {
        let html = training(bundled).report();
        check(&html);
        let always = "A &lt;title&gt; &amp; more|Learning rate|Norm of the gradient|0.weight|multiply-adds|my data.csv|seed";
        for text in shown.split('|').chain(always.split('|')) {
            assert!(html.contains(text), "{text} in the report of {}", bundled.name());
        }
        assert!(!html.contains(absent), "{absent} in the report of {}", bundled.name());
        for id in ["learning", "quality", "mistakes", "hill", "inside", "data", "repeat"] {
            assert!(
                html.contains(&format!("<section id=\"{id}\"")) && html.contains(&format!("href=\"#{id}\""))
            );
        }
        needs_no_network(&html);
    }
}

fn needs_no_network(html: &str) {
    let addresses = html.split("http").skip(1).map(|rest| &rest[..rest.len().min(30)]);
    for address in addresses {
        assert!(address.starts_with("://www.w3.org/2000/svg"), "{address}");
    }
    for attribute in ["src=\"", "href=\""] {
        for value in html.split(attribute).skip(1) {
            assert!(value.starts_with("data:") || value.starts_with('#'), "{attribute}{value:.40}");
        }
    }
    let style = html.split("</style>").next().unwrap_or_default();
    assert!(!style.contains("@import") && !style.contains("url("), "the style sheet refers to nothing");
}

#[test]
fn a_report_needs_nothing_but_a_title() {
    let empty = Report::<f32>::new("Only this").html().unwrap();
    check(&empty);
    assert!(empty.contains("<h1>Only this</h1>") && !empty.contains("<section"));
    let Training { fit, .. } = training(Bundled::Iris);
    let live =
        Report::<f32>::new("Live").history(&fit.history).live("/events").highlight("3 of 9", "epochs", "");
    check(&live.html().unwrap());
    assert!(live.html().unwrap().contains("data-live=\"/events\""));
    assert!(live.html().unwrap().contains(&live.body().unwrap()));
    assert!(live.body().unwrap().contains("3 of 9"));
}

#[test]
fn data_of_another_kind_is_an_error() {
    let Training { fit, .. } = training(Bundled::Iris);
    let other: Dataset = Bundled::Wine.load().unwrap();
    assert!(Report::new("").model(&fit.model).test(&other).html().is_err());
    let missing = std::env::temp_dir().join("no such folder").join("report.html");
    assert!(Report::<f32>::new("").write(missing).unwrap_err().to_string().contains("no such folder"));
}
