//! What a misspelt name was meant to be.

/// The most similar of the names, if any is similar to `name`.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Longer names are no slips of the pen, and the distance takes quadratic time.
    const LONGEST: usize = 100;
    let allowed = 1 + name.chars().count() / 3;
    names
        .filter(|candidate| name.len().max(candidate.len()) <= LONGEST)
        .map(|candidate| (distance(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of characters to insert, delete or replace to get from `a` to `b` (V. Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    // The distances from the part of `a` read so far to every beginning of `b`.
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[row.len() - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("species", "specis", 1), ("ab", "ba", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn names() {
        let names = ["sepal length", "sepal width", "species"];
        for (name, expected) in
            [("Species", Some("species")), ("sepal widht", Some("sepal width")), ("target", None), ("", None)]
        {
            assert_eq!(nearest(name, names.into_iter()), expected, "{name}");
        }
    }
}
