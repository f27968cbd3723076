//! Whether markup is sound.

/// Checks that the tags of SVG or of a report are balanced, their attributes quoted and their text escaped, and that
/// no number in them is NaN or infinite.
pub(crate) fn check(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text.strip_prefix("<!doctype html>").unwrap_or(text);
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        assert!(!before.contains('>'), "a bare > in {before:?}");
        let end = tag.find('>').unwrap_or_else(|| panic!("a tag does not end: {tag:.80}"));
        let (tag, after) = (&tag[1..end], &tag[end + 1..]);
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in {tag}");
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        rest = after;
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "what </{closed}> closes");
        } else if !tag.ends_with('/') && !["meta", "link", "img", "br", "input"].contains(&name) {
            open.push(name);
            if name == "style" || name == "script" {
                let end = rest.find(&format!("</{name}>")).expect("its end");
                rest = &rest[end..];
            }
        }
        if ["path", "rect", "circle", "text", "g"].contains(&name) {
            assert!(!tag.contains("NaN") && !tag.contains("inf"), "{tag}");
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}
