//! Seals a certificate with the hash of its own text, so that a single edit is noticed.
//!
//! A seal protects from accidents, not from forgery: a forger can compute it anew. A forged value is found when the
//! certificate is computed again from the images.

use radiograph_files::ContentHash;
use serde_json::Value;

const KEY: &str = "seal";

/// The text of a JSON object with a last key that holds the SHA-256 of the text before it.
pub(super) fn sealed(object: &str) -> String {
    let body = object.trim_end();
    with_seal(body.strip_suffix('}').unwrap_or(body).trim_end())
}

/// Takes the seal off an object that was read from a text, and says whether it holds. `None` without a seal.
pub(super) fn unseal(text: &str, object: &mut Value) -> Option<bool> {
    let Value::String(_) = object.as_object_mut()?.remove(KEY)? else { return None };
    let body = text[..text.rfind(&format!("\"{KEY}\""))?].trim_end();
    // Formatting counts: the whole text must be the one that was written.
    Some(with_seal(body.strip_suffix(',').unwrap_or(body)) == text)
}

fn with_seal(body: &str) -> String {
    format!("{body},\n  \"{KEY}\": \"{}\"\n}}\n", ContentHash::of_bytes(body.as_bytes()))
}
