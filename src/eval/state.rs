//! What the shell remembers: variables, functions and arguments, each with the guard under which it is so.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::attribute::Attribute;
use super::conditions::Conditions;
use super::options::Options;
use super::unit::Unit;
use crate::logic::{Formula, Formulas};
use crate::model::{Unknown, Value, Word};
use crate::syntax::Nodes;

/// Alternatives whose guards exclude each other.
pub(super) type Choices<T> = Vec<(Formula, T)>;

/// So many alternatives of one value are kept apart.
pub(super) const MAX_CHOICES: usize = 24;

/// A function of the script.
#[derive(Clone)]
pub(super) struct Function<'s> {
    pub(super) name: String,
    pub(super) body: Rc<Nodes>,
    pub(super) unit: Rc<Unit<'s>>,
}

/// The positional parameters.
#[derive(Clone, PartialEq)]
pub(super) enum Arguments {
    /// Those of a function call, or of the script where the user names them.
    Known(Vec<Word>),
    /// Those of the script; so many have been shifted away.
    Unknown { shifted: usize },
    /// One of these, each on the paths that have left them so.
    OneOf(Choices<Self>),
    /// Some of the words of this text, and nobody knows which.
    Lost(String),
}

impl Arguments {
    /// What they are where paths meet again that have left them like this; paths that no run takes do not count.
    pub(super) fn meeting(
        before: Self,
        ends: impl IntoIterator<Item = (Formula, Self)>,
        formulas: &mut Formulas,
    ) -> Self {
        let mut taken: Choices<Self> = Vec::new();
        for (path, arguments) in ends.into_iter().filter(|(path, _)| !path.is_false()) {
            let own = match arguments {
                Self::OneOf(choices) => choices,
                one => vec![(Formula::TRUE, one)],
            };
            for (guard, arguments) in own {
                let guard = formulas.and(path, guard);
                match taken.iter_mut().find(|(_, known)| *known == arguments) {
                    Some((known, _)) => *known = formulas.or(*known, guard),
                    None if guard.is_false() => {}
                    None => taken.push((guard, arguments)),
                }
            }
        }
        let lost = taken.len() > MAX_CHOICES || taken.iter().any(|(guard, _)| *guard == Formula::UNDECIDED);
        match taken.as_mut_slice() {
            [] => before,
            [(_, only)] => std::mem::replace(only, before),
            _ if lost => Self::OneOf(taken).lost(),
            _ => Self::OneOf(taken),
        }
    }

    /// Whether each of them is known.
    pub(super) fn are_known(&self) -> bool {
        matches!(self, Self::Known(words) if words.iter().all(|word| word.known().is_some()))
    }

    /// Takes the first words away.
    pub(super) fn shift(&mut self, count: usize) {
        match self {
            Self::Known(words) if words.iter().take(count).any(|word| word.splits) => {
                self.lose();
            }
            // A shell takes none where there are not so many.
            Self::Known(words) if count > words.len() => {}
            Self::Known(words) => drop(words.drain(..count)),
            Self::Unknown { shifted } => *shifted += count,
            Self::OneOf(choices) => choices.iter_mut().for_each(|(_, arguments)| arguments.shift(count)),
            Self::Lost(text) => *text = short(format!("shift {text}")),
        }
    }

    /// Any number of them may have been taken away.
    pub(super) fn lose(&mut self) {
        *self = std::mem::replace(self, Self::Unknown { shifted: 0 }).lost();
    }

    /// What they are where any number of them may have been taken away: under other names each time.
    pub(super) fn lost(self) -> Self {
        const MANY: usize = 1_000;
        match self {
            Self::Unknown { shifted } => Self::Unknown { shifted: (shifted / MANY + 1) * MANY },
            Self::Known(words) if words.is_empty() => Self::Known(words),
            Self::Lost(text) => Self::Lost(short(format!("some of {text}"))),
            given => Self::Lost(given.text()),
        }
    }

    /// What they are where they may also be others.
    pub(super) fn replaced(self) -> Self {
        match self.lost() {
            Self::Known(_) => Self::Lost("none or others".to_owned()),
            lost => lost,
        }
    }

    /// The words, as part of a name.
    pub(super) fn text(&self) -> String {
        let text = match self {
            Self::Known(words) => words.iter().map(|word| word.value.to_string()).collect::<Vec<_>>().join(" "),
            Self::Unknown { shifted } => format!("$@ {shifted}"),
            Self::OneOf(choices) => choices.iter().map(|(_, own)| own.text()).collect::<Vec<_>>().join(" or "),
            Self::Lost(text) => text.clone(),
        };
        short(text)
    }

    /// The argument of this number; `$0` is none of them.
    ///
    /// An unquoted word of which the value is not known may be several. What it makes of an argument hangs on the words
    /// up to there, which give the argument its name.
    pub(super) fn one(&self, number: usize) -> Value {
        let unknown = |name: String, id| Value::unknown(Unknown { name: name.into(), id, single: false });
        match self {
            _ if number == 0 => unknown("0".to_owned(), 0),
            Self::Known(words) => {
                let given = words.get(..number).unwrap_or(words);
                match given.iter().any(|word| word.splits) {
                    true => {
                        let given: Vec<String> = given.iter().map(|word| word.value.to_string()).collect();
                        unknown(format!("{number} of {}", short(given.join(" "))), u32::MAX)
                    }
                    false => words.get(number - 1).map_or(Value::empty(), |word| word.value.clone()),
                }
            }
            Self::Unknown { shifted } => unknown((number + shifted).to_string(), 0),
            Self::OneOf(_) | Self::Lost(_) => unknown(format!("{number} of {}", self.text()), u32::MAX),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> Value {
        match self {
            Self::Known(words) if words.iter().all(|word| !word.splits) => Value::from(words.len().to_string()),
            Self::Unknown { shifted: 0 } => Value::unknown(Unknown { name: "#".into(), id: 0, single: false }),
            given => {
                let name = format!("# of {}", given.text());
                Value::unknown(Unknown { name: name.into(), id: u32::MAX, single: false })
            }
        }
    }
}

/// A text as part of a name, which must not grow with each call.
fn short(text: String) -> String {
    const LONGEST: usize = 256;
    if text.len() <= LONGEST {
        return text;
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The state that a subshell copies; most of them set nothing, so that the copies share what it holds.
#[derive(Clone)]
pub(super) struct State<'s> {
    pub(super) variables: Rc<HashMap<String, Choices<Value>>>,
    /// On which paths the present round of a loop has set each variable.
    pub(super) settled: Rc<HashMap<String, Formula>>,
    /// The elements of arrays; `None` where they are not known.
    pub(super) arrays: Rc<HashMap<String, Option<Vec<Word>>>>,
    /// On which paths variables have been unset, and hold the empty text for that.
    pub(super) unset: Rc<HashMap<String, Formula>>,
    /// What becomes of all that is assigned to variables.
    pub(super) attributes: Rc<HashMap<String, Attribute>>,
    pub(super) functions: Rc<HashMap<String, Choices<Function<'s>>>>,
    pub(super) options: Options,
    pub(super) arguments: Arguments,
}

/// A variable that is local to a function, with what it held before and where the present round had set it.
#[derive(Clone)]
pub(super) struct Local {
    pub(super) name: String,
    /// The runs in which it is local.
    pub(super) path: Formula,
    pub(super) held: Option<Choices<Value>>,
    pub(super) array: Option<Option<Vec<Word>>>,
    pub(super) unset: Option<Formula>,
    pub(super) attribute: Option<Attribute>,
    pub(super) settled: Option<Formula>,
}

impl State<'_> {
    pub(super) fn new(arguments: Arguments) -> Self {
        Self {
            variables: Rc::default(),
            settled: Rc::default(),
            arrays: Rc::default(),
            unset: Rc::default(),
            attributes: Rc::default(),
            functions: Rc::default(),
            options: Options::NONE,
            arguments,
        }
    }

    /// The variables that hold something else than in `before`.
    pub(super) fn changed_since(&self, before: &Self) -> Vec<String> {
        let changed = |(name, choices): &(&String, &Choices<Value>)| before.variables.get(*name) != Some(*choices);
        let mut names: Vec<String> = self.variables.iter().filter(changed).map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// The arrays that hold something else than in `before`.
    pub(super) fn arrays_changed_since(&self, before: &Self) -> Vec<String> {
        let changed = |(name, words): &(&String, &Option<Vec<Word>>)| before.arrays.get(*name) != Some(*words);
        self.arrays.iter().filter(changed).map(|(name, _)| name.clone()).collect()
    }

    /// Whether each variable may hold just what it may hold in `other`, on whatever paths.
    pub(super) fn holds_as(&self, other: &Self) -> bool {
        let alike = |(name, choices): (&String, &Choices<Value>)| {
            other.variables.get(name).is_some_and(|others| {
                choices.len() == others.len()
                    && choices.iter().all(|(_, value)| others.iter().any(|(_, other)| other == value))
            })
        };
        self.arguments == other.arguments
            && self.arrays == other.arrays
            && self.variables.len() == other.variables.len()
            && self.variables.iter().all(alike)
    }
}

/// Under `path` the thing is `new`; elsewhere it stays as it was.
pub(super) fn assign<T: Clone + PartialEq>(
    choices: &mut Choices<T>,
    new: T,
    path: Formula,
    conditions: &mut Conditions,
) {
    if path.is_true() {
        *choices = vec![(Formula::TRUE, new)];
        return;
    }
    let formulas = &mut conditions.formulas;
    let mut result: Choices<T> = Vec::new();
    let mut own = path;
    for (guard, value) in choices.drain(..) {
        let left = formulas.and_not(guard, path);
        if left.is_false() {
            continue;
        }
        match result.iter_mut().find(|(_, other)| *other == value) {
            Some((known, _)) => *known = formulas.or(*known, left),
            None if value == new => own = formulas.or(own, left),
            None => result.push((left, value)),
        }
    }
    result.push((own, new));
    *choices = result;
}

impl PartialEq for Function<'_> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.body, &other.body)
    }
}
