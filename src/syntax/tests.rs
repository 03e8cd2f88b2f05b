//! Trees of small texts, written as outlines.

use super::{Form, Kind, Node, Tree, parse};
use crate::text::{FileId, Source};

fn tree(text: &str) -> (Source, Tree) {
    let source = Source::new("f", text.as_bytes().to_vec());
    let tree = parse(&source, FileId(0), Form::Script);
    assert_tiles(tree.root(), &source);
    (source, tree)
}

fn assert_tiles(root: Node<'_>, source: &Source) {
    let mut at = 0;
    for leaf in root.leaves() {
        assert_eq!(leaf.span.start, at, "a gap or an overlap before {leaf:?}");
        at = leaf.span.end;
    }
    assert_eq!(at as usize, source.bytes().len());
    assert_eq!(root.print(source), source.bytes());
}

/// Simple commands, assignments and compound commands, nested by indentation.
fn outline(text: &str) -> String {
    let (source, tree) = tree(text);
    let mut out = String::new();
    write(tree.root(), &source, 0, &mut out);
    out
}

fn write(node: Node<'_>, source: &Source, depth: usize, out: &mut String) {
    let (shown, inside) = match node.kind {
        Kind::Simple => {
            let words: Vec<String> = node
                .named()
                .filter(|word| word.kind != Kind::Continuation)
                .map(|word| source.text(word.span).into_owned())
                .collect();
            (Some(words.join(" | ")), false)
        }
        Kind::IfClause | Kind::ThenPart | Kind::ElifPart | Kind::ElsePart | Kind::WhileClause | Kind::ForClause => {
            (Some(format!("{:?}", node.kind)), true)
        }
        Kind::CaseClause | Kind::CaseItem | Kind::Subshell | Kind::BraceGroup | Kind::Function | Kind::Bad => {
            (Some(format!("{:?}", node.kind)), true)
        }
        Kind::Missing | Kind::Stray | Kind::Connective | Kind::Pipe | Kind::HereText => {
            (Some(format!("{:?} {:?}", node.kind, source.text(node.span))), true)
        }
        _ => (None, true),
    };
    let deeper = depth + usize::from(shown.is_some());
    if let Some(shown) = shown {
        out.push_str(&format!("{}{shown}\n", "  ".repeat(depth)));
    }
    if inside {
        node.children().for_each(|child| write(child, source, deeper, out));
    }
}

fn problems(text: &str) -> Vec<String> {
    let (source, tree) = tree(text);
    let show = |problem: &crate::diag::Diagnostic| {
        let position = source.position(problem.place.span.start);
        format!("{}:{}: {}", position.line, position.column, problem.message)
    };
    tree.problems.iter().map(show).collect()
}

#[test]
fn commands_are_cut_into_words() {
    assert_eq!(
        outline("A=1 B=\"x y\" ipchains -A input -s $NET/24 2>/dev/null; b&&c \\\n d # e\n"),
        "A=1 | B=\"x y\" | ipchains | -A | input | -s | $NET/24 | 2>/dev/null\nb\nConnective \"&&\"\nc | d\n"
    );
}

#[test]
fn compound_commands_nest() {
    let text = "if a; then b; elif c; then d\nelse e; fi\nfor i in 1 2; do f $i; done\nwhile read x; do g; done < h\ncase $1 in\n start|go) i;;\n *) j ;;\nesac\nk() { l; }\n";
    assert_eq!(
        outline(text),
        "IfClause\n  a\n  ThenPart\n    b\n  ElifPart\n    c\n    ThenPart\n      d\n  ElsePart\n    e\nForClause\n  f | $i\nWhileClause\n  read | x\n  g\nCaseClause\n  CaseItem\n    i\n  CaseItem\n    j\nFunction\n  BraceGroup\n    l\n"
    );
    assert!(problems(text).is_empty());
}

#[test]
fn here_documents_are_not_commands() {
    let text = "cat <<A <<'B' | x\nipchains -F\nA\nb $x\nB\nnext\n";
    assert_eq!(outline(text), "cat | <<A | <<'B'\nPipe \"|\"\nx\nHereText \"b $x\\n\"\nnext\n");
    assert!(problems(text).is_empty(), "{:?}", problems(text));
    assert_eq!(outline("cat <<-E\n\ta\n\tE\nz\n"), "cat | <<-E\nHereText \"\\ta\\n\"\nz\n");
}

#[test]
fn what_is_missing_is_said_and_the_rest_is_read() {
    assert_eq!(problems("if a; then\n  b\n"), ["1:1: this `if` has no `fi`"]);
    assert_eq!(problems("a\nfi\nb\n"), ["2:1: unexpected `fi`: no `if` is open here"]);
    assert_eq!(outline("a\nfi\nb\n"), "a\nStray \"fi\"\nb\n");
    assert_eq!(problems("{ a; fi\n"), ["1:1: this `{` has no `}`"]);
    assert_eq!(problems("x (y)\n"), ["1:3: unexpected `(`: a command has already begun on this line"]);
    assert_eq!(problems("for i in a b\necho\n"), ["1:1: this `for` has no `do`"]);
    assert_eq!(problems("a &&\n"), ["1:1: a command is missing at the end"]);
}

#[test]
fn an_unclosed_quote_costs_one_line() {
    let text = "echo \"one\necho \"two\"\nipchains -F\n";
    assert_eq!(problems(text), ["1:6: this quote is never closed"]);
    assert_eq!(outline(text), "echo | \"one\necho | \"two\"\nipchains | -F\n");
    let prose = "I don't know\nipchains -F input\necho 'a'\n";
    assert_eq!(problems(prose), ["1:6: this quote is never closed"]);
}

#[test]
fn backquotes_hold_scripts() {
    let (_, tree) = tree("IP=`ifconfig eth0 | grep inet`\n");
    assert_eq!(tree.root().walk().filter(|node| node.kind == Kind::Simple).count(), 3);
}

#[test]
fn deep_nesting_neither_overflows_nor_stops_the_reading() {
    for open in ["(", "$(", "{ ", "\"$(", "if a; then ", "`", "[[ ", "((", "${a:-", "f() "] {
        for count in [3_000, 20_000] {
            let (_, tree) = tree(&format!("{}\nipchains -F\n", open.repeat(count)));
            assert!(!tree.root().is_leaf());
        }
    }
    // Many that are not nested are no matter.
    let (_, tree) = tree(&"a=$(b)\nc=\"$(d \"$(e)\")\"\n".repeat(1_000));
    assert!(tree.problems.is_empty());
}

#[test]
fn save_files_have_their_own_frame() {
    let text = "\u{FEFF}# c\r\n*filter\r\n:INPUT DROP [1:2]\r\n[3:4] -A INPUT -m comment --comment \"a \\\" b\" -j ACCEPT\r\nrubbish\nCOMMIT";
    let source = Source::new("f", text.as_bytes().to_vec());
    let tree = parse(&source, FileId(0), Form::IptablesSave);
    assert_tiles(tree.root(), &source);
    let kinds: Vec<Kind> = tree.root().named().map(|node| node.kind).collect();
    assert_eq!(
        kinds,
        [Kind::ByteOrderMark, Kind::Comment, Kind::Table, Kind::Chain, Kind::Rule, Kind::UnknownLine, Kind::Commit]
    );
    let rule = tree.root().child(Kind::Rule).unwrap();
    assert_eq!(rule.all(Kind::Word).count(), 8);
    assert_eq!(tree.problems.len(), 1);
}
