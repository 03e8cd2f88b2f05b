//! Work that is done by several threads.

/// Formulas are worked out by recursion, by a level for each of their variables; the system makes only those pages that
/// are used.
pub const STACK: usize = 64 << 20;

/// Does the job on a thread with room for deep recursion, where the system gives one.
pub fn with_room<A: Send>(job: impl Fn() -> A + Sync) -> A {
    both(|| (), job).1
}

/// Does both jobs, the second one on a thread of its own where the system gives one.
pub fn both<A, B: Send>(first: impl FnOnce() -> A, second: impl Fn() -> B + Sync) -> (A, B) {
    std::thread::scope(|scope| {
        let other = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, &second);
        let first = first();
        let second = match other {
            Ok(other) => other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(_) => second(),
        };
        (first, second)
    })
}

/// How many threads run at once.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
