//! Numbers in the database for the states of files.

use crate::file_state::FileState;

/// The number of a state.
pub(super) fn state_number(state: FileState) -> i64 {
    match state {
        FileState::Pending => 0,
        FileState::Sent => 1,
        FileState::Stored => 2,
        FileState::Failed => 3,
        FileState::Cancelled => 4,
    }
}

/// The state with a number.
pub(super) fn state_of(number: i64) -> FileState {
    match number {
        0 => FileState::Pending,
        1 => FileState::Sent,
        2 => FileState::Stored,
        4 => FileState::Cancelled,
        _ => FileState::Failed,
    }
}
