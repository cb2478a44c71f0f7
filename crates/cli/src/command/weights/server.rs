//! A local test server with selectable faults.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Response to one request; the last one is repeated for all later requests.
#[derive(Clone)]
pub(super) enum Answer {
    /// The file, or the requested part of it.
    Whole,
    /// Announces the whole file and closes after this number of bytes.
    Cut(usize),
    /// Announces the whole file and stalls after this number of bytes.
    Stalled(usize),
    /// Announces this number of bytes, whatever it sends.
    Announces(usize),
    /// Sends the whole file for every request of a part.
    IgnoresRanges,
    /// Claims to send the requested part and sends the beginning.
    WrongPart,
    /// Sends this number of bytes, fewer than requested, from the right position, and announces them correctly.
    ShortPart(usize),
    /// Another content with another entity tag.
    Other(Vec<u8>),
    /// A status without content.
    Status(u16),
    /// Refuses to send a part, and gives the size of the whole file.
    Refuses(usize),
    /// Redirects to another path of this server, with Hugging Face's headers.
    Redirect { commit: String, sha256: String },
    /// A redirect to another protocol.
    Elsewhere(&'static str),
    /// Bytes without end and without a length.
    Endless,
    /// The file without a length; the connection closes at its end.
    NoLength,
}

pub(super) struct Server {
    address: String,
    stop: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn new(content: Vec<u8>, answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let thread = {
            let (stop, asked) = (Arc::clone(&stop), Arc::clone(&asked));
            thread::spawn(move || {
                for place in 0.. {
                    let Ok((stream, _)) = listener.accept() else { return };
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let answer = answers.get(place).or(answers.last()).cloned().unwrap_or(Answer::Whole);
                    let request = read(&stream);
                    asked.lock().unwrap().push(request.clone());
                    // A client that hangs up is none of the server's business.
                    let _ = serve(stream, &request, &content, &answer, &stop);
                }
            })
        };
        Self { address, stop, asked, thread: Some(thread) }
    }

    pub(super) fn url(&self) -> String {
        format!("{}/model.safetensors", self.address)
    }

    /// The requests so far, in order.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread where it waits for a client.
        let _ = TcpStream::connect(self.address.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(stream: &TcpStream) -> String {
    let mut request = String::new();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
        request.push_str(&line);
        request.push('\n');
    }
    request
}

fn serve(
    mut stream: TcpStream,
    request: &str,
    content: &[u8],
    answer: &Answer,
    stop: &AtomicBool,
) -> std::io::Result<()> {
    let mut send = |head: String, body: &[u8]| {
        stream.write_all(format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes())?;
        stream.write_all(body)?;
        stream.flush()
    };
    let mark =
        |content: &[u8]| format!("ETag: \"{}\"", radiograph_files::ContentHash::of_bytes(content).short());
    let whole = |length: usize| format!("200 OK\r\nContent-Length: {length}\r\n{}", mark(content));
    match answer {
        Answer::Whole | Answer::WrongPart | Answer::ShortPart(_) => {
            let from = field(request, "range").and_then(|range| {
                range.trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>().ok()
            });
            let same = field(request, "if-range").is_none_or(|given| mark(content).ends_with(&given));
            match from.filter(|from| same && *from < content.len()) {
                None if from.is_some() && same => {
                    send(format!("416 No\r\nContent-Range: bytes */{}", content.len()), b"")
                }
                None => send(whole(content.len()), content),
                Some(from) => {
                    let begin = if matches!(answer, Answer::WrongPart) { 0 } else { from };
                    let most = if let Answer::ShortPart(most) = answer { *most } else { usize::MAX };
                    let part = &content[begin..begin + (content.len() - from).min(most)];
                    let range = format!("bytes {begin}-{}/{}", begin + part.len() - 1, content.len());
                    let head = format!(
                        "206 Part\r\nContent-Range: {range}\r\nContent-Length: {}\r\n{}",
                        part.len(),
                        mark(content)
                    );
                    send(head, part)
                }
            }
        }
        Answer::Cut(bytes) => send(whole(content.len()), &content[..*bytes]),
        Answer::Stalled(bytes) => {
            send(whole(content.len()), &content[..*bytes])?;
            while !stop.load(Ordering::SeqCst) && !gone(&stream) {
                thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        }
        Answer::Announces(bytes) => send(whole(*bytes), content),
        Answer::IgnoresRanges => send(whole(content.len()), content),
        Answer::Other(other) => {
            send(format!("200 OK\r\nContent-Length: {}\r\n{}", other.len(), mark(other)), other)
        }
        Answer::Status(status) => send(format!("{status} No\r\nContent-Length: 0"), b""),
        Answer::Refuses(length) => {
            send(format!("416 No\r\nContent-Range: bytes */{length}\r\nContent-Length: 0"), b"")
        }
        Answer::Redirect { commit, sha256 } => {
            let to = "Location: /cdn/file";
            send(
                format!(
                    "302 Found\r\n{to}\r\nX-Repo-Commit: {commit}\r\nX-Linked-Etag: \"{sha256}\"\r\nContent-Length: 0"
                ),
                b"",
            )
        }
        Answer::Elsewhere(to) => send(format!("302 Found\r\nLocation: {to}\r\nContent-Length: 0"), b""),
        Answer::Endless => {
            send("200 OK".to_owned(), b"")?;
            while !stop.load(Ordering::SeqCst) {
                stream.write_all(&[0; 1 << 16])?;
            }
            Ok(())
        }
        Answer::NoLength => send("200 OK".to_owned(), content),
    }
}

fn gone(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    matches!(stream.peek(&mut [0]), Ok(0))
}

/// A header of a request, by its name in lower case.
fn field(request: &str, name: &str) -> Option<String> {
    let lines = request.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
}
