//! Statements that run one after the other in a single call: the way to the connection's thread and back costs more than
//! most statements.

use std::fmt;

use sqlx::{
    Arguments, AssertSqlSafe, Encode, Sqlite as Database, SqliteConnection, Type, sqlite::SqliteArguments,
};

use crate::store::Error;

/// Statements with their arguments. They must run inside a transaction: what follows one that fails is not run.
#[derive(Debug, Default)]
pub(super) struct Script {
    sql: String,
    arguments: SqliteArguments,
}

/// Where an argument stands in the statements of its script; any of them may name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(usize);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // numbered after a question mark, it would have to be there in every statement
        write!(f, "${}", self.0)
    }
}

impl Script {
    /// Adds an argument.
    pub(super) fn bind<'q, T>(&mut self, value: T) -> Result<Place, Error>
    where
        T: Encode<'q, Database> + Type<Database>,
    {
        self.arguments.add(value).map_err(sqlx::Error::Encode)?;
        Ok(Place(self.arguments.len()))
    }

    /// Adds a statement: constant text, and places. The connection keeps what it prepared for each whole text, so many
    /// things alike are one list in one statement.
    pub(super) fn add(&mut self, statement: fmt::Arguments<'_>) {
        // writing to a string does not fail
        let _ = fmt::Write::write_fmt(&mut self.sql, statement);
        self.sql.push(';');
    }

    /// Runs all of it.
    pub(super) async fn run(self, on: &mut SqliteConnection) -> Result<(), Error> {
        // nothing but constant text and numbers of places was ever added
        sqlx::query_with(AssertSqlSafe(self.sql), self.arguments).execute(on).await?;
        Ok(())
    }
}
