//! Runs the program as a user does, in a separate folder.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use radiograph_weights::{Architecture, Expected, Group};

/// A folder for one test, with the files that examples in help texts name.
pub(crate) struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> &Self {
        fs::write(self.file(name), text).unwrap();
        self
    }

    /// Draws phantoms that are few enough for a test.
    pub(crate) fn draw(&self) -> &Self {
        let drawn = self.run("phantoms --out phantoms --patients 30 --side 96");
        assert!(drawn.status.success(), "{}", text(&drawn.stderr));
        self
    }

    /// Writes weights of DenseNet121 that are all zero, as a user may have them in a file.
    pub(crate) fn write_weights(&self, name: &str) -> &Self {
        let (mut header, mut end) = (serde_json::Map::new(), 0);
        let expected = Expected::of(Architecture::DENSENET121);
        for one in expected.into_iter().filter(|one| one.group == Group::Features) {
            let begin = end;
            end += 4 * one.shape.iter().product::<usize>();
            let tensor =
                serde_json::json!({ "dtype": "F32", "shape": one.shape, "data_offsets": [begin, end] });
            header.insert(one.name, tensor);
        }
        let header = serde_json::to_vec(&header).unwrap();
        let mut file = fs::File::create(self.file(name)).unwrap();
        file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
        file.write_all(&header).unwrap();
        // The zeros are a hole in the file.
        file.set_len((8 + header.len() + end) as u64).unwrap();
        self
    }

    /// Runs the program with these arguments.
    pub(crate) fn run(&self, words: &str) -> Output {
        self.command().args(words.split_whitespace()).output().unwrap()
    }

    /// Runs a line in a shell, with the program on the PATH and this folder as the home.
    pub(crate) fn shell(&self, line: &str) -> Output {
        let mut path = Path::new(env!("CARGO_BIN_EXE_radiograph")).parent().unwrap().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        self.at_home(&mut command).args(["-c", line]).env("PATH", path).output().unwrap()
    }

    /// The exit code of the program.
    pub(crate) fn code(&self, words: &str) -> i32 {
        let output = self.run(words);
        output.status.code().unwrap_or_else(|| panic!("`{words}` was killed: {}", text(&output.stderr)))
    }

    /// The JSON that the program prints; the program must succeed or report an incomplete result.
    pub(crate) fn json(&self, words: &str) -> serde_json::Value {
        let output = self.run(words);
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1)), "`{words}` ended with {code:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("`{words}` printed no JSON ({error}): {}", text(&output.stdout)))
    }

    /// The program in this folder, with a separate cache and a separate key of pseudonyms.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_radiograph"));
        self.at_home(&mut command);
        command
    }

    fn at_home<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .current_dir(self.path())
            .env("HOME", self.path())
            .env("XDG_CACHE_HOME", self.file("cache"))
            .env("XDG_CONFIG_HOME", self.file("settings"))
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Predictions of two classes.
pub(crate) const PREDICTIONS: &str = "\
id,patient,source,label,p_covid,p_normal
1.png,ann,north,covid,0.9,0.1
2.png,ann,north,covid,0.8,0.2
3.png,bob,north,normal,0.3,0.7
4.png,cid,south,normal,0.6,0.4
5.png,dan,south,normal,0.1,0.9
6.png,eve,south,covid,0.4,0.6
";

/// A printed table with exactly one possible matrix: 9 of 10 and 8 of 10.
pub(crate) const TABLE: &str = "\
class,support,precision,recall,f1
covid,10,81.82,90.00,85.71
normal,10,88.89,80.00,84.21
";
