//! Claims for return: listed, answered with the actions they offer.

use serde_json::{Value, json};

use crate::play::{Answer, Play, play, play_with};

const CLAIMS: &str = "/returns-api/api/v1/claims";
const CLAIM: &str = "/returns-api/api/v1/claim";

async fn claim(play: &Play, comment: &str) -> String {
    let made = play.happens("claims", json!({ "comment": comment, "product": "TD-PAN-26" })).await;
    made["id"].as_str().unwrap().to_owned()
}

async fn list(play: &Play, query: &str) -> Vec<Value> {
    let answer = play.get(&format!("{CLAIMS}?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["claims"].as_array().unwrap().clone()
}

async fn decide(play: &Play, id: &str, action: &str, comment: Option<&str>) -> Answer {
    let mut body = json!({ "id": id, "action": action });
    if let Some(comment) = comment {
        body["comment"] = json!(comment);
    }
    play.patch(CLAIM, body).await
}

#[tokio::test]
async fn a_demo_begins_with_claims_on_both_lists_and_keeps_them() {
    let mut play = play_with(|config| config.claims = true).await;
    let ids = |claims: &[Value]| -> Vec<String> {
        claims.iter().map(|claim| claim["id"].as_str().unwrap().to_owned()).collect()
    };
    let open = list(&play, "is_archive=false").await;
    let archived = list(&play, "is_archive=true").await;
    assert!(open.len() >= 3 && archived.len() >= 3, "{} and {}", open.len(), archived.len());
    let states: Vec<_> = archived.iter().map(|claim| claim["status"].clone()).collect();
    assert!(states.contains(&json!(1)) && states.contains(&json!(2)), "{states:?}");
    assert!(archived.iter().all(|claim| claim["wb_comment"].is_string()));

    // They are claims as any other, and a restart adds none.
    assert_eq!(decide(&play, &ids(&open)[0], "approve2", None).await.status, 200);
    play = play.restart().await;
    assert_eq!(ids(&list(&play, "is_archive=false").await), ids(&open)[1..]);
    assert_eq!(list(&play, "is_archive=true").await.len(), archived.len() + 1);
}

#[tokio::test]
async fn a_claim_is_approved_and_moves_to_the_archive() {
    let play = play(&[]).await;
    let id = claim(&play, "Покрытие слезло за неделю").await;
    let open = list(&play, "is_archive=false").await;
    assert_eq!((open.len(), &open[0]["id"], &open[0]["status"]), (1, &json!(id), &json!(0)));
    assert!(open[0]["actions"].as_array().unwrap().contains(&json!("approve1")));

    let approved = decide(&play, &id, "approve1", None).await;
    assert_eq!((approved.status.as_u16(), approved.text.as_str()), (200, ""));
    assert_eq!(list(&play, "is_archive=false").await, Vec::<Value>::new());
    let archived = list(&play, "is_archive=true").await;
    let told = ["status", "status_ex", "actions"].map(|field| archived[0][field].clone());
    assert_eq!(told, [json!(2), json!(8), json!([])]);
    assert_eq!(decide(&play, &id, "approve1", None).await.status, 400);

    let lines = play.ledger("claim").await;
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["action"], &lines[0]["target"]), (&json!("approve1"), &json!(id)));
    assert_eq!((&lines[0]["effect"], &lines[0]["deliveries"]), (&json!("applied"), &json!(1)));
    assert_eq!((&lines[1]["effect"], &lines[1]["deliveries"]), (&json!("refused"), &json!(1)));
    assert_eq!(lines[0]["buyer_sees"]["text"], archived[0]["wb_comment"]);
}

#[tokio::test]
async fn a_refusal_in_own_words_needs_ten_to_a_thousand_characters() {
    let play = play(&[]).await;
    let id = claim(&play, "Не понравился цвет").await;
    let words = "Фото не относится к нашему товару";
    for (action, comment, expected) in [
        ("rejectcustom", None, 400),
        ("rejectcustom", Some("Нет"), 400),
        ("rejectcustom", Some("н".repeat(1_001).as_str()), 400),
        ("approve1", Some(words), 400),
        ("confirmreturngoodcc1", None, 400),
        ("rejectcustom", Some(words), 200),
    ] {
        assert_eq!(decide(&play, &id, action, comment).await.status, expected, "{action}");
    }
    let kept = play.kept(&format!("claims/{id}")).await;
    assert_eq!(kept["buyer_sees"]["text"], words);
    assert_eq!(kept["claim"]["status"], 1);
    // A refused one can be looked at again.
    assert_eq!(decide(&play, &id, "autorefund1", None).await.status, 200);
    assert_eq!(list(&play, "is_archive=true").await[0]["status_ex"], 5);
}

#[tokio::test]
async fn a_return_to_a_shop_of_the_seller_takes_two_answers() {
    let play = play(&[]).await;
    let body = json!({ "comment": "Заберите обратно", "actions": ["approvecc1", "rejectcustom"] });
    let made = play.happens("claims", body).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(decide(&play, id, "approvecc1", Some("Ждём с 10 до 18")).await.status, 200);
    let open = list(&play, "is_archive=false").await;
    assert_eq!(open[0]["actions"], json!(["confirmreturngoodcc1", "rejectcustom"]));
    assert_eq!(decide(&play, id, "confirmreturngoodcc1", None).await.status, 200);
    let archived = list(&play, "is_archive=true").await;
    assert_eq!((&archived[0]["status"], &archived[0]["status_ex"]), (&json!(2), &json!(10)));
}

#[tokio::test]
async fn lists_are_narrowed_cut_into_pages_and_forget_after_fourteen_days() {
    let play = play(&[]).await;
    let mut made = Vec::new();
    for n in 0..4 {
        made.push(claim(&play, &format!("Заявка {n}")).await);
        play.advance_clock(1).await;
    }
    let page = play.get(&format!("{CLAIMS}?is_archive=false&limit=2&offset=1")).await.json();
    let ids: Vec<&Value> =
        page["claims"].as_array().unwrap().iter().map(|claim| &claim["id"]).collect();
    assert_eq!(ids, [&json!(made[2]), &json!(made[1])]);
    assert_eq!(page["total"], 4);
    let one = list(&play, &format!("is_archive=false&id={}", made[0])).await;
    assert_eq!(one.len(), 1);
    let nm_id = one[0]["nm_id"].to_string();
    assert_eq!(list(&play, &format!("is_archive=false&nm_id={nm_id}")).await.len(), 4);
    assert_eq!(list(&play, "is_archive=false&nm_id=1").await.len(), 0);
    play.advance_clock(14 * 24 * 3600).await;
    assert_eq!(list(&play, "is_archive=false").await.len(), 0);
}

#[tokio::test]
async fn parameters_that_cannot_be_are_refused() {
    let play = play(&[]).await;
    for query in [
        "",
        "is_archive=perhaps",
        "is_archive=true&limit=0",
        "is_archive=true&limit=201",
        "is_archive=true&offset=-1",
        "is_archive=true&nm_id=x",
    ] {
        let refused = play.get(&format!("{CLAIMS}?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        assert_eq!(refused.json()["title"], "Invalid query params");
    }
    assert_eq!(decide(&play, "no-such-claim", "approve1", None).await.status, 400);
    assert_eq!(play.ledger("claim").await[0]["effect"], "unknown_id");
}

#[tokio::test]
async fn a_decision_can_be_swallowed_or_seen_late_and_survives_a_restart() {
    let play = play(&["no_effect=nth:1"]).await;
    let id = claim(&play, "Скол на ручке").await;
    assert_eq!(decide(&play, &id, "reject1", None).await.status, 200);
    assert_eq!(list(&play, "is_archive=false").await.len(), 1);
    play.set_faults(json!({ "no_effect": null, "apply_late": { "nth": [1], "ms": 3_600_000 } }))
        .await;
    assert_eq!(decide(&play, &id, "reject1", None).await.status, 200);
    assert_eq!(list(&play, "is_archive=false").await.len(), 1);
    play.advance_clock(3_600).await;
    let archived = list(&play, "is_archive=true").await;
    assert_eq!(archived[0]["status"], 1);
    let play = play.restart().await;
    assert_eq!(list(&play, "is_archive=true").await, archived);
}
