//! Source text: bytes as they stand in a file, places in them, and edits of them.
//!
//! Everything above this layer speaks of text by byte spans into a [`Source`].
//! This layer knows nothing of shells, firewalls or diagnostics.

mod edit;
mod path;
mod source;
mod span;
mod spans;
mod threads;

pub use edit::{Edit, Edits, Origins, Overlap};
pub use path::base_name;
pub use source::{Position, Source, Sources, decode_lossless, encode_lossless};
pub use span::{FileId, Place, Span};
pub use spans::Spans;
pub use threads::{STACK, both, threads, with_room};
