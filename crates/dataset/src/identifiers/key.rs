//! The key of pseudonyms: 32 random bytes in a file that only its owner can read.

use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{DIGITS, KeyError};

/// A secret from which the pseudonyms of patients are computed (HMAC-SHA-256, RFC 2104). The same key gives the same
/// pseudonyms, so that runs of one key can be compared patient by patient. Its `Debug` form does not show it.
#[derive(Clone, Eq, PartialEq)]
pub struct PseudonymKey([u8; 32]);

/// The key of the present user.
#[derive(Debug)]
pub struct UserKey {
    /// The key.
    pub key: PseudonymKey,
    /// Its file.
    pub path: PathBuf,
    /// Whether the key was made just now.
    pub made: bool,
}

impl PseudonymKey {
    /// Name of the key's file in the user's folder of settings.
    pub const FILE: &'static str = "pseudonym-key";

    /// Reads a key: a file of 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`KeyError::Read`], [`KeyError::Form`].
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |source| KeyError::Read { path: path.to_owned(), source };
        // A key is short: more is another file, which must not be read whole.
        let mut text = String::new();
        let file = fs::File::open(path).map_err(unreadable)?;
        match io::Read::read_to_string(&mut io::Read::take(file, 256), &mut text) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => text.clear(),
            Err(error) => return Err(unreadable(error)),
        }
        text.trim().parse().map_err(|NotAKey| KeyError::Form { path: path.to_owned() })
    }

    /// Reads the user's key, and makes it first if there is none. Two programs that start at once get one key.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoFolder`] if the environment names no folder for settings, [`KeyError::Random`], [`KeyError::Write`];
    /// those of [`PseudonymKey::read`].
    pub fn of_user() -> Result<UserKey, KeyError> {
        Self::of_folder(&radiograph_files::settings_folder().ok_or(KeyError::NoFolder)?)
    }

    fn of_folder(folder: &Path) -> Result<UserKey, KeyError> {
        let path = folder.join(Self::FILE);
        let made = !path.try_exists().unwrap_or(true) && Self::make(folder, &path)?;
        Ok(UserKey { key: Self::read(&path)?, path, made })
    }

    /// Whether this call made the file; `false` if another program was faster.
    fn make(folder: &Path, path: &Path) -> Result<bool, KeyError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| KeyError::Random { reason: error.to_string() })?;
        let written = || {
            fs::create_dir_all(folder)?;
            // A temporary file is readable by its owner alone.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            writeln!(file, "{}", hexadecimal(&bytes))?;
            file.as_file().sync_all()?;
            match file.persist_noclobber(path) {
                Ok(_) => Ok(true),
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(error.error),
            }
        };
        written().map_err(|source| KeyError::Write { path: path.to_owned(), source })
    }

    /// The pseudonym of a name of this kind, as hexadecimal digits.
    pub(super) fn digits(&self, kind: &str, name: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in [kind, name] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        hexadecimal(&mac.finalize().into_bytes())[..DIGITS].to_owned()
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text is no key.
#[derive(Debug)]
pub struct NotAKey;

impl FromStr for PseudonymKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let hash: radiograph_files::ContentHash = text.parse().map_err(|_| NotAKey)?;
        Ok(Self(*hash.as_bytes()))
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PseudonymKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("radiograph");
        let first = PseudonymKey::of_folder(&folder).unwrap();
        assert!(first.made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;

            assert_eq!(fs::metadata(&first.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let second = PseudonymKey::of_folder(&folder).unwrap();
        assert!(!second.made && second.key == first.key);
        assert!(!PseudonymKey::make(&folder, &first.path).unwrap());
        assert_ne!(PseudonymKey::of_folder(&home.path().join("other")).unwrap().key, first.key);
    }

    #[test]
    fn a_file_that_is_no_key_is_named_and_kept() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(PseudonymKey::FILE);
        for content in [&b""[..], b"12ab\n", b"\xff\xfe", &[b'a'; 4096]] {
            fs::write(&path, content).unwrap();
            let message = PseudonymKey::of_folder(home.path()).unwrap_err().to_string();
            assert!(message.contains(&*path.to_string_lossy()) && message.contains("64"), "{message}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    }

    #[test]
    fn pseudonyms_are_keyed_and_do_not_run_together() {
        let key = |digit: &str| digit.repeat(64).parse::<PseudonymKey>().unwrap();
        // Computed with Python's hmac and hashlib.
        assert_eq!(key("1").digits("patient", "clinic:7"), "c55e1d993a99e4fbf178");
        assert_ne!(key("1").digits("patient", "clinic:7"), key("2").digits("patient", "clinic:7"));
        assert_ne!(key("1").digits("patient", "clinic:7"), key("1").digits("image", "clinic:7"));
        assert_ne!(key("1").digits("ab", "c"), key("1").digits("a", "bc"));
        assert_eq!(format!("{:?}", key("1")), "PseudonymKey");
    }
}
