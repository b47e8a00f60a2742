//! How a command ends: four exit codes, the same for all commands.

use std::process::ExitCode;

/// For `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0  all went well
  1  something failed: an image, a job, a request, a start
  2  the command line or a setting is wrong
  3  the server does not answer

Data goes to standard output, everything else to standard error.";

/// How a command that ran to its end ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All went well.
    Good,
    /// Something failed, and the command has said what.
    Bad,
}

impl Verdict {
    /// Good if `all_well`.
    pub(crate) fn of(all_well: bool) -> Self {
        if all_well { Self::Good } else { Self::Bad }
    }
}

/// The command line or a setting is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// The server does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreachable(pub(crate) String);

/// The exit code; an error is told first.
pub(crate) fn code(ended: anyhow::Result<Verdict>) -> ExitCode {
    let error = match ended {
        Ok(Verdict::Good) => return ExitCode::SUCCESS,
        Ok(Verdict::Bad) => return ExitCode::from(1),
        Err(error) => error,
    };
    eprintln!("image-import: {error:#}");
    ExitCode::from(number(&error))
}

fn number(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<Usage>().is_some() {
        2
    } else if error.downcast_ref::<Unreachable>().is_some() {
        3
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn the_kind_of_an_error_survives_its_context() {
        let error = |kind: anyhow::Error| number(&Err::<(), _>(kind).context("do it").unwrap_err());
        assert_eq!(error(Usage("wrong".into()).into()), 2);
        assert_eq!(error(Unreachable("nobody".into()).into()), 3);
        assert_eq!(error(anyhow::anyhow!("other")), 1);
    }
}
