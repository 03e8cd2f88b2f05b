//! A piece of script text under evaluation: a file, or what `eval` was given.

use std::borrow::Cow;

use super::Part;
use crate::model::{Piece, Value};
use crate::syntax::{Kind, Node, here_documents};
use crate::text::{Place, Source, Span};

/// Names of this form stand in the text of `eval` for pieces that are unknown.
const UNKNOWN_PREFIX: &str = "_unknown_piece_";

/// Text with the way back to the file it comes from.
pub(super) struct Unit<'s> {
    text: Text<'s>,
    /// The text of here-documents in the order of their redirections.
    pub(super) here_documents: Vec<(Span, (Span, bool))>,
}

enum Text<'s> {
    /// A file.
    File(&'s Source, crate::text::FileId),
    /// Text put together from words.
    Made {
        text: String,
        segments: Vec<(u32, Place)>,
        unknowns: Vec<Piece>,
        /// Where its simple commands begin.
        commands: Vec<u32>,
    },
}

impl<'s> Unit<'s> {
    pub(super) fn file(source: &'s Source, file: crate::text::FileId, root: Node<'_>) -> Self {
        Self {
            text: Text::File(source, file),
            here_documents: here_documents(root)
                .map(|here| (here.redirect.span, (here.body.span, here.expands())))
                .collect(),
        }
    }

    /// The text of `words`, joined by blanks.
    pub(super) fn made(words: &[(Value, Place)]) -> Self {
        let (mut text, mut segments, mut unknowns) = (String::new(), Vec::new(), Vec::new());
        for (value, place) in words {
            if !text.is_empty() {
                text.push(' ');
            }
            segments.push((text.len() as u32, *place));
            for piece in value.pieces() {
                match piece {
                    Piece::Known(known) => text.push_str(&known),
                    unknown @ Piece::Unknown(_) => {
                        text.push_str(&format!("${{{UNKNOWN_PREFIX}{}}}", unknowns.len()));
                        unknowns.push(unknown);
                    }
                }
            }
        }
        Self { text: Text::Made { text, segments, unknowns, commands: Vec::new() }, here_documents: Vec::new() }
    }

    /// Numbers the simple commands of a text that was put together, which `root` is the tree of.
    pub(super) fn number(&mut self, root: Node<'_>) {
        if let Text::Made { commands, .. } = &mut self.text {
            commands.extend(root.walk().filter(|node| node.kind == Kind::Simple).map(|node| node.span.start));
        }
    }

    /// Which of those commands one is.
    pub(super) fn part(&self, command: Node<'_>) -> Option<Part> {
        let Text::Made { commands, .. } = &self.text else { return None };
        let number = commands.binary_search(&command.span.start).ok()?;
        Some(Part { number, of: commands.len() })
    }

    /// The text to parse.
    pub(super) fn view(&self) -> &str {
        match &self.text {
            Text::File(source, _) => source.view(),
            Text::Made { text, .. } => text,
        }
    }

    /// The text of `span`, lossless.
    pub(super) fn text(&self, span: Span) -> String {
        self.written(span).into_owned()
    }

    /// The same, where it need not be kept.
    pub(super) fn written(&self, span: Span) -> Cow<'_, str> {
        match &self.text {
            Text::File(source, _) => source.text(span),
            Text::Made { text, .. } => Cow::Borrowed(text.get(span.range()).unwrap_or_default()),
        }
    }

    /// Where `span` comes from.
    pub(super) fn place(&self, span: Span) -> Place {
        match &self.text {
            Text::File(_, file) => Place::new(*file, span),
            Text::Made { segments, .. } => {
                let at = |offset: u32| {
                    segments
                        .partition_point(|(start, _)| *start <= offset)
                        .checked_sub(1)
                        .and_then(|at| segments.get(at))
                };
                let first = at(span.start).map(|(_, place)| *place).unwrap_or_default();
                let last = at(span.end.saturating_sub(1)).map_or(first, |(_, place)| *place);
                first.cover(last)
            }
        }
    }

    /// The source, where the text is a whole file.
    pub(super) fn source(&self) -> Option<&'s Source> {
        match self.text {
            Text::File(source, _) => Some(source),
            Text::Made { .. } => None,
        }
    }

    /// The unknown piece that the variable `name` stands for.
    pub(super) fn unknown_piece(&self, name: &str) -> Option<Value> {
        let Text::Made { unknowns, .. } = &self.text else { return None };
        let number: usize = name.strip_prefix(UNKNOWN_PREFIX)?.parse().ok()?;
        unknowns.get(number).map(|piece| Value::Mixed(Box::new([piece.clone()])))
    }

    /// Whether the shell takes away the tabs before the lines of the here-document with this text.
    pub(super) fn is_indented(&self, text: Span) -> bool {
        let own = self.here_documents.iter().find(|(_, (own, _))| *own == text);
        own.is_some_and(|(redirect, _)| self.text(*redirect).starts_with("<<-"))
    }

    /// The text of the here-document that the redirection at `span` begins, and whether expansions count in it.
    pub(super) fn here_document(&self, span: Span) -> Option<(Span, bool)> {
        self.here_documents.iter().find(|(redirect, _)| *redirect == span).map(|(_, here)| *here)
    }
}
