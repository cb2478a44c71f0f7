//! Prints a scan report for people.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{CollectionSummary, FindingKind, ScanReport};

/// Examples that are printed of each sort of finding.
const EXAMPLES: usize = 3;
/// Characters of a value that are printed.
const VALUE_WIDTH: usize = 40;

impl fmt::Display for ScanReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_collections(f)?;
        self.write_class_by_source(f)?;
        let sources: Vec<String> =
            self.collections.iter().map(|collection| collection.source.to_string()).collect();
        for counts in self.counts.iter().filter(|counts| counts.field != "class") {
            let rows = counts.rows.iter().map(|(value, sources)| {
                (value.clone(), sources.iter().map(|(source, count)| (source.to_string(), *count)).collect())
            });
            write_table(f, counts.field, &sources, rows)?;
        }
        for (kind, title) in [
            (FindingKind::Excluded, "left out"),
            (FindingKind::Odd, "odd rows and files"),
            (FindingKind::Image, "doubtful images"),
            (FindingKind::Patient, "doubtful patients"),
        ] {
            self.write_findings(f, kind, title, &sources)?;
        }
        self.write_decoding(f, &sources)
    }
}

impl ScanReport {
    fn write_collections(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for collection in &self.collections {
            writeln!(f, "{}  {}", collection.source, collection.root.display())?;
            writeln!(
                f,
                "    rows {}, images {} ({:.1} MB), patients known {}, rows and files left out {}, other files {}",
                collection.rows,
                collection.images,
                collection.bytes as f64 / 1e6,
                collection.patients,
                collection.excluded,
                collection.other_files
            )?;
            if let Some(warning) = self.warning_of_rows(collection) {
                writeln!(f, "    WARNING: {warning}")?;
            }
            if collection.drawn {
                writeln!(f, "    DRAWN: these are phantoms, not patients")?;
            }
        }
        for unread in &self.unread {
            writeln!(f, "{}  NOT READ: {}", unread.source, unread.error)?;
        }
        Ok(())
    }

    /// What is wrong with the tables of a collection of which no row fits a film.
    fn warning_of_rows(&self, collection: &CollectionSummary) -> Option<&'static str> {
        if collection.images > 0 || collection.excluded == 0 {
            return None;
        }
        if collection.rows == 0 {
            return Some("no table has a row below its header, so nothing describes the films");
        }
        let of_rows = self.findings.iter().filter(|finding| {
            finding.source == collection.source
                && finding.kind == FindingKind::Excluded
                && finding.row.is_some()
        });
        let none_fits = of_rows.count() >= collection.rows;
        none_fits.then_some(
            "no row of its tables fits a film; correct the column that tells the films, or give another one in \
             radiograph-source.toml",
        )
    }

    fn write_class_by_source(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sources: Vec<String> =
            self.class_by_source.sources().into_iter().map(str::to_owned).collect();
        // In the order of the other tables; `merged (nih)` stands where `merged` does.
        sources.sort_by_key(|name| {
            let source = name.split(' ').next().unwrap_or_default();
            self.collections.iter().position(|collection| collection.source.as_str() == source)
        });
        let rows =
            self.class_by_source.counts.iter().map(|(class, counts)| (class.to_string(), counts.clone()));
        write_table(f, "class", &sources, rows)?;
        for warning in &self.class_by_source.warnings {
            writeln!(f, "WARNING: {warning}")?;
        }
        Ok(())
    }

    fn write_decoding(&self, f: &mut fmt::Formatter<'_>, sources: &[String]) -> fmt::Result {
        if self.decoding.is_empty() {
            return Ok(());
        }
        let rows = self.decoding.iter().map(|note| {
            let counts = note.counts.iter().map(|(source, count)| (source.to_string(), *count));
            (note.sort.clone(), counts.collect())
        });
        write_table(f, "unusual files, read all the same", sources, rows)?;
        for note in &self.decoding {
            for noted in &note.files {
                writeln!(f, "  {}: {} {}: {}", note.sort, noted.source, noted.file, noted.text)?;
            }
        }
        Ok(())
    }

    fn write_findings(
        &self,
        f: &mut fmt::Formatter<'_>,
        kind: FindingKind,
        title: &str,
        sources: &[String],
    ) -> fmt::Result {
        let of_kind = || self.findings.iter().filter(|finding| finding.kind == kind);
        let mut counts: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
        for finding in of_kind() {
            *counts.entry(finding.code).or_default().entry(finding.source.to_string()).or_insert(0) += 1;
        }
        if counts.is_empty() {
            return Ok(());
        }
        let codes: Vec<&str> = counts.keys().copied().collect();
        write_table(f, title, sources, counts.into_iter().map(|(code, counts)| (code.to_owned(), counts)))?;
        for code in codes {
            for finding in of_kind().filter(|finding| finding.code == code).take(EXAMPLES) {
                write!(f, "  {code}: {}", finding.source)?;
                if let Some(table) = &finding.table {
                    write!(f, " {table}")?;
                }
                if let Some(row) = finding.row {
                    write!(f, " row {row}")?;
                }
                if let Some(file) = &finding.file {
                    write!(f, " {file}")?;
                }
                writeln!(f, ": {}", finding.text)?;
            }
        }
        Ok(())
    }
}

/// Values down, sources across, with totals; a source without any count has no column.
fn write_table(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    sources: &[String],
    rows: impl Iterator<Item = (String, BTreeMap<String, usize>)>,
) -> fmt::Result {
    let rows: Vec<(String, BTreeMap<String, usize>)> =
        rows.map(|(value, counts)| (value.chars().take(VALUE_WIDTH).collect(), counts)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let counted: BTreeSet<&String> = rows.iter().flat_map(|(_, counts)| counts.keys()).collect();
    let sources: Vec<&String> = sources.iter().filter(|source| counted.contains(source)).collect();
    let width = rows.iter().map(|(value, _)| value.chars().count()).chain([title.len()]).max().unwrap_or(0);
    write!(f, "\n{title:width$}")?;
    for source in &sources {
        write!(f, "  {:>5}", source)?;
    }
    writeln!(f, "  {:>5}", "total")?;
    for (value, counts) in &rows {
        write!(f, "{value:width$}")?;
        for source in &sources {
            let column = source.len().max(5);
            match counts.get(*source) {
                Some(count) => write!(f, "  {count:>column$}")?,
                None => write!(f, "  {:>column$}", ".")?,
            }
        }
        writeln!(f, "  {:>5}", counts.values().sum::<usize>())?;
    }
    Ok(())
}
