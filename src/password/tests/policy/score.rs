use crate::password::tests::{cheap, cheap_hasher};
use crate::{NewPasswordError, PasswordContext, PasswordError, PasswordPolicy, PasswordRule};

const GUESSABLE: Result<(), NewPasswordError> =
    Err(NewPasswordError::Rule(PasswordRule::Guessable));

#[tokio::test]
async fn a_score_is_asked_for_where_it_is_set() {
    let (hasher, nobody) = (cheap_hasher(), PasswordContext::new());
    for (score, password, expected) in [
        (0, "abcabcabcabc", Ok(())),
        (1, "abcabcabcabc", GUESSABLE),
        (3, "correct horse battery staple", Ok(())),
        (4, "correct horse battery staple", Ok(())),
        (9, "correct horse battery staple", Ok(())),
        (9, "monkey-2024", GUESSABLE),
    ] {
        let policy = PasswordPolicy::asvs_l1().min_score(score);
        assert_eq!(policy.check_new(password, &nobody, &hasher).await, expected, "{password}");
    }
}

#[tokio::test]
async fn names_are_easy_to_guess() {
    let hasher = cheap_hasher();
    let policy = PasswordPolicy::asvs_l1().min_score(4);
    let password = "zyxomma kvetchily";
    let context = PasswordContext::new().username("zyxomma").name("kvetchily");
    assert_eq!(policy.check_new(password, &PasswordContext::new(), &hasher).await, Ok(()));
    let min_length = policy.clone().min_length(1);
    assert_eq!(min_length.check_new(password, &context, &hasher).await, GUESSABLE);
    let service = min_length.service_name("zyxomma").service_name("kvetchily");
    assert_eq!(service.check_new(password, &PasswordContext::new(), &hasher).await, GUESSABLE);
}

#[tokio::test]
async fn r161_the_score_takes_a_thread_of_the_hasher_or_none() {
    let (hasher, pool) = cheap(1, 1);
    let (open, opened) = std::sync::mpsc::channel::<()>();
    let (taken, is_taken) = tokio::sync::oneshot::channel();
    let busy = tokio::spawn({
        let pool = pool.clone();
        async move {
            pool.run(move |_| {
                taken.send(()).unwrap();
                opened.recv().unwrap();
            })
            .await
        }
    });
    is_taken.await.unwrap();
    let queued = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.verify("a password", None).await }
    });
    tokio::spawn(async {}).await.unwrap();
    let policy = PasswordPolicy::asvs_l1().min_score(3);
    let nobody = PasswordContext::new();
    let refused = policy.check_new("correct horse battery", &nobody, &hasher).await;
    assert_eq!(refused, Err(NewPasswordError::Hasher(PasswordError::Overloaded)));
    open.send(()).unwrap();
    busy.await.unwrap().unwrap();
    assert!(queued.await.unwrap().is_ok());
}
