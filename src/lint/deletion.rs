//! Taking a command out of a file without breaking what is around it.

use super::Context;
use crate::diag::{Applicability, Diagnostic, Fix, Tag};
use crate::syntax::{Kind, Node};
use crate::text::{Edit, Place, Source, Span};

impl Context<'_> {
    /// The finding about a rule that could go, with the repair that deletes it.
    pub(super) fn needless(&self, finding: Diagnostic, title: &str) -> Diagnostic {
        let fixes = self.deletion(finding.place, title).into_iter().collect();
        Diagnostic { tags: vec![Tag::Unnecessary], fixes, ..finding }
    }

    /// Deletes the command at `place`, or puts `:` where the shell wants a command to stay; comments stay.
    ///
    /// Somebody wanted something with the command, so that this is never safe.
    fn deletion(&self, place: Place, title: &str) -> Option<Fix> {
        let source = self.analysis.sources.get(place.file);
        let around = self.around(place)?;
        let is_command = |node: &&Node<'_>| node.span == place.span && matches!(node.kind, Kind::Simple | Kind::Rule);
        let edit = match around.iter().find(is_command) {
            // Its words, and the rules of another program, would become commands.
            Some(node) if node.walk().any(|part| part.kind == Kind::HereDocument) => return None,
            Some(node) if node.kind == Kind::Simple && !stands_free(&around, place.span) => {
                Edit::replace(place.span, ":")
            }
            Some(_) => Edit::replace(alone(source, place.span).unwrap_or(place.span), ""),
            // A line of a here-document.
            None => Edit::replace(alone(source, place.span)?, ""),
        };
        let (title, file) = (title.to_owned(), place.file);
        Some(Fix { title, applicability: Applicability::Unsafe, file, edits: vec![edit] })
    }
}

/// Whether the command, with what is around it from within, is a statement of its own that is not the only one of its list.
fn stands_free(around: &[Node<'_>], command: Span) -> bool {
    let alone = |statement: &Node<'_>| {
        let whole = || statement.child(Kind::AndOr).is_some_and(|own| own.span == command);
        statement.kind == Kind::Statement && whole() && statement.child(Kind::Terminator).is_none()
    };
    let mut nested = around.windows(2);
    nested.any(|pair| alone(&pair[0]) && pair[1].all(Kind::Statement).nth(1).is_some())
}

/// The lines of a command with nothing else on them.
fn alone(source: &Source, command: Span) -> Option<Span> {
    let lines = source.lines_around(command);
    let blank = |start, end| source.text(Span { start, end }).trim().is_empty();
    (blank(lines.start, command.start) && blank(command.end, lines.end)).then_some(lines)
}

#[cfg(test)]
mod tests {
    use crate::lint::judging::fixed;

    const FIRST: &str = "iptables -P INPUT DROP\niptables -A INPUT -p tcp -j ACCEPT\n";

    /// What is left of a script in which RULE stands for a rule that repeats the first one.
    fn left(rest: &str) -> String {
        let script = FIRST.to_owned() + &rest.replace("RULE", "iptables -A INPUT -p tcp -j ACCEPT");
        fixed("duplicate-rule", &script).strip_prefix(FIRST).unwrap().to_owned()
    }

    #[test]
    fn the_rest_of_the_script_and_its_comments_stay() {
        assert_eq!(left("RULE\nsync\n"), "sync\n");
        assert_eq!(left("RULE  # the web\nsync\n"), "  # the web\nsync\n");
        assert_eq!(left("iptables -A INPUT \\\n  -p tcp -j ACCEPT\nsync\n"), "sync\n");
        assert_eq!(left("sync; RULE; sync\n"), "sync; :; sync\n");
        assert_eq!(left("if [ -f x ]; then\n  RULE\nfi\n"), "if [ -f x ]; then\n  :\nfi\n");
        assert_eq!(left("if [ -f x ]; then\n  sync\n  RULE\nfi\n"), "if [ -f x ]; then\n  sync\nfi\n");
        assert_eq!(left("[ -f x ] && RULE\n"), "[ -f x ] && :\n");
        assert_eq!(left("RULE || exit 1\n"), ": || exit 1\n");
        assert_eq!(left("RULE &\nsync\n"), ": &\nsync\n");
        assert_eq!(left("open() {\n\tRULE\n}\nopen\n"), "open() {\n\t:\n}\nopen\n");
    }

    #[test]
    fn a_line_of_rules_goes_whole() {
        let save =
            "*filter\n:INPUT DROP [0:0]\n[1:2] -A INPUT -p tcp -j ACCEPT\n[1:2] -A INPUT -p tcp -j ACCEPT\nCOMMIT\n";
        let left = "*filter\n:INPUT DROP [0:0]\n[1:2] -A INPUT -p tcp -j ACCEPT\nCOMMIT\n";
        assert_eq!(fixed("duplicate-rule", save), left);
        let here = |rules: &str| format!("iptables-restore <<END\n{rules}END\n");
        assert_eq!(fixed("duplicate-rule", &here(&save.replace("[1:2] ", ""))), here(&left.replace("[1:2] ", "")));
    }
}
