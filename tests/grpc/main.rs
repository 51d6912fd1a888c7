//! Services of tonic behind the layer, with real servers and clients of gRPC over TCP.
//!
//! The services are the two whose code comes ready made, so that nothing here is compiled from
//! protocol buffers: that of health has a call and a stream of answers, that of reflection a stream in
//! both directions.

#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod answers;
mod around;
mod handlers;
mod layers;
mod refusals;
mod streams;
mod support;
