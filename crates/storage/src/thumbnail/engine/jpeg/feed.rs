//! Feeds the decoder, and stops when the time is over: it works on all passes of a picture in one go.

use std::{
    io::{self, BufRead, Read},
    time::Instant,
};

use super::super::task::Task;

const PIECE: usize = 64 * 1024;

/// The bytes of the file, piece by piece.
#[derive(Debug)]
pub(super) struct Feed<'a> {
    rest: &'a [u8],
    deadline: Instant,
}

impl<'a> Feed<'a> {
    pub(super) fn new(task: &Task<'a>) -> Self {
        Self { rest: task.source, deadline: task.deadline() }
    }
}

impl BufRead for Feed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if Instant::now() > self.deadline {
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
