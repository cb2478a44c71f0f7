//! Replaces the blocks of a document that commands make.
//!
//! A block stands between the lines `<!-- KIND: NAME -->` and `<!-- end of KIND -->`. The rest of the document is prose, which
//! stays as it is.

use std::fs;

use crate::{checkout::Checkout, error::Error};

/// A document with blocks of one kind.
pub(crate) struct Document {
    /// Path in the checkout.
    pub(crate) path: &'static str,
    pub(crate) kind: &'static str,
}

impl Document {
    /// Writes each block's text in place of what stands between its marks.
    pub(crate) fn write(&self, checkout: &Checkout, blocks: &[(&str, String)]) -> Result<(), Error> {
        let path = checkout.root().join(self.path);
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        fs::write(&path, self.with(&text, blocks)?).map_err(Error::io(&path))
    }

    /// The text of the document with these blocks.
    pub(crate) fn with(&self, text: &str, blocks: &[(&str, String)]) -> Result<String, Error> {
        let (kind, document) = (self.kind, self.path);
        let last = format!("<!-- end of {kind} -->");
        let mut text = text.to_owned();
        for (name, block) in blocks {
            let missing = || Error::NoBlock { document, kind, name: (*name).to_owned() };
            let mark = format!("<!-- {kind}: {name} -->\n");
            let begin = text.find(&mark).ok_or_else(missing)? + mark.len();
            let end = begin + text[begin..].find(&last).ok_or_else(missing)?;
            text.replace_range(begin..end, &format!("\n{}\n\n", block.trim()));
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_replace_what_is_between_their_marks_and_nothing_else() {
        let document = Document { path: "docs/results.md", kind: "results" };
        let text = "a\n<!-- results: one -->\nold\n<!-- end of results -->\nb\n<!-- results: two -->\n<!-- end of results -->\nc\n";
        let blocks = [("one", "1".to_owned()), ("two", "2".to_owned())];
        let once = document.with(text, &blocks).unwrap();
        assert_eq!(
            once,
            "a\n<!-- results: one -->\n\n1\n\n<!-- end of results -->\nb\n<!-- results: two -->\n\n2\n\n<!-- end of results -->\nc\n"
        );
        assert_eq!(document.with(&once, &blocks).unwrap(), once);
        assert!(document.with(text, &[("three", String::new())]).is_err());
        let other = Document { kind: "bench", ..document };
        assert!(other.with(text, &blocks).is_err(), "blocks of another kind are not touched");
    }
}
