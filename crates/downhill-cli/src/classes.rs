//! Classes by their names.

use downhill::prelude::{Dataset, Tensor};

use crate::error::{Error, Result};

/// Data with their classes numbered as in `names`: those of a folder are numbered by what is in it, which need not be what a
/// model was trained on. Data or names without any are taken as they are.
pub(crate) fn numbered_as(data: Dataset, names: &[String]) -> Result<Dataset> {
    if data.class_names().is_empty() || names.is_empty() || data.class_names() == names {
        return Ok(data);
    }
    let class = |&label: &usize| {
        let name = &data.class_names()[label];
        names.iter().position(|known| known == name).ok_or_else(|| {
            let known = names.join(", ");
            Error::Input(format!("{}: class \"{name}\" is none of those known: {known}", data.name()))
        })
    };
    let labels = data.labels()?.as_slice().iter().map(class).collect::<Result<Vec<usize>>>()?;
    let labels = Tensor::new([labels.len()], labels)?;
    Ok(Dataset::new(data.inputs().clone(), labels)?
        .with_name(data.name())
        .with_class_names(names.to_vec())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(labels: &[usize], names: &[&str]) -> Dataset {
        let inputs = Tensor::zeros([labels.len(), 1]);
        let labels = Tensor::new([labels.len()], labels.to_vec()).unwrap();
        let data = Dataset::new(inputs, labels).unwrap().with_name("data");
        if names.is_empty() { data } else { data.with_class_names(strings(names)).unwrap() }
    }

    fn strings(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.into()).collect()
    }

    #[test]
    fn classes_are_found_by_their_names() {
        for (labels, own, names, expected) in [
            (vec![0, 1, 1], vec!["b", "d"], vec!["a", "b", "c", "d"], vec![1, 3, 3]),
            (vec![0, 1], vec!["a", "b"], vec!["b", "a"], vec![1, 0]),
            (vec![0, 1], vec!["a", "b"], vec!["a", "b"], vec![0, 1]),
            (vec![0, 2], vec![], vec!["a", "b", "c"], vec![0, 2]),
            (vec![0, 1], vec!["a", "b"], vec![], vec![0, 1]),
            // A class of which there is no sample is no matter.
            (vec![1], vec!["x", "a"], vec!["a"], vec![0]),
        ] {
            let found = numbered_as(data(&labels, &own), &strings(&names)).unwrap();
            assert_eq!(found.labels().unwrap().as_slice(), expected, "{own:?} as {names:?}");
        }
        let error = numbered_as(data(&[0, 1], &["a", "x"]), &strings(&["a", "b"])).unwrap_err().to_string();
        assert_eq!(error, "data: class \"x\" is none of those known: a, b");
    }
}
