//! Tests that every command of this program in the documents is one that it takes.
//!
//! They are parsed, not run: most need films, weights or hours. `crates/cli/tests/program/` runs commands of every kind.

use std::{fs, path::Path};

use clap::{Parser, error::ErrorKind};

use super::Program;

/// The commands behind `$ ` in a document's blocks of console lines, without what they print. A line that ends with a backslash
/// goes on.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for block in text.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default().replace("\\\n", " ");
        found.extend(block.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned));
    }
    found
}

/// Commands of this program in prose, each in backticks, with at least one option. Dots stand for the rest of a command.
fn in_prose(text: &str) -> Vec<String> {
    let outside: String = text.split("```").step_by(2).collect();
    let spans = outside
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "));
    spans
        .filter(|span| span.starts_with("radiograph ") && span.contains(" --") && !span.contains('…'))
        .collect()
}

#[test]
fn commands_in_the_documents_are_commands_of_this_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut documents = vec![root.join("README.md"), root.join("crates/cli/README.md")];
    documents.extend(fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    let (mut parsed, mut wrong) = (0, Vec::new());
    for document in documents.iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(document).unwrap();
        let in_blocks = commands(&text).into_iter().map(|command| (command, false));
        for (command, prose) in in_blocks.chain(in_prose(&text).into_iter().map(|command| (command, true))) {
            let words = shlex::split(&command).unwrap_or_else(|| panic!("{command}: a quote is open"));
            // What follows is for the shell.
            let words: Vec<String> = words
                .into_iter()
                .take_while(|word| ![">", "|", "&&", ";"].contains(&word.as_str()))
                .collect();
            if words.first().is_none_or(|program| program != "radiograph") {
                continue;
            }
            parsed += 1;
            let Err(error) = Program::try_parse_from(&words) else { continue };
            // Prose may leave out what is not its point, and says NAME for any name.
            let names =
                prose && words.iter().any(|word| word.chars().all(|letter| letter.is_ascii_uppercase()));
            if error.use_stderr() && !names && !(prose && error.kind() == ErrorKind::MissingRequiredArgument)
            {
                wrong.push(format!("{}: {command}\n{error}", document.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(parsed > 60, "{parsed} commands");
}

#[test]
fn commands_are_found_with_their_further_lines_and_without_what_they_print() {
    let text = "Type `radiograph scan --json`.\n```console\n$ radiograph run a \\\n    --data b   # c\nruns/a\n```\n";
    assert_eq!(commands(text), ["radiograph run a      --data b   # c"]);
    assert_eq!(in_prose(text), ["radiograph scan --json"]);
    assert_eq!(shlex::split(&commands(text)[0]).unwrap(), ["radiograph", "run", "a", "--data", "b"]);
}
