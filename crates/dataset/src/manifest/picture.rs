//! Names the picture that a file becomes when it is decoded as its collection says.

use radiograph_files::ContentHash;
use radiograph_image::Stated;

/// The hash of a file's content, unless its collection says something of its samples: then another one for each statement,
/// because features of the two pictures differ.
///
/// ```
/// use radiograph_dataset::manifest::picture_hash;
/// use radiograph_files::ContentHash;
/// use radiograph_image::Stated;
///
/// let file = ContentHash::of_bytes(b"film");
/// assert_eq!(picture_hash(file, Stated::default()), file);
/// assert_ne!(picture_hash(file, Stated::default().monochrome_1()), file);
/// ```
pub fn picture_hash(content: ContentHash, stated: Stated) -> ContentHash {
    if stated.is_empty() {
        return content;
    }
    ContentHash::of_bytes(format!("{content} {stated}").as_bytes())
}
