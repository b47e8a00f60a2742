//! The worker between a Drive emulator and stand-ins of the three services it calls.

mod damage;
mod endings;
mod harness;
mod images;
mod neighbours;
mod single;
mod stopping;
mod world;
