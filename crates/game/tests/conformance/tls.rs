//! An operator behind TLS: whose certificate nobody vouches for is not spoken to.

use std::{path::Path, process::Command, sync::Arc};

use croupier_game::conformance::{Verdict, authorities, cases::Case};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::operator::Operator;

/// A certificate for 127.0.0.1 and its key, PEM.
fn certificate() -> (Vec<u8>, Vec<u8>) {
    let dir = std::env::temp_dir().join(format!("croupier-kit-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&dir).unwrap();
    let (certificate, key) = (dir.join("certificate.pem"), dir.join("key.pem"));
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=operator",
        ])
        .args([
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .args(["-keyout", &path(&key), "-out", &path(&certificate)])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let both = (std::fs::read(certificate).unwrap(), std::fs::read(key).unwrap());
    std::fs::remove_dir_all(dir).unwrap();
    both
}

/// Puts TLS in front of an address; gives the address in front.
async fn in_front_of(behind: String, certificate: &[u8], key: &[u8]) -> String {
    let chain = authorities(certificate)
        .unwrap()
        .into_iter()
        .map(CertificateDer::from)
        .collect();
    let key = pem::parse(key).unwrap().into_contents();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key)))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                // Who does not believe the certificate is gone before anything is said.
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut operator = TcpStream::connect(behind).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut operator).await;
            });
        }
    });
    format!("https://{address}/wallet")
}

#[tokio::test]
async fn an_operator_behind_tls_is_played_if_somebody_vouches_for_its_certificate() {
    let operator = Operator::open("hub88", None).await;
    let (certificate, key) = certificate();
    let base = in_front_of(operator.address().to_owned(), &certificate, &key).await;
    let some = |case: &Case| case.group <= 3 || case.group == 16;

    let refused = operator.play_at(&base, Vec::new(), &some).await.unwrap_err();
    assert!(
        refused.contains("certificate") && refused.contains("UnknownIssuer"),
        "{refused}"
    );

    let report = operator
        .play_at(&base, authorities(&certificate).unwrap(), &some)
        .await
        .unwrap();
    let wrong: Vec<_> = report
        .cases
        .iter()
        .filter(|ended| matches!(ended.verdict, Verdict::Failed(_)))
        .collect();
    assert!(report.held() && wrong.is_empty(), "{wrong:#?}");
    // Lost answers and cut connections, too.
    let cut = report.cases.iter().filter(|ended| ended.case.group == 16);
    assert!(cut.clone().count() >= 3 && cut.into_iter().all(|ended| ended.verdict == Verdict::Held));
}

#[test]
fn what_are_no_certificates_is_said_to_be_none() {
    for wrong in [
        "",
        "hello",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ] {
        let fault = authorities(wrong.as_bytes()).unwrap_err();
        assert_eq!(fault.to_string(), "is not a PEM file with CERTIFICATEs");
    }
}
