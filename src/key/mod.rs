//! Keys: what they are made from, the rules that they keep, and how they sign and verify.

mod algorithm;

pub use algorithm::Algorithm;
