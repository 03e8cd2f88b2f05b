//! Boolean functions as reduced, ordered, hash-consed decision diagrams.
//!
//! One arena serves the conditions of a script (which outcomes of its tests
//! lead to a command), another one sets of packets (which header bits a rule
//! looks at). Two functions are equal exactly when their [`Formula`]s
//! are. The arena has a node budget; past it an operation answers with
//! [`Formula::UNDECIDED`], which no caller may take for true or false.

use std::collections::HashMap;

/// A Boolean function of one [`Formulas`] arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Formula(u32);

impl Formula {
    /// Never holds.
    pub const FALSE: Self = Self(0);
    /// Always holds.
    pub const TRUE: Self = Self(1);
    /// The budget was used up: nothing is known.
    pub const UNDECIDED: Self = Self(u32::MAX);

    /// Whether it holds always, for certain.
    pub fn is_true(self) -> bool {
        self == Self::TRUE
    }

    fn is_constant(self) -> bool {
        self.is_true() || self.is_false()
    }

    /// Whether it holds never, for certain.
    pub fn is_false(self) -> bool {
        self == Self::FALSE
    }

    /// Holds where this one does not.
    pub fn opposite(self) -> Self {
        if self == Self::UNDECIDED { self } else { Self(self.0 ^ 1) }
    }
}

/// A variable of the arena, numbered in the order of the diagram, or against it ([`Formulas::latest_first`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Variable(pub u32);

/// A decision: the lowest bit of a [`Formula`] says whether it is the opposite of its node's function.
///
/// The low branch of a node is never an opposite, so that each function has one formula.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Node {
    variable: u32,
    low: Formula,
    high: Formula,
}

/// The result of an operation that was asked for before.
#[derive(Clone, Copy)]
struct Remembered {
    a: Formula,
    b: Formula,
    result: Formula,
}

/// Nothing is remembered here: no operation has this operand.
const NOTHING: Remembered = Remembered { a: Formula::UNDECIDED, b: Formula::UNDECIDED, result: Formula::UNDECIDED };

/// The memory for results grows up to so many entries; past that, old ones give way.
const MOST_REMEMBERED: usize = 1 << 20;

/// Operations go down one level for each variable, and no more than these fit on the stack of a thread; past them, a
/// variable is undecided.
const MOST_VARIABLES: u32 = 50_000;

/// For each node of the budget so many pairs of functions are joined: once older results have given way, work may go
/// on for long without a new node.
const STEPS: usize = 5;

/// The arena that holds the nodes of its formulas.
#[derive(Clone)]
pub struct Formulas {
    nodes: Vec<Node>,
    /// Numbers of nodes by the hash of what they are, 0 for none; its length is a power of two.
    unique: Vec<u32>,
    /// Results of `and` by the hash of the operands; its length is a power of two.
    both: Vec<Remembered>,
    budget: usize,
    /// How many pairs of functions may still be joined.
    steps: usize,
    /// The bits in which the level of a variable in the diagrams differs from its number.
    turned: u32,
}

impl Formulas {
    /// An arena that makes at most `budget` nodes, and works for them no longer than is in keeping.
    pub fn new(budget: usize) -> Self {
        let leaf = Node { variable: u32::MAX, low: Formula::FALSE, high: Formula::FALSE };
        let budget = budget.min(1 << 30);
        Self {
            nodes: vec![leaf],
            unique: vec![0; 64],
            both: vec![NOTHING; 64],
            budget,
            steps: budget.saturating_mul(STEPS),
            turned: 0,
        }
    }

    /// An arena whose diagrams ask for the variable with the highest number first.
    ///
    /// A condition that is added to a path then is one node above the path, however long that is.
    pub fn latest_first(budget: usize) -> Self {
        Self { turned: u32::MAX >> 1, ..Self::new(budget) }
    }

    /// The function that is `variable` itself.
    pub fn variable(&mut self, variable: Variable) -> Formula {
        if variable.0 >= MOST_VARIABLES {
            return Formula::UNDECIDED;
        }
        self.node(variable.0 ^ self.turned, Formula::FALSE, Formula::TRUE)
    }

    /// Holds where `a` does not.
    pub fn not(&mut self, a: Formula) -> Formula {
        a.opposite()
    }

    /// Holds where both do.
    pub fn and(&mut self, a: Formula, b: Formula) -> Formula {
        if a.is_false() || b.is_false() {
            return Formula::FALSE;
        }
        if a == Formula::UNDECIDED || b == Formula::UNDECIDED {
            return Formula::UNDECIDED;
        }
        if a.is_true() || a == b {
            return b;
        }
        if b.is_true() {
            return a;
        }
        if a == b.opposite() {
            return Formula::FALSE;
        }
        let (a, b) = (a.min(b), a.max(b));
        let variable = self.top(a).min(self.top(b));
        let ((a_low, a_high), (b_low, b_high)) = (self.branches(a, variable), self.branches(b, variable));
        // Most sets are built bit by bit from the last variable upwards, which takes no memory for results.
        for (low, high, other) in [(a_low, a_high, b), (b_low, b_high, a)] {
            if self.top(other) > variable && low.is_constant() && high.is_constant() {
                let (low, high) = if high.is_true() { (Formula::FALSE, other) } else { (other, Formula::FALSE) };
                return self.node(variable, low, high);
            }
        }
        let slot = hash(a.0, b.0, 0) & (self.both.len() - 1);
        let known = self.both[slot];
        if known.a == a && known.b == b {
            return known.result;
        }
        if self.steps == 0 {
            return Formula::UNDECIDED;
        }
        self.steps -= 1;
        let low = self.and(a_low, b_low);
        if low == Formula::UNDECIDED {
            // Nothing more is worked out once the budget is used up.
            return low;
        }
        let high = self.and(a_high, b_high);
        let result = self.node(variable, low, high);
        if result != Formula::UNDECIDED {
            let slot = hash(a.0, b.0, 0) & (self.both.len() - 1);
            self.both[slot] = Remembered { a, b, result };
        }
        result
    }

    /// Holds where at least one does.
    pub fn or(&mut self, a: Formula, b: Formula) -> Formula {
        self.and(a.opposite(), b.opposite()).opposite()
    }

    /// Holds where `a` does and `b` does not.
    pub fn and_not(&mut self, a: Formula, b: Formula) -> Formula {
        self.and(a, b.opposite())
    }

    /// Holds where exactly one does.
    pub fn differ(&mut self, a: Formula, b: Formula) -> Formula {
        if a == b {
            return if a == Formula::UNDECIDED { a } else { Formula::FALSE };
        }
        let (left, right) = (self.and_not(a, b), self.and_not(b, a));
        self.or(left, right)
    }

    /// `yes` where `condition` holds, `no` elsewhere.
    pub fn choose(&mut self, condition: Formula, yes: Formula, no: Formula) -> Formula {
        if yes == no {
            return yes;
        }
        let (yes, no) = (self.and(condition, yes), self.and_not(no, condition));
        self.or(yes, no)
    }

    /// Whether `a` holds wherever `b` is needed: `a` implies `b`, for certain.
    pub fn implies(&mut self, a: Formula, b: Formula) -> bool {
        self.and_not(a, b).is_false()
    }

    /// Whether some outcome of the variables makes both hold; an undecided answer counts as yes.
    pub fn compatible(&mut self, a: Formula, b: Formula) -> bool {
        !self.and(a, b).is_false()
    }

    /// The variable that a function is decided by first, and what is left of it where that does not hold and where it does.
    pub fn decision(&self, a: Formula) -> Option<(Variable, Formula, Formula)> {
        if a.is_true() || a.is_false() || a == Formula::UNDECIDED {
            return None;
        }
        let level = self.top(a);
        let (low, high) = self.branches(a, level);
        Some((Variable(level ^ self.turned), low, high))
    }

    /// One assignment under which `a` holds: the variables it needs, in the order of their numbers, and their values.
    pub fn example(&self, a: Formula) -> Option<Vec<(Variable, bool)>> {
        if a == Formula::UNDECIDED || a.is_false() {
            return None;
        }
        let mut path = Vec::new();
        let mut at = a;
        while let Some((variable, low, high)) = self.decision(at) {
            let take = low.is_false();
            path.push((variable, take));
            at = if take { high } else { low };
        }
        path.sort();
        Some(path)
    }

    /// Holds where `a` does whatever the variables are that `open` names.
    pub fn for_all(&mut self, a: Formula, open: &dyn Fn(Variable) -> bool) -> Formula {
        self.quantified(a, open, &mut HashMap::new())
    }

    /// Holds where `a` does for some values of the variables that `open` names.
    pub fn for_some(&mut self, a: Formula, open: &dyn Fn(Variable) -> bool) -> Formula {
        self.for_all(a.opposite(), open).opposite()
    }

    fn quantified(
        &mut self,
        a: Formula,
        open: &dyn Fn(Variable) -> bool,
        done: &mut HashMap<Formula, Formula>,
    ) -> Formula {
        let Some((variable, low, high)) = self.decision(a) else { return a };
        if let Some(known) = done.get(&a) {
            return *known;
        }
        let (low, high) = (self.quantified(low, open, done), self.quantified(high, open, done));
        let result = if open(variable) {
            self.and(low, high)
        } else {
            let own = self.variable(variable);
            self.choose(own, high, low)
        };
        done.insert(a, result);
        result
    }

    /// How many nodes there are.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// The first variable of a function that is not constant; the highest number for one that is.
    fn top(&self, a: Formula) -> u32 {
        self.nodes[(a.0 >> 1) as usize].variable
    }

    fn branches(&self, a: Formula, variable: u32) -> (Formula, Formula) {
        let node = self.nodes[(a.0 >> 1) as usize];
        match (node.variable == variable, a.0 & 1 == 1) {
            (false, _) => (a, a),
            (true, false) => (node.low, node.high),
            (true, true) => (node.low.opposite(), node.high.opposite()),
        }
    }

    fn node(&mut self, variable: u32, low: Formula, high: Formula) -> Formula {
        if low == Formula::UNDECIDED || high == Formula::UNDECIDED {
            return Formula::UNDECIDED;
        }
        if low == high {
            return low;
        }
        if low.0 & 1 == 1 {
            return self.node(variable, low.opposite(), high.opposite()).opposite();
        }
        let node = Node { variable, low, high };
        let mut slot = hash(variable, low.0, high.0) & (self.unique.len() - 1);
        while self.unique[slot] != 0 {
            if self.nodes[self.unique[slot] as usize] == node {
                return Formula(self.unique[slot] << 1);
            }
            slot = (slot + 1) & (self.unique.len() - 1);
        }
        if self.nodes.len() > self.budget {
            return Formula::UNDECIDED;
        }
        let number = self.nodes.len() as u32;
        self.nodes.push(node);
        self.unique[slot] = number;
        if self.nodes.len() * 2 > self.unique.len() {
            self.grow();
        }
        Formula(number << 1)
    }

    /// Makes room for more nodes and results.
    fn grow(&mut self) {
        let length = self.unique.len() * 2;
        self.unique = vec![0; length];
        for (number, node) in self.nodes.iter().enumerate().skip(1) {
            let mut slot = hash(node.variable, node.low.0, node.high.0) & (length - 1);
            while self.unique[slot] != 0 {
                slot = (slot + 1) & (length - 1);
            }
            self.unique[slot] = number as u32;
        }
        if length <= MOST_REMEMBERED {
            let old = std::mem::replace(&mut self.both, vec![NOTHING; length]);
            for known in old.into_iter().filter(|known| known.a != Formula::UNDECIDED) {
                self.both[hash(known.a.0, known.b.0, 0) & (length - 1)] = known;
            }
        }
    }
}

fn hash(a: u32, b: u32, c: u32) -> usize {
    let mixed = (u64::from(a) << 32 | u64::from(b)).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(c);
    (mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 24) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_functions_are_equal_formulas() {
        let mut f = Formulas::new(1000);
        let (a, b, c) = (f.variable(Variable(0)), f.variable(Variable(1)), f.variable(Variable(2)));
        let bc = f.or(b, c);
        let left = f.and(a, bc);
        let (ab, ac) = (f.and(a, b), f.and(a, c));
        let right = f.or(ab, ac);
        assert_eq!(left, right);
        assert!(f.implies(ab, bc));
        assert!(!f.implies(bc, ab));
        let none = f.and_not(a, a);
        assert!(none.is_false());
    }

    #[test]
    fn an_example_makes_the_formula_hold() {
        let mut f = Formulas::new(1000);
        let (a, b) = (f.variable(Variable(0)), f.variable(Variable(1)));
        let not_a = f.not(a);
        let both = f.and(not_a, b);
        assert_eq!(f.example(both), Some(vec![(Variable(0), false), (Variable(1), true)]));
        assert_eq!(f.example(Formula::FALSE), None);
    }

    #[test]
    fn a_path_grows_by_one_node_for_each_condition_that_is_added() {
        let mut f = Formulas::latest_first(1000);
        let mut path = Formula::TRUE;
        for number in 0..300 {
            let own = f.variable(Variable(number));
            path = f.and_not(path, own);
            assert_eq!(f.decision(path).map(|(variable, ..)| variable), Some(Variable(number)));
        }
        assert_eq!(f.size(), 1 + 300 + 299);
    }

    #[test]
    fn past_the_work_that_is_in_keeping_nothing_is_known() {
        let joined = |steps: usize| {
            let mut f = Formulas { steps, ..Formulas::new(1000) };
            let [a, b, c, d] = [0, 1, 2, 3].map(|number| f.variable(Variable(number)));
            let (one, other) = (f.or(a, c), f.or(b, d));
            f.and(one, other)
        };
        assert_eq!(joined(0), Formula::UNDECIDED);
        assert_ne!(joined(100), Formula::UNDECIDED);
    }

    #[test]
    fn past_the_budget_nothing_is_known() {
        let mut f = Formulas::new(2);
        let a = f.variable(Variable(0));
        let b = f.variable(Variable(1));
        assert_ne!(a, Formula::UNDECIDED);
        assert_eq!(f.and(a, b), Formula::UNDECIDED);
        assert!(!Formula::UNDECIDED.is_true() && !Formula::UNDECIDED.is_false());
        assert!(f.compatible(b, a));
    }
}
