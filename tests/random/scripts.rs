//! Small random shell scripts that make chains by what they find in their variables.

use crate::dice::Dice;

/// What a script is made of.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Sort {
    /// Only what the evaluation claims to follow, so that all of it is known.
    Known,
    /// Whatever scripts are made of, with the settings `U1` and `U2` that come from elsewhere.
    Any,
}

const VARIABLES: [&str; 4] = ["x", "y", "z", "w"];

const TEXTS: [&str; 16] =
    ["a", "b", "ab", "abc", "a.b.c", "a:b", "a,b", "aXbX", "1", "2", "12", "0", "''", "'a b'", "\"b  a\"", "eth0"];

const PATTERNS: [&str; 14] =
    ["a", "b", "a*", "*b", "*", "?", "??", "[ab]", "[!a]*", "'a b'", "*.*", "[0-9]", "a\\*", "1*"];

/// Writes one script.
pub(crate) struct Writer<'d> {
    dice: &'d mut Dice,
    sort: Sort,
    lines: Vec<String>,
    indent: usize,
    /// The functions so far; each calls only those before it.
    functions: usize,
    /// Those of them that write what is known.
    writers: Vec<usize>,
    in_function: bool,
    /// The loops around the present statement, within its function.
    loops: usize,
    /// The present statement stands in a shell of its own.
    apart: usize,
    /// Names that are used once.
    count: usize,
    /// How many statements there may still be.
    left: usize,
}

/// A script of this sort.
pub(crate) fn script(sort: Sort, dice: &mut Dice) -> String {
    let left = 3 + dice.roll(9);
    let mut writer = Writer {
        dice,
        sort,
        lines: Vec::new(),
        indent: 0,
        functions: 0,
        writers: Vec::new(),
        in_function: false,
        loops: 0,
        apart: 0,
        count: 0,
        left,
    };
    writer.line("x=a; y=1; z='a b'; w=; n=2");
    writer.line("A=(a 'b c' d)");
    if writer.dice.one_in(2) {
        writer.line("set -- p 'q r' s");
    }
    // What fails then must be known.
    if writer.sort == Sort::Known && writer.dice.one_in(5) {
        let options = writer.pick(&["set -e", "set -u", "set -eu", "set -o pipefail", "set -euo pipefail"]);
        writer.line(options);
    }
    if writer.dice.one_in(6) {
        let trap =
            writer.pick(&["trap 'iptables -A \"t$x\"' EXIT", "trap 'iptables -A t; exit 3' EXIT", "trap - EXIT"]);
        if writer.sort == Sort::Any {
            writer.line(trap);
        }
    }
    while writer.left > 0 {
        writer.statement(2);
    }
    writer.line("iptables -A \"end.$x.$y.$z.$w.$#\"");
    writer.lines.join("\n") + "\n"
}

impl Writer<'_> {
    fn line(&mut self, text: impl AsRef<str>) {
        let indent = "  ".repeat(self.indent);
        self.lines.push(format!("{indent}{}", text.as_ref()));
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        self.dice.pick(from)
    }

    fn is_open(&self) -> bool {
        self.sort == Sort::Any
    }

    fn unique(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    fn variable(&mut self) -> &'static str {
        self.pick(&VARIABLES)
    }

    /// A word that is not cut into fields.
    fn text(&mut self) -> String {
        match self.dice.roll(10) {
            0..4 => self.pick(&TEXTS).to_owned(),
            4..8 => format!("\"{}\"", self.expansion(2)),
            8 => format!("\"{}{}\"", self.expansion(1), self.expansion(1)),
            _ => format!("a\"{}\"", self.expansion(2)),
        }
    }

    /// Words that may be cut into fields.
    fn words(&mut self) -> String {
        let word = |own: &mut Self| match own.dice.roll(12) {
            0..3 => own.expansion(1),
            3 => "\"$@\"".to_owned(),
            4 => own.pick(&["$*", "$@", "\"$*\"", "\"a$@b\"", "${A[@]}"]).to_owned(),
            5 => "\"${A[@]}\"".to_owned(),
            6 => own.pick(&["{a,b}", "{1..3}", "x{a,\"b c\"}"]).to_owned(),
            7 => format!("a{}.b", own.expansion(1)),
            _ => own.text(),
        };
        let words: Vec<String> = (0..self.dice.roll(4)).map(|_| word(self)).collect();
        words.join(" ")
    }

    /// A parameter, a substitution or arithmetic.
    fn expansion(&mut self, depth: usize) -> String {
        let v = self.variable();
        let open = self.is_open();
        match self.dice.roll(if open { 26 } else { 20 }) {
            0..4 => format!("${v}"),
            4 => format!("${{{v}}}"),
            5 => {
                format!("${{{v}{}}}", self.pick(&["%b*", "%%b*", "#*a", "##*a", "%.*", "%%.*", "#*:", "##*[ab]", "%?"]))
            }
            6 => format!("${{{v}/{}}}", self.pick(&["a/X", "b/", "a", ".b/-"])),
            7 => format!("${{{v}//{}}}", self.pick(&["a/X", "b/", "./ ", " /_"])),
            8 => format!("${{{v}:{}}}", self.pick(&["1", "1:1", "0:2", "2:5", "0"])),
            9 => format!("${{#{v}}}"),
            10 | 11 => {
                let operator = self.pick(&[":-", "-", ":+", "+", ":=", "="]);
                let word =
                    if depth > 0 && self.dice.one_in(2) { self.expansion(depth - 1) } else { self.plain().to_owned() };
                format!("${{{v}{operator}{word}}}")
            }
            12 => self.pick(&["$1", "$2", "${3}", "$#"]).to_owned(),
            13 => format!("${{{}:-d}}", self.pick(&["1", "2", "3"])),
            14 => format!("$(({}))", self.number(2)),
            15 => self.pick(&["${A[0]}", "${A[1]}", "${A[5]}", "$A"]).to_owned(),
            16 if depth > 0 => format!("$(echo {})", self.text()),
            17 if depth > 0 && !open => format!("$(echo {} {})", self.expansion(depth - 1), self.plain()),
            18 if depth > 0 => format!("$(printf '%s+' {} {})", self.plain(), self.text()),
            19 => format!("${{{v}{}}}", self.pick(&["^^", ",,"])),
            20 | 21 => self.pick(&["$U1", "$U2", "${U1}", "${U2:-k}", "${U1-k}", "${U1:+k}"]).to_owned(),
            22 => self.pick(&["${U1%b*}", "${#U1}", "${U1/a/X}", "${U2:0:1}", "${U1#-}", "${U2//a/ }"]).to_owned(),
            23 => self
                .pick(&[
                    "$?",
                    "${A[@]:1}",
                    "${#A[@]}",
                    "${A[-1]}",
                    "${#@}",
                    "${@:2}",
                    "${!A[@]}",
                    "${x: -1}",
                    "${A[@]/a/X}",
                ])
                .to_owned(),
            24 => format!(
                "${{{v}{}}}",
                self.pick(&[
                    "^", ",", "/#a/X", "/%b/X", "//[ab]/X", "/*b/X", ":$n", ":1:$n", "%$x", "#\"$x\"", "/$x/Y"
                ])
            ),
            25 => self
                .pick(&["`echo $x`", "$(echo $x | cat)", "$(exit 3)", "$(seq 2)", "$(expr 1 + 2)", "$(cat <<< $x)"])
                .to_owned(),
            _ => format!("${v}"),
        }
    }

    fn plain(&mut self) -> &'static str {
        self.pick(&["a", "b", "ab", "1", "2", "a.b", "k"])
    }

    /// Arithmetic over numbers and variables that hold some.
    fn number(&mut self, depth: usize) -> String {
        if depth == 0 || self.dice.one_in(3) {
            return match self.dice.roll(4) {
                0 => "n".to_owned(),
                1 => "$#".to_owned(),
                2 => "${n:-3}".to_owned(),
                _ => self.dice.roll(5).to_string(),
            };
        }
        let operator = self.pick(&["+", "-", "*", "<", ">", "==", "!=", "&&", "||", "<=", "%7+", "&", "|"]);
        let (left, right) = (self.number(depth - 1), self.number(depth - 1));
        match self.dice.roll(4) {
            0 => format!("({left} {operator} {right})"),
            1 => format!("{left} {operator} {right} ? {right} : 2"),
            _ => format!("{left} {operator} {right}"),
        }
    }

    /// A command that is asked for its success.
    fn condition(&mut self, depth: usize) -> String {
        let (one, other) = (self.text(), self.text());
        let pattern = self.pick(&PATTERNS);
        let v = self.variable();
        match self.dice.roll(if self.is_open() { 22 } else { 16 }) {
            0..3 => format!("[ {one} {} {other} ]", self.pick(&["=", "!=", "=="])),
            3 => format!("[ {} {one} ]", self.pick(&["-z", "-n"])),
            4 => format!("[ $# {} {} ]", self.pick(&["-gt", "-eq", "-lt", "-ne", "-ge", "-le"]), self.dice.roll(4)),
            5 => format!("[[ {one} {} {pattern} ]]", self.pick(&["==", "!=", "="])),
            6 => format!("[[ {one} == {pattern} && -n ${v} || {other} != {pattern} ]]"),
            7 => self.pick(&["true", "false", ":"]).to_owned(),
            8 => format!("(( {} ))", self.number(2)),
            9 if depth > 0 => format!("! {}", self.condition(depth - 1)),
            10 if depth > 0 => {
                format!("{} {} {}", self.condition(depth - 1), self.pick(&["&&", "||"]), self.condition(depth - 1))
            }
            11 if depth > 0 => format!("( {} )", self.condition(depth - 1)),
            12 if depth > 0 => format!("{{ {}; }}", self.condition(depth - 1)),
            13 if self.functions > 0 => self.call(),
            14 => format!("[ {one} = a -o {other} = {} ]", self.plain()),
            15 => format!(
                "case \"${v}\" in {pattern}) {} ;; *) {} ;; esac",
                self.pick(&["true", "false"]),
                self.pick(&["true", "false"])
            ),
            16 | 17 => self
                .pick(&[
                    "[ \"$U1\" = a ]",
                    "[ -z \"$U2\" ]",
                    "[ -n \"$U1\" ]",
                    "[ \"$U1\" = \"$U2\" ]",
                    "[[ $U2 == a* ]]",
                    "test \"$U1\"",
                ])
                .to_owned(),
            18 => self.pick(&["[ x$x = xa ]", "[ $? = 0 ]", "[ x$y != xa ]"]).to_owned(),
            19 => self
                .pick(&[
                    "grep -q a <<< \"$x\"",
                    "echo a | grep -q b",
                    "iptables -A q",
                    "test -d /",
                    "exit 1 | true",
                    "true | exit 1",
                ])
                .to_owned(),
            20 => self
                .pick(&[
                    "let n",
                    "x=$(false)",
                    "x=$(true)",
                    "eval false",
                    "eval '[ $x = a ]'",
                    "shift",
                    "read x < /dev/null",
                ])
                .to_owned(),
            21 => self
                .pick(&[
                    "[ 1$U1 -gt 5 ]",
                    "(( U1 ))",
                    "[[ -n $U1 && $U1 != b ]]",
                    "[[ ! ( $x == a || $U2 == b ) ]]",
                    "command -v nope",
                    "return 0 2>/dev/null",
                ])
                .to_owned(),
            _ => format!("[ \"${v}\" ]"),
        }
    }

    fn call(&mut self) -> String {
        let number = 1 + self.dice.roll(self.functions);
        format!("f{number} {}", self.words())
    }

    fn block(&mut self, depth: usize) {
        self.indent += 1;
        for _ in 0..1 + self.dice.roll(2) {
            self.statement(depth);
        }
        self.indent -= 1;
    }

    fn show(&mut self) {
        let (number, text) = (self.unique(), self.text());
        let line = format!("iptables -A n{number}{text}");
        self.line(line);
    }

    fn statement(&mut self, depth: usize) {
        self.left = self.left.saturating_sub(1);
        let v = self.variable();
        let compound = depth > 0 && self.dice.percent(55);
        if compound {
            return self.compound(depth - 1);
        }
        match self.dice.roll(32) {
            0..7 => self.show(),
            7..11 => {
                let line = format!("{v}={}", self.text());
                self.line(line);
            }
            11 => {
                let line = format!("{v}={}", self.expansion(2));
                self.line(line);
            }
            12 => {
                let line = format!("n={}", self.dice.roll(4));
                self.line(line);
            }
            13 => self.arithmetic(),
            14 | 15 => {
                let line = format!("{} {} {}", self.condition(1), self.pick(&["&&", "||"]), self.simple());
                self.line(line);
            }
            16 if self.functions > 0 => {
                let line = self.call();
                self.line(line);
            }
            17 => {
                let line = format!("set -- {}", self.words());
                self.line(line);
            }
            18 | 19 => {
                let line = self.simple();
                self.line(line);
            }
            20 if self.in_function => {
                let line = format!("local {v}={}", self.text());
                self.line(line);
            }
            21 => {
                let line = format!("eval '{v}=\"k${v}\"'");
                self.line(line);
            }
            22 => {
                let line = format!("eval \"{v}=\\\"\\${}\\\"\"", self.variable());
                self.line(line);
            }
            23 => self.read(),
            24 => {
                let line = match self.dice.roll(3) {
                    0 => format!("A=({})", self.words()),
                    1 => format!("A+=({})", self.words()),
                    _ => format!("{v}={}", self.pick(&["${A[1]}", "\"${A[*]}\"", "${A[0]}"])),
                };
                self.line(line);
            }
            25 => {
                let line = format!("unset {v}");
                self.line(line);
            }
            26 => {
                let line = format!("{v}+={}", self.text());
                self.line(line);
            }
            27 => {
                // How an unquoted value that is not known is written, is not followed exactly.
                let words = if self.is_open() { self.text() } else { self.words() };
                let line = format!("{v}=$(echo {words})");
                self.line(line);
            }
            28 if self.functions > 0 && self.is_open() => {
                let line = format!("{v}=$({})", self.call());
                self.line(line);
            }
            28 if !self.writers.is_empty() => {
                let writer = *self.dice.one(&self.writers);
                let line = format!("{v}=$(f{writer} {})", self.words());
                self.line(line);
            }
            29 if self.functions > 0 => {
                let line = format!("{v}={} {}", self.text(), self.call());
                self.line(line);
            }
            30 => {
                let line = format!("{} {v}={}", self.pick(&["export", "readonly r; export", "declare"]), self.text());
                self.line(line.replace("readonly r; ", ""));
            }
            31 if self.is_open() => self.odd(),
            _ => self.show(),
        }
    }

    /// A simple command that may end something.
    fn simple(&mut self) -> String {
        let number = self.unique();
        let level = self.pick(&["", "", " 1", " 2"]);
        match self.dice.roll(8) {
            0 if self.in_function => format!("return{}", self.pick(&[" 0", " 1", " 2"])),
            1 if self.in_function && self.is_open() => "return".to_owned(),
            2 if self.loops > 0 => format!("break{level}"),
            3 if self.loops > 0 => format!("continue{level}"),
            4 => format!("shift{}", self.pick(&["", "", " 2"])),
            5 if self.dice.one_in(3) => format!("exit{}", self.pick(&["", " 1", " 0"])),
            _ => format!("iptables -A s{number}"),
        }
    }

    fn arithmetic(&mut self) {
        let number = self.number(2);
        let line = match self.dice.roll(5) {
            0 => "((n++))".to_owned(),
            1 => format!("n=$(({number}))"),
            2 => format!("let n=\"{number}\""),
            3 => format!("(( n = {number} ))"),
            _ => format!(": $((n = {number}))"),
        };
        self.line(line);
    }

    fn read(&mut self) {
        let separator = self.pick(&["", "", "IFS=: ", "IFS=. "]);
        let names = self.pick(&["x", "x y", "z w", "x y z"]);
        let text = self.text();
        match self.dice.roll(3) {
            0 => self.line(format!("{separator}read -r {names} <<< {text}")),
            1 => self.line(format!("{separator}read {names} <<< {text}")),
            _ => {
                let (first, second) = (self.expansion(1), self.plain());
                self.line(format!("{separator}read {names} <<EOF"));
                self.lines.push(format!("{first} {second}"));
                self.lines.push("EOF".to_owned());
            }
        }
    }

    /// What scripts do now and then, much of which is not followed.
    fn odd(&mut self) {
        let v = self.variable();
        let line = match self.dice.roll(28) {
            0 => "IFS=:".to_owned(),
            1 => "unset IFS".to_owned(),
            2 => format!("IFS=. ; set -- ${v}; unset IFS"),
            3 => format!("{v}=$?"),
            4 => "A[1]=k".to_owned(),
            5 => "unset 'A[0]'".to_owned(),
            6 => format!("printf -v {v} '%s-' a b"),
            7 => format!("mapfile -t A <<< \"${v}\""),
            8 => format!("read -r -a A <<< \"${v}\""),
            9 => "let $v=2".to_owned(),
            10 => format!("declare -i {v}=2+3"),
            11 => format!("declare -u {v}=aB"),
            12 => "shift $U1".to_owned(),
            13 => "set -- $U1 k".to_owned(),
            14 => format!("eval \"{v}=\\$U1\""),
            15 => "eval \"$U1=k\"".to_owned(),
            16 => format!("export {v}"),
            17 => format!("{v}=k & wait"),
            18 => format!("echo k | read {v}"),
            19 => format!("exec 3<<< k; read {v} <&3"),
            20 => format!(": ${{{v}:=$U1}}"),
            21 => "trap 'iptables -A u' EXIT".to_owned(),
            22 => "unset -f f1".to_owned(),
            23 => "f1() { x=new; return 1; }".to_owned(),
            24 => format!("{v}=$(iptables -A r; echo k)"),
            25 => format!("local_{v}=k; {v}=${{!local_{v}}}"),
            26 => "set -- \"$@\" $U2".to_owned(),
            _ => format!("{v}=(a b)"),
        };
        self.line(line);
    }

    fn compound(&mut self, depth: usize) {
        let v = self.variable();
        match self.dice.roll(17) {
            0..4 => self.branch(depth),
            4..6 => self.case(depth),
            6..8 => {
                let line = format!("for {v} in {}; do", self.words());
                self.looping(line, depth, "done");
            }
            8 => {
                let name = format!("i{}", self.unique());
                let (word, sign) = self.pick(&[("while", "-lt"), ("until", "-ge")]);
                let line =
                    format!("{name}=0; {word} [ ${name} {sign} {} ]; do {name}=$(({name}+1))", 1 + self.dice.roll(3));
                self.looping(line, depth, "done");
            }
            9 => {
                let line = format!("while [ $# -gt {} ]; do {v}=$1; shift", self.dice.roll(2));
                // Within it nothing but `shift` may change how many there are.
                self.line(line);
                self.indent += 1;
                self.show();
                self.indent -= 1;
                self.line("done");
            }
            10 | 11 if self.indent == 0 => self.function(depth),
            12 => self.lines_read(depth),
            13 => {
                let pipe = if self.is_open() && self.dice.one_in(3) { " | cat" } else { "" };
                let (begin, end) = if pipe.is_empty() { ("(", ")") } else { ("{", "}") };
                self.apart += 1;
                self.line(begin);
                self.block(depth);
                self.line(format!("{end}{pipe}"));
                self.apart -= 1;
            }
            14 => {
                self.line("{");
                self.block(depth);
                let end = format!("}} {} {}", self.pick(&["&&", "||"]), self.simple());
                self.line(end);
            }
            15 => {
                let name = format!("i{}", self.unique());
                let line = format!("for (({name}=0; {name}<{}; {name}++)); do", self.dice.roll(4));
                self.looping(line, depth, "done");
            }
            16 if self.is_open() => {
                let line = self
                    .pick(&[
                        "for x in $U1; do",
                        "for x in $U1 k; do",
                        "for x in $(echo a b | cat); do",
                        "for x in \"$U1\" $U2; do",
                    ])
                    .to_owned();
                self.looping(line, depth, "done");
            }
            _ => self.branch(depth),
        }
    }

    fn looping(&mut self, begin: String, depth: usize, end: &str) {
        self.line(begin);
        self.loops += 1;
        self.block(depth);
        self.loops -= 1;
        self.line(end);
    }

    fn branch(&mut self, depth: usize) {
        let line = format!("if {}; then", self.condition(2));
        self.line(line);
        self.block(depth);
        if self.dice.one_in(3) {
            let line = format!("elif {}; then", self.condition(1));
            self.line(line);
            self.block(depth);
        }
        if self.dice.one_in(2) {
            self.line("else");
            self.block(depth);
        }
        self.line("fi");
    }

    fn case(&mut self, depth: usize) {
        // Bash takes `a"${x%a}"` for two characters in this place.
        let line = format!("case \"{}\" in", self.expansion(2));
        self.line(line);
        for _ in 0..1 + self.dice.roll(3) {
            let second = if self.dice.one_in(3) { format!("|{}", self.pick(&PATTERNS)) } else { String::new() };
            let line = format!("{}{second})", self.pick(&PATTERNS));
            self.line(line);
            self.block(depth);
            let end = self.pick(&[";;", ";;", ";;", ";;", ";&", ";;&"]);
            // What such an arm says of the success of all is not followed.
            let end = if self.is_open() { end } else { ";;" };
            self.line(end);
        }
        self.line("esac");
    }

    fn function(&mut self, depth: usize) {
        let (number, first) = (self.functions + 1, self.lines.len());
        let (begin, end) = self.pick(&[("{", "}"), ("{", "}"), ("{", "}"), ("(", ")")]);
        self.line(format!("f{number}() {begin}"));
        let loops = std::mem::take(&mut self.loops);
        self.in_function = true;
        self.block(depth + 1);
        self.in_function = false;
        self.loops = loops;
        if self.dice.one_in(3) {
            let text = self.text();
            self.line(format!("  echo {text}"));
        }
        self.line(end);
        self.functions = number;
        // What a program writes is not known.
        let others: Vec<String> =
            (1..number).filter(|own| !self.writers.contains(own)).map(|own| format!("f{own} ")).collect();
        let unknown = |line: &String| line.contains("iptables") || others.iter().any(|other| line.contains(other));
        if !self.lines[first..].iter().any(unknown) {
            self.writers.push(number);
        }
    }

    /// A loop over the lines of a text.
    fn lines_read(&mut self, depth: usize) {
        let names = self.pick(&["x", "x y", "z w"]);
        let separator = self.pick(&["", "", "IFS=: "]);
        let begin = format!("{separator}read -r {names}; do");
        let (one, other) = (self.plain(), self.expansion(1));
        match self.dice.roll(3) {
            0 => {
                self.apart += 1;
                self.looping(format!("printf '%s\\n' {one} \"{other}\" | while {begin}"), depth, "done");
                self.apart -= 1;
            }
            1 => self.looping(format!("while {begin}"), depth, &format!("done <<< \"{one}\"")),
            _ => {
                self.looping(format!("while {begin}"), depth, "done <<EOF");
                self.lines.push(format!("{one} b"));
                self.lines.push(other);
                self.lines.push("EOF".to_owned());
            }
        }
    }
}
