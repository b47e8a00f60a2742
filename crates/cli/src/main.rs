//! `image-import`: the whole system in one command, and a client of a running one.
//!
//! Data goes to standard output, everything else to standard error.

mod all_in_one;
mod api;
mod commands;
mod exit;
mod output;
mod pages;
mod progress;
mod samples;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

fn main() -> ExitCode {
    let command = commands::CommandLine::parse();
    if command.is_thumbnailer() {
        // its standard output is for thumbnails alone, and it needs no runtime
        return storage::thumbnailer();
    }
    let runtime = tokio::runtime::Runtime::new().context("start the async runtime");
    exit::code(runtime.and_then(|runtime| runtime.block_on(command.run())))
}
