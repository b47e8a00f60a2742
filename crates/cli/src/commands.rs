//! The commands, one file each.

mod cancel;
mod delete;
mod demo;
mod doctor;
mod emulators;
mod images;
mod import;
mod jobs;
mod preview;
mod retry;
mod stats;
mod status;
mod up;
mod verify;

use clap::{Parser, Subcommand};

use crate::exit::{self, Verdict};

/// Imports the images of public Google Drive folders: the whole system in one command, or a client of a running one.
#[derive(Debug, Parser)]
#[command(name = "image-import", version, after_help = exit::HELP, arg_required_else_help = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Up(up::Up),
    Import(import::Import),
    Preview(preview::Preview),
    Status(status::Status),
    Jobs(jobs::Jobs),
    Retry(retry::Retry),
    Images(images::Images),
    Stats(stats::Stats),
    Delete(delete::Delete),
    Cancel(cancel::Cancel),
    Doctor(doctor::Doctor),
    Verify(verify::Verify),
    Emulators(emulators::Emulators),
    /// Makes thumbnails for the storage service, which starts it
    #[command(hide = true, name = storage::THUMBNAILER)]
    Thumbnailer,
    /// Asks a server of this machine whether it is healthy
    #[command(hide = true)]
    Healthcheck {
        /// Its port
        port: u16,
        /// What to ask for
        path: String,
    },
}

impl CommandLine {
    /// True for the process that makes thumbnails.
    pub(crate) fn is_thumbnailer(&self) -> bool {
        matches!(self.command, Command::Thumbnailer)
    }

    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        match self.command {
            Command::Demo(demo) => demo.run().await,
            Command::Up(up) => up.run().await,
            Command::Import(import) => import.run().await,
            Command::Preview(preview) => preview.run().await,
            Command::Status(status) => status.run().await,
            Command::Jobs(jobs) => jobs.run().await,
            Command::Retry(retry) => retry.run().await,
            Command::Images(images) => images.run().await,
            Command::Stats(stats) => stats.run().await,
            Command::Delete(delete) => delete.run().await,
            Command::Cancel(cancel) => cancel.run().await,
            Command::Doctor(doctor) => doctor.run().await,
            Command::Verify(verify) => verify.run().await,
            Command::Emulators(emulators) => emulators.run().await,
            Command::Thumbnailer => Ok(Verdict::Good),
            Command::Healthcheck { port, path } => {
                tokio::task::spawn_blocking(move || service::probe::ask(port, &path)).await??;
                Ok(Verdict::Good)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::CommandLine::command().debug_assert();
    }
}
