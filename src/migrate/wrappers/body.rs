//! The text of a function around a command: what it does with the words of its callers, and which variables it sets.

use crate::migrate::names::SHOWING;
use crate::syntax::{Kind, Node};
use crate::text::{Source, Span};

/// Commands that set the variables that they name.
pub(in crate::migrate) const SETTING: [&str; 8] =
    ["local", "read", "declare", "typeset", "export", "getopts", "unset", "eval"];

/// What may become of a word of the function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnWord {
    /// It says the same where the function is called.
    Movable,
    /// It hangs on a loop in the function, so it stays there.
    Fixed,
    /// It hangs on the words of the call, so that its value takes its place.
    Valued,
}

/// The function around a command, as a text.
pub(super) struct Body<'a> {
    source: &'a Source,
    pub(super) function: Node<'a>,
    command: Node<'a>,
}

impl<'a> Body<'a> {
    pub(super) fn of(source: &'a Source, root: Node<'a>, command: Node<'a>) -> Option<Self> {
        let around = root.walk().filter(|node| node.kind == Kind::Function && node.span.contains(command.span));
        Some(Self { source, function: around.min_by_key(|node| node.span.len())?, command })
    }

    fn text(&self, node: Node<'_>) -> &'a str {
        self.source.view().get(node.span.range()).unwrap_or_default()
    }

    /// Whether the function does nothing with the words that it passes on but show them, or give them to the commands
    /// at `others`; the first `taken` words of its callers are not among them.
    pub(super) fn only_passes_on(&self, taken: usize, others: &[Span]) -> bool {
        let simple = || self.function.walk().filter(|node| node.kind == Kind::Simple);
        let shown: Vec<Span> =
            simple().filter(|node| SHOWING.contains(&self.head(*node))).map(|node| node.span).collect();
        let shifts: Vec<(u32, usize)> =
            simple().filter_map(|node| Some((node.span.start, self.shifts(node)?))).collect();
        let before = |at: u32| shifts.iter().filter(|(shift, _)| *shift < at).map(|(_, count)| count).sum::<usize>();
        let asked = self.function.walk().filter_map(|node| Some((node.span, position(self.name(node)?)?)));
        let (inside, outside): (Vec<_>, Vec<_>) = asked
            .filter(|(span, _)| !shown.iter().any(|shown| shown.contains(*span)))
            .filter(|(span, _)| self.command.span.contains(*span) || !others.iter().any(|other| other.contains(*span)))
            .partition(|(span, _)| self.command.span.contains(*span));
        matches!(inside.as_slice(), [(_, Position::All)])
            && outside.iter().all(|(span, position)| match position {
                Position::One(number) => number + before(span.start) <= taken,
                Position::All => false,
            })
    }

    /// What may become of a word of the command.
    pub(super) fn own_word(&self, word: Span) -> OwnWord {
        let Some(node) = self.command.walk().find(|node| node.kind == Kind::Word && node.span == word) else {
            return OwnWord::Valued;
        };
        let part = |part: Node<'_>| match part.kind {
            Kind::CommandSubstitution | Kind::Backquoted | Kind::Arithmetic | Kind::ProcessSubstitution => {
                OwnWord::Valued
            }
            _ => match self.name(part) {
                Some(name) if position(name).is_some() => OwnWord::Valued,
                Some(name) if self.only_loops_set(name) => OwnWord::Fixed,
                Some(name) if self.sets(name, &|_| true) => OwnWord::Valued,
                _ => OwnWord::Movable,
            },
        };
        let parts: Vec<OwnWord> = node.walk().map(part).collect();
        let worst = [OwnWord::Valued, OwnWord::Fixed].into_iter().find(|own| parts.contains(own));
        worst.unwrap_or(OwnWord::Movable)
    }

    /// Whether the function sets a variable, and nothing but loops over words of its own do.
    fn only_loops_set(&self, name: &str) -> bool {
        let is_loop = |node: Node<'_>| {
            let own = node.all(Kind::Word).flat_map(|word| word.walk().collect::<Vec<_>>());
            node.kind == Kind::ForClause && own.into_iter().all(|part| self.name(part).is_none())
        };
        self.sets(name, &|_| true) && !self.sets(name, &|node| !is_loop(node))
    }

    /// The name of the parameter that a node reads.
    fn name(&self, node: Node<'_>) -> Option<&'a str> {
        let names = [Kind::Name, Kind::SpecialParameter, Kind::ParameterName];
        let reads = matches!(node.kind, Kind::Parameter | Kind::ParameterBraced);
        reads.then(|| node.named().find(|own| names.contains(&own.kind)))?.map(|own| self.text(own))
    }

    fn head(&self, simple: Node<'_>) -> &'a str {
        simple.child(Kind::Word).map(|word| self.text(word)).unwrap_or_default()
    }

    /// By how many words a command shifts them.
    fn shifts(&self, simple: Node<'_>) -> Option<usize> {
        let mut words = simple.all(Kind::Word).map(|word| self.text(word));
        words.next().filter(|head| *head == "shift")?;
        words.next().map_or(Some(1), |count| count.parse().ok())
    }

    /// Whether something in the function that is `among` may set a variable.
    fn sets(&self, name: &str, among: &dyn Fn(Node<'_>) -> bool) -> bool {
        self.function.walk().filter(|node| among(*node)).any(|node| match node.kind {
            Kind::Assignment | Kind::ForClause => node.child(Kind::Name).is_some_and(|own| self.text(own) == name),
            Kind::Simple if SETTING.contains(&self.head(node)) => {
                node.all(Kind::Word).any(|word| self.text(word).split('=').next() == Some(name))
            }
            _ => false,
        })
    }
}

/// Which words of the caller a parameter holds.
#[derive(Clone, Copy)]
enum Position {
    One(usize),
    All,
}

fn position(name: &str) -> Option<Position> {
    match name {
        "@" | "*" | "#" => Some(Position::All),
        _ => name.parse().ok().filter(|number| *number > 0).map(Position::One),
    }
}
