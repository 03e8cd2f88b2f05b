//! The common tree of all four inputs: scripts and save files of either dialect.
//!
//! A [`Node`] has a kind, a span and children; the leaves tile the file without
//! gap or overlap, so that printing a tree gives back every byte. What the
//! grammar does not name (white space, operators) is a [`Kind::Token`] leaf.
//! All nodes stand in one row ([`Nodes`]), and a `Node` is a view of a part of it.

use crate::text::{Source, Span};

/// What a node is; the names are those of the rules in `grammar/shell.pest` and `grammar/save.pest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    /// Text between named nodes: white space, operators, brackets.
    Token,
    // The shell.
    Script,
    ByteOrderMark,
    List,
    Statement,
    Terminator,
    AndOr,
    Connective,
    Pipeline,
    Pipe,
    Negation,
    Bad,
    Stray,
    Compound,
    IfClause,
    ThenPart,
    ElifPart,
    ElsePart,
    WhileClause,
    ForClause,
    DoGroup,
    CaseClause,
    CaseItem,
    Pattern,
    CaseEnd,
    Subshell,
    BraceGroup,
    ArithmeticCommand,
    DoubleBracket,
    ConditionOperator,
    Function,
    FunctionName,
    IfWord,
    ThenWord,
    ElifWord,
    ElseWord,
    FiWord,
    ForWord,
    WhileWord,
    UntilWord,
    DoWord,
    DoneWord,
    CaseWord,
    InWord,
    EsacWord,
    FunctionWord,
    BraceClose,
    Missing,
    Simple,
    Assignment,
    ArrayAssignment,
    AssignOperator,
    Subscript,
    Array,
    Name,
    Redirect,
    Descriptor,
    RedirectOperator,
    HereDocument,
    QuotedDelimiter,
    BareDelimiter,
    DelimiterText,
    Newline,
    FirstHereBody,
    FirstHereText,
    HereBody,
    HereText,
    Word,
    Literal,
    CarriageReturn,
    Escaped,
    FinalBackslash,
    InnerContinuation,
    BrokenContinuation,
    SingleQuoted,
    SingleText,
    AnsiQuoted,
    AnsiText,
    DoubleQuoted,
    DoubleText,
    DoubleEscape,
    DoubleDollar,
    OpenQuote,
    LoneDollar,
    Parameter,
    SpecialParameter,
    ParameterBraced,
    LengthSign,
    ParameterName,
    ParameterOperator,
    Operand,
    OperandText,
    BadSubstitution,
    CommandSubstitution,
    ProcessSubstitution,
    Arithmetic,
    ArithmeticText,
    ArithmeticChars,
    Backquoted,
    BackquotedText,
    Continuation,
    Comment,
    HereContent,
    HerePlain,
    // Save files.
    File,
    Table,
    TableName,
    Commit,
    Chain,
    ChainName,
    ChainPolicy,
    Counters,
    Rule,
    UnknownLine,
    /// Stands where a line goes on that is too long to be read at once.
    Break,
    Unread,
}

/// A node of a tree, with everything below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'t> {
    /// What it is.
    pub kind: Kind,
    /// The bytes that it covers.
    pub span: Span,
    below: &'t [Entry],
}

/// All nodes of a tree in one row, parents before their children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nodes(pub(super) Vec<Entry>);

/// A node in its row; the entries below it come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// How many entries are below it.
    pub(super) below: u32,
}

impl Nodes {
    /// The tree of a single leaf.
    pub(super) fn leaf(kind: Kind, span: Span) -> Self {
        Self(vec![Entry { kind, span, below: 0 }])
    }

    /// One tree of two whose roots stand behind each other.
    pub(super) fn followed_by(mut self, mut rest: Self) -> Self {
        if let (Some(root), Some(other)) = (self.0.first_mut(), rest.0.first()) {
            root.span.end = other.span.end;
            root.below += other.below;
            self.0.extend(rest.0.drain(1..));
        }
        self
    }

    /// The node above all others.
    pub fn root(&self) -> Node<'_> {
        self.node(0).unwrap_or(Node { kind: Kind::Token, span: Span::empty(0), below: &[] })
    }

    fn node(&self, at: usize) -> Option<Node<'_>> {
        Children { rest: self.0.get(at..)? }.next()
    }
}

impl<'t> Node<'t> {
    /// Its parts in order, which cover the same bytes; none for a leaf.
    pub fn children(self) -> Children<'t> {
        Children { rest: self.below }
    }

    /// The first child of `kind`.
    pub fn child(self, kind: Kind) -> Option<Node<'t>> {
        self.children().find(|child| child.kind == kind)
    }

    /// All children of `kind`.
    pub fn all(self, kind: Kind) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(move |child| child.kind == kind)
    }

    /// The children that the grammar names.
    pub fn named(self) -> impl Iterator<Item = Node<'t>> + Clone {
        self.children().filter(|child| child.kind != Kind::Token)
    }

    /// The node and everything below it, parents before children, in the order of the text.
    pub fn walk(self) -> impl Iterator<Item = Node<'t>> {
        let nodes = self.below.iter().enumerate().map(move |(at, entry)| {
            let below = self.below.get(at + 1..at + 1 + entry.below as usize).unwrap_or_default();
            Node { kind: entry.kind, span: entry.span, below }
        });
        std::iter::once(self).chain(nodes)
    }

    /// Whether it has no parts.
    pub fn is_leaf(self) -> bool {
        self.below.is_empty()
    }

    /// The leaves in the order of the text.
    pub fn leaves(self) -> impl Iterator<Item = Node<'t>> {
        self.walk().filter(|node| node.is_leaf())
    }

    /// The bytes of the file, put together from the leaves.
    pub fn print(self, source: &Source) -> Vec<u8> {
        let leaf = |node: Node<'_>| source.bytes().get(node.span.range()).unwrap_or_default().to_vec();
        self.leaves().flat_map(leaf).collect()
    }

    /// The node as the root of a tree of its own.
    pub fn to_tree(self) -> Nodes {
        let root = Entry { kind: self.kind, span: self.span, below: self.below.len() as u32 };
        Nodes(std::iter::once(root).chain(self.below.iter().copied()).collect())
    }
}

/// Goes through the parts of a node; see [`Node::children`].
#[derive(Clone)]
pub struct Children<'t> {
    rest: &'t [Entry],
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        let (first, rest) = self.rest.split_first()?;
        let (below, rest) = rest.split_at_checked(first.below as usize)?;
        self.rest = rest;
        Some(Node { kind: first.kind, span: first.span, below })
    }
}

/// Which node each node of a tree hangs from, to find what is around a place without going through the tree.
pub struct Ancestry {
    /// The number of the entry that each hangs from; the first hangs from itself.
    parents: Vec<u32>,
}

impl Ancestry {
    /// Looks through the whole tree once.
    pub fn of(nodes: &Nodes) -> Self {
        let mut parents: Vec<u32> = Vec::with_capacity(nodes.0.len());
        for at in 0..nodes.0.len() {
            // The one before is the parent, or hangs somewhere below it.
            let mut parent = at.saturating_sub(1);
            while parent > 0 && parent + (nodes.0[parent].below as usize) < at {
                parent = parents[parent] as usize;
            }
            parents.push(parent as u32);
        }
        Self { parents }
    }

    /// The nodes of that tree that hold all of `span`, from the innermost to the outermost.
    pub fn around<'t>(&self, nodes: &'t Nodes, span: Span) -> impl Iterator<Item = Node<'t>> {
        let begun = nodes.0.partition_point(|entry| entry.span.start <= span.start);
        let up = |at: &usize| self.parents.get(*at).map(|parent| *parent as usize).filter(|parent| parent != at);
        let all = std::iter::successors(begun.checked_sub(1), up);
        all.filter_map(|at| nodes.node(at)).filter(move |node| node.span.contains(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Form, parse};
    use crate::text::FileId;

    #[test]
    fn what_is_around_a_node_is_what_holds_it() {
        let script = b"a b\nif c; then\n  d \"$(e f)\" # g\nfi\nh() { i && j; }\n".to_vec();
        let tree = parse(&Source::new("f", script), FileId::default(), Form::Script);
        let ancestry = Ancestry::of(&tree.nodes);
        for node in tree.root().walk().filter(|node| !node.span.is_empty()) {
            let mut around: Vec<Node<'_>> = ancestry.around(&tree.nodes, node.span).collect();
            around.reverse();
            let holding = tree.root().walk().filter(|other| !other.span.is_empty() && other.span.contains(node.span));
            assert_eq!(around, holding.collect::<Vec<_>>(), "{:?}", node.kind);
        }
    }
}
