//! Servers of `DATABASE_URL` and `REDIS_URL`. The given server is a private one of another folder.

use super::*;
use crate::servers::ServersError;

fn with(database_url: &str, owner: Option<&str>, redis_url: &str) -> ServersConfig {
    ServersConfig {
        database_url: Some(database_url.to_owned()),
        owner_database_url: owner.map(str::to_owned),
        redis_url: Some(redis_url.to_owned()),
        ..fast(Data::Ephemeral)
    }
}

#[tokio::test]
async fn a_given_server_gets_its_role_and_database_and_is_left_running() {
    let theirs = Servers::start(fast(Data::Ephemeral)).await.unwrap();
    sql(&theirs.superuser_url(), "DROP DATABASE croupier")
        .await
        .unwrap();
    sql(&theirs.superuser_url(), "DROP ROLE croupier_app")
        .await
        .unwrap();
    let url = theirs.superuser_url().replace("/postgres?", "/casino?");

    let ours = Servers::start(with(&url, None, &theirs.redis_url()))
        .await
        .unwrap();
    assert!(ours.home().is_none(), "nothing of ours runs");
    assert_eq!(ours.owner_url(), url);
    assert_eq!(
        text(
            &ours.app_url(),
            "SELECT current_user || '@' || current_database()"
        )
        .await,
        "croupier_app@casino"
    );
    let app_url = ours.app_url();
    assert!(ours.postgres.kill().await.is_err());
    ours.stop().await;

    // Again, and as another process would: the same password, and the role is not touched.
    let again = Servers::start(with(&url, None, &theirs.redis_url()))
        .await
        .unwrap();
    assert_eq!(again.app_url(), app_url);
    again.stop().await;

    let both = Servers::start(with(&app_url, Some(&url), &theirs.redis_url()))
        .await
        .unwrap();
    assert_eq!((both.owner_url(), both.app_url()), (url, app_url.clone()));
    both.stop().await;

    let error = Servers::start(with(&app_url, None, &theirs.redis_url()))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("OWNER_DATABASE_URL"), "{error}");
    assert_eq!(
        text(&theirs.superuser_url(), "SELECT 'still there'").await,
        "still there"
    );
    theirs.stop().await;
}

#[tokio::test]
async fn a_login_without_create_role_is_told_what_to_do() {
    let theirs = Servers::start(fast(Data::Ephemeral)).await.unwrap();
    sql(&theirs.superuser_url(), "ALTER ROLE croupier_app NOLOGIN")
        .await
        .unwrap();
    let error = Servers::start(with(&theirs.owner_url(), None, &theirs.redis_url()))
        .await
        .unwrap_err();
    assert!(matches!(error, ServersError::Given { .. }), "{error}");
    assert!(
        error.to_string().contains("role that may create roles"),
        "{error}"
    );
    theirs.stop().await;
}

#[tokio::test]
async fn one_given_server_and_one_of_ours() {
    let theirs = Servers::start(fast(Data::Ephemeral)).await.unwrap();
    let config = ServersConfig {
        redis_url: Some(theirs.redis_url()),
        ..fast(Data::Ephemeral)
    };
    let ours = Servers::start(config).await.unwrap();
    assert_eq!(ours.redis_url(), theirs.redis_url());
    assert_ne!(ours.app_url(), theirs.app_url());
    let home = ours.home().unwrap().to_path_buf();
    ours.stop().await;
    assert!(!home.exists());
    redis_command(&theirs.redis_url(), &["SET", "still", "there"]).await;
    theirs.stop().await;
}

#[tokio::test]
async fn a_given_server_that_does_not_answer_is_named_by_its_variable() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let postgres = format!("postgres://a:secret@{nobody}/db");
    let config = ServersConfig {
        database_url: Some(postgres),
        ..fast(Data::Ephemeral)
    };
    let error = Servers::start(config).await.unwrap_err().to_string();
    assert!(
        error.contains("DATABASE_URL") && error.contains("unset") && !error.contains("secret"),
        "{error}"
    );
    let config = ServersConfig {
        redis_url: Some(format!("redis://:secret@{nobody}/0")),
        ..fast(Data::Ephemeral)
    };
    let error = Servers::start(config).await.unwrap_err().to_string();
    assert!(
        error.contains("REDIS_URL") && !error.contains("secret"),
        "{error}"
    );
}
