//! Heads that were signed outside the database find what seals inside it cannot.

use std::fs;
use std::path::Path;

use eventlog::Db;
use eventlog::chain::{
    Fault, FaultKind, HeadKey, HeadKeys, HeadSigner, HeadsChecked, Scope, Sealer, check_heads,
};
use secrecy::ExposeSecret as _;
use sqlx::PgPool;

use super::{as_owner, check, sealed, signer};

async fn held_against(pool: &PgPool, folder: &Path) -> (HeadsChecked, Vec<Fault>) {
    let mut faults = Vec::new();
    let db = Db::from_pool(pool.clone());
    let found = |fault| faults.push(fault);
    let checked = check_heads(&db, folder, None, Scope::default(), found).await.unwrap();
    (checked, faults)
}

/// Changes an event and makes all seals anew, as the program itself would.
async fn rewrite(pool: &PgPool, sealer: &Sealer) {
    as_owner(
        pool,
        &[
            r#"update es.event set payload = '{"type": "Noted", "n": 666}' where pos = 77"#
                .to_owned(),
            "delete from es.seal".to_owned(),
        ],
    )
    .await;
    sealer.step().await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn history_written_anew_is_found_by_the_signed_head(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let sealer = sealed(&pool, 500).await;
    signer(&pool, folder.path()).step().await.unwrap().unwrap();
    assert_eq!(held_against(&pool, folder.path()).await.1, []);
    rewrite(&pool, &sealer).await;

    assert_eq!(check(&pool).await.1, [], "the new chain is whole in itself");
    let (_, faults) = held_against(&pool, folder.path()).await;
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].kind, faults[0].log, faults[0].pos), (FaultKind::Rewritten, 1, 500));
}

/// The control: the same deed goes unnoticed where no head was kept outside.
#[sqlx::test(migrations = "../migrations")]
async fn without_a_signed_head_history_can_be_written_anew(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let sealer = sealed(&pool, 500).await;
    rewrite(&pool, &sealer).await;
    assert_eq!(check(&pool).await.1, []);
    let (checked, faults) = held_against(&pool, folder.path()).await;
    assert_eq!((checked.lines, faults), (0, vec![]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_tail_cut_off_with_its_seals_is_found_by_the_signed_head(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    sealed(&pool, 500).await;
    let signer = signer(&pool, folder.path());
    signer.step().await.unwrap().unwrap();
    sealed(&pool, 100).await;
    signer.step().await.unwrap().unwrap();
    as_owner(
        &pool,
        &[
            "delete from es.seal where first_pos > 500".to_owned(),
            "delete from es.event where pos > 500".to_owned(),
        ],
    )
    .await;
    assert_eq!(check(&pool).await.1, [], "what is left is whole");
    let (_, faults) = held_against(&pool, folder.path()).await;
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].kind, faults[0].log, faults[0].pos), (FaultKind::TailCut, 1, 600));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_head_is_signed_once(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    sealed(&pool, 100).await;
    let first = signer(&pool, folder.path());
    let line = first.step().await.unwrap().unwrap();
    assert_eq!(first.step().await.unwrap(), None, "nothing has moved");
    let file = fs::read_to_string(folder.path().join("heads.jsonl")).unwrap();
    assert_eq!(file, format!("{}\n", line.text()));
}

/// A crash in the middle of a line leaves half of one, which nobody was told of.
#[sqlx::test(migrations = "../migrations")]
async fn half_a_line_is_replaced_by_a_whole_one(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heads.jsonl");
    sealed(&pool, 100).await;
    let signer = signer(&pool, folder.path());
    let first = signer.step().await.unwrap().unwrap();
    fs::write(&path, format!("{}\n{}", first.text(), &first.text()[..50])).unwrap();
    sealed(&pool, 100).await;
    let second = signer.step().await.unwrap().unwrap();
    let file = fs::read_to_string(&path).unwrap();
    assert_eq!(file, format!("{}\n{}\n", first.text(), second.text()));
    let (checked, faults) = held_against(&pool, folder.path()).await;
    assert_eq!((checked.lines, faults), (2, vec![]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_of_heads_that_was_changed_is_found(pool: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heads.jsonl");
    let keys = HeadKey::generate();
    let signer = |text: &str| {
        let keys = HeadKeys::parse(&text.to_owned().into()).unwrap();
        HeadSigner::new(Db::from_pool(pool.clone()), folder.path(), keys)
    };
    for _ in 0..3 {
        sealed(&pool, 10).await;
        signer(keys.expose_secret()).step().await.unwrap().unwrap();
    }
    // A new key that the old one vouches for is as good.
    let second = HeadKey::generate();
    sealed(&pool, 10).await;
    let both = format!("{}\n{}", second.expose_secret(), keys.expose_secret());
    signer(&both).step().await.unwrap().unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    assert_eq!(held_against(&pool, folder.path()).await.1, []);

    let without_second: String =
        [0, 2, 3].iter().map(|n| format!("{}\n", whole.lines().nth(*n).unwrap())).collect();
    let edited = whole.replacen(r#""pos":10"#, r#""pos":11"#, 1);
    for (changed, complaint) in [
        (without_second, "line 2 does not follow"),
        (edited, "line 1 is not signed"),
        (whole.replacen('{', "[", 1), "line 1 cannot be read"),
    ] {
        fs::write(&path, changed).unwrap();
        let (_, faults) = held_against(&pool, folder.path()).await;
        assert_eq!(faults[0].kind, FaultKind::HeadsAltered);
        assert!(faults[0].about.contains(complaint), "{faults:?}");
    }

    // A third key that nobody vouches for is not.
    fs::write(&path, &whole).unwrap();
    sealed(&pool, 10).await;
    signer(HeadKey::generate().expose_secret()).step().await.unwrap().unwrap();
    let (_, faults) = held_against(&pool, folder.path()).await;
    assert!(faults[0].about.contains("line 5 does not follow"), "{faults:?}");
}
