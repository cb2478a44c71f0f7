//! Finds the folders of the user: the cache, which may be deleted, and the settings, which must not be; and ONNX Runtime, which
//! lies in the cache or where the user says.

use std::{env, ffi::OsString, path::PathBuf};

/// The user's cache folder, with libtorch, weights and tools outside of any checkout or run: `$XDG_CACHE_HOME/radiograph`,
/// else `~/.cache/radiograph`. It need not exist yet.
///
/// `None` if the environment defines neither. An empty or relative `XDG_CACHE_HOME` counts as unset, as the XDG Base
/// Directory Specification requires.
pub fn cache_folder() -> Option<PathBuf> {
    folder_in("XDG_CACHE_HOME", ".cache", |name| env::var_os(name))
}

/// The user's folder of settings, with the key of pseudonyms: `$XDG_CONFIG_HOME/radiograph`, else `~/.config/radiograph`, by
/// the same rules as [`cache_folder`].
pub fn settings_folder() -> Option<PathBuf> {
    folder_in("XDG_CONFIG_HOME", ".config", |name| env::var_os(name))
}

/// ONNX Runtime's shared library: the file that `ORT_DYLIB_PATH` names, as other programs name it, else
/// `onnxruntime/libonnxruntime.so` in the [cache folder](cache_folder). It need not exist.
///
/// `None` if the environment defines neither.
pub fn onnx_runtime() -> Option<PathBuf> {
    library_in(env::var_os("ORT_DYLIB_PATH"), cache_folder())
}

fn library_in(named: Option<OsString>, cache: Option<PathBuf>) -> Option<PathBuf> {
    let named = named.filter(|named| !named.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(cache?.join("onnxruntime/libonnxruntime.so")))
}

fn folder_in(variable: &str, in_home: &str, value: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| value(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(in_home)))?;
    Some(base.join("radiograph"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{folder_in, library_in};

    fn folder(variables: &[(&str, &str)]) -> Option<std::path::PathBuf> {
        folder_in("XDG_CACHE_HOME", ".cache", |name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn xdg_cache_home_wins_if_it_is_absolute() {
        let home = ("HOME", "/home/ada");
        assert_eq!(
            folder(&[home, ("XDG_CACHE_HOME", "/disk/cache")]).unwrap(),
            Path::new("/disk/cache/radiograph")
        );
        for unset in ["", "cache", "./cache"] {
            let found = folder(&[home, ("XDG_CACHE_HOME", unset)]).unwrap();
            assert_eq!(found, Path::new("/home/ada/.cache/radiograph"), "{unset:?}");
        }
        assert_eq!(folder(&[home]).unwrap(), Path::new("/home/ada/.cache/radiograph"));
    }

    #[test]
    fn without_a_home_there_is_none() {
        assert_eq!(folder(&[]), None);
        assert_eq!(folder(&[("HOME", "")]), None);
        assert_eq!(folder(&[("XDG_CACHE_HOME", "/cache")]).unwrap(), Path::new("/cache/radiograph"));
    }

    #[test]
    fn a_library_that_is_named_wins_over_that_of_the_cache() {
        let cached = Path::new("/cache/onnxruntime/libonnxruntime.so");
        assert_eq!(library_in(None, Some("/cache".into())).unwrap(), cached);
        assert_eq!(library_in(Some("".into()), Some("/cache".into())).unwrap(), cached);
        assert_eq!(library_in(Some("/own.so".into()), Some("/cache".into())).unwrap(), Path::new("/own.so"));
        assert_eq!(library_in(None, None), None);
    }
}
