//! The task: when it begins, and that it ends.

use super::*;

async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn r187_the_task_ends_with_the_last_clone() {
    let key = Key::new("1");
    let provider = Provider::new(&[&key]);
    assert_eq!(tasks(), 0);
    let verifier = provider.verifier().await;
    assert_eq!(tasks(), 1);
    let clone = verifier.clone();
    drop(verifier);
    settle().await;
    assert_eq!(tasks(), 1);
    drop(clone);
    settle().await;
    assert_eq!(tasks(), 0);
    advance(HOUR).await;
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn r187_the_task_ends_amid_a_fetch() {
    for behaviour in [Behaviour::Hang, Behaviour::Drip] {
        let provider = Provider::new(&[]);
        provider.network.answer(KEYS, behaviour);
        let verifier = provider.lazy();
        let token = forged("1");
        let request = tokio::spawn({
            let verifier = verifier.clone();
            async move { verify(&verifier, &token).await }
        });
        advance(SECOND).await;
        drop(verifier);
        assert_eq!((provider.network.in_flight(), tasks()), (1, 2));
        // The client went away: what waited is dropped, and with it the last clone.
        request.abort();
        settle().await;
        assert_eq!((provider.network.in_flight(), tasks()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_runs_before_the_first_need() {
    let provider = Provider::new(&[]);
    let verifier = provider.lazy();
    let _ = verifier.key_status();
    assert!(verify(&verifier, "no.token.at-all").await.is_err());
    advance(HOUR).await;
    assert_eq!((tasks(), provider.fetches()), (0, 0));
}

#[test]
fn a_verifier_outlives_the_runtime_of_its_task() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let key = Key::new("1");
    let network = Network::new();
    network.answer(KEYS, Answer::ok(set(&[&key])));
    let provider = Provider { network, clock: Clock::manual(NOW) };
    let verifier = runtime().block_on(provider.verifier());
    // The keys are there; the task is not.
    let token = provider.token(&key);
    assert!(runtime().block_on(verify(&verifier, &token)).is_ok());
    assert_eq!(provider.fetches(), 1);
    provider.clock.advance(9 * MINUTE);
    runtime().block_on(async {
        assert!(verify(&verifier, &token).await.is_ok());
        settle().await;
    });
    assert_eq!(provider.fetches(), 2, "another runtime has another task");
    provider.clock.advance(DAY);
    let token = provider.token(&key);
    assert!(runtime().block_on(verify(&verifier, &token)).is_ok());
    assert_eq!(provider.fetches(), 3);
}

#[test]
fn who_waits_in_another_runtime_is_not_given_up_with_the_one_that_ends() {
    let key = Key::new("1");
    let network = Network::new();
    network.answer(KEYS, Behaviour::Hang);
    let provider = Provider { network, clock: Clock::manual(NOW) };
    let verifier = provider.lazy();
    let token = provider.token(&key);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let begun = first.spawn({
        let (verifier, token) = (verifier.clone(), token.clone());
        async move { verify(&verifier, &token).await }
    });
    first.block_on(settle());
    assert_eq!(provider.network.in_flight(), 1);
    std::thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (verifier, token, network) = (&verifier, &token, &provider.network);
        let joins = scope.spawn(move || {
            runtime().block_on(async move {
                let mut waiting = std::pin::pin!(verify(verifier, token));
                let polled = std::future::poll_fn(|context| {
                    std::task::Poll::Ready(waiting.as_mut().poll(context).is_ready())
                });
                assert!(!polled.await);
                sender.send(()).unwrap();
                waiting.await
            })
        });
        receiver.recv().unwrap();
        network.answer(KEYS, Answer::ok(set(&[&key])));
        drop(begun);
        drop(first);
        assert!(joins.join().unwrap().is_ok());
    });
    assert_eq!(provider.fetches(), 2);
}

#[test]
fn without_a_runtime_it_is_unavailable_and_no_panic() {
    let provider = Provider { network: Network::new(), clock: Clock::manual(NOW) };
    let verifier = provider.lazy();
    let key = Key::new("1");
    let result = tokio_test::task::spawn(verifier.verify(&provider.token(&key))).poll();
    let std::task::Poll::Ready(result) = result else { panic!("it waits for nothing") };
    assert_eq!(result.unwrap_err().kind(), AuthErrorKind::Unavailable);
    let mut building = tokio_test::task::spawn(provider.builder(provider.keys()).build());
    let std::task::Poll::Ready(result) = building.poll() else { panic!("it waits for nothing") };
    let error = result.unwrap_err().to_string();
    assert!(error.contains("no tokio runtime") && error.contains(KEYS), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_panics_is_asked_again() {
    let key = Key::new("1");
    let provider = Provider::new(&[]);
    provider.network.answer(KEYS, Behaviour::Panic);
    let verifier = provider.lazy();
    let token = provider.token(&key);
    assert_eq!(verify(&verifier, &token).await.unwrap_err(), AuthErrorKind::Unavailable);
    provider.publish(&[&key]);
    advance(2 * SECOND).await;
    assert!(verify(&verifier, &token).await.is_ok());
}

#[test]
fn pitfall_no_lock_is_held_over_io_and_reading_takes_none() {
    let key = Key::new("1");
    let network = Network::new();
    network.answer(KEYS, Answer::ok(set(&[&key])));
    let provider = Provider { network, clock: Clock::manual(NOW) };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let verifier = provider.verifier().await;
        provider.network.answer(KEYS, Behaviour::Hang);
        provider.clock.advance(9 * MINUTE);
        let token = provider.token(&key);
        assert!(verify(&verifier, &token).await.is_ok());
        while provider.network.in_flight() == 0 {
            tokio::task::yield_now().await;
        }
        // All of them read while the fetch is on, at one poll each: `now_or_never` in effect.
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let (verifier, token) = (verifier.clone(), token.clone());
                tokio::spawn(async move {
                    for _ in 0..100 {
                        let poll = tokio_test::task::spawn(verifier.verify(&token)).poll();
                        assert!(matches!(poll, std::task::Poll::Ready(Ok(_))));
                        assert!(verifier.key_status()[0].is_usable());
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(provider.network.in_flight(), 1);
    });
}

/// A task that can't live in its runtime is not begun for ever.
#[test]
fn a_runtime_without_timers_is_an_error_and_no_endless_loop() {
    let provider = Provider { network: Network::new(), clock: Clock::manual(NOW) };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let building = provider.builder(provider.keys()).build();
    let error = runtime.block_on(building).unwrap_err().to_string();
    assert!(error.contains("`enable_all`") && error.contains(KEYS), "{error}");
}
