//! The rule as a function, and attempts over a store.

mod attempts;
mod rule;
