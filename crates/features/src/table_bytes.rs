//! The bytes of a table: its fixed part, its lists of shards and blocks, and its entries. The layout is in `table`.

use radiograph_files::ContentHash;

use crate::{FeatureId, shard::Shard};

/// Number of feature maps of a block.
pub(crate) const BLOCK: usize = 1024;
/// Number of bytes of the fixed part, of a shard, of a block in the list of blocks, and of a feature map.
pub(crate) const FIXED: usize = 68;
const SHARD: usize = 28;
const LISTED_BLOCK: usize = 40;
pub(crate) const ENTRY: usize = 48;
/// Position of the checksum in the fixed part.
const CHECKSUM: usize = 64;

const MAGIC: [u8; 16] = *b"radiograph table";

/// The fixed part.
pub(crate) struct Fixed {
    pub(crate) version: u32,
    shards: u32,
    pub(crate) features: u64,
    pub(crate) description: ContentHash,
    pub(crate) checksum: u32,
}

/// A shard in a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ListedShard {
    /// Name of its files, without folder and extension.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) features: u32,
}

/// A block in a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListedBlock {
    pub(crate) first: FeatureId,
    pub(crate) checksum: u32,
}

/// The place of a feature map in a store. The order is that of the bytes on the disk.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    pub(crate) shard: u32,
    pub(crate) position: u32,
    pub(crate) checksum: u32,
}

/// A feature map in a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: FeatureId,
    pub(crate) place: Place,
}

impl Fixed {
    pub(crate) const VERSION: u32 = 1;

    /// Reads the fixed part; `None` if this is no table.
    pub(crate) fn parse(head: &[u8]) -> Option<Self> {
        let (magic, rest) = head.split_first_chunk::<16>()?;
        let mut fields = Fields(rest);
        (*magic == MAGIC).then(|| Self {
            version: fields.u32(),
            shards: fields.u32(),
            features: fields.u64(),
            description: fields.hash(),
            checksum: fields.u32(),
        })
    }

    /// Number of bytes before the first feature map.
    pub(crate) fn head_bytes(&self) -> usize {
        FIXED + self.shards as usize * SHARD + self.blocks() * LISTED_BLOCK
    }

    /// Number of bytes of the whole file; `None` if no file has so many.
    pub(crate) fn file_bytes(&self) -> Option<u64> {
        let entries = self.features.checked_mul(ENTRY as u64)?;
        // The lists have at most 2^32 shards and one block for each 1,024 feature maps.
        entries.checked_add(self.head_bytes() as u64)
    }

    fn blocks(&self) -> usize {
        self.features.div_ceil(BLOCK as u64) as usize
    }

    pub(crate) fn checksum_of(head: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head[..CHECKSUM]);
        hasher.update(&head[FIXED..]);
        hasher.finalize()
    }

    /// The lists of shards and blocks in a head of [`Self::head_bytes`] bytes.
    pub(crate) fn lists(&self, head: &[u8]) -> (Vec<ListedShard>, Vec<ListedBlock>) {
        let (shards, blocks) = head[FIXED..].split_at(self.shards as usize * SHARD);
        let shard = |bytes: &[u8; SHARD]| {
            let mut fields = Fields(bytes);
            let name = u128::from_be_bytes(fields.take());
            ListedShard { name: format!("{name:032x}"), bytes: fields.u64(), features: fields.u32() }
        };
        let block = |bytes: &[u8; LISTED_BLOCK]| {
            let mut fields = Fields(bytes);
            ListedBlock { first: fields.id(), checksum: fields.u32() }
        };
        (shards.as_chunks().0.iter().map(shard).collect(), blocks.as_chunks().0.iter().map(block).collect())
    }

    /// The bytes before the first feature map.
    pub(crate) fn head(
        shards: &[ListedShard],
        blocks: &[ListedBlock],
        features: u64,
        description: ContentHash,
    ) -> Vec<u8> {
        let mut head = Vec::with_capacity(FIXED + shards.len() * SHARD + blocks.len() * LISTED_BLOCK);
        head.extend_from_slice(&MAGIC);
        head.extend_from_slice(&Self::VERSION.to_le_bytes());
        head.extend_from_slice(&(shards.len() as u32).to_le_bytes());
        head.extend_from_slice(&features.to_le_bytes());
        head.extend_from_slice(description.as_bytes());
        head.extend_from_slice(&[0; FIXED - CHECKSUM]);
        for shard in shards {
            // Names are 32 hexadecimal digits, as the hash of a header gives them.
            let name = u128::from_str_radix(&shard.name, 16).unwrap_or_default();
            head.extend_from_slice(&name.to_be_bytes());
            head.extend_from_slice(&shard.bytes.to_le_bytes());
            head.extend_from_slice(&shard.features.to_le_bytes());
        }
        for block in blocks {
            head.extend_from_slice(&id_bytes(block.first));
            head.extend_from_slice(&block.checksum.to_le_bytes());
        }
        let checksum = Self::checksum_of(&head);
        head[CHECKSUM..FIXED].copy_from_slice(&checksum.to_le_bytes());
        head
    }
}

impl ListedShard {
    pub(crate) fn of(shard: &Shard) -> Self {
        Self { name: shard.name.clone(), bytes: shard.bytes, features: shard.features.len() as u32 }
    }
}

impl Entry {
    pub(crate) fn parse(bytes: &[u8; ENTRY]) -> Self {
        let mut fields = Fields(bytes);
        let id = fields.id();
        let place = Place { shard: fields.u32(), position: fields.u32(), checksum: fields.u32() };
        Self { id, place }
    }

    pub(crate) fn bytes(&self) -> [u8; ENTRY] {
        let Place { shard, position, checksum } = self.place;
        let mut bytes = [0; ENTRY];
        bytes[..36].copy_from_slice(&id_bytes(self.id));
        bytes[36..40].copy_from_slice(&shard.to_le_bytes());
        bytes[40..44].copy_from_slice(&position.to_le_bytes());
        bytes[44..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }
}

fn id_bytes(id: FeatureId) -> [u8; 36] {
    let mut bytes = [0; 36];
    bytes[..32].copy_from_slice(id.image.as_bytes());
    bytes[32..].copy_from_slice(&id.variant.to_le_bytes());
    bytes
}

/// Fields of a record, one after the other. What lies beyond the end is 0.
struct Fields<'b>(&'b [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [0; N];
        if let Some((first, rest)) = self.0.split_first_chunk::<N>() {
            (field, self.0) = (*first, rest);
        }
        field
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    fn hash(&mut self) -> ContentHash {
        ContentHash::from(self.take::<32>())
    }

    fn id(&mut self) -> FeatureId {
        FeatureId { image: self.hash(), variant: self.u32() }
    }
}
