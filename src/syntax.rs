//! Text to tree: pest grammars for scripts and save files, and what is wrong with their form.
//!
//! Parsing never fails and never guesses: [`parse`] gives a tree of every byte,
//! beside diagnostics for what has no proper form. What the words mean is the
//! business of `dialect` and `eval`.

mod build;
mod counters;
mod errors;
mod form;
mod pieces;
mod quotes;
mod save;
mod shell;
#[cfg(test)]
mod tests;
mod tree;

pub use counters::{Counters, counters};
pub use form::{Form, detect};
pub use pieces::{pieces, read_line};
pub use tree::{Ancestry, Children, Kind, Node, Nodes};

use crate::diag::Diagnostic;
use crate::text::{FileId, Source};

/// A parsed file.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The nodes of the whole file.
    pub nodes: Nodes,
    /// What kind of file it is.
    pub form: Form,
    /// `syntax-error`s.
    pub problems: Vec<Diagnostic>,
}

impl Tree {
    /// The node of the whole file.
    pub fn root(&self) -> Node<'_> {
        self.nodes.root()
    }
}

/// Parses `source`, which is `file` of its set, as `form`.
pub fn parse(source: &Source, file: FileId, form: Form) -> Tree {
    let (nodes, unclosed) = match form {
        Form::Script => quotes::parse_script(source.view()),
        Form::IpchainsSave | Form::IptablesSave => (save::parse(source.view(), 0), Vec::new()),
    };
    if let Some(problem) = form::foreign(source, file).filter(|_| form == Form::Script) {
        // What another interpreter reads is no script of ours, whatever it looks like.
        return Tree { nodes: Nodes::leaf(Kind::Script, nodes.root().span), form, problems: vec![problem] };
    }
    let problems = errors::find(nodes.root(), source, file, &unclosed);
    Tree { nodes, form, problems }
}

/// Parses a piece of a script that stands at `base` in its file, such as the argument of `eval`.
pub fn parse_fragment(text: &str, base: u32) -> Nodes {
    quotes::with_backquotes(shell::parse(text, base), text, base)
}

/// Parses a piece of a here-document in which expansions count.
pub fn parse_here_fragment(text: &str) -> Nodes {
    shell::parse_here_content(text, 0)
}

/// A here-document of a script.
#[derive(Clone, Copy, Debug)]
pub struct HereDocument<'t> {
    /// Its redirection, without the operator's command.
    pub redirect: Node<'t>,
    /// Its text.
    pub body: Node<'t>,
}

impl HereDocument<'_> {
    /// Whether expansions count in it.
    pub fn expands(&self) -> bool {
        self.redirect.child(Kind::BareDelimiter).is_some()
    }
}

/// The here-documents below a node; they are read in the order of their redirections.
pub fn here_documents(root: Node<'_>) -> impl Iterator<Item = HereDocument<'_>> {
    let of = |kinds: &'static [Kind]| root.walk().filter(move |node| kinds.contains(&node.kind));
    let pairs = of(&[Kind::HereDocument]).zip(of(&[Kind::HereText, Kind::FirstHereText]));
    pairs.map(|(redirect, body)| HereDocument { redirect, body })
}

/// What is wrong with the form of a piece of `source`, which is `file` of its set.
pub fn problems_of_fragment(root: Node<'_>, source: &Source, file: FileId) -> Vec<Diagnostic> {
    errors::find(root, source, file, &[])
}

/// Parses the text of a here-document that is a save file; it begins at `base` in its file.
pub fn parse_save_fragment(text: &str, base: u32) -> Nodes {
    save::parse(text, base)
}
