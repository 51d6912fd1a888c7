//! Several policies as one.

use std::borrow::Cow;

use super::policy::{Check, Denial, Policy, PolicyRequest};

/// A list of policies: a tuple of two to eight.
///
/// # Examples
///
/// See [`any_of`].
pub trait Policies: Send + Sync + 'static {
    /// The policies, in their order.
    fn list(&self) -> Vec<&dyn Policy>;
}

/// Made by [`any_of`].
///
/// # Examples
///
/// See [`any_of`].
#[derive(Clone, Debug)]
pub struct AnyOf<P>(P);

/// At least one of these policies, each of which may be a tuple, all of whose policies must hold.
/// They are tried in their order. Its 403 names the scopes of the first that is about scopes.
///
/// # Examples
///
/// ```
/// use tower_bearer::{any_of, require, role, scopes};
///
/// let layer = require(any_of((
///     role("admin"),
///     (scopes(["posts:write"]), role("editor")),
/// )));
/// # let _ = layer;
/// ```
pub fn any_of<P: Policies>(policies: P) -> AnyOf<P> {
    AnyOf(policies)
}

impl<P: Policies> Policy for AnyOf<P> {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        let mut denial = Denial::Forbidden;
        let mut later = Vec::new();
        for policy in self.0.list() {
            match policy.check(request) {
                Check::Ready(Ok(())) => return Check::Ready(Ok(())),
                Check::Ready(Err(reason)) => denial = foremost(denial, reason),
                Check::Later(verdict) => later.push(verdict),
            }
        }
        if later.is_empty() {
            return Check::Ready(Err(denial));
        }
        Check::Later(Box::pin(async move {
            for verdict in later {
                match verdict.await {
                    Ok(()) => return Ok(()),
                    Err(reason) => denial = foremost(denial, reason),
                }
            }
            Err(denial)
        }))
    }

    fn scopes(&self) -> Option<Cow<'_, str>> {
        self.0.list().into_iter().find_map(Policy::scopes)
    }
}

/// Of several ways, one may be open that can't be looked at now; else, where a token with more
/// scopes would open one, the client should know.
fn foremost(left: Denial, right: Denial) -> Denial {
    [Denial::Unavailable, Denial::InsufficientScope]
        .into_iter()
        .find(|denial| [left, right].contains(denial))
        .unwrap_or(Denial::Forbidden)
}

/// Made by [`not`].
///
/// # Examples
///
/// See [`not`].
#[derive(Clone, Debug)]
pub struct Not<P>(P);

/// Not this policy. Its 403 names no scope, since no scope would help; what the policy can't tell,
/// `not` can't tell either.
///
/// # Examples
///
/// ```
/// use tower_bearer::{not, require, role, scopes};
///
/// let layer = require((scopes(["posts:write"]), not(role("suspended"))));
/// # let _ = layer;
/// ```
pub fn not<P: Policy>(policy: P) -> Not<P> {
    Not(policy)
}

impl<P: Policy> Policy for Not<P> {
    fn check(&self, request: &PolicyRequest<'_>) -> Check {
        match self.0.check(request) {
            Check::Ready(verdict) => Check::Ready(reversed(verdict)),
            Check::Later(verdict) => Check::Later(Box::pin(async move { reversed(verdict.await) })),
        }
    }
}

fn reversed(verdict: Result<(), Denial>) -> Result<(), Denial> {
    match verdict {
        Ok(()) => Err(Denial::Forbidden),
        Err(Denial::Unavailable) => Err(Denial::Unavailable),
        Err(Denial::InsufficientScope | Denial::Forbidden) => Ok(()),
    }
}

/// A way that is closed for good closes all of them, whatever the others lack or can't tell; and what
/// is known to lack is lacking, whatever can't be looked at now.
fn all(policies: &[&dyn Policy], request: &PolicyRequest<'_>) -> Check {
    let mut denial = None;
    let mut later = Vec::new();
    for policy in policies {
        match policy.check(request) {
            Check::Ready(verdict) => denial = strictest(denial, verdict.err()),
            Check::Later(verdict) => later.push(verdict),
        }
    }
    if later.is_empty() || !matches!(denial, None | Some(Denial::Unavailable)) {
        return Check::Ready(denial.map_or(Ok(()), Err));
    }
    Check::Later(Box::pin(async move {
        for verdict in later {
            denial = strictest(denial, verdict.await.err());
        }
        denial.map_or(Ok(()), Err)
    }))
}

fn strictest(left: Option<Denial>, right: Option<Denial>) -> Option<Denial> {
    [Denial::Forbidden, Denial::InsufficientScope, Denial::Unavailable]
        .into_iter()
        .find(|denial| [left, right].contains(&Some(*denial)))
}

fn all_scopes<'a>(policies: Vec<&'a dyn Policy>) -> Option<Cow<'a, str>> {
    let each: Vec<_> = policies.into_iter().filter_map(Policy::scopes).collect();
    let mut union: Vec<&str> = Vec::new();
    for scope in each.iter().flat_map(|scopes| scopes.split(' ')) {
        if !union.contains(&scope) {
            union.push(scope);
        }
    }
    (!union.is_empty()).then(|| union.join(" ").into())
}

macro_rules! tuples {
    ($($policy:ident)+) => {
        impl<$($policy: Policy),+> Policies for ($($policy,)+) {
            fn list(&self) -> Vec<&dyn Policy> {
                #[allow(non_snake_case, reason = "type parameters name their values")]
                let ($($policy,)+) = self;
                vec![$($policy),+]
            }
        }

        impl<$($policy: Policy),+> Policy for ($($policy,)+) {
            fn check(&self, request: &PolicyRequest<'_>) -> Check {
                #[allow(non_snake_case, reason = "type parameters name their values")]
                let ($($policy,)+) = self;
                all(&[$($policy as &dyn Policy),+], request)
            }

            fn scopes(&self) -> Option<Cow<'_, str>> {
                all_scopes(self.list())
            }
        }
    };
}

tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
