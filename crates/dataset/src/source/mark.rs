//! The mark by which a collection says that its images are drawings.

use super::Folder;

/// Name of the file that marks the folder of a collection as drawn.
///
/// `radiograph-phantoms` writes it into every collection that it draws. The file's presence is the mark; its
/// content does not matter, so a damaged mark still counts. It lies in the collection's own folder, so a copied, moved or renamed collection keeps it.
pub const PHANTOM_MARK: &str = "phantoms.json";

/// Whether a collection is marked as drawn.
pub(super) fn is_drawn(folder: &Folder) -> bool {
    folder.contains(PHANTOM_MARK)
}
