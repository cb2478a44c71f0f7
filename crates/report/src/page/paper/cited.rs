//! Table 5: work of other groups, cited with its images and not ranked.

use maud::{Markup, html};

use super::super::table::{Sheet, text};
use crate::paper::{CITED, Cited};

pub(super) fn table_5() -> Markup {
    let note = "In the order of the paper's references. Accuracy in %, as printed there; images as section 2 of the paper states them.";
    let mut sheet = Sheet::new("Table 5: work that the paper cites", note)
        .words("authors")
        .words("network")
        .words("images")
        .numbers("accuracy")
        .numbers("COVID-19 accuracy")
        .words("remark");
    for Cited { authors, reference, network, images, accuracy, covid, remark } in &CITED {
        sheet.push(vec![
            text(format!("{authors} [{reference}]")),
            text(network),
            text(images.unwrap_or("not stated")),
            text(accuracy),
            text(covid.unwrap_or("–")),
            text(remark),
        ]);
    }
    html! {
        h3 { "Table 5: cited, not ranked" }
        p {
            "The paper sets its own accuracy above these. Each of them was measured on other images, with other classes and another \
            split, and most on a few hundred images or fewer; a difference between such numbers says nothing about the methods, so this \
            page ranks nothing by them. The paper's own row has 99.9 % in both columns, although Table 3 has 99.78 % for COVID-19: the accuracy \
            of all classes stands in both. The text gives their range as 80.6 % to 98.3 %; the table has 98.6 % for Narin et al."
        }
        details { summary { "The rows of Table 5" } (sheet) }
    }
}
