//! The table of a store, `table.bin`: the place of every feature map, in one file for all shards.
//!
//! It is derived from the lists in `index/`, which stay the authority: it names the lists that it was made from, and a
//! reader uses it only while the index holds exactly these. A store without a table has the same one in memory.
//!
//! ```text
//! 16 bytes   radiograph table
//!  4         version, 1
//!  4         number of shards
//!  8         number of feature maps
//! 32         SHA-256 of the store's description
//!  4         CRC-32 of all above and of the two lists that follow
//! 28 each    shards, by name: name (16), number of bytes (8), number of feature maps (4)
//! 40 each    blocks of 1,024 feature maps: image (32) and variant (4) of the first one, CRC-32 of the block (4)
//! 48 each    feature maps, by image and variant: image (32), variant, shard, position, CRC-32 (4 each)
//! ```
//!
//! All numbers are little-endian. A store of any size is opened with two reads, of the first 68 bytes and of the two
//! lists. A block is read and checked when one of its feature maps is first asked for.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use radiograph_files::{read_exact_at, write_bytes};

use crate::{
    FeatureError, FeatureId, StoreDescription,
    contents::{Contents, listed_names},
    description::MOST_FEATURES,
    lock::ReaderLock,
    shard::Shard,
    table_bytes::{BLOCK, ENTRY, Entry, FIXED, Fixed, ListedBlock, ListedShard, Place},
};

const NAME: &str = "table.bin";

/// Place of every feature map of a store.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    pub(crate) shards: Vec<ListedShard>,
    blocks: Vec<ListedBlock>,
    features: usize,
    /// Bytes of the blocks that were read.
    read: Vec<OnceLock<Box<[u8]>>>,
    source: Source,
}

/// Where the entries of a table are.
#[derive(Debug)]
enum Source {
    File { file: File, start: u64 },
    Memory,
}

/// Writes the table of a store, `table.bin`, unless it has a current one, and returns whether it was written. With it,
/// [`FeatureStore::open`](crate::FeatureStore::open) takes a few reads whatever the number of shards. A damaged table is
/// replaced.
///
/// Call it after the last shard. It may be called at any time: a table to which shards were added or from which they were
/// removed is not used, and several processes that write it at once write the same bytes.
///
/// # Errors
///
/// Those of [`FeatureStore::open`](crate::FeatureStore::open) for a store without a table, and
/// [`FeatureError::File`] if the system refuses.
pub fn write_table(folder: &Path) -> Result<bool, FeatureError> {
    let _lock = ReaderLock::take(folder)?;
    let (description, shards) = match StoreDescription::read(folder)? {
        Some(description) => match Table::current(folder, &description) {
            Ok(Some(table)) if table.ids().is_ok() => return Ok(false),
            Ok(_) | Err(FeatureError::Table { .. }) => Contents::read_sound(folder)?,
            Err(error) => return Err(error),
        },
        None => return Err(FeatureError::NotAStore { folder: folder.to_owned() }),
    };
    Table::of_shards(folder, &shards).write(&description)?;
    Ok(true)
}

pub(crate) fn table_path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

impl Table {
    /// Opens the table in a store's folder; `None` if there is none, or one of another version.
    ///
    /// # Errors
    ///
    /// [`FeatureError::Table`] if it is damaged or of another store; [`FeatureError::Read`] if the system refuses.
    pub(crate) fn open(folder: &Path, description: &StoreDescription) -> Result<Option<Self>, FeatureError> {
        let path = table_path(folder);
        let refuse = |reason: &str| FeatureError::Table { path: path.clone(), reason: reason.to_owned() };
        let unread = |source: io::Error| match source.kind() {
            io::ErrorKind::UnexpectedEof => refuse("it was cut short"),
            _ => FeatureError::Read { path: path.clone(), source },
        };
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(FeatureError::Read { path, source }),
        };
        let length = file.metadata().map_err(unread)?.len();
        let mut head = vec![0; FIXED];
        file.read_exact(&mut head).map_err(unread)?;
        let fixed = Fixed::parse(&head).ok_or_else(|| refuse("it is no table of a feature store"))?;
        if fixed.version != Fixed::VERSION {
            return Ok(None);
        }
        // Before anything is allocated by these numbers.
        if fixed.file_bytes() != Some(length) {
            return Err(refuse("its length does not fit its number of feature maps"));
        }
        let start = fixed.head_bytes();
        head.resize(start, 0);
        file.read_exact(&mut head[FIXED..]).map_err(unread)?;
        if fixed.checksum != Fixed::checksum_of(&head) {
            return Err(refuse("its checksum is another: it was damaged"));
        }
        if fixed.description != description.hash()? {
            return Err(refuse("it belongs to another store"));
        }
        let (shards, blocks) = fixed.lists(&head);
        let fits = |shard: &ListedShard| {
            let data = u64::from(shard.features) * description.map_bytes() as u64;
            (1..=MOST_FEATURES as u32).contains(&shard.features) && shard.bytes > data
        };
        if !shards.iter().all(fits)
            || !shards.is_sorted_by(|first, second| first.name < second.name)
            || !blocks.is_sorted_by(|first, second| first.first < second.first)
        {
            return Err(refuse("its lists contradict themselves"));
        }
        let features = fixed.features as usize;
        let read = blocks.iter().map(|_| OnceLock::new()).collect();
        let source = Source::File { file, start: start as u64 };
        Ok(Some(Self { path, shards, blocks, features, read, source }))
    }

    /// The table in a store's folder, if it was made from exactly the lists that are in the index now.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub(crate) fn current(
        folder: &Path,
        description: &StoreDescription,
    ) -> Result<Option<Self>, FeatureError> {
        let Some(table) = Self::open(folder, description)? else { return Ok(None) };
        let names = listed_names(folder)?;
        let listed = table.shards.iter().map(|shard| &shard.name);
        Ok(names.is_some_and(|names| names.iter().eq(listed)).then_some(table))
    }

    /// The table of these shards, in memory. If a feature map is in two shards, as during garbage collection, both are
    /// valid, and the first is taken.
    pub(crate) fn of_shards(folder: &Path, shards: &[Shard]) -> Self {
        let mut entries: Vec<Entry> =
            Vec::with_capacity(shards.iter().map(|shard| shard.features.len()).sum());
        for (number, shard) in (0..).zip(shards) {
            for (position, stored) in (0..).zip(&shard.features) {
                let place = Place { shard: number, position, checksum: stored.checksum };
                entries.push(Entry { id: stored.id, place });
            }
        }
        entries.sort_unstable_by_key(|entry| (entry.id, entry.place));
        entries.dedup_by_key(|entry| entry.id);
        let mut blocks = Vec::new();
        let mut read = Vec::new();
        for block in entries.chunks(BLOCK) {
            let bytes: Box<[u8]> = block.iter().flat_map(Entry::bytes).collect();
            blocks.push(ListedBlock { first: block[0].id, checksum: crc32fast::hash(&bytes) });
            read.push(OnceLock::from(bytes));
        }
        let shards = shards.iter().map(ListedShard::of).collect();
        let path = table_path(folder);
        Self { path, shards, blocks, features: entries.len(), read, source: Source::Memory }
    }

    /// Writes the table into its store's folder, in place of another one. Returns its number of bytes.
    pub(crate) fn write(&self, description: &StoreDescription) -> Result<u64, FeatureError> {
        let bytes = self.bytes(description)?;
        write_bytes(&self.path, &bytes)?;
        Ok(bytes.len() as u64)
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self, description: &StoreDescription) -> Result<Vec<u8>, FeatureError> {
        let mut bytes = Fixed::head(&self.shards, &self.blocks, self.features as u64, description.hash()?);
        for block in 0..self.blocks.len() {
            bytes.extend_from_slice(self.block(block)?);
        }
        Ok(bytes)
    }

    /// Whether the table was read from a file.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.source, Source::File { .. })
    }

    /// Number of feature maps.
    pub(crate) fn len(&self) -> usize {
        self.features
    }

    /// The place of a feature map; `None` if the store lacks it.
    pub(crate) fn place(&self, id: FeatureId) -> Result<Option<Place>, FeatureError> {
        let after = self.blocks.partition_point(|block| block.first <= id);
        let Some(number) = after.checked_sub(1) else { return Ok(None) };
        let entries = self.block(number)?.as_chunks::<ENTRY>().0;
        let found = entries.binary_search_by_key(&id, |entry| Entry::parse(entry).id);
        Ok(found.ok().map(|at| Entry::parse(&entries[at]).place))
    }

    /// All feature maps in the order of the files.
    pub(crate) fn ids(&self) -> Result<Vec<FeatureId>, FeatureError> {
        let mut entries = Vec::with_capacity(self.features);
        for block in 0..self.blocks.len() {
            entries.extend(self.block(block)?.as_chunks::<ENTRY>().0.iter().map(Entry::parse));
        }
        entries.sort_unstable_by_key(|entry| entry.place);
        Ok(entries.into_iter().map(|entry| entry.id).collect())
    }

    /// The bytes of a block, read and checked at the first call.
    fn block(&self, number: usize) -> Result<&[u8], FeatureError> {
        let kept = &self.read[number];
        if kept.get().is_none() {
            // Of several threads that read the same block, the first keeps its bytes.
            let _ = kept.set(self.read_block(number)?);
        }
        Ok(kept.get().map_or(&[], |bytes| bytes))
    }

    fn read_block(&self, number: usize) -> Result<Box<[u8]>, FeatureError> {
        let refuse = |reason: String| FeatureError::Table { path: self.path.clone(), reason };
        let Source::File { file, start } = &self.source else {
            return Err(refuse(format!("block {number} is missing in memory")));
        };
        let entries = BLOCK.min(self.features - number * BLOCK);
        let mut bytes = vec![0; entries * ENTRY].into_boxed_slice();
        match read_exact_at(file, &mut bytes, start + (number * BLOCK * ENTRY) as u64) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(refuse("it was cut short while it was in use".to_owned()));
            }
            Err(source) => return Err(FeatureError::Read { path: self.path.clone(), source }),
        }
        let block = self.blocks[number];
        if crc32fast::hash(&bytes) != block.checksum {
            return Err(refuse(format!("the checksum of block {number} is another: it was damaged")));
        }
        let entries: Vec<Entry> = bytes.as_chunks::<ENTRY>().0.iter().map(Entry::parse).collect();
        let is_there = |place: Place| {
            let shard = self.shards.get(place.shard as usize);
            shard.is_some_and(|shard| place.position < shard.features)
        };
        let next = self.blocks.get(number + 1).map(|block| block.first);
        let bounded = entries.first().map(|entry| entry.id) == Some(block.first)
            && entries.last().is_none_or(|entry| next.is_none_or(|next| entry.id < next));
        if !bounded
            || !entries.is_sorted_by(|first, second| first.id < second.id)
            || !entries.iter().all(|entry| is_there(entry.place))
        {
            return Err(refuse(format!("block {number} contradicts the lists before it")));
        }
        Ok(bytes)
    }
}
