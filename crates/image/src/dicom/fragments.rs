//! Finds the bytes of one frame among the fragments of compressed pixels.

use std::borrow::Cow;

use super::damaged;
use crate::Undecodable;

/// The bytes of a frame. The first fragment is the table of offsets, which may be empty.
pub(super) fn frame<'b>(
    fragments: &[&'b [u8]],
    frame: u32,
    frames: u32,
) -> Result<Cow<'b, [u8]>, Undecodable> {
    let (table, fragments) = match fragments {
        // Some writers leave the table out.
        [first, ..] if begins_frame(first) => (&[][..], fragments),
        [table, fragments @ ..] => (*table, fragments),
        [] => return Err(damaged("the pixels have no fragments")),
    };
    let (frame, frames) = (frame as usize, frames as usize);
    let pieces = if frames == 1 {
        fragments
    } else if fragments.len() == frames {
        &fragments[frame..=frame]
    } else {
        let starts = starts_by_table(table, fragments, frames)
            .or_else(|| starts_by_content(fragments, frames))
            .ok_or_else(|| {
                damaged(format!("{} fragments do not show where {frames} frames begin", fragments.len()))
            })?;
        let end = starts.get(frame + 1).copied().unwrap_or(fragments.len());
        fragments.get(starts[frame]..end).unwrap_or_default()
    };
    match pieces {
        [] => Err(damaged("the pixels have no fragments")),
        [one] => Ok(Cow::Borrowed(one)),
        several => Ok(Cow::Owned(several.concat())),
    }
}

/// Numbers of the fragments with which frames begin, by the table of their offsets.
fn starts_by_table(table: &[u8], fragments: &[&[u8]], frames: usize) -> Option<Vec<usize>> {
    let offsets = table.as_chunks().0;
    if offsets.len() != frames {
        return None;
    }
    let mut at = 0_u64;
    let mut places = Vec::with_capacity(fragments.len());
    for fragment in fragments {
        places.push(at);
        at += 8 + fragment.len() as u64;
    }
    let starts = offsets.iter().map(|&offset| places.binary_search(&u32::from_le_bytes(offset).into()).ok());
    starts.collect::<Option<Vec<_>>>().filter(|starts| starts.is_sorted())
}

/// Numbers of the fragments that begin as a frame does, if they are as many as the frames.
fn starts_by_content(fragments: &[&[u8]], frames: usize) -> Option<Vec<usize>> {
    let starts: Vec<usize> = (0..fragments.len()).filter(|&number| begins_frame(fragments[number])).collect();
    (starts.len() == frames).then_some(starts)
}

/// Whether bytes begin as a JPEG, JPEG-LS, JPEG 2000 or JPEG XL stream does.
fn begins_frame(bytes: &[u8]) -> bool {
    const STARTS: [&[u8]; 4] = [b"\xFF\xD8\xFF", b"\xFF\x4F\xFF\x51", b"\0\0\0\x0CjP  ", b"\0\0\0\x0CJXL "];
    STARTS.iter().any(|start| bytes.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] = b"\xFF\xD8\xFF1";
    const TWO: &[u8] = b"\xFF\xD8\xFF2";

    #[test]
    fn frames_are_found_with_and_without_a_table() {
        let table = [0, 0, 0, 0, 21, 0, 0, 0];
        let with = [&table[..], ONE, b"a", TWO];
        assert_eq!(frame(&with, 0, 2).unwrap().as_ref(), b"\xFF\xD8\xFF1a");
        assert_eq!(frame(&with, 1, 2).unwrap().as_ref(), TWO);
        let by_content = [&[][..], ONE, b"a", TWO];
        assert_eq!(frame(&by_content, 0, 2).unwrap().as_ref(), b"\xFF\xD8\xFF1a");
        let one_each = [&[][..], b"runs", b"more"];
        assert_eq!(frame(&one_each, 1, 2).unwrap().as_ref(), b"more");
        assert_eq!(frame(&[ONE, b"a"], 0, 1).unwrap().as_ref(), b"\xFF\xD8\xFF1a", "no table");
        frame(&[&[][..], b"runs", b"more", b"most"], 0, 2).unwrap_err();
        frame(&[&[][..]], 0, 1).unwrap_err();
        frame(&[], 0, 1).unwrap_err();
    }
}
