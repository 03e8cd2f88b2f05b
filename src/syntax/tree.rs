//! The common tree of all four inputs: scripts and save files of either dialect.
//!
//! A [`Node`] has a kind, a span and children; the leaves tile the file without
//! gap or overlap, so that printing a tree gives back every byte. What the
//! grammar does not name (white space, operators) is a [`Kind::Token`] leaf.

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
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The bytes that it covers.
    pub span: Span,
    /// Its parts in order, which cover the same bytes; none for a leaf.
    pub children: Vec<Node>,
}

impl Node {
    /// The first child of `kind`.
    pub fn child(&self, kind: Kind) -> Option<&Node> {
        self.children.iter().find(|child| child.kind == kind)
    }

    /// All children of `kind`.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Node> {
        self.children.iter().filter(move |child| child.kind == kind)
    }

    /// The children that the grammar names.
    pub fn named(&self) -> impl Iterator<Item = &Node> {
        self.children.iter().filter(|child| child.kind != Kind::Token)
    }

    /// The node and everything below it, parents before children, in the order of the text.
    pub fn walk(&self) -> Walk<'_> {
        Walk { stack: vec![self] }
    }

    /// The leaves in the order of the text.
    pub fn leaves(&self) -> impl Iterator<Item = &Node> {
        self.walk().filter(|node| node.children.is_empty())
    }

    /// The bytes of the file, put together from the leaves.
    pub fn print(&self, source: &Source) -> Vec<u8> {
        let leaf = |node: &Node| source.bytes().get(node.span.range()).unwrap_or_default().to_vec();
        self.leaves().flat_map(leaf).collect()
    }
}

/// Goes through a tree; see [`Node::walk`].
pub struct Walk<'t> {
    stack: Vec<&'t Node>,
}

impl<'t> Iterator for Walk<'t> {
    type Item = &'t Node;

    fn next(&mut self) -> Option<&'t Node> {
        let node = self.stack.pop()?;
        self.stack.extend(node.children.iter().rev());
        Some(node)
    }
}
