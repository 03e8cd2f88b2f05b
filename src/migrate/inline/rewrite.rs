//! The text of a piece of the body with its parameters written out.

use super::body::Writer;
use super::given::{Given, Said};
use crate::syntax::{Kind, Node};

impl<'a> Writer<'a> {
    /// The text of a node with its parameters written out.
    pub(super) fn rewritten(&mut self, node: Node<'a>, quoted: bool) -> Option<String> {
        match node.kind {
            Kind::Word => self.word(node),
            Kind::Parameter | Kind::ParameterBraced => self.parameter(node, quoted),
            Kind::DoubleQuoted => self.parts(node, true),
            Kind::CommandSubstitution | Kind::ProcessSubstitution => self.parts(node, false),
            Kind::Simple => self.command_words(node),
            Kind::Backquoted | Kind::Arithmetic | Kind::ArithmeticCommand => {
                (!self.mentions(node)).then(|| self.text(node.span))
            }
            // It goes over the words of the caller.
            Kind::ForClause if node.child(Kind::InWord).is_none() => None,
            Kind::CaseClause => {
                let subject = self.word(node.child(Kind::Word)?)?;
                (!subject.contains(' ')).then_some(())?;
                self.parts(node, false)
            }
            Kind::HereDocument | Kind::Function | Kind::Missing | Kind::Bad | Kind::Stray => None,
            _ if node.is_leaf() => Some(self.text(node.span)),
            _ => self.parts(node, quoted),
        }
    }

    pub(super) fn parts(&mut self, node: Node<'a>, quoted: bool) -> Option<String> {
        node.children().map(|child| self.rewritten(child, quoted)).collect()
    }

    /// The words of a command; one that says nothing is gone with the blank before it.
    fn command_words(&mut self, command: Node<'a>) -> Option<String> {
        let mut out = String::new();
        for child in command.children() {
            let text = self.rewritten(child, false)?;
            if child.kind == Kind::Word && text.is_empty() {
                out.truncate(out.trim_end().len());
            }
            out.push_str(&text);
        }
        Some(out)
    }

    /// Whether something below a node that is not read hangs on the words or on variables that hold them.
    fn mentions(&mut self, node: Node<'_>) -> bool {
        let text = self.text(node.span);
        let mut names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        self.read.extend(names.clone().map(str::to_owned));
        text.contains('$') && text.contains(['@', '*', '#', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            || names.any(|name| self.bound.contains_key(name))
    }

    pub(super) fn word(&mut self, word: Node<'a>) -> Option<String> {
        let parts: Vec<Node<'a>> = word.named().collect();
        let whole = match parts.as_slice() {
            [part] if part.kind == Kind::DoubleQuoted => match part.named().collect::<Vec<_>>().as_slice() {
                [inner] => Some((*inner, true)),
                _ => None,
            },
            [part] => Some((*part, false)),
            _ => None,
        };
        if let Some((part, quoted)) = whole
            && let Some(first) = self.all_words(part, quoted)
        {
            self.passed += 1;
            return self.words.passed(first, quoted);
        }
        let text: String = self.parts(word, false)?;
        // Quotes around a word that is now plain have lost their sense.
        let (Some((_, true)), Some(inner)) = (whole, Given::new(text.clone()).plain()) else { return Some(text) };
        let bare = text != self.text(word.span) && !inner.is_empty() && !inner.contains(' ');
        Some(if bare { inner } else { text })
    }

    /// The number of the first of the words that a parameter stands for, where it is all words one by one.
    fn all_words(&self, part: Node<'_>, quoted: bool) -> Option<usize> {
        if !matches!(part.kind, Kind::Parameter | Kind::ParameterBraced) {
            return None;
        }
        let text = self.text(part.span);
        let plain = text.trim_start_matches('$').trim_start_matches('{').trim_end_matches('}');
        let (name, first) =
            plain.split_once(':').map_or((plain, Some(1)), |(name, from)| (name, from.trim().parse().ok()));
        (name == "@" || name == "*" && !quoted).then_some(first.filter(|first| *first > 0)).flatten()
    }

    /// What stands in the place of a parameter.
    fn parameter(&mut self, node: Node<'a>, quoted: bool) -> Option<String> {
        let named: Vec<Node<'a>> = node.named().collect();
        let is_name = |part: &&Node<'_>| matches!(part.kind, Kind::Name | Kind::SpecialParameter | Kind::ParameterName);
        let name = self.text(named.iter().find(is_name)?.span);
        let number = name.parse::<usize>().ok().filter(|number| *number > 0);
        let operator = node.child(Kind::ParameterOperator).map(|operator| self.text(operator.span));
        let altered = node.child(Kind::LengthSign).is_some() || node.child(Kind::Subscript).is_some();
        let given = match (name.as_str(), number) {
            ("#", _) if !altered && operator.is_none() => return self.words.count().map(|count| count.to_string()),
            ("@" | "*", _) if quoted && !altered && operator.is_none() => return self.words.joined(),
            ("@" | "*" | "#", _) => return None,
            (_, Some(number)) => self.words.get(number)?.cloned(),
            (name, None) => match self.bound.get(name) {
                Some(value) => Some(value.clone()),
                None => {
                    self.read.insert(name.to_owned());
                    return self.parts(node, quoted);
                }
            },
        };
        if altered {
            return None;
        }
        let operand = match node.child(Kind::Operand) {
            Some(operand) => self.rewritten(operand, quoted)?,
            None => String::new(),
        };
        let next = self.function.source.view().get(node.span.end as usize..).and_then(|rest| rest.chars().next());
        let own = |given: &Given| given.bare(next).filter(|_| given.said != Said::Other);
        match (operator.as_deref(), &given) {
            (None, Some(given)) => own(given),
            (None, None) => Some(String::new()),
            (Some(":-" | "-" | ":=" | "="), None) => Some(operand),
            (Some(":+" | "+"), None) => Some(String::new()),
            (Some(":-" | "-" | ":?" | "?"), Some(given)) if given.says_something() => own(given),
            (Some(":+" | "+"), Some(given)) if given.says_something() => Some(operand),
            (Some(operator), Some(given)) => match (given.variable(), given.plain()) {
                (Some(name), _) if operator != ":=" && operator != "=" => {
                    Some(format!("${{{name}{operator}{operand}}}"))
                }
                (None, Some(text)) if text.is_empty() && operator == ":-" => Some(operand),
                (None, Some(text)) if text.is_empty() && operator == ":+" => Some(String::new()),
                _ => None,
            },
            (Some(_), None) => None,
        }
    }
}
