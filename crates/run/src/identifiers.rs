//! The names of images and patients that a run's results carry.

use radiograph_dataset::identifiers::{Identifiers, PseudonymKey};

use crate::{Config, Error, config::KeptIdentifiers};

impl Config {
    /// The names that results carry, and a sentence for the user if a key was made for them just now.
    ///
    /// # Errors
    ///
    /// [`Error::Key`] if the key cannot be read or made.
    pub fn identifiers(&self) -> Result<(Identifiers, Option<String>), Error> {
        match (self.data.identifiers, &self.data.key_file) {
            (KeptIdentifiers::Kept, _) => Ok((Identifiers::Kept, None)),
            (KeptIdentifiers::Pseudonyms, Some(path)) => {
                Ok((Identifiers::Pseudonyms(PseudonymKey::read(path)?), None))
            }
            (KeptIdentifiers::Pseudonyms, None) => {
                let user = PseudonymKey::of_user()?;
                let made = user.made.then(|| {
                    format!(
                        "patients are named by pseudonyms, whose key is new: {}. Keep it: with another key the same patient gets another pseudonym",
                        user.path.display()
                    )
                });
                Ok((Identifiers::Pseudonyms(user.key), made))
            }
        }
    }
}
