//! What is particular to PostgreSQL: several nodes, its faults, and what its tables hold.

use std::error::Error;

use serde_json::json;
use sqlx::postgres::PgPoolOptions;
use tower_bearer::{
    AccountStore, NewSession, OneTimePurpose, OneTimeTokens, PostgresStore, RefreshError,
    RefreshStore, RefreshTokens, UserChange, UserStore,
};

use crate::servers::{Postgres, postgres};
use crate::support::{
    CLIENT, HASH, NOW, by_client, email, exchange, issue, new_user, username, verify,
};
use crate::wire::Wire;

async fn connect_error(url: &str) -> tower_bearer::StoreError {
    PostgresStore::connect(url).await.expect_err(url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_at_once_migrate_once() {
    let Some(server) = postgres() else { return };
    let url = server.database().await;
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { PostgresStore::connect(&url).await.unwrap() })
        })
        .collect();
    let mut stores = Vec::new();
    for node in nodes {
        stores.push(node.await.unwrap());
    }
    stores[0].insert_user(new_user("alice"), NOW).await.unwrap();
    for store in &stores {
        let found = store.find_user_by_username(&username("ALICE")).await.unwrap();
        assert!(found.is_some());
    }
    let count = "SELECT count(*) FROM tower_bearer_migrations";
    let migrations: i64 = sqlx::query_scalar(count).fetch_one(stores[0].pool()).await.unwrap();
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"));
    assert_eq!(migrations, i64::try_from(files.unwrap().count()).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r111_two_nodes_let_one_of_50_uses_succeed() {
    let Some(server) = postgres() else { return };
    let url = server.database().await;
    let nodes =
        [PostgresStore::connect(&url).await.unwrap(), PostgresStore::connect(&url).await.unwrap()];
    let token = issue(&nodes[0], "alice").await.token.into_string();
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let (store, token) = (nodes[number % 2].clone(), token.clone());
            tokio::spawn(async move { exchange(&store, &token, NOW).await })
        })
        .collect();
    let mut successes = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => successes += 1,
            Err(RefreshError::Reused(_) | RefreshError::Invalid) => {}
            Err(error) => panic!("{error:?}: {:?}", error.source()),
        }
    }
    assert_eq!(successes, 1);
}

#[tokio::test]
async fn a_change_with_a_nul_is_refused_as_a_whole() {
    let Some(server) = postgres() else { return };
    let store = PostgresStore::connect(&server.database().await).await.unwrap();
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    for change in [
        UserChange::new().name(Some("a\0b".to_owned())),
        UserChange::new().roles(["a\0b"]),
        UserChange::new().scopes(["a\0b"]),
        UserChange::new().profile(json!({"a": "a\0b"})),
    ] {
        let error = store.update_user(&alice.id, &change.is_active(false)).await.unwrap_err();
        assert!(!error.is_unavailable(), "trying again won't help: {error:?}");
    }
    assert_eq!(store.find_user(&alice.id).await.unwrap(), Some(alice));
}

#[tokio::test]
async fn r119_the_tables_hold_no_usable_token() {
    let Some(server) = postgres() else { return };
    let store = PostgresStore::connect(&server.database().await).await.unwrap();
    let first = issue(&store, "alice").await;
    let second = exchange(&store, first.token.as_str(), NOW).await.unwrap();
    let dump: String =
        sqlx::query_scalar("SELECT string_agg(s::text, ' ') FROM tower_bearer_sessions s")
            .fetch_one(store.pool())
            .await
            .unwrap();
    let reset = OneTimePurpose::ResetPassword;
    let mailed = OneTimeTokens::new().issue(&store, reset, "alice", "payload", NOW).await.unwrap();
    let rows: String =
        sqlx::query_scalar("SELECT string_agg(t::text, ' ') FROM tower_bearer_one_time_tokens t")
            .fetch_one(store.pool())
            .await
            .unwrap();
    assert!(rows.contains("payload") && !rows.contains(&mailed.as_str()["reset_".len()..]));
    for token in [first.token.as_str(), second.token.as_str()] {
        let (id, secret) = token.split_once('.').unwrap();
        assert!(dump.contains(id), "{dump}");
        assert!(!dump.contains(secret));
        let bytes = crate::support::base64_url(secret);
        for part in [&bytes[..16], &bytes[16..]] {
            let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(!dump.contains(&hex));
        }
    }
}

#[tokio::test]
async fn deleting_a_user_by_sql_ends_the_sessions() {
    let Some(server) = postgres() else { return };
    let database = server.database_name().await;
    server.execute(&database, "CREATE SCHEMA auth").await;
    let url = server.url("postgres", &database) + "&options[search_path]=auth,public";
    let store = PostgresStore::connect(&url).await.unwrap();
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    let bob = store.insert_user(new_user("bob"), NOW).await.unwrap();
    let ended = issue(&store, &alice.id).await;
    let live = issue(&store, &bob.id).await;
    let (rules, verify) = (OneTimeTokens::new(), OneTimePurpose::VerifyEmail);
    let gone = rules.issue(&store, verify, &alice.id, "", NOW).await.unwrap();
    let left = rules.issue(&store, verify, &bob.id, "", NOW).await.unwrap();
    // By somebody with another search path.
    let delete = format!("DELETE FROM auth.tower_bearer_users WHERE id = '{}'", alice.id);
    server.execute(&database, &delete).await;
    let refused = exchange(&store, ended.token.as_str(), NOW).await;
    assert!(matches!(refused, Err(RefreshError::Invalid)), "{refused:?}");
    exchange(&store, live.token.as_str(), NOW).await.unwrap();
    assert!(rules.find(&store, verify, gone.as_str(), NOW).await.unwrap().is_none());
    assert!(rules.find(&store, verify, left.as_str(), NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn a_user_without_the_right_to_create_serves_once_the_tables_are_there() {
    let Some(server) = postgres() else { return };
    let database = server.database_name().await;
    let role = format!("service_of_{database}");
    server.execute(&database, &format!("CREATE ROLE {role} LOGIN")).await;
    let service = server.url(&role, &database);
    let error = connect_error(&service).await;
    assert!(error.to_string().contains("lacks a right"), "{error}");

    PostgresStore::connect(&server.url("postgres", &database)).await.unwrap();
    let rights = format!(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON tower_bearer_users, tower_bearer_sessions \
         TO {role}; GRANT SELECT ON tower_bearer_migrations TO {role}"
    );
    server.execute(&database, &rights).await;
    let store = PostgresStore::connect(&service).await.unwrap();
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    let issued = issue(&store, &alice.id).await;
    exchange(&store, issued.token.as_str(), NOW).await.unwrap();
}

#[tokio::test]
async fn refuses_tables_of_another_version() {
    let Some(server) = postgres() else { return };
    let store = PostgresStore::connect(&server.database().await).await.unwrap();
    for change in [
        "INSERT INTO tower_bearer_migrations VALUES (999, 'x', now(), true, '', 0)",
        "UPDATE tower_bearer_migrations SET checksum = '' WHERE version = 1",
    ] {
        sqlx::query(change).execute(store.pool()).await.unwrap();
        let error = PostgresStore::from_pool(store.pool().clone()).await.unwrap_err();
        assert!(error.to_string().contains("another version"), "{error}");
        assert!(!error.is_unavailable());
        let newer = "DELETE FROM tower_bearer_migrations WHERE version = 999";
        sqlx::query(newer).execute(store.pool()).await.unwrap();
    }
}

#[tokio::test]
async fn names_the_fault_of_a_url_and_no_part_of_it() {
    for url in ["", "sqlite::memory:", "mysql://u:geheim@h/d", "postgres://u:geheim@h:port/d"] {
        let error = connect_error(url).await;
        assert!(error.to_string().contains("database URL"), "{error}");
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
    }
    let Some(server) = postgres() else { return };
    let missing = connect_error(&server.url("postgres", "geheim")).await;
    assert!(missing.to_string().contains("does not exist"), "{missing}");
    let nobody = connect_error(&server.url("geheim", "postgres")).await;
    assert!(nobody.to_string().contains("refused the user"), "{nobody}");
    for error in [missing, nobody] {
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error:?}");
        assert!(!error.is_unavailable());
    }
}

#[tokio::test]
async fn refuses_a_database_that_is_read_only_or_not_in_utf_8() {
    let Some(server) = postgres() else { return };
    let url = server.database().await + "&options[default_transaction_read_only]=on";
    let error = connect_error(&url).await;
    assert!(error.to_string().contains("read-only"), "{error}");
    assert!(error.is_unavailable());
    let latin = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0";
    server.execute("postgres", latin).await;
    let error = connect_error(&server.url("postgres", "latin")).await;
    assert!(error.to_string().contains("must be UTF8"), "{error}");
}

#[tokio::test]
async fn ends_what_waits_too_long_unless_the_url_says_otherwise() {
    let Some(server) = postgres() else { return };
    let url = server.database().await;
    let settings = |store: PostgresStore| async move {
        let sql = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), \
                   current_setting('idle_in_transaction_session_timeout')";
        sqlx::query_as::<_, (String, String, String)>(sql).fetch_one(store.pool()).await.unwrap()
    };
    let seconds = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    let store = PostgresStore::connect(&url).await.unwrap();
    assert_eq!(settings(store).await, seconds("5s", "5s", "15s"));
    let other = url.clone() + "&options[deadlock_timeout]=2s";
    let store = PostgresStore::connect(&other).await.unwrap();
    assert_eq!(settings(store).await, seconds("5s", "5s", "15s"));
    let impatient = url + "&options[lock_timeout]=10ms&options[statement_timeout]=2s";
    let store = PostgresStore::connect(&impatient).await.unwrap();
    assert_eq!(settings(store.clone()).await, seconds("2s", "10ms", "15s"));

    let issued = issue(&store, "alice").await;
    let mut other = store.pool().begin().await.unwrap();
    sqlx::query("SELECT 1 FROM tower_bearer_sessions FOR UPDATE")
        .execute(&mut *other)
        .await
        .unwrap();
    let error = store.end_session(&issued.session.id).await.unwrap_err();
    assert!(error.is_unavailable());
    assert!(error.to_string().contains("a lock was held"), "{error}");
    other.rollback().await.unwrap();
    assert!(store.end_session(&issued.session.id).await.unwrap());
}

#[tokio::test]
async fn works_under_any_default_isolation() {
    let Some(server) = postgres() else { return };
    let url = server.database().await + "&options[default_transaction_isolation]=serializable";
    let store = PostgresStore::connect(&url).await.unwrap();
    let token = issue(&store, "alice").await.token.into_string();
    let first = verify(&store, &token, NOW).await.unwrap();
    let second = verify(&store, &token, NOW).await.unwrap();
    let refresh = RefreshTokens::new();
    let (first, second) =
        tokio::join!(refresh.rotate(&store, first, NOW), refresh.rotate(&store, second, NOW));
    let refused = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(refused.as_slice(), [RefreshError::Reused(_)]), "{refused:?}");
}

#[tokio::test]
async fn a_full_pool_is_unavailable() {
    let Some(server) = postgres() else { return };
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(std::time::Duration::from_millis(50))
        .connect(&server.database().await)
        .await
        .unwrap();
    let store = PostgresStore::from_pool(pool).await.unwrap();
    let taken = store.pool().acquire().await.unwrap();
    let error = store.find_user("alice").await.unwrap_err();
    assert!(error.is_unavailable());
    assert!(error.to_string().contains("became free"), "{error}");
    drop(taken);
    assert_eq!(store.find_user("alice").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn recovers_by_itself_when_the_server_does() {
    let Some(server) = Postgres::start() else { return };
    let pool = PgPoolOptions::new().acquire_timeout(std::time::Duration::from_millis(300));
    let pool = pool.connect(&server.database().await).await.unwrap();
    let store = PostgresStore::from_pool(pool).await.unwrap();
    let user = new_user("alice").email(email("alice@example.org"));
    let id = store.insert_user(user, NOW).await.unwrap().id;
    let issued = issue(&store, &id).await;
    server.stop();
    for _ in 0..3 {
        let error = store.find_user(&id).await.unwrap_err();
        assert!(error.is_unavailable(), "{error}: {:?}", error.source());
        let error = store.end_session("x").await.unwrap_err();
        assert!(error.is_unavailable(), "{error}: {:?}", error.source());
        let refused = verify(&store, issued.token.as_str(), NOW).await;
        assert!(matches!(refused, Err(RefreshError::Store(_))), "{refused:?}");
    }
    server.resume();
    assert_eq!(store.find_user(&id).await.unwrap().unwrap().password_hash(), HASH);
    exchange(&store, issued.token.as_str(), NOW).await.unwrap();
}

/// As many connections as it may have, unused but a moment ago.
async fn fill(store: &PostgresStore) {
    let most = store.pool().options().get_max_connections();
    let mut connections = Vec::new();
    for _ in 0..most {
        connections.push(store.pool().acquire().await.unwrap());
    }
    drop(connections);
    while store.pool().num_idle() < most as usize {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_was_started_anew_costs_no_question_and_no_refresh() {
    let Some(server) = Postgres::start() else { return };
    let store = PostgresStore::connect(&server.database().await).await.unwrap();
    let alice = store.insert_user(new_user("alice"), NOW).await.unwrap();
    let issued = issue(&store, &alice.id).await;
    fill(&store).await;
    server.stop();
    server.resume();
    // All at once, each on a connection that has ended.
    let asked: Vec<_> = (0..10)
        .map(|_| {
            let (store, id) = (store.clone(), alice.id.clone());
            tokio::spawn(async move { store.find_user(&id).await.unwrap() })
        })
        .collect();
    for asked in asked {
        assert_eq!(asked.await.unwrap().as_ref(), Some(&alice));
    }

    fill(&store).await;
    server.stop();
    server.resume();
    let second = exchange(&store, issued.token.as_str(), NOW).await.unwrap();
    let verified = verify(&store, second.token.as_str(), NOW).await.unwrap();
    fill(&store).await;
    server.stop();
    server.resume();
    // Nothing was asked in between.
    let third = RefreshTokens::new().rotate(&store, verified, NOW).await.unwrap();
    exchange(&store, third.token.as_str(), NOW).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r110_a_rotation_whose_acknowledgement_was_lost_is_no_reuse() {
    let Some(server) = postgres() else { return };
    let wire = Wire::to(server.socket()).await;
    let url = wire.postgres(&server.database_name().await);
    let store = PostgresStore::connect(&url).await.unwrap();
    let issued = issue(&store, "alice").await;
    for refresh in [RefreshTokens::new(), RefreshTokens::new().reuse_interval(NOW)] {
        let first = refresh.issue(&store, NewSession::new("alice", CLIENT, ""), NOW).await.unwrap();
        let request = by_client(first.token.as_str());
        let verified = refresh.verify(&store, request, NOW).await.unwrap();
        wire.swallow_the_answer_to(&first.session.id);
        let second = refresh.rotate(&store, verified, NOW).await.unwrap();
        exchange(&store, second.token.as_str(), NOW).await.unwrap();
    }
    // Where it was not asked again, as it has the answer, a second use is one.
    exchange(&store, issued.token.as_str(), NOW).await.unwrap();
    let again = exchange(&store, issued.token.as_str(), NOW).await;
    assert!(matches!(again, Err(RefreshError::Reused(_))), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_is_no_rotation_is_not_made_twice() {
    let Some(server) = postgres() else { return };
    let wire = Wire::to(server.socket()).await;
    let url = wire.postgres(&server.database_name().await);
    let store = PostgresStore::connect(&url).await.unwrap();
    let issued = issue(&store, "alice").await;
    wire.swallow_the_answer_to(&issued.session.id);
    let error = store.end_session(&issued.session.id).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}: {:?}", error.source());
    assert_eq!(store.find_session(&issued.session.id).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_found_by_a_text_with_nul() {
    let Some(server) = postgres() else { return };
    let store = PostgresStore::connect(&server.database().await).await.unwrap();
    assert_eq!(store.find_user("a\0").await.unwrap(), None);
    assert_eq!(store.find_session("a\0").await.unwrap(), None);
    assert_eq!(store.find_session_with_user(&store, "a\0").await.unwrap(), None);
    assert!(!store.end_session("a\0").await.unwrap());
}
