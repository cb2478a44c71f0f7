//! Collects what an adapter reads (records, exclusions, notes) and accounts for every file of the folder.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::de::DeserializeOwned;

use super::{
    Collection, Folder, PublishedImages, SourceError, is_image, mark::is_drawn, mask::is_mask_by_name,
};
use crate::{
    Exclusion, Note, Oddity, PatientId, Reason, Record, RecordId, SourceName,
    table::{Cells, CellsForm, Row, TableFormat, read_table},
    union::Union,
};

/// A collection while it is being read. Adapters claim files for rows; what is left unclaimed is reported.
#[derive(Debug)]
pub struct CollectionReader {
    folder: Folder,
    source: SourceName,
    /// Tables in the order in which they were read.
    tables: Vec<String>,
    /// Position of the table whose rows are told of.
    table: Option<usize>,
    rows: usize,
    records: Vec<Record>,
    exclusions: Vec<Exclusion>,
    notes: Vec<Note>,
    /// Where the note is that counts the rows of a word of a column, and the like.
    counted: HashMap<(&'static str, String), usize>,
    /// Claimed files, with the record that holds each.
    claimed: HashMap<String, usize>,
    /// The record of each id.
    ids: HashMap<RecordId, usize>,
    /// Files that cannot have a record since another one has their id, with the line of the first row that described each.
    homonyms: HashMap<String, u64>,
    set_aside: HashSet<String>,
    /// Files of several patients, in the order of the rows.
    shared: Vec<SharedFile>,
    /// Position of each of them, by file.
    shared_at: HashMap<String, usize>,
    similar: Option<HashMap<String, Vec<String>>>,
}

/// A file of several patients.
#[derive(Debug)]
struct SharedFile {
    file: String,
    /// Its name in ids.
    name: String,
    /// The patients, as the collection numbers them.
    patients: BTreeSet<String>,
}

/// Patients above which a file tells nothing about whose it is: a placeholder, or a table of one row for each person.
const PATIENTS_OF_A_FILE: usize = 8;

impl CollectionReader {
    /// Begins to read a collection.
    pub fn new(source: SourceName, folder: Folder) -> Self {
        Self {
            folder,
            source,
            tables: Vec::new(),
            table: None,
            rows: 0,
            records: Vec::new(),
            exclusions: Vec::new(),
            notes: Vec::new(),
            counted: HashMap::new(),
            claimed: HashMap::new(),
            ids: HashMap::new(),
            homonyms: HashMap::new(),
            set_aside: HashSet::new(),
            shared: Vec::new(),
            shared_at: HashMap::new(),
            similar: None,
        }
    }

    /// Name of the collection.
    pub fn source(&self) -> &SourceName {
        &self.source
    }

    /// The listing of the collection's folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The rows of a table of the folder. Rows that cannot be read become exclusions.
    ///
    /// # Errors
    ///
    /// The table as a whole cannot be read: see [`Folder::open_file`] and [`read_table`]. `layout` says how the
    /// collection is laid out, for the message.
    pub fn rows<T: DeserializeOwned>(
        &mut self,
        file: &str,
        format: &TableFormat<'_>,
        layout: &'static str,
    ) -> Result<Vec<Row<T>>, SourceError> {
        let table = self.folder.open_file(file, layout)?;
        let rows = read_table(table, &self.folder.root().join(file), format)?;
        self.begin_table(file);
        self.rows += rows.read.len() + rows.refused.len();
        for (line, reason) in rows.refused {
            self.exclude(Some(line), None, reason);
        }
        Ok(rows.read)
    }

    /// The rows of a table whose form is found out. Rows that cannot be read become exclusions.
    ///
    /// # Errors
    ///
    /// The table as a whole cannot be read: see [`Folder::open_file`] and [`Cells::read`].
    pub fn cells(&mut self, file: &str, form: &CellsForm) -> Result<Cells, SourceError> {
        let cells = self.folder.cells(file, form)?;
        self.begin_table(file);
        self.rows += cells.rows.len() + cells.refused.len();
        for (line, reason) in &cells.refused {
            self.exclude(Some(*line), None, reason.clone());
        }
        self.set_aside_file(file);
        Ok(cells)
    }

    fn begin_table(&mut self, file: &str) {
        self.table = Some(self.tables.len());
        self.tables.push(file.to_owned());
    }

    /// Position of the table that was read last, in the order of reading.
    pub(super) fn table(&self) -> Option<usize> {
        self.table
    }

    /// Says in which table the rows stand that are told of from here on.
    pub(super) fn return_to_table(&mut self, table: Option<usize>) {
        self.table = table;
    }

    /// Name of the table that a row stands in.
    fn table_of(&self, row: Option<u64>) -> Option<String> {
        row.and(self.table).and_then(|table| self.tables.get(table)).cloned()
    }

    /// Leaves out the record of a row.
    fn exclude_record(&mut self, record: Record, reason: Reason) {
        let table = self.table_of(record.row);
        self.exclusions.push(Exclusion { table, ..Exclusion::of(record, reason) });
    }

    /// A record for the file that row `line` names, relative to the folder `below`; `None` (and an exclusion) if the
    /// name must be refused. Whether the file exists, [`add`](Self::add) finds out.
    pub fn record_of_row(&mut self, line: u64, below: &str, name: &str) -> Option<Record> {
        match self.folder.resolve(below, name) {
            Ok(file) => {
                let mut record = self.record_of_file(below, &file);
                record.row = Some(line);
                Some(record)
            }
            Err(reason) => {
                self.exclude(Some(line), Some(name), reason);
                None
            }
        }
    }

    /// A record for a file of the listing, described by no row; its id is its name relative to the folder `below`.
    pub fn record_of_file(&self, below: &str, file: &str) -> Record {
        let name = file.strip_prefix(below).map_or(file, |name| name.trim_start_matches('/'));
        Record::new(RecordId::new(&self.source, name), self.folder.root().join(file))
    }

    /// The file of a record of this collection, relative to its folder.
    fn file(&self, record: &Record) -> String {
        // The path of a record is the root with the file behind it, as text.
        let root = self.folder.root().to_str();
        let path = record.path.to_str();
        if let Some(file) = root.zip(path).and_then(|(root, path)| path.strip_prefix(root)?.strip_prefix('/'))
        {
            return file.to_owned();
        }
        let file = record.path.strip_prefix(self.folder.root()).unwrap_or(&record.path);
        file.to_string_lossy().into_owned()
    }

    /// A patient of this collection; `None` for a blank number.
    pub fn patient(&self, number: &str) -> Option<PatientId> {
        let number = number.trim();
        (!number.is_empty()).then(|| PatientId::new(&self.source, number))
    }

    /// Takes a record in if its file is there and no earlier row has claimed it. Otherwise the row becomes an
    /// exclusion; two rows for one file unite their patients, and cost the file its place if they contradict each other
    /// about its class. Of two files with one id the first is taken.
    pub fn add(&mut self, record: Record) {
        let file = self.file(&record);
        if let Some(&earlier) = self.claimed.get(&file) {
            return self.add_again(earlier, file, record);
        }
        if !self.folder.contains(&file) {
            let similar = self.similar_files(&file).into_iter().next();
            return self.exclude_record(record, Reason::RowWithoutFile { similar });
        }
        if let (None, Some(evidence)) = (record.row, is_mask_by_name(&file)) {
            return self.exclude(None, Some(&file), Reason::Mask(evidence));
        }
        if let Some(&first) = self.homonyms.get(&file) {
            return self.exclude_file(file, record, Reason::SecondRow { first });
        }
        if let Some(&earlier) = self.ids.get(&record.id) {
            self.homonyms.insert(file.clone(), record.row.unwrap_or(0));
            let first = self.records[earlier].row.unwrap_or(0);
            return self.exclude_file(file, record, Reason::SecondOfName { first });
        }
        self.claimed.insert(file, self.records.len());
        self.ids.insert(record.id.clone(), self.records.len());
        self.records.push(record);
    }

    /// Excludes a record under the name of its file: its id is that of another.
    fn exclude_file(&mut self, file: String, record: Record, reason: Reason) {
        self.set_aside.insert(file.clone());
        let table = self.table_of(record.row);
        self.exclusions.push(Exclusion { file: Some(file), table, ..Exclusion::of(record, reason) });
    }

    fn add_again(&mut self, earlier: usize, file: String, record: Record) {
        let first = &self.records[earlier];
        if let (Some(one), Some(other)) = (&first.patient, &record.patient)
            && one != other
        {
            let at = *self.shared_at.entry(file).or_insert_with_key(|file| {
                let name = first.id.name().to_owned();
                self.shared.push(SharedFile { file: file.clone(), name, patients: BTreeSet::new() });
                self.shared.len() - 1
            });
            self.shared[at].patients.extend([one.name().to_owned(), other.name().to_owned()]);
        }
        let (first_row, second_row) = (first.row.unwrap_or(0), record.row.unwrap_or(0));
        let reason = if first.label.class() == record.label.class() {
            Reason::SecondRow { first: first_row }
        } else {
            Reason::ContradictoryRows { first: first_row, second: second_row }
        };
        self.exclude_record(record, reason);
    }

    /// Files that differ from this name in case or extension only and that no row has claimed, sorted.
    pub fn similar_files(&mut self, file: &str) -> Vec<String> {
        let folder = &self.folder;
        let similar = self.similar.get_or_insert_with(|| {
            let mut similar: HashMap<String, Vec<String>> = HashMap::new();
            for file in folder.files().filter(|file| is_image(file)) {
                similar.entry(loose(file)).or_default().push(file.to_owned());
            }
            similar
        });
        let alike = similar.get(&loose(file)).into_iter().flatten();
        alike.filter(|other| *other != file && !self.claimed.contains_key(*other)).cloned().collect()
    }

    /// Whether a row has claimed the file.
    pub fn is_claimed(&self, file: &str) -> bool {
        self.claimed.contains_key(file)
    }

    /// Image files below a folder that no row has claimed, by extension, sorted.
    pub fn unclaimed_images(&self, below: &str) -> Vec<String> {
        let files = self.folder.files_below(below);
        files.filter(|file| is_image(file) && !self.claimed.contains_key(*file)).map(str::to_owned).collect()
    }

    /// Counts all files below a folder as something other than images of the collection: masks, thumbnails.
    pub fn set_aside(&mut self, below: &str) {
        self.set_aside.extend(self.folder.files_below(below).map(str::to_owned));
    }

    /// Counts a file as something other than an image of the collection.
    pub fn set_aside_file(&mut self, file: &str) {
        self.set_aside.insert(file.to_owned());
    }

    /// Excludes a row or a file.
    pub fn exclude(&mut self, row: Option<u64>, file: Option<&str>, reason: Reason) {
        if let Some(file) = file {
            self.set_aside.insert(file.to_owned());
        }
        self.exclusions.push(Exclusion {
            source: self.source.clone(),
            file: file.map(str::to_owned),
            table: self.table_of(row),
            row,
            reason,
            record: None,
        });
    }

    /// Remarks on a row or a file.
    pub fn note(&mut self, row: Option<u64>, file: Option<&str>, mut oddity: Oddity) {
        // What stands in every row is told once, with the number of rows.
        let key = oddity.counted().map(|(column, word, _)| (column, word));
        if let Some(key) = key {
            if let Some(&first) = self.counted.get(&key) {
                if let Some((.., rows)) = self.notes[first].oddity.counted() {
                    *rows += 1;
                }
                return;
            }
            self.counted.insert(key, self.notes.len());
        }
        let (source, table) = (self.source.clone(), self.table_of(row));
        self.notes.push(Note { source, file: file.map(str::to_owned), table, row, oddity });
    }

    /// Ends the reading: reports images that nothing described, unites patients, looks up published sizes.
    ///
    /// # Errors
    ///
    /// The list of published sizes beside the collection cannot be read; see [`PublishedImages::of_folder`].
    pub fn finish(mut self) -> Result<Collection, SourceError> {
        self.exclude_of_many_patients();
        self.exclude_contradictory();
        let left: Vec<String> =
            self.folder.files().filter(|file| self.is_left(file)).map(str::to_owned).collect();
        let (images, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|file| is_image(file));
        for file in images {
            let litter = file.split('/').any(|part| part == "__MACOSX" || part.starts_with("._"));
            let reason = match is_mask_by_name(&file) {
                _ if litter => Reason::ArchiveLitter,
                Some(evidence) => Reason::Mask(evidence),
                None => Reason::FileWithoutRow,
            };
            self.exclude(None, Some(&file), reason);
        }
        let refused: Vec<_> =
            self.folder.refused().map(|(name, reason)| (name.to_owned(), reason.clone())).collect();
        for (name, reason) in refused {
            self.exclude(None, Some(&name), reason);
        }
        self.unite_patients();
        let drawn = is_drawn(&self.folder);
        let of_exclusions =
            self.exclusions.iter_mut().filter_map(|exclusion| exclusion.record.as_deref_mut());
        self.records.iter_mut().chain(of_exclusions).for_each(|record| record.drawn = drawn);
        if let Some(published) = PublishedImages::of_folder(&self.folder)? {
            for index in 0..self.records.len() {
                let file = self.file(&self.records[index]);
                self.records[index].published = published.get(&file).cloned();
            }
        }
        let described: HashSet<&str> =
            self.exclusions.iter().filter_map(|exclusion| exclusion.file.as_deref()).collect();
        let aside = self
            .set_aside
            .iter()
            .filter(|file| self.folder.contains(file) && !described.contains(file.as_str()));
        Ok(Collection {
            other_files: others.len() + aside.count(),
            drawn,
            source: self.source,
            root: self.folder.root().to_owned(),
            rows: self.rows,
            records: self.records,
            exclusions: self.exclusions,
            notes: self.notes,
        })
    }

    fn is_left(&self, file: &str) -> bool {
        !self.claimed.contains_key(file) && !self.set_aside.contains(file)
    }

    /// A file that two rows contradict each other about has no class, so the earlier row's record leaves as well.
    fn exclude_contradictory(&mut self) {
        // By file: two rows may spell its name, and so its id, in two ways.
        let mut refuted: HashMap<String, (Option<String>, Reason)> = HashMap::new();
        for exclusion in &self.exclusions {
            if let (Some(record), Reason::ContradictoryRows { .. }) = (&exclusion.record, &exclusion.reason) {
                let told = || (exclusion.table.clone(), exclusion.reason.clone());
                refuted.entry(self.file(record)).or_insert_with(told);
            }
        }
        if refuted.is_empty() {
            return;
        }
        for record in std::mem::take(&mut self.records) {
            match refuted.get(&self.file(&record)) {
                Some((table, reason)) => {
                    let table = table.clone();
                    self.exclusions.push(Exclusion { table, ..Exclusion::of(record, reason.clone()) });
                }
                None => self.records.push(record),
            }
        }
    }

    /// A file of very many patients is nobody's, and must not make one person of them.
    fn exclude_of_many_patients(&mut self) {
        let (of_few, of_many): (Vec<_>, Vec<_>) = std::mem::take(&mut self.shared)
            .into_iter()
            .partition(|shared| shared.patients.len() <= PATIENTS_OF_A_FILE);
        self.shared = of_few;
        if of_many.is_empty() {
            return;
        }
        let of_many: HashMap<String, usize> =
            of_many.into_iter().map(|shared| (shared.file, shared.patients.len())).collect();
        for mut record in std::mem::take(&mut self.records) {
            match of_many.get(&self.file(&record)) {
                Some(patients) => {
                    record.patient = None;
                    self.exclusions.push(Exclusion::of(record, Reason::ManyPatients(*patients)));
                }
                None => self.records.push(record),
            }
        }
    }

    /// Gives patients that share a file one id, in every record of theirs.
    fn unite_patients(&mut self) {
        let shared = std::mem::take(&mut self.shared);
        let united = unite(shared.iter().map(|shared| &shared.patients));
        for SharedFile { name, patients, .. } in shared {
            self.note(None, Some(&name), Oddity::PatientsUnited { patients: patients.into_iter().collect() });
        }
        let of_exclusions =
            self.exclusions.iter_mut().filter_map(|exclusion| exclusion.record.as_deref_mut());
        for record in self.records.iter_mut().chain(of_exclusions) {
            if let Some(patient) = &mut record.patient
                && let Some(name) = united.get(patient.name())
            {
                *patient = PatientId::new(patient.source(), name.clone());
            }
        }
    }
}

/// A name without its extension, in lower case.
fn loose(file: &str) -> String {
    let start = file.rfind('/').map_or(0, |slash| slash + 1);
    let end = file[start..].rfind('.').map_or(file.len(), |dot| start + dot);
    file[..end].to_lowercase()
}

/// Connected components of sets that share members: for each member the name of its component, which lists the members,
/// joined by `+`, or counts them where they are many.
fn unite<'a>(sets: impl Iterator<Item = &'a BTreeSet<String>>) -> BTreeMap<String, String> {
    let sets: Vec<&BTreeSet<String>> = sets.collect();
    let all: BTreeSet<&str> = sets.iter().flat_map(|set| set.iter()).map(String::as_str).collect();
    let numbers: HashMap<&str, usize> =
        all.iter().zip(0..).map(|(member, number)| (*member, number)).collect();
    let mut union = Union::new(all.len());
    for set in sets {
        let mut of_set = set.iter().filter_map(|member| numbers.get(member.as_str()));
        if let Some(first) = of_set.next() {
            of_set.for_each(|other| union.unite(*first, *other));
        }
    }
    let mut groups: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (member, of_member) in all.into_iter().zip(union.sets()) {
        groups.entry(of_member).or_default().push(member);
    }
    let mut names = BTreeMap::new();
    for mut group in groups.into_values() {
        group.sort_by(|a, b| a.len().cmp(&b.len()).then(a.cmp(b))); // 9 before 10
        let name = match group.len() {
            ..=PATIENTS_OF_A_FILE => group.join("+"),
            many => format!("{}+{} others", group[0], many - 1),
        };
        names.extend(group.into_iter().map(|member| (member.to_owned(), name.clone())));
    }
    names
}
