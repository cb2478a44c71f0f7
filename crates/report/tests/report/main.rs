//! The page and its figures, from made-up input: what must stand in them, and what must not break them.

mod accessibility;
mod content;
mod hostile;
mod sample;
mod shape;
