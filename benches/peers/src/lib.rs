//! What a request costs with tower-bearer, with its peers, and at the least.

pub mod backend;
pub mod candidate;
pub mod case;
pub mod groups;
pub mod growth;
pub mod limits;
pub mod ours;
pub mod peers;
pub mod raw;
pub mod report;
pub mod service;
