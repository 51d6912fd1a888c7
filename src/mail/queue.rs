//! Between the answer to a request and the mail that comes of it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::{Mail, MailError};
use crate::meter::{self, MAILS, MAILS_WAITING, Share};
use crate::trace;

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before each further try.
const PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(60)];

const DEFAULT_CAPACITY: usize = 1000;
const DEFAULT_AT_ONCE: usize = 4;

/// Sends mails, or hands them to whatever does.
///
/// `SmtpMailer` is one, with the feature `lettre`. Texts of one's own, other languages and HTML are a
/// mailer's business: [`Mail::text`] is what there is without.
///
/// # Examples
///
/// A mailer that writes mails to standard output, for the first steps of a project:
///
/// ```
/// use tower_bearer::{Issuer, LoginRouter, Mail, MailError, MailLinks, Mailer, MemoryStore};
///
/// struct Console;
///
/// impl Mailer for Console {
///     async fn send(&self, mail: &Mail) -> Result<(), MailError> {
///         let text = mail.text();
///         println!("To: {}\nSubject: {}\n\n{}", mail.to, text.subject, text.body);
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), tower_bearer::ConfigError> {
/// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
///     .mailer(Console)
///     .mail_links(MailLinks::new("http://localhost:3000")?)
///     .into_router();
/// # let _ = router;
/// # Ok(())
/// # }
/// ```
pub trait Mailer: Send + Sync + 'static {
    /// Sends one mail. It may take its time: no answer waits for it. After 60 seconds it is given
    /// up, which counts as a temporary fault.
    ///
    /// # Errors
    ///
    /// After a [temporary](MailError::is_temporary) fault it is tried again, after 5 seconds and after
    /// another 60. What fails for good is logged, without address and token.
    ///
    /// # Examples
    ///
    /// A mailer that hands mails to a queue of the application:
    ///
    /// ```
    /// use tokio::sync::mpsc::Sender;
    /// use tower_bearer::{Mail, MailError, MailKind, Mailer};
    ///
    /// struct Jobs(Sender<Mail>);
    ///
    /// impl Mailer for Jobs {
    ///     async fn send(&self, mail: &Mail) -> Result<(), MailError> {
    ///         self.0.send(mail.clone()).await.map_err(MailError::new)
    ///     }
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///
    /// let (sender, mut jobs) = tokio::sync::mpsc::channel(100);
    /// let mail = Mail::new(MailKind::PasswordChanged, "alice@example.com", "alice");
    /// Jobs(sender).send(&mail).await?;
    /// assert_eq!(jobs.recv().await.map(|mail| mail.to).as_deref(), Some("alice@example.com"));
    /// # Ok(())
    /// # }
    /// ```
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<(), MailError>> + Send;
}

/// Mails that wait to be sent by a [`Mailer`], in tasks of the runtime that the router is served on.
///
/// An answer never waits for a mail, so that the time it takes tells nobody whether there was one to
/// send. There is room for 1000 of them, and 4 are sent at once. Without room the router refuses
/// whoever asks for a mail with a 503, whether there would have been one or not.
///
/// **They are in memory.** What has not been sent when the process ends is lost, and whoever misses it
/// asks again: tokens are only valid once they are mailed. To end without loss, keep a clone, and
/// [`drain`](Self::drain) it when the server has stopped.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tower_bearer::{Issuer, LoginRouter, Mail, MailError, MailQueue, Mailer, MemoryStore};
///
/// struct Nowhere;
///
/// impl Mailer for Nowhere {
///     async fn send(&self, _mail: &Mail) -> Result<(), MailError> {
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mails = MailQueue::new(Nowhere);
/// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
///     .mailer(mails.clone())
///     .into_router();
/// // axum::serve(listener, router).with_graceful_shutdown(...).await
/// let all_sent = mails.drain(Duration::from_secs(10)).await;
/// assert!(all_sent);
/// # let _ = router;
/// # }
/// ```
#[derive(Clone)]
pub struct MailQueue {
    mailer: Arc<dyn AnyMailer>,
    capacity: usize,
    /// A permit for each mail that waits or is being sent.
    places: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
    waiting: Arc<Share>,
}

impl MailQueue {
    /// An empty queue.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::MailQueue;
    /// # use tower_bearer::{Mail, MailError, Mailer};
    /// # struct Nowhere;
    /// # impl Mailer for Nowhere {
    /// #     async fn send(&self, _: &Mail) -> Result<(), MailError> { Ok(()) }
    /// # }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mails = MailQueue::new(Nowhere);
    /// assert!(mails.drain(Duration::ZERO).await); // it is empty
    /// # }
    /// ```
    pub fn new(mailer: impl Mailer) -> Self {
        Self {
            mailer: Arc::new(mailer),
            capacity: DEFAULT_CAPACITY,
            places: Arc::new(Semaphore::new(DEFAULT_CAPACITY)),
            at_once: Arc::new(Semaphore::new(DEFAULT_AT_ONCE)),
            waiting: Arc::new(Share::new(&MAILS_WAITING)),
        }
    }

    /// The most mails that wait or are being sent. Default: 1000; zero counts as one. Clones that
    /// exist already keep theirs.
    #[must_use]
    pub fn capacity(mut self, mails: usize) -> Self {
        self.capacity = mails.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        self.places = Arc::new(Semaphore::new(self.capacity));
        self
    }

    /// How many mails are sent at once. Default: 4; zero counts as one. Clones that exist already
    /// keep theirs.
    #[must_use]
    pub fn at_once(mut self, mails: usize) -> Self {
        self.at_once = Arc::new(Semaphore::new(mails.clamp(1, Semaphore::MAX_PERMITS)));
        self
    }

    /// Waits until all mails are sent or have failed, for not more than `limit`, and says whether
    /// they are. Call it when the server takes no requests any more.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, or in one without its timer.
    ///
    /// # Examples
    ///
    /// A reset that is asked for as the service ends:
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bearer::{Issuer, LoginRouter, MailQueue, MemoryStore};
    /// # use tower_bearer::{Mail, MailError, Mailer};
    /// # struct Nowhere;
    /// # impl Mailer for Nowhere {
    /// #     async fn send(&self, _: &Mail) -> Result<(), MailError> { Ok(()) }
    /// # }
    ///
    /// # type Answer = http::Response<axum::body::Body>;
    /// # async fn post(router: &axum::Router, path: &str, json: &str) -> Answer {
    /// #     let request = http::Request::post(path).header("content-type", "application/json");
    /// #     let request = request.body(axum::body::Body::from(json.to_owned())).unwrap();
    /// #     tower::ServiceExt::oneshot(router.clone(), request).await.unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mails = MailQueue::new(Nowhere);
    /// let router = LoginRouter::new(MemoryStore::new(), Issuer::for_tests())
    ///     .mailer(mails.clone())
    ///     .into_router();
    /// post(&router, "/forgot-password", r#"{"email":"alice@example.com"}"#).await;
    /// // The server has stopped.
    /// assert!(mails.drain(Duration::from_secs(10)).await);
    /// # }
    /// ```
    pub async fn drain(&self, limit: Duration) -> bool {
        let all = u32::try_from(self.capacity).unwrap_or(u32::MAX);
        let is_done = timeout(limit, self.places.acquire_many(all)).await.is_ok();
        if !is_done {
            trace::warn!(
                target: "tower_bearer::mail",
                "mails were not sent before the service ended"
            );
        }
        is_done
    }

    /// Room for one mail, if there is any.
    pub(crate) fn place(&self) -> Option<Place> {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(permit) => {
                self.waiting.add(1);
                Some(Place { queue: self.clone(), permit })
            }
            Err(_) => {
                meter::count(&MAILS, ["queue_full"]);
                trace::warn!(
                    target: "tower_bearer::mail",
                    "the queue of mails is full; a mail was not sent"
                );
                None
            }
        }
    }

    #[cfg_attr(not(feature = "tracing"), allow(unused_variables, reason = "for the log alone"))]
    async fn deliver(&self, mail: &Mail) {
        let mut pauses = PAUSES.into_iter();
        loop {
            // Nobody closes it.
            let turn = self.at_once.acquire().await.ok();
            let sent = timeout(PATIENCE, self.mailer.send(mail)).await;
            drop(turn);
            let error = match sent {
                Ok(Ok(())) => {
                    meter::count(&MAILS, ["sent"]);
                    trace::debug!(
                        target: "tower_bearer::mail",
                        kind = ?mail.kind,
                        "a mail was sent"
                    );
                    return;
                }
                Ok(Err(error)) => error,
                Err(elapsed) => MailError::temporary(elapsed),
            };
            match pauses.next().filter(|_| error.is_temporary()) {
                Some(pause) => sleep(pause).await,
                None => {
                    meter::count(&MAILS, ["failed"]);
                    trace::error!(
                        target: "tower_bearer::mail",
                        kind = ?mail.kind, %error,
                        "a mail was not sent"
                    );
                    return;
                }
            }
        }
    }
}

impl<M: Mailer> From<M> for MailQueue {
    fn from(mailer: M) -> Self {
        Self::new(mailer)
    }
}

impl fmt::Debug for MailQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailQueue").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

/// Room for one mail in a queue.
pub(crate) struct Place {
    queue: MailQueue,
    #[allow(dead_code, reason = "it works by being dropped")]
    permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.waiting.add(-1);
    }
}

impl Place {
    /// Has a mail made and sent later, if one comes of it. The caller waits for neither.
    pub(crate) fn send(self, make: impl Future<Output = Option<Mail>> + Send + 'static) {
        let Ok(runtime) = Handle::try_current() else {
            trace::error!(
                target: "tower_bearer::mail",
                "a mail was not sent, as this is no tokio runtime"
            );
            return;
        };
        runtime.spawn(async move {
            // Kept until it is sent.
            let place = self;
            if let Some(mail) = make.await {
                place.queue.deliver(&mail).await;
            }
        });
    }
}

/// A [`Mailer`] without its type.
trait AnyMailer: Send + Sync {
    fn send<'a>(
        &'a self,
        mail: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>>;
}

impl<M: Mailer> AnyMailer for M {
    fn send<'a>(
        &'a self,
        mail: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>> {
        Box::pin(Mailer::send(self, mail))
    }
}
