//! `GET /stats`, made of the counts.

use client::metadata::{ProviderStats, Stats, TypeStats};

use super::{
    super::{Result, Store, row},
    Bytes, Filter, Grouping,
};

/// The provider that the contract counts.
const AWS: &str = "aws";

impl Store {
    /// Numbers over all rows, all of one moment.
    pub(crate) async fn stats(&self) -> Result<Stats> {
        let kinds = self.tallies(Grouping::Kinds, Filter::default()).await?;
        let (mut providers, mut types) = (Groups::default(), Groups::default());
        let (mut images, mut bytes) = (0, Bytes::default());
        for kind in kinds {
            providers.add(self, kind.first, kind.images, kind.bytes);
            types.add(self, kind.second, kind.images, kind.bytes);
            images += kind.images;
            bytes += kind.bytes;
        }
        let aws = providers
            .0
            .iter()
            .filter(|(name, ..)| self.is_same(name, AWS))
            .map(|(_, images, _)| images)
            .sum();
        Ok(Stats {
            by_provider: providers
                .most_first()
                .map(|(storage_provider, images, bytes)| ProviderStats {
                    storage_provider,
                    images,
                    bytes: bytes.into(),
                })
                .collect(),
            by_type: types
                .most_first()
                .map(|(mime_type, images, bytes)| TypeStats { mime_type, images, bytes: bytes.into() })
                .collect(),
            ..row::stats(images, aws, bytes.into())
        })
    }

    /// Does the database take two providers or types for one?
    fn is_same(&self, one: &str, other: &str) -> bool {
        match self {
            Self::MySql(store) if store.ignores_case() => {
                one.trim_end_matches(' ').to_lowercase() == other.trim_end_matches(' ').to_lowercase()
            }
            _ => one == other,
        }
    }
}

#[derive(Default)]
struct Groups(Vec<(String, i64, Bytes)>);

impl Groups {
    fn add(&mut self, store: &Store, name: String, images: i64, bytes: Bytes) {
        match self.0.iter_mut().find(|(known, ..)| store.is_same(known, &name)) {
            Some((_, all, sum)) => {
                *all += images;
                *sum += bytes;
            }
            None => self.0.push((name, images, bytes)),
        }
    }

    fn most_first(mut self) -> impl Iterator<Item = (String, u64, Bytes)> {
        self.0.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
        self.0.into_iter().map(|(name, images, bytes)| (name, images.unsigned_abs(), bytes))
    }
}
