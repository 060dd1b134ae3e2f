//! S7: whoever has a copy of the database and not the master key has nothing.

use eventlog::{Db, DbOptions, MasterKey, MasterKeys};
use sqlx::AssertSqlSafe;
use tests::database::Database;
use tests::sandbox::SELLER;
use tests::system::Setup;
use uuid::Uuid;

use super::kept::{Cabinet, credentials, master_key, unreadable};
use super::seen::{CANARY, found};

/// 32 bytes that nothing was sealed under.
const ANOTHER: &str = "CwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCwsLCws=";

#[tokio::test]
async fn a_backup_alone_yields_nothing() -> anyhow::Result<()> {
    let mut setup = Setup::together().with_reviews(3);
    setup.sandbox.arguments = vec![format!("--seller={SELLER}:{CANARY}")];
    let system = setup.start().await?;
    let seller = system.register().await?;
    let account = seller.connect(CANARY).await?;
    seller.wait_for_total(3).await?;
    let key = std::fs::read_to_string(system.data_dir().join("master.key"))?;
    let key = key.trim();

    let dump = system.database().dump(&[])?;
    assert!(dump.contains(&account), "the dump is of this system");
    assert_eq!(found(&dump, CANARY), Vec::<&str>::new(), "the cabinet's key");
    assert_eq!(found(&dump, key), Vec::<&str>::new(), "the master key");

    // Restored elsewhere, it opens with the master key and with nothing else.
    let restored: Database = system.database().make_beside().await?;
    restored.restore(&dump)?;
    let db = Db::connect(restored.url(), DbOptions::default()).await?;
    let names: Vec<String> =
        sqlx::query_scalar("select distinct kek_id from seller_key").fetch_all(db.pool()).await?;
    let [name] = names.as_slice() else { anyhow::bail!("one master key, not {names:?}") };
    let cabinet = Cabinet {
        tenant: domain::TenantId(seller.seller_id.parse::<Uuid>()?),
        account: domain::AccountId(account.parse::<Uuid>()?),
        token: CANARY.to_owned(),
    };
    let with = |key: MasterKey| credentials(&db, MasterKeys::new(key, vec![]));
    let cabinets = [cabinet];
    let right = unreadable(&with(master_key(name, key)?), &cabinets).await;
    assert_eq!(right, Vec::<String>::new());
    for (name, expected) in [("other", "unknown master key"), (name, "was changed")] {
        let said = unreadable(&with(master_key(name, ANOTHER)?), &cabinets).await;
        assert!(said.len() == 1 && said[0].contains(expected), "{said:?}");
    }
    db.pool().close().await;

    // The same search, of a table that holds the key in the forms in which one would slip in.
    let mut database = system.database().connect().await?;
    let clear = "create table clear as select $1::text as plain, $1::bytea as bytes, encode($1::bytea, 'base64') as base64";
    let clear = clear.replace("$1", &format!("'{CANARY}'"));
    sqlx::raw_sql(AssertSqlSafe(clear)).execute(&mut database).await?;
    let dump = system.database().dump(&["--table=clear"])?;
    assert_eq!(found(&dump, CANARY), ["plain", "hex", "base64"], "{dump}");
    Ok(())
}
