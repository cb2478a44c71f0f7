//! Downloads a file over HTTPS and resumes an earlier attempt. It does not check the content of the file.
//!
//! curl does the transfer: it uses the system's certificates and proxies, and this program then needs no TLS library.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use radiograph_files::ContentHash;

use super::{
    error::FetchError,
    partial::{Partial, remove},
};
use crate::progress::Progress;

/// Limits, attempts and waiting times of a transfer.
pub(super) struct Download {
    /// Path of curl.
    pub(super) curl: PathBuf,
    /// Number of attempts.
    pub(super) attempts: u32,
    /// Time below 1,000 bytes a second after which an attempt is given up.
    pub(super) stall: Duration,
    /// Time between two attempts.
    pub(super) pause: Duration,
    /// Maximum size in bytes: VGG19 with its classifier has 575 MB.
    pub(super) most_bytes: u64,
    /// Permitted protocol: `https`, and `http` in tests.
    pub(super) protocol: &'static str,
}

impl Default for Download {
    fn default() -> Self {
        Self {
            curl: "curl".into(),
            attempts: 5,
            stall: Duration::from_secs(30),
            pause: Duration::from_secs(3),
            most_bytes: 2_000_000_000,
            protocol: "https",
        }
    }
}

/// Server's statements about a complete file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Arrived {
    /// Commit of the file (`X-Repo-Commit` of Hugging Face).
    pub(super) revision: Option<String>,
    /// SHA-256 of the content (`X-Linked-Etag` of Hugging Face).
    pub(super) sha256: Option<ContentHash>,
}

/// Failure of an attempt.
enum Failure {
    /// Another attempt may succeed.
    Again(String),
    /// No attempt will succeed.
    Never(String),
}

impl Download {
    /// Downloads the whole file into `partial`, which may already hold its beginning.
    ///
    /// # Errors
    ///
    /// [`FetchError::NoCurl`], or [`FetchError::Fetch`] with the reason of the last attempt; the received bytes stay in
    /// `partial`.
    pub(super) fn fetch(
        &self,
        url: &str,
        partial: &Partial,
        progress: &Progress,
    ) -> Result<Arrived, FetchError> {
        let mut attempt = 1;
        loop {
            let reason = match self.attempt(url, partial, progress)? {
                Ok(arrived) => return Ok(arrived),
                Err(Failure::Again(_)) if attempt < self.attempts => {
                    attempt += 1;
                    std::thread::sleep(self.pause);
                    continue;
                }
                Err(Failure::Again(reason) | Failure::Never(reason)) => reason,
            };
            return Err(FetchError::Fetch { url: url.to_owned(), attempts: attempt, reason });
        }
    }

    fn attempt(
        &self,
        url: &str,
        partial: &Partial,
        progress: &Progress,
    ) -> Result<Result<Arrived, Failure>, FetchError> {
        // Bytes of an unknown file cannot be added to: the result would be two halves of two files.
        let etag = partial.etag();
        if etag.is_none() {
            partial.discard()?;
        }
        let headers = partial.path().with_extension("partial.headers");
        let mut curl = Command::new(&self.curl);
        curl.args([
            "--disable",
            "--location",
            "--max-redirs",
            "10",
            "--silent",
            "--show-error",
            "--fail",
            "--no-buffer",
        ])
        .args(["--proto", &format!("={}", self.protocol), "--proto-redir", &format!("={}", self.protocol)])
        .args(["--connect-timeout", "30", "--speed-limit", "1000"])
        .args(["--speed-time", &self.stall.as_secs().max(1).to_string()])
        .arg("--dump-header")
        .arg(&headers);
        if let Some(etag) = &etag {
            // If it is another file by now, the server sends it whole, and curl stops before it gives its first byte.
            let from = partial.bytes().to_string();
            curl.args(["--continue-at", &from, "--header", &format!("If-Range: {etag}")]);
        }
        curl.arg("--").arg(url).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = curl.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => FetchError::NoCurl { url: url.to_owned() },
            _ => FetchError::Command { command: self.curl.display().to_string(), source },
        })?;
        let taken = match child.stdout.take() {
            Some(stdout) => self.take(stdout, partial, &headers, progress),
            None => Ok(false),
        };
        if !matches!(taken, Ok(true)) {
            // It may have ended by itself.
            let _ = child.kill();
        }
        let output = child.wait_with_output().map_err(FetchError::io(&self.curl))?;
        let too_large = !taken?;
        let said = Headers::read(&fs::read(&headers).unwrap_or_default());
        remove(&headers)?;

        if too_large {
            partial.discard()?;
            return Ok(Err(Failure::Never(format!("it has more than {} bytes", self.most_bytes))));
        }
        if output.status.success() {
            return Ok(match said.whole(partial.bytes()) {
                Ok(()) => Ok(Arrived { revision: said.revision, sha256: said.sha256 }),
                Err(reason) => {
                    // A part that is shorter than what was asked for is still the right part.
                    let short = said.length.is_some_and(|length| partial.bytes() < length);
                    if said.status != Some(206) || !short {
                        partial.discard()?;
                    }
                    Err(Failure::Again(reason))
                }
            });
        }
        let words = String::from_utf8_lossy(&output.stderr);
        let reason: String = words.lines().last().unwrap_or("curl said nothing").chars().take(200).collect();
        // curl(1), exit codes: 33 and 36 cannot go on, 22 is an HTTP error, 1 and 3 are bad addresses.
        match output.status.code() {
            Some(33 | 36) => partial.discard()?,
            Some(22) if said.status == Some(416) => partial.discard()?,
            Some(22) if said.status.is_some_and(|status| status < 500 && status != 408 && status != 429) => {
                return Ok(Err(Failure::Never(reason)));
            }
            Some(22) => {}
            Some(1 | 3) => {
                partial.discard()?;
                return Ok(Err(Failure::Never(reason)));
            }
            _ => {}
        }
        Ok(Err(Failure::Again(reason)))
    }

    /// Appends curl's output to the received bytes; `false` if the file exceeds the maximum size.
    fn take(
        &self,
        mut stdout: impl Read,
        partial: &Partial,
        headers: &Path,
        progress: &Progress,
    ) -> Result<bool, FetchError> {
        let path = partial.path();
        let mut file = None;
        let mut bytes = partial.bytes();
        let mut piece = vec![0; 1 << 16];
        let mut told = Instant::now();
        loop {
            let count = stdout.read(&mut piece).map_err(FetchError::io(&self.curl))?;
            if count == 0 {
                file.as_ref().map_or(Ok(()), File::sync_all).map_err(FetchError::io(path))?;
                return Ok(true);
            }
            bytes += count as u64;
            if bytes > self.most_bytes {
                return Ok(false);
            }
            let file = match &mut file {
                Some(file) => file,
                // Made with the first byte, so that a refusal leaves nothing; its mark first, so that a killed command can go
                // on.
                None => {
                    if bytes == count as u64 {
                        let said = Headers::read(&fs::read(headers).unwrap_or_default());
                        partial.set_etag(said.etag.as_deref())?;
                    }
                    let opened = File::options().create(true).append(true).open(path);
                    file.insert(opened.map_err(FetchError::io(path))?)
                }
            };
            file.write_all(&piece[..count]).map_err(FetchError::io(path))?;
            if told.elapsed() >= Duration::from_millis(200) {
                told = Instant::now();
                let said = Headers::read(&fs::read(headers).unwrap_or_default());
                let all = said.length.unwrap_or(bytes);
                progress.advance(bytes / 1_000_000, all / 1_000_000, "MB");
            }
        }
    }
}

/// Headers of a chain of responses: the last status, and the last value of everything else.
#[derive(Debug, Default, PartialEq)]
struct Headers {
    status: Option<u16>,
    etag: Option<String>,
    /// Size of the whole file in bytes.
    length: Option<u64>,
    revision: Option<String>,
    sha256: Option<ContentHash>,
}

impl Headers {
    /// Checks that `bytes` bytes are the whole file. curl has checked the length that was announced for its attempt. It
    /// also reports success when the server refuses to send more (416), which is right only if nothing is missing.
    fn whole(&self, bytes: u64) -> Result<(), String> {
        match (self.status, self.length) {
            (_, Some(length)) if length != bytes => Err(format!("{bytes} of {length} bytes arrived")),
            (Some(206 | 416), None) => Err("the server does not say how long the file is".to_owned()),
            (Some(200 | 206 | 416), _) => Ok(()),
            (status, _) => Err(format!("the server's status is {status:?}")),
        }
    }

    fn read(bytes: &[u8]) -> Self {
        let mut said = Self::default();
        for line in String::from_utf8_lossy(bytes).lines() {
            if line.starts_with("HTTP/") {
                said.status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok());
                // The mark and the length are those of the answer that carries the file.
                (said.etag, said.length) = (None, None);
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "etag" => said.etag = Some(value.to_owned()),
                "content-length" if said.status == Some(200) => said.length = value.parse().ok(),
                "content-range" => {
                    said.length = value.rsplit('/').next().and_then(|total| total.parse().ok());
                }
                "x-repo-commit" if is_commit(value) => said.revision = Some(value.to_owned()),
                "x-linked-etag" => said.sha256 = value.trim_matches('"').parse().ok(),
                _ => {}
            }
        }
        said
    }
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_answers_gives_the_files_own_mark_and_the_hosts_commit() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let text = format!(
            "HTTP/1.1 302 Found\r\nETag: \"of the redirect\"\r\nContent-Length: 12\r\nX-Repo-Commit: {commit}\r\n\
             X-Linked-Etag: \"{sha256}\"\r\n\r\nHTTP/2 206\r\netag: \"of the file\"\r\ncontent-length: 40\r\n\
             content-range: bytes 60-99/100\r\n\r\n"
        );
        let said = Headers::read(text.as_bytes());
        assert_eq!(
            said,
            Headers {
                status: Some(206),
                etag: Some("\"of the file\"".to_owned()),
                length: Some(100),
                revision: Some(commit.to_owned()),
                sha256: Some(ContentHash::of_bytes(b"abc")),
            }
        );
    }

    #[test]
    fn headers_that_are_none_say_nothing() {
        for bytes in [
            &b""[..],
            b"\xff\xfe",
            b"HTTP/1.1",
            b":\r\n",
            b"X-Repo-Commit: ../..",
            b"Content-Range: bytes */*",
        ] {
            assert_eq!(Headers::read(bytes), Headers::default(), "{bytes:?}");
        }
    }
}
