//! Sellers' cabinets opened for calls, and the way a cabinet is connected, checked and given a new key.

mod download;
mod examine;
mod key;
mod note;
mod push_address;
mod refusal;

use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use commands::credential::{Credential, CredentialError, Credentials};
use commands::{Actor, CommandError, Commands, Context};
use domain::account::{Account, AccountCommand, AccountError, Right};
use domain::{AccountId, Marketplace, TenantId};
use eventlog::{Db, Vault};
use secrecy::SecretString;

pub use download::DownloadError;
pub use examine::Examined;
pub use key::CabinetKey;
pub use push_address::PushAddress;
pub use refusal::ConnectError;
pub(crate) use refusal::{access_loss, closure};

use refusal::{internal, refused};

use crate::behaviour::{Doing, Observations};
use crate::chat_notes::ChatNotes;
use crate::connector::{self, Connector};
use crate::gate::Gates;
use crate::http::{CallError, SendOutcome, Transport};
use crate::ozon::{self, Ozon};
use crate::rate_limit::{Limit, Limiter, Priority, Turn};
use crate::sync::{self, Section};
use crate::wildberries::{self, Wildberries};
use crate::yandex::{self, InFlight, Quotas, Yandex};

/// How often a person may have a key checked: Wildberries answers three such calls in 30 seconds and forbids to make them by
/// program (rules of `/ping`).
const CHECKS: Limit = Limit { scope: "key_check", interval: Duration::from_secs(10), burst: 3 };

/// Opens cabinets.
#[derive(Clone)]
pub struct Cabinets {
    db: Db,
    commands: Commands,
    credentials: Credentials,
    transport: Transport,
    addresses: Addresses,
    /// What this process has under way.
    gates: Gates,
    /// What this process has under way at Yandex.Market, which allows few calls of a cabinet at once.
    in_flight: InFlight,
    /// What Yandex.Market told about its quotas.
    quotas: Quotas,
    /// How the marketplaces answer this process.
    observations: Observations,
}

/// Where the marketplaces are: their published addresses, or a sandbox.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `https://feedbacks-api.wildberries.ru`.
    pub wildberries: String,
    /// `https://buyer-chat-api.wildberries.ru`.
    pub wildberries_chats: String,
    /// `https://returns-api.wildberries.ru`.
    pub wildberries_returns: String,
    /// `https://api-seller.ozon.ru`.
    pub ozon: String,
    /// `https://api.partner.market.yandex.ru`.
    pub yandex: String,
}

/// A cabinet with its key, behind the limit that all calls with it share.
pub(crate) struct Cabinet {
    pub(crate) connector: Box<dyn Connector>,
    tenant: TenantId,
    account: AccountId,
    marketplace: Marketplace,
    observations: Observations,
    /// Since when its key is the cabinet's: what the marketplace says about an older key says nothing of the present one.
    key_since: DateTime<Utc>,
}

#[cfg(test)]
impl Cabinet {
    /// A cabinet at a marketplace that a test plays.
    pub(crate) fn played(
        connector: Box<dyn Connector>,
        tenant: TenantId,
        account: AccountId,
    ) -> Self {
        let (marketplace, observations) = (Marketplace::Wildberries, Observations::default());
        Self { connector, tenant, account, marketplace, observations, key_since: Utc::now() }
    }
}

impl Cabinet {
    /// Notes what the marketplace made of what was sent, and how long it took to take it. How long one waits for what is
    /// not taken says nothing: an outage takes as long as one waits for it.
    pub(crate) fn note_sent(&self, outcome: &SendOutcome, took: Duration) {
        let of = (self.tenant, self.marketplace);
        match outcome {
            SendOutcome::Accepted(_) => self.observations.call(of, took),
            SendOutcome::NotSent(error) => self.observations.refusal(of, Doing::Send, error),
            SendOutcome::Unknown(_) => {}
        }
    }

    /// Notes why the marketplace could not be read.
    pub(crate) fn note_unread(&self, error: &CallError) {
        self.observations.refusal((self.tenant, self.marketplace), Doing::Read, error);
    }
}

impl Cabinets {
    /// Opens cabinets whose keys are in `credentials`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        db: Db,
        commands: Commands,
        credentials: Credentials,
        addresses: Addresses,
    ) -> anyhow::Result<Self> {
        let transport = Transport::new()?;
        let (gates, in_flight, quotas) = (Gates::default(), InFlight::default(), Quotas::default());
        let observations = Observations::default();
        Ok(Self {
            db,
            commands,
            credentials,
            transport,
            addresses,
            gates,
            in_flight,
            quotas,
            observations,
        })
    }

    /// Connects a cabinet whose key the marketplace accepts, and starts to read it. Connecting the same
    /// cabinet again is harmless, takes the key over and mends what an interrupted connecting left undone.
    ///
    /// # Errors
    /// [`ConnectError`]; when the marketplace refuses, nothing is connected.
    pub async fn connect(
        &self,
        tenant: TenantId,
        actor: Actor,
        name: String,
        key: CabinetKey,
    ) -> Result<AccountId, ConnectError> {
        let examined = self.examine_now(&key).await?;
        let account = key.account(tenant);
        self.put(tenant, account, &key).await?;
        let marketplace = key.marketplace();
        let connect = AccountCommand::Connect { marketplace, name };
        self.execute(tenant, actor, account, connect).await?;
        self.execute(tenant, actor, account, AccountCommand::RestoreAccess).await?;
        self.start(tenant, actor, account, marketplace, examined).await?;
        Ok(account)
    }

    /// Asks the marketplace what a key opens, and keeps nothing.
    ///
    /// # Errors
    /// [`ConnectError`]; also when the key opens nothing of what is read here.
    pub async fn examine(
        &self,
        tenant: TenantId,
        key: &CabinetKey,
    ) -> Result<Examined, ConnectError> {
        self.take_turn_to_check(tenant, key.account(tenant)).await?;
        self.examine_now(key).await
    }

    async fn examine_now(&self, key: &CabinetKey) -> Result<Examined, ConnectError> {
        let examined = self.ask(key).await.map_err(|error| refused(&error))?;
        if !examined.may_open_any(key.marketplace()) {
            return Err(ConnectError::NoRight);
        }
        Ok(examined)
    }

    /// Asks the marketplace whether it accepts the cabinet's key, and notes what it says.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn check(
        &self,
        tenant: TenantId,
        actor: Actor,
        account: AccountId,
    ) -> Result<(), ConnectError> {
        let (key, key_since) = self.key(tenant, account).await?;
        self.take_turn_to_check(tenant, account).await?;
        match self.ask(&key).await {
            Ok(examined) => {
                self.execute(tenant, actor, account, AccountCommand::RestoreAccess).await?;
                self.start(tenant, actor, account, key.marketplace(), examined).await
            }
            Err(error) => {
                if let Some(reason) = access_loss(&error) {
                    self.lose_key((tenant, account), key_since, reason).await?;
                }
                Err(refused(&error))
            }
        }
    }

    async fn take_turn_to_check(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<(), ConnectError> {
        let limiter = Limiter::new(self.db.clone(), tenant, account, CHECKS);
        match limiter.turn(Priority::Write, Duration::ZERO).await.map_err(internal)? {
            Turn::Now => Ok(()),
            Turn::NotBefore(retry_after) => Err(ConnectError::RateLimited { retry_after }),
        }
    }

    /// Takes over a new key that the marketplace accepts.
    ///
    /// # Errors
    /// [`ConnectError`]; the old key stays then.
    pub async fn replace_credential(
        &self,
        tenant: TenantId,
        actor: Actor,
        account: AccountId,
        key: CabinetKey,
    ) -> Result<(), ConnectError> {
        let (present, _) = self.key(tenant, account).await?;
        // Replies would go out in another cabinet's name, to ids that it does not know.
        let is_other = present.cabinet().zip(key.cabinet()).is_some_and(|(old, new)| old != new);
        if is_other || present.marketplace() != key.marketplace() {
            return Err(ConnectError::OtherCabinet);
        }
        let examined = self.examine_now(&key).await?;
        self.put(tenant, account, &key).await?;
        self.execute(tenant, actor, account, AccountCommand::ReplaceCredential).await?;
        self.start(tenant, actor, account, key.marketplace(), examined).await
    }

    /// Returns the cabinet's key with another secret, for when a person has only that of a new key.
    ///
    /// # Errors
    /// [`ConnectError`]; the marketplace is not asked.
    pub async fn key_with(
        &self,
        tenant: TenantId,
        account: AccountId,
        secret: SecretString,
    ) -> Result<CabinetKey, ConnectError> {
        Ok(self.key(tenant, account).await?.0.with_secret(secret))
    }

    /// Returns whose cabinet an account is.
    ///
    /// # Errors
    /// [`ConnectError::UnknownAccount`], and when the log cannot be read.
    pub async fn marketplace(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Marketplace, ConnectError> {
        let loaded = self.commands.load::<Account>(tenant, account).await.map_err(internal)?;
        loaded.aggregate.marketplace().ok_or(ConnectError::UnknownAccount)
    }

    /// Opens a cabinet for calls.
    pub(crate) async fn open(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Cabinet, ConnectError> {
        let (key, key_since) = self.key(tenant, account).await?;
        let gate = self.gates.of(account, key_since);
        let limiter =
            |limit| Limiter::new(self.db.clone(), tenant, account, limit).behind(gate.clone());
        let connector: Box<dyn Connector> = match &key {
            CabinetKey::Wildberries { token } => {
                let beside = (self.wildberries_chats(token), self.wildberries_returns(token));
                let notes = self.chat_notes(tenant, account);
                Box::new(Wildberries::new(self.wildberries(token), beside, account, notes, limiter))
            }
            CabinetKey::Ozon { client_id, api_key } => {
                let notes = self.chat_notes(tenant, account);
                Box::new(Ozon::new(self.ozon(client_id, api_key), account, limiter, notes))
            }
            CabinetKey::YandexMarket { business_id, api_key } => {
                let (client, notes) =
                    (self.yandex(business_id, api_key), self.chat_notes(tenant, account));
                Box::new(Yandex::new(client, account, limiter, notes))
            }
        };
        let (marketplace, observations) = (key.marketplace(), self.observations.clone());
        observations.watched(marketplace);
        Ok(Cabinet { connector, tenant, account, marketplace, observations, key_since })
    }

    /// Returns what is noted of how the marketplaces answer.
    pub(crate) fn observations(&self) -> &Observations {
        &self.observations
    }

    /// Returns what is known of a cabinet: a key that was refused, and a channel that is closed, are not tried again and
    /// again.
    pub(crate) async fn account(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> anyhow::Result<Account> {
        let loaded = self.commands.load::<Account>(tenant, account).await?;
        Ok(loaded.aggregate)
    }

    /// Notes what the key opens and starts to read it. What the key itself says that it does not open is left alone.
    async fn start(
        &self,
        tenant: TenantId,
        actor: Actor,
        account: AccountId,
        marketplace: Marketplace,
        examined: Examined,
    ) -> Result<(), ConnectError> {
        let is_open = |section: &Section| match section {
            Section::Channel(channel) => examined.right(*channel) != Some(Right::None),
            Section::Claims => examined.claims,
        };
        let channels = connector::channels(marketplace).iter().copied().map(Section::Channel);
        let claims = connector::has_claims(marketplace).then_some(Section::Claims);
        let (open, shut): (Vec<_>, Vec<_>) = channels.chain(claims).partition(is_open);
        let Examined { facts, rights, claims: _ } = examined;
        self.execute(tenant, actor, account, AccountCommand::ExamineKey { facts, rights }).await?;
        sync::start(&self.db, tenant, account, marketplace, &open).await.map_err(internal)?;
        sync::shut(&self.db, tenant, account, marketplace, &shut).await.map_err(internal)
    }

    /// Returns the key of the digests that tell whether an item changed.
    pub(crate) async fn digest_key(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<SecretString, CredentialError> {
        self.credentials.digest_key(tenant, account).await
    }

    /// Opens what is noted about the chats of a cabinet.
    pub(crate) fn chat_notes(&self, tenant: TenantId, account: AccountId) -> ChatNotes {
        ChatNotes::new(&self.db, self.vault(), tenant, account)
    }

    /// Returns what seals a cabinet's secrets.
    pub(crate) fn vault(&self) -> &Vault {
        self.credentials.vault()
    }

    fn wildberries(&self, token: &SecretString) -> wildberries::Client {
        wildberries::Client::new(&self.transport, &self.addresses.wildberries, token.clone())
    }

    fn wildberries_chats(&self, token: &SecretString) -> wildberries::ChatClient {
        let base_url = &self.addresses.wildberries_chats;
        wildberries::ChatClient::new(&self.transport, base_url, token.clone())
    }

    fn wildberries_returns(&self, token: &SecretString) -> wildberries::ReturnsClient {
        let base_url = &self.addresses.wildberries_returns;
        wildberries::ReturnsClient::new(&self.transport, base_url, token.clone())
    }

    fn ozon(&self, client_id: &str, api_key: &SecretString) -> ozon::Client {
        ozon::Client::new(&self.transport, &self.addresses.ozon, client_id, api_key.clone())
    }

    fn yandex(&self, business_id: &str, api_key: &SecretString) -> yandex::Client {
        let (address, key) = (&self.addresses.yandex, api_key.clone());
        yandex::Client::new(&self.transport, &self.in_flight, address, business_id, key)
            .noting(&self.quotas)
    }

    async fn put(
        &self,
        tenant: TenantId,
        account: AccountId,
        key: &CabinetKey,
    ) -> Result<(), ConnectError> {
        let text = key.to_sealed_text()?;
        self.credentials.put(tenant, account, &text).await.map_err(internal)
    }

    /// Returns a cabinet's key, and since when it is its.
    async fn key(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<(CabinetKey, DateTime<Utc>), ConnectError> {
        let Credential { secret, since } = self.credential(tenant, account).await?;
        let marketplace = self.marketplace(tenant, account).await?;
        let key = CabinetKey::of_sealed_text(marketplace, &secret)
            .with_context(|| format!("the key of account {account} is none of its marketplace"))?;
        Ok((key, since))
    }

    async fn credential(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Credential, ConnectError> {
        let credential = self.credentials.open(tenant, account).await.map_err(internal)?;
        credential.ok_or(ConnectError::UnknownAccount)
    }

    async fn execute(
        &self,
        tenant: TenantId,
        actor: Actor,
        account: AccountId,
        command: AccountCommand,
    ) -> Result<(), ConnectError> {
        let context = Context::new(tenant, actor);
        match self.commands.execute::<Account>(&context, account, command).await {
            Ok(_) => Ok(()),
            Err(CommandError::Rejected(AccountError::Unknown)) => Err(ConnectError::UnknownAccount),
            Err(error) => Err(internal(error)),
        }
    }
}
