//! Two processes of one service.

use std::sync::Arc;
use std::thread;

use crate::servers::{Postgres, Redis};
use crate::service::{SECRET, Service, directory};

/// What both processes are told.
pub(crate) type Variables = Vec<(&'static str, String)>;

pub(crate) struct Pair {
    pub(crate) first: Service,
    pub(crate) second: Service,
}

impl Pair {
    /// Starts both at once.
    pub(crate) fn start(variables: &Variables) -> Self {
        let dir = Arc::new(directory());
        let start = || Service::start_in(Arc::clone(&dir), &borrowed(variables));
        let (first, second) = thread::scope(|scope| {
            let second = scope.spawn(start);
            (start(), second.join().unwrap())
        });
        Self { first, second }
    }

    /// One of both, in turns.
    pub(crate) fn of(&self, number: usize) -> &Service {
        if number.is_multiple_of(2) { &self.first } else { &self.second }
    }
}

pub(crate) fn borrowed(variables: &Variables) -> Vec<(&str, &str)> {
    variables.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// On a new database of this server and, if there is one, of that. The proxy on this machine is
/// trusted, so that a test can come from many addresses.
pub(crate) fn variables(
    postgres: &Postgres,
    redis: Option<&Redis>,
    more: &[(&'static str, &str)],
) -> Variables {
    let mut variables = vec![
        ("DATABASE_URL", block_on(postgres.database())),
        ("JWT_SECRET", SECRET.to_owned()),
        ("JWT_ISSUER", "https://issuer.example".to_owned()),
        ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
    ];
    variables.extend(redis.map(|server| ("REDIS_URL", server.database())));
    variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    variables
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}
