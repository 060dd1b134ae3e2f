//! What stands at the marketplace is looked at before a reply goes out: the seller may have answered in the cabinet
//! meanwhile, and a second answer cannot be taken back. One reading serves all replies that wait.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use commands::Commands;
use domain::effect::Effect;
use domain::interaction::{Interaction, InteractionCommand};
use domain::{AccountId, Channel};
use eventlog::Db;
use projections::effects::{self, Claimed};
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::cabinets::Cabinet;
use crate::connector::{Connector, Found, LookUp, ReadError, Wanted};
use crate::http::CallError;
use crate::rate_limit::Priority;
use crate::report::{name_of_read, report};

/// How old a look may be when a reply goes out. At three calls a second so many replies go out in that time that
/// looking costs a small part of a call for each; between a look and the call there is always some time.
const FRESH: Duration = Duration::from_secs(60);

/// Replies looked at with one reading.
const BATCH: i64 = 100;

/// How long a reply waits while another task looks for the same account.
const PAUSE_WHILE_LOOKING: Duration = Duration::from_millis(200);

/// What this process has looked at, account by account.
#[derive(Clone, Default)]
pub(crate) struct Looks {
    accounts: Arc<std::sync::Mutex<HashMap<AccountId, Account>>>,
}

#[derive(Default)]
struct Account {
    /// When each effect's interaction was looked at.
    seen: HashMap<Uuid, Instant>,
    /// Held by whoever looks.
    looking: Arc<Mutex<()>>,
}

/// Whether a reply may go out now, as far as looking goes.
pub(crate) enum Look {
    /// It was looked at.
    Done,
    /// Later.
    NotBefore(Duration),
    /// Looking failed.
    Failed(CallError),
}

impl Looks {
    /// Looks at the interaction of a reply, and at those of other replies that wait, unless that was done a moment ago.
    /// What stands there is reported, so that the interaction itself says whether the reply is still due.
    pub(crate) async fn look(
        &self,
        db: &Db,
        commands: &Commands,
        cabinet: &Cabinet,
        claimed: &Claimed,
        channel: Channel,
    ) -> anyhow::Result<Look> {
        // A message may follow another. Where turns are rarer than looks are good for, the look would take the reply's.
        let is_rare = cabinet.connector.write_limiter(channel).interval() > FRESH;
        // The sabotage that the tests must catch: after a restore everything is sent at once.
        let is_blind = cfg!(feature = "sabotage-restored-sends");
        if channel == Channel::Chat || is_rare || is_blind {
            return Ok(Look::Done);
        }
        let looking = self.with(claimed.account, |account| account.looking.clone());
        let is_seen = || self.is_seen(claimed);
        if is_seen() {
            return Ok(Look::Done);
        }
        let Ok(_looking) = looking.try_lock_owned() else {
            return Ok(Look::NotBefore(PAUSE_WHILE_LOOKING));
        };
        if is_seen() {
            return Ok(Look::Done);
        }
        let mut waiting = vec![claimed.clone()];
        let others =
            effects::waiting_deliveries(db, claimed.tenant, claimed.account, BATCH).await?;
        waiting.extend(others.into_iter().filter(|other| other.effect_id != claimed.effect_id));
        waiting.retain(|effect| !self.is_seen(effect));
        let wanted = wanted(commands, waiting, channel).await?;
        let looked_for: Vec<Wanted> = wanted.iter().map(|(_, wanted)| wanted.clone()).collect();
        let own = looked_for.first().filter(|_| is_first(&wanted, claimed));
        match look_for(&*cabinet.connector, channel, &looked_for, own).await {
            Ok(found) => self.note(commands, claimed, wanted, &found).await?,
            Err(ReadError::NotBefore(wait)) => return Ok(Look::NotBefore(wait)),
            Err(ReadError::Call(error)) => return Ok(Look::Failed(error)),
            Err(ReadError::Database(error)) => return Err(error.into()),
            Err(ReadError::Notes(error)) => return Err(error.into()),
        }
        Ok(Look::Done)
    }

    /// Reports what stands there. Only what was looked at counts as seen, and the reply itself, of which nothing more
    /// can be found out.
    async fn note(
        &self,
        commands: &Commands,
        claimed: &Claimed,
        wanted: Vec<(Claimed, Wanted)>,
        found: &LookUp,
    ) -> anyhow::Result<()> {
        for (effect, wanted) in wanted {
            let stands = found.of(&wanted.source);
            if let Some(Found::Given(Some(answer))) = stands {
                let observe =
                    InteractionCommand::Observe { answer: answer.clone(), seen_at: claimed.now };
                report(commands, &effect, &name_of_read(&effect), observe).await?;
            }
            let (account, id) = (effect.account, effect.effect_id);
            if stands.is_some() || id == claimed.effect_id {
                self.with(account, |account| account.seen.insert(id, Instant::now()));
            }
        }
        Ok(())
    }

    fn is_seen(&self, effect: &Claimed) -> bool {
        self.with(effect.account, |account| {
            account.seen.retain(|_, at| at.elapsed() < FRESH);
            account.seen.contains_key(&effect.effect_id)
        })
    }

    fn with<T>(&self, account: AccountId, of: impl FnOnce(&mut Account) -> T) -> T {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        of(accounts.entry(account).or_default())
    }
}

fn is_first(wanted: &[(Claimed, Wanted)], claimed: &Claimed) -> bool {
    wanted.first().is_some_and(|(effect, _)| effect.effect_id == claimed.effect_id)
}

/// Looks for all with as few calls as it takes, and once more for the one that is going out where that left it out: its
/// item may lie too far from the others.
pub(crate) async fn look_for(
    connector: &dyn Connector,
    channel: Channel,
    wanted: &[Wanted],
    own: Option<&Wanted>,
) -> Result<LookUp, ReadError> {
    let mut found = connector.look_up(channel, wanted, Priority::Write).await?;
    let left_out = own.filter(|own| wanted.len() > 1 && found.of(&own.source).is_none());
    if let Some(own) = left_out {
        let alone = connector.look_up(channel, std::slice::from_ref(own), Priority::Write).await?;
        found.extend(alone);
    }
    Ok(found)
}

/// What to look for: the interactions of those effects that are still due, in one channel.
async fn wanted(
    commands: &Commands,
    waiting: Vec<Claimed>,
    channel: Channel,
) -> anyhow::Result<Vec<(Claimed, Wanted)>> {
    let mut wanted = Vec::new();
    for effect in waiting {
        let Effect::DeliverReply { reply_id, .. } = effect.effect else { continue };
        let loaded = commands.load::<Interaction>(effect.tenant, effect.interaction).await;
        let interaction = loaded.context("loading the interaction")?.aggregate;
        let version = interaction.version(reply_id);
        let one = version.and_then(|version| Wanted::of(&interaction, version));
        if let Some(one) = one.filter(|one| one.source.channel == channel) {
            wanted.push((effect, one));
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::Marketplace;
    use domain::interaction::Delivery;
    use domain::value::Source;
    use futures::FutureExt as _;
    use futures::future::BoxFuture;

    use super::*;
    use crate::connector::{Letter, PageRead, Place};
    use crate::http::SendOutcome;
    use crate::rate_limit::Limiter;

    /// Finds nothing under whatever it is asked about, as long as that is not too much.
    struct AtMostTwo;

    impl Connector for AtMostTwo {
        fn look_up<'a>(
            &'a self,
            _: Channel,
            wanted: &'a [Wanted],
            _: Priority,
        ) -> BoxFuture<'a, Result<LookUp, ReadError>> {
            let mut seen = LookUp::default();
            for one in wanted.iter().rev().take(2) {
                seen.insert(one.source.external_id.clone(), Found::Given(None));
            }
            async { Ok(seen) }.boxed()
        }

        fn read_page<'a>(
            &'a self,
            _: Channel,
            _: &'a Place,
        ) -> BoxFuture<'a, Result<PageRead, ReadError>> {
            unreachable!("only looks")
        }

        fn send<'a>(&'a self, _: &'a Delivery, _: Letter<'a>) -> BoxFuture<'a, SendOutcome> {
            unreachable!("only looks")
        }

        fn write_limiter(&self, _: Channel) -> &Limiter {
            unreachable!("only looks")
        }
    }

    fn wanted(id: &str) -> Wanted {
        let source = Source {
            account_id: AccountId(Uuid::nil()),
            marketplace: Marketplace::Wildberries,
            channel: Channel::Review,
            external_id: id.to_owned(),
            occurred_at: DateTime::UNIX_EPOCH,
        };
        Wanted {
            source,
            article: String::new(),
            reply: None,
            text: None,
            files: vec![],
            since: None,
        }
    }

    #[tokio::test]
    async fn the_one_that_goes_out_is_looked_at_though_the_others_lie_in_the_way() {
        let wanted = ["own", "2", "3", "4"].map(wanted);
        let found = look_for(&AtMostTwo, Channel::Review, &wanted, wanted.first()).await.unwrap();
        let seen = wanted.each_ref().map(|one| found.of(&one.source).is_some());
        assert_eq!(seen, [true, false, true, true]);
    }
}
