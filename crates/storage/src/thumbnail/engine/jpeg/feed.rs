//! Feeds the decoder, and stops when the time is over: it works on all passes of a picture in one go.

use std::io::{self, BufRead, Read};

use super::super::task::Task;

const PIECE: usize = 64 * 1024;

/// The bytes of the file, piece by piece.
pub(super) struct Feed<'t> {
    rest: &'t [u8],
    task: &'t Task<'t>,
}

impl<'t> Feed<'t> {
    pub(super) fn new(task: &'t Task<'t>) -> Self {
        Self { rest: task.source, task }
    }
}

impl BufRead for Feed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.task.check_time().is_err() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(&self.rest[..self.rest.len().min(PIECE)])
    }

    fn consume(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

impl Read for Feed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
