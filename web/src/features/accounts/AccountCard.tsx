/** One account: its state, what its token opens, how far reading has come. */
import { CircleAlert, CircleCheck, KeyRound, RefreshCw, ShieldCheck } from "lucide-react";
import { ProgressBar } from "react-aria-components";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import type { Account } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { counted, type Forms } from "@/lib/format/count";
import { clockTime, exactTime } from "@/lib/format/time";
import { ACCESS_LOST, CHANNELS, CLAIMS, MARKETPLACE } from "@/lib/words";
import { useCheck, useSync } from "./accounts";
import { KeyChannels, KeyFacts } from "./KeyStanding";
import { Notifications } from "./Notifications";
import { UnreadItems } from "./UnreadItems";
import styles from "./AccountCard.module.css";

/** Twice the pause that is usual for reviews and questions. */
const SLOW_SECONDS = 600;

const MINUTES: Forms = ["минуту", "минуты", "минут"];

const HEALTH: Record<Account["health"], string> = {
  healthy: "Подключён",
  limited: "Подключён не полностью",
  no_right: "Нет прав",
  expired: "Ключ истёк",
  revoked: "Нет доступа",
  closed_by_plan: "Закрыт тарифом",
  unpaid: "Не оплачен",
};

/** What gives access back; `ACCESS_LOST` says what is the matter. */
const MEND: Record<NonNullable<Account["access"]>["reason"], string> = {
  unauthorized: "Замените ключ или, если доступ вернули, нажмите «Проверить доступ».",
  expired: "После замены чтение продолжится с того места, где остановилось.",
  no_right: "Замените ключ или, если права добавили, нажмите «Проверить доступ».",
  payment_required: "Когда оплатите, нажмите «Проверить доступ»; ключ менять не нужно.",
};

const READ: Forms = ["обращение", "обращения", "обращений"];

export function AccountCard({ account, onReplaceToken }: { account: Account; onReplaceToken: () => void }) {
  const check = useCheck(account.account_id);
  const sync = useSync(account.account_id);
  const isLost = account.status === "access_lost";
  const isWell = account.health === "healthy";
  const heading = `account-${account.account_id}`;
  return (
    <li className={styles.card} aria-labelledby={heading}>
      <div className={styles.top}>
        <div>
          <h2 id={heading}>{account.name}</h2>
          <p className={styles.quiet}>
            {MARKETPLACE[account.marketplace].name} · подключён {exactTime(account.connected_at)}
          </p>
        </div>
        <span className={isWell ? styles.connected : styles.lost}>
          {!isWell ? (
            <CircleAlert size={14} aria-hidden="true" />
          ) : (
            <CircleCheck size={14} aria-hidden="true" />
          )}
          {HEALTH[account.health]}
        </span>
      </div>
      {account.access && (
        <Note tone="bad" title={ACCESS_LOST[account.access.reason]}>
          <p>
            С {exactTime(account.access.since)}. Ответы этого кабинета не отправляются, новые обращения не
            загружаются. {MEND[account.access.reason]}
          </p>
        </Note>
      )}
      <Progress account={account} />
      <UnreadItems account={account} />
      <KeyChannels channels={account.channels} claims={account.claims} />
      <KeyFacts accountKey={account.key} />
      <Pace account={account} />
      {!isLost &&
        sectionsOf(account).map(
          ({ name, sync: { error } }) =>
            error && (
              <Note key={name} tone="warn" title={`${name}: ${error.message}`}>
                <p>С {exactTime(error.since)}. Повторяем сами, остальное читается.</p>
              </Note>
            ),
        )}
      <Notifications account={account} />
      {check.error && <ProblemNote error={check.error} />}
      {sync.error && <ProblemNote error={sync.error} />}
      <div className={styles.actions}>
        <Button
          icon={<RefreshCw size={14} />}
          isPending={sync.isPending}
          isDisabled={isLost}
          onPress={() => sync.mutate()}
        >
          Синхронизировать
        </Button>
        <Button icon={<ShieldCheck size={14} />} isPending={check.isPending} onPress={() => check.mutate()}>
          Проверить доступ
        </Button>
        <Button icon={<KeyRound size={14} />} weight={isLost ? "primary" : "plain"} onPress={onReplaceToken}>
          Заменить ключ
        </Button>
        {sync.isSuccess && <span className={styles.quiet}>Синхронизация запрошена</span>}
        {check.isSuccess && (
          <span className={styles.quiet} role="status">
            {isLost ? `Проверили: ${HEALTH[account.health].toLowerCase()}` : "Ключ работает"}
          </span>
        )}
      </div>
    </li>
  );
}

/** What of a cabinet is read in rounds of its own: the open channels, and the claims for return. */
function sectionsOf({ channels, claims }: Account) {
  const read = channels.flatMap(({ channel, open, sync }) =>
    open && sync ? [{ name: CHANNELS[channel], sync }] : [],
  );
  return claims?.open ? [...read, { name: CLAIMS, sync: claims.sync }] : read;
}

/** Said where it is slower than people expect. */
function Pace({ account }: { account: Account }) {
  const pauses = sectionsOf(account).map(({ name, sync }) => ({ name, seconds: sync.pause_seconds ?? 0 }));
  const slow = pauses.filter(({ seconds }) => seconds >= SLOW_SECONDS);
  if (slow.length === 0) return null;
  const each = slow.map(
    ({ name, seconds }) => `${name.toLowerCase()} — раз в ${counted(Math.round(seconds / 60), MINUTES)}`,
  );
  return <p className={styles.quiet}>Загружаем реже из-за лимита ключа: {each.join(", ")}.</p>;
}

function Progress({ account }: { account: Account }) {
  const now = useNow();
  const { sync } = account;
  const read = `прочитано ${counted(sync.items_seen, READ)}`;
  if (!sync.backfill_done) {
    return (
      <div className={styles.progress}>
        <ProgressBar isIndeterminate aria-label="Первая загрузка" className={styles.bar ?? ""}>
          <span />
        </ProgressBar>
        <p className={styles.quiet} role="status">
          Первая загрузка: {read}. Очередью уже можно пользоваться.
        </p>
      </div>
    );
  }
  return (
    <p className={styles.quiet}>
      Загрузка завершена · {read}
      {sync.state === "running" && " · синхронизация идёт"}
      {sync.last_synced_at !== null && ` · обновлено ${clockTime(sync.last_synced_at, now)}`}
      {sync.next_sync_at !== null &&
        sync.state !== "running" &&
        ` · следующее ${clockTime(sync.next_sync_at, now)}`}
    </p>
  );
}
