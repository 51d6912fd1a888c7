//! Real sockets, which only listen on this machine.
