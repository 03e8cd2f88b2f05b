//! Which program a simple command runs, and the programs that matter.

use super::program::{Program, runner, wrapper};
use super::restoring::Restoring;
use super::run::{Evaluator, Status};
use super::simple::{Expanded, Surroundings};
use super::{Act, Input, Invocation, Question, Vanished};
use crate::logic::Formula;
use crate::model::{Piece, Unknown, Value, Word};

impl<'s> Evaluator<'s> {
    /// Runs an expanded command on the present path, which ends where `exec` puts another program in the shell's place.
    pub(super) fn execute(&mut self, around: &Surroundings<'_, 's>, command: Expanded) -> Status {
        let replaced = replaces_shell(&command.words).cloned();
        let status = self.run_words(around, command);
        match replaced {
            None => return status,
            Some(word) if !word.splits => self.path = Formula::FALSE,
            // A value that is empty leaves `exec` without a program.
            Some(_) => {
                let ends = self.conditions.fresh(Question::Ends(around.unit.text(around.node.span)), around.place);
                self.path = self.conditions.formulas.and_not(self.path, ends);
            }
        }
        status
    }

    fn run_words(&mut self, around: &Surroundings<'_, 's>, command: Expanded) -> Status {
        let mut at = 0;
        let mut functions = true;
        loop {
            let Some(word) = command.words.get(at) else { return Status::SUCCESS };
            let Some(name) = word.known().map(str::to_owned) else {
                return match self.program_of_value(&word.value) {
                    Some(program) => self.invoke(around, &command, at, program),
                    None => self.run_behind(around, command, at),
                };
            };
            let rest = command.words.get(at + 1..).unwrap_or_default();
            if functions && self.path.is_false() {
                self.pass_over(&name);
            } else if functions {
                let outer = self.spaced.len();
                self.spaced.extend(command.spaced.iter().cloned());
                let status = self.call(&name, rest, around.place);
                self.spaced.truncate(outer);
                if let Some(status) = status {
                    return status;
                }
            }
            if let Some(program) = Program::of_word(&name) {
                return self.invoke(around, &command, at, program);
            }
            if name == "command" && command.words.get(at + 1).is_some_and(asks_for_program) {
                return self.built_in(around, "type", Expanded::of(command.words.get(at..)));
            }
            if let Some(options) = wrapper(&name) {
                functions = false;
                at = skip_wrapper(&command.words, at, options);
                continue;
            }
            if let Some(count) = runner(&name).filter(|count| command.words.len() > at + 1 + count) {
                at += 1 + count;
                continue;
            }
            if let Some(next) = behind_prompt(&command.words, at) {
                at = next;
                continue;
            }
            return self.built_in(around, &name, Expanded::of(command.words.get(at..)));
        }
    }

    /// `$RUN ipchains ...`: where the variable is empty, the program behind it runs; else nobody knows.
    fn run_behind(&mut self, around: &Surroundings<'_, 's>, command: Expanded, at: usize) -> Status {
        let next = command.words.get(at + 1).and_then(Word::known).and_then(Program::of_word);
        let lone = |word: &&Word| word.splits && matches!(word.value.pieces().as_slice(), [Piece::Unknown(_)]);
        let (Some(word), Some(program)) =
            (command.words.get(at).filter(lone), next.filter(|program| program.filter().is_some()))
        else {
            return self.run_unknown(around, command, at);
        };
        let empty = self.conditions.equal(&word.value, &Value::empty(), around.place);
        let path = self.path;
        self.path = self.conditions.formulas.and(path, empty);
        self.invoke(around, &command, at + 1, program);
        let after = self.path;
        self.path = self.conditions.formulas.and_not(path, empty);
        let status = self.run_unknown(around, command, at);
        self.path = self.conditions.formulas.or(after, self.path);
        status
    }

    /// The program that a partly unknown word names: by its known file name, or by what is known of its variable.
    fn program_of_value(&self, value: &Value) -> Option<Program> {
        match value.pieces().as_slice() {
            [Piece::Unknown(unknown)] => self.program_in(unknown),
            [.., Piece::Known(text)] => {
                Program::of_word(text.rsplit_once('/').map(|(_, base)| base).unwrap_or_default())
            }
            _ => None,
        }
    }

    /// A program of interest.
    fn invoke(&mut self, around: &Surroundings<'_, 's>, command: &Expanded, at: usize, program: Program) -> Status {
        let Some(word) = command.words.get(at) else { return Status::SUCCESS };
        let first = command.words.first().map_or(word.place, |first| first.place);
        let vanished = command.vanished.iter().filter(|vanished| vanished.before > at);
        let restores = program.restores();
        let arguments = command.words.get(at + 1..).unwrap_or_default().to_vec();
        let how = Restoring::of(&arguments);
        // ipchains-restore reads its standard input, whatever it is given.
        let unread = restores && program != Program::IpchainsRestore && how.has_file;
        let here = around.here.filter(|_| restores && !unread);
        let invocation = Invocation {
            program,
            arguments,
            vanished: vanished
                .map(|vanished| Vanished { before: vanished.before - at - 1, ..vanished.clone() })
                .collect(),
            spaced: command.spaced.iter().chain(&self.spaced).cloned().collect(),
            name: first.cover(word.place),
            name_value: word.value.clone(),
            table: None,
            input: if unread { Input::Inherited } else { around.input.clone() },
            captured: self.output.is_some() || self.piped_out,
            part: around.unit.part(around.node),
        };
        let arguments = &invocation.arguments;
        let changes = program.filter().is_some() && (changes_rules(arguments) || self.flushes_own(program, arguments));
        let mut words = invocation.arguments.iter().filter_map(|word| word.known());
        let queries = program == Program::LoadModule && words.any(|word| word == "-l" || word == "-n");
        if !restores || !how.idle || how.is_refused() {
            self.step(Act::Run(invocation), around.place);
        }
        if let Some(here) = here {
            self.run_here_rules(around, here, program, how);
        }
        self.write_unknown_output();
        if changes && !queries {
            Status::SUCCESS
        } else {
            Status::Unknown(around.unit.text(around.node.span), around.place)
        }
    }

    /// Whether a command empties a chain that the run has just made, or tried to make: it is there in either case.
    fn flushes_own(&mut self, program: Program, arguments: &[Word]) -> bool {
        let Some(chain) = value_of(arguments, &["-F", "--flush"]) else { return false };
        let table = value_of(arguments, &["-t", "--table"]);
        for step in self.steps.iter().rev().take(MAX_BACK) {
            let Act::Run(before) = &step.act else { continue };
            let words = &before.arguments;
            if before.program != program || value_of(words, &["-t", "--table"]) != table {
                continue;
            }
            if words.iter().any(|word| matches!(word.known(), None | Some("-X" | "--delete-chain" | "-E"))) {
                return false;
            }
            if value_of(words, &["-N", "--new-chain", "--new"]) == Some(chain) {
                return self.conditions.formulas.implies(self.path, step.guard);
            }
        }
        false
    }

    /// A command whose name nobody knows may define or set nothing here; it runs elsewhere.
    fn run_unknown(&mut self, around: &Surroundings<'_, 's>, command: Expanded, at: usize) -> Status {
        self.write_unknown_output();
        self.note_outside(around, command.words.get(at..).unwrap_or_default());
        let text: Vec<String> = command.words.iter().map(|word| word.value.to_string()).collect();
        Status::Unknown(text.join(" "), around.place)
    }

    pub(super) fn write_unknown_output(&mut self) {
        self.write_output(&Value::unknown(Unknown { name: "".into(), id: 0, single: false }));
    }
}

/// The position of a program of interest behind a shell prompt, as listings have it: `[root@gw /root]# ipchains`.
fn behind_prompt(words: &[Word], at: usize) -> Option<usize> {
    (at..at + 2).find_map(|prompt| {
        let text = words.get(prompt)?.known()?;
        let program = words.get(prompt + 1)?.known()?;
        let ends = text.ends_with(['#', '$', '%']) || text == ">";
        (at == 0 && ends && Program::of_word(program).is_some()).then_some(prompt + 1)
    })
}

/// The program that `exec` puts in the place of the shell.
fn replaces_shell(words: &[Word]) -> Option<&Word> {
    let at = words.iter().position(|word| !matches!(word.known(), Some("command" | "builtin")))?;
    words.get(at).filter(|word| word.known() == Some("exec"))?;
    words.get(skip_wrapper(words, at, wrapper("exec")?))
}

/// Whether `command` with this option only says where a program is: `command -v iptables`.
fn asks_for_program(option: &Word) -> bool {
    option.known().is_some_and(|text| text.starts_with('-') && text.contains(['v', 'V']))
}

/// The position of the command behind a wrapper such as `nice -n 5`.
fn skip_wrapper(words: &[Word], at: usize, with_argument: &str) -> usize {
    let mut next = at + 1;
    while let Some(text) = words.get(next).and_then(Word::known) {
        if let Some(letters) = text.strip_prefix('-') {
            let takes = letters.chars().count() == 1 && letters.chars().all(|letter| with_argument.contains(letter));
            next += 1 + usize::from(takes);
        } else if text.contains('=') || text.chars().all(|c| c.is_ascii_digit()) && !text.is_empty() {
            next += 1;
        } else {
            break;
        }
    }
    next
}

/// How far back the command that makes a chain is looked for.
const MAX_BACK: usize = 100;

/// The known word behind one of these options.
fn value_of<'a>(words: &'a [Word], options: &[&str]) -> Option<&'a str> {
    let at = words.iter().position(|word| word.known().is_some_and(|text| options.contains(&text)))?;
    words.get(at + 1)?.known().filter(|text| !text.starts_with('-'))
}

/// Whether a filter command changes rules in a way that scripts expect to succeed.
///
/// Flushing a chain of the script's own is how scripts ask whether it is there.
fn changes_rules(arguments: &[Word]) -> bool {
    let flushes = arguments.iter().position(|word| matches!(word.known(), Some("-F" | "--flush")));
    if let Some(chain) = flushes.and_then(|at| arguments.get(at + 1)).and_then(Word::known) {
        return chain.starts_with('-')
            || matches!(
                chain.to_ascii_uppercase().as_str(),
                "INPUT" | "FORWARD" | "OUTPUT" | "PREROUTING" | "POSTROUTING"
            );
    }
    arguments.iter().filter_map(Word::known).any(|text| {
        matches!(
            text,
            "-A" | "-I" | "-P" | "-F" | "-Z" | "-R" | "--append" | "--insert" | "--policy" | "--flush" | "--replace"
        )
    })
}
