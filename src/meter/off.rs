//! The same as `on`, where there is nothing to do.

#![allow(dead_code, reason = "which are used depends on the features")]

use super::{Credential, Lookup, Metric, RefusedBy};
use crate::AuthErrorKind;

#[inline(always)]
pub(crate) fn count<const N: usize>(_: &'static Metric, _: [&'static str; N]) {}

#[inline(always)]
pub(crate) fn add<const N: usize>(_: &'static Metric, _: [&'static str; N], _: u64) {}

#[inline(always)]
pub(crate) fn set(_: &'static Metric, _: f64) {}

#[inline(always)]
pub(crate) fn refused(_: Option<AuthErrorKind>, _: RefusedBy) {}

#[inline(always)]
pub(crate) fn authenticated(_: Credential) {}

#[inline(always)]
pub(crate) fn looked_up(_: Lookup) {}

#[inline(always)]
pub(crate) fn verified(_: Timer) {}

#[inline(always)]
pub(crate) fn start() -> Timer {
    Timer
}

#[derive(Clone, Copy)]
pub(crate) struct Timer;

impl Timer {
    #[inline(always)]
    pub(crate) fn record(self, _: &'static Metric) {}
}

pub(crate) struct Share;

impl Share {
    #[inline(always)]
    pub(crate) const fn new(_: &'static Metric) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) const fn labelled(_: &'static Metric, _: &'static str) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn add(&self, _: i64) {}

    #[inline(always)]
    pub(crate) fn set(&self, _: i64) {}
}
