//! Commands that the shell has by itself, and programs of no interest.

use std::rc::Rc;

use super::attribute::{self, Attribute};
use super::program::Program;
use super::run::{Evaluator, Status};
use super::segment::joined;
use super::shell::Shell;
use super::simple::{Expanded, Surroundings};
use super::state::{Arguments, Local};
use super::{Act, Input, Invocation, arithmetic, printf};
use crate::logic::Formula;
use crate::model::{Piece, Unknown, Value, Word};
use crate::syntax::Kind;
use crate::text::base_name;

/// Whether a program runs texts in the language of the shell, with whatever path.
pub fn is_shell(program: &str) -> bool {
    let base = base_name(program);
    matches!(base, "sh" | "bash" | "ash" | "dash" | "ksh" | "su")
}

impl<'s> Evaluator<'s> {
    pub(super) fn built_in(&mut self, around: &Surroundings<'_, 's>, name: &str, command: Expanded) -> Status {
        let arguments = command.words.get(1..).unwrap_or_default();
        match name {
            "cd" => self.forget_names(around, &["PWD", "OLDPWD"]),
            ":" | "true" | "umask" | "wait" | "sleep" | "sync" => return Status::SUCCESS,
            "false" => return Status::Is(Formula::FALSE),
            "[" | "test" => return self.run_test(arguments, name, around.place),
            "printf" if arguments.first().is_some_and(|word| word.known() == Some("-v")) => {
                let written = arguments.get(2..).and_then(printf::written).map(Value::from);
                self.set_named(around, arguments.get(1), written);
            }
            "echo" | "printf" => return self.echo(around, name, arguments),
            "let" => return self.compute_words(around, arguments),
            "eval" => return self.run_eval(around, arguments),
            shell if is_shell(shell) => return self.run_shell(around, &command),
            "." | "source" => return self.run_source(around, &command),
            "export" | "readonly" | "declare" | "typeset" | "local" => self.declare(around, name, arguments),
            "unset" => self.run_unset(around, arguments),
            "set" => self.set_arguments(arguments),
            "shift" => return self.shift(around, arguments),
            "read" => return self.read(around, arguments),
            "getopts" => {
                self.looping.carries = true;
                self.set_named(around, arguments.get(1), None);
                self.forget_names(around, &["OPTARG", "OPTIND"]);
                return Status::Unknown(around.unit.text(around.node.span), around.place);
            }
            "mapfile" | "readarray" => {
                let name = arguments.last().and_then(Word::known).filter(|name| !name.starts_with('-'));
                self.set_array(name.unwrap_or("MAPFILE"), None);
            }
            "exit" => self.leave_shell(arguments),
            "return" => return self.leave_function(arguments, around.place),
            "break" | "continue" => self.leave_round(name == "continue", arguments, around.place),
            "kill" => return self.kill(around, &command),
            "trap" if arguments.first().is_some_and(|action| self.redirects_at_the_end(action)) => {}
            "trap" => {
                let action = arguments.first().filter(|action| !matches!(action.known(), Some("-" | "")));
                self.traps.extend(action.map(|action| (action.value.clone(), action.place)));
                return self.run_other(around, name, &command);
            }
            _ => return self.run_other(around, name, &command),
        }
        Status::SUCCESS
    }

    /// A program of no interest.
    fn run_other(&mut self, around: &Surroundings<'_, 's>, name: &str, command: &Expanded) -> Status {
        let known: Option<Vec<&str>> = command.words.iter().map(Word::known).collect();
        let output = match (name, known.as_deref()) {
            ("seq", Some([_, rest @ ..])) => sequence(rest),
            ("expr", Some([_, words @ ..])) => {
                let plain = |word: &&str| match word.parse::<i64>() {
                    Ok(number) => number.to_string() == **word,
                    Err(_) => matches!(*word, "+" | "-" | "*" | "/" | "%" | "(" | ")"),
                };
                let computed = arithmetic::evaluate(&words.join(" "), &mut |_| None);
                // Of 0 it says that it fails.
                let computed = computed.filter(|computed| words.iter().all(plain) && computed.value != 0);
                computed.map(|computed| computed.value.to_string())
            }
            _ => None,
        };
        if let Some(text) = output {
            self.write_output(&Value::from(text));
            return Status::SUCCESS;
        }
        self.write_unknown_output();
        self.proc_write(around, None);
        self.note_outside(around, &command.words);
        self.note_address(name, command.words.get(1..).unwrap_or_default());
        let text: Vec<String> = command.words.iter().map(|word| word.value.to_string()).collect();
        Status::Unknown(text.join(" "), around.place)
    }

    fn echo(&mut self, around: &Surroundings<'_, 's>, name: &str, arguments: &[Word]) -> Status {
        let is_option =
            |word: &&Word| name == "echo" && matches!(word.known(), Some("-n" | "-e" | "-E" | "-ne" | "-en" | "-nE"));
        let options = arguments.iter().take_while(is_option).count();
        let (options, words) = arguments.split_at(options);
        let (mut text, ends) = match name {
            "printf" => printed(words),
            _ => (joined(words), !options.iter().any(|word| word.known().is_some_and(|option| option.contains('n')))),
        };
        // What `echo` makes of a backslash is another thing in each shell.
        if name == "echo" && text.has('\\') {
            text = self.unknown_at("", around.place);
        }
        if self.proc_write(around, Some(&text)) {
            return Status::SUCCESS;
        }
        if around.output.is_none() {
            text.push_str(if ends { "\n" } else { "" });
            self.write_output(&text);
        }
        Status::SUCCESS
    }

    /// A redirection into `/proc/sys` sets a kernel parameter.
    fn proc_write(&mut self, around: &Surroundings<'_, 's>, text: Option<&Value>) -> bool {
        let Some(target) = around.output.as_ref().filter(|target| target.known_prefix().starts_with("/proc/")) else {
            return false;
        };
        let value = text.cloned().unwrap_or_else(|| self.unknown_at("", around.place));
        let word = |value: &Value| Word { value: value.clone(), place: around.place, splits: false };
        let invocation = Invocation {
            program: Program::ProcWrite,
            arguments: vec![word(target), word(&value)],
            vanished: Vec::new(),
            spaced: Vec::new(),
            name: around.place,
            name_value: Value::empty(),
            table: None,
            input: Input::Inherited,
            captured: false,
            part: around.unit.part(around.node),
        };
        self.step(Act::Run(invocation), around.place);
        true
    }

    /// `export NAME=VALUE` and its kin.
    fn declare(&mut self, around: &Surroundings<'_, 's>, name: &str, arguments: &[Word]) {
        let declares = matches!(name, "local" | "declare" | "typeset");
        let makes_local = declares && !has_option(arguments, &['g']);
        let asked = if declares { attribute::asked(arguments) } else { None };
        let attribute = if name == "readonly" { Some(Some(Attribute::ReadOnly)) } else { asked };
        for array in around.node.all(Kind::ArrayAssignment) {
            if let Some(name) = array.child(Kind::Name).filter(|_| makes_local) {
                self.make_local(&around.unit.text(name.span));
            }
            self.run_assignment(&Rc::clone(&around.unit), array);
        }
        for word in arguments.iter().filter(|word| !word.value.known_prefix().starts_with(['-', '+'])) {
            let prefix = word.value.known_prefix();
            if word.known().is_none() && !prefix.contains('=') && word.value.has('=') {
                self.forget_all(around.place);
                continue;
            }
            let (variable, assigned) = match prefix.split_once('=') {
                Some((variable, _)) => (variable.to_owned(), Some(after_equals(&word.value))),
                None => (prefix.to_owned(), None),
            };
            let (variable, adds) = match variable.strip_suffix('+').filter(|_| assigned.is_some()) {
                Some(name) => (name.to_owned(), true),
                None => (variable, false),
            };
            let becomes_local = if makes_local { self.make_local(&variable) } else { Formula::FALSE };
            let is_local = makes_local && self.locals.last().is_some();
            let changes = attribute.filter(|own| *own != Some(Attribute::ReadOnly));
            changes.into_iter().for_each(|own| self.give_attribute(&variable, own, is_local));
            match assigned {
                Some(_) if adds => self.forget_names(around, &[&variable]),
                Some(value) => self.set_variable(&variable, value),
                None => {
                    let path = std::mem::replace(&mut self.path, becomes_local);
                    if makes_local && (path.is_false() || !becomes_local.is_false()) {
                        self.set_local(around, &variable);
                    }
                    self.path = path;
                }
            }
            if attribute == Some(Some(Attribute::ReadOnly)) {
                self.give_attribute(&variable, attribute.flatten(), is_local);
            }
        }
    }

    /// What a variable holds is put back behind the present function, if there is one. Gives the runs in which it
    /// becomes local by that.
    fn make_local(&mut self, name: &str) -> Formula {
        let Some(locals) = self.locals.last() else { return Formula::FALSE };
        let (mut path, mut is_new) = (self.path, true);
        for known in locals.iter().filter(|known| known.name == name) {
            path = self.conditions.formulas.and_not(path, known.path);
            is_new = false;
        }
        if is_new || !path.is_false() {
            let kept = Local { path, ..self.keep(name) };
            self.locals.last_mut().into_iter().for_each(|locals| locals.push(kept.clone()));
        }
        path
    }

    /// `local NAME`, which is empty in some shells and holds what it held before in others.
    fn set_local(&mut self, around: &Surroundings<'_, 's>, name: &str) {
        let held = self.state.variables.get(name).into_iter().flatten();
        let empty = held.into_iter().all(|(_, value)| value.is(""));
        let none = !self.state.variables.contains_key(name);
        let value = if empty { unset(name) } else { self.unknown_at(name, around.place) };
        self.set_variable(name, value);
        if empty && (none || self.shell == Shell::Bash) {
            self.note_unset(name, self.path);
        }
    }

    fn set_arguments(&mut self, arguments: &[Word]) {
        self.looping.carries = true;
        let mut rest = arguments;
        while let Some(text) = rest.first().and_then(Word::known)
            && text.starts_with(['-', '+'])
            && text != "--"
        {
            // Behind `-o` stands the name of an option.
            self.set_options(text, rest.get(1).and_then(Word::known));
            rest = rest.get(1 + usize::from(text.contains('o'))..).unwrap_or_default();
        }
        let Some((first, behind)) = rest.split_first() else { return };
        let words = if first.known() == Some("--") { behind } else { rest };
        self.state.arguments = Arguments::Known(words.to_vec());
    }

    /// `shift`, which fails where there are not so many arguments.
    fn shift(&mut self, around: &Surroundings<'_, 's>, arguments: &[Word]) -> Status {
        self.looping.carries = true;
        let there = self.state.arguments.count().known().and_then(|count| count.parse::<usize>().ok());
        let count = arguments.first().map_or(Some(1), |word| word.known()?.parse::<usize>().ok());
        match count {
            Some(count) => self.state.arguments.shift(count),
            None => self.state.arguments.lose(),
        }
        match there.zip(count) {
            Some((there, count)) if count <= there => Status::SUCCESS,
            Some(_) => Status::Is(Formula::FALSE),
            None => Status::Unknown(around.unit.text(around.node.span), around.place),
        }
    }

    /// `read`, of which the first line is known where it stands in the script.
    fn read(&mut self, around: &Surroundings<'_, 's>, arguments: &[Word]) -> Status {
        self.looping.carries = true;
        let texts: Vec<&str> = arguments.iter().filter_map(Word::known).collect();
        let (options, names): (Vec<&str>, Vec<&str>) = texts.iter().partition(|text| text.starts_with('-'));
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        if texts.len() < arguments.len() {
            self.forget_all(around.place);
        } else if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        let plain = options.iter().all(|option| *option == "-r") && texts.len() == arguments.len();
        let line = if plain { self.first_line(around) } else { None };
        match line.filter(|line| options.contains(&"-r") || !line.contains('\\')) {
            Some(line) if self.read_line(&names, &line) => return Status::SUCCESS,
            _ => {}
        }
        for name in &names {
            self.forget_names(around, &[name]);
            if options.iter().any(|option| option.ends_with('a')) {
                self.set_array(name, None);
            }
        }
        Status::Unknown(around.unit.text(around.node.span), around.place)
    }

    /// The first line of a here-document or a here-string.
    fn first_line(&mut self, around: &Surroundings<'_, 's>) -> Option<String> {
        let value = match around.here {
            Some(here) => self.here_text(&around.unit, here).0,
            None => self.here_string(&Rc::clone(&around.unit), around.node)?,
        };
        let text = value.known()?;
        // Where there is none, `read` fails.
        let is_string = around.here.is_none();
        text.lines().next().or(Some("").filter(|_| is_string)).map(str::to_owned)
    }

    /// `unset NAME...`, `unset NAME[SUBSCRIPT]` and `unset -f NAME...`.
    fn run_unset(&mut self, around: &Surroundings<'_, 's>, arguments: &[Word]) {
        let functions = arguments.first().is_some_and(|word| word.known() == Some("-f"));
        if !functions && arguments.iter().any(|word| word.known().is_none()) {
            self.forget_all(around.place);
        }
        for name in arguments.iter().filter_map(Word::known).filter(|name| !name.starts_with('-')) {
            if functions {
                self.undefine(name);
            } else if self.state.arrays.contains_key(name) {
                let emptied = self.path.is_true().then(Vec::new);
                self.set_array(name, emptied);
            } else {
                if self.state.attributes.get(name) != Some(&Attribute::ReadOnly) {
                    self.give_attribute(name, None, false);
                }
                self.set_variable(name, unset(name));
                self.note_unset(name, self.path);
            }
        }
    }

    /// What these variables hold is not known.
    fn forget_names(&mut self, around: &Surroundings<'_, 's>, names: &[&str]) {
        for name in names {
            let value = self.unknown_at(*name, around.place);
            self.set_variable(name, value);
        }
    }

    /// A command sets the variable that a word names; without a value it is not known to what.
    fn set_named(&mut self, around: &Surroundings<'_, 's>, name: Option<&Word>, value: Option<Value>) {
        let Some(word) = name else { return };
        let Some(name) = word.known() else { return self.forget_all(around.place) };
        let value = value.unwrap_or_else(|| self.unknown_at(name, around.place));
        self.set_variable(name, value);
    }
}

/// Whether an option with one of these letters is given.
fn has_option(arguments: &[Word], letters: &[char]) -> bool {
    arguments.iter().filter_map(Word::known).any(|word| word.starts_with('-') && word.contains(letters))
}

/// What a variable that is not set is taken to hold: without `IFS` fields end where they do at the beginning.
fn unset(name: &str) -> Value {
    Value::from(if name == "IFS" { " \t\n" } else { "" })
}

/// What `printf` writes without the line end behind it, and whether there is one.
fn printed(words: &[Word]) -> (Value, bool) {
    if let [format, word] = words
        && let Some(format @ ("%s" | "%s\\n" | "%d")) = format.known()
    {
        return (word.value.clone(), format.ends_with('n'));
    }
    match printf::written(words) {
        Some(written) => match written.strip_suffix('\n') {
            Some(line) => (Value::from(line), true),
            None => (Value::from(written), false),
        },
        None => (Value::unknown(Unknown { name: "".into(), id: 0, single: false }), false),
    }
}

/// The value behind the first `=`.
fn after_equals(value: &Value) -> Value {
    let mut rest = Value::empty();
    let mut seen = false;
    for piece in value.pieces() {
        match (piece, seen) {
            (Piece::Known(text), false) => {
                if let Some((_, after)) = text.split_once('=') {
                    rest.push_str(after);
                    seen = true;
                }
            }
            (piece, true) => rest.push(&Value::Mixed(Box::new([piece]))),
            _ => {}
        }
    }
    match rest.pieces().as_slice() {
        [Piece::Known(text)] => Value::Known(text.clone()),
        _ => rest,
    }
}

/// A longer sequence is taken for unknown.
const MAX_SEQUENCE: usize = 10_000;

/// What `seq` prints.
fn sequence(words: &[&str]) -> Option<String> {
    let numbers: Option<Vec<i64>> = words.iter().map(|word| word.parse().ok()).collect();
    let (first, step, last) = match numbers?.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step > 0 => (*first, *step, *last),
        _ => return None,
    };
    let count = if last < first { 0 } else { (last.checked_sub(first)? / step).checked_add(1)? };
    let count = usize::try_from(count).ok().filter(|count| *count <= MAX_SEQUENCE)?;
    let shown: Vec<String> = (0..count).map(|n| (first + step * n as i64).to_string()).collect();
    Some(shown.iter().map(|number| format!("{number}\n")).collect())
}
