//! Tokens that another server vouches for (RFC 7662).

mod answers;
mod asking;
mod cache;
mod outages;
mod server;
