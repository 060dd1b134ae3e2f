//! S6, of cabinets' keys: what is said, logged, counted and written shows none of them, whatever goes wrong.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::json;
use tests::sandbox::SELLER;
use tests::system::Setup;
use tests::wait;

/// A cabinet's key that nothing else resembles, with signs that are written in another way in an address.
pub(super) const CANARY: &str = "kanareyka+Zh7Qw/1c5aVd0tXu9MbRe3LpYs8Kf";

/// One that the marketplace does not know.
const REFUSED: &str = "kanareyka+Nn4Jx/6y2gTk7oWz1CqHi5DvBm0Ea";

/// Returns the forms in which a secret stands in a text. In base64 it may begin anywhere in a group of three bytes.
pub(super) fn found(text: &str, secret: &str) -> Vec<&'static str> {
    let hex = hex::encode(secret);
    let url = secret.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    // Without the first and last signs, which depend on what stands around.
    let shifted = (0..3).flat_map(|shift| {
        let bytes = [&b"   "[..shift], secret.as_bytes()].concat();
        let inner = |text: String| text[4..text.len() - 4].to_owned();
        [inner(STANDARD_NO_PAD.encode(&bytes)), inner(URL_SAFE_NO_PAD.encode(&bytes))]
    });
    // A database breaks lines in base64.
    let joined = text.replace("\\n", "");
    let mut found = Vec::new();
    for (form, is_there) in [
        ("plain", text.contains(secret)),
        ("hex", text.to_lowercase().contains(&hex)),
        ("base64", shifted.into_iter().any(|form| joined.contains(&form))),
        ("url", url != secret && text.contains(&url)),
    ] {
        if is_there {
            found.push(form);
        }
    }
    found
}

#[tokio::test]
async fn no_key_of_a_cabinet_is_seen_anywhere() -> anyhow::Result<()> {
    let mut setup = Setup::together().with_reviews(4).with_argument("--log=trace");
    setup.sandbox.arguments = vec![format!("--seller={SELLER}:{CANARY}")];
    let system = setup.start().await?;
    let seller = system.register().await?;
    let refused = seller.try_connect(REFUSED).await?;
    assert!(refused.status.is_client_error(), "{}", refused.text);
    let mut said = refused.text;
    let connected = seller.try_connect(CANARY).await?;
    said += &connected.text;
    let account = connected.ok()?["account_id"].as_str().unwrap_or_default().to_owned();
    seller.wait_for_total(4).await?;

    // Whatever a call can come to.
    let faults = json!({
        "server_error_before": { "probability": 0.5, "on": "all" },
        "answer_lost": { "probability": 0.3 },
    });
    system.sandbox.set_faults(faults).await?;
    for review in seller.list("needs_response=true").await? {
        let id = review["interaction_id"].as_str().unwrap_or_default().to_owned();
        said += &seller.reply(&id, "Спасибо за отзыв!").await?.text;
    }
    wait::until("faults fire", async || {
        seller.send(Method::POST, &format!("/accounts/{account}/sync"), json!({})).await?;
        Ok((system.sandbox.fired("server_error_before").await? > 0).then_some(()))
    })
    .await?;
    system.sandbox.set_faults(json!({ "unauthorized": { "probability": 1, "on": "all" } })).await?;
    wait::until("the key is refused", async || {
        seller.send(Method::POST, &format!("/accounts/{account}/sync"), json!({})).await?;
        let account = seller.account(&account).await?;
        Ok((account["status"] != "connected").then_some(()))
    })
    .await?;
    for path in
        ["/accounts", "/events?limit=1000", "/log", &format!("/accounts/{account}/unread-items")]
    {
        said += &seller.get(path).await?.text;
    }
    said += &reqwest::get(format!("{}/metrics", system.url)).await?.text().await?;
    said += &system.output("replay", &["--events", "--reveal"])?;
    let logged = system.server.log()?;
    assert!(logged.contains(" TRACE "), "nothing was logged at the level that tells most: void");
    for secret in [CANARY, REFUSED] {
        assert_eq!(found(&said, secret), Vec::<&str>::new(), "said");
        assert_eq!(found(&logged, secret), Vec::<&str>::new(), "logged");
    }

    // The same search, where somebody logs the headers of a call.
    let leaky = format!("{logged}\nTRACE headers={{\"authorization\": \"{CANARY}\"}}");
    assert_eq!(found(&leaky, CANARY), ["plain"]);
    Ok(())
}
