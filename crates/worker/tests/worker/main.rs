//! The worker between a Drive emulator and stand-ins of the three services it calls.

#![expect(clippy::unwrap_used, reason = "what cannot be had fails the test")]

mod damage;
mod endings;
mod harness;
mod images;
mod leases;
mod neighbours;
mod redis;
mod redis_server;
mod single;
mod stopping;
mod world;
