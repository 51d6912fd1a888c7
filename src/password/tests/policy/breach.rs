use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::password::tests::{PASSWORD, cheap_hasher};
use crate::{BreachCheck, NewPasswordError, PasswordContext, PasswordPolicy, PasswordRule};

/// What Python's `hashlib` makes of `PASSWORD`: `ABF7A` and this.
const SUFFIX: &str = "AD6438836DBE526AA231ABDE2D0EEF74D42";
const OTHER: &str = "0000000000000000000000000000000000A";

async fn check(policy: &PasswordPolicy, password: &str) -> Result<(), NewPasswordError> {
    policy.check_new(password, &PasswordContext::new(), &cheap_hasher()).await
}

fn answering(answer: impl Into<String>) -> PasswordPolicy {
    let answer = answer.into();
    PasswordPolicy::nist().breach_check(move |_| ready(Ok::<_, ()>(answer.clone())))
}

const BREACHED: Result<(), NewPasswordError> = Err(NewPasswordError::Rule(PasswordRule::Breached));

#[tokio::test]
async fn r170_only_five_digits_of_the_hash_leave() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let policy = PasswordPolicy::nist().breach_check(move |prefix| {
        seen.lock().unwrap().push(prefix);
        ready(Ok::<_, ()>(format!("{SUFFIX}:1")))
    });
    assert_eq!(check(&policy, PASSWORD).await, BREACHED);
    assert_eq!(*asked.lock().unwrap(), ["ABF7A"]);
}

#[tokio::test]
async fn r170_a_breached_password_is_refused() {
    for answer in [
        format!("{OTHER}:3\r\n{SUFFIX}:17\r\n{OTHER}:0"),
        format!("{SUFFIX}:1"),
        format!("{}:1\n", SUFFIX.to_lowercase()),
        format!("not a line\n{SUFFIX}:18446744073709551615"),
    ] {
        assert_eq!(check(&answering(&*answer), PASSWORD).await, BREACHED, "{answer}");
    }
}

#[tokio::test]
async fn r170_a_password_that_is_not_in_the_answer_passes() {
    for answer in [
        format!("{OTHER}:3"),
        // Padding.
        format!("{SUFFIX}:0\r\n{OTHER}:3"),
        // Of other lengths, or without a count.
        format!("{SUFFIX}0:3\n{OTHER}:3\n{SUFFIX}\n{}:1\n{SUFFIX}:x", &SUFFIX[..34]),
    ] {
        assert_eq!(check(&answering(&*answer), PASSWORD).await, Ok(()), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn r170_no_answer_lets_the_password_pass() {
    let failing = PasswordPolicy::nist().breach_check(|_| ready(Err::<String, _>("out of reach")));
    let silent = PasswordPolicy::nist().breach_check(|_| pending::<Result<String, ()>>());
    for policy in [failing, silent, answering(""), answering("<html>Bad gateway</html>")] {
        assert_eq!(check(&policy, PASSWORD).await, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn r170_an_answer_is_waited_for_as_long_as_is_set() {
    async fn slow(_: String) -> Result<String, ()> {
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok(format!("{SUFFIX}:1"))
    }
    let policy = PasswordPolicy::nist().breach_check(slow);
    assert_eq!(check(&policy, PASSWORD).await, Ok(()), "2 seconds by default");
    let patient = policy.breach_timeout(Duration::from_secs(4));
    assert_eq!(check(&patient, PASSWORD).await, BREACHED);
    assert_eq!(check(&patient.breach_check(slow), PASSWORD).await, BREACHED, "it stays");
}

#[tokio::test]
async fn r170_a_password_that_breaks_another_rule_is_not_asked_for() {
    let policy = PasswordPolicy::asvs_l1().breach_check(|_| async {
        panic!("nobody has to know of it");
        #[allow(unreachable_code, reason = "gives the future its type")]
        Ok::<_, ()>(String::new())
    });
    let common = Err(NewPasswordError::Rule(PasswordRule::Common));
    assert_eq!(check(&policy, "password1").await, common);
}

#[tokio::test]
async fn a_type_of_its_own_can_ask() {
    struct Service(&'static str);
    impl BreachCheck for Service {
        type Error = ();
        async fn range(&self, prefix: String) -> Result<String, ()> {
            Ok(format!("{}:{}", self.0, prefix.len()))
        }
    }
    let policy = PasswordPolicy::nist().breach_check(Service(SUFFIX));
    assert_eq!(check(&policy, PASSWORD).await, BREACHED);
    assert_eq!(check(&policy, "another horse battery").await, Ok(()));
}
