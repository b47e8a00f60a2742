//! What a page brings to a job. Pure: the store says which files the job has already, and writes what comes out.

use std::collections::{HashMap, HashSet};

use client::{drive::File, import::FileResult};

use super::Page;
use crate::{
    entry::Entry,
    file_state::FileState,
    job::Progress,
    outcomes::{Changes, Report},
    too_many_images,
};

/// The new files of a page, and the job as it is then.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    /// New files that are to be imported, in order.
    pub pending: Vec<&'a File>,
    /// Ids of new files that are stored already.
    pub stored: Vec<&'a str>,
    /// Their entries for the list of stored images.
    pub imported: Vec<Entry>,
    /// Counters and state.
    pub progress: Progress,
}

impl<'a> Arrival<'a> {
    /// Sorts the files of a page, of which `outcomes` tells what was stored before. `is_the_jobs` tells by their number
    /// in it which ones the job has: those, and all but the first of two with one id, stay as they are. `is_last`: no
    /// page follows.
    pub(super) fn of(
        page: &'a Page,
        outcomes: Vec<FileResult<Entry>>,
        before: &Progress,
        is_the_jobs: impl Fn(usize) -> bool,
        is_last: bool,
        now_ms: i64,
    ) -> Self {
        let mut seen = HashSet::new();
        let new: Vec<&'a File> = (page.files.iter().enumerate())
            .filter(|(number, file)| !is_the_jobs(*number) && seen.insert(file.id.as_str()))
            .map(|(_, file)| file)
            .collect();
        let size = |file: &&File| file.size_bytes().ok().flatten().unwrap_or(0);
        let bytes = new.iter().map(size).fold(0, u64::saturating_add);
        let mut progress = before.clone();
        let found = before.total + new.len() as u64;
        let too_many = page.most_images.filter(|most| found > *most);
        // one that is listed to its end may complete
        progress.listed(new.len() as u64, bytes, is_last && too_many.is_none(), now_ms);

        let (stored, pending): (Vec<&File>, _) = {
            let ended: HashSet<&str> = outcomes.iter().map(|outcome| outcome.file_id.as_str()).collect();
            new.into_iter().partition(|file| ended.contains(file.id.as_str()))
        };
        let state = |file: &&File| (file.id.clone(), FileState::Pending);
        let mut states: HashMap<String, FileState> = stored.iter().map(state).collect();
        let mut changes = Changes::default();
        Report::of(outcomes).apply(&mut progress, &mut states, &mut changes, now_ms);
        if let Some(most) = too_many {
            progress.give_up(too_many_images::in_folder(most, is_last.then_some(found)));
        }
        let stored = stored.into_iter().map(|file| file.id.as_str()).collect();
        Self { pending, stored, imported: changes.imported, progress }
    }
}
