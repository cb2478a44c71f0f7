//! Finds the class and the view of a film that no table gives one, by the folder that it lies in and by patterns, and whether it
//! was made from another.

use std::collections::BTreeSet;

use crate::{
    ClassName, Label, Provenance, View,
    source::{
        description::{Description, Labels},
        pattern,
    },
};

type Fits = Box<dyn Fn(&str) -> bool>;

/// Classes and views by path, as a description gives them.
pub(super) struct ByPath {
    labels: Labels,
    /// Words that folders may be called, if folders count.
    words: Vec<String>,
    patterns: Vec<(Fits, ClassName)>,
    views: Vec<(Fits, View)>,
    augmented: Vec<Fits>,
}

impl ByPath {
    pub(super) fn new(description: &Description) -> Self {
        let words = description.labels.keys().filter(|_| description.class_folders).cloned().collect();
        let fits = |pattern: &String| Box::new(pattern::matcher(pattern)) as Fits;
        let classes = description.class_patterns.iter();
        let views = description.view_patterns.iter();
        Self {
            labels: Labels::new(&description.labels),
            words,
            patterns: classes.map(|(text, class)| (fits(text), class.as_str().into())).collect(),
            views: views.map(|(text, word)| (fits(text), View::read(word))).collect(),
            augmented: description.augmented_patterns.iter().map(fits).collect(),
        }
    }

    /// The view of the patterns that the path fits, if it is one.
    pub(super) fn view(&self, file: &str) -> View {
        let fitting = self.views.iter().filter(|(fits, _)| fits(file)).map(|(_, view)| *view);
        let views: BTreeSet<View> = fitting.collect();
        match views.into_iter().collect::<Vec<_>>()[..] {
            [view] => view,
            _ => View::Unknown,
        }
    }

    /// Whether the path fits a pattern of films that were made from others.
    pub(super) fn is_augmented(&self, file: &str) -> bool {
        self.augmented.iter().any(|fits| fits(file))
    }

    /// Whether paths tell classes at all.
    pub(super) fn is_used(&self) -> bool {
        !(self.words.is_empty() && self.patterns.is_empty())
    }

    /// The class of the innermost folder that the labels name, else that of the patterns that the path fits, if it is one.
    pub(super) fn label(&self, file: &str) -> Option<Label> {
        let listed = |folder: &&str| self.words.iter().any(|word| word.eq_ignore_ascii_case(folder));
        if let Some(folder) = file.rsplit('/').skip(1).find(listed) {
            let (label, _) = self.labels.of_cell(folder, None);
            return Some(match label.class() {
                Some(class) => Label::of(class.clone(), Provenance::Folder, folder),
                None => Label::undecided(Provenance::Folder, folder),
            });
        }
        let fitting = self.patterns.iter().filter(|(fits, _)| fits(file)).map(|(_, class)| class);
        let classes: BTreeSet<&ClassName> = fitting.collect();
        match classes.into_iter().collect::<Vec<_>>()[..] {
            [class] => Some(Label::of(class.clone(), Provenance::Folder, class.as_str())),
            _ => None,
        }
    }
}
